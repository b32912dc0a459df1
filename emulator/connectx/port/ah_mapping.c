// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/port/ah_mapping.h"

#include <stdlib.h>

#include "connectx/port/port.h"

struct ah_mapping {
	uint32_t number;
};

static void mapping_free(struct connectx *nic, struct ah_mapping *mapping)
{
	cx_table_remove(&nic->ib->ah_mappings, mapping->number);
	free(mapping);
}

void ah_mapping_clear(struct connectx *nic)
{
	struct ah_mapping *mapping;
	uint32_t cursor = 0;

	while ((mapping = cx_table_next(&nic->ib->ah_mappings, &cursor)))
		mapping_free(nic, mapping);
}

/* The QP may belong to any user: its number comes from the peer, over some connection. */
uint8_t ah_mapping_create(struct connectx *nic, struct cmd *cmd)
{
	struct ah_mapping *mapping;
	int64_t number;

	if (cmd->in_len < MLX5_ST_SZ_BYTES(ah_mapping_in))
		return CMD_FAIL(cmd, BAD_INP_LEN_ERR);
	if (!MLX5_GET(ah_mapping_in, cmd->in, qpn))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return CMD_FAIL(cmd, NO_RES_ERR);
	number = cmd_add(cmd, &nic->ib->ah_mappings, mapping);
	if (number < 0) {
		free(mapping);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	mapping->number = number;
	MLX5_SET(general_obj_out_cmd_hdr, cmd->out, obj_id, mapping->number);
	return MLX5_CMD_STAT_OK;
}

uint8_t ah_mapping_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct ah_mapping *mapping = cmd_find(cmd, &nic->ib->ah_mappings,
					      MLX5_GET(general_obj_in_cmd_hdr, cmd->in, obj_id));

	if (!mapping)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	mapping_free(nic, mapping);
	return MLX5_CMD_STAT_OK;
}
