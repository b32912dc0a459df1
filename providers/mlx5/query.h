/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef MLX5_TPH_QUERY_H
#define MLX5_TPH_QUERY_H

#include <errno.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "uverbs.h"

/*
 * Calls a method of the mlx5 driver. Returns 0 or a positive errno: EOPNOTSUPP when the device
 * belongs to another driver, or the kernel does not have the method.
 */
static inline int mlx5_tph_query(int cmd_fd, uint16_t object, uint16_t method,
				 struct ib_uverbs_attr *attrs, unsigned int count)
{
	int err = tph_uverbs_ioctl(cmd_fd, RDMA_DRIVER_MLX5, object, method, attrs, count);

	return tph_uverbs_is_foreign(cmd_fd, RDMA_DRIVER_MLX5, err) ? EOPNOTSUPP : err;
}

#endif
