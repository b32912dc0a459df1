/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How a program of ours has a library of ours loaded into the program that it becomes. */
#ifndef SHIM_PRELOAD_H
#define SHIM_PRELOAD_H

#include <limits.h>
#include <stdbool.h>

#include "util/complaint.h"

/* Exit codes, as of shells, for what cannot be run, or found. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* The file @relative to the folder of the program that runs: they are installed together. False
 * with @why filled in when it is not there, or LD_PRELOAD could not name it.
 */
bool preload_find(const char *relative, char path[static PATH_MAX], struct complaint *why);

/* Put @path in front of what LD_PRELOAD has already. */
bool preload_add(const char *path, struct complaint *why);

#endif
