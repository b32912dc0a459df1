/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Packet pacing: a table of rates that the driver fills in (SET_PP_RATE_LIMIT) and QPs name by
 * index. The requester of such a QP sends no faster: what it has sent takes as long as it would at
 * that rate, and only then comes more, in bursts of the size that the entry allows. There are no
 * packets here (a message goes over piece by piece), so a typical packet size means nothing.
 */
#ifndef CONNECTX_RATE_H
#define CONNECTX_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/command/cmd.h"

#define CX_RATES	128		/* entries; entry 0 is "no limit" */
#define CX_RATE_MIN	1		/* kbit/s */
#define CX_RATE_MAX	400000000

struct rate {
	uint32_t kbps;  /* 0: the entry is not in use */
	uint32_t burst; /* bytes that go at once */
	uint16_t uid;   /* who may name it */
	uint32_t users; /* QPs */
};

/* The table of one device. */
struct rates {
	struct rate entry[CX_RATES];
	uint64_t count; /* in use; shown in the registry */
};

/** rate_find() - Return: the rate that @cmd names by @index, or NULL. */
struct rate *rate_find(struct connectx *nic, const struct cmd *cmd, uint32_t index);

/** rate_ns() - Return: how long @bytes take. */
uint64_t rate_ns(const struct rate *rate, uint64_t bytes);

/** rate_owned() - Return: whether any entry is the user context @uid's. */
bool rate_owned(const struct connectx *nic, uint16_t uid);

/** rate_clear() - forget all; QPs must be gone. */
void rate_clear(struct connectx *nic);

cmd_handler rate_set;

#endif
