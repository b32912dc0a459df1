/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Queue pairs that write to a device without pause, and an account of every work request. All
 * happens in the thread that calls these; what is to happen beside the writing gets a thread.
 */
#ifndef GUEST_WIRE_TRAFFIC_H
#define GUEST_WIRE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rc_pair.h"
#include "verdict.h"

#define TRAFFIC_STREAMS	8
/*
 * Each stream has two pages of its own. What it writes crosses the border between them, so each
 * work request is two TLPs of 128 bytes, the least that Max_Payload_Size can be.
 */
#define TRAFFIC_SLOT	8192
#define TRAFFIC_BYTES	(TRAFFIC_STREAMS * TRAFFIC_SLOT)
#define TRAFFIC_LENGTH	256
#define TRAFFIC_START	(4096 - TRAFFIC_LENGTH / 2)
#define TRAFFIC_TLPS	2
#define TRAFFIC_WORDS	(TRAFFIC_LENGTH / 4)
/* Work requests that a stream has on their way */
#define TRAFFIC_DEPTH	4

struct traffic_stream {
	struct rc_pair pair;
	uint32_t rkey; /* of the region that has its pages at the pages' own offset */
	bool running;
	/* Work requests are numbered from 1 on, through all connections. */
	uint64_t posted, completed, succeeded, last; /* last: the last one that succeeded */
	enum ibv_wc_status failed; /* why this connection has ended; IBV_WC_SUCCESS: it has not */
};

struct traffic {
	struct traffic_stream streams[TRAFFIC_STREAMS];
	struct ibv_mr *local;
	uint32_t data[TRAFFIC_STREAMS][TRAFFIC_DEPTH][TRAFFIC_WORDS];
	struct verdict account; /* of completions that never were due, or not like that */
};

/* Word @index of work request @number of a stream: it says all three. */
uint32_t traffic_word(unsigned int stream, uint64_t number, unsigned int index);

void traffic_open(struct traffic *traffic);
void traffic_close(struct traffic *traffic);
/* Writes on the streams that run until @action, in another thread, has returned. */
void traffic_during(struct traffic *traffic, void (*action)(void *arg), void *arg);
/* Writes on the streams that run until each has completed @count more, or has failed. */
void traffic_write(struct traffic *traffic, unsigned int count);
/* Lets all streams rest, and waits for what they have on their way. */
void traffic_drain(struct traffic *traffic);
/* Connects the streams that have failed again. All rest. */
void traffic_revive(struct traffic *traffic);

#endif
