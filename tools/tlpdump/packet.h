/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TLPDUMP_PACKET_H
#define TLPDUMP_PACKET_H

#include "tlp/capture_reader.h"
#include "tlp/tlp.h"

/* One packet of the capture, as far as it can be understood */
struct packet {
	uint64_t number;        /* in the file, from 1 */
	int64_t since_start_ns; /* after the file's first packet */
	struct capture_record record;
	enum tlp_error error; /* why it cannot be decoded */
	struct tlp tlp;       /* valid if there is no error */
};

/* "in", "out" or "?" */
static inline const char *packet_direction(const struct packet *packet)
{
	switch (packet->record.direction) {
	case CAPTURE_INBOUND:
		return "in";
	case CAPTURE_OUTBOUND:
		return "out";
	default:
		return "?";
	}
}

/* "MWr64", or what stands for it where there is no such thing */
static inline const char *packet_type(const struct packet *packet)
{
	return packet->error ? "malformed" : tlp_type_name(packet->tlp.type);
}

#endif
