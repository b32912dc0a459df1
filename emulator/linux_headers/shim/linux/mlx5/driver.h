/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Stands in for the driver's own state, of which <linux/mlx5/qp.h> embeds and reads a few members
 * that have no meaning for a device.
 */
#ifndef SHIM_MLX5_DRIVER_H
#define SHIM_MLX5_DRIVER_H

#include <linux/mlx5/device.h>

struct mlx5_rsc_debug;

struct completion {
	int unused;
};

struct mlx5_core_rsc_common {
	int unused;
};

struct mlx5_core_dev {
	struct {
		struct {
			u32 cur[1024];
		} *hca[64];
	} caps;
};

static inline bool mlx5_get_roce_state(struct mlx5_core_dev *dev)
{
	return false;
}

#endif
