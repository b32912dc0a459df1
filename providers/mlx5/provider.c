// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <rdma/ib_user_ioctl_verbs.h>

#include "providers.h"

/*
 * ibv_import_mr() gets the keys and the length from the kernel. The other fields are known only
 * here, from the registration.
 */
static struct ibv_mr *import_mr(struct ibv_pd *pd, uint32_t mr_handle,
				const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct ibv_mr *mr = ibv_import_mr(pd, mr_handle);

	if (!mr)
		return NULL;
	mr->addr = (void *)(uintptr_t)attr->offset;
	mr->length = attr->length;
	return mr;
}

const struct tph_provider tph_provider_mlx5 = {
	.driver_id = RDMA_DRIVER_MLX5,
	.import_mr = import_mr,
};
