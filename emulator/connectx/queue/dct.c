// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/dct.h"

#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/dc_connection.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/srq.h"

struct dct *dct_find(struct connectx *nic, uint32_t dctn)
{
	struct dct *dct = cx_table_get(&nic->queues->dcts, dctn);

	return dct && !dct->drained ? dct : NULL;
}

void dct_key_violated(struct dct *dct)
{
	dct->violations++;
	if (!dct->armed)
		return;
	dct->armed = false;
	qp_event(&dct->target, MLX5_EVENT_TYPE_DCT_KEY_VIOLATION);
}

static void dct_disconnect_all(struct dct *dct)
{
	struct dc_connection *connection;

	while ((connection = LIST_FIRST(&dct->connections)))
		dc_drop(connection);
}

void dct_forget_counter(struct connectx *nic, const struct q_counter *set)
{
	struct dc_connection *connection;
	uint32_t cursor = 0;
	struct dct *dct;

	while ((dct = cx_table_next(&nic->queues->dcts, &cursor))) {
		if (dct->target.counter != set)
			continue;
		dct->target.counter = NULL;
		LIST_FOREACH(connection, &dct->connections, entry)
			connection->qp.counter = NULL;
	}
}

static void dct_count_references(struct dct *dct, int by)
{
	dct->target.pd->users += by;
	dct->target.srq->users += by;
	dct->target.recv_cq->users += by;
}

static void dct_free(struct connectx *nic, struct dct *dct)
{
	dct_disconnect_all(dct);
	dct_count_references(dct, -1);
	cx_table_remove(&nic->queues->dcts, dct->dctn);
	free(dct);
}

void dct_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct dct *dct;

	while ((dct = cx_table_next(&nic->queues->dcts, &cursor)))
		dct_free(nic, dct);
}

static uint8_t dct_parse(struct connectx *nic, struct cmd *cmd, struct dct *dct)
{
	const void *dctc = MLX5_ADDR_OF(create_dct_in, cmd->in, dct_context_entry);
	uint32_t set = MLX5_GET(dctc, dctc, counter_set_id);
	unsigned int mtu = MLX5_GET(dctc, dctc, mtu);

	memcpy(dct->context, dctc, sizeof(dct->context));
	dct->key = MLX5_GET64(dctc, dctc, dc_access_key);
	dct->target = (struct qp){
		.nic = nic,
		.service = MLX5_QP_ST_DCT,
		.user_index = MLX5_GET(dctc, dctc, user_index),
		.min_rnr_nak = MLX5_GET(dctc, dctc, min_rnr_nak),
		.allow_read = MLX5_GET(dctc, dctc, rre),
		.allow_write = MLX5_GET(dctc, dctc, rwe),
		.allow_atomic = MLX5_GET(dctc, dctc, rae),
		.pd = cmd_find(cmd, &nic->pds, MLX5_GET(dctc, dctc, pd)),
		.srq = cmd_find(cmd, &nic->queues->srqs, MLX5_GET(dctc, dctc, srqn_xrqn)),
		.recv_cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(dctc, dctc, cqn)),
		.counter = cmd_find(cmd, &nic->queues->q_counters, set),
	};
	if (MLX5_GET(dctc, dctc, port) != CX_PORTS || mtu < MLX5_DCTC_MTU_256_BYTES ||
	    mtu > MLX5_DCTC_MTU_4K_BYTES || MLX5_GET(dctc, dctc, pkey_index) >= CX_PKEYS ||
	    MLX5_GET(dctc, dctc, my_addr_index) >= CX_GIDS || (set && !dct->target.counter))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!dct->target.pd || !dct->target.srq || !dct->target.recv_cq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	return MLX5_CMD_STAT_OK;
}

uint8_t dct_create(struct connectx *nic, struct cmd *cmd)
{
	struct dct *dct = calloc(1, sizeof(*dct));
	int64_t number;
	uint8_t status;

	if (!dct)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = dct_parse(nic, cmd, dct);
	if (status)
		goto free_dct;
	number = cmd_add(cmd, &nic->queues->dcts, dct);
	if (number < 0) {
		status = CMD_FAIL(cmd, LIM_ERR);
		goto free_dct;
	}
	LIST_INIT(&dct->connections);
	dct->dctn = dct->target.qpn = number;
	dct_count_references(dct, 1);
	MLX5_SET(create_dct_out, cmd->out, dctn, dct->dctn);
	return MLX5_CMD_STAT_OK;

free_dct:
	free(dct);
	return status;
}

/*
 * Initiators that were connected get no answer any more. The driver waits for the event before it
 * destroys the target.
 */
uint8_t dct_drain(struct connectx *nic, struct cmd *cmd)
{
	struct dct *dct = cmd_find(cmd, &nic->queues->dcts, MLX5_GET(drain_dct_in, cmd->in, dctn));

	if (!dct)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	dct->drained = true;
	dct_disconnect_all(dct);
	qp_event(&dct->target, MLX5_EVENT_TYPE_DCT_DRAINED);
	return MLX5_CMD_STAT_OK;
}

uint8_t dct_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct dct *dct = cmd_find(cmd, &nic->queues->dcts,
				   MLX5_GET(destroy_dct_in, cmd->in, dctn));

	if (!dct)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	dct_free(nic, dct);
	return MLX5_CMD_STAT_OK;
}

uint8_t dct_query(struct connectx *nic, struct cmd *cmd)
{
	struct dct *dct = cmd_find(cmd, &nic->queues->dcts, MLX5_GET(query_dct_in, cmd->in, dctn));
	void *dctc = MLX5_ADDR_OF(query_dct_out, cmd->out, dct_context_entry);

	if (!dct)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	memcpy(dctc, dct->context, sizeof(dct->context));
	MLX5_SET(dctc, dctc, state,
		 dct->drained ? MLX5_DCTC_STATE_DRAINED : MLX5_DCTC_STATE_ACTIVE);
	MLX5_SET(dctc, dctc, dc_access_key_violation_count, dct->violations);
	return MLX5_CMD_STAT_OK;
}

uint8_t dct_arm(struct connectx *nic, struct cmd *cmd)
{
	struct dct *dct = cmd_find(cmd, &nic->queues->dcts,
				   MLX5_GET(arm_dct_in, cmd->in, dct_number));

	if (!dct)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (dct->drained)
		return CMD_FAIL(cmd, BAD_RES_STATE_ERR);
	dct->armed = true;
	return MLX5_CMD_STAT_OK;
}
