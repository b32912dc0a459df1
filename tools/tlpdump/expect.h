/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Whether all packets carry the hints that they should. */
#ifndef TLPDUMP_EXPECT_H
#define TLPDUMP_EXPECT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#include "packet.h"

struct expect {
	struct tlp_hints hints;
	uint64_t matching, total;
	uint64_t first_other; /* number of the first packet that does not match; 0: none */
};

/*
 * "none", "st=TAG,ph=HINT" (8-bit namespace) or "st-ext=TAG,ph=HINT" (16-bit).
 * False if @text is none of these or a number is out of range.
 */
bool expect_parse(struct expect *expect, const char *text);

void expect_packet(struct expect *expect, const struct packet *packet);

/* True when there were packets and all of them matched. */
bool expect_met(const struct expect *expect);

/* @lacking: there were more packets than the capture has, or there may have been */
void expect_print(const struct expect *expect, bool lacking, FILE *out);
/* One JSON object: {"matching": N, "tlps": N, "missing": @missing} */
void expect_print_json(const struct expect *expect, struct json_object *missing, FILE *out);

#endif
