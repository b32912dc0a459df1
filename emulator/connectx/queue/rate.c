// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/rate.h"

#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/queue/queues.h"

#define BURST_DEFAULT	(16U << 10)
#define BURST_MIN	4096U	/* the size of the pieces in which messages are sent */

struct rate *rate_find(struct connectx *nic, const struct cmd *cmd, uint32_t index)
{
	struct rate *rate;

	if (!index || index >= CX_RATES)
		return NULL;
	rate = &nic->queues->rates.entry[index];
	if (!rate->kbps)
		return NULL;
	return !cmd_from_user(cmd) || rate->uid == cmd->uid || rate->uid == CX_UID_SHARED ? rate :
											    NULL;
}

uint64_t rate_ns(const struct rate *rate, uint64_t bytes)
{
	/* bits, at kbps * 1000 in a second of 10^9 ns */
	return bytes * 8 * 1000000 / rate->kbps;
}

bool rate_owned(const struct connectx *nic, uint16_t uid)
{
	for (unsigned int i = 1; i < CX_RATES; i++)
		if (nic->queues->rates.entry[i].kbps && nic->queues->rates.entry[i].uid == uid)
			return true;
	return false;
}

void rate_clear(struct connectx *nic)
{
	memset(&nic->queues->rates, 0, sizeof(nic->queues->rates));
}

/* The driver chooses the index; a rate of zero gives the entry back. */
uint8_t rate_set(struct connectx *nic, struct cmd *cmd)
{
	const void *context = MLX5_ADDR_OF(set_pp_rate_limit_in, cmd->in, ctx);
	uint32_t index = MLX5_GET(set_pp_rate_limit_in, cmd->in, rate_limit_index);
	uint32_t kbps = MLX5_GET(set_pp_rate_limit_context, context, rate_limit);
	uint32_t burst = MLX5_GET(set_pp_rate_limit_context, context, burst_upper_bound);
	struct rate *rate;

	if (!index || index >= CX_RATES || kbps > CX_RATE_MAX)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	rate = &nic->queues->rates.entry[index];
	if (rate->kbps && cmd_from_user(cmd) && rate->uid != cmd->uid)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (rate->users)
		return CMD_FAIL(cmd, RES_BUSY);
	nic->queues->rates.count += !!kbps - !!rate->kbps;
	if (!burst)
		burst = BURST_DEFAULT;
	*rate = (struct rate){
		.kbps = kbps,
		.burst = burst < BURST_MIN ? BURST_MIN : burst,
		.uid = cmd->uid,
	};
	return MLX5_CMD_STAT_OK;
}
