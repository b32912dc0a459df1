/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef MLX5_ST_H
#define MLX5_ST_H

#include <linux/errno.h>
#include <linux/pci_regs.h>
#include <linux/types.h>

struct dma_buf;
struct mlx5_core_dev;

/**
 * struct mlx5_st_owner - what users of a steering tag have in common that always want the same one
 * @dmabuf: the buffer, whose exporter chooses the tag
 * @ph: processing hint in their mkeys: the exporter's choice is good for those with its hint only
 * @require: their users do without access rather than without the tag
 */
struct mlx5_st_owner {
	const struct dma_buf *dmabuf;
	u8 ph;
	bool require;
};

/**
 * struct mlx5_st_info - what a device has to steer with
 * @req_type: PCI_TPH_REQ_*: of its requests or, when they carry no hints, as the driver enabled it
 * @enabled: its requests carry hints now
 * @num_entries: of the table; 0 when there is none, and tags take the place of indices
 * @num_free: entries that nobody uses
 * @num_reserved: entries that are kept for CPUs
 * @num_available: entries that the calling process can still get for exporters of dma-bufs
 */
struct mlx5_st_info {
	u8 req_type;
	bool enabled;
	unsigned int num_entries;
	unsigned int num_free;
	unsigned int num_reserved;
	unsigned int num_available;
};

#ifdef CONFIG_PCIE_TPH
int mlx5_st_alloc_index_by_tag(struct mlx5_core_dev *dev, const struct mlx5_st_owner *owner,
			       u16 tag, u16 *st_index);
int mlx5_st_set_tag(struct mlx5_core_dev *dev, u16 st_index, u16 tag);
int mlx5_st_clear_tag(struct mlx5_core_dev *dev, u16 st_index);
u8 mlx5_st_query(struct mlx5_core_dev *dev, u16 st_index, u16 *tag, bool *cleared);
int mlx5_st_query_device(struct mlx5_core_dev *dev, struct mlx5_st_info *info);
#else
static inline int mlx5_st_alloc_index_by_tag(struct mlx5_core_dev *dev,
					     const struct mlx5_st_owner *owner, u16 tag,
					     u16 *st_index)
{
	return -EOPNOTSUPP;
}

static inline int mlx5_st_set_tag(struct mlx5_core_dev *dev, u16 st_index, u16 tag)
{
	return -EOPNOTSUPP;
}

static inline int mlx5_st_clear_tag(struct mlx5_core_dev *dev, u16 st_index)
{
	return -EOPNOTSUPP;
}

static inline u8 mlx5_st_query(struct mlx5_core_dev *dev, u16 st_index, u16 *tag, bool *cleared)
{
	*tag = 0;
	*cleared = false;
	return PCI_TPH_REQ_DISABLE;
}

static inline int mlx5_st_query_device(struct mlx5_core_dev *dev, struct mlx5_st_info *info)
{
	return -EOPNOTSUPP;
}
#endif

#endif
