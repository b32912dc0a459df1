// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/command/uctx.h"

#include <stdlib.h>

#include "connectx/command/nic.h"

struct uctx *uctx_find(struct connectx *nic, uint16_t uid)
{
	return cx_table_get(&nic->uctxs, uid);
}

void uctx_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct uctx *uctx;

	while ((uctx = cx_table_next(&nic->uctxs, &cursor))) {
		cx_table_remove(&nic->uctxs, uctx->uid);
		free(uctx);
	}
}

uint8_t uctx_create(struct connectx *nic, struct cmd *cmd)
{
	const void *context = MLX5_ADDR_OF(create_uctx_in, cmd->in, uctx);
	struct uctx *uctx;
	int64_t uid;

	/* Rights to raw packets or to the device's own resources: uctx_cap offers none. */
	if (MLX5_GET(uctx, context, cap))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	uctx = calloc(1, sizeof(*uctx));
	if (!uctx)
		return CMD_FAIL(cmd, NO_RES_ERR);
	uid = cx_table_add(&nic->uctxs, uctx);
	if (uid < 0) {
		free(uctx);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	uctx->uid = uid;
	MLX5_SET(create_uctx_out, cmd->out, uid, uctx->uid);
	return MLX5_CMD_STAT_OK;
}

uint8_t uctx_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct uctx *uctx = uctx_find(nic, MLX5_GET(destroy_uctx_in, cmd->in, uid));

	if (!uctx)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (nic->cmd.ops->owned(nic, uctx->uid))
		return CMD_FAIL(cmd, RES_BUSY);
	cx_table_remove(&nic->uctxs, uctx->uid);
	free(uctx);
	return MLX5_CMD_STAT_OK;
}
