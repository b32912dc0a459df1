/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Where the perftest that the distribution installed is. */
#ifndef PERFTEST_STOCK_TOOL_H
#define PERFTEST_STOCK_TOOL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "util/complaint.h"

/* Names one folder to take the stock tools from, instead of searching PATH. */
#define STOCK_TOOL_FOLDER_VARIABLE "RDMA_TPH_PERFTEST_DIR"

/* Find the executable file @tool in @folder when that is not NULL, else in the folders of @path (as
 * in PATH) after the first one that holds @self, or in all of them when none does. @self is never
 * the answer, under whatever name it is installed. Returns false with @why filled in when there is
 * none.
 */
bool stock_tool_find(const char *tool, const char *folder, const char *path,
		     const struct stat *self, char found[static PATH_MAX], struct complaint *why);

#endif
