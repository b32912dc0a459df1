// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/device/general_obj.h"

#include <stddef.h>

#include "connectx/port/ah_mapping.h"
#include "connectx/queue/reserved_qpn.h"
#include "connectx/queue/sched.h"
#include "util/macros.h"

static const struct kind {
	uint16_t type;
	cmd_handler *create, *destroy;
	cmd_handler *modify, *query; /* NULL: nothing to change, to tell */
} kinds[] = {
	{ CX_OBJ_SCHED_ELEMENT, sched_create, sched_destroy, sched_modify, sched_query },
	{ CX_OBJ_RESERVED_QPN, reserved_qpn_create, reserved_qpn_destroy, NULL, NULL },
	{ CX_OBJ_AH_MAPPING, ah_mapping_create, ah_mapping_destroy, NULL, NULL },
};

static const struct kind *kind_find(const struct cmd *cmd)
{
	uint16_t type = MLX5_GET(general_obj_in_cmd_hdr, cmd->in, obj_type);

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

uint8_t general_obj_create(struct connectx *nic, struct cmd *cmd)
{
	const struct kind *kind = kind_find(cmd);

	return kind ? kind->create(nic, cmd) : CMD_FAIL(cmd, BAD_PARAM_ERR);
}

uint8_t general_obj_modify(struct connectx *nic, struct cmd *cmd)
{
	const struct kind *kind = kind_find(cmd);

	return kind && kind->modify ? kind->modify(nic, cmd) : CMD_FAIL(cmd, BAD_PARAM_ERR);
}

uint8_t general_obj_query(struct connectx *nic, struct cmd *cmd)
{
	const struct kind *kind = kind_find(cmd);

	return kind && kind->query ? kind->query(nic, cmd) : CMD_FAIL(cmd, BAD_PARAM_ERR);
}

uint8_t general_obj_destroy(struct connectx *nic, struct cmd *cmd)
{
	const struct kind *kind = kind_find(cmd);

	return kind ? kind->destroy(nic, cmd) : CMD_FAIL(cmd, BAD_PARAM_ERR);
}
