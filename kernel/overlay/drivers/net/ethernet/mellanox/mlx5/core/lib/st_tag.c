// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The device's table of steering tags: what is in it, and how to change it
 *
 * PCI Express asks that TPH be disabled in the function while the table is written. For that long
 * no request of any mkey carries hints, so a write that can be avoided is: an entry that was freed
 * keeps its tag until no other one can be had.
 */
#include <linux/mlx5/driver.h>
#include <linux/mlx5/st.h>
#include <linux/pci-tph.h>
#include <linux/slab.h>

#include "lib/st.h"
#include "mlx5_core.h"

/* The field in the mkey has 8 bits */
#define MLX5_ST_MAX_ENTRIES	256

/* For a table of @num_entries, or for none */
struct mlx5_st *mlx5_st_new(unsigned int num_entries)
{
	struct mlx5_st *st;
	unsigned int i;

	num_entries = min(num_entries, MLX5_ST_MAX_ENTRIES);
	st = kzalloc_flex(*st, entries, num_entries);
	if (!st)
		return NULL;

	mutex_init(&st->lock);
	INIT_LIST_HEAD(&st->free);
	st->num_entries = num_entries;
	for (i = MLX5_MKC_PCIE_TPH_NO_STEERING_TAG_INDEX + 1; i < num_entries; i++)
		list_add_tail(&st->entries[i].free, &st->free);
	return st;
}

void mlx5_st_free(struct mlx5_st *st)
{
	unsigned int i;

	for (i = 0; i < st->num_entries; i++)
		WARN_ON_ONCE(st->entries[i].users);
	mutex_destroy(&st->lock);
	kfree(st);
}

static u16 mlx5_st_index(struct mlx5_st *st, struct mlx5_st_entry *entry)
{
	return entry - st->entries;
}

static struct mlx5_st_entry *mlx5_st_find_used(struct mlx5_st *st, u16 tag)
{
	unsigned int i;

	for (i = 0; i < st->num_entries; i++)
		if (st->entries[i].users && st->entries[i].tag == tag)
			return &st->entries[i];
	return NULL;
}

/* One that needs no write, or else the one that is least likely to be asked for again */
static struct mlx5_st_entry *mlx5_st_find_free(struct mlx5_st *st, u16 tag)
{
	struct mlx5_st_entry *entry;

	list_for_each_entry(entry, &st->free, free)
		if (entry->tag == tag)
			return entry;
	return list_first_entry_or_null(&st->free, struct mlx5_st_entry, free);
}

/*
 * Makes the entry hold the tag. Fails with -EIO when the write fails, TPH being off from then on,
 * and with -EINVAL when it is off already.
 */
static int mlx5_st_program(struct mlx5_core_dev *dev, struct mlx5_st_entry *entry, u16 tag)
{
	struct mlx5_st *st = dev->st;
	u16 index = mlx5_st_index(st, entry);
	u16 held;

	lockdep_assert_held(&st->lock);

	if (pcie_tph_enabled_req_type(dev->pdev) == PCI_TPH_REQ_DISABLE)
		return -EINVAL;

	/* Nobody else writes the table, but a reset can have brought back an older one */
	if (entry->tag == tag && !pcie_tph_get_st_entry(dev->pdev, index, &held) && held == tag)
		return 0;

	if (pcie_tph_set_st_entry(dev->pdev, index, tag))
		return -EIO;
	entry->tag = tag;
	return 0;
}

/**
 * mlx5_st_alloc_index_by_tag - Get an index for a steering tag
 * @dev: mlx5 core device
 * @tag: the tag that requests with the index are to carry
 * @st_index: the index, or the tag itself where the device has no table; given back with
 *	mlx5_st_dealloc_index()
 *
 * Return: 0; -EOPNOTSUPP when the device has no steering tags; -EBUSY when all entries are in use;
 * -EIO when writing the table failed and -EINVAL when TPH is off.
 */
int mlx5_st_alloc_index_by_tag(struct mlx5_core_dev *dev, u16 tag, u16 *st_index)
{
	struct mlx5_st_entry *entry;
	struct mlx5_st *st = dev->st;
	int err;

	if (!st)
		return -EOPNOTSUPP;

	if (!st->num_entries) {
		*st_index = tag;
		return 0;
	}

	guard(mutex)(&st->lock);

	entry = mlx5_st_find_used(st, tag);
	if (!entry)
		entry = mlx5_st_find_free(st, tag);
	if (!entry)
		return -EBUSY;

	/* Also for an entry in use: another thread's write may have failed, and left TPH off */
	err = mlx5_st_program(dev, entry, tag);
	if (err)
		return err;

	if (!entry->users++)
		list_del_init(&entry->free);
	*st_index = mlx5_st_index(st, entry);
	return 0;
}
EXPORT_SYMBOL_GPL(mlx5_st_alloc_index_by_tag);

/* The entry of an index that a caller holds a reference on; NULL is a bug of the caller */
static struct mlx5_st_entry *mlx5_st_entry_of(struct mlx5_st *st, u16 st_index)
{
	lockdep_assert_held(&st->lock);

	if (WARN_ON_ONCE(st_index >= st->num_entries || !st->entries[st_index].users))
		return NULL;
	return &st->entries[st_index];
}

int mlx5_st_dealloc_index(struct mlx5_core_dev *dev, u16 st_index)
{
	struct mlx5_st_entry *entry;
	struct mlx5_st *st = dev->st;

	if (!st)
		return -EOPNOTSUPP;

	if (!st->num_entries)
		return 0;

	guard(mutex)(&st->lock);

	entry = mlx5_st_entry_of(st, st_index);
	if (!entry)
		return -EINVAL;

	if (!--entry->users)
		list_add_tail(&entry->free, &st->free);
	return 0;
}
EXPORT_SYMBOL_GPL(mlx5_st_dealloc_index);

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
	struct mlx5_st_entry *entry, *other;
	struct mlx5_st *st = dev->st;

	if (!st || !st->num_entries)
		return -EOPNOTSUPP;

	guard(mutex)(&st->lock);

	entry = mlx5_st_entry_of(st, st_index);
	if (!entry || entry->users != 1)
		return -EBUSY;

	other = mlx5_st_find_used(st, tag);
	if (other && other != entry)
		return -EBUSY;

	return mlx5_st_program(dev, entry, tag);
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

	if (!st->num_entries)
		*tag = st_index;
	else if (pcie_tph_get_st_entry(dev->pdev, st_index, tag))
		return PCI_TPH_REQ_DISABLE;

	if (req_type == PCI_TPH_REQ_TPH_ONLY)
		*tag &= U8_MAX;
	return req_type;
}
EXPORT_SYMBOL_GPL(mlx5_st_query);
