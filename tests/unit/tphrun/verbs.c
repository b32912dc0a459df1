// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Stands in for libibverbs.so.1 and libmlx5: says what it is called for. Descriptor -1 is EBADF. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/newer_verbs.h"

static struct ibv_mr *make(struct ibv_pd *pd, const char *function)
{
	static unsigned int regions;
	struct ibv_mr *mr = calloc(1, sizeof(*mr));
	unsigned int number = __atomic_add_fetch(&regions, 1, __ATOMIC_RELAXED);

	if (function && !getenv("QUIET"))
		printf("libibverbs: %s\n", function);
	mr->pd = pd;
	mr->context = pd->context;
	mr->lkey = 0x100 + number;
	mr->rkey = 0x200 + number;
	return mr;
}

static struct ibv_mr *make_of(struct ibv_pd *pd, int fd, const char *function)
{
	if (fd >= 0)
		return make(pd, function);
	errno = EBADF;
	return NULL;
}

const char *ibv_get_device_name(struct ibv_device *device)
{
	return device->name;
}

struct ibv_mr *ibv_import_mr(struct ibv_pd *pd, uint32_t mr_handle)
{
	return make(pd, NULL);
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
				 int fd, int access)
{
	return make_of(pd, fd, __func__);
}

struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *in)
{
	return make_of(pd, in->fd, __func__);
}

struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
				    uint64_t iova, int fd, int access, int mlx5_access)
{
	return make_of(pd, fd, __func__);
}

/* A region that is in use: once */
int ibv_dereg_mr(struct ibv_mr *mr)
{
	const char *busy = getenv("BUSY");

	if (busy && *busy) {
		setenv("BUSY", "", 1);
		return EBUSY;
	}
	free(mr);
	return 0;
}
