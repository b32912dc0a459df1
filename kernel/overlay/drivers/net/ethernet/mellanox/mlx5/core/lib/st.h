/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef __LIB_MLX5_ST_H__
#define __LIB_MLX5_ST_H__

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

/**
 * struct mlx5_st_entry - entry of the device's table of steering tags
 * @free: place in the list of free entries, empty while the entry is in use
 * @users: references that mlx5_st_dealloc_index() drops
 * @tag: what this driver last wrote there; 0 when nothing yet
 */
struct mlx5_st_entry {
	struct list_head free;
	unsigned int users;
	u16 tag;
};

/**
 * struct mlx5_st - steering tags of a device
 * @lock: serializes everything below, and access to the table in the device
 * @free: entries that nobody uses: those never used, then the one freed first, to the one freed last
 * @num_entries: of the table; 0 when there is none, and tags take the place of indices
 * @entries: the table; the first one is never used: index 0 is that of keys without a tag
 */
struct mlx5_st {
	struct mutex lock;
	struct list_head free;
	unsigned int num_entries;
	struct mlx5_st_entry entries[] __counted_by(num_entries);
};

struct mlx5_st *mlx5_st_new(unsigned int num_entries);
void mlx5_st_free(struct mlx5_st *st);

#endif
