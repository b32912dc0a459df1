// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/qp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/rate.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/srq.h"
#include "connectx/queue/uar.h"
#include "util/macros.h"

#define RECORD_BYTES	4
#define LOG_RQ_UNIT	4	/* log_rq_stride is in units of 16 bytes */
#define LOG_WQE_BB	6	/* MLX5_SEND_WQE_BB */
#define WQE_UNITS_IN_BB	4	/* a WQE says how long it is in units of 16 bytes */

/*
 * send_dbr_mode: whether the driver writes doorbell records. The third mode is not supported: it is
 * for queues whose doorbells are not rung by a CPU.
 */
enum { SEND_DBR_VALID, SEND_NO_DBR_EXT };

struct qp *qp_find(struct connectx *nic, uint32_t qpn)
{
	return cx_table_get(&nic->queues->qps, qpn);
}

struct qp *qp_find_destination(struct connectx *nic, uint32_t qpn)
{
	return qpn < ARRAY_SIZE(nic->queues->special) ? nic->queues->special[qpn] :
							qp_find(nic, qpn);
}

int qp_record(const struct qp *qp, unsigned int which, uint16_t *value)
{
	uint64_t address = qp->dbr.address + which * RECORD_BYTES;
	const __be32 *record = cx_ram(qp->nic, address, RECORD_BYTES, false);

	if (!record) {
		cx_refused(qp->nic, address, RECORD_BYTES, false);
		return -EFAULT;
	}
	*value = be32_to_cpu(__atomic_load_n(record, __ATOMIC_ACQUIRE));
	return 0;
}

void qp_event(const struct qp *qp, uint8_t type)
{
	if (qp->service == MLX5_QP_ST_DCT)
		eq_event_dct(qp->nic, type, qp->qpn);
	else
		eq_event_qp(qp->nic, type, qp->qpn);
}

void qp_doorbell(struct qp *qp)
{
	switch (fault_check(&qp->nic->queues->doorbell_fault, qp->qpn)) {
	case FAULT_STALL:
		qp->doorbell_held = true;
		return;
	case FAULT_FAIL: /* lost on the way */
		return;
	default:
		qp->nic->queues->requester->doorbell(qp);
	}
}

bool qp_doorbell_recordless(struct qp *qp, uint16_t index, unsigned int size)
{
	if (!qp->recordless)
		return false;
	qp->rung = index + (size + WQE_UNITS_IN_BB - 1) / WQE_UNITS_IN_BB;
	qp_doorbell(qp);
	return true;
}

static void doorbells_released(struct fault_point *fault)
{
	struct cx_queues *queues = container_of(fault, struct cx_queues, doorbell_fault);
	uint32_t cursor = 0;
	struct qp *qp;

	while ((qp = cx_table_next(&queues->qps, &cursor))) {
		if (!qp->doorbell_held)
			continue;
		qp->doorbell_held = false;
		qp->nic->queues->requester->doorbell(qp);
	}
}

void qp_init_faults(struct connectx *nic)
{
	nic->queues->doorbell_fault = (struct fault_point){
		.name = "doorbell",
		.actions = FAULT_STALL | FAULT_FAIL,
		.released = doorbells_released,
	};
}

/*
 * Creation: parse the command, take references, assign a number.
 */
static bool service_known(unsigned int service)
{
	switch (service) {
	case MLX5_QP_ST_RC:
	case MLX5_QP_ST_UC:
	case MLX5_QP_ST_UD:
	case MLX5_QP_ST_XRC:
	case MLX5_QP_ST_DCI:
	case MLX5_QP_ST_QP0:
	case MLX5_QP_ST_QP1:
	case MLX5_QP_ST_REG_UMR:
		return true;
	default:
		return false;
	}
}

static bool rings_parse(struct qp *qp, const void *qpc)
{
	if (MLX5_GET(qpc, qpc, rq_type) == MLX5_NON_ZERO_RQ) {
		qp->rq.present = true;
		qp->rq.log_size = MLX5_GET(qpc, qpc, log_rq_size);
		qp->rq.log_stride = MLX5_GET(qpc, qpc, log_rq_stride) + LOG_RQ_UNIT;
		if (1U << qp->rq.log_stride > CX_MAX_WQE_RQ)
			return false;
	}
	if (!MLX5_GET(qpc, qpc, no_sq)) {
		qp->sq.present = true;
		qp->sq.log_size = MLX5_GET(qpc, qpc, log_sq_size);
		qp->sq.log_stride = LOG_WQE_BB;
		if (qp->rq.present)
			qp->sq.offset = 1ULL << (qp->rq.log_size + qp->rq.log_stride);
	}
	return qp->rq.log_size <= CX_LOG_MAX_QP_SZ && qp->sq.log_size <= CX_LOG_MAX_QP_SZ;
}

static uint64_t rings_bytes(const struct qp *qp)
{
	return qp->sq.offset +
	       (qp->sq.present ? 1ULL << (qp->sq.log_size + qp->sq.log_stride) : 0) +
	       (qp->rq.present && !qp->sq.present ? 1ULL << (qp->rq.log_size + qp->rq.log_stride) :
						    0);
}

/* The rate that a context names; false when there is none of that number. */
static bool rate_parse(struct connectx *nic, const struct cmd *cmd, const void *qpc,
		       struct rate **rate)
{
	uint32_t index = MLX5_GET(qpc, qpc, packet_pacing_rate_limit_index);

	*rate = rate_find(nic, cmd, index);
	return !index || *rate;
}

static void rate_replace(struct qp *qp, struct rate *rate, const void *qpc)
{
	if (qp->rate)
		qp->rate->users--;
	qp->rate = rate;
	if (rate)
		rate->users++;
	MLX5_SET(qpc, qp->qpc, packet_pacing_rate_limit_index,
		 MLX5_GET(qpc, qpc, packet_pacing_rate_limit_index));
}

/* What the QP refers to; false when something it needs is not there. */
static bool references_parse(struct connectx *nic, const struct cmd *cmd, struct qp *qp,
			     const void *qpc)
{
	unsigned int rq_type = MLX5_GET(qpc, qpc, rq_type);

	qp->pd = cmd_find(cmd, &nic->pds, MLX5_GET(qpc, qpc, pd));
	/* The driver's QP for UMR is in no domain: it may name every key. */
	if (!qp->pd && qp->service != MLX5_QP_ST_REG_UMR)
		return false;
	qp->send_cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(qpc, qpc, cqn_snd));
	qp->recv_cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(qpc, qpc, cqn_rcv));
	if ((qp->sq.present && !qp->send_cq) || (rq_type != MLX5_ZERO_LEN_RQ && !qp->recv_cq))
		return false;
	if (qp->sq.present) {
		qp->uar = uar_named(nic, cmd, MLX5_GET(qpc, qpc, uar_page));
		if (!qp->uar)
			return false;
	}
	/*
	 * The driver sets an SRQ and an XRC domain for every QP, its own if there is no other, but
	 * only the QPs below use them. A DC initiator has this type of receive queue but receives
	 * nothing.
	 */
	if (rq_type == MLX5_SRQ_RQ && qp->service != MLX5_QP_ST_DCI) {
		qp->srq = cmd_find(cmd, &nic->queues->srqs, MLX5_GET(qpc, qpc, srqn_rmpn_xrqn));
		if (!qp->srq)
			return false;
	}
	if (!rate_parse(nic, cmd, qpc, &qp->rate))
		return false;
	if (qp->service == MLX5_QP_ST_XRC) {
		qp->xrcd = cmd_find(cmd, &nic->xrcds, MLX5_GET(qpc, qpc, xrcd));
		if (!qp->xrcd)
			return false;
	}
	return true;
}

/*
 * Count @qp as a user of all that it refers to, except of the UAR, which is freed with its last
 * user.
 */
static void references_count(struct qp *qp, int by)
{
	if (qp->pd)
		qp->pd->users += by;
	if (qp->xrcd)
		qp->xrcd->users += by;
	if (qp->send_cq)
		qp->send_cq->users += by;
	if (qp->recv_cq)
		qp->recv_cq->users += by;
	if (qp->srq)
		qp->srq->users += by;
	if (qp->rate)
		qp->rate->users += by;
}

/* Attributes that let a QP use memory beyond the keys of its domain, or act for the port. */
static bool qp_privileged(const struct qp *qp)
{
	switch (qp->service) {
	case MLX5_QP_ST_QP0:
	case MLX5_QP_ST_QP1:
	case MLX5_QP_ST_REG_UMR:
		return true;
	default:
		return qp->fast_register || qp->reserved_lkey;
	}
}

/* Set up the doorbell record and the rings. On failure, qp_create() releases what was taken. */
static uint8_t memory_parse(struct connectx *nic, struct cmd *cmd, struct qp *qp)
{
	const void *qpc = MLX5_ADDR_OF(create_qp_in, cmd->in, qpc);
	const struct record_place record = {
		.address = MLX5_GET64(qpc, qpc, dbr_addr),
		.in_umem = MLX5_GET(qpc, qpc, dbr_umem_valid),
		.umem_id = MLX5_GET(qpc_umem, qpc, dbr_umem_id),
	};
	const struct ring_place place = {
		.pas = MLX5_ADDR_OF(create_qp_in, cmd->in, pas),
		.pas_bytes = cmd->in_len - MLX5_ST_SZ_BYTES(create_qp_in),
		.log_page_size = MLX5_GET(qpc, qpc, log_page_size),
		.page_offset = MLX5_GET(qpc, qpc, page_offset),
		.in_umem = MLX5_GET(create_qp_in, cmd->in, wq_umem_valid),
		.umem_id = MLX5_GET(create_qp_in, cmd->in, wq_umem_id),
		.umem_offset = MLX5_GET64(create_qp_in, cmd->in, wq_umem_offset),
	};
	uint8_t status = record_take(nic, cmd, &qp->dbr, &record, 2 * RECORD_BYTES);

	return status ? status : ring_take(nic, cmd, &qp->buf, &place, rings_bytes(qp), false);
}

static uint8_t qp_parse(struct connectx *nic, struct cmd *cmd, struct qp *qp)
{
	const void *qpc = MLX5_ADDR_OF(create_qp_in, cmd->in, qpc);

	qp->nic = nic;
	qp->service = MLX5_GET(qpc, qpc, st);
	qp->state = MLX5_QP_STATE_RST;
	qp->user_index = MLX5_GET(qpc, qpc, user_index);
	qp->rendezvous = MLX5_GET(qpc, qpc, offload_type) == MLX5_QPC_OFFLOAD_TYPE_RNDV;
	qp->fast_register = MLX5_GET(qpc, qpc, fre);
	qp->reserved_lkey = MLX5_GET(qpc, qpc, rlky);
	qp->block_loopback = MLX5_GET(qpc, qpc, block_lb_mc);
	qp->recordless = MLX5_GET(qpc_umem, qpc, send_dbr_mode) == SEND_NO_DBR_EXT;
	memcpy(qp->qpc, qpc, sizeof(qp->qpc));
	if (!service_known(qp->service) || !rings_parse(qp, qpc) ||
	    MLX5_GET(qpc_umem, qpc, send_dbr_mode) > SEND_NO_DBR_EXT ||
	    !dc_streams_init(&qp->streams, qpc))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (cmd_from_user(cmd) && qp_privileged(qp))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!references_parse(nic, cmd, qp, qpc))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	return memory_parse(nic, cmd, qp);
}

/* Where the port keeps QP0 or QP1; NULL for any other QP. */
static struct qp **special_place(struct qp *qp)
{
	switch (qp->service) {
	case MLX5_QP_ST_QP0:
		return &qp->nic->queues->special[0];
	case MLX5_QP_ST_QP1:
		return &qp->nic->queues->special[1];
	default:
		return NULL;
	}
}

static uint8_t qp_start(struct connectx *nic, struct cmd *cmd, struct qp *qp)
{
	struct qp **special = special_place(qp);
	int64_t number;

	if (special && *special)
		return CMD_FAIL(cmd, RES_BUSY);
	if (nic->queues->qps.count >= nic->queues->max_qps)
		return CMD_FAIL(cmd, LIM_ERR);
	number = cmd_add(cmd, &nic->queues->qps, qp);
	if (number < 0)
		return CMD_FAIL(cmd, LIM_ERR);
	qp->qpn = number;
	if (qp->nic->queues->requester->create(qp) || qp->nic->queues->responder->create(qp)) {
		qp->nic->queues->requester->destroy(qp);
		qp->nic->queues->responder->destroy(qp);
		cx_table_remove(&nic->queues->qps, qp->qpn);
		return CMD_FAIL(cmd, NO_RES_ERR);
	}
	if (special)
		*special = qp;
	references_count(qp, 1);
	if (qp->uar)
		uar_hold(nic, qp->uar->number);
	return MLX5_CMD_STAT_OK;
}

uint8_t qp_create(struct connectx *nic, struct cmd *cmd)
{
	struct qp *qp = calloc(1, sizeof(*qp));
	uint8_t status;

	if (!qp)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = qp_parse(nic, cmd, qp);
	if (!status)
		status = qp_start(nic, cmd, qp);
	if (status) {
		cx_buf_fini(nic, &qp->buf);
		record_release(&qp->dbr);
		free(qp);
		return status;
	}
	MLX5_SET(create_qp_out, cmd->out, qpn, qp->qpn);
	return MLX5_CMD_STAT_OK;
}

static void qp_free(struct connectx *nic, struct qp *qp)
{
	struct qp **special = special_place(qp);

	qp->nic->queues->requester->destroy(qp);
	qp->nic->queues->responder->destroy(qp);
	if (special)
		*special = NULL;
	references_count(qp, -1);
	if (qp->uar)
		uar_release(nic, qp->uar->number);
	sched_replace(&qp->send_group, NULL);
	sched_replace(&qp->answer_group, NULL);
	cx_table_remove(&nic->queues->qps, qp->qpn);
	cx_buf_fini(nic, &qp->buf);
	record_release(&qp->dbr);
	free(qp);
}

void qp_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct qp *qp;

	while ((qp = cx_table_next(&nic->queues->qps, &cursor)))
		qp_free(nic, qp);
}

void qp_forget_counter(struct connectx *nic, const struct q_counter *set)
{
	uint32_t cursor = 0;
	struct qp *qp;

	while ((qp = cx_table_next(&nic->queues->qps, &cursor)))
		if (qp->counter == set)
			qp->counter = NULL;
}

void qp_forget_srq(struct connectx *nic, const struct srq *srq)
{
	uint32_t cursor = 0;
	struct qp *qp;

	while ((qp = cx_table_next(&nic->queues->qps, &cursor)))
		if (qp->service == MLX5_QP_ST_XRC)
			qp->nic->queues->responder->forget_srq(qp, srq);
}

uint8_t qp_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct qp *qp = cmd_find(cmd, &nic->queues->qps, MLX5_GET(destroy_qp_in, cmd->in, qpn));

	if (!qp)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (qp->groups)
		return CMD_FAIL(cmd, RES_BUSY);
	qp_free(nic, qp);
	return MLX5_CMD_STAT_OK;
}

uint8_t qp_query(struct connectx *nic, struct cmd *cmd)
{
	struct qp *qp = cmd_find(cmd, &nic->queues->qps, MLX5_GET(query_qp_in, cmd->in, qpn));
	void *qpc = MLX5_ADDR_OF(query_qp_out, cmd->out, qpc);

	if (!qp)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (MLX5_GET(query_qp_in, cmd->in, qpc_ext))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	memcpy(qpc, qp->qpc, sizeof(qp->qpc));
	qp_attr_fill(qp, qpc);
	return MLX5_CMD_STAT_OK;
}

/*
 * The state machine.
 */
#define ACCESS	(MLX5_QP_OPTPAR_RRE | MLX5_QP_OPTPAR_RWE | MLX5_QP_OPTPAR_RAE)
#define ANY_STATE 0xff

static const struct transition {
	uint16_t opcode;
	uint8_t from, to;
	uint32_t required; /* attributes that it always takes */
	uint32_t optional; /* taken if opt_param_mask says so; others there are ignored */
} transitions[] = {
	{ MLX5_CMD_OP_RST2INIT_QP, MLX5_QP_STATE_RST, MLX5_QP_STATE_INIT,
	  ACCESS | MLX5_QP_OPTPAR_PKEY_INDEX | MLX5_QP_OPTPAR_PRI_PORT | MLX5_QP_OPTPAR_Q_KEY |
		  MLX5_QP_OPTPAR_COUNTER_SET_ID,
	  0 },
	{ MLX5_CMD_OP_INIT2INIT_QP, MLX5_QP_STATE_INIT, MLX5_QP_STATE_INIT, 0,
	  ACCESS | MLX5_QP_OPTPAR_PKEY_INDEX | MLX5_QP_OPTPAR_PRI_PORT | MLX5_QP_OPTPAR_Q_KEY |
		  QP_ATTR_DRAIN_SIGERR },
	{ MLX5_CMD_OP_INIT2RTR_QP, MLX5_QP_STATE_INIT, MLX5_QP_STATE_RTR,
	  QP_ATTR_MTU | QP_ATTR_REMOTE_QPN | QP_ATTR_RECV_PSN | MLX5_QP_OPTPAR_PRIMARY_ADDR_PATH |
		  MLX5_QP_OPTPAR_RRA_MAX | MLX5_QP_OPTPAR_RNR_TIMEOUT,
	  ACCESS | MLX5_QP_OPTPAR_PKEY_INDEX | MLX5_QP_OPTPAR_Q_KEY },
	{ MLX5_CMD_OP_RTR2RTS_QP, MLX5_QP_STATE_RTR, MLX5_QP_STATE_RTS,
	  QP_ATTR_SEND_PSN | MLX5_QP_OPTPAR_SRA_MAX | MLX5_QP_OPTPAR_RETRY_COUNT |
		  MLX5_QP_OPTPAR_RNR_RETRY | MLX5_QP_OPTPAR_ACK_TIMEOUT,
	  ACCESS | MLX5_QP_OPTPAR_RNR_TIMEOUT | MLX5_QP_OPTPAR_Q_KEY | MLX5_QP_OPTPAR_PP_INDEX },
	{ MLX5_CMD_OP_RTS2RTS_QP, MLX5_QP_STATE_RTS, MLX5_QP_STATE_RTS, 0,
	  ACCESS | MLX5_QP_OPTPAR_RNR_TIMEOUT | MLX5_QP_OPTPAR_Q_KEY |
		  MLX5_QP_OPTPAR_COUNTER_SET_ID | MLX5_QP_OPTPAR_PP_INDEX },
	{ MLX5_CMD_OP_SQERR2RTS_QP, MLX5_QP_STATE_SQER, MLX5_QP_STATE_RTS, 0,
	  ACCESS | MLX5_QP_OPTPAR_RNR_TIMEOUT | MLX5_QP_OPTPAR_Q_KEY },
	{ MLX5_CMD_OP_SQD_RTS_QP, MLX5_QP_STATE_SQD, MLX5_QP_STATE_RTS, 0,
	  ACCESS | MLX5_QP_OPTPAR_RNR_TIMEOUT | MLX5_QP_OPTPAR_Q_KEY },
	{ MLX5_CMD_OP_2ERR_QP, ANY_STATE, MLX5_QP_STATE_ERR, 0, 0 },
	{ MLX5_CMD_OP_2RST_QP, ANY_STATE, MLX5_QP_STATE_RST, 0, 0 },
};

static const struct transition *transition_find(uint16_t opcode)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(transitions); i++)
		if (transitions[i].opcode == opcode)
			return &transitions[i];
	return NULL;
}

static void qp_move(struct qp *qp, uint8_t state)
{
	uint8_t old = qp->state;

	qp->state = state;
	if (state == MLX5_QP_STATE_RST) {
		qp->sq.next = 0;
		qp->rq.next = 0;
		qp->rung = 0;
		qp->doorbell_held = false;
		qp->drain_sigerr = false;
		dc_streams_clear(&qp->streams);
		sched_replace(&qp->send_group, NULL);
		sched_replace(&qp->answer_group, NULL);
	}
	qp->nic->queues->responder->state(qp, old);
	if (qp->requester)
		qp->nic->queues->requester->state(qp, old);
}

void qp_error(struct qp *qp)
{
	if (qp->state != MLX5_QP_STATE_ERR && qp->state != MLX5_QP_STATE_RST)
		qp_move(qp, MLX5_QP_STATE_ERR);
}

void qp_drain(struct qp *qp)
{
	if (qp->state != MLX5_QP_STATE_RTS)
		return;
	qp_move(qp, MLX5_QP_STATE_SQD);
	qp_event(qp, MLX5_EVENT_TYPE_SQ_DRAINED);
}

/* All modify commands that have a context have it, and its mask, at the same offset. */
#define SAME_LAYOUT(layout)                                                                        \
	_Static_assert(MLX5_BYTE_OFF(layout##_in, qpc) == MLX5_BYTE_OFF(rst2init_qp_in, qpc) &&    \
		       MLX5_BYTE_OFF(layout##_in, opt_param_mask) ==                               \
		       MLX5_BYTE_OFF(rst2init_qp_in, opt_param_mask) &&                            \
		       MLX5_ST_SZ_BYTES(layout##_in) >= MLX5_BYTE_OFF(rst2init_qp_in, qpc) +       \
		       MLX5_ST_SZ_BYTES(qpc), "one handler serves them all")
SAME_LAYOUT(init2init_qp);
SAME_LAYOUT(init2rtr_qp);
SAME_LAYOUT(rtr2rts_qp);
SAME_LAYOUT(rts2rts_qp);
SAME_LAYOUT(sqerr2rts_qp);
SAME_LAYOUT(sqd2rts_qp);

_Static_assert(MLX5_BYTE_OFF(modify_qp_ext_in, opt_param_mask_95_32) >=
		       MLX5_BYTE_OFF(rst2init_qp_in, qpc) + MLX5_ST_SZ_BYTES(qpc),
	       "the extension is behind the context");

/*
 * The extension behind the context, if there is one. One thing can be set at a time, which is how
 * libmlx5 uses it.
 */
static uint8_t qp_modify_extension(struct connectx *nic, struct cmd *cmd, struct qp *qp)
{
	const void *in = cmd->in;

	if (cmd->opcode != MLX5_CMD_OP_INIT2INIT_QP && cmd->opcode != MLX5_CMD_OP_RTS2RTS_QP)
		return MLX5_CMD_STAT_OK;
	if (!MLX5_GET(modify_qp_ext_in, in, qpc_ext))
		return MLX5_CMD_STAT_OK;
	if (cmd->in_len < MLX5_ST_SZ_BYTES(modify_qp_ext_in))
		return CMD_FAIL(cmd, BAD_INP_LEN_ERR);
	switch (MLX5_GET64(modify_qp_ext_in, in, opt_param_mask_95_32)) {
	case QP_OPT_DCI_STREAM:
		return dc_streams_reset(&qp->streams,
					MLX5_GET(modify_qp_ext_in, in, dci_stream_channel_id)) ?
			       MLX5_CMD_STAT_OK :
			       CMD_FAIL(cmd, BAD_PARAM_ERR);
	case QP_OPT_QUEUE_GROUP:
		return sched_set_groups(nic, cmd, qp);
	default:
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	}
}

uint8_t qp_modify(struct connectx *nic, struct cmd *cmd)
{
	const struct transition *transition = transition_find(cmd->opcode);
	struct qp *qp = cmd_find(cmd, &nic->queues->qps, MLX5_GET(rst2init_qp_in, cmd->in, qpn));
	uint32_t which = transition->required;
	struct rate *rate = NULL;
	uint8_t status;

	if (!qp)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (transition->from != ANY_STATE && transition->from != qp->state)
		return CMD_FAIL(cmd, BAD_QP_STATE_ERR);
	/* 2ERR and 2RST have no context behind their header. */
	if (which || transition->optional) {
		const void *qpc = MLX5_ADDR_OF(rst2init_qp_in, cmd->in, qpc);

		which |= MLX5_GET(rst2init_qp_in, cmd->in, opt_param_mask) & transition->optional;
		if (!qp_attr_check(qp, qpc, which))
			return CMD_FAIL(cmd, BAD_PARAM_ERR);
		if (which & MLX5_QP_OPTPAR_PP_INDEX && !rate_parse(nic, cmd, qpc, &rate))
			return CMD_FAIL(cmd, BAD_RES_ERR);
		status = qp_modify_extension(nic, cmd, qp);
		if (status)
			return status;
		if (which & MLX5_QP_OPTPAR_PP_INDEX)
			rate_replace(qp, rate, qpc);
		qp_attr_apply(qp, qpc, which);
	}
	qp_move(qp, transition->to);
	return MLX5_CMD_STAT_OK;
}
