// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The port: its state, tables and registers. */
#include <string.h>

#include "connectx/device/device.h"
#include "connectx/port/port.h"
#include "guest_command.h"
#include "guest_queue.h"

static void port_is_active_until_its_link_goes(void **state)
{
	struct guest *guest = *state;
	COMMAND(query_hca_vport_context, QUERY_HCA_VPORT_CONTEXT, 0);
	const void *context = MLX5_ADDR_OF(query_hca_vport_context_out, out, hca_vport_context);
	struct registry_switch *sw = registry_find_switch(guest->registry, GUEST_NIC, "port");
	const struct mlx5_eqe *eqe;

	assert_non_null(sw);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(hca_vport_context, context, vport_state), 4);
	assert_int_equal(MLX5_GET(hca_vport_context, context, port_physical_state), 5);
	assert_int_equal(MLX5_GET(hca_vport_context, context, lid), 1);
	sw->set(sw, false);
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_PORT_CHANGE);
	assert_int_equal(eqe->sub_type, MLX5_PORT_CHANGE_SUBTYPE_DOWN);
	assert_int_equal(eqe->data.port.port, 1 << 4);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(hca_vport_context, context, vport_state), 1);
	sw->set(sw, true);
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->sub_type, MLX5_PORT_CHANGE_SUBTYPE_ACTIVE);
	sw->set(sw, true);
	guest_expect_no_event(guest);
}

static void gid_and_pkey_tables_end(void **state)
{
	struct guest *guest = *state;
	uint8_t in[MLX5_ST_SZ_BYTES(query_hca_vport_gid_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(query_hca_vport_gid_out) + 8 * 16];
	static const uint8_t prefix[8] = { 0xfe, 0x80 };

	MLX5_SET(query_hca_vport_gid_in, in, opcode, MLX5_CMD_OP_QUERY_HCA_VPORT_GID);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_memory_equal(MLX5_ADDR_OF(query_hca_vport_gid_out, out, gid), prefix,
			    sizeof(prefix));
	MLX5_SET(query_hca_vport_gid_in, in, gid_index, 8);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(query_hca_vport_gid_in, in, gid_index, 0xffff);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out) - 16),
			 MLX5_CMD_STAT_BAD_OUTP_LEN_ERR);
	MLX5_SET(query_hca_vport_pkey_in, in, opcode, MLX5_CMD_OP_QUERY_HCA_VPORT_PKEY);
	MLX5_SET(query_hca_vport_pkey_in, in, pkey_index, 128);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(query_hca_vport_pkey_in, in, pkey_index, 0);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(pkey, MLX5_ADDR_OF(query_hca_vport_pkey_out, out, pkey), pkey),
			 0xffff);
}

static void node_description_can_be_written(void **state)
{
	struct guest *guest = *state;
	uint8_t in[MLX5_ST_SZ_BYTES(access_register_in) + 64] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(access_register_out) + 64];
	char *text = MLX5_ADDR_OF(access_register_in, in, register_data);

	MLX5_SET(access_register_in, in, opcode, MLX5_CMD_OP_ACCESS_REG);
	MLX5_SET(access_register_in, in, register_id, 0x6001);
	strcpy(text, "a node");
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	memset(text, 0, 64);
	MLX5_SET(access_register_in, in, op_mod, 1);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_string_equal(MLX5_ADDR_OF(access_register_out, out, register_data), "a node");
	assert_int_equal(guest_try(guest, in, sizeof(in) - 4, out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	MLX5_SET(access_register_in, in, register_id, 0x1234);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

static uint8_t access_paos(struct guest *guest, uint8_t *status, bool ase)
{
	uint8_t in[MLX5_ST_SZ_BYTES(access_register_in) + MLX5_ST_SZ_BYTES(paos_reg)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(access_register_out) + MLX5_ST_SZ_BYTES(paos_reg)];
	void *data = MLX5_ADDR_OF(access_register_in, in, register_data);

	MLX5_SET(access_register_in, in, opcode, MLX5_CMD_OP_ACCESS_REG);
	MLX5_SET(access_register_in, in, register_id, 0x5006);
	MLX5_SET(paos_reg, data, ase, ase);
	MLX5_SET(paos_reg, data, admin_status, *status);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	data = MLX5_ADDR_OF(access_register_out, out, register_data);
	*status = MLX5_GET(paos_reg, data, admin_status);
	return MLX5_GET(paos_reg, data, oper_status);
}

/* 1 is up, 2 down; a write without "ase" only asks. */
static void port_is_taken_down_and_up(void **state)
{
	struct guest *guest = *state;
	uint8_t status = 2;

	assert_int_equal(access_paos(guest, &status, false), 1);
	assert_int_equal(status, 1);
	guest_expect_no_event(guest);
	status = 2;
	assert_int_equal(access_paos(guest, &status, true), 2);
	assert_int_equal(status, 2);
	assert_int_equal(guest_event(guest)->sub_type, MLX5_PORT_CHANGE_SUBTYPE_DOWN);
	status = 1;
	assert_int_equal(access_paos(guest, &status, true), 1);
	assert_int_equal(guest_event(guest)->sub_type, MLX5_PORT_CHANGE_SUBTYPE_ACTIVE);
}

static void port_comes_up_when_its_link_is_trained(void **state)
{
	struct guest *guest = *state;
	const struct mlx5_eqe *eqe;
	uint8_t status = 1;

	guest->nic->attr.training_ms = 1;
	port_start(guest->nic);
	assert_int_equal(guest_event(guest)->sub_type, MLX5_PORT_CHANGE_SUBTYPE_DOWN);
	assert_int_equal(access_paos(guest, &status, true), 2);
	assert_int_equal(status, 1);
	guest_expect_no_event(guest);
	assert_int_equal(engine_poll(guest->engine, UINT64_MAX), 1);
	assert_int_equal(engine_now_ns(guest->engine), 1000000);
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->sub_type, MLX5_PORT_CHANGE_SUBTYPE_ACTIVE);
	assert_int_equal(access_paos(guest, &status, false), 1);
}

static void port_tells_up_and_down_once(void **state)
{
	static const uint8_t subtypes[] = {
		MLX5_PORT_CHANGE_SUBTYPE_DOWN,
		MLX5_PORT_CHANGE_SUBTYPE_ACTIVE,
	};
	struct guest *guest = *state;
	struct registry_switch *link = registry_find_switch(guest->registry, GUEST_NIC, "port");

	assert_non_null(link);
	link->set(link, true);
	assert_null(guest_event(guest));
	for (unsigned int up = 0; up < 2; up++) {
		const struct mlx5_eqe *eqe;

		link->set(link, up);
		link->set(link, up);
		eqe = guest_event(guest);
		assert_non_null(eqe);
		assert_int_equal(eqe->type, MLX5_EVENT_TYPE_PORT_CHANGE);
		assert_int_equal(eqe->sub_type, subtypes[up]);
		assert_int_equal(eqe->data.port.port >> 4, 1);
		assert_null(guest_event(guest));
	}
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(port_is_active_until_its_link_goes),     TEST(gid_and_pkey_tables_end),
		TEST(node_description_can_be_written),        TEST(port_is_taken_down_and_up),
		TEST(port_comes_up_when_its_link_is_trained), TEST(port_tells_up_and_down_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
