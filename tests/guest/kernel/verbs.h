/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory regions by raw uverbs ioctls, with the errno that the kernel gave and none made of it. */
#ifndef GUEST_KERNEL_VERBS_H
#define GUEST_KERNEL_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>
#include <rdma/mlx5_user_ioctl_tph.h>

#define VERBS_LENGTH	4096

struct verbs {
	struct ibv_context *context;
	struct ibv_pd *pd;
	uint32_t driver_id;
};

enum verbs_form {
	VERBS_REG_DMABUF_MR,
	VERBS_REG_MR_FD,
	VERBS_REG_MR_ADDR,
};

/* Leaves an attribute out */
#define VERBS_NO_ATTR	UINT64_MAX

struct verbs_reg {
	enum verbs_form form;
	int fd;
	void *addr;
	uint64_t tph_namespace, tph_flags; /* or VERBS_NO_ATTR */
	bool mandatory;                    /* whether both carry UVERBS_ATTR_F_MANDATORY */
	const uint32_t *dmah;              /* handle, or NULL */
	uint64_t length;                   /* 0: VERBS_LENGTH */
	bool data_direct; /* of VERBS_REG_DMABUF_MR: mlx5's attribute that asks for it */
};

struct verbs_mr {
	uint32_t handle;
	uint32_t lkey, rkey;
};

struct verbs_cpu {
	uint32_t id;
	uint8_t memory; /* enum tph_mem_type of the kernel: 0 volatile, 1 persistent */
};

/* The first device whose name begins with @prefix; ends the test when there is none. */
void verbs_open(struct verbs *verbs, const char *prefix);
void verbs_close(struct verbs *verbs);
/* The same for a device whose driver may be gone, and with it what there was to close */
void verbs_abandon(struct verbs *verbs);

/* These return 0 or a positive errno. Outputs are set on success only. */
int verbs_reg(struct verbs *verbs, const struct verbs_reg *reg, struct verbs_mr *mr);
int verbs_dereg(struct verbs *verbs, const struct verbs_mr *mr);
/* @resp of @size bytes, for any size and address */
int verbs_query_raw(struct verbs *verbs, uint32_t handle, void *resp, size_t size);
int verbs_query(struct verbs *verbs, const struct verbs_mr *mr, struct mlx5_ib_tph_mr_info *info);
/* A query of the device by MLX5_IB_METHOD_DEVICE_QUERY_TPH, or by another method */
int verbs_query_device_raw(struct verbs *verbs, uint16_t method, void *resp, size_t size);
/* A DMA handle with this processing hint; its tag is that of a CPU, with NULL there is none. */
int verbs_alloc_dmah(struct verbs *verbs, uint8_t ph, const struct verbs_cpu *cpu,
		     uint32_t *handle);
int verbs_free_dmah(struct verbs *verbs, uint32_t handle);
/* Faults the pages in from here, as the device does when it misses them */
int verbs_prefetch(struct verbs *verbs, const struct verbs_mr *mr);

/*
 * Next tests: does the query of @mr say that? Without @hints there must be no hints at all. Never
 * looks at the index. A @state of 0 is that of hints that are in effect, if there are any.
 */
struct verbs_hints {
	enum mlx5_ib_tph_source source;
	uint16_t st;
	uint8_t ph;
	enum mlx5_ib_tph_state state;
};
void verbs_expect(struct verbs *verbs, const struct verbs_mr *mr, const struct verbs_hints *hints,
		  const char *what);

#endif
