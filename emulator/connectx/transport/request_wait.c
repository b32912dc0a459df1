// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/request.h"

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/service.h"
#include "connectx/transport/requester.h"
#include "util/macros.h"

#define RNR_RETRY_FOR_EVER	7
#define ACK_TIMEOUT_UNIT_NS	4096ULL
#define FAULT_RETRY_NS		1000000ULL	/* doubled each time: a second altogether */

/*
 * Answers of the other side, and time-outs.
 */
static void request_start_over(struct requester *req)
{
	req->begun = false;
	req->done = 0;
	sg_rewind(&req->local);
}

static enum step request_no_answer(struct requester *req)
{
	uint8_t timeout = req->qp->path.ack_timeout;

	request_start_over(req);
	req->wait = WAIT_ACK;
	if (timeout)
		engine_timer_arm(&req->timer, ACK_TIMEOUT_UNIT_NS << timeout);
	return STEP_WAIT;
}

static enum step request_not_ready(struct requester *req, const struct qp *peer)
{
	req->qp->nic->requesters->rnr_naks++;
	request_start_over(req);
	if (req->qp->rnr_retry != RNR_RETRY_FOR_EVER && !req->rnr_retries--)
		return requester_fail(req, CQE_RNR_RETRY_EXC);
	Q_COUNT(req->qp->counter, rnr_nak_retry_err);
	req->wait = WAIT_RNR;
	engine_timer_arm(&req->timer, responder_rnr_ns(peer));
	return STEP_WAIT;
}

void request_timer(struct engine_timer *timer)
{
	struct requester *req = container_of(timer, struct requester, timer);
	bool gave_up = req->wait == WAIT_ACK && !req->retries;

	if (req->wait == WAIT_ACK && req->retries) {
		req->retries--;
		req->qp->nic->requesters->retries++;
		Q_COUNT(req->qp->counter, local_ack_timeout_err);
	}
	req->wait = WAIT_RUN;
	if (gave_up)
		requester_fail(req, CQE_RETRY_EXC);
	requester_kick(req);
}

/*
 * Unreliable services are not acknowledged: a message is complete when it has been sent, even if it
 * is lost.
 */
static enum step request_sent(struct requester *req)
{
	req->psn = (req->psn + request_packets(req)) & PSN_MASK;
	return requester_done(req, 0);
}

enum step request_answered(struct requester *req, const struct qp *peer, enum response response)
{
	if (!service_is_reliable(req->qp->service))
		return request_sent(req);
	switch (response) {
	case RESPONSE_RNR:
		return request_not_ready(req, peer);
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
	return request_no_answer(req);
}

/*
 * Page faults.
 */
void request_fault_resolved(struct page_fault *fault, bool failed)
{
	struct requester *req = container_of(fault, struct requester, fault);

	req->fault_failed = failed;
	requester_continue(req);
}

/*
 * The driver answers for the key that the fault named. If that was behind an indirect key, the list
 * may have changed: mlx5_ib first gives up a part of an address space, after which it cannot
 * resolve faults there, and updates the list later. So ask again a few times, with growing delays.
 */
static bool request_may_fault_again(const struct requester *req, const struct sg_stop *stop)
{
	return req->fault_failed && stop->why.indirect && req->fault_retries;
}

static enum step request_fault_later(struct requester *req)
{
	req->fault_failed = false;
	req->wait = WAIT_LIST;
	engine_timer_arm(&req->timer,
			 FAULT_RETRY_NS << (REQUEST_FAULT_RETRIES - req->fault_retries));
	req->fault_retries--;
	return STEP_WAIT;
}

enum step request_stopped(struct requester *req, struct qp *peer, const struct sg_stop *stop)
{
	if (stop->why.status == MKEY_NOT_PRESENT && request_may_fault_again(req, stop))
		return request_fault_later(req);
	if (stop->why.status == MKEY_NOT_PRESENT && !req->fault_failed &&
	    !page_fault_raise(&req->fault, &stop->why)) {
		req->wait = WAIT_FAULT;
		return STEP_WAIT;
	}
	req->fault_failed = false;
	if (peer && stop->end != &req->local)
		return request_answered(req, peer, responder_fail(peer, stop));
	return requester_fail(req, stop->why.status == MKEY_OK ? CQE_LOCAL_QP_OP : CQE_LOCAL_PROT);
}
