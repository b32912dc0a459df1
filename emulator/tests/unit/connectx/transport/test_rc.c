// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Reliable connections: every operation, with its bytes, its completions and its failures. */
#include <string.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"
#include "util/macros.h"

#define SIZE 20000U		/* more than a page, no multiple of the MTU */
#define RNR_NS 10000ULL		/* of guest_pair(): the receiver's code 1 */
#define ACK_NS (4096ULL << 9)	/* ... and the sender's code 9 */
#define FLUSH_NS 50000ULL	/* until a queue in error is looked at again, then twice as long, */
#define FLUSH_MAX_NS 20000000ULL /* ... up to this */

struct rc {
	struct guest *guest;
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	uint64_t local, remote; /* buffers of SIZE bytes, not page aligned */
	uint32_t lkey, rkey;
	uint8_t *from, *to;
};

static int setup(void **state)
{
	static struct rc rc;

	rc = (struct rc){ .guest = guest_create() };
	guest_pair(rc.guest, rc.qp, rc.cq);
	rc.local = guest_alloc(rc.guest, 2 * SIZE) + 100;
	rc.remote = guest_alloc(rc.guest, 2 * SIZE) + 333;
	rc.lkey = guest_mr(rc.guest, rc.local, SIZE, GUEST_ACCESS);
	rc.rkey = guest_mr(rc.guest, rc.remote, SIZE, GUEST_ACCESS);
	rc.from = guest_ptr(rc.guest, rc.local);
	rc.to = guest_ptr(rc.guest, rc.remote);
	guest_fill(rc.from, SIZE, 1);
	*state = &rc;
	return 0;
}

static int teardown(void **state)
{
	struct rc *rc = *state;

	guest_destroy(rc->guest);
	return 0;
}

static void post_write(struct rc *rc, uint8_t fm_ce_se, uint32_t len)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, fm_ce_se, 0);
	guest_wqe_raddr(&wqe, rc->remote, rc->rkey);
	guest_wqe_data(&wqe, rc->local, rc->lkey, len);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
}

static void post_send(struct rc *rc, uint8_t opcode, uint32_t imm, uint32_t len)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, imm);
	guest_wqe_data(&wqe, rc->local, rc->lkey, len);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
}

/* The QP ends in error, at this time, and what was posted behind the failure is flushed. */
static void expect_failure_at(struct rc *rc, uint8_t syndrome, uint64_t at_ns)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_NOP, 0, 0);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	guest_expect_at(rc->guest, &rc->cq[0], CQE_REQ_ERR, 0, syndrome, at_ns);
	guest_expect_at(rc->guest, &rc->cq[0], CQE_REQ_ERR, 1, CQE_WR_FLUSH, at_ns);
	assert_int_equal(qp_find(rc->guest->nic, rc->qp[0].qpn)->state, MLX5_QP_STATE_ERR);
}

/* ... at once */
static void expect_failure(struct rc *rc, uint8_t syndrome)
{
	expect_failure_at(rc, syndrome, guest_now_ns(rc->guest));
}

static void expect_event(struct rc *rc, uint8_t type, uint32_t qpn)
{
	const struct mlx5_eqe *eqe = guest_event(rc->guest);

	assert_non_null(eqe);
	assert_int_equal(eqe->type, type);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), qpn);
}

static void writes_arrive(void **state)
{
	struct rc *rc = *state;
	const struct mlx5_cqe64 *cqe;

	post_write(rc, GUEST_SIGNALED, SIZE);
	cqe = guest_poll(rc->guest, &rc->cq[0]);
	assert_non_null(cqe);
	assert_int_equal(cqe->op_own, CQE_REQ << 4);
	assert_int_equal(be32_to_cpu(cqe->sop_drop_qpn),
			 MLX5_OPCODE_RDMA_WRITE << 24 | rc->qp[0].qpn);
	assert_int_equal(be32_to_cpu(cqe->srqn), 0xabcde);
	assert_int_equal(be16_to_cpu(cqe->wqe_counter), 0);
	guest_assert_filled(rc->to, SIZE, 1);
	assert_int_equal(rc->to[-1], 0);
	assert_int_equal(rc->to[SIZE], 0);
	guest_expect_nothing(rc->guest, &rc->cq[1]);
}

static void unsignaled_write_completes_with_a_later_one(void **state)
{
	struct rc *rc = *state;

	post_write(rc, 0, SIZE);
	guest_expect_nothing(rc->guest, &rc->cq[0]);
	guest_assert_filled(rc->to, SIZE, 1);
	/* a later one completes for all before it */
	post_write(rc, GUEST_SIGNALED, 1);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ, 1, 0);
}

static void write_of_nothing_needs_no_key(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;

	/* nothing to write: no key is needed */
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, 0, 0);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ, 0, 0);
}

static void pieces_are_gathered(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;

	/* eleven pieces: a WQE of four basic blocks, three times round the ring of eight */
	for (unsigned int turn = 0; turn < 6; turn++) {
		memset(rc->to, 0, SIZE);
		guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
		guest_wqe_raddr(&wqe, rc->remote, rc->rkey);
		for (unsigned int i = 0; i < 11; i++)
			guest_wqe_data(&wqe, rc->local + i * 1500, rc->lkey, 1500);
		assert_int_equal(wqe.len, 13 * 16);
		guest_post(rc->guest, &rc->qp[0], &wqe, false);
		guest_expect(rc->guest, &rc->cq[0], CQE_REQ, turn * 4, 0);
		guest_assert_filled(rc->to, 11 * 1500, 1);
		assert_int_equal(rc->to[11 * 1500], 0);
	}
}

static void inline_bytes_wrap_round_the_ring(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;
	uint8_t data[150];

	guest_fill(data, sizeof(data), 9);
	/* three blocks, so that the bytes wrap round the end of the ring */
	for (unsigned int turn = 0; turn < 4; turn++) {
		memset(rc->to, 0, SIZE);
		guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
		guest_wqe_raddr(&wqe, rc->remote + 1, rc->rkey);
		guest_wqe_inline(&wqe, data, sizeof(data));
		guest_post(rc->guest, &rc->qp[0], &wqe, false);
		guest_expect(rc->guest, &rc->cq[0], CQE_REQ, turn * 3, 0);
		guest_assert_filled(rc->to + 1, sizeof(data), 9);
		assert_int_equal(rc->to[0], 0);
		assert_int_equal(rc->to[1 + sizeof(data)], 0);
	}
}

static void immediate_data_completes_a_receive(void **state)
{
	struct rc *rc = *state;
	const struct mlx5_cqe64 *cqe;
	struct guest_wqe wqe;

	guest_post_recv(rc->guest, &rc->qp[1], 0, rc->rkey, 1);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE_IMM, GUEST_SIGNALED | MLX5_WQE_CTRL_SOLICITED,
		  0x11223344);
	guest_wqe_raddr(&wqe, rc->remote, rc->rkey);
	guest_wqe_data(&wqe, rc->local, rc->lkey, SIZE);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	cqe = guest_poll(rc->guest, &rc->cq[1]);
	assert_non_null(cqe);
	assert_int_equal(cqe->op_own, CQE_RESP_WR_IMM << 4 | 2);
	assert_int_equal(be32_to_cpu(cqe->immediate), 0x11223344);
	assert_int_equal(be32_to_cpu(cqe->byte_cnt), SIZE);
	guest_assert_filled(rc->to, SIZE, 1);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ, 0, 0);
}

static void sends_land_in_receives(void **state)
{
	struct rc *rc = *state;
	const struct mlx5_cqe64 *cqe;

	for (unsigned int i = 0; i < 20; i++) {
		memset(rc->to, 0, SIZE);
		guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey, SIZE);
		post_send(rc, i & 1 ? MLX5_OPCODE_SEND_IMM : MLX5_OPCODE_SEND, i, SIZE - i);
		cqe = guest_poll(rc->guest, &rc->cq[1]);
		assert_non_null(cqe);
		assert_int_equal(cqe->op_own >> 4, i & 1 ? CQE_RESP_SEND_IMM : CQE_RESP_SEND);
		assert_int_equal(be32_to_cpu(cqe->byte_cnt), SIZE - i);
		assert_int_equal(be16_to_cpu(cqe->wqe_counter), i);
		assert_int_equal(be32_to_cpu(cqe->sop_drop_qpn), rc->qp[1].qpn);
		assert_int_equal(be32_to_cpu(cqe->flags_rqpn), rc->qp[0].qpn);
		assert_int_equal(be16_to_cpu(cqe->slid), rc->guest->nic->ib->lid);
		if (i & 1)
			assert_int_equal(be32_to_cpu(cqe->immediate), i);
		guest_assert_filled(rc->to, SIZE - i, 1);
		guest_expect(rc->guest, &rc->cq[0], CQE_REQ, i, 0);
	}
}

static void reads_bring_the_bytes(void **state)
{
	struct rc *rc = *state;
	const struct mlx5_cqe64 *cqe;
	struct guest_wqe wqe;

	guest_fill(rc->to, SIZE, 77);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_READ, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, rc->remote, rc->rkey);
	guest_wqe_data(&wqe, rc->local, rc->lkey, SIZE);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	cqe = guest_poll(rc->guest, &rc->cq[0]);
	assert_non_null(cqe);
	assert_int_equal(be32_to_cpu(cqe->byte_cnt), SIZE);
	guest_assert_filled(rc->from, SIZE, 77);
}

static uint64_t atomic(struct rc *rc, uint8_t opcode, uint64_t swap_add, uint64_t compare)
{
	uint64_t target = (rc->remote + 7) & ~7ULL, old;
	const struct mlx5_cqe64 *cqe;
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, target, rc->rkey);
	guest_wqe_atomic(&wqe, swap_add, compare);
	guest_wqe_data(&wqe, rc->local + 3, rc->lkey, 8);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	cqe = guest_poll(rc->guest, &rc->cq[0]);
	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, CQE_REQ);
	assert_int_equal(be32_to_cpu(cqe->byte_cnt), 8);
	memcpy(&old, rc->from + 3, sizeof(old));
	return old;
}

static void atomics_give_back_what_was_there(void **state)
{
	struct rc *rc = *state;
	uint64_t *target = guest_ptr(rc->guest, (rc->remote + 7) & ~7ULL);

	*target = 0xfffffffffffffff0;
	assert_int_equal(atomic(rc, MLX5_OPCODE_ATOMIC_FA, 0x20, 0), 0xfffffffffffffff0);
	assert_int_equal(*target, 0x10);
	assert_int_equal(atomic(rc, MLX5_OPCODE_ATOMIC_CS, 5, 0x11), 0x10);
	assert_int_equal(*target, 0x10);
	assert_int_equal(atomic(rc, MLX5_OPCODE_ATOMIC_CS, 5, 0x10), 0x10);
	assert_int_equal(*target, 5);
}

static void unaligned_atomic_is_refused(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_ATOMIC_FA, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, ((rc->remote + 7) & ~7ULL) + 4, rc->rkey);
	guest_wqe_atomic(&wqe, 1, 0);
	guest_wqe_data(&wqe, rc->local, rc->lkey, 8);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	expect_failure(rc, CQE_REMOTE_INVAL_REQ);
}

static void one_doorbell_completes_wqes_in_order(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;

	/* one doorbell for eight WQEs, of which every other one is signalled */
	for (unsigned int i = 0; i < 8; i++) {
		guest_wqe(&wqe, MLX5_OPCODE_NOP, i & 1 ? GUEST_SIGNALED : 0, 0);
		guest_post(rc->guest, &rc->qp[0], &wqe, true);
	}
	guest_ring(rc->guest, &rc->qp[0]);
	for (unsigned int i = 1; i < 8; i += 2)
		guest_expect(rc->guest, &rc->cq[0], CQE_REQ, i, 0);
	guest_expect_nothing(rc->guest, &rc->cq[0]);
}

static void local_key_of_another_variant_is_refused(void **state)
{
	struct rc *rc = *state;

	rc->lkey ^= 1; /* another variant of a key that exists */
	post_write(rc, 0, SIZE);
	expect_failure(rc, CQE_LOCAL_PROT);
	assert_int_equal(rc->to[0], 0);
}

static void remote_key_of_another_variant_is_refused(void **state)
{
	struct rc *rc = *state;

	rc->rkey ^= 1;
	post_write(rc, 0, SIZE);
	expect_failure(rc, CQE_REMOTE_ACCESS);
	expect_event(rc, MLX5_EVENT_TYPE_WQ_ACCESS_ERROR, rc->qp[1].qpn);
	assert_int_equal(qp_find(rc->guest->nic, rc->qp[1].qpn)->state, MLX5_QP_STATE_ERR);
}

static void write_beyond_the_region_is_refused(void **state)
{
	struct rc *rc = *state;

	rc->remote++;
	post_write(rc, 0, SIZE);
	expect_failure(rc, CQE_REMOTE_ACCESS);
	assert_int_equal(rc->to[1], 0);
}

static void region_that_may_not_be_written_is_refused(void **state)
{
	struct rc *rc = *state;

	rc->rkey = guest_mr(rc->guest, rc->remote, SIZE, GUEST_ACCESS & ~MKEY_REMOTE_WRITE);
	post_write(rc, 0, SIZE);
	expect_failure(rc, CQE_REMOTE_ACCESS);
}

static void region_of_another_domain_is_refused(void **state)
{
	struct rc *rc = *state;
	uint64_t page = rc->remote & ~(GUEST_PAGE - 1);

	rc->rkey = guest_mkey(rc->guest, &(struct guest_mkey){
						 .pd = guest_pd(rc->guest),
						 .access = GUEST_ACCESS,
						 .page_shift = 12,
						 .start = page,
						 .len = GUEST_PAGE,
						 .octowords = 1,
						 .pages = &page,
						 .num_pages = 1,
					 });
	post_write(rc, 0, 8);
	expect_failure(rc, CQE_REMOTE_ACCESS);
}

static void qp_that_may_not_be_written_is_refused(void **state)
{
	struct rc *rc = *state;

	qp_find(rc->guest->nic, rc->qp[1].qpn)->allow_write = false;
	post_write(rc, 0, SIZE);
	expect_failure(rc, CQE_REMOTE_INVAL_REQ);
	expect_event(rc, MLX5_EVENT_TYPE_WQ_INVAL_REQ_ERROR, rc->qp[1].qpn);
}

static void too_long_a_message_fails_on_both_sides(void **state)
{
	struct rc *rc = *state;

	guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey, SIZE - 1);
	guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey, SIZE);
	post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
	expect_failure(rc, CQE_REMOTE_INVAL_REQ);
	guest_expect(rc->guest, &rc->cq[1], CQE_RESP_ERR, 0, CQE_LOCAL_LENGTH);
	guest_expect(rc->guest, &rc->cq[1], CQE_RESP_ERR, 1, CQE_WR_FLUSH);
	guest_expect_nothing(rc->guest, &rc->cq[1]);
}

static void receive_with_a_bad_key_fails_on_both_sides(void **state)
{
	struct rc *rc = *state;

	guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey + 1, SIZE);
	post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
	expect_failure(rc, CQE_REMOTE_OP);
	guest_expect(rc->guest, &rc->cq[1], CQE_RESP_ERR, 0, CQE_LOCAL_PROT);
}

static void receive_beyond_its_region_counts_what_arrives(void **state)
{
	struct rc *rc = *state;

	/* perftest's shared receive queues do this: only the bytes that arrive count */
	guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey, SIZE + 4096);
	guest_post_recv(rc->guest, &rc->qp[1], rc->remote + 1, rc->rkey, SIZE + 4096);
	post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
	guest_expect(rc->guest, &rc->cq[1], CQE_RESP_SEND, 0, 0);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(rc->to, SIZE, 1);
	post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ_ERR, 1, CQE_REMOTE_OP);
	guest_expect(rc->guest, &rc->cq[1], CQE_RESP_ERR, 1, CQE_LOCAL_PROT);
	assert_int_equal(rc->to[SIZE], 0);
}

static void receiver_that_is_never_ready_is_given_up(void **state)
{
	struct rc *rc = *state;

	/* three tries, and nobody posts */
	post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
	expect_failure_at(rc, CQE_RNR_RETRY_EXC, 2 * RNR_NS);
	assert_int_equal(rc->guest->nic->requesters->rnr_naks, 3);
}

static void receiver_that_is_ready_in_time_is_tried_again(void **state)
{
	struct rc *rc = *state;

	post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
	guest_pass(rc->guest, RNR_NS - 1);
	assert_int_equal(rc->guest->nic->requesters->rnr_naks, 1);
	guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey, SIZE);
	guest_expect_at(rc->guest, &rc->cq[1], CQE_RESP_SEND, 0, 0, RNR_NS);
	guest_expect_at(rc->guest, &rc->cq[0], CQE_REQ, 0, 0, RNR_NS);
	guest_assert_filled(rc->to, SIZE, 1);
}

/* All codes of vol. 1, table 45, in units of 10 us */
static void rnr_timers_take_the_time_of_their_code(void **state)
{
	static const uint32_t units[] = {
		65536, 1,    2,    3,    4,    6,     8,     12,    16,    24,    32,
		48,    64,   96,   128,  192,  256,   384,   512,   768,   1024,  1536,
		2048,  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
	};
	struct rc *rc = *state;
	uint64_t due = 0;

	for (unsigned int code = 0; code < ARRAY_SIZE(units); code++) {
		qp_find(rc->guest->nic, rc->qp[1].qpn)->min_rnr_nak = code;
		post_send(rc, MLX5_OPCODE_SEND, 0, SIZE);
		guest_run(rc->guest);
		guest_post_recv(rc->guest, &rc->qp[1], rc->remote, rc->rkey, SIZE);
		due += units[code] * 10000ULL;
		guest_expect_at(rc->guest, &rc->cq[0], CQE_REQ, code, 0, due);
		guest_expect(rc->guest, &rc->cq[1], CQE_RESP_SEND, code, 0);
	}
}

/* 4.096 us times a power of two: up to two hours and a half */
static void ack_timers_take_the_time_of_their_code(void **state)
{
	struct rc *rc = *state;
	uint64_t due = 0;

	for (unsigned int code = 1; code < 32; code++) {
		qp_find(rc->guest->nic, rc->qp[0].qpn)->path.ack_timeout = code;
		rc->guest->nic->ib->link = false;
		post_write(rc, GUEST_SIGNALED, SIZE);
		guest_run(rc->guest);
		rc->guest->nic->ib->link = true;
		guest_pass(rc->guest, (4096ULL << code) - 1);
		guest_expect_nothing(rc->guest, &rc->cq[0]);
		due += 4096ULL << code;
		guest_expect_at(rc->guest, &rc->cq[0], CQE_REQ, code - 1, 0, due);
	}
}

static void ack_timer_of_code_0_waits_for_ever(void **state)
{
	struct rc *rc = *state;

	qp_find(rc->guest->nic, rc->qp[0].qpn)->path.ack_timeout = 0;
	rc->guest->nic->ib->link = false;
	post_write(rc, GUEST_SIGNALED, SIZE);
	guest_run(rc->guest);
	rc->guest->nic->ib->link = true;
	/* it waits for ever: nothing is due */
	assert_int_equal(engine_poll(rc->guest->engine, UINT64_MAX), 0);
	guest_expect_nothing(rc->guest, &rc->cq[0]);
}

static void dead_peer_is_given_up(void **state)
{
	struct rc *rc = *state;

	guest_qp_destroy(rc->guest, &rc->qp[1]);
	post_write(rc, 0, SIZE);
	/* sent three times, and each time waited for an answer */
	expect_failure_at(rc, CQE_RETRY_EXC, 3 * ACK_NS);
	assert_int_equal(rc->guest->nic->requesters->retries, 2);
}

static void link_that_comes_back_is_tried_again(void **state)
{
	struct rc *rc = *state;

	rc->guest->nic->ib->link = false;
	post_write(rc, GUEST_SIGNALED, SIZE);
	guest_expect_nothing(rc->guest, &rc->cq[0]);
	rc->guest->nic->ib->link = true;
	guest_expect_at(rc->guest, &rc->cq[0], CQE_REQ, 0, 0, ACK_NS);
	guest_assert_filled(rc->to, SIZE, 1);
}

static void wrong_psn_is_not_answered(void **state)
{
	struct rc *rc = *state;

	qp_find(rc->guest->nic, rc->qp[0].qpn)->send_psn = 0;
	guest_modify(rc->guest, &rc->qp[0], MLX5_CMD_OP_2RST_QP);
	((__be32 *)guest_ptr(rc->guest, rc->qp[0].dbr))[MLX5_SND_DBR] = 0;
	guest_connect(rc->guest, &rc->qp[0],
		      &(struct guest_path){
			      .remote_qpn = rc->qp[1].qpn,
			      .retry_count = 1,
			      .ack_timeout = 1,
			      .psn = 5,
		      });
	post_write(rc, 0, SIZE);
	expect_failure_at(rc, CQE_RETRY_EXC, 2 * (4096 << 1));
}

static void unknown_opcode_fails_locally(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;

	guest_wqe(&wqe, 0x7f, 0, 0);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	expect_failure(rc, CQE_LOCAL_QP_OP);
}

static void qp_in_error_flushes_what_is_posted(void **state)
{
	struct rc *rc = *state;
	struct guest_wqe wqe;

	for (unsigned int i = 0; i < 3; i++)
		guest_post_recv(rc->guest, &rc->qp[0], rc->local, rc->lkey, 1);
	guest_modify(rc->guest, &rc->qp[0], MLX5_CMD_OP_2ERR_QP);
	for (unsigned int i = 0; i < 3; i++)
		guest_expect(rc->guest, &rc->cq[0], CQE_RESP_ERR, i, CQE_WR_FLUSH);
	/* and what is posted from now on, receives too, although nobody rings for them */
	guest_post_recv(rc->guest, &rc->qp[0], rc->local, rc->lkey, 1);
	guest_expect_at(rc->guest, &rc->cq[0], CQE_RESP_ERR, 3, CQE_WR_FLUSH, FLUSH_NS);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, 0, 0);
	guest_post(rc->guest, &rc->qp[0], &wqe, false);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ_ERR, 0, CQE_WR_FLUSH);
}

/* 50 us, 100 us ... 12.8 ms, and then 20 ms for ever. */
static void flushing_backs_off(void **state)
{
	const uint64_t doubled_ns = FLUSH_NS * ((1 << 9) - 1);
	struct rc *rc = *state;

	guest_modify(rc->guest, &rc->qp[0], MLX5_CMD_OP_2ERR_QP);
	guest_pass(rc->guest, doubled_ns + 3 * FLUSH_MAX_NS);
	guest_post_recv(rc->guest, &rc->qp[0], rc->local, rc->lkey, 1);
	guest_expect_at(rc->guest, &rc->cq[0], CQE_RESP_ERR, 0, CQE_WR_FLUSH,
			doubled_ns + 4 * FLUSH_MAX_NS);
}

static void unreadable_doorbell_record_does_nothing(void **state)
{
	struct rc *rc = *state;

	/* a doorbell record that is no memory: nothing happens, and nothing breaks */
	qp_find(rc->guest->nic, rc->qp[0].qpn)->dbr.address = 0xffffffffff000;
	post_write(rc, GUEST_SIGNALED, SIZE);
	guest_expect_nothing(rc->guest, &rc->cq[0]);
}

/* Posted: who asked for the write does not get to know, but the fabric does. */
static void write_to_no_memory_is_counted_as_lost(void **state)
{
	const uint64_t nowhere = 0xffffffffff000;
	struct rc *rc = *state;
	const struct fabric_counters *counters = fabric_port_counters(rc->guest->nic->port);

	rc->remote = nowhere;
	rc->rkey = guest_mr(rc->guest, nowhere, GUEST_PAGE, GUEST_ACCESS);
	post_write(rc, GUEST_SIGNALED, GUEST_PAGE);
	guest_expect(rc->guest, &rc->cq[0], CQE_REQ, 0, 0);
	assert_int_equal(counters->lost_writes, 1);
	assert_int_equal(counters->unexpected_losses, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(writes_arrive),
		TEST(unsignaled_write_completes_with_a_later_one),
		TEST(write_of_nothing_needs_no_key),
		TEST(pieces_are_gathered),
		TEST(inline_bytes_wrap_round_the_ring),
		TEST(immediate_data_completes_a_receive),
		TEST(sends_land_in_receives),
		TEST(reads_bring_the_bytes),
		TEST(atomics_give_back_what_was_there),
		TEST(unaligned_atomic_is_refused),
		TEST(one_doorbell_completes_wqes_in_order),
		/* what is refused */
		TEST(local_key_of_another_variant_is_refused),
		TEST(remote_key_of_another_variant_is_refused),
		TEST(write_beyond_the_region_is_refused),
		TEST(region_that_may_not_be_written_is_refused),
		TEST(region_of_another_domain_is_refused),
		TEST(qp_that_may_not_be_written_is_refused),
		TEST(too_long_a_message_fails_on_both_sides),
		TEST(receive_with_a_bad_key_fails_on_both_sides),
		TEST(receive_beyond_its_region_counts_what_arrives),
		/* what does not arrive */
		TEST(receiver_that_is_never_ready_is_given_up),
		TEST(receiver_that_is_ready_in_time_is_tried_again),
		TEST(rnr_timers_take_the_time_of_their_code),
		TEST(ack_timers_take_the_time_of_their_code),
		TEST(ack_timer_of_code_0_waits_for_ever),
		TEST(dead_peer_is_given_up),
		TEST(link_that_comes_back_is_tried_again),
		TEST(wrong_psn_is_not_answered),
		TEST(unknown_opcode_fails_locally),
		TEST(qp_in_error_flushes_what_is_posted),
		TEST(flushing_backs_off),
		TEST(unreadable_doorbell_record_does_nothing),
		TEST(write_to_no_memory_is_counted_as_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
