// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/responder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>
#include <rdma/ib_verbs.h>

#include "base/engine.h"
#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/sg.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/dc_connection.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/service.h"
#include "connectx/queue/srq.h"
#include "connectx/transport/atomic.h"
#include "connectx/transport/receive.h"
#include "connectx/transport/tag_match.h"
#include "util/macros.h"

#define PSN_MASK		0xffffff
#define GRH_SIZE		sizeof(struct ib_grh)
#define DEFAULT_PKEY		0xffff
#define GRH_VERSION		(6u << 28)
#define GRH_NEXT_HEADER		0x1b	/* an InfiniBand transport header follows */

/*
 * Posting a receive rings no doorbell, yet receives that are posted to a QP in error must be
 * flushed. So its doorbell record is polled while it is in error, less and less often.
 */
#define FLUSH_POLL_MIN_NS	50000ULL
#define FLUSH_POLL_MAX_NS	20000000ULL

struct responder {
	struct qp *qp;
	struct engine_work flush;
	struct engine_timer poll;
	uint64_t poll_ns;

	uint32_t psn;     /* expected next */
	bool established; /* something has arrived since RTR */

	/* the message in progress */
	bool active;
	struct message message;
	struct sg end;
	struct wqe_data remote; /* RDMA and atomics: the one entry of the list */
	struct receive receive; /* the receive WQE that it takes */
	struct tag_match match; /* ... or the buffer, by its tag */
};

/* What a message needs of the receiver. */
static bool message_is_send(const struct message *message)
{
	return message->opcode == MLX5_OPCODE_SEND || message->opcode == MLX5_OPCODE_SEND_IMM ||
	       message->opcode == MLX5_OPCODE_SEND_INVAL;
}

static bool message_takes_wqe(const struct message *message)
{
	return message_is_send(message) || message->opcode == MLX5_OPCODE_RDMA_WRITE_IMM;
}

static uint8_t message_access(const struct message *message)
{
	switch (message->opcode) {
	case MLX5_OPCODE_RDMA_WRITE:
	case MLX5_OPCODE_RDMA_WRITE_IMM:
		return MKEY_REMOTE_WRITE;
	case MLX5_OPCODE_RDMA_READ:
		return MKEY_REMOTE_READ;
	default:
		return MKEY_REMOTE_ATOMIC;
	}
}

static bool message_same(const struct message *a, const struct message *b)
{
	return a->source_qpn == b->source_qpn && a->source_lid == b->source_lid && a->psn == b->psn;
}

/*
 * Refusals.
 */
static void responder_count_refusal(const struct qp *qp, enum response response)
{
	if (response == RESPONSE_NAK_ACCESS)
		Q_COUNT(qp->counter, resp_remote_access_errors);
	else if (response == RESPONSE_NAK_INVALID)
		Q_COUNT(qp->counter, resp_remote_invalid_request);
}

/* Refusals of messages with a receive WQE are reported by its completion, others by an event. */
static enum response responder_refuse(struct responder *resp, uint8_t syndrome, uint8_t event,
				      enum response response)
{
	struct qp *qp = resp->qp;

	if (resp->match.entry) {
		receive_done(&resp->receive, qp);
		tag_match_cancel(&resp->match, qp, true);
	} else if (resp->receive.taken && message_is_send(&resp->message)) {
		receive_done(&resp->receive, qp);
		completion_recv_error(qp, resp->receive.index, resp->receive.srq, syndrome);
	} else if (qp->service == MLX5_QP_ST_UC) {
		return RESPONSE_NONE;
	} else {
		responder_count_refusal(qp, response);
		qp_event(qp, event);
	}
	qp_error(qp);
	return response;
}

static enum response responder_refuse_request(struct responder *resp)
{
	return responder_refuse(resp, CQE_LOCAL_LENGTH, MLX5_EVENT_TYPE_WQ_INVAL_REQ_ERROR,
				RESPONSE_NAK_INVALID);
}

/* The SRQ that this message is received from; NULL: the QP's own queue. */
static struct srq *responder_srq(const struct responder *resp)
{
	struct qp *qp = resp->qp;
	struct srq *srq;

	if (qp->service != MLX5_QP_ST_XRC)
		return qp->srq;
	srq = srq_find(qp->nic, resp->message.xrc_srqn);
	return srq && srq->xrcd == qp->xrcd ? srq : NULL;
}

/* Whose memory a receive WQE may name: a shared queue's entries are its owner's. */
static const struct domain *responder_recv_pd(const struct responder *resp)
{
	return resp->receive.srq ? resp->receive.srq->pd : resp->qp->pd;
}

/* Whose memory RDMA may touch: XRC domains span processes, so there the SRQ's owner counts, too. */
static const struct domain *responder_rdma_pd(const struct responder *resp)
{
	return resp->qp->service == MLX5_QP_ST_XRC ? responder_srq(resp)->pd : resp->qp->pd;
}

static enum response responder_take(struct responder *resp)
{
	struct qp *qp = resp->qp;
	int err;

	if (resp->receive.taken)
		return RESPONSE_ACK;
	err = tag_match_looks(qp, &resp->message) ?
		      tag_match_take(&resp->match, qp, &resp->message, &resp->receive) :
		      receive_take(&resp->receive, qp, responder_srq(resp));
	if (err == -EAGAIN) {
		Q_COUNT(resp->qp->counter, out_of_buffer);
		return RESPONSE_RNR;
	}
	if (err)
		return responder_refuse(resp, CQE_LOCAL_QP_OP, MLX5_EVENT_TYPE_WQ_CATAS_ERROR,
					RESPONSE_NAK_OP);
	/* posting the completion of the match may have failed */
	return qp->state == MLX5_QP_STATE_ERR ? RESPONSE_NAK_OP : RESPONSE_ACK;
}

/*
 * The beginning of a message.
 */
/* Anybody who knows the Q_Key may send. The management QPs also take ordinary datagrams. */
static bool responder_expects_datagram(const struct qp *qp, const struct message *message)
{
	switch (qp->service) {
	case MLX5_QP_ST_UD:
	case MLX5_QP_ST_QP1:
		return message->service != MLX5_QP_ST_QP0 && message->qkey == qp->qkey;
	default:
		return qp->service == message->service;
	}
}

static bool responder_serves(const struct qp *qp, const struct message *message)
{
	return qp->service ==
	       (message->service == MLX5_QP_ST_DCI ? MLX5_QP_ST_DCT : message->service);
}

static bool responder_expects(const struct responder *resp, const struct message *message)
{
	const struct qp *qp = resp->qp;

	switch (qp->state) {
	case MLX5_QP_STATE_RTR:
	case MLX5_QP_STATE_RTS:
	case MLX5_QP_STATE_SQD:
	case MLX5_QP_STATE_SQER:
		break;
	default:
		return false;
	}
	if (service_is_datagram(message->service))
		return responder_expects_datagram(qp, message);
	if (!responder_serves(qp, message) || message->source_qpn != qp->remote_qpn ||
	    message->source_lid != qp->path.dlid)
		return false;
	/* unreliable connections do not wait for lost messages */
	return qp->service == MLX5_QP_ST_UC || message->psn == resp->psn;
}

static bool responder_allows(const struct qp *qp, const struct message *message)
{
	switch (message_access(message)) {
	case MKEY_REMOTE_WRITE:
		return qp->allow_write;
	case MKEY_REMOTE_READ:
		return qp->allow_read;
	default:
		return qp->allow_atomic && !(message->raddr & (ATOMIC_SIZE - 1));
	}
}

static void responder_init_end(struct responder *resp, const struct domain *pd, uint8_t access,
			       const struct wqe_data *data, uint8_t num)
{
	const struct mkey_use use = { .pd = pd, .qpn = resp->qp->qpn, .access = access };

	sg_init(&resp->end, resp->qp->nic, &use, data, num);
}

static enum response responder_begin_send(struct responder *resp)
{
	bool datagram = service_is_datagram(resp->message.service);

	if (resp->message.len + (datagram ? GRH_SIZE : 0) > resp->receive.wqe.len)
		return responder_refuse_request(resp);
	responder_init_end(resp, responder_recv_pd(resp), MKEY_LOCAL_WRITE, resp->receive.wqe.data,
			   resp->receive.wqe.num_data);
	/* room for a global route header comes before every datagram, whether it had one or not */
	if (datagram)
		sg_skip(&resp->end, GRH_SIZE);
	return RESPONSE_ACK;
}

static enum response responder_begin_rdma(struct responder *resp)
{
	const struct message *message = &resp->message;

	if (!responder_allows(resp->qp, message))
		return responder_refuse_request(resp);
	resp->remote = (struct wqe_data){
		.address = message->raddr,
		.lkey = message->rkey,
		.len = message->len,
	};
	responder_init_end(resp, responder_rdma_pd(resp), message_access(message), &resp->remote,
			   1);
	/* a message of no bytes touches no memory, so its key is not looked at */
	if (message->len && !sg_check(&resp->end))
		return responder_refuse(resp, CQE_LOCAL_ACCESS, MLX5_EVENT_TYPE_WQ_ACCESS_ERROR,
					RESPONSE_NAK_ACCESS);
	return RESPONSE_ACK;
}

/*
 * Whether a message is in progress that its sender has given up, because it was reset, and the new
 * message has the same number. On unreliable services the new message may take over the receive.
 */
static bool responder_is_misled(const struct responder *resp, const struct message *message)
{
	return resp->receive.taken && service_is_reliable(message->service) &&
	       (resp->message.opcode != message->opcode || resp->message.len != message->len ||
		resp->message.xrc_srqn != message->xrc_srqn);
}

static void responder_establish(struct responder *resp)
{
	if (resp->established)
		return;
	resp->established = true;
	if (resp->qp->state == MLX5_QP_STATE_RTR)
		qp_event(resp->qp, MLX5_EVENT_TYPE_COMM_EST);
}

enum response responder_begin(struct qp *qp, const struct message *message, struct sg **end)
{
	struct responder *resp = qp->responder;
	enum response response;

	if (!responder_expects(resp, message))
		return RESPONSE_NONE;
	if (qp->service == MLX5_QP_ST_DCT && !dc_admits(qp, message->dc_key))
		return RESPONSE_NAK_ACCESS;
	responder_establish(resp);
	if (responder_is_misled(resp, message))
		return responder_refuse_request(resp);
	resp->message = *message;
	if (qp->service == MLX5_QP_ST_XRC && !responder_srq(resp))
		return responder_refuse_request(resp);
	if (message_takes_wqe(message)) {
		response = responder_take(resp);
		if (response != RESPONSE_ACK)
			return response;
	}
	response = message_is_send(message) ? responder_begin_send(resp) :
					      responder_begin_rdma(resp);
	if (response != RESPONSE_ACK)
		return response;
	resp->active = true;
	*end = &resp->end;
	return RESPONSE_ACK;
}

struct sg *responder_resume(struct qp *qp, const struct message *message)
{
	struct responder *resp = qp->responder;

	/* the datagram of another sender may have replaced this one, which is lost then */
	return resp->active && message_same(&resp->message, message) ? &resp->end : NULL;
}

bool responder_atomic(struct qp *qp, uint64_t *result, struct sg_stop *stop)
{
	const struct message *message = &qp->responder->message;
	const struct atomic_op op = {
		.opcode = message->opcode,
		.swap_add = message->swap_add,
		.compare = message->compare,
	};

	return atomic_execute(&qp->responder->end, &op, result, stop);
}

/*
 * The end of a message.
 */
static bool responder_invalidate(struct responder *resp)
{
	struct qp *qp = resp->qp;
	uint32_t key = be32_to_cpu(resp->message.imm);
	struct mkey *mkey = mkey_find(&qp->nic->memory->mkeys, key >> 8);

	if (!mkey || mkey->key != key || mkey->free || mkey->pd != qp->pd ||
	    !mkey->remote_invalidate)
		return false;
	/* a window that is bound to a QP can be invalidated only through it */
	if (mkey->qpn != MKEY_QPN_ANY && mkey->qpn != qp->qpn)
		return false;
	mkey->free = true;
	return true;
}

/* Store the global route header of a datagram in the room that its receiver has for it. */
static bool responder_put_grh(struct responder *resp)
{
	const struct message *message = &resp->message;
	struct ib_grh grh = {
		.version_tclass_flow = cpu_to_be32(GRH_VERSION),
		.paylen = cpu_to_be16(message->len),
		.next_hdr = GRH_NEXT_HEADER,
	};
	struct sg to = resp->end;
	struct sg_stop stop;

	memcpy(grh.sgid.raw, message->sgid, sizeof(grh.sgid));
	memcpy(grh.dgid.raw, message->dgid, sizeof(grh.dgid));
	sg_rewind(&to);
	return sg_scatter(&to, &grh, sizeof(grh), &stop);
}

static uint8_t responder_cqe_opcode(const struct message *message)
{
	switch (message->opcode) {
	case MLX5_OPCODE_SEND_IMM:
		return CQE_RESP_SEND_IMM;
	case MLX5_OPCODE_SEND_INVAL:
		return CQE_RESP_SEND_INV;
	case MLX5_OPCODE_RDMA_WRITE_IMM:
		return CQE_RESP_WR_IMM;
	default:
		return CQE_RESP_SEND;
	}
}

/* Management datagrams have no immediate data: there the CQE tells the partition. */
static uint32_t responder_cqe_imm(const struct responder *resp)
{
	if (resp->qp->service == MLX5_QP_ST_QP0 || resp->qp->service == MLX5_QP_ST_QP1)
		return cpu_to_be32(DEFAULT_PKEY);
	return resp->message.imm;
}

static void responder_complete(struct responder *resp)
{
	const struct message *message = &resp->message;
	struct completion_recv recv = {
		.opcode = responder_cqe_opcode(message),
		.solicited = message->solicited,
		.index = resp->receive.index,
		.srq = resp->receive.srq,
		.bytes = message->len + (service_is_datagram(message->service) ? GRH_SIZE : 0),
		.imm = responder_cqe_imm(resp),
		.source_qpn = message->source_qpn,
		.source_lid = message->source_lid,
		.sl = message->sl,
		.grh = message->grh,
	};

	tag_match_describe(&resp->match, &recv);
	receive_done(&resp->receive, resp->qp);
	completion_recv(resp->qp, &recv);
	tag_match_done(&resp->match, resp->qp);
}

static void responder_count(const struct responder *resp)
{
	switch (resp->message.opcode) {
	case MLX5_OPCODE_RDMA_WRITE:
	case MLX5_OPCODE_RDMA_WRITE_IMM:
		Q_COUNT(resp->qp->counter, rx_write_requests);
		break;
	case MLX5_OPCODE_RDMA_READ:
		Q_COUNT(resp->qp->counter, rx_read_requests);
		break;
	case MLX5_OPCODE_ATOMIC_CS:
	case MLX5_OPCODE_ATOMIC_FA:
		Q_COUNT(resp->qp->counter, rx_atomic_requests);
		break;
	default:
		break;
	}
}

enum response responder_end(struct qp *qp)
{
	struct responder *resp = qp->responder;

	resp->active = false;
	if (resp->message.opcode == MLX5_OPCODE_SEND_INVAL && !responder_invalidate(resp))
		return responder_refuse(resp, CQE_LOCAL_PROT, MLX5_EVENT_TYPE_WQ_ACCESS_ERROR,
					RESPONSE_NAK_ACCESS);
	if (resp->message.grh && !responder_put_grh(resp))
		return responder_refuse(resp, CQE_LOCAL_PROT, MLX5_EVENT_TYPE_WQ_ACCESS_ERROR,
					RESPONSE_NAK_OP);
	resp->psn = (resp->message.psn + resp->message.packets) & PSN_MASK;
	responder_count(resp);
	completion_signatures(qp, qp->recv_cq, &resp->end);
	if (resp->receive.taken)
		responder_complete(resp);
	return RESPONSE_ACK;
}

enum response responder_fail(struct qp *qp, const struct sg_stop *stop)
{
	struct responder *resp = qp->responder;
	bool mine = message_is_send(&resp->message) || stop->why.status == MKEY_OK;

	resp->active = false;
	return responder_refuse(resp, CQE_LOCAL_PROT, MLX5_EVENT_TYPE_WQ_ACCESS_ERROR,
				mine ? RESPONSE_NAK_OP : RESPONSE_NAK_ACCESS);
}

static void responder_forget_srq(struct qp *qp, const struct srq *srq)
{
	struct responder *resp = qp->responder;
	bool receives = resp->receive.taken && resp->receive.srq == srq;
	bool addressed = resp->active && resp->message.xrc_srqn == srq->srqn;

	if (!receives && !addressed)
		return;
	resp->active = false;
	resp->receive.taken = false;
}

/* IB specification, vol. 1, table 45: timer codes, in units of 10 us; code 0 is the longest. */
uint64_t responder_rnr_ns(const struct qp *qp)
{
	static const uint32_t units[32] = {
		65536, 1,    2,    3,    4,    6,     8,     12,    16,    24,    32,
		48,    64,   96,   128,  192,  256,   384,   512,   768,   1024,  1536,
		2048,  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
	};

	return units[qp->min_rnr_nak & 31] * 10000ULL;
}

/*
 * Flushing.
 */
static void responder_poll_again(struct responder *resp)
{
	if (!resp->qp->rq.present || resp->qp->state != MLX5_QP_STATE_ERR)
		return;
	engine_timer_arm(&resp->poll, resp->poll_ns);
	resp->poll_ns *= 2;
	if (resp->poll_ns > FLUSH_POLL_MAX_NS)
		resp->poll_ns = FLUSH_POLL_MAX_NS;
}

static bool responder_flush(struct engine_work *work, unsigned int budget)
{
	struct responder *resp = container_of(work, struct responder, flush);
	struct qp *qp = resp->qp;

	while (qp->state == MLX5_QP_STATE_ERR && receive_posted(qp)) {
		if (!budget--)
			return true;
		completion_recv_error(qp, qp->rq.next++, NULL, CQE_WR_FLUSH);
		resp->poll_ns = FLUSH_POLL_MIN_NS;
	}
	responder_poll_again(resp);
	return false;
}

static void responder_poll(struct engine_timer *timer)
{
	struct responder *resp = container_of(timer, struct responder, poll);

	engine_work_schedule(&resp->flush);
}

static void responder_stop(struct responder *resp)
{
	engine_timer_cancel(&resp->poll);
	engine_work_cancel(&resp->flush);
	tag_match_cancel(&resp->match, resp->qp, false);
	resp->active = false;
	resp->receive.taken = false;
}

static void responder_enter_error(struct responder *resp)
{
	struct qp *qp = resp->qp;
	bool taken = resp->receive.taken && resp->receive.srq && !resp->match.entry;

	tag_match_cancel(&resp->match, qp, true);
	responder_stop(resp);
	/* the QP's own WQE in progress is still the first of its queue; one of an SRQ is not */
	if (taken)
		completion_recv_error(qp, resp->receive.index, resp->receive.srq, CQE_WR_FLUSH);
	if (qp->srq && qp->service != MLX5_QP_ST_DCT)
		qp_event(qp, MLX5_EVENT_TYPE_SRQ_LAST_WQE);
	resp->poll_ns = FLUSH_POLL_MIN_NS;
	engine_work_schedule(&resp->flush);
}

static void responder_state(struct qp *qp, uint8_t old)
{
	struct responder *resp = qp->responder;

	switch (qp->state) {
	case MLX5_QP_STATE_RST:
		responder_stop(resp);
		resp->established = false;
		qp->rq.next = 0;
		break;
	case MLX5_QP_STATE_RTR:
		resp->psn = qp->recv_psn;
		break;
	case MLX5_QP_STATE_ERR:
		responder_enter_error(resp);
		break;
	default:
		break;
	}
}

static int responder_create(struct qp *qp)
{
	struct responder *resp = calloc(1, sizeof(*resp));

	if (!resp)
		return -ENOMEM;
	resp->qp = qp;
	engine_work_init(&resp->flush, qp->nic->engine, responder_flush);
	engine_timer_init(&resp->poll, qp->nic->engine, responder_poll);
	qp->responder = resp;
	return 0;
}

static void responder_destroy(struct qp *qp)
{
	if (!qp->responder)
		return;
	responder_stop(qp->responder);
	free(qp->responder);
	qp->responder = NULL;
}

const struct qp_responder_ops responder_ops = {
	.create = responder_create,
	.destroy = responder_destroy,
	.state = responder_state,
	.forget_srq = responder_forget_srq,
};
