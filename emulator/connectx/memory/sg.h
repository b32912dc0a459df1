/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Moving a message: from one list of buffers behind memory keys to another.
 *
 * Every operation of every transport comes down to it. A send goes from the gather list of the
 * sender's WQE to the scatter list of the receiver's; an RDMA write to a list of one entry that
 * names the remote key; an RDMA read the other way round. The two ends may belong to two NICs,
 * and may be guest memory or a BAR of a peer, which then sees TLPs with the hints of the key.
 */
#ifndef CONNECTX_SG_H
#define CONNECTX_SG_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/memory/access.h"
#include "connectx/memory/mkey.h"
#include "connectx/memory/wqe_data.h"

struct connectx;

/*
 * One end of a transfer: a list of buffers, the rights that its keys must grant, and the position.
 */
struct sg {
	struct connectx *nic; /* whose keys they are, and whose link is used */
	struct mkey_use use;  /* of every key */
	const struct wqe_data *data;
	uint8_t num;
	uint8_t index;   /* entry that is next */
	uint32_t offset; /* bytes of it that are done */
};

/* Why a transfer stopped short. */
struct sg_stop {
	const struct sg *end; /* which end it was; to compare, as it may be gone by now */
	struct access_stop why;
};

/** sg_init() - start at the beginning of a list. */
void sg_init(struct sg *sg, struct connectx *nic, const struct mkey_use *use,
	     const struct wqe_data *data, uint8_t num);

/**
 * sg_check() - whether the keys of the list admit all of it. Pages may still be missing, and keys
 * that indirect ones lead to.
 */
bool sg_check(const struct sg *sg);

/** sg_rewind() - start over. */
void sg_rewind(struct sg *sg);

/** sg_skip() - leave out @len bytes; the list must have them. */
void sg_skip(struct sg *sg, uint32_t len);

/**
 * sg_copy() - move up to @len bytes and advance both ends.
 * @moved: bytes that were moved, whatever the result
 * @stop: why it stopped, when it did
 *
 * Both lists must have @len bytes left. Bytes land in the order of their addresses as far as a
 * program can see that polls for the last one.
 *
 * Return: true when all of @len was moved.
 */
bool sg_copy(struct sg *to, struct sg *from, uint32_t len, uint32_t *moved, struct sg_stop *stop);

/**
 * sg_gather() - copy @len bytes of the list to @data. Return: as sg_copy().
 */
bool sg_gather(struct sg *from, void *data, uint32_t len, struct sg_stop *stop);

/**
 * sg_scatter() - copy @len bytes at @data into the list. Return: as sg_copy().
 */
bool sg_scatter(struct sg *to, const void *data, uint32_t len, struct sg_stop *stop);

/**
 * sg_present() - whether @len bytes could be read, or written, now.
 *
 * Return: true; false with @stop filled in.
 */
bool sg_present(const struct sg *sg, uint32_t len, bool write, struct sg_stop *stop);

/**
 * sg_map() - the piece that is next, at most @len bytes of it.
 * @write: whether it is to be written
 *
 * Return: true; false with @stop filled in.
 */
bool sg_map(const struct sg *sg, uint64_t len, bool write, struct access_span *span,
	    struct sg_stop *stop);

/** sg_refused() - the bus did not carry out what was asked of @sg. Return: false, as sg_map(). */
bool sg_refused(const struct sg *sg, struct sg_stop *stop);

#endif
