/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The send side of QPs. Each QP has one requester, which takes WQEs off the send queue, one at a
 * time and in order, and carries each out before the next: so fences hold without further ado, and
 * completions are in order.
 */
#ifndef CONNECTX_REQUESTER_H
#define CONNECTX_REQUESTER_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/registry.h"

struct connectx;
struct qp;
struct qp_requester_ops;
struct requester;
struct tag_entry;

/* What the requesters of a NIC share. */
struct requesters {
	struct fault_point umr_fault;    /* "umr", by mkey index; stalls or fails */
	TAILQ_HEAD(, requester) stalled; /* held back by it */
	uint64_t wqes, messages, bytes;  /* executed, sent; in the registry */
	uint64_t retries, rnr_naks, errors;
};

/* What QPs need of it. */
extern const struct qp_requester_ops requester_ops;

/** requester_pull() - fetch what a message announced for @entry, whose buffer it matched. */
void requester_pull(struct qp *qp, struct tag_entry *entry);

/** requesters_init() - Return: 0, or -errno of the registry. */
int requesters_init(struct connectx *nic);

#endif
