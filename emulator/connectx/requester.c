// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/requester.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/completion.h"
#include "connectx/device.h"
#include "connectx/page_fault.h"
#include "connectx/pd.h"
#include "connectx/port.h"
#include "connectx/qp.h"
#include "connectx/responder.h"
#include "connectx/sg.h"
#include "connectx/subnet.h"
#include "connectx/umr.h"
#include "connectx/wqe.h"
#include "util.h"

#define PSN_MASK		0xffffff
#define QKEY_PRIVILEGED		0x80000000
#define RNR_RETRY_FOR_EVER	7
#define ACK_TIMEOUT_UNIT_NS	4096ULL
#define BYTES_PER_UNIT		4096	/* of the engine's budget */

/* What the QP's send side is waiting for; only RUN takes part in the engine's turns. */
enum requester_wait {
	WAIT_RUN,		/* nothing: it runs, or has nothing to do */
	WAIT_RNR,		/* the receiver to become ready: timer */
	WAIT_ACK,		/* an answer that will not come: timer, or for ever */
	WAIT_FAULT,		/* PAGE_FAULT_RESUME */
	WAIT_RELEASE,		/* the "umr" fault point */
};

struct requester {
	struct qp *qp;
	struct engine_work work;
	struct engine_timer timer;
	struct page_fault fault;
	TAILQ_ENTRY(requester) stalled;
	enum requester_wait wait;

	bool active;		/* wqe is being carried out */
	bool begun;		/* ... and its first packet has been answered */
	bool fault_failed;	/* the driver could not resolve the fault that stopped it */
	bool released;		/* it has passed the "umr" fault point */
	uint8_t retries, rnr_retries; /* left for this message */
	uint32_t psn;		/* of the next message */
	uint32_t done;		/* bytes moved */
	struct sg local;
	struct send_wqe wqe;
};

/* How a turn at the current WQE ended. */
enum step {
	STEP_MORE,		/* go on with it, or with the next */
	STEP_WAIT,		/* nothing can be done now */
};

static void requester_kick(struct requester *req)
{
	if (req->wait == WAIT_RUN)
		engine_work_schedule(&req->work);
}

static void requester_continue(struct requester *req)
{
	req->wait = WAIT_RUN;
	requester_kick(req);
}

/* Forget the message in progress, on this side. */
static void requester_abandon(struct requester *req)
{
	engine_timer_cancel(&req->timer);
	page_fault_cancel(&req->fault);
	if (req->wait == WAIT_RELEASE)
		TAILQ_REMOVE(&req->qp->nic->requesters.stalled, req, stalled);
	req->wait = WAIT_RUN;
	req->active = false;
}

/*
 * The end of a WQE.
 */
static void requester_retire(struct requester *req)
{
	struct qp *qp = req->qp;

	qp->sq.next += req->wqe.blocks;
	req->active = false;
	qp->nic->requesters.wqes++;
}

static enum step requester_done(struct requester *req, uint32_t bytes)
{
	uint16_t index = req->qp->sq.next;

	requester_retire(req);
	if (req->wqe.completion)
		completion_send(req->qp, index, req->wqe.opcode, bytes);
	return STEP_MORE;
}

static enum step requester_fail(struct requester *req, enum cqe_syndrome syndrome)
{
	uint16_t index = req->qp->sq.next;

	req->qp->nic->requesters.errors++;
	requester_retire(req);
	completion_send_error(req->qp, index, req->wqe.opcode, syndrome);
	qp_error(req->qp);
	return STEP_MORE;
}

/*
 * What a service promises.
 */
static bool service_is_datagram(uint8_t service)
{
	return service == MLX5_QP_ST_UD || service == MLX5_QP_ST_QP0 || service == MLX5_QP_ST_QP1;
}

static bool service_is_reliable(uint8_t service)
{
	return service == MLX5_QP_ST_RC || service == MLX5_QP_ST_XRC;
}

static bool service_has_opcode(uint8_t service, uint8_t opcode)
{
	switch (opcode) {
	case MLX5_OPCODE_SEND:
	case MLX5_OPCODE_SEND_IMM:
		return service != MLX5_QP_ST_REG_UMR;
	case MLX5_OPCODE_RDMA_WRITE:
	case MLX5_OPCODE_RDMA_WRITE_IMM:
		return service == MLX5_QP_ST_UC || service_is_reliable(service);
	default:
		return service_is_reliable(service);
	}
}

/*
 * Answers of the other side, and the lack of them.
 */
static void requester_start_over(struct requester *req)
{
	req->begun = false;
	req->done = 0;
	sg_rewind(&req->local);
}

static enum step requester_no_answer(struct requester *req)
{
	uint8_t timeout = req->qp->path.ack_timeout;

	requester_start_over(req);
	req->wait = WAIT_ACK;
	if (timeout)
		engine_timer_arm(&req->timer, ACK_TIMEOUT_UNIT_NS << timeout);
	return STEP_WAIT;
}

static enum step requester_not_ready(struct requester *req, const struct qp *peer)
{
	req->qp->nic->requesters.rnr_naks++;
	requester_start_over(req);
	if (req->qp->rnr_retry != RNR_RETRY_FOR_EVER && !req->rnr_retries--)
		return requester_fail(req, CQE_RNR_RETRY_EXC);
	req->wait = WAIT_RNR;
	engine_timer_arm(&req->timer, responder_rnr_ns(peer));
	return STEP_WAIT;
}

static void requester_timer(struct engine_timer *timer)
{
	struct requester *req = container_of(timer, struct requester, timer);
	bool gave_up = req->wait == WAIT_ACK && !req->retries;

	if (req->wait == WAIT_ACK && req->retries) {
		req->retries--;
		req->qp->nic->requesters.retries++;
	}
	req->wait = WAIT_RUN;
	if (gave_up)
		requester_fail(req, CQE_RETRY_EXC);
	requester_kick(req);
}

static uint32_t requester_packets(const struct requester *req)
{
	uint32_t mtu = req->qp->mtu ? req->qp->mtu : 1;

	return req->wqe.len ? (req->wqe.len - 1) / mtu + 1 : 1;
}

/* Nobody answers unreliable services: their messages are sent, whatever becomes of them. */
static enum step requester_sent(struct requester *req)
{
	req->psn = (req->psn + requester_packets(req)) & PSN_MASK;
	return requester_done(req, 0);
}

static enum step requester_answer(struct requester *req, const struct qp *peer,
				  enum response response)
{
	if (!service_is_reliable(req->qp->service))
		return requester_sent(req);
	switch (response) {
	case RESPONSE_RNR:
		return requester_not_ready(req, peer);
	case RESPONSE_NAK_INVALID:
		return requester_fail(req, CQE_REMOTE_INVAL_REQ);
	case RESPONSE_NAK_ACCESS:
		return requester_fail(req, CQE_REMOTE_ACCESS);
	case RESPONSE_NAK_OP:
		return requester_fail(req, CQE_REMOTE_OP);
	case RESPONSE_ACK:
	case RESPONSE_NONE:
		break;
	}
	return requester_no_answer(req);
}

/*
 * Page faults.
 */
static void requester_resolved(struct page_fault *fault, bool failed)
{
	struct requester *req = container_of(fault, struct requester, fault);

	req->fault_failed = failed;
	requester_continue(req);
}

/* @peer: whose end it may also have been; NULL when only this side's could be */
static enum step requester_stopped(struct requester *req, struct qp *peer,
				   const struct sg_stop *stop)
{
	if (stop->status == MKEY_NOT_PRESENT && !req->fault_failed &&
	    !page_fault_raise(&req->fault, stop)) {
		req->wait = WAIT_FAULT;
		return STEP_WAIT;
	}
	req->fault_failed = false;
	if (peer && stop->end != &req->local)
		return requester_answer(req, peer, responder_fail(peer, stop));
	return requester_fail(req, stop->status == MKEY_OK ? CQE_LOCAL_QP_OP : CQE_LOCAL_PROT);
}

/*
 * Messages.
 */
static uint8_t requester_local_access(const struct requester *req)
{
	switch (req->wqe.opcode) {
	case MLX5_OPCODE_RDMA_READ:
	case MLX5_OPCODE_ATOMIC_CS:
	case MLX5_OPCODE_ATOMIC_FA:
		return MKEY_LOCAL_WRITE;
	default:
		return MKEY_LOCAL_READ;
	}
}

/* On the wire, the management QPs are 0 and 1, whatever their numbers are here. */
static uint32_t requester_source_qpn(const struct qp *qp)
{
	switch (qp->service) {
	case MLX5_QP_ST_QP0:
		return 0;
	case MLX5_QP_ST_QP1:
		return 1;
	default:
		return qp->qpn;
	}
}

static void requester_message(const struct requester *req, struct message *message)
{
	const struct qp *qp = req->qp;
	const struct send_wqe *wqe = &req->wqe;
	bool datagram = service_is_datagram(qp->service);

	*message = (struct message){
		.service = qp->service,
		.opcode = wqe->opcode,
		.solicited = wqe->solicited,
		.sl = datagram ? wqe->av.sl : qp->path.sl,
		.source_lid = qp->nic->ib.lid,
		.source_qpn = requester_source_qpn(qp),
		/* one with the top bit set stands for the queue's own (vol. 1, 10.2.5) */
		.qkey = wqe->av.qkey & QKEY_PRIVILEGED ? qp->qkey : wqe->av.qkey,
		.grh = datagram && wqe->av.grh,
		.xrc_srqn = wqe->xrc_srqn,
		.psn = req->psn,
		.packets = requester_packets(req),
		.len = wqe->len,
		.imm = wqe->imm,
		.raddr = wqe->raddr,
		.rkey = wqe->rkey,
		.swap_add = wqe->swap_add,
		.compare = wqe->compare,
	};
	if (message->grh) {
		port_gid(qp->nic, message->sgid);
		memcpy(message->dgid, wqe->av.gid, sizeof(message->dgid));
	}
}

static struct qp *requester_peer(const struct requester *req)
{
	struct qp *qp = req->qp;
	struct connectx *nic;

	if (service_is_datagram(qp->service)) {
		nic = subnet_route(qp->nic, req->wqe.av.lid);
		return nic ? qp_find_destination(nic, req->wqe.av.qpn) : NULL;
	}
	nic = subnet_route(qp->nic, qp->path.dlid);
	return nic ? qp_find(nic, qp->remote_qpn) : NULL;
}

static void requester_count(struct requester *req, struct qp *peer, uint32_t packets)
{
	struct connectx *nic = req->qp->nic;

	nic->requesters.messages++;
	nic->requesters.bytes += req->wqe.len;
	nic->ib.xmit_packets += packets;
	nic->ib.xmit_bytes += req->wqe.len;
	peer->nic->ib.rcv_packets += packets;
	peer->nic->ib.rcv_bytes += req->wqe.len;
}

static bool requester_is_atomic(const struct requester *req)
{
	return req->wqe.opcode == MLX5_OPCODE_ATOMIC_CS || req->wqe.opcode == MLX5_OPCODE_ATOMIC_FA;
}

/* The result must find its place first: an atomic operation cannot be taken back. */
static bool requester_atomic(struct requester *req, struct qp *peer, struct sg_stop *stop)
{
	uint64_t result;

	return sg_present(&req->local, sizeof(result), true, stop) &&
	       responder_atomic(peer, &result, stop) &&
	       sg_scatter(&req->local, &result, sizeof(result), stop);
}

/* Move as much as the budget allows. Returns false when it cannot go on. */
static bool requester_move(struct requester *req, struct qp *peer, struct sg *remote,
			   unsigned int *budget, struct sg_stop *stop)
{
	bool read = req->wqe.opcode == MLX5_OPCODE_RDMA_READ;
	uint64_t limit = (uint64_t)*budget * BYTES_PER_UNIT;
	uint32_t len = req->wqe.len - req->done;
	uint32_t moved;
	bool all;

	if (requester_is_atomic(req)) {
		if (!requester_atomic(req, peer, stop))
			return false;
		req->done = req->wqe.len;
		return true;
	}
	if (len > limit)
		len = limit;
	all = read ? sg_copy(&req->local, remote, len, &moved, stop) :
		     sg_copy(remote, &req->local, len, &moved, stop);
	req->done += moved;
	*budget -= moved / BYTES_PER_UNIT;
	if (moved)
		req->fault_failed = false;
	return all;
}

static enum step requester_message_step(struct requester *req, unsigned int *budget)
{
	struct qp *peer = requester_peer(req);
	enum response response;
	struct message message;
	struct sg_stop stop;
	struct sg *remote;

	if (!peer)
		return requester_answer(req, NULL, RESPONSE_NONE);
	requester_message(req, &message);
	if (req->begun) {
		remote = responder_resume(peer, &message);
		if (!remote)
			return requester_answer(req, peer, RESPONSE_NONE);
	} else {
		response = responder_begin(peer, &message, &remote);
		if (response != RESPONSE_ACK)
			return requester_answer(req, peer, response);
		req->begun = true;
	}
	if (!requester_move(req, peer, remote, budget, &stop))
		return requester_stopped(req, peer, &stop);
	if (req->done < req->wqe.len)
		return STEP_MORE;
	response = responder_end(peer);
	if (response != RESPONSE_ACK)
		return requester_answer(req, peer, response);
	req->psn = (req->psn + message.packets) & PSN_MASK;
	requester_count(req, peer, message.packets);
	return requester_done(req, requester_local_access(req) == MKEY_LOCAL_WRITE ? req->wqe.len : 0);
}

/*
 * Local operations.
 */
static enum step requester_umr(struct requester *req)
{
	struct connectx *nic = req->qp->nic;
	struct fault_point *fault = &nic->requesters.umr_fault;
	struct sg_stop stop;

	if (!req->released) {
		switch (fault_check(fault, be32_to_cpu(req->wqe.imm) >> 8)) {
		case FAULT_STALL:
			TAILQ_INSERT_TAIL(&nic->requesters.stalled, req, stalled);
			req->wait = WAIT_RELEASE;
			return STEP_WAIT;
		case FAULT_FAIL:
			return requester_fail(req, fault->value ? fault->value : CQE_MW_BIND);
		case FAULT_NONE:
			break;
		}
	}
	switch (umr_execute(req->qp, &req->wqe, &stop)) {
	case UMR_OK:
		return requester_done(req, 0);
	case UMR_REFUSED:
		return requester_fail(req, CQE_MW_BIND);
	case UMR_STOPPED:
		break;
	}
	return requester_stopped(req, NULL, &stop);
}

static void requesters_released(struct fault_point *fault)
{
	struct requesters *requesters = container_of(fault, struct requesters, umr_fault);
	struct requester *req;

	while ((req = TAILQ_FIRST(&requesters->stalled))) {
		TAILQ_REMOVE(&requesters->stalled, req, stalled);
		req->released = true;
		requester_continue(req);
	}
}

static enum step requester_execute(struct requester *req, unsigned int *budget)
{
	switch (req->wqe.opcode) {
	case MLX5_OPCODE_NOP:
		return requester_done(req, 0);
	case MLX5_OPCODE_UMR:
		return requester_umr(req);
	default:
		return requester_message_step(req, budget);
	}
}

/*
 * The send queue.
 */
static bool requester_posted(const struct requester *req)
{
	uint16_t posted;

	return req->qp->sq.present && !qp_record(req->qp, MLX5_SND_DBR, &posted) &&
	       posted != req->qp->sq.next;
}

/* Copy basic block @block of the WQE at the head of the queue. */
static bool requester_fetch_block(struct requester *req, unsigned int block)
{
	struct qp *qp = req->qp;
	uint16_t index = (qp->sq.next + block) & ((1u << qp->sq.log_size) - 1);

	return !cx_buf_read(qp->nic, &qp->buf,
			    qp->sq.offset + (uint64_t)index * WQE_BASIC_BLOCK,
			    req->wqe.copy + block * WQE_BASIC_BLOCK, WQE_BASIC_BLOCK);
}

/*
 * Copy the WQE at the head of the queue. Returns its size; 0 when it has none, is larger than the
 * queue or cannot be read.
 */
static size_t requester_fetch(struct requester *req)
{
	size_t size;

	req->wqe.opcode = MLX5_OPCODE_NOP;
	req->wqe.blocks = 1;
	if (!requester_fetch_block(req, 0))
		return 0;
	size = wqe_send_size(req->wqe.copy);
	if (size > (size_t)WQE_BASIC_BLOCK << req->qp->sq.log_size)
		return 0;
	for (unsigned int block = 1; block * WQE_BASIC_BLOCK < size; block++)
		if (!requester_fetch_block(req, block))
			return 0;
	return size;
}

static enum wqe_transport requester_transport(const struct qp *qp)
{
	if (service_is_datagram(qp->service))
		return WQE_DATAGRAM;
	return qp->service == MLX5_QP_ST_XRC ? WQE_XRC : WQE_CONNECTED;
}

/* Keys of the local buffers are checked before anything is sent. */
static bool requester_local_ok(const struct requester *req)
{
	struct mkey *mkey;

	for (unsigned int i = 0; i < req->wqe.num_data; i++) {
		const struct wqe_data *data = &req->wqe.data[i];

		if (!data->bytes &&
		    mkey_check(&req->qp->nic->mkeys, data->lkey, req->qp->pd, req->local.access,
			       data->address, data->len, &mkey) != MKEY_OK)
			return false;
	}
	return true;
}

/* Returns 0, or the syndrome (enum cqe_syndrome) that this WQE ends with before it is begun. */
static uint8_t requester_check(const struct requester *req)
{
	if (req->wqe.opcode == MLX5_OPCODE_NOP || req->wqe.opcode == MLX5_OPCODE_UMR)
		return 0;
	if (!service_has_opcode(req->qp->service, req->wqe.opcode))
		return CQE_LOCAL_QP_OP;
	if (requester_is_atomic(req) && req->wqe.len != sizeof(uint64_t))
		return CQE_LOCAL_LENGTH;
	if (req->wqe.len > 1ull << req->qp->log_max_msg)
		return CQE_LOCAL_LENGTH;
	return requester_local_ok(req) ? 0 : CQE_LOCAL_PROT;
}

static enum step requester_start(struct requester *req)
{
	size_t size = requester_fetch(req);
	uint8_t syndrome;

	req->active = true;
	req->begun = false;
	req->fault_failed = false;
	req->released = false;
	req->done = 0;
	req->retries = req->qp->retry_count;
	req->rnr_retries = req->qp->rnr_retry;
	if (!size || wqe_parse_send(&req->wqe, size, requester_transport(req->qp)))
		return requester_fail(req, CQE_LOCAL_QP_OP);
	sg_init(&req->local, req->qp->nic, req->qp->pd, requester_local_access(req),
		req->wqe.data, req->wqe.num_data);
	syndrome = requester_check(req);
	return syndrome ? requester_fail(req, syndrome) : STEP_MORE;
}

static void requester_flush_one(struct requester *req)
{
	size_t size = requester_fetch(req);
	uint16_t index = req->qp->sq.next;

	if (size)
		wqe_parse_send(&req->wqe, size, requester_transport(req->qp));
	req->qp->sq.next += req->wqe.blocks;
	completion_send_error(req->qp, index, req->wqe.opcode, CQE_WR_FLUSH);
}

/* One WQE, or one slice of one. Returns STEP_WAIT when there is nothing to do. */
static enum step requester_step(struct requester *req, unsigned int *budget)
{
	switch (req->qp->state) {
	case MLX5_QP_STATE_RTS:
		if (!req->active)
			return requester_posted(req) ? requester_start(req) : STEP_WAIT;
		return requester_execute(req, budget);
	case MLX5_QP_STATE_SQD:
		return req->active ? requester_execute(req, budget) : STEP_WAIT;
	case MLX5_QP_STATE_SQER:
	case MLX5_QP_STATE_ERR:
		if (!requester_posted(req))
			return STEP_WAIT;
		requester_flush_one(req);
		return STEP_MORE;
	default:
		return STEP_WAIT;
	}
}

static bool requester_run(struct engine_work *work, unsigned int budget)
{
	struct requester *req = container_of(work, struct requester, work);

	while (budget) {
		if (req->wait != WAIT_RUN || requester_step(req, &budget) == STEP_WAIT)
			return false;
		if (!req->active && budget)
			budget--;
	}
	return true;
}

void requester_doorbell(struct qp *qp)
{
	requester_kick(qp->requester);
}

void requester_state(struct qp *qp, uint8_t old)
{
	struct requester *req = qp->requester;

	switch (qp->state) {
	case MLX5_QP_STATE_RST:
		requester_abandon(req);
		qp->sq.next = 0;
		break;
	case MLX5_QP_STATE_ERR:
		requester_abandon(req);
		break;
	case MLX5_QP_STATE_RTS:
		if (old == MLX5_QP_STATE_RTR)
			req->psn = qp->send_psn;
		break;
	default:
		break;
	}
	requester_kick(req);
}

int requester_create(struct qp *qp)
{
	struct requester *req = calloc(1, sizeof(*req));

	if (!req)
		return -ENOMEM;
	req->qp = qp;
	req->fault.resolved = requester_resolved;
	engine_work_init(&req->work, qp->nic->engine, requester_run);
	engine_timer_init(&req->timer, qp->nic->engine, requester_timer);
	qp->requester = req;
	return 0;
}

void requester_destroy(struct qp *qp)
{
	struct requester *req = qp->requester;

	if (!req)
		return;
	requester_abandon(req);
	engine_work_cancel(&req->work);
	free(req);
	qp->requester = NULL;
}

int requesters_init(struct connectx *nic)
{
	struct requesters *requesters = &nic->requesters;

	TAILQ_INIT(&requesters->stalled);
	requesters->umr_fault = (struct fault_point){
		.name = "umr",
		.actions = FAULT_STALL | FAULT_FAIL,
		.released = requesters_released,
	};
	return registry_add_fault(nic->registry, nic->attr.name, &requesters->umr_fault);
}
