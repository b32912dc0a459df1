/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The command line, and what it can end with. */
#ifndef TLPDUMP_OPTIONS_H
#define TLPDUMP_OPTIONS_H

#include <stdbool.h>

#include "expect.h"
#include "filter.h"

enum exit_code {
	EXIT_FINE,
	EXIT_NOT_AS_EXPECTED,
	EXIT_TROUBLE, /* wrong use, or a file that cannot be read to its end */
};

struct options {
	struct filter filter;
	struct expect expect;
	bool hex; /* lines of it, in place of a capture */
	enum tlp_encoding hex_encoding;
	bool want_count, want_summary, want_expect, want_json, want_payload;
	bool follow;
	const char *plot; /* SVG; NULL: none */
	uint64_t limit;   /* 0: none */
	const char *path;
};

/* Exits after --help, and on mistakes. */
void options_parse(struct options *options, int argc, char **argv);

/* Write out what was printed; die() if that cannot be. */
void flush_output(void);

/* say() what is wrong, and exit. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
