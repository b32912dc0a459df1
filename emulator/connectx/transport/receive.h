/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Receive WQEs: taking the next one, from the QP's own queue or from a shared one.
 */
#ifndef CONNECTX_RECEIVE_H
#define CONNECTX_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/queue/wqe.h"

struct qp;
struct srq;

/* The receive WQE that a message has taken. */
struct receive {
	bool taken;
	uint16_t index;  /* of it in its queue */
	struct srq *srq; /* where it came from; NULL: the QP's own queue */
	struct recv_wqe wqe;
};

/** receive_posted() - Return: whether the QP's own queue has an entry. */
bool receive_posted(const struct qp *qp);

/**
 * receive_take() - take the next entry of @srq, or of the QP's own queue when that is NULL.
 *
 * Of the QP's own queue it stays the first until receive_done().
 *
 * Return: 0; -EAGAIN when nothing is posted, and nothing is taken; -EFAULT when it cannot be read,
 * but is taken.
 */
int receive_take(struct receive *receive, struct qp *qp, struct srq *srq);

/** receive_done() - the entry is used up; its completion is the caller's. */
void receive_done(struct receive *receive, struct qp *qp);

#endif
