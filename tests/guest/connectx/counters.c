// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The driver's counters of queue pairs, in sysfs and by rdma(8): each kind of traffic and each
 * error counts once, where it belongs, and nothing else does.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "rc_pair.h"
#include "tap.h"
#include "util/macros.h"

#define BYTES	4096u
#define WAIT_S	10
#define MAX_COUNTERS 64
#define ALL_ACCESS                                                                                 \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ |               \
	 IBV_ACCESS_REMOTE_ATOMIC)

struct counter {
	char name[NAME_MAX + 1];
	long long value;
};

struct counters {
	unsigned int num;
	struct counter list[MAX_COUNTERS];
};

static uint64_t from[BYTES / 8], to[BYTES / 8];
static struct rc_pair pair;
static struct ibv_mr *from_mr, *to_mr;
static char directory[256];
static const char *device;
static int control;

static const struct rc_pair_attr attributes = {
	.cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
	.access = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	.timeout = 10,
	.retry_cnt = 2,
	.rnr_retry = 3,
	.min_rnr_timer = 1,
};

/*
 * As the state of the port names them, a file each. Values that were read in this tick of the
 * kernel's clock would be shown again: it only compares ticks, of 10 ms at most.
 */
static void read_counters(struct counters *counters)
{
	static const struct timespec ticks = { .tv_nsec = 20000000 };
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir)
		tap_bail_out("%s: %s", directory, strerror(errno));
	nanosleep(&ticks, NULL);
	counters->num = 0;
	while ((entry = readdir(dir))) {
		struct counter *counter = &counters->list[counters->num];
		char path[sizeof(directory) + sizeof(entry->d_name) + 1];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (entry->d_type != DT_REG || !strcmp(entry->d_name, "lifespan"))
			continue;
		snprintf(counter->name, sizeof(counter->name), "%s", entry->d_name);
		file = fopen(path, "r");
		if (file && fscanf(file, "%lld", &counter->value) == 1 &&
		    ++counters->num == MAX_COUNTERS)
			tap_bail_out("%s has more than %d counters", directory, MAX_COUNTERS);
		if (file)
			fclose(file);
	}
	closedir(dir);
}

/* No value is to be shown twice: the kernel keeps them for 10 ms, unless it is told otherwise. */
static void find_counters(void)
{
	char path[sizeof(directory) + 16];
	FILE *file;

	snprintf(directory, sizeof(directory), "/sys/class/infiniband/%s/ports/1/hw_counters",
		 device);
	snprintf(path, sizeof(path), "%s/lifespan", directory);
	file = fopen(path, "w");
	if (!file || fputs("0", file) < 0 || fclose(file))
		tap_bail_out("%s: %s", path, strerror(errno));
}

static void open_pair(void)
{
	int err = rc_pair_open_with(&pair, NULL, &attributes);

	if (err)
		tap_bail_out("cannot %s: %s", pair.failed, strerror(err));
	from_mr = ibv_reg_mr(pair.pd, from, BYTES, ALL_ACCESS);
	to_mr = ibv_reg_mr(pair.pd, to, BYTES, ALL_ACCESS);
	if (!from_mr || !to_mr)
		tap_bail_out("cannot register 4 KiB: %s", strerror(errno));
	device = ibv_get_device_name(pair.context->device);
}

static void close_pair(void)
{
	ibv_dereg_mr(from_mr);
	ibv_dereg_mr(to_mr);
	rc_pair_close(&pair);
}

static void post(enum ibv_wr_opcode opcode, uint32_t lkey, uint32_t rkey)
{
	struct ibv_sge sge = { .addr = (uintptr_t)from, .length = 8, .lkey = lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
	};

	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
		wr.wr.atomic.remote_addr = (uintptr_t)to;
		wr.wr.atomic.rkey = rkey;
	} else {
		wr.wr.rdma.remote_addr = (uintptr_t)to;
		wr.wr.rdma.rkey = rkey;
	}
	if (ibv_post_send(pair.qp[0], &wr, &bad))
		tap_bail_out("ibv_post_send failed");
}

static void post_good(enum ibv_wr_opcode opcode)
{
	post(opcode, from_mr->lkey, to_mr->rkey);
}

static void post_recv(uint32_t len)
{
	struct ibv_sge sge = { .addr = (uintptr_t)to, .length = len, .lkey = to_mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	if (ibv_post_recv(pair.qp[1], &wr, &bad))
		tap_bail_out("ibv_post_recv failed");
}

/* So many completions have come. */
static void complete(unsigned int count)
{
	time_t end = time(NULL) + WAIT_S;
	struct ibv_wc wc;

	while (count) {
		if (ibv_poll_cq(pair.cq, 1, &wc) == 1)
			count--;
		else if (time(NULL) > end)
			tap_bail_out("%u completions do not come within %d s", count, WAIT_S);
	}
}

static void requests(void)
{
	static const enum ibv_wr_opcode opcodes[] = {
		IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE,
		IBV_WR_RDMA_READ,  IBV_WR_RDMA_READ,  IBV_WR_ATOMIC_FETCH_AND_ADD,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(opcodes); i++)
		post_good(opcodes[i]);
	complete(6);
}

static void sends(void)
{
	post_recv(8);
	post_good(IBV_WR_SEND);
	complete(2);
}

static void write_with_immediate(void)
{
	post_recv(8);
	post_good(IBV_WR_RDMA_WRITE_WITH_IMM);
	complete(2);
}

static void not_ready(void)
{
	post_good(IBV_WR_SEND);
	complete(1);
}

static void no_answer(void)
{
	control_link(control, "port", false);
	post_good(IBV_WR_RDMA_WRITE);
	complete(1);
	control_link(control, "port", true);
}

static void bad_rkey(void)
{
	post(IBV_WR_RDMA_WRITE, from_mr->lkey, to_mr->rkey ^ 1);
	post_good(IBV_WR_RDMA_WRITE);
	post_good(IBV_WR_RDMA_WRITE);
	complete(3);
}

static void bad_lkey(void)
{
	post(IBV_WR_RDMA_WRITE, from_mr->lkey ^ 1, to_mr->rkey);
	complete(1);
}

static void receive_too_short(void)
{
	post_recv(7);
	post_recv(7);
	post_good(IBV_WR_SEND);
	complete(3);
}

static const struct provocation {
	const char *name;
	void (*provoke)(void);
	struct counter expected[5]; /* all others stay */
} provocations[] = {
	{ "3 writes, 2 reads, 1 atomic operation",
	  requests,
	  { { "rx_write_requests", 3 }, { "rx_read_requests", 2 }, { "rx_atomic_requests", 1 } } },
	{ "a send", sends, { { "", 0 } } },
	{ "a write with immediate data", write_with_immediate, { { "rx_write_requests", 1 } } },
	{ "no receive posted",
	  not_ready,
	  { { "out_of_buffer", 4 },
	    { "rnr_nak_retry_err", 3 },
	    { "req_rnr_retries_exceeded", 1 },
	    { "req_cqe_error", 1 } } },
	{ "no answer",
	  no_answer,
	  { { "local_ack_timeout_err", 2 },
	    { "req_transport_retries_exceeded", 1 },
	    { "req_cqe_error", 1 } } },
	{ "a wrong rkey, and two requests behind it",
	  bad_rkey,
	  { { "req_remote_access_errors", 1 },
	    { "resp_remote_access_errors", 1 },
	    { "req_cqe_error", 3 },
	    { "req_cqe_flush_error", 2 } } },
	{ "a wrong lkey", bad_lkey, { { "req_cqe_error", 1 } } },
	{ "a receive that is too short, and one behind it",
	  receive_too_short,
	  { { "resp_local_length_error", 1 },
	    { "req_remote_invalid_request", 1 },
	    { "req_cqe_error", 1 },
	    { "resp_cqe_error", 2 },
	    { "resp_cqe_flush_error", 1 } } },
};

static long long expected_growth(const struct provocation *provocation, const char *name)
{
	for (unsigned int i = 0; i < 5; i++)
		if (!strcmp(provocation->expected[i].name, name))
			return provocation->expected[i].value;
	return 0;
}

static void test_provocation(const struct provocation *provocation, const char *mode)
{
	struct counters before, after;
	bool passed = true;

	open_pair();
	read_counters(&before);
	provocation->provoke();
	read_counters(&after);
	close_pair();
	for (unsigned int i = 0; i < after.num; i++) {
		long long grown = after.list[i].value - before.list[i].value;
		long long expected = expected_growth(provocation, after.list[i].name);

		if (grown == expected)
			continue;
		passed = false;
		tap_note("%s: %lld instead of %lld", after.list[i].name, grown, expected);
	}
	tap_ok(passed && after.num > 20, "%s%s", provocation->name, mode);
}

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool run(const char *format, ...)
{
	char command[256];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command) == 0;
}

/* rdma(8) shows what sysfs does, and can give each queue pair a set of its own. */
static void test_rdma_tool(void)
{
	tap_ok(run("rdma statistic show link %s/1 | grep -q 'rx_write_requests [1-9]'", device),
	       "rdma statistic shows the port's counters");
	tap_ok(run("rdma statistic qp set link %s/1 auto type on", device),
	       "each service gets counters of its own");
	open_pair();
	requests();
	tap_ok(run("rdma statistic qp show link %s/1 | tr -d '\\n' | "
		   "grep -q 'rx_write_requests 3.*rx_read_requests 2.*rx_atomic_requests 1'",
		   device),
	       "rdma statistic shows those of the pair");
	close_pair();
	/* and those of queue pairs that are gone still belong to the port's sum */
	for (unsigned int i = 0; i < ARRAY_SIZE(provocations); i++)
		test_provocation(&provocations[i], ", counted apart");
	tap_ok(run("rdma statistic qp set link %s/1 auto off", device), "and then no more");
}

int main(void)
{
	tap_plan(2 * ARRAY_SIZE(provocations) + 4);
	open_pair();
	close_pair();
	find_counters();
	control = control_open();
	for (unsigned int i = 0; i < ARRAY_SIZE(provocations); i++)
		test_provocation(&provocations[i], "");
	test_rdma_tool();
	return tap_status();
}
