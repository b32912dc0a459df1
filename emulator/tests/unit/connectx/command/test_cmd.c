// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The command queue: slots, mailboxes, and what is wrong with them. */
#include <string.h>

#include "guest_command.h"
#include "guest_queue.h"

#define ISEG(field)	offsetof(struct mlx5_init_seg, field)
#define QUERY_CAP_BYTES	MLX5_ST_SZ_BYTES(query_hca_cap_out)
#define NO_MEMORY	0x7000000000ULL		/* bus address of nothing */

enum {
	DELIVERY_OK = 0,
	DELIVERY_TOKEN = 2,
	DELIVERY_BLOCK_NUM = 3,
	DELIVERY_OUT_PTR = 4,
	DELIVERY_IN_PTR = 5,
	DELIVERY_IN_LENGTH = 7,
	DELIVERY_OUT_LENGTH = 8,
	DELIVERY_TYPE = 0x10,
};

static void unknown_opcode_is_refused(void **state)
{
	struct guest *guest = *state;

	assert_int_equal(guest_try_number(guest, 0xfff, 0), MLX5_CMD_STAT_BAD_OP_ERR);
	assert_int_equal(guest->delivery, DELIVERY_OK);
	assert_int_equal(guest->syndrome >> 16, 0xfff);
}

static void short_input_and_output_are_refused(void **state)
{
	struct guest *guest = *state;
	uint8_t in[MLX5_ST_SZ_BYTES(create_cq_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(create_cq_out)];

	MLX5_SET(create_cq_in, in, opcode, MLX5_CMD_OP_CREATE_CQ);
	assert_int_equal(guest_try(guest, in, sizeof(in) - 4, out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out) - 4),
			 MLX5_CMD_STAT_BAD_OUTP_LEN_ERR);
}

/* Fill slot 0 with QUERY_HCA_CAP, which has a long output, and a long input. */
static struct mlx5_cmd_layout *fill_query_cap(struct guest *guest)
{
	uint8_t in[2048] = { 0 };

	MLX5_SET(query_hca_cap_in, in, opcode, MLX5_CMD_OP_QUERY_HCA_CAP);
	return guest_slot_fill(guest, 0, in, sizeof(in), QUERY_CAP_BYTES);
}

static void expect_delivery(struct guest *guest, const struct mlx5_cmd_layout *layout,
			    uint8_t delivery)
{
	guest_slot_ring(guest, 0);
	assert_int_equal(layout->status_own, delivery << 1);
}

static void output_fills_the_mailboxes(void **state)
{
	struct guest *guest = *state;
	uint8_t out[QUERY_CAP_BYTES];
	const void *cap = MLX5_ADDR_OF(query_hca_cap_out, out, capability);

	expect_delivery(guest, fill_query_cap(guest), DELIVERY_OK);
	guest_slot_output(guest, 0, out, sizeof(out));
	assert_int_equal(MLX5_GET(query_hca_cap_out, out, status), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(cmd_hca_cap, cap, port_type), MLX5_CAP_PORT_TYPE_IB);
	assert_int_equal(MLX5_GET(cmd_hca_cap, cap, num_ports), 1);
	assert_int_equal(MLX5_GET(cmd_hca_cap, cap, mkey_pcie_tph), 1);
	/* in the second mailbox: bytes 528 on */
	assert_int_equal(out[sizeof(out) - 1], 0);
}

static void broken_chains_are_reported(void **state)
{
	struct guest *guest = *state;
	struct mlx5_cmd_prot_block *second_in = guest_ptr(guest,
							  GUEST_IN_MAILBOXES + GUEST_MAILBOX_STEP);
	struct mlx5_cmd_prot_block *second_out = guest_ptr(guest, GUEST_OUT_MAILBOXES +
									  GUEST_MAILBOX_STEP);
	struct mlx5_cmd_layout *layout = fill_query_cap(guest);

	second_in->token ^= 1;
	expect_delivery(guest, layout, DELIVERY_TOKEN);
	fill_query_cap(guest);
	second_in->block_num = cpu_to_be32(2);
	expect_delivery(guest, layout, DELIVERY_BLOCK_NUM);
	fill_query_cap(guest);
	layout->in_ptr = cpu_to_be64(GUEST_IN_MAILBOXES + 4);
	expect_delivery(guest, layout, DELIVERY_IN_PTR);
	fill_query_cap(guest);
	layout->in_ptr = cpu_to_be64(NO_MEMORY);
	expect_delivery(guest, layout, DELIVERY_IN_PTR);
	fill_query_cap(guest);
	layout->out_ptr = cpu_to_be64(UINT64_MAX & ~511ULL);
	expect_delivery(guest, layout, DELIVERY_OUT_PTR);
	fill_query_cap(guest);
	second_out->token ^= 1;
	expect_delivery(guest, layout, DELIVERY_TOKEN);
}

static void bad_descriptors_are_reported(void **state)
{
	struct guest *guest = *state;
	struct mlx5_cmd_layout *layout = fill_query_cap(guest);

	layout->type = 1;
	expect_delivery(guest, layout, DELIVERY_TYPE);
	fill_query_cap(guest);
	layout->inlen = cpu_to_be32(UINT32_MAX);
	expect_delivery(guest, layout, DELIVERY_IN_LENGTH);
	fill_query_cap(guest);
	layout->inlen = cpu_to_be32(15);
	expect_delivery(guest, layout, DELIVERY_IN_LENGTH);
	fill_query_cap(guest);
	layout->outlen = cpu_to_be32(UINT32_MAX);
	expect_delivery(guest, layout, DELIVERY_OUT_LENGTH);
	fill_query_cap(guest);
	layout->outlen = cpu_to_be32(4);
	expect_delivery(guest, layout, DELIVERY_OUT_LENGTH);
}

static void doorbell_without_owner_does_nothing(void **state)
{
	struct guest *guest = *state;
	struct mlx5_cmd_layout *layout = fill_query_cap(guest);
	uint64_t executed = guest_registered(guest, REGISTRY_COUNTER, "commands");

	layout->status_own = 0;
	guest_slot_ring(guest, 0);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "commands"), executed);
}

static struct fault_point *command_fault(struct guest *guest)
{
	struct fault_point *fault = registry_find_fault(guest->registry, GUEST_NIC, "command");

	assert_non_null(fault);
	return fault;
}

static void stalled_command_completes_when_released(void **state)
{
	struct guest *guest = *state;
	struct fault_point *fault = command_fault(guest);
	uint32_t in[4] = { 0 };

	MLX5_SET(alloc_pd_in, in, opcode, MLX5_CMD_OP_ALLOC_PD);
	assert_int_equal(fault_arm(fault, FAULT_STALL, MLX5_CMD_OP_ALLOC_PD, 0, 0, 1), 0);
	guest_slot_fill(guest, 3, in, sizeof(in), 16);
	guest_slot_ring(guest, 3);
	assert_false(guest_slot_done(guest, 3));
	/* neither a second doorbell nor another command gets it going */
	guest_slot_ring(guest, 3);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_NOP, 0), MLX5_CMD_STAT_OK);
	assert_false(guest_slot_done(guest, 3));
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "pd"), 1);
	fault_release(fault);
	assert_true(guest_slot_done(guest, 3));
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "pd"), 2);
}

static void failed_command_has_the_status_asked_for(void **state)
{
	struct guest *guest = *state;
	struct fault_point *fault = command_fault(guest);

	assert_int_equal(fault_arm(fault, FAULT_FAIL, MLX5_CMD_OP_ALLOC_PD, MLX5_CMD_STAT_LIM_ERR,
				   0, 1),
			 0);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_UAR, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_PD, 0), MLX5_CMD_STAT_LIM_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_PD, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(fault_arm(fault, FAULT_FAIL, FAULT_ANY_KEY, 0, 0, 1), 0);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_NOP, 0), MLX5_CMD_STAT_INT_ERR);
}

static void completion_event_names_the_slot(void **state)
{
	struct guest *guest = *state;
	const struct mlx5_eqe *eqe;
	uint32_t in[4] = { 0 };
	uint64_t ring;

	guest_eq(guest, 1ULL << MLX5_EVENT_TYPE_CMD, 6, &ring);
	eqe = guest_ptr(guest, ring);
	/* the command that made the queue was polled for */
	assert_int_equal(eqe[0].owner, 1);
	MLX5_SET(nop_in, in, opcode, MLX5_CMD_OP_NOP);
	guest_slot_fill(guest, 7, in, sizeof(in), 16);
	guest_slot_ring(guest, 7);
	assert_int_equal(eqe[0].owner, 0);
	assert_int_equal(eqe[0].type, MLX5_EVENT_TYPE_CMD);
	assert_int_equal(be32_to_cpu(eqe[0].data.cmd.vector), 1U << 7);
}

static void new_queue_address_starts_over(void **state)
{
	struct guest *guest = *state;

	guest_bar_write32(guest, ISEG(cmdq_addr_l_sz), (uint32_t)GUEST_SLOTS);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "uar"), 0);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "eq"), 0);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ENABLE_HCA, 0), MLX5_CMD_STAT_OK);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup_off, guest_teardown)
#define TEST_UP(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(unknown_opcode_is_refused),
		TEST_UP(short_input_and_output_are_refused),
		TEST_UP(output_fills_the_mailboxes),
		TEST_UP(broken_chains_are_reported),
		TEST_UP(bad_descriptors_are_reported),
		TEST_UP(doorbell_without_owner_does_nothing),
		TEST_UP(stalled_command_completes_when_released),
		TEST_UP(failed_command_has_the_status_asked_for),
		TEST_UP(completion_event_names_the_slot),
		TEST_UP(new_queue_address_starts_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
