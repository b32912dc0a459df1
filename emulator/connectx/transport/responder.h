/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The receive side of QPs, as the requester at the other end of the wire sees it. A message comes
 * in three steps, with the bytes moved in between by the requester, in as many turns of the engine
 * as it takes:
 *
 *   responder_begin()  may it come, and where does it go to (or, for a read, come from)?
 *   sg_copy()
 *   responder_end()    it is complete
 *
 * What the caller gets back is what would come back over the wire.
 */
#ifndef CONNECTX_RESPONDER_H
#define CONNECTX_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/queue/tag_list.h"

struct connectx;
struct qp;
struct qp_responder_ops;
struct sg;
struct sg_stop;
struct srq;

/* What QPs need of it. */
extern const struct qp_responder_ops responder_ops;

/* The headers of a message. */
struct message {
	uint8_t service; /* MLX5_QP_ST_* of the sender */
	uint8_t opcode;  /* MLX5_OPCODE_* */
	bool solicited;
	uint8_t sl;
	uint16_t source_lid;
	uint32_t source_qpn;
	uint32_t psn, packets; /* of the first packet; how many there are */
	uint32_t len;          /* bytes, also those a read asks for */
	uint32_t imm;          /* as it is on the wire */
	uint64_t raddr;
	uint32_t rkey;
	uint64_t swap_add, compare;
	uint32_t qkey;   /* datagrams */
	uint64_t dc_key; /* from a DCI: the key of the target */
	bool grh;        /* datagrams: with a global route header, between these */
	uint8_t sgid[16], dgid[16];
	uint32_t xrc_srqn; /* XRC: where to receive from */
	uint8_t header
		[TAG_RENDEZVOUS]; /* its first bytes, zeros behind them; see tag_match_looks() */
};

enum response {
	RESPONSE_ACK,
	RESPONSE_RNR,         /* receiver not ready: no receive WQE */
	RESPONSE_NAK_INVALID, /* remote invalid request */
	RESPONSE_NAK_ACCESS,  /* remote access error */
	RESPONSE_NAK_OP,      /* remote operational error */
	RESPONSE_NONE,        /* dropped, as nobody expects it */
};

/**
 * responder_begin() - the first packet of @message arrives at @qp.
 * @end: with ACK, the receiver's end; belongs to the responder, stays valid until responder_end()
 *
 * The same message may begin again: it starts over.
 */
enum response responder_begin(struct qp *qp, const struct message *message, struct sg **end);

/**
 * responder_resume() - more of a message that has begun.
 *
 * Return: the receiver's end, or NULL when @qp knows nothing of this message (any more).
 */
struct sg *responder_resume(struct qp *qp, const struct message *message);

/**
 * responder_atomic() - carry out the atomic operation of the message that has begun.
 * @result: the 8 bytes before it, host byte order
 *
 * Return: true; false with @stop filled in.
 */
bool responder_atomic(struct qp *qp, uint64_t *result, struct sg_stop *stop);

/** responder_end() - all bytes are where they belong. */
enum response responder_end(struct qp *qp);

/**
 * responder_fail() - the receiver's end stopped the transfer, for good.
 *
 * Return: RESPONSE_NAK_ACCESS or RESPONSE_NAK_OP.
 */
enum response responder_fail(struct qp *qp, const struct sg_stop *stop);

/** responder_rnr_ns() - how long a sender waits after RESPONSE_RNR. */
uint64_t responder_rnr_ns(const struct qp *qp);

#endif
