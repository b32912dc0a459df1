/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Rendezvous: a message that says where the data are, and has matched a tag. The receiver's QP
 * fetches them with an RDMA read, and tells the sender with a send that it has them. Both go
 * through the QP's requester, which has no send queue of its own then.
 */
#ifndef CONNECTX_RENDEZVOUS_H
#define CONNECTX_RENDEZVOUS_H

#include <stdbool.h>

#include "connectx/queue/tag_list.h"

struct qp;
struct send_wqe;

/* What a QP still has to fetch. Entries are TAG_TAKEN, and as many as the SRQ has at most. */
struct rendezvous {
	struct tag_entries waiting; /* the first is in progress */
	bool fetched;               /* the data of the first: the sender is to be told */
};

/** rendezvous_init() - nothing to fetch. */
void rendezvous_init(struct rendezvous *rendezvous);

/** rendezvous_add() - fetch what the header of @entry says into its buffer. */
void rendezvous_add(struct rendezvous *rendezvous, struct tag_entry *entry);

/** rendezvous_pending() - Return: whether there is something to fetch, or to tell. */
static inline bool rendezvous_pending(const struct rendezvous *rendezvous)
{
	return !TAILQ_EMPTY(&rendezvous->waiting);
}

/**
 * rendezvous_request() - what is to be sent next.
 * @wqe: is made as if it had been parsed; it takes no room in a ring and completes nowhere
 *
 * Return: false when there is nothing to do.
 */
bool rendezvous_request(const struct rendezvous *rendezvous, struct send_wqe *wqe);

/** rendezvous_advance() - what rendezvous_request() made is done. */
void rendezvous_advance(struct rendezvous *rendezvous, struct qp *qp);

/** rendezvous_cancel() - drop all. @tell: complete the entries, as programs wait for them */
void rendezvous_cancel(struct rendezvous *rendezvous, struct qp *qp, bool tell);

#endif
