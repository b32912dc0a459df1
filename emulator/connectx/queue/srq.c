// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/srq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/tag_list.h"

/* An entry begins with this; the driver's struct mlx5_wqe_srq_next_seg. */
struct srq_next {
	uint8_t rsvd0[2];
	__be16 next; /* index of the entry to take after this one, unless the queue is cyclic */
	uint8_t signature;
	uint8_t rsvd1[11];
};

#define RECORD_BYTES	4
#define LOG_STRIDE_MIN	5	/* the link and one data segment */
#define LOG_STRIDE_MAX	10
/* Receive strides of the older contexts are in units of 16 bytes. */
#define LOG_UNIT	4

/* What the kinds of context have in common. */
struct srq_desc {
	enum srq_kind kind;
	unsigned int log_size, log_stride;
	bool cyclic;
	uint32_t pd, xrcd, cqn, user_index;
	uint16_t limit;
	struct ring_place ring;
	struct record_place dbr;
	unsigned int log_tags; /* of SRQ_TAGGED; else 0 */
	bool rendezvous;
	const void *context; /* to be kept for queries */
	size_t context_bytes;
};

struct srq *srq_find(struct connectx *nic, uint32_t srqn)
{
	return cx_table_get(&nic->queues->srqs, srqn);
}

/* The one that @cmd names, if it is of this kind. */
static struct srq *srq_named(struct connectx *nic, const struct cmd *cmd, uint32_t srqn,
			     enum srq_kind kind)
{
	struct srq *srq = cmd_find(cmd, &nic->queues->srqs, srqn);

	return srq && srq->kind == kind ? srq : NULL;
}

static void srq_event(struct connectx *nic, uint8_t type, const struct srq *srq)
{
	struct mlx5_eqe_qp_srq event = {
		.type = srq->kind == SRQ_RMP ? MLX5_EVENT_QUEUE_TYPE_RQ : MLX5_EVENT_QUEUE_TYPE_QP,
		.qp_srq_n = cpu_to_be32(srq->srqn),
	};

	eq_post_async(nic, type, 0, &event, sizeof(event));
}

static void srq_catastrophe(struct connectx *nic, struct srq *srq)
{
	srq->error = true;
	srq_event(nic, MLX5_EVENT_TYPE_SRQ_CATAS_ERROR, srq);
}

/* How many entries are posted and not taken; -EFAULT when the doorbell record cannot be read. */
static int srq_left(struct connectx *nic, const struct srq *srq)
{
	const __be32 *record = cx_ram(nic, srq->dbr.address, RECORD_BYTES, false);

	if (!record)
		return -EFAULT;
	return (uint16_t)(be32_to_cpu(__atomic_load_n(record, __ATOMIC_ACQUIRE)) - srq->taken);
}

bool srq_available(struct connectx *nic, struct srq *srq)
{
	return !srq->error && srq_left(nic, srq) > 0;
}

static void srq_check_limit(struct connectx *nic, struct srq *srq, int left)
{
	if (!srq->limit || left >= srq->limit)
		return;
	srq->limit = 0;
	srq_event(nic, MLX5_EVENT_TYPE_SRQ_RQ_LIMIT, srq);
}

static uint16_t srq_slot(const struct srq *srq, uint16_t index)
{
	return index & ((1U << srq->log_size) - 1);
}

int srq_take(struct connectx *nic, struct srq *srq, uint16_t *index, uint64_t *offset,
	     uint32_t *bytes)
{
	uint64_t start = (uint64_t)srq_slot(srq, srq->head) << srq->log_stride;
	struct srq_next link;
	int left;

	if (srq->error)
		return -EFAULT;
	left = srq_left(nic, srq);
	if (!left)
		return -EAGAIN;
	if (left < 0 || cx_buf_read(nic, &srq->buf, start, &link, sizeof(link))) {
		srq_catastrophe(nic, srq);
		return -EFAULT;
	}
	*index = srq->head;
	*offset = start + sizeof(link);
	*bytes = (1U << srq->log_stride) - sizeof(link);
	srq->head = srq->cyclic ? srq->head + 1 : srq_slot(srq, be16_to_cpu(link.next));
	srq->taken++;
	srq_check_limit(nic, srq, left - 1);
	return 0;
}

static void srq_free(struct connectx *nic, struct srq *srq)
{
	srq->pd->users--;
	if (srq->xrcd)
		srq->xrcd->users--;
	if (srq->cq)
		srq->cq->users--;
	cx_table_remove(&nic->queues->srqs, srq->srqn);
	cx_buf_fini(nic, &srq->buf);
	record_release(&srq->dbr);
	free(srq->tags);
	free(srq);
}

void srq_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct srq *srq;

	while ((srq = cx_table_next(&nic->queues->srqs, &cursor)))
		srq_free(nic, srq);
}

static uint8_t srq_fill(struct connectx *nic, struct cmd *cmd, const struct srq_desc *desc,
			struct srq *srq)
{
	uint8_t status;

	if (desc->log_size > CX_LOG_MAX_SRQ_SZ || desc->log_stride < LOG_STRIDE_MIN ||
	    desc->log_stride > LOG_STRIDE_MAX)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	srq->kind = desc->kind;
	srq->log_size = desc->log_size;
	srq->log_stride = desc->log_stride;
	srq->cyclic = desc->cyclic;
	srq->limit = desc->limit;
	srq->user_index = desc->user_index;
	srq->rendezvous = desc->rendezvous;
	memcpy(srq->context, desc->context, desc->context_bytes);
	srq->pd = cmd_find(cmd, &nic->pds, desc->pd);
	if (!srq->pd)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (desc->kind == SRQ_XRC || desc->kind == SRQ_TAGGED) {
		srq->cq = cmd_find(cmd, &nic->queues->cqs, desc->cqn);
		if (!srq->cq)
			return CMD_FAIL(cmd, BAD_RES_ERR);
	}
	if (desc->kind == SRQ_XRC) {
		srq->xrcd = cmd_find(cmd, &nic->xrcds, desc->xrcd);
		if (!srq->xrcd)
			return CMD_FAIL(cmd, BAD_RES_ERR);
	}
	status = record_take(nic, cmd, &srq->dbr, &desc->dbr, RECORD_BYTES);
	if (status)
		return status;
	status = ring_take(nic, cmd, &srq->buf, &desc->ring,
			   1ULL << (desc->log_size + desc->log_stride), false);
	if (status)
		record_release(&srq->dbr);
	return status;
}

static uint8_t srq_make(struct connectx *nic, struct cmd *cmd, const struct srq_desc *desc,
			uint32_t *srqn)
{
	struct srq *srq = calloc(1, sizeof(*srq));
	int64_t number;
	uint8_t status;

	if (!srq)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = srq_fill(nic, cmd, desc, srq);
	if (status)
		goto free_srq;
	if (desc->kind == SRQ_TAGGED) {
		srq->tags = tag_list_create(desc->log_tags);
		if (!srq->tags) {
			status = CMD_FAIL(cmd, NO_RES_ERR);
			goto free_buf;
		}
	}
	number = cmd_add(cmd, &nic->queues->srqs, srq);
	if (number < 0) {
		status = CMD_FAIL(cmd, LIM_ERR);
		goto free_tags;
	}
	*srqn = srq->srqn = number;
	srq->pd->users++;
	if (srq->xrcd)
		srq->xrcd->users++;
	if (srq->cq)
		srq->cq->users++;
	return MLX5_CMD_STAT_OK;

free_tags:
	free(srq->tags);
free_buf:
	cx_buf_fini(nic, &srq->buf);
	record_release(&srq->dbr);
free_srq:
	free(srq);
	return status;
}

static uint8_t srq_unmake(struct connectx *nic, struct cmd *cmd, uint32_t srqn, enum srq_kind kind)
{
	struct srq *srq = srq_named(nic, cmd, srqn, kind);

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (srq->users)
		return CMD_FAIL(cmd, RES_BUSY);
	/* QPs name XRC SRQs by number in each message, without being attached to one */
	if (kind == SRQ_XRC)
		qp_forget_srq(nic, srq);
	srq_free(nic, srq);
	return MLX5_CMD_STAT_OK;
}

/* Ask for the limit event; at once if fewer than @limit are left already. */
static uint8_t srq_set_limit(struct connectx *nic, struct cmd *cmd, struct srq *srq, uint16_t limit)
{
	int left;

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (srq->error)
		return CMD_FAIL(cmd, BAD_RES_STATE_ERR);
	if (limit > 1U << srq->log_size)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	srq->limit = limit;
	left = srq_left(nic, srq);
	if (left >= 0)
		srq_check_limit(nic, srq, left);
	return MLX5_CMD_STAT_OK;
}

/* SRQ and XRC SRQ contexts agree in the place of all that both have. */
_Static_assert(MLX5_BYTE_OFF(srqc, pd) == MLX5_BYTE_OFF(xrc_srqc, pd) &&
		       MLX5_BYTE_OFF(srqc, lwm) == MLX5_BYTE_OFF(xrc_srqc, lwm) &&
		       MLX5_BYTE_OFF(srqc, dbr_addr) == MLX5_BYTE_OFF(xrc_srqc, db_record_addr_h) &&
		       MLX5_BYTE_OFF(srqc, page_offset) == MLX5_BYTE_OFF(xrc_srqc, page_offset) &&
		       MLX5_ST_SZ_BYTES(srqc) == MLX5_ST_SZ_BYTES(xrc_srqc),
	       "one parser serves both");

static void desc_from_xrc_srqc(struct srq_desc *desc, const void *context)
{
	desc->context = context;
	desc->log_size = MLX5_GET(xrc_srqc, context, log_xrc_srq_size);
	desc->log_stride = MLX5_GET(xrc_srqc, context, log_rq_stride) + LOG_UNIT;
	desc->ring.log_page_size = MLX5_GET(xrc_srqc, context, log_page_size);
	desc->ring.page_offset = MLX5_GET(xrc_srqc, context, page_offset);
	desc->pd = MLX5_GET(xrc_srqc, context, pd);
	desc->limit = MLX5_GET(xrc_srqc, context, lwm);
	desc->dbr.address = (uint64_t)MLX5_GET(xrc_srqc, context, db_record_addr_h) << 32 |
			    MLX5_GET(xrc_srqc, context, db_record_addr_l) << 2;
}

uint8_t srq_create(struct connectx *nic, struct cmd *cmd)
{
	struct srq_desc desc = {
		.kind = SRQ_BASIC,
		.context_bytes = MLX5_ST_SZ_BYTES(srqc),
		.ring.pas = MLX5_ADDR_OF(create_srq_in, cmd->in, pas),
		.ring.pas_bytes = cmd->in_len - MLX5_ST_SZ_BYTES(create_srq_in),
	};
	uint32_t srqn;
	uint8_t status;

	/* The older SRQ cannot lie in a umem, and a user must not give a page list. */
	if (cmd_from_user(cmd))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	desc_from_xrc_srqc(&desc, MLX5_ADDR_OF(create_srq_in, cmd->in, srq_context_entry));
	status = srq_make(nic, cmd, &desc, &srqn);
	if (!status)
		MLX5_SET(create_srq_out, cmd->out, srqn, srqn);
	return status;
}

uint8_t srq_destroy(struct connectx *nic, struct cmd *cmd)
{
	return srq_unmake(nic, cmd, MLX5_GET(destroy_srq_in, cmd->in, srqn), SRQ_BASIC);
}

uint8_t srq_query(struct connectx *nic, struct cmd *cmd)
{
	struct srq *srq = srq_named(nic, cmd, MLX5_GET(query_srq_in, cmd->in, srqn), SRQ_BASIC);
	void *context = MLX5_ADDR_OF(query_srq_out, cmd->out, srq_context_entry);

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	memcpy(context, srq->context, MLX5_ST_SZ_BYTES(srqc));
	MLX5_SET(srqc, context, state, srq->error ? MLX5_SRQC_STATE_ERROR : MLX5_SRQC_STATE_GOOD);
	MLX5_SET(srqc, context, lwm, srq->limit);
	return MLX5_CMD_STAT_OK;
}

uint8_t srq_arm(struct connectx *nic, struct cmd *cmd)
{
	uint32_t srqn = MLX5_GET(arm_rq_in, cmd->in, srq_number);
	enum srq_kind kind;

	switch (MLX5_GET(arm_rq_in, cmd->in, op_mod)) {
	case MLX5_ARM_RQ_IN_OP_MOD_SRQ:
		kind = SRQ_BASIC;
		break;
	case MLX5_ARM_RQ_IN_OP_MOD_XRQ:
		kind = SRQ_TAGGED;
		break;
	default:
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	}
	return srq_set_limit(nic, cmd, srq_named(nic, cmd, srqn, kind),
			     MLX5_GET(arm_rq_in, cmd->in, lwm));
}

uint8_t xrc_srq_create(struct connectx *nic, struct cmd *cmd)
{
	const void *context = MLX5_ADDR_OF(create_xrc_srq_in, cmd->in, xrc_srq_context_entry);
	struct srq_desc desc = {
		.kind = SRQ_XRC,
		.context_bytes = MLX5_ST_SZ_BYTES(xrc_srqc),
		.ring.pas = MLX5_ADDR_OF(create_xrc_srq_in, cmd->in, pas),
		.ring.pas_bytes = cmd->in_len - MLX5_ST_SZ_BYTES(create_xrc_srq_in),
		.xrcd = MLX5_GET(xrc_srqc, context, xrcd),
		.cqn = MLX5_GET(xrc_srqc, context, cqn),
		.user_index = MLX5_GET(xrc_srqc, context, user_index),
	};
	uint32_t srqn;
	uint8_t status;

	/*
	 * The driver creates these under its own uid; how a user would name a umem here is not
	 * known.
	 */
	if (cmd_from_user(cmd))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	desc_from_xrc_srqc(&desc, context);
	status = srq_make(nic, cmd, &desc, &srqn);
	if (!status)
		MLX5_SET(create_xrc_srq_out, cmd->out, xrc_srqn, srqn);
	return status;
}

uint8_t xrc_srq_destroy(struct connectx *nic, struct cmd *cmd)
{
	return srq_unmake(nic, cmd, MLX5_GET(destroy_xrc_srq_in, cmd->in, xrc_srqn), SRQ_XRC);
}

uint8_t xrc_srq_query(struct connectx *nic, struct cmd *cmd)
{
	struct srq *srq = srq_named(nic, cmd, MLX5_GET(query_xrc_srq_in, cmd->in, xrc_srqn),
				    SRQ_XRC);
	void *context = MLX5_ADDR_OF(query_xrc_srq_out, cmd->out, xrc_srq_context_entry);

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	memcpy(context, srq->context, MLX5_ST_SZ_BYTES(xrc_srqc));
	MLX5_SET(xrc_srqc, context, state,
		 srq->error ? MLX5_XRC_SRQC_STATE_ERROR : MLX5_XRC_SRQC_STATE_GOOD);
	MLX5_SET(xrc_srqc, context, lwm, srq->limit);
	return MLX5_CMD_STAT_OK;
}

uint8_t xrc_srq_arm(struct connectx *nic, struct cmd *cmd)
{
	struct srq *srq = srq_named(nic, cmd, MLX5_GET(arm_xrc_srq_in, cmd->in, xrc_srqn), SRQ_XRC);

	if (MLX5_GET(arm_xrc_srq_in, cmd->in, op_mod) != MLX5_ARM_XRC_SRQ_IN_OP_MOD_XRC_SRQ)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	return srq_set_limit(nic, cmd, srq, MLX5_GET(arm_xrc_srq_in, cmd->in, lwm));
}

/*
 * The queue of an RMP or an XRQ; @layout_bytes: of the command without its page list.
 *
 * Return: whether its type is one of this model's: those whose entries take many messages are not.
 */
static bool desc_from_wq(struct srq_desc *desc, const struct cmd *cmd, const void *wq,
			 size_t layout_bytes)
{
	uint8_t type = MLX5_GET(wq, wq, wq_type);

	desc->cyclic = type == MLX5_WQ_TYPE_CYCLIC;
	desc->log_size = MLX5_GET(wq, wq, log_wq_sz);
	desc->log_stride = MLX5_GET(wq, wq, log_wq_stride);
	desc->pd = MLX5_GET(wq, wq, pd);
	desc->limit = MLX5_GET(wq, wq, lwm);
	desc->dbr = (struct record_place){
		.address = MLX5_GET64(wq, wq, dbr_addr),
		.in_umem = MLX5_GET(wq, wq, dbr_umem_valid),
		.umem_id = MLX5_GET(wq, wq, dbr_umem_id),
	};
	desc->ring = (struct ring_place){
		.pas = MLX5_ADDR_OF(wq, wq, pas),
		.pas_bytes = cmd->in_len - layout_bytes,
		.log_page_size = MLX5_GET(wq, wq, log_wq_pg_sz),
		.page_offset = MLX5_GET(wq, wq, page_offset),
		.in_umem = MLX5_GET(wq, wq, wq_umem_valid),
		.umem_id = MLX5_GET(wq, wq, wq_umem_id),
		.umem_offset = MLX5_GET64(wq, wq, wq_umem_offset),
	};
	return desc->cyclic || type == MLX5_WQ_TYPE_LINKED_LIST;
}

uint8_t rmp_create(struct connectx *nic, struct cmd *cmd)
{
	const void *rmpc = MLX5_ADDR_OF(create_rmp_in, cmd->in, ctx);
	struct srq_desc desc = {
		.kind = SRQ_RMP,
		.context = rmpc,
		.context_bytes = MLX5_ST_SZ_BYTES(rmpc),
	};
	uint32_t rmpn;
	uint8_t status;

	if (!desc_from_wq(&desc, cmd, MLX5_ADDR_OF(rmpc, rmpc, wq),
			  MLX5_ST_SZ_BYTES(create_rmp_in)) ||
	    MLX5_GET(rmpc, rmpc, state) != MLX5_RMPC_STATE_RDY)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	status = srq_make(nic, cmd, &desc, &rmpn);
	if (!status)
		MLX5_SET(create_rmp_out, cmd->out, rmpn, rmpn);
	return status;
}

uint8_t rmp_destroy(struct connectx *nic, struct cmd *cmd)
{
	return srq_unmake(nic, cmd, MLX5_GET(destroy_rmp_in, cmd->in, rmpn), SRQ_RMP);
}

uint8_t rmp_query(struct connectx *nic, struct cmd *cmd)
{
	struct srq *srq = srq_named(nic, cmd, MLX5_GET(query_rmp_in, cmd->in, rmpn), SRQ_RMP);
	void *rmpc = MLX5_ADDR_OF(query_rmp_out, cmd->out, rmp_context);
	void *wq = MLX5_ADDR_OF(rmpc, rmpc, wq);

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	memcpy(rmpc, srq->context, MLX5_ST_SZ_BYTES(rmpc));
	MLX5_SET(rmpc, rmpc, state, srq->error ? MLX5_RMPC_STATE_ERR : MLX5_RMPC_STATE_RDY);
	MLX5_SET(wq, wq, lwm, srq->limit);
	MLX5_SET(wq, wq, hw_counter, srq->taken);
	return MLX5_CMD_STAT_OK;
}

uint8_t rmp_modify(struct connectx *nic, struct cmd *cmd)
{
	struct srq *srq = srq_named(nic, cmd, MLX5_GET(modify_rmp_in, cmd->in, rmpn), SRQ_RMP);
	const void *rmpc = MLX5_ADDR_OF(modify_rmp_in, cmd->in, ctx);
	const void *wq = MLX5_ADDR_OF(rmpc, rmpc, wq);
	const void *bitmask = MLX5_ADDR_OF(modify_rmp_in, cmd->in, bitmask);

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (MLX5_GET(rmpc, rmpc, state) != MLX5_RMPC_STATE_RDY)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!MLX5_GET(rmp_bitmask, bitmask, lwm))
		return MLX5_CMD_STAT_OK;
	return srq_set_limit(nic, cmd, srq, MLX5_GET(wq, wq, lwm));
}

uint8_t xrq_create(struct connectx *nic, struct cmd *cmd)
{
	const void *xrqc = MLX5_ADDR_OF(create_xrq_in, cmd->in, xrq_context);
	const void *tags = MLX5_ADDR_OF(xrqc, xrqc, tag_matching_topology_context);
	struct srq_desc desc = {
		.kind = SRQ_TAGGED,
		.context = xrqc,
		.context_bytes = MLX5_ST_SZ_BYTES(xrqc),
		.cqn = MLX5_GET(xrqc, xrqc, cqn),
		.user_index = MLX5_GET(xrqc, xrqc, user_index),
		.log_tags = MLX5_GET(tag_matching_topology_context, tags, log_matching_list_sz),
		.rendezvous = MLX5_GET(xrqc, xrqc, offload) == MLX5_XRQC_OFFLOAD_RNDV,
	};
	uint32_t xrqn;
	uint8_t status;

	if (!desc_from_wq(&desc, cmd, MLX5_ADDR_OF(xrqc, xrqc, wq),
			  MLX5_ST_SZ_BYTES(create_xrq_in)) ||
	    MLX5_GET(xrqc, xrqc, topology) != MLX5_XRQC_TOPOLOGY_TAG_MATCHING ||
	    desc.log_tags > CX_LOG_MAX_TAGS)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	status = srq_make(nic, cmd, &desc, &xrqn);
	if (!status)
		MLX5_SET(create_xrq_out, cmd->out, xrqn, xrqn);
	return status;
}

uint8_t xrq_destroy(struct connectx *nic, struct cmd *cmd)
{
	return srq_unmake(nic, cmd, MLX5_GET(destroy_xrq_in, cmd->in, xrqn), SRQ_TAGGED);
}

uint8_t xrq_query(struct connectx *nic, struct cmd *cmd)
{
	struct srq *srq = srq_named(nic, cmd, MLX5_GET(query_xrq_in, cmd->in, xrqn), SRQ_TAGGED);
	void *xrqc = MLX5_ADDR_OF(query_xrq_out, cmd->out, xrq_context);
	void *tags = MLX5_ADDR_OF(xrqc, xrqc, tag_matching_topology_context);
	void *wq = MLX5_ADDR_OF(xrqc, xrqc, wq);

	if (!srq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	memcpy(xrqc, srq->context, MLX5_ST_SZ_BYTES(xrqc));
	MLX5_SET(xrqc, xrqc, state, srq->error ? MLX5_XRQC_STATE_ERROR : MLX5_XRQC_STATE_GOOD);
	MLX5_SET(wq, wq, lwm, srq->limit);
	MLX5_SET(wq, wq, hw_counter, srq->taken);
	MLX5_SET(tag_matching_topology_context, tags, append_next_index, srq->tags->next);
	MLX5_SET(tag_matching_topology_context, tags, sw_phase_cnt, srq->tags->sw_count);
	MLX5_SET(tag_matching_topology_context, tags, hw_phase_cnt, srq->tags->hw_count);
	return MLX5_CMD_STAT_OK;
}
