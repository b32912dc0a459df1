/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Turns the tool's command line into a buffer that is ready for use. */
#ifndef PERFTEST_BACKEND_BACKEND_H
#define PERFTEST_BACKEND_BACKEND_H

#include "command_line.h"

/*
 * What the tool's getopt_long() returns, with @next being that of libc: the tool's own flags, as if
 * ours were not among them, and --mmap at the end if we have a buffer for it. All that our flags
 * ask for has been done by then. If that fails, the process ends with the reason.
 */
int backend_next_flag(command_line_getopt *next, int argc, char *const *argv, const char *letters,
		      const struct option *flags, int *index);

#endif
