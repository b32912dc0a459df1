// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Events that the data path gives rise to, beside those of refused requests (test_rc.c). */
#include <string.h>

#include "connectx/queue/qp.h"
#include "guest_transfer.h"

#define BYTES 64u

static int setup(void **state)
{
	static struct guest_transfer all;

	guest_transfer_create(&all, GUEST_PAGE);
	*state = &all;
	return 0;
}

static void post_write(struct guest_transfer *all)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, all->remote, all->rkey);
	guest_wqe_data(&wqe, all->local, all->lkey, BYTES);
	guest_post(all->guest, &all->qp[0], &wqe, false);
	guest_run(all->guest);
}

static void expect_qp_event(struct guest_transfer *all, uint8_t type, uint32_t qpn)
{
	const struct mlx5_eqe *eqe = guest_event(all->guest);

	assert_non_null(eqe);
	assert_int_equal(eqe->type, type);
	assert_int_equal(eqe->data.qp_srq.type, MLX5_EVENT_QUEUE_TYPE_QP);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), qpn);
}

/* The whole way of a lost completion: the CQ is in error, the QP too, and both are told once. */
static void lost_completion_is_fatal(void **state)
{
	struct guest_transfer *all = *state;
	struct qp *qp = qp_find(all->guest->nic, all->qp[0].qpn);
	struct registry *registry = all->guest->registry;
	struct fault_point *fault = registry_find_fault(registry, GUEST_NIC, "completion");
	const struct mlx5_eqe *eqe;

	assert_non_null(fault);
	assert_int_equal(fault_arm(fault, FAULT_FAIL, all->cq[0].cqn, 0, 0, 1), 0);
	post_write(all);
	eqe = guest_event(all->guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_CQ_ERROR);
	assert_int_equal(be32_to_cpu(eqe->data.cq_err.cqn), all->cq[0].cqn);
	expect_qp_event(all, MLX5_EVENT_TYPE_WQ_CATAS_ERROR, all->qp[0].qpn);
	assert_int_equal(qp->state, MLX5_QP_STATE_ERR);
	post_write(all);
	guest_expect_nothing(all->guest, &all->cq[0]);
	assert_null(guest_event(all->guest));
}

static void first_message_in_rtr_is_told(void **state)
{
	struct guest_transfer *all = *state;

	/* as if the other side had not come to RTS yet */
	qp_find(all->guest->nic, all->qp[1].qpn)->state = MLX5_QP_STATE_RTR;
	post_write(all);
	guest_expect(all->guest, &all->cq[0], 0, 0, 0);
	expect_qp_event(all, MLX5_EVENT_TYPE_COMM_EST, all->qp[1].qpn);
	post_write(all);
	guest_expect(all->guest, &all->cq[0], 0, 1, 0);
	assert_null(guest_event(all->guest));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, guest_transfer_teardown)
	const struct CMUnitTest tests[] = {
		TEST(lost_completion_is_fatal),
		TEST(first_message_in_rtr_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
