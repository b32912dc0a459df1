/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The functions of libibverbs and libmlx5 that a program finds here first: those that register
 * dma-bufs, and the one that destroys what they made.
 */
#ifndef SHIM_INTERPOSE_H
#define SHIM_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <infiniband/tph.h>

/* Marks a definition that the program must find. */
#define INTERPOSE __attribute__((visibility("default")))

/* How registrations of dma-bufs are handled. */
struct interpose_rules {
	enum ibv_tph_namespace ns;
	bool require;
	/* Fail each with EINVAL, as what was asked for is invalid. */
	bool refuse;
	/* NULL, or whether @address lies in memory whose dma-buf is registered in its place. */
	bool (*find)(const void *address, int *fd, uint64_t *offset);
};

/* From now on dma-bufs are registered as @rules say, which must stay valid. Before this call
 * everything passes straight through.
 */
void interpose_start(const struct interpose_rules *rules);

/* Register memory in place of which there is a dma-buf; for wrappers of other functions. False when
 * there is none.
 */
bool interpose_memory(const char *call, struct ibv_pd *pd, const void *address, size_t length,
		      uint64_t iova, int access, struct ibv_mr **mr);

#endif
