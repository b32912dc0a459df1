/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What libibverbs-tph needs to know about a kernel driver that imports hints, and about the rdma-
 * core library that belongs to it. Documentation/providers.md shows how to add one.
 */
#ifndef TPH_PROVIDER_H
#define TPH_PROVIDER_H

#include <stdint.h>
#include <infiniband/tph.h>

struct tph_provider {
	/* enum rdma_driver_id, of a driver with the attributes of <rdma/ib_user_ioctl_tph.h>. */
	uint32_t driver_id;
	/*
	 * import_mr() - make of a memory region that only the kernel has what ibv_reg_dmabuf_mr()
	 * would have returned, for ibv_dereg_mr() to destroy.
	 * @mr_handle: was registered in @pd, as @attr says, by this call's caller
	 *
	 * Return: NULL with errno when it cannot; the handle is the caller's to destroy then.
	 */
	struct ibv_mr *(*import_mr)(struct ibv_pd *pd, uint32_t mr_handle,
				    const struct ibv_tph_dmabuf_mr_attr *attr);
};

/*
 * Defined in providers/providers.c; the array ends with NULL. Each provider costs the devices of
 * the providers after it, and of unknown drivers, one system call that fails.
 */
extern const struct tph_provider *const tph_providers[];

#endif /* TPH_PROVIDER_H */
