/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Streams of a DC initiator: requests with the same stream number belong together, and one that
 * fails stops only those behind it with its number, until the driver resets the stream. When as
 * many streams are in error as the initiator was made for, all of it is.
 */
#ifndef CONNECTX_DC_STREAMS_H
#define CONNECTX_DC_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/command/limits.h"

struct dc_streams {
	bool present;                                  /* the initiator was made with streams */
	uint8_t log_errored;                           /* so many streams in error are too many */
	uint8_t count;                                 /* that are in error now */
	uint16_t errored[1 << CX_LOG_MAX_DCI_ERRORED]; /* their numbers, in no order */
};

/**
 * dc_streams_init() - of a QP that is made with @qpc, struct mlx5_ifc_qpc_bits.
 *
 * Return: whether the numbers there are within bounds.
 */
bool dc_streams_init(struct dc_streams *streams, const void *qpc);

/** dc_streams_clear() - no stream is in error. */
void dc_streams_clear(struct dc_streams *streams);

/** dc_streams_stopped() - Return: whether @stream is in error. */
bool dc_streams_stopped(const struct dc_streams *streams, uint16_t stream);

/**
 * dc_streams_fail() - a request of @stream has failed.
 *
 * Return: true when that concerns only the stream, false when the QP.
 */
bool dc_streams_fail(struct dc_streams *streams, uint16_t stream);

/** dc_streams_reset() - @stream goes on. Return: false when it was not in error. */
bool dc_streams_reset(struct dc_streams *streams, uint16_t stream);

#endif
