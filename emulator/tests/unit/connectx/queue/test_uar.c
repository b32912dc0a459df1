// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* UARs: how many there are, how long they live, and doorbells through the wrong one. */
#include "connectx/memory/memic.h"
#include "guest_command.h"
#include "guest_queue.h"

#define CQ_DOORBELL	0x20
#define EQ_ARM		0x40

static void uars_end_where_memic_begins(void **state)
{
	struct guest *guest = *state;
	uint32_t count = 0, number = guest->uar;

	while (guest_try_number(guest, MLX5_CMD_OP_ALLOC_UAR, 0) == MLX5_CMD_STAT_OK)
		count++;
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ALLOC_UAR, 0), MLX5_CMD_STAT_LIM_ERR);
	assert_int_equal(number + count, (MEMIC_START >> 12) - 1);
}

static void uar_goes_with_its_last_user(void **state)
{
	struct guest *guest = *state;
	uint64_t before = guest_registered(guest, REGISTRY_OBJECT, "uar");
	struct guest_cq cq, none;
	struct guest_qp qp;

	guest_cq_sized(guest, &cq, 4);
	guest_qp(guest, &qp, &cq, MLX5_QP_ST_RC);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_EQ, guest->eqn),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_UAR, guest->uar),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DEALLOC_UAR, guest->uar),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(guest_try_cq(guest, &none, 4), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_QP, qp.qpn), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_CQ, cq.cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "uar"), before);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_EQ, guest->eqn),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "uar"), before - 1);
}

static void doorbell_through_another_uar_is_stray(void **state)
{
	struct guest *guest = *state;
	uint64_t before = guest_registered(guest, REGISTRY_COUNTER, "doorbells_stray");
	uint32_t other = guest_uar(guest);
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 4);
	guest_doorbell(guest, other, CQ_DOORBELL, 0, cq.cqn);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 0, cq.cqn + 1);
	guest_bar_write32(guest, (uint64_t)other * GUEST_PAGE + EQ_ARM, guest->eqn << 24);
	guest_doorbell(guest, other + 1, 0x800, 0, 0);
	guest_doorbell(guest, guest->uar, 0x800, 0, 0x4000 << 8);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "doorbells_stray"), before + 5);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(uars_end_where_memic_begins),
		TEST(uar_goes_with_its_last_user),
		TEST(doorbell_through_another_uar_is_stray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
