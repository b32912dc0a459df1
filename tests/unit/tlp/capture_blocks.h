/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Bytes of captures, for the tests of writer and reader */
#ifndef TESTS_TLP_CAPTURE_BLOCKS_H
#define TESTS_TLP_CAPTURE_BLOCKS_H

#include <stdint.h>

#define LE16(v) (v) & 0xff, (v) >> 8 & 0xff
#define LE32(v) LE16((v) & 0xffff), LE16((v) >> 16 & 0xffff)
#define BE32(v) (v) >> 24 & 0xff, (v) >> 16 & 0xff, (v) >> 8 & 0xff, (v) & 0xff

/* Blocks as the format's draft draws them, typed in for a little-endian writer */
#define SECTION \
	LE32(0x0a0d0d0a), LE32(48), LE32(0x1a2b3c4d), LE16(1), LE16(0), \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
	LE16(4), LE16(10), 's', 'o', 'f', 't', 'f', 'a', 'b', 'r', 'i', 'c', 0, 0, \
	LE16(0), LE16(0), LE32(48)
#define LINK_ACC0 \
	LE32(1), LE32(56), LE16(147), LE16(0), LE32(0), \
	LE16(2), LE16(4), 'a', 'c', 'c', '0', \
	LE16(3), LE16(9), 'f', 'l', 'i', 't', ' ', 'm', 'o', 'd', 'e', 0, 0, 0, \
	LE16(9), LE16(1), 9, 0, 0, 0, \
	LE16(0), LE16(0), LE32(56)
#define PACKET_ABCDE \
	LE32(6), LE32(52), LE32(0), LE32(0x11223344), LE32(0x55667788), LE32(5), LE32(5), \
	'a', 'b', 'c', 'd', 'e', 0, 0, 0, \
	LE16(2), LE16(4), LE32(1), LE16(0), LE16(0), LE32(52)
#define TIME 0x1122334455667788ull
#define LE64(v) LE32((v) & 0xffffffff), LE32((v) >> 32 & 0xffffffff)
#define TIME_HALVES LE32(0x11223344), LE32(0x55667788)
#define STATISTICS(link, received, dropped) \
	LE32(5), LE32(76), LE32(link), TIME_HALVES, \
	LE16(2), LE16(8), TIME_HALVES, LE16(3), LE16(8), TIME_HALVES, \
	LE16(4), LE16(8), LE64(received), LE16(5), LE16(8), LE64(dropped), \
	LE16(0), LE16(0), LE32(76)

static const uint8_t whole[] = { SECTION, LINK_ACC0, PACKET_ABCDE, STATISTICS(0, 1ull, 0ull) };

/* A link that nothing came over has no first and no last packet. */
static const uint8_t without_packets[] = {
	SECTION,    LINK_ACC0, LE32(5), LE32(52),   LE32(0), LE64(0ull), LE16(4),  LE16(8),
	LE64(0ull), LE16(5),   LE16(8), LE64(0ull), LE16(0), LE16(0),    LE32(52),
};

#endif
