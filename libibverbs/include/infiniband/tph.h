/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * TLP Processing Hints for RDMA: registration of a dma-buf whose exporter published steering tags.
 *
 * The device that a dma-buf belongs to decides what its steering tags mean and publishes the ones
 * that writers should send (for vfio-pci: <vfio/tph.h>). A memory region registered here makes the
 * RDMA device attach the published tag and processing hint to every TLP that it sends to that
 * memory. PCI Express Base Specification, section "TLP Processing Hints (TPH) Rules".
 */
#ifndef INFINIBAND_TPH_H
#define INFINIBAND_TPH_H

#include <stdint.h>
#include <infiniband/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Steering tags come in two namespaces, and a tag of one means nothing in the other. An RDMA
 * device emits exactly one of them, that of its enabled TPH requester type; the other one is
 * never substituted for it.
 */
enum ibv_tph_namespace {
	IBV_TPH_NS_NONE,   /* no TPH: the exporter is not asked */
	IBV_TPH_NS_AUTO,   /* the namespace that the RDMA device emits */
	IBV_TPH_NS_ST,     /* the 8-bit namespace */
	IBV_TPH_NS_ST_EXT, /* the 16-bit namespace, Extended Steering Tags */
};

enum ibv_tph_flags {
	/*
	 * No memory region without TPH: registration fails with EOPNOTSUPP when the exporter has
	 * no tag in the namespace, or the RDMA device, its driver or the kernel cannot send it.
	 *
	 * What it promises holds when the registration returns. It cannot promise that no TLP
	 * ever leaves without the tag: while the kernel writes an entry of the RDMA device's
	 * steering tag table (registration of another tag, by anybody), TPH is off for the whole
	 * PCI function for some microseconds, and requests sent meanwhile carry no hint.
	 */
	IBV_TPH_REQUIRE = 1 << 0,
};

/*
 * comp_mask:     which fields after those below are valid; there are none yet, must be 0
 * offset:        first byte of the region within the dma-buf
 * length:        bytes
 * iova:          address that work requests use for the first byte; must agree with @offset in
 *                the bits below the page size
 * fd:            the dma-buf
 * access:        enum ibv_access_flags: LOCAL_WRITE, REMOTE_READ, REMOTE_WRITE, REMOTE_ATOMIC,
 *                RELAXED_ORDERING
 * tph_namespace: enum ibv_tph_namespace
 * tph_flags:     enum ibv_tph_flags, or 0
 */
struct ibv_tph_dmabuf_mr_attr {
	uint64_t comp_mask;
	uint64_t offset;
	uint64_t length;
	uint64_t iova;
	int fd;
	int access;
	uint32_t tph_namespace;
	uint32_t tph_flags;
};

/**
 * ibv_tph_reg_dmabuf_mr - Register a dma-buf, with the steering tag that its exporter published
 * @pd: protection domain of the memory region
 * @attr: what to register and which namespace to take the tag from; not modified
 *
 * Without IBV_TPH_REQUIRE the tag is best effort: where it cannot be had, the region is an
 * ordinary one. mlx5dv_tph_query_mr() of <infiniband/mlx5dv_tph.h> tells what it became.
 * The exporter's tag is read during this call: publish first, then register.
 *
 * The result is an ordinary memory region: addr is @attr->offset, as ibv_reg_dmabuf_mr() has it,
 * and ibv_dereg_mr() destroys it. It cannot be changed by ibv_rereg_mr().
 *
 * A registration that names no dma-buf on purpose, to see whether there is support (@attr->fd -1),
 * gets the EBADF of ibv_reg_dmabuf_mr(); with IBV_TPH_REQUIRE where kernel and driver know the
 * request.
 *
 * Return: the memory region, or NULL with errno, the first that applies of
 *	EOPNOTSUPP	@attr->comp_mask is not 0
 *	EINVAL		@attr->tph_namespace is no enum ibv_tph_namespace
 *	EINVAL		@attr->tph_flags has a bit that is no enum ibv_tph_flags
 *	EINVAL		IBV_TPH_REQUIRE with IBV_TPH_NS_NONE: there is nothing to require
 *	EOPNOTSUPP	IBV_TPH_REQUIRE, and kernel or driver do not know the request
 *	EOPNOTSUPP	the RDMA device or its driver cannot register dma-bufs
 *	EINVAL		@attr->iova and @attr->offset differ in the bits below the page size
 *	EINVAL		@attr->access is wrong
 *	EINVAL		@attr->offset and @attr->length add up to more than 64 bits hold, or
 *			@attr->length is more than the RDMA device can map
 *	EBADF		@attr->fd is not open
 *	EINVAL		@attr->fd is no dma-buf, or does not have all of the region; the region is
 *			empty
 *	ENODEV		the exporter revoked the dma-buf
 *	EOPNOTSUPP	IBV_TPH_REQUIRE, and no tag in that namespace will be sent: not published,
 *			not the namespace of the RDMA device, too wide for it, or TPH not enabled
 *	ENOSPC		IBV_TPH_REQUIRE, and other tags use all of the steering tag table that one
 *			process, or all that import tags, can have
 *	EIO		IBV_TPH_REQUIRE, and writing the steering tag table failed; TPH of the RDMA
 *			device is off from now on
 *	ENOMEM		no memory, which may turn up earlier, or no memory region left
 *	EAGAIN		IBV_TPH_REQUIRE, and the exporter kept replacing its tags meanwhile
 * and what the exporter and the RDMA device's driver say when they fail.
 */
struct ibv_mr *ibv_tph_reg_dmabuf_mr(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr);

/**
 * ibv_tph_reg_dmabuf_mr_handle - The same for language bindings, which hold handles, not pointers
 * @cmd_fd: the uverbs device, cmd_fd of struct ibv_context
 * @pd_handle: handle of struct ibv_pd
 * @attr: as above; not modified
 * @mr_handle: set to the handle of the new memory region; written on success only
 *
 * The caller owns the handle and destroys it, once, before the protection domain: by
 * ibv_tph_dereg_mr_handle(), or by ibv_dereg_mr() of what ibv_import_mr() made of it. Handles are
 * reused at once.
 *
 * Return: 0, or what ibv_tph_reg_dmabuf_mr() leaves in errno, or
 *	ENOENT		@pd_handle is no protection domain of @cmd_fd
 *	EBADF		@cmd_fd is not open
 *	ENOTTY		@cmd_fd is no uverbs device
 */
int ibv_tph_reg_dmabuf_mr_handle(int cmd_fd, uint32_t pd_handle,
				 const struct ibv_tph_dmabuf_mr_attr *attr, uint32_t *mr_handle);

/**
 * ibv_tph_dereg_mr_handle - Destroy a memory region of which there is only the handle
 * @cmd_fd: the uverbs device
 * @mr_handle: of a memory region that is in no struct ibv_mr
 *
 * Return: 0, or a positive errno:
 *	ENOENT		@mr_handle is no memory region of @cmd_fd
 *	EBUSY		another call uses it
 *	EBADF		@cmd_fd is not open
 *	ENOTTY		@cmd_fd is no uverbs device
 *	EOPNOTSUPP	the driver is not known
 * and what the driver says when it fails.
 */
int ibv_tph_dereg_mr_handle(int cmd_fd, uint32_t mr_handle);

#ifdef __cplusplus
}
#endif

#endif /* INFINIBAND_TPH_H */
