// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Shared receive queues, with what the data path calls. */
#include <errno.h>

#include "connectx/device/device.h"
#include "connectx/queue/srq.h"
#include "guest_command.h"
#include "guest_queue.h"

#define LOG_SRQ		2
#define LOG_SRQ_STRIDE	5

struct test_srq {
	uint32_t srqn;
	uint64_t ring, dbr;
};

static uint8_t try_create_rmp(struct guest *guest, struct test_srq *srq, uint8_t type)
{
	uint8_t status;

	COMMAND(create_rmp, CREATE_RMP, 1);
	void *rmpc = MLX5_ADDR_OF(create_rmp_in, in, ctx);
	void *wq = MLX5_ADDR_OF(rmpc, rmpc, wq);
	__be64 *pas = MLX5_ADDR_OF(wq, wq, pas);

	srq->ring = guest_alloc(guest, GUEST_PAGE);
	srq->dbr = guest_alloc(guest, GUEST_PAGE);
	MLX5_SET(rmpc, rmpc, state, MLX5_RMPC_STATE_RDY);
	MLX5_SET(wq, wq, wq_type, type);
	MLX5_SET(wq, wq, log_wq_sz, LOG_SRQ);
	MLX5_SET(wq, wq, log_wq_stride, LOG_SRQ_STRIDE);
	MLX5_SET(wq, wq, pd, guest->pd);
	MLX5_SET64(wq, wq, dbr_addr, srq->dbr);
	*pas = cpu_to_be64(srq->ring);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	srq->srqn = MLX5_GET(create_rmp_out, out, rmpn);
	return status;
}

static void create_rmp(struct guest *guest, struct test_srq *srq)
{
	assert_int_equal(try_create_rmp(guest, srq, MLX5_WQ_TYPE_LINKED_LIST), MLX5_CMD_STAT_OK);
}

/* Link entry @index to @next. */
static void srq_link(struct guest *guest, const struct test_srq *srq, uint16_t index, uint16_t next)
{
	__be16 *entry = guest_ptr(guest, srq->ring + ((uint64_t)index << LOG_SRQ_STRIDE));

	entry[1] = cpu_to_be16(next);
}

static void srq_post(struct guest *guest, const struct test_srq *srq, uint16_t posted)
{
	*(__be32 *)guest_ptr(guest, srq->dbr) = cpu_to_be32(posted);
}

static void srq_is_taken_along_its_links(void **state)
{
	struct guest *guest = *state;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;

	create_rmp(guest, &test);
	srq = srq_find(guest->nic, test.srqn);
	assert_non_null(srq);
	srq_link(guest, &test, 0, 3);
	srq_link(guest, &test, 3, 1);
	srq_link(guest, &test, 1, 0xfffe); /* outside: taken modulo the size */
	assert_false(srq_available(guest->nic, srq));
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), -EAGAIN);
	srq_post(guest, &test, 3);
	assert_true(srq_available(guest->nic, srq));
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
	assert_int_equal(index, 0);
	assert_int_equal(offset, 16);
	assert_int_equal(bytes, 16);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
	assert_int_equal(index, 3);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
	assert_int_equal(index, 1);
	assert_int_equal(srq->head, 2);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), -EAGAIN);
}

/* The links, which stay where they are, say nothing. */
static void cyclic_srq_is_taken_in_order(void **state)
{
	struct guest *guest = *state;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;

	assert_int_equal(try_create_rmp(guest, &test, MLX5_WQ_TYPE_CYCLIC), MLX5_CMD_STAT_OK);
	srq = srq_find(guest->nic, test.srqn);
	for (unsigned int i = 0; i < 1 << LOG_SRQ; i++)
		srq_link(guest, &test, i, i);
	/* more than 2^16, which the record and the numbers of entries count modulo */
	for (unsigned int i = 0; i < 0x10002; i++) {
		assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), -EAGAIN);
		srq_post(guest, &test, (uint16_t)(i + 1));
		assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
		assert_int_equal(index, i & 0xffff);
		assert_int_equal(offset, (i & 3) * 32 + 16);
		assert_int_equal(bytes, 16);
	}
	assert_false(srq_available(guest->nic, srq));
}

static void srq_of_many_messages_an_entry_is_refused(void **state)
{
	struct guest *guest = *state;
	struct test_srq test;

	assert_int_equal(try_create_rmp(guest, &test, MLX5_WQ_TYPE_LINKED_LIST_STRIDING_RQ),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_create_rmp(guest, &test, MLX5_WQ_TYPE_CYCLIC_STRIDING_RQ),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

static uint8_t arm_rmp(struct guest *guest, uint32_t rmpn, uint16_t limit)
{
	COMMAND(modify_rmp, MODIFY_RMP, 0);
	void *rmpc = MLX5_ADDR_OF(modify_rmp_in, in, ctx);

	MLX5_SET(modify_rmp_in, in, rmpn, rmpn);
	MLX5_SET(modify_rmp_in, in, bitmask.lwm, 1);
	MLX5_SET(rmpc, rmpc, state, MLX5_RMPC_STATE_RDY);
	MLX5_SET(rmpc, rmpc, wq.lwm, limit);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static void srq_limit_gives_one_event(void **state)
{
	struct guest *guest = *state;
	const struct mlx5_eqe *eqe;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;

	create_rmp(guest, &test);
	srq = srq_find(guest->nic, test.srqn);
	srq_post(guest, &test, 4);
	assert_int_equal(arm_rmp(guest, test.srqn, 5), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(arm_rmp(guest, test.srqn, 3), MLX5_CMD_STAT_OK);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
	guest_expect_no_event(guest);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SRQ_RQ_LIMIT);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), test.srqn);
	assert_int_equal(eqe->data.qp_srq.type, MLX5_EVENT_QUEUE_TYPE_RQ);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), 0);
	guest_expect_no_event(guest);
	/* armed below what is left: at once */
	assert_int_equal(arm_rmp(guest, test.srqn, 2), MLX5_CMD_STAT_OK);
	assert_non_null(guest_event(guest));
}

static void qp_in_error_tells_that_it_takes_no_more(void **state)
{
	const struct guest_path path = { 0 };
	struct guest *guest = *state;
	const struct mlx5_eqe *eqe;
	struct guest_qp_attr attr;
	struct test_srq srq;
	struct guest_cq cq;
	uint32_t qpn;

	create_rmp(guest, &srq);
	guest_cq_sized(guest, &cq, 4);
	attr = (struct guest_qp_attr){
		.service = MLX5_QP_ST_RC,
		.pd = guest->pd,
		.uar = guest->uar,
		.send_cqn = cq.cqn,
		.recv_cqn = cq.cqn,
		.rq_type = MLX5_SRQ_RQ,
		.srqn = srq.srqn,
		.log_sq = 3,
	};
	assert_int_equal(guest_try_qp(guest, &attr, &qpn), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_modify(guest, qpn, MLX5_CMD_OP_RST2INIT_QP, &path),
			 MLX5_CMD_STAT_OK);
	guest_expect_no_event(guest);
	assert_int_equal(guest_try_modify(guest, qpn, MLX5_CMD_OP_2ERR_QP, &path),
			 MLX5_CMD_STAT_OK);
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SRQ_LAST_WQE);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), qpn);
	guest_expect_no_event(guest);
}

static void srq_without_its_memory_is_a_catastrophe(void **state)
{
	struct guest *guest = *state;
	const struct mlx5_eqe *eqe;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;
	void *host;

	create_rmp(guest, &test);
	srq = srq_find(guest->nic, test.srqn);
	assert_int_equal(fabric_unmap(guest->fn->port, 0, UINT64_MAX, &host), 1);
	/* only the ring of events is left */
	assert_int_equal(fabric_map(guest->fn->port, guest->eq, GUEST_PAGE,
				    guest_ptr(guest, guest->eq), true, true),
			 0);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), -EFAULT);
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SRQ_CATAS_ERROR);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), test.srqn);
	assert_int_equal(srq_take(guest->nic, srq, &index, &offset, &bytes), -EFAULT);
	guest_expect_no_event(guest);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(srq_is_taken_along_its_links),
		TEST(cyclic_srq_is_taken_in_order),
		TEST(srq_of_many_messages_an_entry_is_refused),
		TEST(srq_limit_gives_one_event),
		TEST(qp_in_error_tells_that_it_takes_no_more),
		TEST(srq_without_its_memory_is_a_catastrophe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
