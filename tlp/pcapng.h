/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Numbers of the pcapng format that writer and reader share (draft-ietf-opsawg-pcapng). */
#ifndef TLP_PCAPNG_H
#define TLP_PCAPNG_H

/* Block types (section 11.1) */
#define PCAPNG_SECTION		0x0a0d0d0au
#define PCAPNG_INTERFACE	1u
#define PCAPNG_OLD_PACKET	2u
#define PCAPNG_SIMPLE_PACKET	3u
#define PCAPNG_STATISTICS	5u
#define PCAPNG_PACKET		6u

#define PCAPNG_BYTE_ORDER	0x1a2b3c4du	/* 4.1; swapped in files of the other endianness */
#define PCAPNG_MAJOR		1
#define PCAPNG_MINOR		0

/* Options (3.5, 4.1, 4.2, 4.3, 4.6) */
#define PCAPNG_OPT_END		0
#define PCAPNG_OPT_COMMENT	1
#define PCAPNG_SHB_USERAPPL	4
#define PCAPNG_IF_NAME		2
#define PCAPNG_IF_DESCRIPTION	3
#define PCAPNG_IF_TSRESOL	9
#define PCAPNG_IF_TSOFFSET	14
#define PCAPNG_EPB_FLAGS	2
#define PCAPNG_EPB_DIRECTION	3u	/* bits of the flags: 1 inbound, 2 outbound */

#define PCAPNG_ISB_STARTTIME	2
#define PCAPNG_ISB_ENDTIME	3
#define PCAPNG_ISB_IFRECV	4
#define PCAPNG_ISB_IFDROP	5
#define PCAPNG_ISB_OSDROP	7

#define PCAPNG_BLOCK_MIN	12	/* type, length, length again */

#define PCAPNG_WRITER		"softfabric"	/* shb_userappl of what capture.h writes */

/* www.tcpdump.org/linktypes.html; what the two mean is this project's choice: see capture.h */
#define LINKTYPE_USER0		147
#define LINKTYPE_USER1		148

#define PCAPNG_PAD(len)		(((len) + 3u) & ~3u)

#endif
