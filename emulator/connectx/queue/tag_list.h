/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The receive buffers that a tag-matching SRQ (XRQ) has by tag, in the order in which they were
 * appended, and how far device and program agree about what has come in.
 *
 * A message that matches no buffer is unexpected: the program gets it, and may be appending a
 * buffer for it at the same moment. So that a later message does not overtake it there, buffers
 * that are appended after an unexpected message match nothing until the program has reported as
 * many unexpected messages as the device has counted (rdma-core, Documentation/tag_matching.md).
 */
#ifndef CONNECTX_TAG_LIST_H
#define CONNECTX_TAG_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "connectx/queue/wqe.h"

/* What comes before the data of a message: struct ibv_tmh and struct ibv_rvh of rdma-core. */
#define TAG_HEADER	16	/* operation, user data, tag */
#define TAG_RENDEZVOUS	32	/* the same and where the data are */

/* The first byte of it: enum ibv_tmh_op. */
enum tag_header_operation {
	TAG_HEADER_NO_TAG,
	TAG_HEADER_RENDEZVOUS, /* the data are to be fetched */
	TAG_HEADER_FINISHED,   /* ... and have been */
	TAG_HEADER_EAGER,      /* the data follow */
};

enum tag_state {
	TAG_FREE,   /* its number may be appended */
	TAG_LISTED, /* waits for a message */
	TAG_TAKEN,  /* by a message that is not complete */
};

struct tag_entry {
	enum tag_state state;
	uint16_t index;
	bool synced; /* takes part in matching */
	uint64_t tag, mask;
	struct wqe_data buffer; /* length 0: none */
	TAILQ_ENTRY(tag_entry)
	link; /* among the listed; while taken, of who has it (rendezvous.h) */
	uint8_t header[TAG_RENDEZVOUS]; /* of the message that took it */
};

TAILQ_HEAD(tag_entries, tag_entry);

struct tag_list {
	uint32_t size;
	uint16_t next;             /* number that the next one appended gets */
	uint16_t sw_count;         /* unexpected messages that the program has reported */
	uint16_t hw_count;         /* ... and that it was given */
	struct tag_entries listed; /* in order */
	struct tag_entry entry[];
};

/** tag_list_create() - @log_size: entries. Return: the empty list, or NULL. */
struct tag_list *tag_list_create(unsigned int log_size);

/** tag_list_sync() - the program has handled @count unexpected messages, modulo 2^16. */
void tag_list_sync(struct tag_list *list, uint16_t count);

/**
 * tag_list_append() - list the entry of number list->next.
 * @next: the number that the one after it will get
 * @buffer: NULL: messages that match have no data
 *
 * Return: the entry, or NULL when that number is not free, or @next is none.
 */
struct tag_entry *tag_list_append(struct tag_list *list, uint64_t tag, uint64_t mask,
				  const struct wqe_data *buffer, uint16_t next);

/** tag_list_remove() - Return: whether @index was listed; it is free now. */
bool tag_list_remove(struct tag_list *list, uint16_t index);

/** tag_list_match() - Return: the first entry that takes @tag, now taken; or NULL. */
struct tag_entry *tag_list_match(struct tag_list *list, uint64_t tag);

/** tag_list_unexpected() - the program was given a message that matched nothing. */
void tag_list_unexpected(struct tag_list *list);

/** tag_release() - a taken entry is free again. */
void tag_release(struct tag_entry *entry);

#endif
