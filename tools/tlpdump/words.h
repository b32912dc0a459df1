/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TLPDUMP_WORDS_H
#define TLPDUMP_WORDS_H

#include <stdbool.h>
#include <stdio.h>

#include "packet.h"

/*
 * Print a packet as a protocol analyzer does: a line for each DW of the header, its bytes with the
 * least significant first, then the fields as they are, reserved ones too. @payload: the DWs of
 * data as well. What is missing of a packet, and what is wrong with a malformed one, is said after
 * as much of it as there is.
 */
void words_print(FILE *out, const struct packet *packet, bool payload);

/* Print what was noted before a packet, if anything was: a line each, which begins with "-- ". */
void words_print_notes(FILE *out, const struct packet *packet);

#endif
