// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What goes wrong with a reliable connection, as stock verbs report it: the status of the request,
 * the time that was spent on trying again, and the asynchronous events of both sides.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "rc_pair.h"
#include "tap.h"

#define BYTES	4096u
#define WAIT_MS	10000
#define ALL_ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)

static uint8_t from[BYTES], to[2 * BYTES];
static struct rc_pair pair;
static struct ibv_mr *from_mr, *to_mr; /* to_mr: the first half of to[] */

static const struct rc_pair_attr attributes = {
	.cap = { .max_send_wr = 64, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
	.access = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	.timeout = 12,
	.retry_cnt = 1,
	.rnr_retry = 1,
	.min_rnr_timer = 1,
};

static void open_pair(const struct rc_pair_attr *attr)
{
	int err = rc_pair_open_with(&pair, NULL, attr);

	if (err)
		tap_bail_out("cannot %s: %s", pair.failed, strerror(err));
	from_mr = ibv_reg_mr(pair.pd, from, BYTES, ALL_ACCESS);
	to_mr = ibv_reg_mr(pair.pd, to, BYTES, ALL_ACCESS);
	if (!from_mr || !to_mr)
		tap_bail_out("cannot register 4 KiB: %s", strerror(errno));
}

static void close_pair(void)
{
	ibv_dereg_mr(from_mr);
	ibv_dereg_mr(to_mr);
	rc_pair_close(&pair);
}

static struct timespec now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

static double ms_since(const struct timespec *start)
{
	struct timespec end = now();

	return (end.tv_sec - start->tv_sec) * 1e3 + (end.tv_nsec - start->tv_nsec) / 1e6;
}

/*
 * The next event that libibverbs has a name for: kernels also report a change of the device's speed
 * when a port goes up or down. Bails out when there is none in time.
 */
static struct ibv_async_event next_event(const char *expected)
{
	struct pollfd fd = { .fd = pair.context->async_fd, .events = POLLIN };
	struct ibv_async_event event;

	do {
		if (poll(&fd, 1, WAIT_MS) != 1)
			tap_bail_out("%s: no event within %d ms", expected, WAIT_MS);
		if (ibv_get_async_event(pair.context, &event))
			tap_bail_out("ibv_get_async_event: %s", strerror(errno));
		ibv_ack_async_event(&event);
	} while (event.event_type > IBV_EVENT_WQ_FATAL);
	return event;
}

/* @element: the queue that it must be about; NULL: the port */
static void expect_event(enum ibv_event_type type, const void *element, const char *what)
{
	struct ibv_async_event event = next_event(what);
	/* all members of the union but the port's number are pointers */
	bool same = element ? event.element.qp == element : event.element.port_num == 1;

	if (event.event_type != type)
		tap_note("the event is: %s", ibv_event_type_str(event.event_type));
	tap_ok(event.event_type == type && same, "%s: %s", what, ibv_event_type_str(type));
}

static void expect_no_event(const char *what)
{
	struct pollfd fd = { .fd = pair.context->async_fd, .events = POLLIN };

	tap_ok(poll(&fd, 1, 0) == 0, "%s: no event", what);
}

static struct ibv_wc next_completion(void)
{
	struct timespec start = now();
	struct ibv_wc wc;

	while (!ibv_poll_cq(pair.cq, 1, &wc))
		if (ms_since(&start) > WAIT_MS)
			tap_bail_out("no completion within %d ms", WAIT_MS);
	return wc;
}

/* What one request has to look like; zeroes are filled in by request(). */
struct request {
	enum ibv_wr_opcode opcode;
	uint32_t len, lkey, rkey;
	uint64_t remote, id;
};

static void post(struct request request)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)from,
		.length = request.len ? request.len : 64,
		.lkey = request.lkey ? request.lkey : from_mr->lkey,
	};
	struct ibv_send_wr *bad, wr = {
		.wr_id = request.id,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = request.opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = request.remote ? request.remote : (uintptr_t)to,
			     .rkey = request.rkey ? request.rkey : to_mr->rkey },
	};
	int err = ibv_post_send(pair.qp[0], &wr, &bad);

	if (err)
		tap_bail_out("ibv_post_send: %s", strerror(err));
}

static void expect_status(struct request request, enum ibv_wc_status expected, const char *what)
{
	struct ibv_wc wc;

	post(request);
	wc = next_completion();
	if (wc.status != expected)
		tap_note("the status is: %s", ibv_wc_status_str(wc.status));
	tap_ok(wc.status == expected, "%s: %s", what, ibv_wc_status_str(expected));
}

/* The same on a pair of its own. */
static void expect_failure(struct request request, enum ibv_wc_status expected, const char *what)
{
	expect_status(request, expected, what);
	close_pair();
	open_pair(&attributes);
}

/* What the other side has to refuse, and what it learns of that. */
static void test_remote_errors(void)
{
	struct rc_pair_attr attr = attributes;
	struct ibv_pd *pd;
	struct ibv_mr *mr;

	open_pair(&attributes);
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE, .rkey = to_mr->rkey ^ 1 },
		      IBV_WC_REM_ACCESS_ERR, "wrong rkey");
	expect_event(IBV_EVENT_QP_ACCESS_ERR, pair.qp[1], "the other side of a wrong rkey");
	close_pair();
	open_pair(&attributes);
	expect_failure((struct request){ .opcode = IBV_WR_RDMA_WRITE,
					 .len = 2,
					 .remote = (uintptr_t)to + BYTES - 1 },
		       IBV_WC_REM_ACCESS_ERR, "a write over the end of the remote region");
	expect_failure((struct request){ .opcode = IBV_WR_RDMA_READ,
					 .len = 2,
					 .remote = (uintptr_t)to - 1 },
		       IBV_WC_REM_ACCESS_ERR, "a read before its beginning");
	pd = ibv_alloc_pd(pair.context);
	mr = pd ? ibv_reg_mr(pd, to, BYTES, ALL_ACCESS) : NULL;
	if (!mr)
		tap_bail_out("cannot register memory in a second PD: %s", strerror(errno));
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE, .rkey = mr->rkey },
		      IBV_WC_REM_ACCESS_ERR, "an rkey of another protection domain");
	ibv_dereg_mr(mr);
	ibv_dealloc_pd(pd);
	close_pair();
	attr.access = IBV_ACCESS_REMOTE_READ;
	open_pair(&attr);
	expect_status((struct request){ .opcode = IBV_WR_RDMA_READ }, IBV_WC_SUCCESS,
		      "a read of a queue pair that allows only reads");
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE }, IBV_WC_REM_INV_REQ_ERR,
		      "a write to it");
	expect_event(IBV_EVENT_QP_REQ_ERR, pair.qp[1], "the other side of that");
	close_pair();
}

static void expect_local_failure(int access, enum ibv_wr_opcode opcode, const char *what)
{
	struct ibv_mr *mr = ibv_reg_mr(pair.pd, from, BYTES, access);

	if (!mr)
		tap_bail_out("cannot register memory: %s", strerror(errno));
	expect_status((struct request){ .opcode = opcode, .lkey = mr->lkey }, IBV_WC_LOC_PROT_ERR,
		      what);
	ibv_dereg_mr(mr);
	close_pair();
	open_pair(&attributes);
}

static void test_local_errors(void)
{
	struct ibv_pd *pd;
	struct ibv_mr *mr;

	open_pair(&attributes);
	expect_failure((struct request){ .opcode = IBV_WR_RDMA_WRITE, .lkey = from_mr->lkey ^ 1 },
		       IBV_WC_LOC_PROT_ERR, "wrong lkey");
	expect_failure((struct request){ .opcode = IBV_WR_RDMA_WRITE, .len = BYTES + 1 },
		       IBV_WC_LOC_PROT_ERR, "a byte over the end of the local region");
	expect_local_failure(0, IBV_WR_RDMA_READ, "a read into memory that may not be written");
	pd = ibv_alloc_pd(pair.context);
	mr = pd ? ibv_reg_mr(pd, from, BYTES, ALL_ACCESS) : NULL;
	if (!mr)
		tap_bail_out("cannot register memory in a second PD: %s", strerror(errno));
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE, .lkey = mr->lkey },
		      IBV_WC_LOC_PROT_ERR, "an lkey of another protection domain");
	expect_no_event("errors of the local side");
	ibv_dereg_mr(mr);
	ibv_dealloc_pd(pd);
	close_pair();
}

/* @least_ms: what trying again has to take, by the queue pair's attributes */
static void expect_patience(enum ibv_wr_opcode opcode, enum ibv_wc_status expected, double least_ms,
			    const char *what)
{
	struct timespec start = now();
	double took_ms;

	expect_status((struct request){ .opcode = opcode }, expected, what);
	took_ms = ms_since(&start);
	if (took_ms < least_ms)
		tap_note("after %.3f ms", took_ms);
	tap_ok(took_ms >= least_ms, "%s: not before %.0f ms", what, least_ms);
}

static void test_retries(void)
{
	struct rc_pair_attr attr = attributes;

	attr.rnr_retry = 2;
	attr.min_rnr_timer = 22; /* 20.48 ms */
	open_pair(&attr);
	expect_patience(IBV_WR_SEND, IBV_WC_RNR_RETRY_EXC_ERR, 2 * 20.48, "no receive posted");
	close_pair();
	attr.retry_cnt = 3; /* and the first time: 4 in all */
	attr.timeout = 13;  /* 33.6 ms */
	open_pair(&attr);
	ibv_destroy_qp(pair.qp[1]);
	pair.qp[1] = NULL;
	expect_patience(IBV_WR_RDMA_WRITE, IBV_WC_RETRY_EXC_ERR, 4 * 33.5, "no peer");
	close_pair();
}

static void test_flush(void)
{
	bool passed = true;

	open_pair(&attributes);
	for (unsigned int i = 0; i < 8; i++)
		post((struct request){ .opcode = IBV_WR_RDMA_WRITE,
				       .id = i,
				       .rkey = to_mr->rkey ^ (i == 2) });
	for (unsigned int i = 0; i < 8; i++) {
		struct ibv_wc wc = next_completion();
		enum ibv_wc_status expected = i < 2 ? IBV_WC_SUCCESS :
					      i > 2 ? IBV_WC_WR_FLUSH_ERR :
						      IBV_WC_REM_ACCESS_ERR;

		passed = passed && wc.wr_id == i && wc.status == expected;
	}
	tap_ok(passed, "success before a failure, and all behind it is flushed in order");
	expect_event(IBV_EVENT_QP_ACCESS_ERR, pair.qp[1], "the other side");
	close_pair();
}

static void test_established(void)
{
	struct rc_pair_attr attr = attributes;

	attr.passive = true;
	open_pair(&attr);
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE }, IBV_WC_SUCCESS,
		      "a write to a queue pair in RTR");
	expect_event(IBV_EVENT_COMM_EST, pair.qp[1], "the first message in RTR");
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE }, IBV_WC_SUCCESS,
		      "another write");
	expect_no_event("the second message in RTR");
	close_pair();
}

static void test_overrun(void)
{
	struct rc_pair_attr attr = attributes;
	int posted = 0;

	attr.cq_entries = 4;
	open_pair(&attr);
	while (posted < pair.cq->cqe + 2 && posted < 60) {
		post((struct request){ .opcode = IBV_WR_RDMA_WRITE });
		posted++;
	}
	expect_event(IBV_EVENT_CQ_ERR, pair.cq, "more completions than entries");
	expect_event(IBV_EVENT_QP_FATAL, pair.qp[0], "the queue pair that lost one");
	close_pair();
}

static void post_shared(unsigned int count)
{
	struct ibv_sge sge = { .addr = (uintptr_t)to, .length = 64, .lkey = to_mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	while (count--)
		if (ibv_post_srq_recv(pair.srq, &wr, &bad))
			tap_bail_out("ibv_post_srq_recv failed");
}

static bool send_one(void)
{
	post((struct request){ .opcode = IBV_WR_SEND });
	return next_completion().status == IBV_WC_SUCCESS &&
	       next_completion().status == IBV_WC_SUCCESS;
}

static void test_shared_receives(void)
{
	struct ibv_srq_attr limit = { .srq_limit = 3 };
	struct ibv_qp_attr error = { .qp_state = IBV_QPS_ERR };
	struct rc_pair_attr attr = attributes;

	attr.shared_receives = 8;
	open_pair(&attr);
	post_shared(4);
	tap_errno(ibv_modify_srq(pair.srq, &limit, IBV_SRQ_LIMIT), 0, "a limit of 3 receives");
	tap_ok(send_one(), "the first of 4 receives is used");
	expect_no_event("3 left");
	tap_ok(send_one(), "the second is used");
	expect_event(IBV_EVENT_SRQ_LIMIT_REACHED, pair.srq, "2 left");
	tap_ok(send_one(), "the third is used");
	expect_no_event("1 left, as the limit is reported once");
	if (ibv_modify_qp(pair.qp[1], &error, IBV_QP_STATE))
		tap_bail_out("cannot move the queue pair to the error state: %s", strerror(errno));
	expect_event(IBV_EVENT_QP_LAST_WQE_REACHED, pair.qp[1], "it takes no more receives");
	close_pair();
}

static enum ibv_port_state port_state(void)
{
	struct ibv_port_attr attr;

	if (ibv_query_port(pair.context, 1, &attr))
		tap_bail_out("ibv_query_port: %s", strerror(errno));
	return attr.state;
}

static void test_port(void)
{
	int control = control_open();

	open_pair(&attributes);
	control_link(control, "port", false);
	expect_event(IBV_EVENT_PORT_ERR, NULL, "the link goes down");
	tap_ok(port_state() == IBV_PORT_DOWN, "the port is down");
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE }, IBV_WC_RETRY_EXC_ERR,
		      "a write over a port that is down");
	control_link(control, "port", true);
	expect_event(IBV_EVENT_PORT_ACTIVE, NULL, "the link comes up");
	tap_ok(port_state() == IBV_PORT_ACTIVE, "the port is active");
	close_pair();
	open_pair(&attributes);
	expect_status((struct request){ .opcode = IBV_WR_RDMA_WRITE }, IBV_WC_SUCCESS,
		      "a write after that");
	close_pair();
	close(control);
}

int main(void)
{
	tap_plan(39);
	test_remote_errors();
	test_local_errors();
	test_retries();
	test_flush();
	test_established();
	test_overrun();
	test_shared_receives();
	test_port();
	return tap_status();
}
