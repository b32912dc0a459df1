// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/mcg.h"

#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/queues.h"

#define GID_MULTICAST	0xff	/* first byte of every multicast GID: vol. 1, 4.1.1 */
#define ROOM_MIN	4

static unsigned int gid_bucket(const uint8_t *gid)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < MCG_GID_BYTES; i++)
		sum = sum * 31 + gid[i];
	return sum % MCG_BUCKETS;
}

static struct mcg *find(const struct mcg_table *table, const uint8_t *gid)
{
	struct mcg *mcg;

	LIST_FOREACH(mcg, &table->bucket[gid_bucket(gid)], entry)
		if (!memcmp(mcg->gid, gid, MCG_GID_BYTES))
			return mcg;
	return NULL;
}

const struct mcg *mcg_find(const struct connectx *nic, const uint8_t gid[MCG_GID_BYTES])
{
	return find(&nic->queues->mcgs, gid);
}

static struct mcg *mcg_create(struct mcg_table *table, const uint8_t *gid)
{
	struct mcg *mcg = calloc(1, sizeof(*mcg));

	if (!mcg)
		return NULL;
	memcpy(mcg->gid, gid, MCG_GID_BYTES);
	LIST_INSERT_HEAD(&table->bucket[gid_bucket(gid)], mcg, entry);
	table->groups++;
	return mcg;
}

static void mcg_destroy(struct mcg_table *table, struct mcg *mcg)
{
	LIST_REMOVE(mcg, entry);
	table->groups--;
	free(mcg->qps);
	free(mcg);
}

/* Returns the index of the QP in the group, or mcg->count. */
static uint32_t place(const struct mcg *mcg, const struct qp *qp)
{
	uint32_t i = 0;

	while (i < mcg->count && mcg->qps[i] != qp)
		i++;
	return i;
}

static bool make_room(struct mcg *mcg)
{
	uint32_t room = mcg->room ? mcg->room * 2 : ROOM_MIN;
	struct qp **qps;

	if (mcg->count < mcg->room)
		return true;
	qps = realloc(mcg->qps, room * sizeof(*qps));
	if (!qps)
		return false;
	mcg->qps = qps;
	mcg->room = room;
	return true;
}

static bool is_multicast_receiver(const struct qp *qp, const uint8_t *gid)
{
	return qp->service == MLX5_QP_ST_UD && gid[0] == GID_MULTICAST;
}

uint8_t mcg_attach(struct connectx *nic, struct cmd *cmd)
{
	const uint8_t *gid = MLX5_ADDR_OF(attach_to_mcg_in, cmd->in, multicast_gid);
	struct qp *qp = cmd_find(cmd, &nic->queues->qps, MLX5_GET(attach_to_mcg_in, cmd->in, qpn));
	struct mcg *mcg = find(&nic->queues->mcgs, gid);

	if (!qp)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (!is_multicast_receiver(qp, gid))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (mcg && place(mcg, qp) < mcg->count)
		return MLX5_CMD_STAT_OK;
	if (mcg ? mcg->count == CX_MAX_QP_MCG : nic->queues->mcgs.groups == 1 << CX_LOG_MAX_MCG)
		return CMD_FAIL(cmd, LIM_ERR);
	if (!mcg)
		mcg = mcg_create(&nic->queues->mcgs, gid);
	if (!mcg || !make_room(mcg)) {
		if (mcg && !mcg->count)
			mcg_destroy(&nic->queues->mcgs, mcg);
		return CMD_FAIL(cmd, NO_RES_ERR);
	}
	mcg->qps[mcg->count++] = qp;
	nic->queues->mcgs.attachments++;
	qp->groups++;
	return MLX5_CMD_STAT_OK;
}

static void detach(struct connectx *nic, struct mcg *mcg, uint32_t index)
{
	mcg->qps[index]->groups--;
	mcg->count--;
	memmove(mcg->qps + index, mcg->qps + index + 1, (mcg->count - index) * sizeof(*mcg->qps));
	nic->queues->mcgs.attachments--;
	if (!mcg->count)
		mcg_destroy(&nic->queues->mcgs, mcg);
}

uint8_t mcg_detach(struct connectx *nic, struct cmd *cmd)
{
	struct mcg *mcg = find(&nic->queues->mcgs,
			       MLX5_ADDR_OF(detach_from_mcg_in, cmd->in, multicast_gid));
	struct qp *qp = cmd_find(cmd, &nic->queues->qps,
				 MLX5_GET(detach_from_mcg_in, cmd->in, qpn));
	uint32_t index;

	if (!qp || !mcg)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	index = place(mcg, qp);
	if (index == mcg->count)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	detach(nic, mcg, index);
	return MLX5_CMD_STAT_OK;
}

void mcg_clear(struct connectx *nic)
{
	for (unsigned int i = 0; i < MCG_BUCKETS; i++) {
		struct mcg *mcg;

		/* the last one takes its group with it */
		while ((mcg = LIST_FIRST(&nic->queues->mcgs.bucket[i])))
			detach(nic, mcg, mcg->count - 1);
	}
}
