/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Which packets to show. A packet has to match all criteria. A criterion about a part of a packet
 * that is missing or not decoded does not match; of malformed packets only link and direction can
 * match.
 */
#ifndef TLPDUMP_FILTER_H
#define TLPDUMP_FILTER_H

#include <stdbool.h>

#include "packet.h"

#define FILTER_LINKS 16

struct filter {
	const char *links[FILTER_LINKS];
	unsigned int num_links; /* 0: all */
	uint32_t direction;     /* 0: both */
	bool types[256];
	bool messages[256]; /* by Message Code; beside types */
	bool has_types, has_requester, has_addresses, has_st, has_ph, has_hv;
	uint64_t first_address, last_address;
	uint16_t requester, st;
	uint8_t ph, hv;
};

/*
 * Each takes an option's argument. True, or false when it is not one: a name too many, a type that
 * does not exist, a number out of range.
 */
bool filter_add_link(struct filter *filter, const char *name);
/* "in" or "out", seen from the device */
bool filter_set_direction(struct filter *filter, const char *direction);
/*
 * A list with commas; "MWr" stands for both MWr32 and MWr64, "LTR" for messages of that name, case
 * does not matter
 */
bool filter_add_types(struct filter *filter, const char *types);
/*
 * bus:device.function in hex. A domain may be given but is not compared: requester IDs have none.
 * (In flit mode OHC-C may carry a segment, but Linux does not number domains by it.)
 */
bool filter_set_requester(struct filter *filter, const char *text);
/* FIRST-LAST, both included: requests to these addresses */
bool filter_set_addresses(struct filter *filter, const char *range);
bool filter_set_st(struct filter *filter, const char *number);
bool filter_set_ph(struct filter *filter, const char *number);
bool filter_set_hv(struct filter *filter, const char *number);

/* Whether packets of a link of this name can pass. */
bool filter_accepts_link(const struct filter *filter, const char *name);

bool filter_accepts(const struct filter *filter, const struct packet *packet);

#endif
