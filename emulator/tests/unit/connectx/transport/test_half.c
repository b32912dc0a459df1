// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Messages of which half has arrived when who sends them, or what receives them, goes away. */
#include <string.h>

#include "connectx/queue/completion.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define SIZE	(512u << 10)	/* two turns of the engine */
#define LOG_STRIDE 5
#define PSN	77

struct half {
	struct guest *guest;
	struct guest_cq cq[2];
	struct guest_qp qp[2];
	uint64_t local, remote;
	uint32_t lkey, rkey;
	uint32_t xrcd, srqn;
};

static const struct guest_path path = { .retry_count = 2, .ack_timeout = 9, .psn = PSN };

static void connect(struct half *half, unsigned int i)
{
	struct guest_path to = path;

	to.remote_qpn = half->qp[!i].qpn;
	guest_connect(half->guest, &half->qp[i], &to);
}

static struct half *make(void **state)
{
	static struct half half;

	half = (struct half){ .guest = guest_create() };
	half.local = guest_alloc(half.guest, SIZE);
	half.remote = guest_alloc(half.guest, SIZE);
	half.lkey = guest_mr(half.guest, half.local, SIZE, GUEST_ACCESS);
	half.rkey = guest_mr(half.guest, half.remote, SIZE, GUEST_ACCESS);
	guest_fill(guest_ptr(half.guest, half.local), SIZE, 1);
	guest_cq(half.guest, &half.cq[0]);
	guest_cq(half.guest, &half.cq[1]);
	*state = &half;
	return &half;
}

static int setup_rc(void **state)
{
	struct half *half = make(state);

	guest_qp(half->guest, &half->qp[0], &half->cq[0], MLX5_QP_ST_RC);
	guest_qp(half->guest, &half->qp[1], &half->cq[1], MLX5_QP_ST_RC);
	connect(half, 0);
	connect(half, 1);
	return 0;
}

static int teardown(void **state)
{
	guest_destroy(((struct half *)*state)->guest);
	return 0;
}

/* A turn, in which the first half goes over. */
static void send_half(struct half *half, const struct guest_wqe *wqe)
{
	guest_post(half->guest, &half->qp[0], wqe, false);
	assert_int_equal(engine_poll(half->guest->engine, 0), 1);
	assert_int_equal(((uint8_t *)guest_ptr(half->guest, half->remote))[SIZE - 1], 0);
	guest_assert_filled(guest_ptr(half->guest, half->remote), 4096, 1);
}

/*
 * The sender is reset in the middle of a send, and goes on with a write of the same number: what is
 * received for the send is not the write's.
 */
static void another_message_does_not_complete_it(void **state)
{
	struct half *half = *state;
	struct guest_wqe wqe;

	guest_post_recv(half->guest, &half->qp[1], half->remote, half->rkey, SIZE);
	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	guest_wqe_data(&wqe, half->local, half->lkey, SIZE);
	send_half(half, &wqe);

	guest_modify(half->guest, &half->qp[0], MLX5_CMD_OP_2RST_QP);
	half->qp[0].sq_posted = 0;
	*(__be64 *)guest_ptr(half->guest, half->qp[0].dbr) = 0;
	connect(half, 0);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, half->remote, half->rkey);
	guest_wqe_data(&wqe, half->local, half->lkey, 8);
	guest_post(half->guest, &half->qp[0], &wqe, false);
	guest_expect(half->guest, &half->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_INVAL_REQ);
	guest_expect(half->guest, &half->cq[1], CQE_RESP_ERR, 0, CQE_LOCAL_LENGTH);
	guest_expect_nothing(half->guest, &half->cq[1]);
}

/*
 * XRC: QPs without a receive queue, and an SRQ that messages name.
 */
static void create_srq(struct half *half)
{
	COMMAND(create_xrc_srq, CREATE_XRC_SRQ, 1);
	void *srqc = MLX5_ADDR_OF(create_xrc_srq_in, in, xrc_srq_context_entry);
	uint64_t ring = guest_alloc(half->guest, GUEST_PAGE);
	uint64_t record = guest_alloc(half->guest, GUEST_PAGE);
	struct mlx5_wqe_data_seg *data = guest_ptr(half->guest, ring + 16);

	*data = (struct mlx5_wqe_data_seg){
		.byte_count = cpu_to_be32(SIZE),
		.lkey = cpu_to_be32(half->rkey),
		.addr = cpu_to_be64(half->remote),
	};
	*(__be32 *)guest_ptr(half->guest, record) = cpu_to_be32(1);
	MLX5_SET(xrc_srqc, srqc, log_rq_stride, LOG_STRIDE - 4);
	MLX5_SET(xrc_srqc, srqc, xrcd, half->xrcd);
	MLX5_SET(xrc_srqc, srqc, cqn, half->cq[1].cqn);
	MLX5_SET(xrc_srqc, srqc, pd, half->guest->pd);
	MLX5_SET(xrc_srqc, srqc, db_record_addr_h, record >> 32);
	MLX5_SET(xrc_srqc, srqc, db_record_addr_l, (uint32_t)record >> 2);
	*(__be64 *)MLX5_ADDR_OF(create_xrc_srq_in, in, pas) = cpu_to_be64(ring);
	guest_command(half->guest, in, sizeof(in), out, sizeof(out));
	half->srqn = MLX5_GET(create_xrc_srq_out, out, xrc_srqn);
}

static void destroy_srq(struct half *half)
{
	COMMAND(destroy_xrc_srq, DESTROY_XRC_SRQ, 0);

	MLX5_SET(destroy_xrc_srq_in, in, xrc_srqn, half->srqn);
	guest_command(half->guest, in, sizeof(in), out, sizeof(out));
}

static void create_qp(struct half *half, unsigned int i)
{
	COMMAND(create_qp, CREATE_QP, 1);
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);
	uint64_t buf = guest_alloc(half->guest, GUEST_PAGE);
	struct guest_qp *qp = &half->qp[i];

	/* guest_post() expects a receive queue before the send queue */
	*qp = (struct guest_qp){ .buf = buf - GUEST_RQ_BYTES,
				 .dbr = guest_alloc(half->guest, GUEST_PAGE) };
	MLX5_SET(qpc, qpc, st, MLX5_QP_ST_XRC);
	MLX5_SET(qpc, qpc, pd, half->guest->pd);
	MLX5_SET(qpc, qpc, xrcd, half->xrcd);
	MLX5_SET(qpc, qpc, rq_type, MLX5_ZERO_LEN_RQ);
	MLX5_SET(qpc, qpc, log_sq_size, GUEST_LOG_SQ);
	MLX5_SET(qpc, qpc, uar_page, half->guest->uar);
	MLX5_SET(qpc, qpc, cqn_snd, half->cq[i].cqn);
	MLX5_SET64(qpc, qpc, dbr_addr, qp->dbr);
	*(__be64 *)MLX5_ADDR_OF(create_qp_in, in, pas) = cpu_to_be64(buf);
	guest_command(half->guest, in, sizeof(in), out, sizeof(out));
	qp->qpn = MLX5_GET(create_qp_out, out, qpn);
}

static int setup_xrc(void **state)
{
	struct half *half = make(state);

	half->xrcd = guest_xrcd(half->guest);
	create_srq(half);
	create_qp(half, 0);
	create_qp(half, 1);
	connect(half, 0);
	connect(half, 1);
	return 0;
}

static void wqe_xrc(const struct half *half, struct guest_wqe *wqe, uint8_t opcode)
{
	struct mlx5_wqe_xrc_seg *xrc;

	guest_wqe(wqe, opcode, GUEST_SIGNALED, 0);
	xrc = (void *)(wqe->bytes + wqe->len);
	xrc->xrc_srqn = cpu_to_be32(half->srqn);
	wqe->len += sizeof(*xrc);
	if (opcode == MLX5_OPCODE_RDMA_WRITE)
		guest_wqe_raddr(wqe, half->remote, half->rkey);
	guest_wqe_data(wqe, half->local, half->lkey, SIZE);
}

static void srq_receives(void **state)
{
	struct half *half = *state;
	struct guest_wqe wqe;

	wqe_xrc(half, &wqe, MLX5_OPCODE_SEND);
	send_half(half, &wqe);
	guest_expect(half->guest, &half->cq[0], CQE_REQ, 0, 0);
	guest_expect(half->guest, &half->cq[1], CQE_RESP_SEND, 0, 0);
	guest_assert_filled(guest_ptr(half->guest, half->remote), SIZE, 1);
}

/* The rest of the message finds nobody; nothing of the SRQ is looked at. */
static void srq_goes_in_the_middle(struct half *half, uint8_t opcode)
{
	struct guest_wqe wqe;

	wqe_xrc(half, &wqe, opcode);
	send_half(half, &wqe);
	destroy_srq(half);
	guest_expect(half->guest, &half->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_INVAL_REQ);
	guest_expect_nothing(half->guest, &half->cq[1]);
	assert_int_equal(((uint8_t *)guest_ptr(half->guest, half->remote))[SIZE - 1], 0);
}

static void srq_goes_in_the_middle_of_a_send(void **state)
{
	srq_goes_in_the_middle(*state, MLX5_OPCODE_SEND);
}

static void srq_goes_in_the_middle_of_a_write(void **state)
{
	srq_goes_in_the_middle(*state, MLX5_OPCODE_RDMA_WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(another_message_does_not_complete_it, setup_rc,
						teardown),
		cmocka_unit_test_setup_teardown(srq_receives, setup_xrc, teardown),
		cmocka_unit_test_setup_teardown(srq_goes_in_the_middle_of_a_send, setup_xrc,
						teardown),
		cmocka_unit_test_setup_teardown(srq_goes_in_the_middle_of_a_write, setup_xrc,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
