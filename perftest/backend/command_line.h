/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A perftest command line, taken apart: our flags, and what goes to the stock tool. */
#ifndef PERFTEST_COMMAND_LINE_H
#define PERFTEST_COMMAND_LINE_H

#include <stdbool.h>
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
	const char *memory;     /* a flag that chooses other memory, as written, or NULL */
	const char *dmabuf;     /* a flag that makes it a dma-buf, as written, or NULL */
	const char *dma_handle; /* a flag for a DMA handle, as written, or NULL */
};

struct command_line {
	struct tph_options options;
	struct stock_facts facts;
	/* NULL-terminated; argv[0] and all that is not ours, in order. One place is kept free for
	 * command_line_add_buffer(). The strings are the caller's argv's.
	 */
	char **argv;
	int argc;
};

/* Take @argv apart. Returns false with @why filled in when one of our flags is wrong.
 * command_line_free() in any case.
 */
bool command_line_parse(struct command_line *line, int argc, char **argv, struct complaint *why);

/* Make the stock tool use @flag ("--mmap=NAME", valid until exec): put it first, before anything
 * that ends the options. Call at most once.
 */
void command_line_add_buffer(struct command_line *line, char *flag);

void command_line_free(struct command_line *line);

#endif
