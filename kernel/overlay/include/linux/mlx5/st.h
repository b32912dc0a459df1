/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef MLX5_ST_H
#define MLX5_ST_H

#include <linux/errno.h>
#include <linux/pci_regs.h>
#include <linux/types.h>

struct mlx5_core_dev;

#ifdef CONFIG_PCIE_TPH
int mlx5_st_alloc_index_by_tag(struct mlx5_core_dev *dev, u16 tag, u16 *st_index);
int mlx5_st_replace_tag(struct mlx5_core_dev *dev, u16 st_index, u16 tag);
u8 mlx5_st_query(struct mlx5_core_dev *dev, u16 st_index, u16 *tag);
#else
static inline int mlx5_st_alloc_index_by_tag(struct mlx5_core_dev *dev, u16 tag, u16 *st_index)
{
	return -EOPNOTSUPP;
}

static inline int mlx5_st_replace_tag(struct mlx5_core_dev *dev, u16 st_index, u16 tag)
{
	return -EOPNOTSUPP;
}

static inline u8 mlx5_st_query(struct mlx5_core_dev *dev, u16 st_index, u16 *tag)
{
	*tag = 0;
	return PCI_TPH_REQ_DISABLE;
}
#endif

#endif
