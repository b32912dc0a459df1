// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/request.h"

#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/port/port.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/dc_connection.h"
#include "connectx/queue/dct.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/service.h"
#include "connectx/transport/datagram.h"
#include "connectx/transport/requester.h"
#include "connectx/transport/tag_match.h"

#define QKEY_PRIVILEGED		0x80000000

uint8_t request_local_access(const struct requester *req)
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

uint32_t request_packets(const struct requester *req)
{
	uint32_t mtu = req->qp->mtu ? req->qp->mtu : 1;

	return req->wqe.len ? (req->wqe.len - 1) / mtu + 1 : 1;
}

/* Packets carry the numbers 0 and 1 for the management QPs, which have other numbers here. */
static uint32_t request_source_qpn(const struct qp *qp)
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

static void request_headers(const struct requester *req, struct message *message)
{
	const struct qp *qp = req->qp;
	const struct send_wqe *wqe = &req->wqe;
	bool addressed = service_is_addressed(qp->service);

	*message = (struct message){
		.service = qp->service,
		.opcode = wqe->opcode,
		.solicited = wqe->solicited,
		.sl = addressed ? wqe->av.sl : qp->path.sl,
		.source_lid = qp->nic->ib->lid,
		.source_qpn = request_source_qpn(qp),
		/* one with the top bit set stands for the queue's own (vol. 1, 10.2.5) */
		.qkey = wqe->av.qkey & QKEY_PRIVILEGED ? qp->qkey : wqe->av.qkey,
		.dc_key = wqe->av.dc_key,
		.grh = service_is_datagram(qp->service) && wqe->av.grh,
		.xrc_srqn = wqe->xrc_srqn,
		.psn = req->psn,
		.packets = request_packets(req),
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

/* The QP at the target that belongs to the initiator; the first message creates it. */
static struct qp *request_dc_peer(struct requester *req, struct connectx *nic)
{
	const struct dc_source source = {
		.lid = req->qp->nic->ib->lid,
		.qpn = req->qp->qpn,
		.psn = req->psn,
	};
	struct dct *dct = dct_find(nic, req->wqe.av.qpn);

	return dct ? dc_connect(&req->connection, dct, &source) : NULL;
}

static struct qp *request_peer(struct requester *req)
{
	struct qp *qp = req->qp;
	bool addressed = service_is_addressed(qp->service);
	struct connectx *nic = subnet_route(qp->nic, addressed ? req->wqe.av.lid : qp->path.dlid);

	if (!nic)
		return NULL;
	if (qp->service == MLX5_QP_ST_DCI)
		return request_dc_peer(req, nic);
	return addressed ? qp_find_destination(nic, req->wqe.av.qpn) : qp_find(nic, qp->remote_qpn);
}

static void request_count(struct requester *req, struct qp *peer, uint32_t packets)
{
	struct connectx *nic = req->qp->nic;

	nic->requesters->messages++;
	nic->requesters->bytes += req->wqe.len;
	nic->ib->counts.unicast.xmit_packets += packets;
	nic->ib->counts.unicast.xmit_bytes += req->wqe.len;
	peer->nic->ib->counts.unicast.rcv_packets += packets;
	peer->nic->ib->counts.unicast.rcv_bytes += req->wqe.len;
}

bool request_is_atomic(const struct requester *req)
{
	return req->wqe.opcode == MLX5_OPCODE_ATOMIC_CS || req->wqe.opcode == MLX5_OPCODE_ATOMIC_FA;
}

/* Check first that the result can be stored: an atomic operation cannot be undone. */
static bool request_atomic(struct requester *req, struct qp *peer, struct sg_stop *stop)
{
	uint64_t result;

	return sg_present(&req->local, sizeof(result), true, stop) &&
	       responder_atomic(peer, &result, stop) &&
	       sg_scatter(&req->local, &result, sizeof(result), stop);
}

/* Move as much as the budget allows. Returns false when it cannot go on. */
static bool request_move(struct requester *req, struct qp *peer, struct sg *remote,
			 unsigned int *budget, struct sg_stop *stop)
{
	bool read = req->wqe.opcode == MLX5_OPCODE_RDMA_READ;
	uint64_t limit = (uint64_t)*budget * REQUEST_UNIT;
	uint32_t len = req->wqe.len - req->done;
	uint32_t moved;
	bool all;

	if (request_is_atomic(req)) {
		if (!request_atomic(req, peer, stop))
			return false;
		req->done = req->wqe.len;
		return true;
	}
	if (len > limit)
		len = limit;
	all = read ? sg_copy(&req->local, remote, len, &moved, stop) :
		     sg_copy(remote, &req->local, len, &moved, stop);
	req->done += moved;
	*budget -= moved / REQUEST_UNIT;
	if (moved) {
		req->fault_failed = false;
		req->fault_retries = REQUEST_FAULT_RETRIES;
	}
	/* The data of a read are sent by the other side, whose queue group limits them. */
	if (read && sched_limited(peer->answer_group))
		request_pace(req, sched_charge(peer->answer_group, moved,
					       engine_now_ns(peer->nic->engine)));
	return all;
}

/*
 * Datagrams to a group, or to an agent, are sent at once: they are one packet, and are not
 * acknowledged.
 */
static enum step request_datagram(struct requester *req)
{
	uint8_t data[DATAGRAM_MAX];
	struct message message;
	struct sg_stop stop;

	if (req->wqe.len > sizeof(data))
		return requester_fail(req, CQE_LOCAL_LENGTH);
	sg_rewind(&req->local);
	if (!sg_gather(&req->local, data, req->wqe.len, &stop))
		return request_stopped(req, NULL, &stop);
	request_headers(req, &message);
	datagram_send(req->qp, &req->wqe.av, &message, data);
	req->done = req->wqe.len;
	return request_answered(req, NULL, RESPONSE_NONE);
}

/* The first bytes of the message, for a receiver that looks into it. */
static bool request_peek(const struct requester *req, struct message *message, struct sg_stop *stop)
{
	uint32_t len = message->len;
	struct sg from = req->local;

	if (len > sizeof(message->header))
		len = sizeof(message->header);
	return sg_gather(&from, message->header, len, stop);
}

/* A message from one QP to another. */
static enum step request_exchange(struct requester *req, unsigned int *budget)
{
	struct qp *peer = request_peer(req);
	enum response response;
	struct message message;
	struct sg_stop stop;
	struct sg *remote;

	if (!peer)
		return request_answered(req, NULL, RESPONSE_NONE);
	request_headers(req, &message);
	if (req->begun) {
		remote = responder_resume(peer, &message);
		if (!remote)
			return request_answered(req, peer, RESPONSE_NONE);
	} else {
		if (tag_match_looks(peer, &message) && !request_peek(req, &message, &stop))
			return request_stopped(req, NULL, &stop);
		response = responder_begin(peer, &message, &remote);
		if (response != RESPONSE_ACK)
			return request_answered(req, peer, response);
		req->begun = true;
	}
	if (!request_move(req, peer, remote, budget, &stop))
		return request_stopped(req, peer, &stop);
	if (req->done < req->wqe.len)
		return STEP_MORE;
	response = responder_end(peer);
	if (response != RESPONSE_ACK)
		return request_answered(req, peer, response);
	req->psn = (req->psn + message.packets) & PSN_MASK;
	request_count(req, peer, message.packets);
	return requester_done(req,
			      request_local_access(req) == MKEY_LOCAL_WRITE ? req->wqe.len : 0);
}

enum step request_message(struct requester *req, unsigned int *budget)
{
	if (service_is_datagram(req->qp->service) && datagram_is_special(&req->wqe.av))
		return request_datagram(req);
	return request_exchange(req, budget);
}
