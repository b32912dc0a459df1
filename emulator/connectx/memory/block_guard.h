/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Guards of blocks of data: the check codes that signatures (signature.h) consist of. */
#ifndef CONNECTX_BLOCK_GUARD_H
#define CONNECTX_BLOCK_GUARD_H

#include <stddef.h>
#include <stdint.h>

enum guard_kind {
	GUARD_NONE,
	GUARD_T10_CRC,      /* CRC-16 of T10 SBC-3, with tags */
	GUARD_T10_CHECKSUM, /* the checksum of IP in its place */
	GUARD_CRC32,        /* ANSI X3.230 */
	GUARD_CRC32C,       /* RFC 3720 */
	GUARD_CRC64_XP10,
};

/**
 * guard_compute() - the guard of @len bytes at @data.
 * @seed: what the computation begins with: 16, 32 or 64 bits of it, by @kind
 *
 * Return: the guard in the low 16, 32 or 64 bits; 0 of GUARD_NONE.
 */
uint64_t guard_compute(enum guard_kind kind, uint64_t seed, const void *data, size_t len);

#endif
