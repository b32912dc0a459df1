// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/psv.h"

#include <stdlib.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/memory/memory.h"

#define PSV_MAX_CREATED	4	/* by one command: psv0_index to psv3_index */

static void psv_free(struct connectx *nic, struct psv *psv)
{
	psv->pd->users--;
	cx_table_remove(&nic->memory->psvs, psv->index);
	free(psv);
}

void psv_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct psv *psv;

	while ((psv = cx_table_next(&nic->memory->psvs, &cursor)))
		psv_free(nic, psv);
}

static struct psv *psv_add(struct connectx *nic, const struct cmd *cmd, struct domain *pd)
{
	struct psv *psv = calloc(1, sizeof(*psv));
	int64_t index;

	if (!psv)
		return NULL;
	index = cmd_add(cmd, &nic->memory->psvs, psv);
	if (index < 0) {
		free(psv);
		return NULL;
	}
	psv->index = index;
	psv->pd = pd;
	pd->users++;
	return psv;
}

static void psv_put_index(struct cmd *cmd, unsigned int which, uint32_t index)
{
	switch (which) {
	case 0:
		MLX5_SET(create_psv_out, cmd->out, psv0_index, index);
		break;
	case 1:
		MLX5_SET(create_psv_out, cmd->out, psv1_index, index);
		break;
	case 2:
		MLX5_SET(create_psv_out, cmd->out, psv2_index, index);
		break;
	default:
		MLX5_SET(create_psv_out, cmd->out, psv3_index, index);
		break;
	}
}

uint8_t psv_create(struct connectx *nic, struct cmd *cmd)
{
	unsigned int count = MLX5_GET(create_psv_in, cmd->in, num_psv);
	struct domain *pd = cmd_find(cmd, &nic->pds, MLX5_GET(create_psv_in, cmd->in, pd));
	struct psv *made[PSV_MAX_CREATED];

	/* mlx5_ib destroys what users leave behind, but keeps only the first index of a command */
	if (!count || count > (cmd_from_user(cmd) ? 1 : PSV_MAX_CREATED))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!pd)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	for (unsigned int i = 0; i < count; i++) {
		made[i] = psv_add(nic, cmd, pd);
		if (made[i])
			continue;
		while (i--)
			psv_free(nic, made[i]);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	for (unsigned int i = 0; i < count; i++)
		psv_put_index(cmd, i, made[i]->index);
	return MLX5_CMD_STAT_OK;
}

uint8_t psv_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct psv *psv = cmd_find(cmd, &nic->memory->psvs,
				   MLX5_GET(destroy_psv_in, cmd->in, psvn));

	if (!psv)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	psv_free(nic, psv);
	return MLX5_CMD_STAT_OK;
}
