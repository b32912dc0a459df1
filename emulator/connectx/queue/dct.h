/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Dynamically connected targets: what any initiator (DCI) that knows number and access key may
 * connect to. A target receives into a shared queue; what one initiator sends goes through a
 * connection of its own (dc_connection.h).
 */
#ifndef CONNECTX_DCT_H
#define CONNECTX_DCT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "connectx/command/cmd.h"
#include "connectx/queue/qp.h"

struct dc_connection;
struct q_counter;

struct dct {
	uint32_t dctn; /* of one number space with QPs */
	bool drained;  /* takes no connections any more */
	bool armed;    /* the next violation of the key gives an event */
	uint64_t key;
	uint32_t violations; /* of the key, ever */
	struct qp target;    /* what the QP of each connection begins as */
	LIST_HEAD(, dc_connection) connections;
	uint32_t context[MLX5_ST_SZ_DW(dctc)]; /* as created, big endian */
};

/** dct_find() - Return: the target that may be connected to, or NULL. */
struct dct *dct_find(struct connectx *nic, uint32_t dctn);

/** dct_key_violated() - somebody came with another key. */
void dct_key_violated(struct dct *dct);

/** dct_forget_counter() - no target counts in @set any more. */
void dct_forget_counter(struct connectx *nic, const struct q_counter *set);

/** dct_clear() - destroy all. */
void dct_clear(struct connectx *nic);

cmd_handler dct_create, dct_drain, dct_destroy, dct_query, dct_arm;

#endif
