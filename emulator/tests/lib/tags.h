/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A tag-matching SRQ (XRQ) with a QP that receives from it, one that sends to that, and one that is
 * connected to itself and changes the list of tags, as libmlx5 has one for each.
 */
#ifndef TESTS_CONNECTX_TAGS_H
#define TESTS_CONNECTX_TAGS_H

#include "guest_mkey.h"
#include "guest_wqe.h"

#define TAGS_SIZE	4096U	/* bytes of each buffer */
#define TAGS_LOG	3	/* entries of the list */
#define TAGS_LOG_SRQ	3	/* entries of the XRQ itself */
#define TAGS_MASK	0xffffULL
#define TAGS_USER_INDEX	0x4321

struct tags {
	struct guest *guest;
	struct guest_cq cq[2]; /* of the sender; of the XRQ */
	struct guest_qp sender, receiver, command;
	uint32_t xrqn;
	uint64_t ring, dbr;
	uint16_t posted;            /* to the XRQ */
	uint64_t from, to, waiting; /* sent from, matched to, received by the XRQ's own entries */
	uint32_t key;               /* of these three */
};

/* @offload: MLX5_XRQC_OFFLOAD_* or 0 */
void tags_create(struct tags *all, unsigned int offload);
void tags_destroy(struct tags *all);

/* The three QPs, from RST to RTS. */
void tags_connect(struct tags *all);

/* Entries of the XRQ itself, linked in a ring, of TAGS_SIZE bytes each. */
void tags_post_waiting(struct tags *all, unsigned int number);

/*
 * A WQE of the command QP; @operation: enum wqe_tag_operation, @flags: WQE_TAG_*, @len: of the
 * buffer that is appended, at all->to; 0: none. Returns when it has been carried out.
 */
void tags_change(struct tags *all, uint8_t operation, uint8_t flags, uint16_t index, uint16_t count,
		 uint64_t tag, uint32_t len);

#endif
