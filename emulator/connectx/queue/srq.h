/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared receive queues. mlx5_ib makes them as RMPs (ordinary SRQs), as XRC SRQs (those in an XRC
 * domain, and two for its own use) and as XRQs (those that match tags); the older SRQ object is the
 * fourth way. All are the same linked list of entries: each entry begins with the index of the one
 * that follows it. RMPs and XRQs may be cyclic instead, as UCX makes them: entries have room for
 * that index, but are taken in their order, and completions count them modulo 2^16, whatever the
 * size of the ring.
 */
#ifndef CONNECTX_SRQ_H
#define CONNECTX_SRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/command/buf.h"
#include "connectx/command/cmd.h"
#include "connectx/memory/umem.h"

struct cq;
struct domain;
struct tag_list;

enum srq_kind {
	SRQ_BASIC,  /* CREATE_SRQ */
	SRQ_RMP,    /* CREATE_RMP */
	SRQ_XRC,    /* CREATE_XRC_SRQ */
	SRQ_TAGGED, /* CREATE_XRQ */
};

struct srq {
	uint32_t srqn;
	enum srq_kind kind;
	bool error; /* catastrophic: its entries cannot be read */
	struct cx_buf buf;
	uint8_t log_size;     /* entries */
	uint8_t log_stride;   /* bytes of an entry */
	struct cx_record dbr; /* doorbell record: entries ever posted, modulo 2^16 */
	bool cyclic;          /* a ring, not a list */
	uint16_t head;        /* index of the entry to be taken next; cyclic: modulo 2^16 */
	uint16_t taken;       /* entries ever taken, modulo 2^16 */
	uint16_t limit;       /* event when fewer are left; 0: not armed */
	uint32_t user_index;
	uint32_t users; /* QPs that receive from it */
	struct domain *pd;
	struct domain *xrcd;   /* NULL but for SRQ_XRC */
	struct cq *cq;         /* of SRQ_XRC and SRQ_TAGGED: where messages complete; else NULL */
	struct tag_list *tags; /* SRQ_TAGGED; else NULL */
	bool rendezvous;       /* SRQ_TAGGED: the device fetches what messages only announce */
	uint32_t context[MLX5_ST_SZ_DW(
		xrqc)]; /* xrc_srqc, srqc, rmpc, xrqc as created, big endian */
};

/**
 * srq_take() - take the next entry off the queue.
 * @index: its number, as the completion reports it
 * @offset: where its data segments begin in srq->buf
 * @bytes: how long they are together
 *
 * Posts the limit event when that falls due.
 *
 * Return: 0; -EAGAIN when none is posted; -EFAULT when the queue is in error (the event has been
 * posted).
 */
int srq_take(struct connectx *nic, struct srq *srq, uint16_t *index, uint64_t *offset,
	     uint32_t *bytes);

/** srq_available() - Return: whether srq_take() would find an entry. */
bool srq_available(struct connectx *nic, struct srq *srq);

/** srq_find() - Return: the SRQ, RMP or XRC SRQ, or NULL. */
struct srq *srq_find(struct connectx *nic, uint32_t srqn);

/** srq_clear() - destroy all. */
void srq_clear(struct connectx *nic);

cmd_handler srq_create, srq_destroy, srq_query, srq_arm;
cmd_handler rmp_create, rmp_destroy, rmp_query, rmp_modify;
cmd_handler xrq_create, xrq_destroy, xrq_query;
cmd_handler xrc_srq_create, xrc_srq_destroy, xrc_srq_query, xrc_srq_arm;

#endif
