/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Why a memory region has no tag. */
#ifndef SHIM_OBSTACLE_H
#define SHIM_OBSTACLE_H

#include <stdint.h>

#include <infiniband/verbs.h>

/* What stands in the way of a tag of @ns, enum ibv_tph_namespace, as far as the device says when it
 * is asked now: a clause for the user to read.
 */
const char *obstacle_to_tag(struct ibv_context *context, uint32_t ns);

#endif
