/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Tag matching: what a message to a tag-matching SRQ becomes, and what its program does to the list
 * of tags. Only messages of reliable connections are looked into. Their headers are read, never
 * moved: a buffer gets what is behind them.
 */
#ifndef CONNECTX_TAG_MATCH_H
#define CONNECTX_TAG_MATCH_H

#include <stdbool.h>
#include <stdint.h>

struct completion_recv;
struct message;
struct qp;
struct receive;
struct send_wqe;
struct srq;
struct tag_entry;

/* How a message in progress is received. */
struct tag_match {
	uint8_t operation;       /* enum cqe_tag_operation of its completion; 0: none of tags */
	struct tag_entry *entry; /* whose buffer it goes to; NULL: that of a receive WQE */
	bool pull;               /* of it only the header came: the data are to be fetched */
};

/** tag_match_looks() - Return: whether @qp looks into @message, which needs its first bytes. */
bool tag_match_looks(const struct qp *qp, const struct message *message);

/**
 * tag_match_take() - receive_take() for a message that is looked into.
 * @match: is filled in
 *
 * What @receive then describes is as long as the message with its header; where the header goes to
 * is no memory of the guest's.
 *
 * Return: as receive_take().
 */
int tag_match_take(struct tag_match *match, struct qp *qp, const struct message *message,
		   struct receive *receive);

/** tag_match_describe() - the message is complete: what is special about its completion. */
void tag_match_describe(const struct tag_match *match, struct completion_recv *recv);

/** tag_match_done() - its completion is posted: release the entry, or fetch the data. */
void tag_match_done(struct tag_match *match, struct qp *qp);

/**
 * tag_match_cancel() - the data of a message that matched will not come.
 * @tell: complete the entry, as a program waits for it
 *
 * Harmless when the message matched nothing.
 */
void tag_match_cancel(struct tag_match *match, struct qp *qp, bool tell);

/** tag_complete() - post the completion @operation of @entry, of @bytes, and release it. */
void tag_complete(struct qp *qp, struct tag_entry *entry, uint8_t operation, uint32_t bytes);

/**
 * tag_match_execute() - carry out a WQE that changes the list of qp->srq, and complete it if asked.
 *
 * Return: false when the WQE is not possible, and nothing was changed.
 */
bool tag_match_execute(struct qp *qp, const struct send_wqe *wqe);

#endif
