// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "traffic.h"

/* Nothing here takes a second; who waits as long as that waits for what never comes. */
#define PATIENCE_S	60

static struct rc_pair_attr stream_attr(struct traffic *traffic, unsigned int stream)
{
	struct rc_pair_attr attr = rc_pair_defaults;

	attr.beside = stream ? &traffic->streams[0].pair : NULL;
	return attr;
}

uint32_t traffic_word(unsigned int stream, uint64_t number, unsigned int index)
{
	return (uint32_t)number << 12 | stream << 8 | index;
}

static void check(const struct rc_pair *pair, int err)
{
	if (err)
		tap_bail_out("cannot %s: %s", pair->failed, strerror(err));
}

void traffic_open(struct traffic *traffic)
{
	unsigned int i;

	memset(traffic, 0, sizeof(*traffic));
	for (i = 0; i < TRAFFIC_STREAMS; i++) {
		struct rc_pair_attr attr = stream_attr(traffic, i);

		check(&traffic->streams[i].pair,
		      rc_pair_open_with(&traffic->streams[i].pair, NULL, &attr));
	}
	traffic->local = ibv_reg_mr(traffic->streams[0].pair.pd, traffic->data,
				    sizeof(traffic->data), 0);
	if (!traffic->local)
		tap_bail_out("ibv_reg_mr: %s", strerror(errno));
}

void traffic_close(struct traffic *traffic)
{
	unsigned int i = TRAFFIC_STREAMS;

	ibv_dereg_mr(traffic->local);
	/* The first one has what the others use. */
	while (i--)
		rc_pair_close(&traffic->streams[i].pair);
}

static void post(struct traffic *traffic, unsigned int i)
{
	struct traffic_stream *stream = &traffic->streams[i];
	uint64_t number = ++stream->posted;
	uint32_t *data = traffic->data[i][number % TRAFFIC_DEPTH];
	struct ibv_sge sge = {
		.addr = (uintptr_t)data,
		.length = TRAFFIC_LENGTH,
		.lkey = traffic->local->lkey,
	};
	struct ibv_send_wr wr = {
		.wr_id = number,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = i * TRAFFIC_SLOT + TRAFFIC_START,
			     .rkey = stream->rkey },
	};
	struct ibv_send_wr *bad;
	int err;

	for (unsigned int word = 0; word < TRAFFIC_WORDS; word++)
		data[word] = traffic_word(i, number, word);
	err = ibv_post_send(stream->pair.qp[0], &wr, &bad);
	if (err)
		tap_bail_out("ibv_post_send: %s", strerror(err));
}

/* Each in its turn, once; behind one that failed all are flushed. */
static void account(struct traffic *traffic, unsigned int i, const struct ibv_wc *wc)
{
	struct traffic_stream *stream = &traffic->streams[i];
	bool flushed = wc->status == IBV_WC_WR_FLUSH_ERR;

	if (wc->wr_id != stream->completed + 1 || wc->wr_id > stream->posted)
		verdict_wrong(&traffic->account, "stream %u: %llu completes after %llu of %llu", i,
			      (unsigned long long)wc->wr_id, (unsigned long long)stream->completed,
			      (unsigned long long)stream->posted);
	if (flushed != (stream->failed != IBV_WC_SUCCESS))
		verdict_wrong(&traffic->account, "stream %u: %s after %s", i,
			      ibv_wc_status_str(wc->status), ibv_wc_status_str(stream->failed));
	stream->completed++;
	if (wc->status == IBV_WC_SUCCESS) {
		stream->succeeded++;
		stream->last = wc->wr_id;
	} else if (!flushed) {
		stream->failed = wc->status;
	}
}

/* Returns how many work requests have completed. */
static int pump(struct traffic *traffic, unsigned int i)
{
	struct traffic_stream *stream = &traffic->streams[i];
	struct ibv_wc wc[TRAFFIC_DEPTH];
	int got = ibv_poll_cq(stream->pair.cq, TRAFFIC_DEPTH, wc);

	if (got < 0)
		tap_bail_out("ibv_poll_cq fails");
	for (int n = 0; n < got; n++)
		account(traffic, i, &wc[n]);
	while (stream->running && stream->failed == IBV_WC_SUCCESS &&
	       stream->posted - stream->completed < TRAFFIC_DEPTH)
		post(traffic, i);
	return got;
}

/* Pumps until @done, which sees the stream and @arg, holds for all. */
static void pump_until(struct traffic *traffic,
		       bool (*done)(struct traffic *traffic, unsigned int stream, void *arg),
		       void *arg)
{
	time_t deadline = time(NULL) + PATIENCE_S;
	unsigned int i, left;
	int got;

	do {
		if (time(NULL) > deadline)
			tap_bail_out("work requests are not completed in %d s", PATIENCE_S);
		for (i = left = got = 0; i < TRAFFIC_STREAMS; i++) {
			got += pump(traffic, i);
			left += !done(traffic, i, arg);
		}
		/* Page faults are served by threads that may wait for this processor. */
		if (!got)
			sched_yield();
	} while (left);
}

struct action {
	void (*run)(void *arg);
	void *arg;
	atomic_bool done;
};

static void *act(void *arg)
{
	struct action *action = arg;

	action->run(action->arg);
	atomic_store(&action->done, true);
	return NULL;
}

static bool action_done(struct traffic *traffic, unsigned int stream, void *arg)
{
	return atomic_load(&((struct action *)arg)->done);
}

void traffic_during(struct traffic *traffic, void (*run)(void *arg), void *arg)
{
	struct action action = { .run = run, .arg = arg };
	pthread_t thread;
	int err;

	err = pthread_create(&thread, NULL, act, &action);
	if (err)
		tap_bail_out("pthread_create: %s", strerror(err));
	pump_until(traffic, action_done, &action);
	pthread_join(thread, NULL);
}

static bool reached(struct traffic *traffic, unsigned int i, void *goals)
{
	struct traffic_stream *stream = &traffic->streams[i];

	return !stream->running || stream->failed != IBV_WC_SUCCESS ||
	       stream->completed >= ((uint64_t *)goals)[i];
}

void traffic_write(struct traffic *traffic, unsigned int count)
{
	uint64_t goals[TRAFFIC_STREAMS];

	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		goals[i] = traffic->streams[i].completed + count;
	pump_until(traffic, reached, goals);
}

static bool drained(struct traffic *traffic, unsigned int i, void *arg)
{
	return traffic->streams[i].completed == traffic->streams[i].posted;
}

void traffic_drain(struct traffic *traffic)
{
	struct ibv_wc wc;

	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		traffic->streams[i].running = false;
	pump_until(traffic, drained, NULL);
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		if (ibv_poll_cq(traffic->streams[i].pair.cq, 1, &wc))
			verdict_wrong(&traffic->account, "stream %u: completes what was not posted",
				      i);
}

void traffic_revive(struct traffic *traffic)
{
	struct rc_pair_attr attr;
	int err;

	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++) {
		if (traffic->streams[i].failed == IBV_WC_SUCCESS)
			continue;
		attr = stream_attr(traffic, i);
		err = rc_pair_reconnect(&traffic->streams[i].pair, &attr);
		if (err)
			tap_bail_out("cannot connect again: %s", strerror(err));
		traffic->streams[i].failed = IBV_WC_SUCCESS;
	}
}
