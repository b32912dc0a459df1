// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/flow_counter.h"

#include <stdlib.h>

#include "connectx/queue/queues.h"

struct flow_counter {
	uint32_t number;
};

static void flow_counter_free(struct connectx *nic, struct flow_counter *counter)
{
	cx_table_remove(&nic->queues->flow_counters, counter->number);
	free(counter);
}

void flow_counter_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct flow_counter *counter;

	while ((counter = cx_table_next(&nic->queues->flow_counters, &cursor)))
		flow_counter_free(nic, counter);
}

uint8_t flow_counter_alloc(struct connectx *nic, struct cmd *cmd)
{
	struct flow_counter *counter;
	int64_t number;

	if (MLX5_GET(alloc_flow_counter_in, cmd->in, flow_counter_bulk) ||
	    MLX5_GET(alloc_flow_counter_in, cmd->in, flow_counter_bulk_log_size))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	counter = calloc(1, sizeof(*counter));
	if (!counter)
		return CMD_FAIL(cmd, NO_RES_ERR);
	number = cmd_add(cmd, &nic->queues->flow_counters, counter);
	if (number < 0) {
		free(counter);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	counter->number = number;
	MLX5_SET(alloc_flow_counter_out, cmd->out, flow_counter_id, counter->number);
	return MLX5_CMD_STAT_OK;
}

uint8_t flow_counter_dealloc(struct connectx *nic, struct cmd *cmd)
{
	struct flow_counter *counter = cmd_find(cmd, &nic->queues->flow_counters,
						MLX5_GET(dealloc_flow_counter_in, cmd->in,
							 flow_counter_id));

	if (!counter)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	flow_counter_free(nic, counter);
	return MLX5_CMD_STAT_OK;
}

/*
 * Packets and octets are 0, like the rest of the output. If the number of counters is not given, it
 * is one.
 */
uint8_t flow_counter_query(struct connectx *nic, struct cmd *cmd)
{
	if (!cmd_find(cmd, &nic->queues->flow_counters,
		      MLX5_GET(query_flow_counter_in, cmd->in, flow_counter_id)))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (MLX5_GET(query_flow_counter_in, cmd->in, num_of_counters) > 1)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (cmd->out_len <
	    MLX5_ST_SZ_BYTES(query_flow_counter_out) + MLX5_ST_SZ_BYTES(traffic_counter))
		return CMD_FAIL(cmd, BAD_OUTP_LEN_ERR);
	return MLX5_CMD_STAT_OK;
}
