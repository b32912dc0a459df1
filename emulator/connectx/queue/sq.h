/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Send queues by themselves (CREATE_SQ), as Ethernet drivers have them. Of what these send an
 * InfiniBand port has nothing, so all that such a queue executes here is a NOP. The driver needs
 * that much to find out whether WQEs that it writes through BlueFlame arrive as a whole: wc.c of
 * mlx5_core, which asks it before any UAR is mapped for write combining.
 */
#ifndef CONNECTX_SQ_H
#define CONNECTX_SQ_H

#include <stdint.h>

#include "base/engine.h"
#include "connectx/command/buf.h"
#include "connectx/command/cmd.h"

struct cq;
struct sched_element;
struct uar;

struct sq {
	struct connectx *nic;
	uint32_t sqn;
	uint8_t state;    /* MLX5_SQC_STATE_* */
	uint8_t log_size; /* basic blocks */
	uint16_t next;    /* basic block to execute; free-running */
	uint32_t user_index;
	struct cq *cq;
	struct uar *uar;             /* whose doorbells count */
	struct sched_element *group; /* NULL: none; NOPs take no bandwidth of it */
	struct cx_buf buf;
	uint64_t dbr;              /* doorbell record: [MLX5_SND_DBR] */
	struct engine_timer burst; /* rung: the rest of the WQE may still be on its way */
	struct engine_work work;
	uint32_t sqc[MLX5_ST_SZ_DW(sqc)]; /* as created, big endian, for QUERY_SQ */
};

/** sq_find() - Return: the queue or NULL; their numbers and those of QPs have no overlap. */
struct sq *sq_find(struct connectx *nic, uint32_t sqn);

/** sq_doorbell() - the guest rang, through the right UAR. */
void sq_doorbell(struct sq *sq);

/** sq_blueflame() - the first basic block of the WQE that was rung for came with the doorbell. */
void sq_blueflame(struct sq *sq, const void *block);

/** sq_clear() - destroy all. */
void sq_clear(struct connectx *nic);

cmd_handler sq_create, sq_modify, sq_query, sq_destroy;

#endif
