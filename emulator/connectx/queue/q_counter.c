// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/q_counter.h"

#include <stdlib.h>
#include <string.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/dct.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/queues.h"
#include "util/macros.h"

#define FIELD(name)	(MLX5_BYTE_OFF(query_q_counter_out, name) / sizeof(uint32_t))

/* Which counter a syndrome is counted in, in addition to that of all errors; 0: none is defined. */
struct syndrome_counts {
	uint8_t syndrome;
	uint16_t send, recv;
};

static const struct syndrome_counts syndromes[] = {
	{ CQE_LOCAL_LENGTH, FIELD(req_local_length_error), FIELD(resp_local_length_error) },
	{ CQE_LOCAL_QP_OP, FIELD(local_operation_error), FIELD(resp_local_qp_error) },
	{ CQE_LOCAL_PROT, FIELD(req_local_protection), FIELD(resp_local_protection) },
	{ CQE_WR_FLUSH, FIELD(req_cqe_flush_error), FIELD(resp_cqe_flush_error) },
	{ CQE_MW_BIND, FIELD(req_mw_binding), 0 },
	{ CQE_BAD_RESP, FIELD(req_bad_response), 0 },
	{ CQE_REMOTE_INVAL_REQ, FIELD(req_remote_invalid_request), 0 },
	{ CQE_REMOTE_ACCESS, FIELD(req_remote_access_errors), 0 },
	{ CQE_REMOTE_OP, FIELD(req_remote_operation_errors), 0 },
	{ CQE_RETRY_EXC, FIELD(req_transport_retries_exceeded), 0 },
	{ CQE_RNR_RETRY_EXC, FIELD(req_rnr_retries_exceeded), 0 },
};

static const struct syndrome_counts *syndrome_find(uint8_t syndrome)
{
	static const struct syndrome_counts none;

	for (unsigned int i = 0; i < ARRAY_SIZE(syndromes); i++)
		if (syndromes[i].syndrome == syndrome)
			return &syndromes[i];
	return &none;
}

void q_counter_send_error(struct q_counter *set, uint8_t syndrome)
{
	uint16_t count = syndrome_find(syndrome)->send;

	Q_COUNT(set, req_cqe_error);
	if (count)
		q_counter_add(set, count);
}

void q_counter_recv_error(struct q_counter *set, uint8_t syndrome)
{
	uint16_t count = syndrome_find(syndrome)->recv;

	Q_COUNT(set, resp_cqe_error);
	if (count)
		q_counter_add(set, count);
}

struct q_counter *q_counter_find(struct connectx *nic, uint32_t number)
{
	return cx_table_get(&nic->queues->q_counters, number);
}

static void q_counter_free(struct connectx *nic, struct q_counter *set)
{
	cx_table_remove(&nic->queues->q_counters, set->number);
	free(set);
}

void q_counter_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct q_counter *set;

	while ((set = cx_table_next(&nic->queues->q_counters, &cursor)))
		q_counter_free(nic, set);
}

uint8_t q_counter_alloc(struct connectx *nic, struct cmd *cmd)
{
	struct q_counter *set = calloc(1, sizeof(*set));
	int64_t number;

	if (!set)
		return CMD_FAIL(cmd, NO_RES_ERR);
	number = cmd_add(cmd, &nic->queues->q_counters, set);
	if (number < 0) {
		free(set);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	set->number = number;
	MLX5_SET(alloc_q_counter_out, cmd->out, counter_set_id, set->number);
	return MLX5_CMD_STAT_OK;
}

/*
 * The driver frees a set even if it could not remove a QP in error from it (RTS2RTS is refused
 * there), and would not try again. So QPs that still use it stop counting.
 */
uint8_t q_counter_dealloc(struct connectx *nic, struct cmd *cmd)
{
	struct q_counter *set = cmd_find(cmd, &nic->queues->q_counters,
					 MLX5_GET(dealloc_q_counter_in, cmd->in, counter_set_id));

	if (!set)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	qp_forget_counter(nic, set);
	dct_forget_counter(nic, set);
	q_counter_free(nic, set);
	return MLX5_CMD_STAT_OK;
}

uint8_t q_counter_query(struct connectx *nic, struct cmd *cmd)
{
	struct q_counter *set = cmd_find(cmd, &nic->queues->q_counters,
					 MLX5_GET(query_q_counter_in, cmd->in, counter_set_id));
	__be32 *out = cmd->out;

	if (MLX5_GET(query_q_counter_in, cmd->in, other_vport) ||
	    MLX5_GET(query_q_counter_in, cmd->in, aggregate))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!set)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	for (unsigned int i = FIELD(rx_write_requests); i < ARRAY_SIZE(set->values); i++)
		out[i] = cpu_to_be32(set->values[i]);
	if (MLX5_GET(query_q_counter_in, cmd->in, clear))
		memset(set->values, 0, sizeof(set->values));
	return MLX5_CMD_STAT_OK;
}
