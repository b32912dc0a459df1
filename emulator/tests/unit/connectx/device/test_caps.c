// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Capabilities: what is offered, and what of it the driver may set. */
#include "guest_command.h"

static void expect_max_qps(struct guest *guest, unsigned int log_max_qp)
{
	COMMAND(query_hca_cap, QUERY_HCA_CAP, 0);

	MLX5_SET(query_hca_cap_in, in, op_mod, HCA_CAP_OPMOD_GET_CUR);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(query_hca_cap_out, out, capability.cmd_hca_cap.log_max_qp),
			 log_max_qp);
}

#define ODP_CAP(service) MLX5_GET(odp_cap, cap, memory_page_fault_scheme_cap.service)

/*
 * The driver reads these to decide on user-visible on-demand paging, and has to turn the scheme on.
 */
static void page_faults_are_promised_to_whom_they_work_for(void **state)
{
	struct guest *guest = *state;
	const uint8_t *cap;
	COMMAND(query_hca_cap, QUERY_HCA_CAP, 0);

	cap = MLX5_ADDR_OF(query_hca_cap_out, out, capability);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ENABLE_HCA, 0), MLX5_CMD_STAT_OK);
	MLX5_SET(query_hca_cap_in, in, op_mod, MLX5_CAP_ODP << 1 | HCA_CAP_OPMOD_GET_CUR);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(odp_cap, cap, mem_page_fault), 0);
	MLX5_SET(query_hca_cap_in, in, op_mod, MLX5_CAP_ODP << 1 | HCA_CAP_OPMOD_GET_MAX);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(odp_cap, cap, mem_page_fault), 1);
	assert_int_equal(ODP_CAP(rc_odp_caps.send), 1);
	assert_int_equal(ODP_CAP(rc_odp_caps.atomic), 1);
	assert_int_equal(ODP_CAP(xrc_odp_caps.srq_receive), 1);
	assert_int_equal(ODP_CAP(ud_odp_caps.send), 1);
	assert_int_equal(ODP_CAP(ud_odp_caps.receive), 0);
	assert_int_equal(ODP_CAP(uc_odp_caps.send), 0);
}

static void capabilities_are_kept_in_bounds(void **state)
{
	struct guest *guest = *state;
	uint8_t in[MLX5_ST_SZ_BYTES(set_hca_cap_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(set_hca_cap_out)];
	void *cap = MLX5_ADDR_OF(set_hca_cap_in, in, capability);

	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ENABLE_HCA, 0), MLX5_CMD_STAT_OK);
	MLX5_SET(set_hca_cap_in, in, opcode, MLX5_CMD_OP_SET_HCA_CAP);
	MLX5_SET(cmd_hca_cap, cap, log_max_qp, 31);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(cmd_hca_cap, cap, log_max_qp, 10);
	MLX5_SET(cmd_hca_cap, cap, pkey_table_size, 1);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(cmd_hca_cap, cap, pkey_table_size, 0);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	expect_max_qps(guest, 10);
	MLX5_SET(set_hca_cap_in, in, op_mod, MLX5_SET_HCA_CAP_OP_MOD_ROCE << 1);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup_off, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(page_faults_are_promised_to_whom_they_work_for),
		TEST(capabilities_are_kept_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
