// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Queue counters: what each event counts as, and that nothing else counts. */
#include <string.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/q_counter.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"
#include "util/macros.h"

#define SIZE	4096U
#define FIELD(name) (MLX5_BYTE_OFF(query_q_counter_out, name) / sizeof(uint32_t))

struct counters {
	struct guest *guest;
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	uint32_t set[2]; /* of the sender and of the receiver */
	uint64_t local, remote;
	uint32_t lkey, rkey;
};

static uint32_t alloc_set(struct guest *guest)
{
	COMMAND(alloc_q_counter, ALLOC_Q_COUNTER, 0);

	guest_command(guest, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(alloc_q_counter_out, out, counter_set_id);
}

static uint8_t query(struct guest *guest, uint32_t set, bool clear, uint32_t *out)
{
	uint8_t in[MLX5_ST_SZ_BYTES(query_q_counter_in)] = { 0 };

	MLX5_SET(query_q_counter_in, in, opcode, MLX5_CMD_OP_QUERY_Q_COUNTER);
	MLX5_SET(query_q_counter_in, in, counter_set_id, set);
	MLX5_SET(query_q_counter_in, in, clear, clear);
	return guest_try(guest, in, sizeof(in), out, MLX5_ST_SZ_BYTES(query_q_counter_out));
}

static uint8_t dealloc(struct guest *guest, uint32_t set)
{
	COMMAND(dealloc_q_counter, DEALLOC_Q_COUNTER, 0);

	MLX5_SET(dealloc_q_counter_in, in, counter_set_id, set);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t bind_set(struct guest *guest, uint32_t qpn, uint32_t set)
{
	COMMAND(rts2rts_qp, RTS2RTS_QP, 0);

	MLX5_SET(rts2rts_qp_in, in, qpn, qpn);
	MLX5_SET(rts2rts_qp_in, in, opt_param_mask, MLX5_QP_OPTPAR_COUNTER_SET_ID);
	MLX5_SET(rts2rts_qp_in, in, qpc.counter_set_id, set);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static int setup(void **state)
{
	static struct counters all;

	all = (struct counters){ .guest = guest_create() };
	guest_pair(all.guest, all.qp, all.cq);
	for (unsigned int i = 0; i < 2; i++) {
		all.set[i] = alloc_set(all.guest);
		assert_int_equal(bind_set(all.guest, all.qp[i].qpn, all.set[i]), MLX5_CMD_STAT_OK);
	}
	all.local = guest_alloc(all.guest, SIZE);
	all.remote = guest_alloc(all.guest, SIZE);
	all.lkey = guest_mr(all.guest, all.local, SIZE, GUEST_ACCESS);
	all.rkey = guest_mr(all.guest, all.remote, SIZE, GUEST_ACCESS);
	*state = &all;
	return 0;
}

static int teardown(void **state)
{
	struct counters *all = *state;

	guest_destroy(all->guest);
	return 0;
}

/* The set of @side has counted what the list says, of pairs of field and count, and no more. */
#define EXPECT(all, side, ...)                                                                     \
	expect_counts(all, side, (const unsigned int[][2]){ __VA_ARGS__, { 0 } })

static void expect_counts(struct counters *all, unsigned int side, const unsigned int (*list)[2])
{
	uint32_t out[MLX5_ST_SZ_DW(query_q_counter_out)], expected[ARRAY_SIZE(out)] = { 0 };

	for (; (*list)[0]; list++)
		expected[(*list)[0]] = (*list)[1];
	assert_int_equal(query(all->guest, all->set[side], true, out), MLX5_CMD_STAT_OK);
	for (unsigned int i = FIELD(rx_write_requests); i < ARRAY_SIZE(out); i++)
		if (be32_to_cpu(out[i]) != expected[i])
			fail_msg("side %u, offset 0x%x: %u instead of %u", side, i * 4,
				 be32_to_cpu(out[i]), expected[i]);
}

static void expect_nothing_counted(struct counters *all, unsigned int side)
{
	EXPECT(all, side, { 0 });
}

static void post(struct counters *all, uint8_t opcode, uint32_t lkey, uint32_t rkey)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	if (opcode != MLX5_OPCODE_SEND)
		guest_wqe_raddr(&wqe, all->remote, rkey);
	if (opcode == MLX5_OPCODE_ATOMIC_FA)
		guest_wqe_atomic(&wqe, 1, 0);
	guest_wqe_data(&wqe, all->local, lkey, 8);
	guest_post(all->guest, &all->qp[0], &wqe, false);
}

static void expect(struct counters *all, uint8_t opcode, uint16_t index, uint8_t syndrome)
{
	guest_expect(all->guest, &all->cq[0], opcode, index, syndrome);
}

static void requests_are_counted_where_they_arrive(void **state)
{
	static const uint8_t opcodes[] = {
		MLX5_OPCODE_RDMA_WRITE,
		MLX5_OPCODE_RDMA_WRITE,
		MLX5_OPCODE_RDMA_READ,
		MLX5_OPCODE_ATOMIC_FA,
	};
	struct counters *all = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(opcodes); i++) {
		post(all, opcodes[i], all->lkey, all->rkey);
		expect(all, CQE_REQ, i, 0);
	}
	EXPECT(all, 1, { FIELD(rx_write_requests), 2 }, { FIELD(rx_read_requests), 1 },
	       { FIELD(rx_atomic_requests), 1 });
	expect_nothing_counted(all, 0);
}

static void receiver_that_is_not_ready_is_counted(void **state)
{
	struct counters *all = *state;

	post(all, MLX5_OPCODE_SEND, all->lkey, 0);
	expect(all, CQE_REQ_ERR, 0, CQE_RNR_RETRY_EXC);
	EXPECT(all, 0, { FIELD(rnr_nak_retry_err), 2 }, { FIELD(req_rnr_retries_exceeded), 1 },
	       { FIELD(req_cqe_error), 1 });
	EXPECT(all, 1, { FIELD(out_of_buffer), 3 });
}

static void missing_answers_are_counted(void **state)
{
	struct counters *all = *state;

	all->guest->nic->ib->link = false;
	post(all, MLX5_OPCODE_RDMA_WRITE, all->lkey, all->rkey);
	expect(all, CQE_REQ_ERR, 0, CQE_RETRY_EXC);
	EXPECT(all, 0, { FIELD(local_ack_timeout_err), 2 },
	       { FIELD(req_transport_retries_exceeded), 1 }, { FIELD(req_cqe_error), 1 });
	expect_nothing_counted(all, 1);
}

static void remote_access_errors_are_counted(void **state)
{
	struct counters *all = *state;

	post(all, MLX5_OPCODE_RDMA_WRITE, all->lkey, all->rkey ^ 1);
	expect(all, CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
	post(all, MLX5_OPCODE_RDMA_WRITE, all->lkey, all->rkey);
	expect(all, CQE_REQ_ERR, 1, CQE_WR_FLUSH);
	EXPECT(all, 0, { FIELD(req_remote_access_errors), 1 }, { FIELD(req_cqe_flush_error), 1 },
	       { FIELD(req_cqe_error), 2 });
	EXPECT(all, 1, { FIELD(resp_remote_access_errors), 1 });
}

static void too_short_receives_are_counted(void **state)
{
	struct counters *all = *state;

	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, 7);
	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, 7);
	post(all, MLX5_OPCODE_SEND, all->lkey, 0);
	expect(all, CQE_REQ_ERR, 0, CQE_REMOTE_INVAL_REQ);
	guest_expect(all->guest, &all->cq[1], CQE_RESP_ERR, 0, CQE_LOCAL_LENGTH);
	guest_expect(all->guest, &all->cq[1], CQE_RESP_ERR, 1, CQE_WR_FLUSH);
	EXPECT(all, 0, { FIELD(req_remote_invalid_request), 1 }, { FIELD(req_cqe_error), 1 });
	EXPECT(all, 1, { FIELD(resp_local_length_error), 1 }, { FIELD(resp_cqe_error), 2 },
	       { FIELD(resp_cqe_flush_error), 1 });
}

static void local_protection_errors_are_counted(void **state)
{
	struct counters *all = *state;

	post(all, MLX5_OPCODE_RDMA_WRITE, all->lkey ^ 1, all->rkey);
	expect(all, CQE_REQ_ERR, 0, CQE_LOCAL_PROT);
	EXPECT(all, 0, { FIELD(req_local_protection), 1 }, { FIELD(req_cqe_error), 1 });
	expect_nothing_counted(all, 1);
}

/* A set that is gone, or was never there, is not counted in, nor asked. */
static void counter_that_is_gone_counts_nothing(void **state)
{
	struct counters *all = *state;
	uint32_t out[MLX5_ST_SZ_DW(query_q_counter_out)];

	assert_int_equal(bind_set(all->guest, all->qp[0].qpn, 200), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(query(all->guest, 200, false, out), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(dealloc(all->guest, all->set[0]), MLX5_CMD_STAT_OK);
	assert_int_equal(dealloc(all->guest, all->set[0]), MLX5_CMD_STAT_BAD_RES_ERR);
	post(all, MLX5_OPCODE_RDMA_WRITE, all->lkey ^ 1, all->rkey);
	expect(all, CQE_REQ_ERR, 0, CQE_LOCAL_PROT);
	assert_int_equal(all->guest->nic->queues->q_counters.count, 1);
	for (unsigned int i = 1; i < CX_MAX_Q_COUNTERS; i++)
		alloc_set(all->guest);
	assert_int_equal(guest_try_number(all->guest, MLX5_CMD_OP_ALLOC_Q_COUNTER, 0),
			 MLX5_CMD_STAT_LIM_ERR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(requests_are_counted_where_they_arrive),
		TEST(receiver_that_is_not_ready_is_counted),
		TEST(missing_answers_are_counted),
		TEST(remote_access_errors_are_counted),
		TEST(too_short_receives_are_counted),
		TEST(local_protection_errors_are_counted),
		TEST(counter_that_is_gone_counts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
