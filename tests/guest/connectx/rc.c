// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The software ConnectX as verbs programs see it, over the stock driver and library: every
 * operation of a reliable connection with its data compared, and every way in which one fails.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "rc_pair.h"
#include "tap.h"
#include "util/macros.h"

#define BUFFER (9u << 20)
#define GUARD 64u		/* bytes that nobody may touch, before and after */
#define ALL_ACCESS                                                                                 \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ |               \
	 IBV_ACCESS_REMOTE_ATOMIC)

static const size_t sizes[] = {
	1, 2, 7, 8, 63, 64, 4095, 4096, 4097, 65536, 65537, 1 << 20, (8 << 20) - 3, 8 << 20,
};

struct side {
	uint8_t *bytes;
	struct ibv_mr *mr;
};

static struct rc_pair pair;
static struct side from, to;
static uint32_t seed;

static const struct rc_pair_attr attributes = {
	.cap = { .max_send_wr = 64,
		 .max_recv_wr = 64,
		 .max_send_sge = 16,
		 .max_recv_sge = 16,
		 .max_inline_data = 256 },
	.access = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	.timeout = 10,
	.retry_cnt = 2,
	.rnr_retry = 3,
	.min_rnr_timer = 1,
};

static void open_pair(void)
{
	int err = rc_pair_open_with(&pair, NULL, &attributes);

	if (err)
		tap_bail_out("cannot %s: %s", pair.failed, strerror(err));
	from.mr = ibv_reg_mr(pair.pd, from.bytes, BUFFER, ALL_ACCESS);
	to.mr = ibv_reg_mr(pair.pd, to.bytes, BUFFER, ALL_ACCESS);
	if (!from.mr || !to.mr)
		tap_bail_out("cannot register 9 MiB: %s", strerror(errno));
}

static void close_pair(void)
{
	ibv_dereg_mr(from.mr);
	ibv_dereg_mr(to.mr);
	rc_pair_close(&pair);
}

static void allocate(struct side *side)
{
	side->bytes = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
	if (side->bytes == MAP_FAILED)
		tap_bail_out("no memory for a buffer of 9 MiB");
}

/* New random bytes in @side, and in the other one what was there before is gone. */
static void fill(struct side *side, struct side *other, size_t len)
{
	for (size_t i = 0; i < len; i++)
		side->bytes[GUARD + i] = (seed = seed * 1664525 + 1013904223) >> 24;
	memset(other->bytes, 0xee, len + 2 * GUARD);
}

static bool guarded(const struct side *side, size_t len)
{
	for (size_t i = 0; i < GUARD; i++)
		if (side->bytes[i] != 0xee || side->bytes[GUARD + len + i] != 0xee)
			return false;
	return true;
}

static bool same(size_t len)
{
	return !memcmp(from.bytes + GUARD, to.bytes + GUARD, len);
}

/* The next completion; bails out when there is none within 10 s. */
static struct ibv_wc poll(void)
{
	time_t end = time(NULL) + 10;
	struct ibv_wc wc;
	int got;

	while (!(got = ibv_poll_cq(pair.cq, 1, &wc)))
		if (time(NULL) > end)
			tap_bail_out("no completion within 10 s");
	if (got < 0)
		tap_bail_out("ibv_poll_cq: %d", got);
	return wc;
}

static void post_recv(struct side *side, size_t len, uint32_t lkey, uint64_t id)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)side->bytes + GUARD,
		.length = len,
		.lkey = lkey,
	};
	struct ibv_recv_wr *bad, wr = { .wr_id = id, .sg_list = &sge, .num_sge = len ? 1 : 0 };
	int err = ibv_post_recv(pair.qp[1], &wr, &bad);

	if (err)
		tap_bail_out("ibv_post_recv: %s", strerror(err));
}

/* @pieces: how many buffers the local side is cut into */
static void post(enum ibv_wr_opcode opcode, size_t len, unsigned int pieces, unsigned int flags)
{
	struct ibv_sge sge[16];
	struct ibv_send_wr *bad, wr = {
		.wr_id = opcode,
		.sg_list = sge,
		.num_sge = pieces,
		.opcode = opcode,
		.send_flags = flags,
		.imm_data = htobe32(len ^ 0xa5a5a5a5),
		.wr.rdma = { .remote_addr = (uintptr_t)to.bytes + GUARD, .rkey = to.mr->rkey },
	};
	size_t done = 0;
	int err;

	for (unsigned int i = 0; i < pieces; i++) {
		size_t part = i + 1 == pieces ? len - done : len / pieces;

		sge[i] = (struct ibv_sge){ (uintptr_t)from.bytes + GUARD + done, part,
					   from.mr->lkey };
		done += part;
	}
	err = ibv_post_send(pair.qp[0], &wr, &bad);
	if (err)
		tap_bail_out("ibv_post_send: %s", strerror(err));
}

static bool succeeded(enum ibv_wc_opcode opcode)
{
	struct ibv_wc wc = poll();

	if (wc.status == IBV_WC_SUCCESS && wc.opcode == opcode)
		return true;
	tap_note("completion of operation %d: %s", wc.opcode, ibv_wc_status_str(wc.status));
	return false;
}

static void test_writes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(&from, &to, sizes[i]);
		post(IBV_WR_RDMA_WRITE, sizes[i], 1, IBV_SEND_SIGNALED);
		tap_ok(succeeded(IBV_WC_RDMA_WRITE) && same(sizes[i]) && guarded(&to, sizes[i]),
		       "RDMA write of %zu bytes", sizes[i]);
	}
}

static void test_reads(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(&to, &from, sizes[i]);
		post(IBV_WR_RDMA_READ, sizes[i], 1, IBV_SEND_SIGNALED);
		tap_ok(succeeded(IBV_WC_RDMA_READ) && same(sizes[i]) && guarded(&from, sizes[i]),
		       "RDMA read of %zu bytes", sizes[i]);
	}
}

static bool received(enum ibv_wc_opcode opcode, size_t len, bool imm)
{
	struct ibv_wc wc = poll();

	return wc.status == IBV_WC_SUCCESS && wc.opcode == opcode && wc.byte_len == len &&
	       wc.wr_id == len && wc.qp_num == pair.qp[1]->qp_num &&
	       !!(wc.wc_flags & IBV_WC_WITH_IMM) == imm &&
	       (!imm || wc.imm_data == htobe32(len ^ 0xa5a5a5a5));
}

static void test_sends(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		bool imm = i & 1;

		fill(&from, &to, sizes[i]);
		post_recv(&to, sizes[i], to.mr->lkey, sizes[i]);
		post(imm ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND, sizes[i], 1, IBV_SEND_SIGNALED);
		tap_ok(received(IBV_WC_RECV, sizes[i], imm) && succeeded(IBV_WC_SEND) &&
			       same(sizes[i]) && guarded(&to, sizes[i]),
		       "send of %zu bytes%s", sizes[i], imm ? " with immediate data" : "");
	}
}

static void test_write_imm(void)
{
	fill(&from, &to, 5000);
	post_recv(&to, 0, 0, 5000);
	post(IBV_WR_RDMA_WRITE_WITH_IMM, 5000, 1, IBV_SEND_SIGNALED);
	tap_ok(received(IBV_WC_RECV_RDMA_WITH_IMM, 5000, true) && succeeded(IBV_WC_RDMA_WRITE) &&
		       same(5000) && guarded(&to, 5000),
	       "RDMA write with immediate data");
}

static void test_inline(void)
{
	bool passed = true;

	/* the lengths shift the WQEs round the ring, so that inline data wrap round its end too */
	for (size_t len = 1; len <= attributes.cap.max_inline_data && passed; len++) {
		fill(&from, &to, len);
		post(IBV_WR_RDMA_WRITE, len, 1, IBV_SEND_SIGNALED | IBV_SEND_INLINE);
		passed = succeeded(IBV_WC_RDMA_WRITE) && same(len) && guarded(&to, len);
	}
	tap_ok(passed, "inline data of 1 to %u bytes", attributes.cap.max_inline_data);
}

static void test_pieces(void)
{
	bool passed = true;

	for (unsigned int pieces = 1; pieces <= 16 && passed; pieces++) {
		fill(&from, &to, 20011);
		post(IBV_WR_RDMA_WRITE, 20011, pieces, IBV_SEND_SIGNALED);
		passed = succeeded(IBV_WC_RDMA_WRITE) && same(20011) && guarded(&to, 20011);
		fill(&to, &from, 20011);
		post(IBV_WR_RDMA_READ, 20011, pieces, IBV_SEND_SIGNALED);
		passed = passed && succeeded(IBV_WC_RDMA_READ) && same(20011);
	}
	tap_ok(passed, "1 to 16 buffers in one request, gathered and scattered");
}

static void test_unsignaled(void)
{
	fill(&from, &to, 100);
	for (unsigned int i = 0; i < 20; i++)
		post(IBV_WR_RDMA_WRITE, 100, 1, 0);
	post(IBV_WR_RDMA_READ, 0, 0, IBV_SEND_SIGNALED);
	tap_ok(succeeded(IBV_WC_RDMA_READ) && same(100), "one completion for 21 requests");
}

static uint64_t atomic(enum ibv_wr_opcode opcode, uint64_t compare_add, uint64_t swap)
{
	struct ibv_sge sge = { (uintptr_t)from.bytes + GUARD, 8, from.mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.atomic = { .remote_addr = (uintptr_t)to.bytes + GUARD,
			       .rkey = to.mr->rkey,
			       .compare_add = compare_add,
			       .swap = swap },
	};
	uint64_t old;
	int err = ibv_post_send(pair.qp[0], &wr, &bad);

	if (err)
		tap_bail_out("ibv_post_send: %s", strerror(err));
	if (poll().status != IBV_WC_SUCCESS)
		return UINT64_MAX;
	memcpy(&old, from.bytes + GUARD, sizeof(old));
	return old;
}

static void test_atomics(void)
{
	uint64_t value = 0x1122334455667788;

	memcpy(to.bytes + GUARD, &value, sizeof(value));
	tap_ok(atomic(IBV_WR_ATOMIC_FETCH_AND_ADD, 0x10, 0) == value, "fetch and add fetches");
	tap_ok(atomic(IBV_WR_ATOMIC_CMP_AND_SWP, value, 1) == value + 0x10,
	       "compare and swap sees the sum, and does not match");
	tap_ok(atomic(IBV_WR_ATOMIC_CMP_AND_SWP, value + 0x10, 1) == value + 0x10,
	       "compare and swap matches");
	memcpy(&value, to.bytes + GUARD, sizeof(value));
	tap_ok(value == 1, "and has swapped");
}

/* Registration and use of memory in all sizes, many times. */
static void test_registrations(void)
{
	bool passed = true;

	for (unsigned int i = 0; i < 500 && passed; i++) {
		size_t len = 1 + i * 7919 % (1 << 20), offset = i * 31 % 4096;
		struct ibv_mr *mr = ibv_reg_mr(pair.pd, to.bytes + offset, len, ALL_ACCESS);
		struct ibv_mr *before = to.mr;
		uint8_t *bytes = to.bytes;

		passed = mr;
		if (!mr)
			break;
		fill(&from, &to, 64);
		to.mr = mr;
		to.bytes += offset - GUARD;
		post(IBV_WR_RDMA_WRITE, len < 64 ? len : 64, 1, IBV_SEND_SIGNALED);
		passed = succeeded(IBV_WC_RDMA_WRITE) && same(len < 64 ? len : 64);
		to.mr = before;
		to.bytes = bytes;
		passed = !ibv_dereg_mr(mr) && passed;
	}
	tap_ok(passed, "500 registrations from 1 byte to 1 MiB, each used and undone");
}

static void test_reregister(void)
{
	int ret = ibv_rereg_mr(to.mr, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0,
			       IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ);

	tap_ok(!ret, "access rights of a region change");
	post(IBV_WR_RDMA_READ, 8, 1, IBV_SEND_SIGNALED);
	tap_ok(succeeded(IBV_WC_RDMA_READ), "a read is still allowed");
	post(IBV_WR_RDMA_WRITE, 8, 1, IBV_SEND_SIGNALED);
	tap_ok(poll().status == IBV_WC_REM_ACCESS_ERR, "a write is not any more");
	close_pair();
	open_pair();
}

static enum ibv_event_type next_event(void)
{
	struct ibv_async_event event;
	enum ibv_event_type type;

	if (ibv_get_async_event(pair.context, &event))
		tap_bail_out("ibv_get_async_event: %s", strerror(errno));
	type = event.event_type;
	ibv_ack_async_event(&event);
	return type;
}

/* The first request fails as @expected, and the one behind it is flushed. */
static void expect_failure(const char *what, enum ibv_wc_status expected)
{
	struct ibv_wc wc;
	bool passed;

	post(IBV_WR_RDMA_WRITE, 1, 1, IBV_SEND_SIGNALED);
	wc = poll();
	passed = wc.status == expected;
	if (!passed)
		tap_note("%s", ibv_wc_status_str(wc.status));
	wc = poll();
	tap_ok(passed && wc.status == IBV_WC_WR_FLUSH_ERR, "%s: %s, then flush", what,
	       ibv_wc_status_str(expected));
}

static void test_bad_keys(void)
{
	to.mr->rkey ^= 1;
	post(IBV_WR_RDMA_WRITE, 100, 1, IBV_SEND_SIGNALED);
	to.mr->rkey ^= 1;
	expect_failure("wrong rkey", IBV_WC_REM_ACCESS_ERR);
	tap_ok(next_event() == IBV_EVENT_QP_ACCESS_ERR, "and the other side learns of it");
	close_pair();
	open_pair();
	from.mr->lkey ^= 1;
	post(IBV_WR_RDMA_WRITE, 100, 1, IBV_SEND_SIGNALED);
	from.mr->lkey ^= 1;
	expect_failure("wrong lkey", IBV_WC_LOC_PROT_ERR);
	close_pair();
	open_pair();
	post(IBV_WR_RDMA_WRITE, BUFFER - GUARD + 1, 1, IBV_SEND_SIGNALED);
	expect_failure("a byte beyond the region", IBV_WC_LOC_PROT_ERR);
	close_pair();
	open_pair();
}

static void test_receiver(void)
{
	struct ibv_wc wc;

	post(IBV_WR_SEND, 100, 1, IBV_SEND_SIGNALED);
	expect_failure("no receive posted", IBV_WC_RNR_RETRY_EXC_ERR);
	close_pair();
	open_pair();
	post_recv(&to, 99, to.mr->lkey, 1);
	post(IBV_WR_SEND, 100, 1, IBV_SEND_SIGNALED);
	wc = poll();
	tap_ok(wc.status == IBV_WC_LOC_LEN_ERR && wc.qp_num == pair.qp[1]->qp_num,
	       "a receive that is too short: local length error there");
	expect_failure("a receive that is too short", IBV_WC_REM_INV_REQ_ERR);
	close_pair();
	open_pair();
	post_recv(&to, 100, to.mr->lkey ^ 1, 1);
	post(IBV_WR_SEND, 100, 1, IBV_SEND_SIGNALED);
	wc = poll();
	tap_ok(wc.status == IBV_WC_LOC_PROT_ERR,
	       "a receive with a wrong lkey: protection error there");
	expect_failure("a receive with a wrong lkey", IBV_WC_REM_OP_ERR);
	close_pair();
	open_pair();
}

static void test_dead_peer(void)
{
	ibv_destroy_qp(pair.qp[1]);
	pair.qp[1] = NULL;
	post(IBV_WR_RDMA_WRITE, 100, 1, IBV_SEND_SIGNALED);
	expect_failure("no peer", IBV_WC_RETRY_EXC_ERR);
	close_pair();
	open_pair();
}

static void test_flush(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	bool passed = true;

	for (unsigned int i = 0; i < 5; i++)
		post_recv(&to, 100, to.mr->lkey, i);
	ibv_modify_qp(pair.qp[1], &attr, IBV_QP_STATE);
	post_recv(&to, 100, to.mr->lkey, 5);
	for (unsigned int i = 0; i < 6; i++) {
		struct ibv_wc wc = poll();

		passed = passed && wc.status == IBV_WC_WR_FLUSH_ERR && wc.wr_id == i;
	}
	tap_ok(passed, "receives are flushed in order, also one posted in error state");
	close_pair();
	open_pair();
}

int main(void)
{
	tap_plan(3 * ARRAY_SIZE(sizes) + 23);
	allocate(&from);
	allocate(&to);
	open_pair();
	test_writes();
	test_reads();
	test_sends();
	test_write_imm();
	test_inline();
	test_pieces();
	test_unsignaled();
	test_atomics();
	test_registrations();
	test_reregister();
	test_bad_keys();
	test_receiver();
	test_dead_peer();
	test_flush();
	close_pair();
	return tap_status();
}
