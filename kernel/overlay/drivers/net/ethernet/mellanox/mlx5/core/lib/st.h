/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef __LIB_MLX5_ST_H__
#define __LIB_MLX5_ST_H__

#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/xarray.h>

struct mlx5_core_dev;

struct mlx5_st_idx_data {
	refcount_t usecount;
	u16 tag;
};

struct mlx5_st {
	/* serialize access upon alloc/free flows, and to the table in the device */
	struct mutex lock;
	struct xa_limit index_limit;
	struct xarray idx_xa; /* key == index, value == struct mlx5_st_idx_data */
	u8 direct_mode : 1;
};

int mlx5_st_insert(struct mlx5_core_dev *dev, u32 *index, struct mlx5_st_idx_data *idx_data);
int mlx5_st_program(struct mlx5_core_dev *dev, u32 index, u16 tag);

#endif
