/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The connection of one initiator to a dynamically connected target: a receiving QP without queues
 * of its own. It lasts from the initiator's first message to the target until its first message to
 * another one, or until the initiator ends. An error ends the connection and does not affect the
 * target.
 */
#ifndef CONNECTX_DC_CONNECTION_H
#define CONNECTX_DC_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "connectx/queue/qp.h"

struct dct;

struct dc_connection {
	struct qp qp; /* MLX5_QP_ST_DCT */
	struct dct *dct;
	struct dc_connection **holder; /* the initiator's pointer here; NULL when this ends */
	LIST_ENTRY(dc_connection) entry;
};

/* Who connects. */
struct dc_source {
	uint16_t lid;
	uint32_t qpn;
	uint32_t psn; /* of its next message */
};

/**
 * dc_connect() - the initiator's next message goes to @dct.
 * @holder: the initiator's connection, if it has one; ends unless it is to @dct
 *
 * Return: the QP at the target, or NULL without memory.
 */
struct qp *dc_connect(struct dc_connection **holder, struct dct *dct,
		      const struct dc_source *source);

/** dc_disconnect() - the initiator's side ends the connection, if there is one. */
void dc_disconnect(struct dc_connection **holder);

/** dc_drop() - the target's side does; nothing of it completes any more. */
void dc_drop(struct dc_connection *connection);

/** dc_admits() - Return: whether a message with @key may come to @qp, of service DCT. */
bool dc_admits(struct qp *qp, uint64_t key);

#endif
