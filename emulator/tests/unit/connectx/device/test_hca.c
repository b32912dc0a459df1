// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What the driver finds before it has objects: the initialization segment, states, resets. */
#include <string.h>

#include "guest_command.h"
#include "util/macros.h"

#define ISEG(field)	offsetof(struct mlx5_init_seg, field)
#define HEALTH_NS	10000000ULL	/* a step of the health counter */

static void init_segment_tells_a_working_device(void **state)
{
	struct guest *guest = *state;
	uint8_t byte;

	assert_int_equal(guest_bar_read32(guest, ISEG(cmdif_rev_fw_sub)) >> 16, 5);
	assert_int_equal(guest_bar_read32(guest, ISEG(initializing)), 0);
	assert_int_equal(guest_bar_read32(guest, ISEG(cmd_q_init_to)), 0);
	assert_int_not_equal(guest_bar_read32(guest, ISEG(health.fw_ver)), UINT32_MAX);
	assert_int_equal(guest_bar_read32(guest, ISEG(cmdq_addr_l_sz)), GUEST_SLOTS | 0x56);
	assert_int_equal(pci_bar_read(guest->fn, 0, ISEG(cmdq_addr_l_sz) + 3, &byte, 1), 0);
	assert_int_equal(byte, 0x56);
	assert_int_equal(pci_bar_read(guest->fn, 0, ISEG(health.synd), &byte, 1), 0);
	assert_int_equal(byte, 0);
}

static void health_counter_moves(void **state)
{
	static const struct {
		uint64_t at_ns;
		uint32_t count;
	} readings[] = {
		{ 0, 0 },
		{ HEALTH_NS - 1, 0 },
		{ HEALTH_NS, 1 },
		{ 2000 * HEALTH_NS - 1, 1999 },
		{ UINT32_MAX * HEALTH_NS, UINT32_MAX },
		{ (UINT32_MAX + 1ULL) * HEALTH_NS, 0 },
	};
	struct guest *guest = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(readings); i++) {
		engine_set_clock(guest->engine, readings[i].at_ns);
		assert_int_equal(guest_bar_read32(guest, ISEG(health_counter)), readings[i].count);
	}
	/* it begins anew with the device */
	engine_set_clock(guest->engine, UINT64_MAX - HEALTH_NS);
	pci_function_reset(guest->fn);
	assert_int_equal(guest_bar_read32(guest, ISEG(health_counter)), 0);
	engine_set_clock(guest->engine, UINT64_MAX);
	assert_int_equal(guest_bar_read32(guest, ISEG(health_counter)), 1);
}

static void timer_is_the_clock(void **state)
{
	struct guest *guest = *state;
	__be64 both;

	engine_set_clock(guest->engine, 0x123456789abcdef0);
	assert_int_equal(guest_bar_read32(guest, ISEG(internal_timer_h)), 0x12345678);
	assert_int_equal(guest_bar_read32(guest, ISEG(internal_timer_l)), 0x9abcdef0);
	assert_int_equal(pci_bar_read(guest->fn, 0, ISEG(internal_timer_h), &both, sizeof(both)),
			 0);
	assert_int_equal(be64_to_cpu(both), 0x123456789abcdef0);
}

static void commands_wait_for_their_state(void **state)
{
	struct guest *guest = *state;

	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_PD, 0),
			 MLX5_CMD_STAT_BAD_SYS_STATE_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_INIT_HCA, 0),
			 MLX5_CMD_STAT_BAD_SYS_STATE_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ENABLE_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ENABLE_HCA, 0),
			 MLX5_CMD_STAT_BAD_SYS_STATE_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_PD, 0),
			 MLX5_CMD_STAT_BAD_SYS_STATE_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_INIT_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_PD, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DISABLE_HCA, 0),
			 MLX5_CMD_STAT_BAD_SYS_STATE_ERR);
}

static void teardown_counts_what_was_left(void **state)
{
	struct guest *guest = *state;

	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "pd"), 1);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_TEARDOWN_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "pd"), 0);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "orphans"), 4);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DISABLE_HCA, 0), MLX5_CMD_STAT_OK);
}

static void no_pages_may_be_given(void **state)
{
	struct guest *guest = *state;
	COMMAND(manage_pages, MANAGE_PAGES, 8);

	MLX5_SET(manage_pages_in, in, op_mod, MLX5_MANAGE_PAGES_IN_OP_MOD_ALLOCATION_SUCCESS);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	MLX5_SET(manage_pages_in, in, input_num_entries, 1);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_RES_STATE_ERR);
}

/* No bonding; the answer overwrites what its buffer held before. */
static void no_ports_are_bound_together(void **state)
{
	struct guest *guest = *state;
	uint8_t out[MLX5_ST_SZ_BYTES(query_lag_out)];
	uint8_t in[MLX5_ST_SZ_BYTES(query_lag_in)] = { 0 };
	const void *ctx = MLX5_ADDR_OF(query_lag_out, out, ctx);

	memset(out, 0xff, sizeof(out));
	MLX5_SET(query_lag_in, in, opcode, MLX5_CMD_OP_QUERY_LAG);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(lagc, ctx, lag_state), 0);
	assert_int_equal(MLX5_GET(lagc, ctx, port_select_mode), 0);
}

static uint32_t nic_interface(struct guest *guest)
{
	return guest_bar_read32(guest, ISEG(cmdq_addr_l_sz)) >> MLX5_NIC_IFC_OFFSET & 7;
}

static void software_reset_disables_the_interface(void **state)
{
	struct guest *guest = *state;

	guest_bar_write32(guest, ISEG(cmdq_addr_l_sz), 7U << MLX5_NIC_IFC_OFFSET);
	assert_int_equal(nic_interface(guest), 1);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "pd"), 0);
}

/* A driver that did not ask for it finds out when it looks here. */
static void function_reset_disables_the_interface(void **state)
{
	struct guest *guest = *state;

	assert_int_equal(nic_interface(guest), 0);
	guest->fn->ops->reset(guest->fn);
	assert_int_equal(nic_interface(guest), 1);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "pd"), 0);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup_off, guest_teardown)
#define TEST_UP(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(init_segment_tells_a_working_device),
		TEST(health_counter_moves),
		TEST(timer_is_the_clock),
		TEST(commands_wait_for_their_state),
		TEST_UP(teardown_counts_what_was_left),
		TEST_UP(no_pages_may_be_given),
		TEST_UP(no_ports_are_bound_together),
		TEST_UP(software_reset_disables_the_interface),
		TEST_UP(function_reset_disables_the_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
