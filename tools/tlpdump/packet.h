/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TLPDUMP_PACKET_H
#define TLPDUMP_PACKET_H

#include "tlp/capture_reader.h"
#include "tlp/tlp.h"

/* One packet of the capture, as far as it is there and can be understood */
struct packet {
	uint64_t number;        /* in the file, from 1 */
	int64_t since_start_ns; /* after the file's first packet */
	uint64_t line;          /* of hex that it was on; 0: it is of a capture */
	bool header_log;        /* TLP_VIEW_HEADER_LOG */
	struct capture_record record;
	enum tlp_error error; /* what is wrong with it */
	struct tlp_view view;
};

/* It breaks the rules. A type that is not known, or a part that is missing, breaks none. */
static inline bool packet_malformed(const struct packet *packet)
{
	return packet->error && packet->error != TLP_ERR_TYPE;
}

/* All fields are known. */
static inline bool packet_decoded(const struct packet *packet)
{
	return !packet->error && packet->view.decoded;
}

#define HV_UNKNOWN 0xff

/* Its hints; with hv HV_UNKNOWN if its bytes do not tell whether it has any */
static inline struct tlp_hints packet_hints(const struct packet *packet)
{
	if (!packet->error && packet->view.has_hints)
		return packet->view.tlp.hints;
	return (struct tlp_hints){ .hv = HV_UNKNOWN };
}

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

/* A request, of which at least the initiator is known */
static inline bool packet_is_request(const struct packet *packet)
{
	return !packet->error && packet->view.has_ids && !tlp_is_completion(packet->view.type);
}

/* "MWr64", or what stands for it where there is no such thing */
static inline const char *packet_type(const struct packet *packet)
{
	if (packet_malformed(packet))
		return "malformed";
	return packet->view.name ? packet->view.name : "unknown";
}

/* What is at the end of a packet: the digest (ECRC), or in flit mode another trailer */
static inline const char *packet_trailer_name(const struct packet *packet)
{
	return packet->view.trailer_len > 4 ? "trailer" : "digest";
}

#endif
