/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The functions of libc and libibverbs that the tool finds here first. */
#ifndef PERFTEST_BACKEND_INTERPOSE_H
#define PERFTEST_BACKEND_INTERPOSE_H

#include "../options.h"
#include "buffer.h"

/* From now on the file @name is @buffer, if there is one, and dma-bufs are registered as @options
 * say. All must stay valid. Before this call open() and the verbs pass straight through.
 */
void interpose_start(const struct tph_options *options, struct buffer *buffer, const char *name);

#endif
