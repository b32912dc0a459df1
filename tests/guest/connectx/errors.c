// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What queue pairs refuse, beside what events.c and rc.c have: rights and alignment of atomic
 * operations, receives into memory that may not be written, datagrams that are too long,
 * transitions that are none, and what is posted after an error.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rc_pair.h"
#include "tap.h"

#define BYTES	8192u
#define MTU	4096u
#define WAIT_S	10
#define QKEY	0x1234
#define ALL_ACCESS                                                                                 \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ |               \
	 IBV_ACCESS_REMOTE_ATOMIC)

static uint64_t from[BYTES / 8], to[BYTES / 8];
static struct rc_pair pair;
static struct ibv_mr *from_mr, *to_mr;

static const struct rc_pair_attr attributes = {
	.cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
	.access = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	.timeout = 10,
	.retry_cnt = 1,
	.rnr_retry = 1,
	.min_rnr_timer = 1,
};

static void open_pair(const struct rc_pair_attr *attr, int remote_access)
{
	int err = rc_pair_open_with(&pair, NULL, attr);

	if (err)
		tap_bail_out("cannot %s: %s", pair.failed, strerror(err));
	from_mr = ibv_reg_mr(pair.pd, from, BYTES, ALL_ACCESS);
	to_mr = ibv_reg_mr(pair.pd, to, BYTES, remote_access);
	if (!from_mr || !to_mr)
		tap_bail_out("cannot register 8 KiB: %s", strerror(errno));
}

static void close_pair(void)
{
	ibv_dereg_mr(from_mr);
	ibv_dereg_mr(to_mr);
	rc_pair_close(&pair);
}

static struct ibv_wc next_completion(void)
{
	time_t end = time(NULL) + WAIT_S;
	struct ibv_wc wc;

	while (ibv_poll_cq(pair.cq, 1, &wc) != 1)
		if (time(NULL) > end)
			tap_bail_out("no completion within %d s", WAIT_S);
	return wc;
}

static void expect_event(enum ibv_event_type type, const char *what)
{
	struct pollfd fd = { .fd = pair.context->async_fd, .events = POLLIN };
	struct ibv_async_event event;

	if (poll(&fd, 1, WAIT_S * 1000) != 1 || ibv_get_async_event(pair.context, &event))
		tap_bail_out("%s: no event within %d s", what, WAIT_S);
	ibv_ack_async_event(&event);
	tap_ok(event.event_type == type && event.element.qp == pair.qp[1], "%s: %s", what,
	       ibv_event_type_str(type));
}

static void post_atomic(uint64_t remote)
{
	struct ibv_sge sge = { .addr = (uintptr_t)from, .length = 8, .lkey = from_mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.atomic = { .remote_addr = remote, .rkey = to_mr->rkey, .compare_add = 1 },
	};

	if (ibv_post_send(pair.qp[0], &wr, &bad))
		tap_bail_out("ibv_post_send failed");
}

static void post(struct ibv_qp *qp, enum ibv_wr_opcode opcode, uint64_t id)
{
	struct ibv_sge sge = { .addr = (uintptr_t)from, .length = 8, .lkey = from_mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.wr_id = id,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = (uintptr_t)to, .rkey = to_mr->rkey },
	};

	if (ibv_post_send(qp, &wr, &bad))
		tap_bail_out("ibv_post_send failed");
}

static void post_recv(struct ibv_qp *qp, uint64_t id)
{
	struct ibv_sge sge = { .addr = (uintptr_t)to, .length = 8, .lkey = to_mr->lkey };
	struct ibv_recv_wr *bad, wr = { .wr_id = id, .sg_list = &sge, .num_sge = 1 };

	if (ibv_post_recv(qp, &wr, &bad))
		tap_bail_out("ibv_post_recv failed");
}

static void expect_status(enum ibv_wc_status expected, const char *what)
{
	struct ibv_wc wc = next_completion();

	if (wc.status != expected)
		tap_note("the status is: %s", ibv_wc_status_str(wc.status));
	tap_ok(wc.status == expected, "%s: %s", what, ibv_wc_status_str(expected));
}

static void test_atomics(void)
{
	struct rc_pair_attr attr = attributes;

	open_pair(&attributes, ALL_ACCESS);
	post_atomic((uintptr_t)to + 4);
	expect_status(IBV_WC_REM_INV_REQ_ERR, "an atomic operation that is not aligned");
	expect_event(IBV_EVENT_QP_REQ_ERR, "the other side of that");
	close_pair();
	open_pair(&attributes, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	post_atomic((uintptr_t)to);
	expect_status(IBV_WC_REM_ACCESS_ERR, "an atomic operation on a region without that right");
	expect_event(IBV_EVENT_QP_ACCESS_ERR, "the other side of that");
	close_pair();
	attr.access = IBV_ACCESS_REMOTE_WRITE;
	open_pair(&attr, ALL_ACCESS);
	post_atomic((uintptr_t)to);
	expect_status(IBV_WC_REM_INV_REQ_ERR,
		      "an atomic operation on a queue pair without that right");
	expect_event(IBV_EVENT_QP_REQ_ERR, "the other side of that");
	close_pair();
}

static void test_receive_rights(void)
{
	struct ibv_wc wc[2];
	unsigned int receiver;

	open_pair(&attributes, 0);
	post_recv(pair.qp[1], 1);
	post(pair.qp[0], IBV_WR_SEND, 2);
	for (unsigned int i = 0; i < 2; i++)
		wc[i] = next_completion();
	receiver = wc[0].qp_num == pair.qp[1]->qp_num ? 0 : 1;
	tap_ok(wc[receiver].status == IBV_WC_LOC_PROT_ERR && wc[receiver].wr_id == 1,
	       "a receive into memory that may not be written: local protection error");
	tap_ok(wc[!receiver].status == IBV_WC_REM_OP_ERR && wc[!receiver].wr_id == 2,
	       "the other side of that: remote operation error");
	close_pair();
}

/* What is posted to a queue pair in error completes, both sides of it and in order. */
static void test_after_error(void)
{
	struct ibv_qp_attr error = { .qp_state = IBV_QPS_ERR };
	uint64_t next[2] = { 0, 100 };
	bool passed = true;

	open_pair(&attributes, ALL_ACCESS);
	for (unsigned int i = 0; i < 3; i++)
		post_recv(pair.qp[1], 100 + i);
	if (ibv_modify_qp(pair.qp[1], &error, IBV_QP_STATE))
		tap_bail_out("cannot move to the error state");
	for (unsigned int i = 0; i < 3; i++) {
		post(pair.qp[1], IBV_WR_RDMA_WRITE, i);
		post_recv(pair.qp[1], 103 + i);
	}
	for (unsigned int i = 0; i < 9; i++) {
		struct ibv_wc wc = next_completion();

		passed = passed && wc.status == IBV_WC_WR_FLUSH_ERR &&
			 wc.wr_id == next[wc.wr_id >= 100]++;
	}
	tap_ok(passed,
	       "3 receives before the error, 3 sends and 3 receives after it: flushed in order");
	post(pair.qp[0], IBV_WR_RDMA_WRITE, 1);
	expect_status(IBV_WC_RETRY_EXC_ERR, "a write to a queue pair in error");
	close_pair();
}

static void expect_transition(enum ibv_qp_state from_state, enum ibv_qp_state state, int expected)
{
	static const char *const names[] = { "RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR" };
	struct ibv_qp_attr attr = { .qp_state = state };

	tap_errno(ibv_modify_qp(pair.qp[0], &attr, IBV_QP_STATE), expected, "%s to %s",
		  names[from_state], names[state]);
}

static void test_states(void)
{
	open_pair(&attributes, ALL_ACCESS);
	expect_transition(IBV_QPS_RTS, IBV_QPS_INIT, EINVAL);
	expect_transition(IBV_QPS_RTS, IBV_QPS_RTR, EINVAL);
	expect_transition(IBV_QPS_RTS, IBV_QPS_SQD, EINVAL);
	expect_transition(IBV_QPS_RTS, IBV_QPS_ERR, 0);
	expect_transition(IBV_QPS_ERR, IBV_QPS_RTS, EINVAL);
	expect_transition(IBV_QPS_ERR, IBV_QPS_RESET, 0);
	expect_transition(IBV_QPS_RESET, IBV_QPS_RTR, EINVAL);
	expect_transition(IBV_QPS_RESET, IBV_QPS_RTS, EINVAL);
	close_pair();
}

static struct ibv_qp *open_datagram_qp(void)
{
	struct ibv_qp_init_attr init = {
		.send_cq = pair.cq,
		.recv_cq = pair.cq,
		.cap = attributes.cap,
		.qp_type = IBV_QPT_UD,
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = QKEY };
	struct ibv_qp *qp = ibv_create_qp(pair.pd, &init);

	if (!qp ||
	    ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY))
		tap_bail_out("cannot make a datagram queue pair: %s", strerror(errno));
	attr.qp_state = IBV_QPS_RTR;
	if (ibv_modify_qp(qp, &attr, IBV_QP_STATE))
		tap_bail_out("RTR: %s", strerror(errno));
	attr.qp_state = IBV_QPS_RTS;
	if (ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN))
		tap_bail_out("RTS: %s", strerror(errno));
	return qp;
}

static void post_datagram(struct ibv_qp *qp, struct ibv_ah *ah, uint32_t len)
{
	struct ibv_sge sge = { .addr = (uintptr_t)from, .length = len, .lkey = from_mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.ud = { .ah = ah, .remote_qpn = qp->qp_num, .remote_qkey = QKEY },
	};

	if (ibv_post_send(qp, &wr, &bad))
		tap_bail_out("ibv_post_send failed");
}

static void test_long_datagram(void)
{
	struct ibv_ah_attr attr = { .port_num = 1 };
	struct ibv_port_attr port;
	struct ibv_qp *qp;
	struct ibv_ah *ah;

	open_pair(&attributes, ALL_ACCESS);
	qp = open_datagram_qp();
	if (ibv_query_port(pair.context, 1, &port))
		tap_bail_out("ibv_query_port: %s", strerror(errno));
	attr.dlid = port.lid;
	ah = ibv_create_ah(pair.pd, &attr);
	if (!ah)
		tap_bail_out("ibv_create_ah: %s", strerror(errno));
	post_datagram(qp, ah, MTU);
	expect_status(IBV_WC_SUCCESS, "a datagram as long as a packet");
	post_datagram(qp, ah, MTU + 1);
	expect_status(IBV_WC_LOC_LEN_ERR, "one that is a byte longer");
	ibv_destroy_ah(ah);
	ibv_destroy_qp(qp);
	close_pair();
}

int main(void)
{
	tap_plan(20);
	test_atomics();
	test_receive_rights();
	test_after_error();
	test_states();
	test_long_datagram();
	return tap_status();
}
