// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The device's table of steering tags: what is in it, and how to change it
 *
 * PCI Express asks that TPH be disabled in the function while the table is written. For that long
 * no request of any mkey carries hints, so a write that can be avoided is.
 */
#include <linux/mlx5/driver.h>
#include <linux/mlx5/st.h>
#include <linux/pci-tph.h>

#include "lib/st.h"
#include "mlx5_core.h"

static bool mlx5_st_holds(struct mlx5_core_dev *dev, u32 index, u16 tag)
{
	u16 held;

	return !pcie_tph_get_st_entry(dev->pdev, index, &held) && held == tag;
}

/* Chooses the entry. One that was freed still holds its tag, and needs no write for the same one */
int mlx5_st_insert(struct mlx5_core_dev *dev, u32 *index, struct mlx5_st_idx_data *idx_data)
{
	struct mlx5_st *st = dev->st;
	u32 i;

	lockdep_assert_held(&st->lock);

	for (i = st->index_limit.min; i <= st->index_limit.max; i++) {
		if (xa_load(&st->idx_xa, i) || !mlx5_st_holds(dev, i, idx_data->tag))
			continue;
		*index = i;
		return xa_insert(&st->idx_xa, i, idx_data, GFP_KERNEL);
	}
	return xa_alloc(&st->idx_xa, index, idx_data, st->index_limit, GFP_KERNEL);
}

/*
 * Makes the entry hold the tag. Fails with -EIO when the write fails, TPH being off from then on,
 * and with -EINVAL when it is off already.
 */
int mlx5_st_program(struct mlx5_core_dev *dev, u32 index, u16 tag)
{
	lockdep_assert_held(&dev->st->lock);

	if (pcie_tph_enabled_req_type(dev->pdev) == PCI_TPH_REQ_DISABLE)
		return -EINVAL;

	if (mlx5_st_holds(dev, index, tag))
		return 0;

	/* A failure can come as a PCIBIOS_* code, which is positive */
	return pcie_tph_set_st_entry(dev->pdev, index, tag) ? -EIO : 0;
}

/**
 * mlx5_st_replace_tag - Put another tag into an entry that is in use
 * @dev: mlx5 core device
 * @st_index: index on which the caller holds a reference, the only one
 * @tag: the tag that requests with this index carry from now on
 *
 * Return: 0; -EOPNOTSUPP without a table; -EBUSY when somebody else uses the entry, or another
 * entry holds @tag; -EIO when writing the table failed and -EINVAL when TPH is off.
 */
int mlx5_st_replace_tag(struct mlx5_core_dev *dev, u16 st_index, u16 tag)
{
	struct mlx5_st_idx_data *idx_data, *other;
	struct mlx5_st *st = dev->st;
	unsigned long index;
	int err;

	if (!st || st->direct_mode)
		return -EOPNOTSUPP;

	guard(mutex)(&st->lock);

	idx_data = xa_load(&st->idx_xa, st_index);
	if (WARN_ON_ONCE(!idx_data) || refcount_read(&idx_data->usecount) != 1)
		return -EBUSY;

	xa_for_each(&st->idx_xa, index, other)
		if (other->tag == tag && index != st_index)
			return -EBUSY;

	err = mlx5_st_program(dev, st_index, tag);
	if (!err)
		idx_data->tag = tag;
	return err;
}
EXPORT_SYMBOL_GPL(mlx5_st_replace_tag);

/**
 * mlx5_st_query - Tell what requests with an index carry now
 * @dev: mlx5 core device
 * @st_index: index that an mkey selects; 0 selects no tag
 * @tag: the steering tag, 0 when there is none
 *
 * Read from the device, which is what its requests are made from.
 *
 * Return: the enabled requester type, PCI_TPH_REQ_*; PCI_TPH_REQ_DISABLE means no hints at all.
 */
u8 mlx5_st_query(struct mlx5_core_dev *dev, u16 st_index, u16 *tag)
{
	struct mlx5_st *st = dev->st;
	u8 req_type;

	*tag = 0;
	if (!st)
		return PCI_TPH_REQ_DISABLE;

	guard(mutex)(&st->lock);

	req_type = pcie_tph_enabled_req_type(dev->pdev);
	if (req_type == PCI_TPH_REQ_DISABLE || st_index == MLX5_MKC_PCIE_TPH_NO_STEERING_TAG_INDEX)
		return req_type;

	if (st->direct_mode)
		*tag = st_index;
	else if (pcie_tph_get_st_entry(dev->pdev, st_index, tag))
		return PCI_TPH_REQ_DISABLE;

	if (req_type == PCI_TPH_REQ_TPH_ONLY)
		*tag &= U8_MAX;
	return req_type;
}
EXPORT_SYMBOL_GPL(mlx5_st_query);
