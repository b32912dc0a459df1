// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/requester.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/psv.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/dc_connection.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/rate.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/service.h"
#include "connectx/queue/srq.h"
#include "connectx/transport/request.h"
#include "connectx/transport/tag_match.h"
#include "connectx/transport/umr.h"
#include "util/macros.h"

void requester_kick(struct requester *req)
{
	if (req->wait == WAIT_RUN)
		engine_work_schedule(&req->work);
}

void requester_continue(struct requester *req)
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
		TAILQ_REMOVE(&req->qp->nic->requesters->stalled, req, stalled);
	dc_disconnect(&req->connection);
	req->wait = WAIT_RUN;
	req->active = false;
	req->pulling = false;
}

/*
 * The end of a WQE.
 */
static void requester_retire(struct requester *req)
{
	struct qp *qp = req->qp;

	qp->sq.next += req->wqe.blocks;
	req->active = false;
	qp->nic->requesters->wqes++;
}

enum step requester_done(struct requester *req, uint32_t bytes)
{
	uint16_t index = req->qp->sq.next;
	bool bad;

	requester_retire(req);
	if (req->pulling) {
		req->pulling = false;
		rendezvous_advance(&req->rendezvous, req->qp);
	}
	bad = completion_signatures(req->qp, req->qp->send_cq, &req->local);
	if (req->wqe.completion)
		completion_send(req->qp, index, req->wqe.opcode, bytes);
	if (bad && req->qp->drain_sigerr)
		qp_drain(req->qp);
	return STEP_MORE;
}

enum step requester_fail(struct requester *req, enum cqe_syndrome syndrome)
{
	uint16_t index = req->qp->sq.next;

	req->qp->nic->requesters->errors++;
	requester_retire(req);
	/* the error of the QP completes all rendezvous, so this one is not completed here */
	if (!req->pulling)
		completion_send_error(req->qp, index, req->wqe.opcode, syndrome);
	req->pulling = false;
	/* the target has ended this connection; the next request may use another */
	if (dc_streams_fail(&req->qp->streams, req->wqe.stream))
		dc_disconnect(&req->connection);
	else
		qp_error(req->qp);
	return STEP_MORE;
}

/*
 * Local operations.
 */
static enum step requester_umr(struct requester *req)
{
	struct connectx *nic = req->qp->nic;
	struct fault_point *fault = &nic->requesters->umr_fault;
	struct sg_stop stop;

	if (!req->released) {
		switch (fault_check(fault, be32_to_cpu(req->wqe.imm) >> 8)) {
		case FAULT_STALL:
			TAILQ_INSERT_TAIL(&nic->requesters->stalled, req, stalled);
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
	return request_stopped(req, NULL, &stop);
}

static enum step requester_tag(struct requester *req)
{
	return tag_match_execute(req->qp, &req->wqe) ? requester_done(req, 0) :
						       requester_fail(req, CQE_LOCAL_QP_OP);
}

/* A QP may set the PSVs of its own domain. */
static enum step requester_set_psv(struct requester *req)
{
	struct psv *psv = cx_table_get(&req->qp->nic->memory->psvs, req->wqe.psv_index);

	if (!psv || psv->pd != req->qp->pd)
		return requester_fail(req, CQE_LOCAL_QP_OP);
	psv->seed = req->wqe.psv_seed;
	return requester_done(req, 0);
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
	case MLX5_OPCODE_SET_PSV:
		return requester_set_psv(req);
	case WQE_OPCODE_TAG_MATCHING:
		return requester_tag(req);
	default:
		return request_message(req, budget);
	}
}

/* How many bytes the QP may send at once; 0: as many as it likes. */
static uint32_t requester_burst(const struct qp *qp)
{
	uint32_t burst = qp->rate ? qp->rate->burst : 0;

	return sched_limited(qp->send_group) && (!burst || burst > CX_SCHED_BURST) ?
		       CX_SCHED_BURST :
		       burst;
}

/*
 * Execute within the limits of the QP: send at most a burst, and then wait for as long as it takes
 * at the limit.
 */
static enum step requester_execute_paced(struct requester *req, unsigned int *budget,
					 uint32_t burst)
{
	unsigned int units = burst / REQUEST_UNIT, left;
	const struct rate *rate = req->qp->rate;
	struct sched_element *group = req->qp->send_group;
	uint64_t now = engine_now_ns(req->qp->nic->engine);
	uint32_t before = req->done;
	enum step step;

	left = units = units < *budget ? units : *budget;
	step = requester_execute(req, &left);
	*budget -= units - left;
	/* The data of a read are sent by the other side. */
	if (req->done > before && request_local_access(req) == MKEY_LOCAL_READ) {
		request_pace(req, rate ? now + rate_ns(rate, req->done - before) : 0);
		request_pace(req, sched_charge(group, req->done - before, now));
	}
	return step;
}

static enum step requester_go_on(struct requester *req, unsigned int *budget)
{
	uint32_t burst = requester_burst(req->qp);
	uint64_t now = req->pace_ns ? engine_now_ns(req->qp->nic->engine) : 0;

	if (now < req->pace_ns) {
		req->wait = WAIT_PACE;
		engine_timer_arm(&req->timer, req->pace_ns - now);
		return STEP_WAIT;
	}
	req->pace_ns = 0;
	return burst ? requester_execute_paced(req, budget, burst) : requester_execute(req, budget);
}

/*
 * The send queue.
 */
static bool requester_posted(const struct requester *req)
{
	const struct qp *qp = req->qp;
	uint16_t posted;

	if (!qp->sq.present)
		return false;
	if (qp->recordless)
		return qp->rung != qp->sq.next;
	return !qp_record(qp, MLX5_SND_DBR, &posted) && posted != qp->sq.next;
}

/* Copy basic block @block of the WQE at the head of the queue. */
static bool requester_fetch_block(struct requester *req, unsigned int block)
{
	struct qp *qp = req->qp;
	uint16_t index = (qp->sq.next + block) & ((1u << qp->sq.log_size) - 1);

	return !cx_buf_read(qp->nic, &qp->buf, qp->sq.offset + (uint64_t)index * WQE_BASIC_BLOCK,
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
	req->wqe.stream = 0;
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
	if (service_is_addressed(qp->service))
		return WQE_ADDRESSED;
	return qp->service == MLX5_QP_ST_XRC ? WQE_XRC : WQE_CONNECTED;
}

/* Whose keys the local buffers have: those of tags belong to their SRQ. */
static const struct domain *requester_pd(const struct requester *req)
{
	return req->pulling ? req->qp->srq->pd : req->qp->pd;
}

/* Returns 0, or the syndrome (enum cqe_syndrome) that this WQE ends with before it is begun. */
static uint8_t requester_check(const struct requester *req)
{
	if (req->wqe.opcode == MLX5_OPCODE_NOP || req->wqe.opcode == MLX5_OPCODE_UMR ||
	    req->wqe.opcode == MLX5_OPCODE_SET_PSV)
		return 0;
	if (req->wqe.opcode == WQE_OPCODE_TAG_MATCHING)
		return req->qp->srq && req->qp->srq->tags ? 0 : CQE_LOCAL_QP_OP;
	if (!service_has_opcode(req->qp->service, req->wqe.opcode))
		return CQE_LOCAL_QP_OP;
	if (request_is_atomic(req) && req->wqe.len != sizeof(uint64_t))
		return CQE_LOCAL_LENGTH;
	if (req->wqe.len > 1ull << req->qp->log_max_msg)
		return CQE_LOCAL_LENGTH;
	/* keys of the local buffers are checked before anything is sent */
	return sg_check(&req->local) ? 0 : CQE_LOCAL_PROT;
}

/* req->wqe is what is to be done next. */
static enum step requester_begin(struct requester *req)
{
	const struct mkey_use use = {
		.pd = requester_pd(req),
		.qpn = req->qp->qpn,
		.access = request_local_access(req),
	};
	uint8_t syndrome;

	if (!signature_lengths(req->qp->nic, req->wqe.data, req->wqe.num_data, &req->wqe.len))
		return requester_fail(req, CQE_LOCAL_LENGTH);
	sg_init(&req->local, req->qp->nic, &use, req->wqe.data, req->wqe.num_data);
	syndrome = requester_check(req);
	return syndrome ? requester_fail(req, syndrome) : STEP_MORE;
}

/* Flush a request of a stream that is in error. */
static enum step requester_flush_stream(struct requester *req)
{
	uint16_t index = req->qp->sq.next;

	requester_retire(req);
	completion_send_error(req->qp, index, req->wqe.opcode, CQE_WR_FLUSH);
	return STEP_MORE;
}

static enum step requester_start(struct requester *req)
{
	size_t size;

	req->active = true;
	req->begun = false;
	req->fault_failed = false;
	req->fault_retries = REQUEST_FAULT_RETRIES;
	req->released = false;
	req->done = 0;
	req->retries = req->qp->retry_count;
	req->rnr_retries = req->qp->rnr_retry;
	req->pulling = rendezvous_request(&req->rendezvous, &req->wqe);
	if (req->pulling)
		return requester_begin(req);
	size = requester_fetch(req);
	if (!size || wqe_parse_send(&req->wqe, size, requester_transport(req->qp)))
		return requester_fail(req, CQE_LOCAL_QP_OP);
	if (dc_streams_stopped(&req->qp->streams, req->wqe.stream))
		return requester_flush_stream(req);
	return requester_begin(req);
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
		if (req->active)
			return requester_go_on(req, budget);
		return rendezvous_pending(&req->rendezvous) || requester_posted(req) ?
			       requester_start(req) :
			       STEP_WAIT;
	case MLX5_QP_STATE_SQD:
		return req->active ? requester_go_on(req, budget) : STEP_WAIT;
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

static void requester_doorbell(struct qp *qp)
{
	requester_kick(qp->requester);
}

void requester_pull(struct qp *qp, struct tag_entry *entry)
{
	rendezvous_add(&qp->requester->rendezvous, entry);
	requester_kick(qp->requester);
}

static void requester_state(struct qp *qp, uint8_t old)
{
	struct requester *req = qp->requester;

	switch (qp->state) {
	case MLX5_QP_STATE_RST:
		requester_abandon(req);
		rendezvous_cancel(&req->rendezvous, qp, false);
		qp->sq.next = 0;
		break;
	case MLX5_QP_STATE_ERR:
		requester_abandon(req);
		rendezvous_cancel(&req->rendezvous, qp, true);
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

static int requester_create(struct qp *qp)
{
	struct requester *req = calloc(1, sizeof(*req));

	if (!req)
		return -ENOMEM;
	req->qp = qp;
	req->fault.resolved = request_fault_resolved;
	engine_work_init(&req->work, qp->nic->engine, requester_run);
	engine_timer_init(&req->timer, qp->nic->engine, request_timer);
	rendezvous_init(&req->rendezvous);
	qp->requester = req;
	return 0;
}

static void requester_destroy(struct qp *qp)
{
	struct requester *req = qp->requester;

	if (!req)
		return;
	requester_abandon(req);
	rendezvous_cancel(&req->rendezvous, qp, false);
	engine_work_cancel(&req->work);
	free(req);
	qp->requester = NULL;
}

const struct qp_requester_ops requester_ops = {
	.create = requester_create,
	.destroy = requester_destroy,
	.state = requester_state,
	.doorbell = requester_doorbell,
};

int requesters_init(struct connectx *nic)
{
	struct requesters *requesters = nic->requesters;

	TAILQ_INIT(&requesters->stalled);
	requesters->umr_fault = (struct fault_point){
		.name = "umr",
		.actions = FAULT_STALL | FAULT_FAIL,
		.released = requesters_released,
	};
	return registry_add_fault(nic->registry, nic->attr.name, &requesters->umr_fault);
}
