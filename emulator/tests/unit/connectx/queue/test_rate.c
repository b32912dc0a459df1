// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Send queues at a rate, and those that doorbells alone fill. */
#include <string.h>

#include "connectx/memory/umem.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/uar.h"
#include "guest_command.h"
#include "guest_transfer.h"

#define RATE_INDEX	7
#define KBPS		800	/* 100 bytes a millisecond */
#define SIZE		5000U
#define SIZE_NS		50000000ULL
#define CRAWL_NS	40000000000ULL	/* for SIZE bytes at 1 kbit/s */
#define YEAR_NS		(365ULL * 24 * 3600 * 1000000000)
#define RECORDLESS	0x600	/* doorbell in a UAR */

static int setup(void **state)
{
	static struct guest_transfer pace;

	guest_transfer_create(&pace, SIZE);
	*state = &pace;
	return 0;
}

static void set_rate(struct guest_transfer *pace, uint32_t kbps)
{
	COMMAND(set_pp_rate_limit, SET_PP_RATE_LIMIT, 0);

	MLX5_SET(set_pp_rate_limit_in, in, rate_limit_index, RATE_INDEX);
	MLX5_SET(set_pp_rate_limit_in, in, ctx.rate_limit, kbps);
	guest_command(pace->guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t try_use_rate(struct guest_transfer *pace, uint32_t index)
{
	COMMAND(rts2rts_qp, RTS2RTS_QP, 0);

	MLX5_SET(rts2rts_qp_in, in, qpn, pace->qp[0].qpn);
	MLX5_SET(rts2rts_qp_in, in, opt_param_mask, MLX5_QP_OPTPAR_PP_INDEX);
	MLX5_SET(rts2rts_qp_in, in, qpc.packet_pacing_rate_limit_index, index);
	return guest_try(pace->guest, in, sizeof(in), out, sizeof(out));
}

static void post(struct guest_transfer *pace, uint8_t opcode, bool quiet)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, pace->remote, pace->rkey);
	guest_wqe_data(&wqe, pace->local, pace->lkey, SIZE);
	guest_post(pace->guest, &pace->qp[0], &wqe, quiet);
}

/* Of two requests of SIZE bytes, posted together, the first goes at once, the second later. */
static void expect_two(struct guest_transfer *pace, uint8_t opcode, uint64_t second_ns)
{
	uint16_t index = pace->qp[0].sq_posted;
	uint64_t begin = guest_now_ns(pace->guest);

	post(pace, opcode, false);
	post(pace, opcode, false);
	guest_expect_at(pace->guest, &pace->cq[0], CQE_REQ, index, 0, begin);
	guest_expect_at(pace->guest, &pace->cq[0], CQE_REQ, index + 1, 0, begin + second_ns);
}

static void qp_keeps_to_its_rate(void **state)
{
	struct guest_transfer *pace = *state;

	set_rate(pace, KBPS);
	assert_int_equal(try_use_rate(pace, RATE_INDEX), MLX5_CMD_STAT_OK);
	expect_two(pace, MLX5_OPCODE_RDMA_WRITE, SIZE_NS);
	guest_assert_filled(guest_ptr(pace->guest, pace->remote), SIZE, 1);
	/* what was not sent meanwhile is not sent the faster */
	guest_pass(pace->guest, YEAR_NS);
	expect_two(pace, MLX5_OPCODE_RDMA_WRITE, SIZE_NS);
	assert_int_equal(try_use_rate(pace, 0), MLX5_CMD_STAT_OK);
	set_rate(pace, 0);
	assert_int_equal(try_use_rate(pace, RATE_INDEX), MLX5_CMD_STAT_BAD_RES_ERR);
}

/* What comes back was sent by the other side. */
static void reads_are_not_slowed(void **state)
{
	struct guest_transfer *pace = *state;

	set_rate(pace, 1);
	assert_int_equal(try_use_rate(pace, RATE_INDEX), MLX5_CMD_STAT_OK);
	expect_two(pace, MLX5_OPCODE_RDMA_READ, 0);
}

static void error_ends_the_wait(void **state)
{
	struct guest_transfer *pace = *state;

	set_rate(pace, 1);
	assert_int_equal(try_use_rate(pace, RATE_INDEX), MLX5_CMD_STAT_OK);
	post(pace, MLX5_OPCODE_RDMA_WRITE, false);
	post(pace, MLX5_OPCODE_RDMA_WRITE, false);
	guest_expect(pace->guest, &pace->cq[0], CQE_REQ, 0, 0);
	guest_pass(pace->guest, CRAWL_NS - 1);
	guest_expect_nothing(pace->guest, &pace->cq[0]);
	guest_modify(pace->guest, &pace->qp[0], MLX5_CMD_OP_2ERR_QP);
	guest_expect_at(pace->guest, &pace->cq[0], CQE_REQ_ERR, 1, CQE_WR_FLUSH, CRAWL_NS - 1);
}

static void ring_recordless(struct guest_transfer *pace, uint16_t index, unsigned int size)
{
	const __be32 doorbell[2] = {
		cpu_to_be32((uint32_t)index << 8),
		cpu_to_be32(pace->qp[0].qpn << 8 | size),
	};

	uar_write(pace->guest->nic, ((uint64_t)pace->guest->uar << UAR_SHIFT) + RECORDLESS,
		  doorbell, sizeof(doorbell));
}

/* A QP as the first of the pair, but with a mode for its doorbells. */
static uint8_t replace_qp(struct guest_transfer *pace, unsigned int mode)
{
	COMMAND(create_qp, CREATE_QP, 1);
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);
	struct guest_qp *qp = &pace->qp[0];
	uint8_t status;

	MLX5_SET(qpc_umem, qpc, send_dbr_mode, mode);
	MLX5_SET(qpc, qpc, pd, pace->guest->pd);
	MLX5_SET(qpc, qpc, log_rq_size, GUEST_LOG_RQ);
	MLX5_SET(qpc, qpc, log_rq_stride, GUEST_LOG_RQ_STRIDE - 4);
	MLX5_SET(qpc, qpc, log_sq_size, GUEST_LOG_SQ);
	MLX5_SET(qpc, qpc, uar_page, pace->guest->uar);
	MLX5_SET(qpc, qpc, cqn_snd, pace->cq[0].cqn);
	MLX5_SET(qpc, qpc, cqn_rcv, pace->cq[0].cqn);
	MLX5_SET64(qpc, qpc, dbr_addr, qp->dbr);
	*(__be64 *)MLX5_ADDR_OF(create_qp_in, in, pas) = cpu_to_be64(qp->buf);
	status = guest_try(pace->guest, in, sizeof(in), out, sizeof(out));
	if (status)
		return status;
	qp->qpn = MLX5_GET(create_qp_out, out, qpn);
	guest_modify(pace->guest, &pace->qp[1], MLX5_CMD_OP_2RST_QP);
	guest_connect(pace->guest, qp, &(struct guest_path){ .remote_qpn = pace->qp[1].qpn });
	guest_connect(pace->guest, &pace->qp[1], &(struct guest_path){ .remote_qpn = qp->qpn });
	return status;
}

static void doorbell_says_what_is_posted(void **state)
{
	struct guest_transfer *pace = *state;
	uint64_t stray = pace->guest->nic->queues->counters.stray_doorbells;

	/* whatever the way to RTS left to do */
	guest_run(pace->guest);
	/* one that has a record is not rung for there */
	post(pace, MLX5_OPCODE_RDMA_WRITE, true);
	ring_recordless(pace, 0, 3);
	guest_expect_nothing(pace->guest, &pace->cq[0]);
	assert_int_equal(pace->guest->nic->queues->counters.stray_doorbells, stray + 1);

	assert_int_equal(replace_qp(pace, 2), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(replace_qp(pace, 1), MLX5_CMD_STAT_OK);
	pace->qp[0].sq_posted = 0;
	for (unsigned int i = 0; i < 3; i++)
		post(pace, MLX5_OPCODE_RDMA_WRITE, true);
	/* two of them, whatever stands in the record */
	ring_recordless(pace, 1, 3);
	guest_expect(pace->guest, &pace->cq[0], CQE_REQ, 0, 0);
	guest_expect(pace->guest, &pace->cq[0], CQE_REQ, 1, 0);
	guest_expect_nothing(pace->guest, &pace->cq[0]);
	ring_recordless(pace, 2, 3);
	guest_expect(pace->guest, &pace->cq[0], CQE_REQ, 2, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, guest_transfer_teardown)
	const struct CMUnitTest tests[] = {
		TEST(qp_keeps_to_its_rate),
		TEST(reads_are_not_slowed),
		TEST(error_ends_the_wait),
		TEST(doorbell_says_what_is_posted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
