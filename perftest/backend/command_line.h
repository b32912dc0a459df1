/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A perftest command line, read by the tool's own getopt_long() with our flags among the tool's: so
 * abbreviations, values and the order of flags are for both what getopt_long() makes of them.
 */
#ifndef PERFTEST_COMMAND_LINE_H
#define PERFTEST_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/complaint.h"
#include "../options.h"

/* What the stock flags say that matters to ours. Numbers are 0 when the flag is absent or
 * malformed: the stock tool has the last word on its own flags.
 */
struct stock_facts {
	uint64_t size;     /* -s, bytes */
	uint64_t qps;      /* -q */
	bool all_sizes;    /* -a */
	bool datagram;     /* -c with a transport that cuts messages to the MTU */
	bool help;         /* -h */
	bool inline_given; /* -I */
	bool mr_per_qp;
	bool on_demand; /* --odp */
	bool data_direct;
	bool data_validation;
	bool null_mr;            /* --use-null-mr */
	const char *memory;      /* the flag that chooses other memory, without "--", or NULL */
	const char *dmabuf;      /* the flag that makes it a dma-buf, likewise */
	const char *dma_handle;  /* the flag for a DMA handle, likewise */
	const char *report_file; /* the JSON file that perftest writes itself, or NULL */
};

struct command_line {
	struct tph_options options;
	struct stock_facts facts;
	const struct option *stock; /* the tool's flags; NULL before the first call */
	size_t stock_count;
	struct option *flags; /* the tool's, then ours in both spellings */
};

/* getopt_long(), whoever defines it. */
typedef int command_line_getopt(int argc, char *const *argv, const char *letters,
				const struct option *flags, int *index);

/* The next flag of the tool. Ours before it are taken into @line->options, and what the tool's says
 * into @line->facts. @line is all 0 before the first call; the strings of @argv must outlive it.
 *
 * Returns what @getopt returns for the tool's flags, -1 at the end of all flags, or
 * COMMAND_LINE_WRONG with @why filled in when one of ours is wrong.
 */
#define COMMAND_LINE_WRONG (-2)
int command_line_next(struct command_line *line, command_line_getopt *getopt, int argc,
		      char *const *argv, const char *letters, const struct option *stock,
		      int *index, struct complaint *why);

/*
 * Act as if the command line ended with the tool's flag @name and the value @value. Returns what
 * getopt_long() returns for it, or COMMAND_LINE_WRONG when the tool has no such flag.
 */
int command_line_add(const struct command_line *line, const char *name, char *value, int *index,
		     struct complaint *why);

void command_line_free(struct command_line *line);

#endif
