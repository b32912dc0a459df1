/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Numbers of the pcap format (draft-ietf-opsawg-pcap, section 4). */
#ifndef TLP_PCAP_H
#define TLP_PCAP_H

/* The magic number, in the byte order of the file. It also tells the unit of the timestamps. */
#define PCAP_MICROSECONDS	0xa1b2c3d4u
#define PCAP_NANOSECONDS	0xa1b23c4du

#endif
