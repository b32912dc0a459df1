// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Objects of all kinds: their numbers, who uses whom, and their limits. */
#include "connectx/device/device.h"
#include "guest_command.h"
#include "guest_queue.h"
#include "util/macros.h"

#define NO_SUCH_NUMBER	0xabcdef

static void no_such_handle_is_a_bad_resource(void **state)
{
	static const uint16_t opcodes[] = {
		MLX5_CMD_OP_DESTROY_MKEY,
		MLX5_CMD_OP_DESTROY_EQ,
		MLX5_CMD_OP_DESTROY_CQ,
		MLX5_CMD_OP_DESTROY_QP,
		MLX5_CMD_OP_2ERR_QP,
		MLX5_CMD_OP_2RST_QP,
		MLX5_CMD_OP_DESTROY_SRQ,
		MLX5_CMD_OP_DESTROY_XRC_SRQ,
		MLX5_CMD_OP_DESTROY_RMP,
		MLX5_CMD_OP_DEALLOC_PD,
		MLX5_CMD_OP_DEALLOC_UAR,
		MLX5_CMD_OP_DEALLOC_XRCD,
		MLX5_CMD_OP_DEALLOC_TRANSPORT_DOMAIN,
	};
	struct guest *guest = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(opcodes); i++) {
		assert_int_equal(guest_try_number(guest, opcodes[i], NO_SUCH_NUMBER),
				 MLX5_CMD_STAT_BAD_RES_ERR);
		assert_int_equal(guest_try_number(guest, opcodes[i], 0), MLX5_CMD_STAT_BAD_RES_ERR);
	}
}

static void number_of_a_freed_object_is_refused(void **state)
{
	struct guest *guest = *state;
	uint32_t pd = guest_pd(guest);

	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_PD, pd), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_PD, pd),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	/* and not handed out again at once */
	assert_int_not_equal(guest_pd(guest), pd);
}

static void what_is_used_is_busy(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;
	struct guest_qp qp;

	guest_cq_sized(guest, &cq, 4);
	guest_qp(guest, &qp, &cq, MLX5_QP_ST_RC);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_PD, guest->pd),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_CQ, cq.cqn),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_EQ, guest->eqn),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_QP, qp.qpn), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_CQ, cq.cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_EQ, guest->eqn),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_MKEY, guest->dma_key >> 8),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_PD, guest->pd),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_UAR, guest->uar),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_TEARDOWN_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "orphans"), 0);
}

static void page_lists_of_all_queues_have_a_limit(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	/* as if others had all but one page */
	guest->nic->buf_pages += CX_MAX_PAGES - 2;
	guest_cq_sized(guest, &cq, 2);
	assert_int_equal(guest_try_cq(guest, &cq, 2), MLX5_CMD_STAT_NO_RES_ERR);
	guest->nic->buf_pages -= CX_MAX_PAGES - 2;
	guest_cq_sized(guest, &cq, 2);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_such_handle_is_a_bad_resource),
		TEST(number_of_a_freed_object_is_refused),
		TEST(what_is_used_is_busy),
		TEST(page_lists_of_all_queues_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
