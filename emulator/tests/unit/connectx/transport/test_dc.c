// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The dynamically connected transport: initiators, targets and the connections between them. */
#include <string.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/dct.h"
#include "connectx/queue/qp.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define SIZE		4096U
#define KEY		0x1122334455667788ULL
#define USER_INDEX	0x777
#define LOG_SRQ		3
#define LOG_SRQ_STRIDE	5		/* the link and one data segment */
#define SRQ_ENTRIES	(1U << LOG_SRQ)
#define RNR_NS		10000ULL	/* the targets' code 1 */
#define ACK_NS		(4096ULL << 9)	/* the initiators' code 9 */

struct dc {
	struct guest *guest;
	struct guest_cq cq[2]; /* of initiators, of targets */
	struct guest_qp dci[2];
	uint32_t dct[2], srqn;
	uint8_t srq_type;   /* MLX5_WQ_TYPE_* */
	uint64_t ring, dbr; /* of the SRQ */
	uint16_t posted;
	uint64_t local, remote;
	uint32_t lkey, rkey;
	uint8_t *from, *to;
};

static void create_srq(struct dc *dc)
{
	COMMAND(create_rmp, CREATE_RMP, 1);
	void *rmpc = MLX5_ADDR_OF(create_rmp_in, in, ctx);
	void *wq = MLX5_ADDR_OF(rmpc, rmpc, wq);

	dc->ring = guest_alloc(dc->guest, GUEST_PAGE);
	dc->dbr = guest_alloc(dc->guest, GUEST_PAGE);
	MLX5_SET(rmpc, rmpc, state, MLX5_RMPC_STATE_RDY);
	MLX5_SET(wq, wq, wq_type, dc->srq_type);
	MLX5_SET(wq, wq, log_wq_sz, LOG_SRQ);
	MLX5_SET(wq, wq, log_wq_stride, LOG_SRQ_STRIDE);
	MLX5_SET(wq, wq, pd, dc->guest->pd);
	MLX5_SET64(wq, wq, dbr_addr, dc->dbr);
	*(__be64 *)MLX5_ADDR_OF(wq, wq, pas) = cpu_to_be64(dc->ring);
	guest_command(dc->guest, in, sizeof(in), out, sizeof(out));
	dc->srqn = MLX5_GET(create_rmp_out, out, rmpn);
	for (unsigned int i = 0; i < SRQ_ENTRIES; i++) {
		__be16 *link = guest_ptr(dc->guest, dc->ring + (i << LOG_SRQ_STRIDE));

		link[1] = cpu_to_be16((i + 1) % SRQ_ENTRIES);
	}
}

static void post_recv(struct dc *dc, uint64_t address, uint32_t key, uint32_t len)
{
	unsigned int slot = dc->posted++ % SRQ_ENTRIES;
	struct mlx5_wqe_data_seg *data = guest_ptr(dc->guest,
						   dc->ring + (slot << LOG_SRQ_STRIDE) + 16);

	*data = (struct mlx5_wqe_data_seg){
		.byte_count = cpu_to_be32(len),
		.lkey = cpu_to_be32(key),
		.addr = cpu_to_be64(address),
	};
	*(__be32 *)guest_ptr(dc->guest, dc->dbr) = cpu_to_be32(dc->posted);
}

static uint8_t try_create_dct(struct dc *dc, uint32_t pd, uint8_t port, uint32_t *dctn)
{
	COMMAND(create_dct, CREATE_DCT, 0);
	void *dctc = MLX5_ADDR_OF(create_dct_in, in, dct_context_entry);
	uint8_t status;

	MLX5_SET(dctc, dctc, pd, pd);
	MLX5_SET(dctc, dctc, srqn_xrqn, dc->srqn);
	MLX5_SET(dctc, dctc, cqn, dc->cq[1].cqn);
	MLX5_SET64(dctc, dctc, dc_access_key, KEY);
	MLX5_SET(dctc, dctc, user_index, USER_INDEX);
	MLX5_SET(dctc, dctc, mtu, MLX5_DCTC_MTU_1K_BYTES);
	MLX5_SET(dctc, dctc, port, port);
	MLX5_SET(dctc, dctc, min_rnr_nak, 1);
	MLX5_SET(dctc, dctc, rwe, 1);
	MLX5_SET(dctc, dctc, rre, 1);
	status = guest_try(dc->guest, in, sizeof(in), out, sizeof(out));
	*dctn = MLX5_GET(create_dct_out, out, dctn);
	return status;
}

/* A command whose one field is the number of a DCT, in the same place in all of them. */
static uint8_t dct_command(struct dc *dc, uint16_t opcode, uint32_t dctn)
{
	uint8_t in[MLX5_ST_SZ_BYTES(drain_dct_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(drain_dct_out)];

	MLX5_SET(drain_dct_in, in, opcode, opcode);
	MLX5_SET(drain_dct_in, in, dctn, dctn);
	return guest_try(dc->guest, in, sizeof(in), out, sizeof(out));
}

static int setup_with(void **state, uint8_t srq_type)
{
	static struct dc all;
	const struct guest_path path = {
		.retry_count = 1,
		.rnr_retry = 1,
		.ack_timeout = 9,
		.psn = 0xffffff,
	};

	all = (struct dc){ .guest = guest_create(), .srq_type = srq_type };
	create_srq(&all);
	for (unsigned int i = 0; i < 2; i++)
		guest_cq(all.guest, &all.cq[i]);
	for (unsigned int i = 0; i < 2; i++) {
		guest_qp(all.guest, &all.dci[i], &all.cq[0], MLX5_QP_ST_DCI);
		guest_connect(all.guest, &all.dci[i], &path);
		assert_int_equal(try_create_dct(&all, all.guest->pd, 1, &all.dct[i]),
				 MLX5_CMD_STAT_OK);
	}
	all.local = guest_alloc(all.guest, SIZE);
	all.remote = guest_alloc(all.guest, SIZE);
	all.lkey = guest_mr(all.guest, all.local, SIZE, GUEST_ACCESS);
	all.rkey = guest_mr(all.guest, all.remote, SIZE, GUEST_ACCESS);
	all.from = guest_ptr(all.guest, all.local);
	all.to = guest_ptr(all.guest, all.remote);
	guest_fill(all.from, SIZE, 1);
	*state = &all;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, MLX5_WQ_TYPE_LINKED_LIST);
}

static int setup_cyclic(void **state)
{
	return setup_with(state, MLX5_WQ_TYPE_CYCLIC);
}

static int teardown(void **state)
{
	struct dc *all = *state;

	guest_destroy(all->guest);
	return 0;
}

static uint16_t post_stream_of; /* the number that WQEs have, of a DCI with streams */

static void post_with(struct dc *dc, unsigned int dci, uint8_t opcode, uint32_t dctn, uint64_t key,
		      uint32_t rkey)
{
	struct guest_wqe wqe;
	struct mlx5_av *av;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0x1234);
	wqe.bytes[9] = post_stream_of >> 8;
	wqe.bytes[10] = post_stream_of;
	av = (void *)(wqe.bytes + wqe.len);
	wqe.len += sizeof(*av);
	av->key.dc_key = cpu_to_be64(key);
	av->dqp_dct = cpu_to_be32(1u << 31 | dctn);
	av->rlid = cpu_to_be16(dc->guest->nic->ib->lid);
	if (opcode != MLX5_OPCODE_SEND && opcode != MLX5_OPCODE_SEND_IMM)
		guest_wqe_raddr(&wqe, dc->remote, rkey);
	guest_wqe_data(&wqe, dc->local, dc->lkey, 100);
	guest_post(dc->guest, &dc->dci[dci], &wqe, false);
}

static void post(struct dc *dc, unsigned int dci, uint8_t opcode, unsigned int dct)
{
	post_with(dc, dci, opcode, dc->dct[dct], KEY, dc->rkey);
}

static void expect(struct dc *dc, uint8_t opcode, uint16_t index, uint8_t syndrome)
{
	guest_expect(dc->guest, &dc->cq[0], opcode, index, syndrome);
}

static void expect_dct_event(struct dc *dc, uint8_t type, uint32_t dctn)
{
	const struct mlx5_eqe *eqe = guest_event(dc->guest);

	assert_non_null(eqe);
	assert_int_equal(eqe->type, type);
	assert_int_equal(be32_to_cpu(eqe->data.dct.dctn), dctn);
	assert_int_equal(eqe->data.qp_srq.type, MLX5_EVENT_QUEUE_TYPE_DCT);
}

static void initiator_writes_and_reads(void **state)
{
	struct dc *dc = *state;

	post(dc, 0, MLX5_OPCODE_RDMA_WRITE, 0);
	expect(dc, CQE_REQ, 0, 0);
	guest_assert_filled(dc->to, 100, 1);
	guest_fill(dc->to, 100, 9);
	post(dc, 0, MLX5_OPCODE_RDMA_READ, 0);
	expect(dc, CQE_REQ, 2, 0);
	guest_assert_filled(dc->from, 100, 9);
	assert_int_equal(dc->guest->nic->queues->dc_connections, 1);
}

/*
 * Both initiators to both targets in turn: what is received names initiator, target and entry, of
 * which lists have as many as there are and rings 2^16.
 */
static void sends_name_initiator_target_and_entry(void **state)
{
	struct dc *dc = *state;
	uint16_t entries = dc->srq_type == MLX5_WQ_TYPE_CYCLIC ? UINT16_MAX : SRQ_ENTRIES;
	const struct mlx5_cqe64 *cqe;

	for (unsigned int i = 0; i < SRQ_ENTRIES + 2; i++) {
		post_recv(dc, dc->remote, dc->rkey, 100);
		memset(dc->to, 0, 100);
		post(dc, i / 2 % 2, MLX5_OPCODE_SEND_IMM, i % 2);
		cqe = guest_poll(dc->guest, &dc->cq[1]);
		assert_non_null(cqe);
		assert_int_equal(cqe->op_own >> 4, CQE_RESP_SEND_IMM);
		assert_int_equal(be32_to_cpu(cqe->srqn), USER_INDEX);
		assert_int_equal(be32_to_cpu(cqe->sop_drop_qpn), dc->dct[i % 2]);
		assert_int_equal(be32_to_cpu(cqe->flags_rqpn), dc->dci[i / 2 % 2].qpn);
		assert_int_equal(be16_to_cpu(cqe->wqe_counter), i % entries);
		guest_assert_filled(dc->to, 100, 1);
		assert_non_null(guest_poll(dc->guest, &dc->cq[0]));
	}
	assert_int_equal(dc->guest->nic->queues->dc_connections, 2);
	assert_null(guest_event(dc->guest));
}

static void wrong_access_key_is_refused_and_told_once(void **state)
{
	struct dc *dc = *state;

	assert_int_equal(dct_command(dc, MLX5_CMD_OP_ARM_DCT_FOR_KEY_VIOLATION, dc->dct[0]),
			 MLX5_CMD_STAT_OK);
	for (unsigned int i = 0; i < 2; i++) {
		post_with(dc, i, MLX5_OPCODE_RDMA_WRITE, dc->dct[0], KEY + 1, dc->rkey);
		expect(dc, CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
	}
	assert_int_equal(dc->to[0], 0);
	/* an event was asked for once */
	expect_dct_event(dc, MLX5_EVENT_TYPE_DCT_KEY_VIOLATION, dc->dct[0]);
	assert_null(guest_event(dc->guest));
	assert_int_equal(dct_find(dc->guest->nic, dc->dct[0])->violations, 2);
	assert_int_equal(dc->guest->nic->queues->dc_connections, 0);
}

/* An error is the initiator's and the connection's, not the target's. */
static void error_is_the_initiators_and_not_the_targets(void **state)
{
	struct dc *dc = *state;

	post_with(dc, 0, MLX5_OPCODE_RDMA_WRITE, dc->dct[0], KEY, dc->rkey ^ 1);
	expect(dc, CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
	expect_dct_event(dc, MLX5_EVENT_TYPE_WQ_ACCESS_ERROR, dc->dct[0]);
	post_with(dc, 1, MLX5_OPCODE_RDMA_WRITE, dc->dct[0], KEY, dc->rkey);
	expect(dc, CQE_REQ, 0, 0);
	post_recv(dc, dc->remote, dc->rkey, 99);
	post(dc, 1, MLX5_OPCODE_SEND, 0);
	expect(dc, CQE_REQ_ERR, 2, CQE_REMOTE_INVAL_REQ);
	guest_expect(dc->guest, &dc->cq[1], CQE_RESP_ERR, 0, CQE_LOCAL_LENGTH);
	assert_null(guest_event(dc->guest));
	assert_int_equal(dc->guest->nic->queues->dc_connections, 0);
}

static void target_that_is_not_ready_or_not_there_is_given_up(void **state)
{
	struct dc *dc = *state;

	post(dc, 0, MLX5_OPCODE_SEND, 0);
	guest_expect_at(dc->guest, &dc->cq[0], CQE_REQ_ERR, 0, CQE_RNR_RETRY_EXC, RNR_NS);
	post_with(dc, 1, MLX5_OPCODE_RDMA_WRITE, 0xabcdef, KEY, dc->rkey);
	guest_expect_at(dc->guest, &dc->cq[0], CQE_REQ_ERR, 0, CQE_RETRY_EXC, RNR_NS + 2 * ACK_NS);
}

/* A target that drains takes no more, says so, and can go while initiators hold connections. */
static void draining_target_takes_no_more(void **state)
{
	struct dc *dc = *state;
	struct connectx *nic = dc->guest->nic;

	post(dc, 0, MLX5_OPCODE_RDMA_WRITE, 0);
	expect(dc, CQE_REQ, 0, 0);
	assert_int_equal(nic->queues->dc_connections, 1);
	assert_int_equal(dct_command(dc, MLX5_CMD_OP_DRAIN_DCT, dc->dct[0]), MLX5_CMD_STAT_OK);
	expect_dct_event(dc, MLX5_EVENT_TYPE_DCT_DRAINED, dc->dct[0]);
	assert_int_equal(nic->queues->dc_connections, 0);
	post(dc, 0, MLX5_OPCODE_RDMA_WRITE, 0);
	expect(dc, CQE_REQ_ERR, 2, CQE_RETRY_EXC);
	assert_int_equal(dct_command(dc, MLX5_CMD_OP_ARM_DCT_FOR_KEY_VIOLATION, dc->dct[0]),
			 MLX5_CMD_STAT_BAD_RES_STATE_ERR);
	post(dc, 1, MLX5_OPCODE_RDMA_WRITE, 1);
	expect(dc, CQE_REQ, 0, 0);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(dct_command(dc, MLX5_CMD_OP_DESTROY_DCT, dc->dct[i]),
				 MLX5_CMD_STAT_OK);
	assert_int_equal(nic->queues->dc_connections, 0);
	assert_int_equal(nic->queues->dcts.count, 0);
	assert_int_equal(dct_command(dc, MLX5_CMD_OP_DRAIN_DCT, dc->dct[0]),
			 MLX5_CMD_STAT_BAD_RES_ERR);
}

static void target_lives_between_what_it_uses_and_who_uses_it(void **state)
{
	struct dc *dc = *state;
	uint8_t out[MLX5_ST_SZ_BYTES(query_dct_out)];
	uint8_t in[MLX5_ST_SZ_BYTES(query_dct_in)] = { 0 };
	uint32_t dctn;

	MLX5_SET(query_dct_in, in, opcode, MLX5_CMD_OP_QUERY_DCT);
	assert_int_equal(try_create_dct(dc, 0xabcdef, 1, &dctn), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(try_create_dct(dc, dc->guest->pd, 2, &dctn), MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(query_dct_in, in, dctn, dc->dct[0]);
	guest_command(dc->guest, in, sizeof(in), out, sizeof(out));
	assert_int_equal(MLX5_GET64(query_dct_out, out, dct_context_entry.dc_access_key), KEY);
	assert_int_equal(MLX5_GET(query_dct_out, out, dct_context_entry.state),
			 MLX5_DCTC_STATE_ACTIVE);
	/* it is no QP, and what it uses stays */
	assert_int_equal(dct_command(dc, MLX5_CMD_OP_DESTROY_QP, dc->dct[0]),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(dct_command(dc, MLX5_CMD_OP_DESTROY_RMP, dc->srqn),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(dct_command(dc, MLX5_CMD_OP_DESTROY_CQ, dc->cq[1].cqn),
			 MLX5_CMD_STAT_RES_BUSY);
	/* the initiator goes first: nothing is left of its connection */
	post(dc, 0, MLX5_OPCODE_RDMA_WRITE, 0);
	expect(dc, CQE_REQ, 0, 0);
	guest_qp_destroy(dc->guest, &dc->dci[0]);
	assert_int_equal(dc->guest->nic->queues->dc_connections, 0);
}

/* A DCI with 8 streams, of which 4 in error are too many. */
static void create_streams_dci(struct dc *dc, struct guest_qp *dci)
{
	const struct guest_path path = { .retry_count = 1, .rnr_retry = 1, .ack_timeout = 9 };
	struct qp *qp;

	guest_qp(dc->guest, dci, &dc->cq[0], MLX5_QP_ST_DCI);
	guest_connect(dc->guest, dci, &path);
	qp = qp_find(dc->guest->nic, dci->qpn);
	MLX5_SET(qpc, qp->qpc, log_num_dci_stream_channels, 3);
	MLX5_SET(qpc, qp->qpc, log_num_dci_errored_streams, 2);
	assert_true(dc_streams_init(&qp->streams, qp->qpc));
}

static void post_stream(struct dc *dc, uint16_t stream, uint32_t rkey)
{
	post_stream_of = stream;
	post_with(dc, 0, MLX5_OPCODE_RDMA_WRITE, dc->dct[0], KEY, rkey);
	post_stream_of = 0;
}

static uint8_t reset_stream(struct dc *dc, uint16_t stream)
{
	uint8_t in[MLX5_ST_SZ_BYTES(modify_qp_ext_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(rts2rts_qp_out)] = { 0 };

	MLX5_SET(rts2rts_qp_in, in, opcode, MLX5_CMD_OP_RTS2RTS_QP);
	MLX5_SET(rts2rts_qp_in, in, qpn, dc->dci[0].qpn);
	MLX5_SET(modify_qp_ext_in, in, qpc_ext, 1);
	MLX5_SET64(modify_qp_ext_in, in, opt_param_mask_95_32, QP_OPT_DCI_STREAM);
	MLX5_SET(modify_qp_ext_in, in, dci_stream_channel_id, stream);
	return guest_try(dc->guest, in, sizeof(in), out, sizeof(out));
}

static void streams_fail_and_are_reset_by_themselves(void **state)
{
	struct dc *dc = *state;
	uint32_t bad = dc->rkey ^ 1;

	guest_qp_destroy(dc->guest, &dc->dci[0]);
	create_streams_dci(dc, &dc->dci[0]);
	post_stream(dc, 5, bad);
	expect(dc, CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
	post_stream(dc, 5, dc->rkey);
	expect(dc, CQE_REQ_ERR, 2, CQE_WR_FLUSH);
	post_stream(dc, 6, dc->rkey);
	expect(dc, CQE_REQ, 4, 0);
	assert_int_equal(reset_stream(dc, 6), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(reset_stream(dc, 5), MLX5_CMD_STAT_OK);
	post_stream(dc, 5, dc->rkey);
	expect(dc, CQE_REQ, 6, 0);
	for (unsigned int i = 0; i < 4; i++) {
		post_stream(dc, i, bad);
		expect(dc, CQE_REQ_ERR, 8 + 2 * i, CQE_REMOTE_ACCESS);
	}
	post_stream(dc, 6, dc->rkey);
	expect(dc, CQE_REQ_ERR, 16, CQE_WR_FLUSH);
	assert_int_equal(reset_stream(dc, 1), MLX5_CMD_STAT_BAD_QP_STATE_ERR);
}

/* Whatever fails while a stream is in error, one reset ends that. */
static void one_reset_ends_all_errors_of_a_stream(void **state)
{
	struct dc *dc = *state;

	guest_qp_destroy(dc->guest, &dc->dci[0]);
	create_streams_dci(dc, &dc->dci[0]);
	post_stream(dc, 5, dc->rkey ^ 1);
	expect(dc, CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
	post_stream_of = 5;
	post_with(dc, 0, 0x3f, dc->dct[0], KEY, dc->rkey);
	expect(dc, CQE_REQ_ERR, 2, CQE_LOCAL_QP_OP);
	assert_int_equal(reset_stream(dc, 5), MLX5_CMD_STAT_OK);
	post_stream(dc, 5, dc->rkey);
	expect(dc, CQE_REQ, 4, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(initiator_writes_and_reads),
		TEST(sends_name_initiator_target_and_entry),
		{ "sends_to_a_ring_count_its_entries", sends_name_initiator_target_and_entry,
		  setup_cyclic, teardown, NULL },
		TEST(wrong_access_key_is_refused_and_told_once),
		TEST(error_is_the_initiators_and_not_the_targets),
		TEST(target_that_is_not_ready_or_not_there_is_given_up),
		TEST(draining_target_takes_no_more),
		TEST(target_lives_between_what_it_uses_and_who_uses_it),
		TEST(streams_fail_and_are_reset_by_themselves),
		TEST(one_reset_ends_all_errors_of_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
