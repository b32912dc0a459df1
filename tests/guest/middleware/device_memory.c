// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Preloaded into MPI's ranks: what a vendor's part of UCX does for memory of its devices, which has
 * no other way into a UCX that is installed. UCX registers an address, and this hands the NIC the
 * dma-buf that is there.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <infiniband/verbs.h>

#include "window.h"

#undef ibv_reg_mr

static struct window window;

/* Memory of the accelerator with @tag, as window_open() has it: WINDOW_LENGTH bytes. */
void *device_memory(const char *tag);

void *device_memory(const char *tag)
{
	window_open(&window, tag);
	return window.memory;
}

static bool is_device_memory(const void *address)
{
	const uint8_t *at = address;

	return window.memory && at >= window.memory && at < window.memory + WINDOW_LENGTH;
}

static struct ibv_mr *register_dmabuf(struct ibv_pd *pd, void *address, size_t length,
				      uint64_t iova, unsigned int access)
{
	/* Such regions have no flags that a kernel may ignore. */
	int supported = access & ~IBV_ACCESS_OPTIONAL_RANGE;

	return ibv_reg_dmabuf_mr(pd, (uint8_t *)address - window.memory, length, iova,
				 window.dmabuf_fd, supported);
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t length, int access)
{
	struct ibv_mr *(*next)(struct ibv_pd *pd, void *address, size_t length, int access);

	if (is_device_memory(address))
		return register_dmabuf(pd, address, length, (uintptr_t)address, access);
	next = dlsym(RTLD_NEXT, "ibv_reg_mr");
	return next(pd, address, length, access);
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length, uint64_t iova,
				unsigned int access)
{
	struct ibv_mr *(*next)(struct ibv_pd *pd, void *address, size_t length, uint64_t iova,
			       unsigned int access);

	if (is_device_memory(address))
		return register_dmabuf(pd, address, length, iova, access);
	next = dlsym(RTLD_NEXT, "ibv_reg_mr_iova2");
	return next(pd, address, length, iova, access);
}
