/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the tool alone needs beside shim/interpose.h: the functions that get it its buffer. */
#ifndef PERFTEST_BACKEND_INTERPOSE_H
#define PERFTEST_BACKEND_INTERPOSE_H

#include "../options.h"
#include "buffer.h"

/* From now on the file @name is @buffer, if there is one, and dma-bufs are registered as @options
 * say. All must stay valid. Before this call open() and the verbs pass straight through.
 */
void interpose_tool(const struct tph_options *options, struct buffer *buffer, const char *name);

#endif
