/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory regions of dma-bufs that the tool registered, and what their requests carry. */
#ifndef SHIM_REGISTRATION_H
#define SHIM_REGISTRATION_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/mlx5dv_tph.h>
#include <infiniband/tph.h>

struct registration {
	struct ibv_mr *mr;
	char device[IBV_SYSFS_NAME_MAX];
	uint32_t lkey, rkey;
	uint64_t length;
	uint32_t ns;     /* asked for, enum ibv_tph_namespace */
	int query_error; /* 0, or why @info is not valid */
	struct mlx5dv_tph_mr_info info;
	struct registration *next;
};

/* Register as @attr says. NULL and errno, as ibv_tph_reg_dmabuf_mr(). */
struct ibv_mr *registration_make(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr);

/* Ask the kernel once more about @mr, which is about to be destroyed, and report. Nothing happens
 * when @mr was not made here.
 */
void registration_end(struct ibv_mr *mr);

/* Report those that the tool never destroyed, as they were when they were made. */
void registration_end_all(void);

#endif
