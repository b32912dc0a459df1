/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A requester from inside: the request at the head of the send queue while it is carried out.
 *
 *   requester.c        the queue: fetches, checks, retires, flushes
 *   request_message.c  carries out what goes to another QP
 *   request_wait.c     what stops it: answers, the lack of them, page faults
 *
 * Only these three include this.
 */
#ifndef CONNECTX_REQUEST_H
#define CONNECTX_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/engine.h"
#include "connectx/memory/sg.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/page_fault.h"
#include "connectx/queue/wqe.h"
#include "connectx/transport/rendezvous.h"
#include "connectx/transport/responder.h"

#define PSN_MASK	0xffffff
#define REQUEST_UNIT	4096	/* bytes that take one unit of the engine's budget */

/* What the QP's send side is waiting for; only RUN takes part in the engine's turns. */
enum requester_wait {
	WAIT_RUN,     /* nothing: it runs, or has nothing to do */
	WAIT_RNR,     /* the receiver to become ready: timer */
	WAIT_ACK,     /* an answer that will not come: timer, or for ever */
	WAIT_FAULT,   /* PAGE_FAULT_RESUME */
	WAIT_LIST,    /* the driver to change an indirect key: timer */
	WAIT_RELEASE, /* the "umr" fault point */
	WAIT_PACE,    /* the time that what it has sent takes within its limits: timer */
};

/* How often a driver is asked about the same page that an indirect key leads to. */
#define REQUEST_FAULT_RETRIES	10

struct requester {
	struct qp *qp;
	struct engine_work work;
	struct engine_timer timer;
	struct page_fault fault;
	TAILQ_ENTRY(requester) stalled;
	enum requester_wait wait;

	bool active;                  /* wqe is being carried out */
	bool begun;                   /* ... and its first packet has been answered */
	bool fault_failed;            /* the driver could not resolve the fault that stopped it */
	uint8_t fault_retries;        /* left for faults that lie behind indirect keys */
	bool released;                /* it has passed the "umr" fault point */
	uint8_t retries, rnr_retries; /* left for this message */
	struct dc_connection *connection; /* of a DCI: where its last message went */
	uint32_t psn;                     /* of the next message */
	uint32_t done;                    /* bytes moved */
	uint64_t pace_ns; /* with a rate or in a queue group: when more may be sent */
	struct sg local;
	struct send_wqe wqe;
	struct rendezvous rendezvous;
	bool pulling; /* wqe is not of the ring, but of the rendezvous */
};

/* How a turn at the current WQE ended. */
enum step {
	STEP_MORE, /* go on with it, or with the next */
	STEP_WAIT, /* nothing can be done now */
};

/*
 * requester.c
 */
/** requester_kick() - look for something to do, in a later turn. */
void requester_kick(struct requester *req);

/** requester_continue() - what it was waiting for has come. */
void requester_continue(struct requester *req);

/** requester_done() - the WQE is done; @bytes: that were received (reads, atomics), else 0. */
enum step requester_done(struct requester *req, uint32_t bytes);

/** requester_fail() - the WQE is done in error, and the QP goes to error with it. */
enum step requester_fail(struct requester *req, enum cqe_syndrome syndrome);

/*
 * request_message.c
 */
/** request_local_access() - Return: the enum mkey_access that the WQE's own buffers need. */
uint8_t request_local_access(const struct requester *req);

/** request_is_atomic() - Return: whether it is an atomic operation on the other side's memory. */
bool request_is_atomic(const struct requester *req);

/** request_message() - a turn at a message; @budget: what is left of it, in units of 4 KiB. */
enum step request_message(struct requester *req, unsigned int *budget);

/** request_packets() - Return: how many packets the message takes on the wire. */
uint32_t request_packets(const struct requester *req);

/*
 * request_wait.c
 */
/** request_pace() - nothing more before @until_ns, or what has been set if that is later. */
static inline void request_pace(struct requester *req, uint64_t until_ns)
{
	if (req->pace_ns < until_ns)
		req->pace_ns = until_ns;
}

/** request_timer() - what the timer does: a delay is over, or nobody has answered. */
void request_timer(struct engine_timer *timer);

/** request_fault_resolved() - the driver has answered a page fault. */
void request_fault_resolved(struct page_fault *fault, bool failed);

/**
 * request_answered() - the other side's answer to anything but the end of a message that arrived.
 * @peer: who answered; may be NULL with RESPONSE_NONE
 */
enum step request_answered(struct requester *req, const struct qp *peer, enum response response);

/**
 * request_stopped() - bytes could not be moved.
 * @peer: whose end it may also have been; NULL when only this side's could be
 */
enum step request_stopped(struct requester *req, struct qp *peer, const struct sg_stop *stop);

#endif
