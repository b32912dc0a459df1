// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/uar.h"

#include <stdlib.h>
#include <string.h>

#include "connectx/queue/cq.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/sq.h"

/*
 * Inside of a UAR. The driver's names: MLX5_CQ_DOORBELL, MLX5_EQ_DOORBELL_OFFSET, MLX5_BF_OFFSET.
 * A doorbell register is a pair of buffers that are used in turn, each log_bf_reg_size - 1 wide.
 */
enum {
	DOORBELL_CQ = 0x020,            /* 8 bytes: arm request, CQ number */
	DOORBELL_EQ_ARM = 0x040,        /* 4 bytes: EQ number, consumer index; and arm */
	DOORBELL_EQ = 0x048,            /* the same without arming */
	DOORBELL_SQ_RECORDLESS = 0x600, /* as that below, of queues without a doorbell record */
	DOORBELL_SQ = 0x800,            /* to the end: the first 8 bytes of the last WQE */
	DOORBELL_SQ_STEP = 0x100,
};

/* A region that was deallocated only serves its remaining users: new ones cannot use it. */
static struct uar *uar_usable(struct uar *uar)
{
	return uar && !uar->returned ? uar : NULL;
}

struct uar *uar_find(struct connectx *nic, uint32_t number)
{
	return uar_usable(cx_table_get(&nic->queues->uars, number));
}

struct uar *uar_named(struct connectx *nic, const struct cmd *cmd, uint32_t number)
{
	return uar_usable(cmd_find(cmd, &nic->queues->uars, number));
}

static void uar_free(struct connectx *nic, struct uar *uar)
{
	cx_table_remove(&nic->queues->uars, uar->number);
	free(uar);
}

void uar_hold(struct connectx *nic, uint32_t number)
{
	struct uar *uar = cx_table_get(&nic->queues->uars, number);

	uar->users++;
}

void uar_release(struct connectx *nic, uint32_t number)
{
	struct uar *uar = cx_table_get(&nic->queues->uars, number);

	if (!--uar->users && uar->returned)
		uar_free(nic, uar);
}

static void send_doorbell(struct connectx *nic, struct uar *uar, uint32_t qpn_ds)
{
	uint32_t number = qpn_ds >> MLX5_WQE_CTRL_QPN_SHIFT;
	struct qp *qp = qp_find(nic, number);
	struct sq *sq = qp ? NULL : sq_find(nic, number);

	uar->burst.sqn = 0;
	if (qp && qp->uar == uar) {
		nic->queues->counters.doorbells++;
		qp_doorbell(qp);
	} else if (sq && sq->uar == uar) {
		nic->queues->counters.doorbells++;
		uar->burst.sqn = number;
		sq_doorbell(sq);
	} else {
		nic->queues->counters.stray_doorbells++;
	}
}

/*
 * A BlueFlame write carries a whole WQE, whose first 8 bytes are the doorbell. QPs read the WQE
 * from memory, where it is as well, at no extra cost. So only SQs use the rest.
 */
static void burst_add(struct connectx *nic, struct uar *uar, uint32_t in_page, const uint8_t *bytes,
		      size_t len)
{
	size_t room = sizeof(uar->burst.block) - uar->burst.have;
	struct sq *sq;

	if (!uar->burst.sqn || in_page != uar->burst.in_page + uar->burst.have)
		return;
	if (len > room)
		len = room;
	memcpy(uar->burst.block + uar->burst.have, bytes, len);
	uar->burst.have += len;
	if (len < room)
		return;
	sq = sq_find(nic, uar->burst.sqn);
	uar->burst.sqn = 0;
	if (sq && sq->uar == uar)
		sq_blueflame(sq, uar->burst.block);
}

static void send_write(struct connectx *nic, struct uar *uar, uint32_t in_page,
		       const uint8_t *bytes, size_t len)
{
	__be32 qpn_ds;

	if (in_page % DOORBELL_SQ_STEP == 0 && len >= 2 * sizeof(qpn_ds)) {
		memcpy(&qpn_ds, bytes + sizeof(qpn_ds), sizeof(qpn_ds));
		uar->burst.in_page = in_page;
		uar->burst.have = 0;
		send_doorbell(nic, uar, be32_to_cpu(qpn_ds));
	}
	burst_add(nic, uar, in_page, bytes, len);
}

static uint32_t load_be32(const void *data)
{
	__be32 value;

	memcpy(&value, data, sizeof(value));
	return be32_to_cpu(value);
}

/* @index: opmod_idx_opcode of the WQE */
static void recordless_doorbell(struct connectx *nic, const struct uar *uar, uint32_t index,
				uint32_t qpn_ds)
{
	struct qp *qp = qp_find(nic, qpn_ds >> MLX5_WQE_CTRL_QPN_SHIFT);

	if (qp && qp->uar == uar &&
	    qp_doorbell_recordless(qp, index >> MLX5_WQE_CTRL_WQE_INDEX_SHIFT,
				   qpn_ds & MLX5_WQE_CTRL_DS_MASK))
		nic->queues->counters.doorbells++;
	else
		nic->queues->counters.stray_doorbells++;
}

void uar_write(struct connectx *nic, uint64_t offset, const void *data, size_t len)
{
	uint32_t number = offset >> UAR_SHIFT;
	uint32_t in_page = offset & ((1U << UAR_SHIFT) - 1);
	struct uar *uar = uar_find(nic, number);
	const uint8_t *bytes = data;

	if (!uar) {
		nic->queues->counters.stray_doorbells++;
		return;
	}
	if (in_page >= DOORBELL_SQ) {
		send_write(nic, uar, in_page, bytes, len);
	} else if (in_page == DOORBELL_SQ_RECORDLESS && len >= 8) {
		recordless_doorbell(nic, uar, load_be32(bytes), load_be32(bytes + 4));
	} else if (in_page == DOORBELL_CQ && len >= 8) {
		cq_doorbell(nic, number, load_be32(bytes), load_be32(bytes + 4));
	} else if (in_page == DOORBELL_EQ_ARM && len >= 4) {
		eq_doorbell(nic, number, load_be32(bytes), true);
	} else if (in_page == DOORBELL_EQ && len >= 4) {
		eq_doorbell(nic, number, load_be32(bytes), false);
	}
}

void uar_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct uar *uar;

	while ((uar = cx_table_next(&nic->queues->uars, &cursor)))
		uar_free(nic, uar);
}

uint8_t uar_alloc(struct connectx *nic, struct cmd *cmd)
{
	struct uar *uar = calloc(1, sizeof(*uar));
	int64_t number;

	if (!uar)
		return CMD_FAIL(cmd, NO_RES_ERR);
	number = cmd_add(cmd, &nic->queues->uars, uar);
	if (number < 0) {
		free(uar);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	uar->number = number;
	MLX5_SET(alloc_uar_out, cmd->out, uar, uar->number);
	return MLX5_CMD_STAT_OK;
}

/*
 * A program that ends deallocates its UAR before the CQs that it has not destroyed (libmlx5 in
 * ibv_close_device(), the driver later), and neither checks the status. So this has to succeed
 * while the UAR is in use.
 */
uint8_t uar_dealloc(struct connectx *nic, struct cmd *cmd)
{
	struct uar *uar = uar_named(nic, cmd, MLX5_GET(dealloc_uar_in, cmd->in, uar));

	if (!uar)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	uar->returned = true;
	if (!uar->users)
		uar_free(nic, uar);
	return MLX5_CMD_STAT_OK;
}
