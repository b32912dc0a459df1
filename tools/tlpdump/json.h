/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TLPDUMP_JSON_H
#define TLPDUMP_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#include "packet.h"

/* Print a packet as one JSON object on a line of its own; @payload: with the data, in hex. */
void json_print_packet(FILE *out, const struct packet *packet, bool payload);

/* Print what was noted before a packet, a line each: {"note": TEXT, "before": its number} */
void json_print_notes(FILE *out, const struct packet *packet);

/* The line behind them when the capture lacks some: {"missing": @missing} */
void json_print_missing(FILE *out, struct json_object *missing);

#endif
