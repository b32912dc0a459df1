/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Packets from lines of hex, in place of a capture. */
#ifndef TLPDUMP_HEX_READER_H
#define TLPDUMP_HEX_READER_H

#include <stdio.h>

#include "packet.h"

struct hex_reader;

/* From @file, which stays the caller's; NULL: no memory */
struct hex_reader *hex_reader_create(FILE *file, enum tlp_encoding encoding);
void hex_reader_destroy(struct hex_reader *reader);

/*
 * Fill in @packet's record, line and header_log with the next line that has a packet; empty lines and
 * comments are passed over. As capture_reader_next().
 */
enum capture_status hex_reader_next(struct hex_reader *reader, struct packet *packet);

/* After CAPTURE_ERROR: what is wrong, with the number of the line */
const char *hex_reader_error(const struct hex_reader *reader);

#endif
