/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks of ranges that come from untrusted sources. */
#ifndef UTIL_RANGE_H
#define UTIL_RANGE_H

#include <stdbool.h>
#include <stdint.h>

/** range_within() - whether [offset, offset + len) lies in [0, size); never overflows. */
static inline bool range_within(uint64_t offset, uint64_t len, uint64_t size)
{
	return offset <= size && len <= size - offset;
}

/** ranges_overlap() - whether two ranges, none of which may wrap round, share a byte. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a_len && b_len && (a < b ? b - a < a_len : a - b < b_len);
}

#endif
