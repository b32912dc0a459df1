/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* One packet in hex, as people have it: from the kernel's log, lspci, a trace, an analyzer. */
#ifndef TLPDUMP_HEX_LINE_H
#define TLPDUMP_HEX_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tlp/tlp.h"
#include "util/complaint.h"

/* The longest packet, with all prefixes */
#define HEX_LINE_MAX (TLP_MAX_SIZE + 4 * (TLP_MAX_LOCAL_PREFIXES + TLP_MAX_END_PREFIXES))

struct hex_line {
	enum tlp_encoding encoding;
	/* A header log, and not a packet: TLP_VIEW_HEADER_LOG. Its prefixes are in front. */
	bool header_log;
	size_t len;
	uint8_t bytes[HEX_LINE_MAX];
};

/*
 * Take the packet in @text, a line without its end. It is either behind "TLP Header:" (Linux),
 * "TLP Header=" (its trace event) or "HeaderLog:" (lspci), or all there is: words or bytes, in the
 * order of the wire, with or without 0x, in groups of the same length.
 *
 * @encoding: of packets, unless the line says that it is in flit mode
 *
 * False, and what to do in @why, if it is none of these.
 */
bool hex_line_parse(const char *text, enum tlp_encoding encoding, struct hex_line *line,
		    struct complaint *why);

/* Whether there is nothing on the line, or a comment behind # */
bool hex_line_empty(const char *text);

#endif
