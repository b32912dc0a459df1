/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * From a memory key and an address in it to bytes: guest memory, memory of the device, or a BAR of
 * a peer, which then sees TLPs with the hints of the key. Signatures of the key are not looked at.
 */
#ifndef CONNECTX_ACCESS_H
#define CONNECTX_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectx/memory/mkey.h"

struct connectx;

/* The size of the largest TLP, and a multiple of all smaller sizes. */
#define ACCESS_TLP_MAX	4096

/* Who reaches for what. */
struct access {
	struct connectx *nic; /* whose key it is, and whose link is used */
	const struct mkey_use *use;
	uint32_t key;
};

/* Why one stopped short. */
struct access_stop {
	struct connectx *nic;    /* that asked; set with MKEY_NOT_PRESENT */
	enum mkey_status status; /* MKEY_OK: the bus refused */
	/* where it stopped; behind an indirect key, where that led to */
	bool indirect; /* and whether one did */
	uint32_t key;
	uint64_t va;
	uint64_t len; /* bytes that are wanted from there on */
};

/* A piece that is contiguous on the bus. */
struct access_span {
	void *ram; /* where it is mapped: guest memory, MEMIC, inline data; NULL: go by the bus */
	uint64_t address; /* on the bus */
	uint64_t len;
	const struct mkey *mkey; /* for its hints; NULL without memory behind it */
};

/**
 * access_map() - the piece at @va, at most @len bytes of it.
 * @write: whether it is to be written
 *
 * Return: true; false with @stop filled in.
 */
bool access_map(const struct access *access, uint64_t va, uint64_t len, bool write,
		struct access_span *span, struct access_stop *stop);

/** access_read() - copy @len bytes at @va to @data. Return: as access_map(). */
bool access_read(const struct access *access, uint64_t va, void *data, size_t len,
		 struct access_stop *stop);

/** access_write() - copy @data to the @len bytes at @va. Return: as access_map(). */
bool access_write(const struct access *access, uint64_t va, const void *data, size_t len,
		  struct access_stop *stop);

/** access_present() - Return: whether @len bytes at @va could be read, or written, now. */
bool access_present(const struct access *access, uint64_t va, uint64_t len, bool write,
		    struct access_stop *stop);

/** access_span_read() - the first @len bytes of @span. Return: false when the bus refused. */
bool access_span_read(struct connectx *nic, const struct access_span *span, void *data, size_t len);

/**
 * access_span_write() - the same the other way round.
 *
 * Writes are posted: if one is lost, the operation goes on, as only the fabric knows. It fails only
 * where a real bus would have delivered the write and this one cannot.
 */
bool access_span_write(struct connectx *nic, const struct access_span *span, const void *data,
		       size_t len);

/**
 * access_span_moved() - what access_span_read() and access_span_write() do behind a copy from or to
 * @span->ram, for who copies there without them: requests to the guest's memory are seen on the
 * link if they carry hints.
 */
void access_span_moved(struct connectx *nic, const struct access_span *span, const void *data,
		       size_t len, bool write);

/** access_span_piece() - Return: how much of @span is written at once, so that no TLP is cut. */
uint64_t access_span_piece(const struct access_span *span);

#endif
