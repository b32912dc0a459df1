/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef __LIB_MLX5_ST_H__
#define __LIB_MLX5_ST_H__

#include <linux/list.h>
#include <linux/mlx5/st.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct pid;

/**
 * struct mlx5_st_entry - entry of the device's table of steering tags
 * @free: place in the list of free entries, empty while the entry is in use
 * @owner: who may change it; without a dma-buf nobody may, since some users are not of one owner
 * @process: whose share of the table it counts in; NULL when a CPU's tag was the first one in it
 * @users: references that mlx5_st_dealloc_index() drops
 * @tag: what this driver last wrote there; 0 when nothing yet
 * @cleared: the owner's tag could not be put there, and tag 0 stands in for it
 */
struct mlx5_st_entry {
	struct list_head free;
	struct mlx5_st_owner owner;
	struct pid *process;
	unsigned int users;
	u16 tag;
	bool cleared;
};

/**
 * struct mlx5_st - steering tags of a device
 * @lock: serializes everything below, and access to the table in the device
 * @free: entries that nobody uses: those never used, then from the first freed to the last
 * @importable: how many entries can be in use for the exporters of dma-bufs
 * @share: how many of them one process can have. While no more than this are in use, each owner
 *	gets entries of its own; beyond, owners share those with the same tag
 * @num_entries: of the table; 0 when there is none, and tags take the place of indices
 * @entries: the table; the first one is never used: index 0 is that of keys without a tag
 */
struct mlx5_st {
	struct mutex lock; /* see above */
	struct list_head free;
	unsigned int importable;
	unsigned int share;
	unsigned int num_entries;
	struct mlx5_st_entry entries[] __counted_by(num_entries);
};

struct mlx5_st *mlx5_st_new(unsigned int num_entries);
void mlx5_st_free(struct mlx5_st *st);

#endif
