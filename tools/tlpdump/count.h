/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How many packets there were of each kind. */
#ifndef TLPDUMP_COUNT_H
#define TLPDUMP_COUNT_H

#include <json-c/json.h>
#include <stdio.h>

#include "packet.h"

struct count;

/* What makes a kind */
enum count_by {
	COUNT_BY_LINK,      /* link, direction, type, hints */
	COUNT_BY_INITIATOR, /* requester, hints; of requests only */
};

/* NULL: no memory */
struct count *count_create(enum count_by by);
void count_destroy(struct count *count);

/* Returns 0 or ENOMEM. Link names in @packet have to stay until count_destroy(). */
int count_packet(struct count *count, const struct packet *packet);

/*
 * A table, by initiator with a histogram; or one JSON object: {"tlps": N, "counts": [{"link": ...,
 * "tlps": n}, ...], "missing": @missing}
 */
int count_print_table(const struct count *count, FILE *out);
void count_print_json(const struct count *count, struct json_object *missing, FILE *out);

#endif
