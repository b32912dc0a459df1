/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A tool's own flags, as perftest has them: some of each kind. */
#ifndef TESTS_PERFTEST_TOOL_H
#define TESTS_PERFTEST_TOOL_H

#include <getopt.h>
#include <stddef.h>

extern const char tool_letters[];
extern const struct option tool_flags[];

/* What getopt_long() has just returned, with optarg: "-s 64", "-a", "--mmap=file", "?" */
void tool_flag(int got, int index, char *text, size_t size);

#endif
