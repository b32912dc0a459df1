// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/reserved_qpn.h"

#include <stdlib.h>

#include "connectx/command/nic.h"
#include "connectx/queue/queues.h"

/* Far behind the numbers that QPs and SQs get. */
#define RANGES_FIRST	(0x800000 >> CX_LOG_RESERVED_QPNS)

struct reserved_qpns {
	uint32_t range; /* its number in units of ranges */
};

static void range_free(struct connectx *nic, struct reserved_qpns *qpns)
{
	cx_table_remove(&nic->queues->reserved_qpns, qpns->range - RANGES_FIRST);
	free(qpns);
}

void reserved_qpn_clear(struct connectx *nic)
{
	struct reserved_qpns *qpns;
	uint32_t cursor = 0;

	while ((qpns = cx_table_next(&nic->queues->reserved_qpns, &cursor)))
		range_free(nic, qpns);
}

uint8_t reserved_qpn_create(struct connectx *nic, struct cmd *cmd)
{
	struct reserved_qpns *qpns;
	int64_t index;

	if (MLX5_GET(general_obj_in_cmd_hdr, cmd->in, op_param.create.alias_object) ||
	    MLX5_GET(general_obj_in_cmd_hdr, cmd->in, op_param.create.log_obj_range) !=
		    CX_LOG_RESERVED_QPNS)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	qpns = calloc(1, sizeof(*qpns));
	if (!qpns)
		return CMD_FAIL(cmd, NO_RES_ERR);
	index = cmd_add(cmd, &nic->queues->reserved_qpns, qpns);
	if (index < 0) {
		free(qpns);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	qpns->range = RANGES_FIRST + index;
	MLX5_SET(general_obj_out_cmd_hdr, cmd->out, obj_id, qpns->range << CX_LOG_RESERVED_QPNS);
	return MLX5_CMD_STAT_OK;
}

uint8_t reserved_qpn_destroy(struct connectx *nic, struct cmd *cmd)
{
	uint32_t qpn = MLX5_GET(general_obj_in_cmd_hdr, cmd->in, obj_id);
	struct reserved_qpns *qpns = cmd_find(cmd, &nic->queues->reserved_qpns,
					      (qpn >> CX_LOG_RESERVED_QPNS) - RANGES_FIRST);

	if (!qpns || qpn != qpns->range << CX_LOG_RESERVED_QPNS)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	range_free(nic, qpns);
	return MLX5_CMD_STAT_OK;
}
