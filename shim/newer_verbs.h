/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Registrations of newer releases of rdma-core. They are declared here because the program and its
 * libibverbs may be newer than the one this is built with, and their registrations must be seen.
 */
#ifndef SHIM_NEWER_VERBS_H
#define SHIM_NEWER_VERBS_H

#include <infiniband/verbs.h>

/* rdma-core 59 and later */
#if !HAVE_IBV_REG_MR_EX
struct ibv_dmah;

enum {
	IBV_REG_MR_MASK_IOVA = 1 << 0,
	IBV_REG_MR_MASK_ADDR = 1 << 1,
	IBV_REG_MR_MASK_FD = 1 << 2,
	IBV_REG_MR_MASK_FD_OFFSET = 1 << 3,
	IBV_REG_MR_MASK_DMAH = 1 << 4,
};

/* As of release 59. Members that came later follow these. */
struct ibv_mr_init_attr {
	size_t length;
	int access;
	uint64_t comp_mask;
	uint64_t iova;
	void *addr;
	int fd;
	uint64_t fd_offset;
	struct ibv_dmah *dmah;
};

struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *attr);
#endif

/* libmlx5 of rdma-core 54 and later. @mlx5_access: MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT, or 0 for
 * what ibv_reg_dmabuf_mr() does.
 */
struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
				    uint64_t iova, int fd, int access, int mlx5_access);

#endif
