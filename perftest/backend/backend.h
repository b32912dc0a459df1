/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* From the tool's command line to a buffer that is ready. */
#ifndef PERFTEST_BACKEND_BACKEND_H
#define PERFTEST_BACKEND_BACKEND_H

#include "command_line.h"

/* What the tool gets from its getopt_long(), with @next being libc's: its own flags, as if ours
 * were not among them, and --mmap at the end when we have a buffer for it. By then all that our
 * flags ask for is done. Ends the process with the reason where that fails.
 */
int backend_next_flag(command_line_getopt *next, int argc, char *const *argv, const char *letters,
		      const struct option *flags, int *index);

#endif
