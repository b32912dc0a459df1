// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/device/hca.h"

#include <string.h>

#include "connectx/device/caps.h"
#include "connectx/device/device.h"
#include "connectx/device/objects.h"
#include "connectx/port/port.h"

#define ISSI_CURRENT		1	/* the driver knows interface revisions 0 and 1 */
#define IEEE_VENDOR		0x0002c9
#define PSID			"SFB0000000001"	/* board: none of the vendor's */
#define TERMINATE_SCATTER_MKEY	0x100	/* MLX5_TERMINATE_SCATTER_LIST_LKEY */

uint8_t hca_enable(struct connectx *nic, struct cmd *cmd)
{
	if (MLX5_GET(enable_hca_in, cmd->in, function_id))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (nic->state != HCA_DISABLED)
		return CMD_FAIL(cmd, BAD_SYS_STATE_ERR);
	nic->state = HCA_ENABLED;
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_disable(struct connectx *nic, struct cmd *cmd)
{
	if (nic->state != HCA_ENABLED)
		return CMD_FAIL(cmd, BAD_SYS_STATE_ERR);
	nic->state = HCA_DISABLED;
	cx_device(nic)->issi = 0;
	caps_reset(nic);
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_init(struct connectx *nic, struct cmd *cmd)
{
	if (nic->state != HCA_ENABLED)
		return CMD_FAIL(cmd, BAD_SYS_STATE_ERR);
	nic->state = HCA_UP;
	port_start(nic);
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_teardown(struct connectx *nic, struct cmd *cmd)
{
	if (MLX5_GET(teardown_hca_in, cmd->in, profile) !=
	    MLX5_TEARDOWN_HCA_IN_PROFILE_GRACEFUL_CLOSE)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (nic->state != HCA_UP)
		return CMD_FAIL(cmd, BAD_SYS_STATE_ERR);
	/* A driver that closes properly has destroyed everything; count what it has not. */
	cx_device(nic)->orphans += objects_count(nic);
	objects_clear(nic);
	nic->state = HCA_ENABLED;
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_query_issi(struct connectx *nic, struct cmd *cmd)
{
	MLX5_SET(query_issi_out, cmd->out, current_issi, cx_device(nic)->issi);
	MLX5_SET(query_issi_out, cmd->out, supported_issi_dw0, 1 << ISSI_CURRENT | 1 << 0);
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_set_issi(struct connectx *nic, struct cmd *cmd)
{
	uint16_t issi = MLX5_GET(set_issi_in, cmd->in, current_issi);

	if (issi > ISSI_CURRENT)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	cx_device(nic)->issi = issi;
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_query_adapter(struct connectx *nic, struct cmd *cmd)
{
	void *adapter = MLX5_ADDR_OF(query_adapter_out, cmd->out, query_adapter_struct);

	MLX5_SET(query_adapter_param_block, adapter, ieee_vendor_id, IEEE_VENDOR);
	memcpy(MLX5_ADDR_OF(query_adapter_param_block, adapter, vsd_contd_psid), PSID,
	       sizeof(PSID));
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_query_special_contexts(struct connectx *nic, struct cmd *cmd)
{
	MLX5_SET(query_special_contexts_out, cmd->out, null_mkey, MKEY_NULL);
	MLX5_SET(query_special_contexts_out, cmd->out, terminate_scatter_list_mkey,
		 TERMINATE_SCATTER_MKEY);
	return MLX5_CMD_STAT_OK;
}

/*
 * Bonded ports: there are none, which is what an output of zeroes says. UCX queries this of every
 * device, whether or not it has the capability.
 */
uint8_t hca_query_lag(struct connectx *nic, struct cmd *cmd)
{
	return MLX5_CMD_STAT_OK;
}

uint8_t hca_nop(struct connectx *nic, struct cmd *cmd)
{
	return MLX5_CMD_STAT_OK;
}

/* No memory of the host is needed, neither to boot nor to initialise. */
uint8_t pages_query(struct connectx *nic, struct cmd *cmd)
{
	MLX5_SET(query_pages_out, cmd->out, num_pages, 0);
	return MLX5_CMD_STAT_OK;
}

/*
 * The driver asks for the pages that it can take back. It may also offer pages, but none were asked
 * for, so they are declined.
 */
uint8_t pages_manage(struct connectx *nic, struct cmd *cmd)
{
	switch (MLX5_GET(manage_pages_in, cmd->in, op_mod)) {
	case MLX5_MANAGE_PAGES_IN_OP_MOD_HCA_RETURN_PAGES:
		MLX5_SET(manage_pages_out, cmd->out, output_num_entries, 0);
		return MLX5_CMD_STAT_OK;
	case MLX5_MANAGE_PAGES_IN_OP_MOD_ALLOCATION_FAIL:
		return MLX5_CMD_STAT_OK;
	case MLX5_MANAGE_PAGES_IN_OP_MOD_ALLOCATION_SUCCESS:
		/* rdma-core's VFIO driver gives what was asked for even if that is none. */
		if (!MLX5_GET(manage_pages_in, cmd->in, input_num_entries))
			return MLX5_CMD_STAT_OK;
		return CMD_FAIL(cmd, BAD_RES_STATE_ERR);
	default:
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	}
}
