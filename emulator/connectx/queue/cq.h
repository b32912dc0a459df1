/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Completion queues.
 */
#ifndef CONNECTX_CQ_H
#define CONNECTX_CQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"
#include "connectx/command/buf.h"
#include "connectx/command/cmd.h"
#include "connectx/memory/umem.h"

struct eq;

/* When the next event is given (the st field of cqc). */
enum cq_arm {
	CQ_FIRED = MLX5_CQ_STATE_FIRED,         /* no event until armed again */
	CQ_ARMED = MLX5_CQ_STATE_ARMED,         /* at the next completion */
	CQ_SOLICITED = 6,                       /* at the next solicited or failed one */
	CQ_ALWAYS = MLX5_CQ_STATE_ALWAYS_ARMED, /* not handed out to the guest */
};

/* What broke it, as the CQ error event says it; for good. */
enum cq_error {
	CQ_FINE,
	CQ_OVERRUN = MLX5_CQ_ERROR_SYNDROME_CQ_OVERRUN,
	CQ_ACCESS_VIOLATION = MLX5_CQ_ERROR_SYNDROME_CQ_ACCESS_VIOLATION_ERROR,
};

struct cq {
	struct connectx *nic;
	uint32_t cqn;
	struct cx_buf buf;
	uint8_t log_size;    /* entries */
	uint8_t log_stride;  /* bytes of an entry: 6 or 7; the CQE is its last 64 bytes */
	bool padded;         /* what is before the CQE is written, too */
	bool ignore_overrun; /* oi */
	enum cq_error error; /* after one no more completions are written */
	enum cq_arm arm;
	uint32_t uar;            /* whose doorbells count */
	struct cx_record dbr;    /* doorbell record: consumer index, arm request */
	uint64_t producer;       /* entries ever written; the guest counts the lower 24 bits */
	uint32_t consumer;       /* as last read from the doorbell record, 24 bits */
	uint64_t last_solicited; /* producer after the last solicited entry */
	uint64_t last_notified;  /* producer at the last event */
	struct eq *eq;           /* where its events go */

	/* Moderation, off while either is 0: an event waits for so many entries or for so long. */
	uint16_t max_count; /* entries since the last event */
	uint16_t period_us;
	bool period_from_cqe; /* it begins with the first entry since then, else with the event */
	uint64_t first_ns;    /* when that entry was written */
	uint64_t notified_ns; /* when the last event was */
	struct engine_timer moderation;

	uint32_t users;                   /* QP queues and SRQs that complete here */
	uint32_t cqc[MLX5_ST_SZ_DW(cqc)]; /* as created and modified, big endian, for QUERY_CQ */
};

/**
 * cq_post() - write one completion and tell the guest if it asked for it.
 * @cqe: complete but for the owner bit and the timestamp
 * @solicited: the message asked for an event, or the completion is an error
 *
 * Return: true; false when the queue has overrun or is no memory, and the completion is lost: the
 * caller's queue goes to error. The CQ's event has been posted then.
 */
bool cq_post(struct connectx *nic, struct cq *cq, struct mlx5_cqe64 *cqe, bool solicited);

/**
 * cq_doorbell() - the guest wrote @arm (sn, cmd, ci) for @cqn: it asks for the next event.
 *
 * The event is given at once when an entry is there that the guest had not seen (it is at ci or
 * behind) and that no event has told of yet. So a wake-up cannot be lost: an entry that came after
 * the last event is news, whenever it came, and one that came before is what that event was about,
 * which the guest looks for after it has asked again. To tell of it twice would be wrong as well:
 * a program that takes one completion at each event would run ahead of them.
 */
void cq_doorbell(struct connectx *nic, uint32_t uar, uint32_t arm, uint32_t cqn);

/** cq_find() - Return: the queue or NULL. */
struct cq *cq_find(struct connectx *nic, uint32_t cqn);

/** cq_clear() - destroy all. */
void cq_clear(struct connectx *nic);

cmd_handler cq_create, cq_destroy, cq_query, cq_modify;

#endif
