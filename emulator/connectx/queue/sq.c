// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/sq.h"

#include <stdlib.h>
#include <string.h>

#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/uar.h"
#include "connectx/queue/wqe.h"
#include "util/macros.h"

#define RECORD_BYTES	4
#define LOG_WQE_BB	6
#define WQ_CYCLIC	1	/* wq_type */
#define MODIFY_GROUP	(1 << 2) /* modify_bitmask: qos_queue_group_id */

/*
 * The stores of one BlueFlame write come one by one: no CPU between the guest and here combines
 * them. A WQE that was rung for is given this long to arrive; after that it is read from memory,
 * as hardware does when it gets a burst in pieces.
 */
#define BURST_NS	100000

struct sq *sq_find(struct connectx *nic, uint32_t sqn)
{
	return cx_table_get(&nic->queues->sqs, sqn);
}

/*
 * The index after the last block that was posted; or the next index to execute if the record cannot
 * be read.
 */
static uint16_t sq_posted(struct sq *sq)
{
	uint64_t address = sq->dbr + MLX5_SND_DBR * RECORD_BYTES;
	const __be32 *record = cx_ram(sq->nic, address, RECORD_BYTES, false);

	if (record)
		return be32_to_cpu(__atomic_load_n(record, __ATOMIC_ACQUIRE));
	cx_refused(sq->nic, address, RECORD_BYTES, false);
	return sq->next;
}

static void sq_complete(struct sq *sq, uint16_t index, uint8_t opcode, uint8_t syndrome)
{
	uint32_t opcode_number = (uint32_t)opcode << 24 | sq->sqn;
	struct mlx5_err_cqe err = {
		.srqn = cpu_to_be32(sq->user_index),
		.syndrome = syndrome,
		.s_wqe_opcode_qpn = cpu_to_be32(opcode_number),
		.wqe_counter = cpu_to_be16(index),
		.op_own = CQE_REQ_ERR << CQE_OPCODE_SHIFT,
	};
	struct mlx5_cqe64 cqe = {
		.srqn = cpu_to_be32(sq->user_index),
		.sop_drop_qpn = cpu_to_be32(opcode_number),
		.wqe_counter = cpu_to_be16(index),
		.op_own = CQE_REQ << CQE_OPCODE_SHIFT,
	};

	if (syndrome)
		memcpy(&cqe, &err, sizeof(cqe));
	if (!cq_post(sq->nic, sq->cq, &cqe, syndrome) || syndrome)
		sq->state = MLX5_SQC_STATE_ERR;
}

/* The WQE at the head of the queue, which begins with @ctrl. */
static void sq_execute(struct sq *sq, const struct mlx5_wqe_ctrl_seg *ctrl)
{
	uint8_t opcode = be32_to_cpu(ctrl->opmod_idx_opcode) & MLX5_WQE_CTRL_OPCODE_MASK;
	size_t size = wqe_send_size(ctrl);
	uint16_t index = sq->next;

	sq->next += size ? (size + WQE_BASIC_BLOCK - 1) / WQE_BASIC_BLOCK : 1;
	if (sq->state == MLX5_SQC_STATE_ERR)
		sq_complete(sq, index, opcode, CQE_WR_FLUSH);
	else if (!size || opcode != MLX5_OPCODE_NOP)
		sq_complete(sq, index, opcode, CQE_LOCAL_QP_OP);
	else if (ctrl->fm_ce_se & MLX5_WQE_CTRL_CQ_UPDATE)
		sq_complete(sq, index, opcode, 0);
}

static bool sq_run(struct engine_work *work, unsigned int budget)
{
	struct sq *sq = container_of(work, struct sq, work);
	struct mlx5_wqe_ctrl_seg ctrl;

	while (sq->state != MLX5_SQC_STATE_RST && sq->next != sq_posted(sq)) {
		uint64_t block = sq->next & ((1u << sq->log_size) - 1);

		if (!budget--)
			return true;
		if (cx_buf_read(sq->nic, &sq->buf, block << LOG_WQE_BB, &ctrl, sizeof(ctrl)))
			memset(&ctrl, 0, sizeof(ctrl));
		sq_execute(sq, &ctrl);
	}
	return false;
}

static void sq_burst_over(struct engine_timer *timer)
{
	engine_work_schedule(&container_of(timer, struct sq, burst)->work);
}

void sq_doorbell(struct sq *sq)
{
	if (sq->state != MLX5_SQC_STATE_RST && !engine_timer_armed(&sq->burst))
		engine_timer_arm(&sq->burst, BURST_NS);
}

/* Use the WQE only if it is the next one: those before it may have to be read from memory first. */
void sq_blueflame(struct sq *sq, const void *block)
{
	struct mlx5_wqe_ctrl_seg ctrl;
	uint16_t index;

	memcpy(&ctrl, block, sizeof(ctrl));
	index = be32_to_cpu(ctrl.opmod_idx_opcode) >> MLX5_WQE_CTRL_WQE_INDEX_SHIFT;
	if (sq->state != MLX5_SQC_STATE_RDY || index != sq->next || sq->next == sq_posted(sq))
		return;
	sq_execute(sq, &ctrl);
	if (sq->next == sq_posted(sq))
		engine_timer_cancel(&sq->burst);
}

/*
 * Commands.
 */
static bool sq_supported(const void *sqc, const void *wq)
{
	return MLX5_GET(sqc, sqc, state) == MLX5_SQC_STATE_RST && !MLX5_GET(sqc, sqc, hairpin) &&
	       !MLX5_GET(sqc, sqc, tis_lst_sz) && MLX5_GET(wq, wq, wq_type) == WQ_CYCLIC &&
	       MLX5_GET(wq, wq, log_wq_stride) == LOG_WQE_BB &&
	       MLX5_GET(wq, wq, log_wq_sz) <= CX_LOG_MAX_QP_SZ &&
	       !MLX5_GET(wq, wq, dbr_umem_valid) && !MLX5_GET(wq, wq, wq_umem_valid);
}

/* The domain is not looked at: NOPs use no keys, and without Ethernet the driver names none. */
static uint8_t sq_parse(struct connectx *nic, struct cmd *cmd, struct sq *sq)
{
	const void *sqc = MLX5_ADDR_OF(create_sq_in, cmd->in, ctx);
	const void *wq = MLX5_ADDR_OF(sqc, sqc, wq);
	struct sched_element *group;

	if (!sq_supported(sqc, wq))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	sq->nic = nic;
	sq->state = MLX5_SQC_STATE_RST;
	sq->log_size = MLX5_GET(wq, wq, log_wq_sz);
	sq->user_index = MLX5_GET(sqc, sqc, user_index);
	sq->dbr = MLX5_GET64(wq, wq, dbr_addr);
	sq->cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(sqc, sqc, cqn));
	sq->uar = uar_named(nic, cmd, MLX5_GET(wq, wq, uar_page));
	memcpy(sq->sqc, sqc, sizeof(sq->sqc));
	if (!sq->cq || !sq->uar)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (sq->dbr % (2 * RECORD_BYTES))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!sched_find_group(nic, cmd, MLX5_GET(sqc, sqc, qos_queue_group_id), &group))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	sq->group = group;
	return cx_buf_create(nic, cmd, &sq->buf, MLX5_ADDR_OF(wq, wq, pas),
			     cmd->in_len - MLX5_ST_SZ_BYTES(create_sq_in),
			     MLX5_GET(wq, wq, log_wq_pg_sz), MLX5_GET(wq, wq, page_offset),
			     1ULL << (sq->log_size + LOG_WQE_BB));
}

static uint8_t sq_start(struct connectx *nic, struct cmd *cmd, struct sq *sq)
{
	int64_t number = cmd_add(cmd, &nic->queues->sqs, sq);

	if (number < 0)
		return CMD_FAIL(cmd, LIM_ERR);
	sq->sqn = number;
	sq->cq->users++;
	uar_hold(nic, sq->uar->number);
	if (sq->group)
		sq->group->users++;
	engine_timer_init(&sq->burst, nic->engine, sq_burst_over);
	engine_work_init(&sq->work, nic->engine, sq_run);
	return MLX5_CMD_STAT_OK;
}

uint8_t sq_create(struct connectx *nic, struct cmd *cmd)
{
	struct sq *sq = calloc(1, sizeof(*sq));
	uint8_t status;

	if (!sq)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = sq_parse(nic, cmd, sq);
	if (!status)
		status = sq_start(nic, cmd, sq);
	if (status) {
		cx_buf_fini(nic, &sq->buf);
		free(sq);
		return status;
	}
	MLX5_SET(create_sq_out, cmd->out, sqn, sq->sqn);
	return MLX5_CMD_STAT_OK;
}

static void sq_free(struct sq *sq)
{
	struct connectx *nic = sq->nic;

	engine_timer_cancel(&sq->burst);
	engine_work_cancel(&sq->work);
	sq->cq->users--;
	uar_release(nic, sq->uar->number);
	sched_replace(&sq->group, NULL);
	cx_table_remove(&nic->queues->sqs, sq->sqn);
	cx_buf_fini(nic, &sq->buf);
	free(sq);
}

void sq_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct sq *sq;

	while ((sq = cx_table_next(&nic->queues->sqs, &cursor)))
		sq_free(sq);
}

/* From where to where a queue can be moved. */
static bool sq_may_move(uint8_t from, uint8_t to)
{
	switch (to) {
	case MLX5_SQC_STATE_RST:
		return true;
	case MLX5_SQC_STATE_RDY:
		return from != MLX5_SQC_STATE_ERR;
	case MLX5_SQC_STATE_ERR:
		return from != MLX5_SQC_STATE_RST;
	default:
		return false;
	}
}

uint8_t sq_modify(struct connectx *nic, struct cmd *cmd)
{
	struct sq *sq = cmd_find(cmd, &nic->queues->sqs, MLX5_GET(modify_sq_in, cmd->in, sqn));
	uint8_t state = MLX5_GET(modify_sq_in, cmd->in, ctx.state);
	uint64_t mask = MLX5_GET64(modify_sq_in, cmd->in, modify_bitmask);
	uint32_t number = MLX5_GET(modify_sq_in, cmd->in, ctx.qos_queue_group_id);
	struct sched_element *group;

	if (!sq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (MLX5_GET(modify_sq_in, cmd->in, sq_state) != sq->state)
		return CMD_FAIL(cmd, BAD_RES_STATE_ERR);
	if (!sq_may_move(sq->state, state) || mask & ~(uint64_t)MODIFY_GROUP)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (mask && !sched_find_group(nic, cmd, number, &group))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (mask) {
		sched_replace(&sq->group, group);
		MLX5_SET(sqc, sq->sqc, qos_queue_group_id, number);
	}
	sq->state = state;
	engine_timer_cancel(&sq->burst);
	if (state == MLX5_SQC_STATE_RST)
		sq->next = 0;
	engine_work_schedule(&sq->work);
	return MLX5_CMD_STAT_OK;
}

uint8_t sq_query(struct connectx *nic, struct cmd *cmd)
{
	struct sq *sq = cmd_find(cmd, &nic->queues->sqs, MLX5_GET(query_sq_in, cmd->in, sqn));
	void *sqc = MLX5_ADDR_OF(query_sq_out, cmd->out, sq_context);

	if (!sq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	memcpy(sqc, sq->sqc, sizeof(sq->sqc));
	MLX5_SET(sqc, sqc, state, sq->state);
	return MLX5_CMD_STAT_OK;
}

uint8_t sq_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct sq *sq = cmd_find(cmd, &nic->queues->sqs, MLX5_GET(destroy_sq_in, cmd->in, sqn));

	if (!sq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	sq_free(sq);
	return MLX5_CMD_STAT_OK;
}
