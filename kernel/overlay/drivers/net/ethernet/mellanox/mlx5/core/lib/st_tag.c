// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The device's table of steering tags: what is in it, and how to change it
 *
 * PCI Express asks that TPH be disabled in the function while the table is written. For that long
 * no request of any mkey carries hints, so a write that can be avoided is: an entry that was freed
 * keeps its tag until no other one can be had.
 *
 * Tags come from two sides. Those of CPUs never change, and whoever wants one shares its entry.
 * Those of the exporters of dma-bufs can change at any time, which an entry can follow only when
 * all its users are of one owner. So each owner has an entry of its own while there are enough;
 * when there are not, those with the same tag share one, which stays as it is until the last of
 * them is gone.
 * Importing takes no privilege: it leaves room for the tags of CPUs, and for other processes.
 */
#include <kunit/visibility.h>
#include <linux/mlx5/driver.h>
#include <linux/mlx5/st.h>
#include <linux/pci-tph.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "lib/st.h"
#include "mlx5_core.h"

/* The field in the mkey has 8 bits */
#define MLX5_ST_MAX_ENTRIES	256

/* A quarter of the table is for CPUs */
static void mlx5_st_divide(struct mlx5_st *st)
{
	unsigned int reserved = 1 + max(st->num_entries / 4, 1);

	st->importable = st->num_entries > reserved ? st->num_entries - reserved : 0;
	st->share = DIV_ROUND_UP(st->importable, 2);
}

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
	mlx5_st_divide(st);
	for (i = MLX5_MKC_PCIE_TPH_NO_STEERING_TAG_INDEX + 1; i < num_entries; i++)
		list_add_tail(&st->entries[i].free, &st->free);
	return st;
}
EXPORT_SYMBOL_IF_KUNIT(mlx5_st_new);

void mlx5_st_free(struct mlx5_st *st)
{
	unsigned int i;

	for (i = 0; i < st->num_entries; i++)
		WARN_ON_ONCE(st->entries[i].users);
	mutex_destroy(&st->lock);
	kfree(st);
}
EXPORT_SYMBOL_IF_KUNIT(mlx5_st_free);

static u16 mlx5_st_index(struct mlx5_st *st, struct mlx5_st_entry *entry)
{
	return entry - st->entries;
}

/* Entries for tags of CPUs, which do not change, have no owner: @owner is NULL then */
static bool mlx5_st_owns(const struct mlx5_st_owner *owner, const struct mlx5_st_entry *entry)
{
	if (!owner)
		return !entry->owner.dmabuf;
	return entry->owner.dmabuf == owner->dmabuf && entry->owner.ph == owner->ph &&
	       entry->owner.require == owner->require;
}

static struct mlx5_st_entry *mlx5_st_find_own(struct mlx5_st *st,
					      const struct mlx5_st_owner *owner, u16 tag)
{
	struct mlx5_st_entry *entry;
	unsigned int i;

	for (i = 0; i < st->num_entries; i++) {
		entry = &st->entries[i];
		if (entry->users && entry->tag == tag && mlx5_st_owns(owner, entry))
			return entry;
	}
	return NULL;
}

/*
 * An entry with this tag, whoever owns it. Best is one without an owner, as nobody will change it
 * any more.
 */
static struct mlx5_st_entry *mlx5_st_find_any(struct mlx5_st *st, u16 tag)
{
	struct mlx5_st_entry *entry = mlx5_st_find_own(st, NULL, tag);
	unsigned int i;

	for (i = 0; i < st->num_entries && !entry; i++)
		if (st->entries[i].users && st->entries[i].tag == tag && !st->entries[i].cleared)
			entry = &st->entries[i];
	return entry;
}

/* A free entry that holds the tag already, or else the one that has been free for longest */
static struct mlx5_st_entry *mlx5_st_find_free(struct mlx5_st *st, u16 tag)
{
	struct mlx5_st_entry *entry;

	list_for_each_entry(entry, &st->free, free)
		if (entry->tag == tag)
			return entry;
	return list_first_entry_or_null(&st->free, struct mlx5_st_entry, free);
}

/* How many entries were taken for an exporter, by this process or, without one, by all */
static unsigned int mlx5_st_imported(struct mlx5_st *st, const struct pid *process)
{
	unsigned int i, count = 0;

	for (i = 0; i < st->num_entries; i++)
		if (st->entries[i].process && (!process || st->entries[i].process == process))
			count++;
	return count;
}

/* How many more this process can take for exporters */
static unsigned int mlx5_st_available(struct mlx5_st *st)
{
	return min3(st->importable - mlx5_st_imported(st, NULL),
		    st->share - mlx5_st_imported(st, task_tgid(current)),
		    (unsigned int)list_count_nodes(&st->free));
}

static bool mlx5_st_may_take(struct mlx5_st *st, const struct mlx5_st_owner *owner)
{
	return !owner || mlx5_st_available(st);
}

static bool mlx5_st_has_enough(struct mlx5_st *st, const struct mlx5_st_owner *owner)
{
	return !owner || mlx5_st_imported(st, NULL) < st->share;
}

static struct mlx5_st_entry *mlx5_st_choose(struct mlx5_st *st, const struct mlx5_st_owner *owner,
					    u16 tag)
{
	struct mlx5_st_entry *entry;

	entry = mlx5_st_find_own(st, owner, tag);
	if (!entry && mlx5_st_has_enough(st, owner))
		entry = mlx5_st_find_free(st, tag);
	if (!entry)
		entry = mlx5_st_find_any(st, tag);
	if (!entry && mlx5_st_may_take(st, owner))
		entry = mlx5_st_find_free(st, tag);
	return entry;
}

static void mlx5_st_get(struct mlx5_st_entry *entry, const struct mlx5_st_owner *owner)
{
	if (!entry->users) {
		list_del_init(&entry->free);
		if (owner) {
			entry->owner = *owner;
			entry->process = get_pid(task_tgid(current));
		}
	} else if (!mlx5_st_owns(owner, entry)) {
		entry->owner = (struct mlx5_st_owner) {};
	}
	entry->users++;
}

static void mlx5_st_put(struct mlx5_st *st, struct mlx5_st_entry *entry)
{
	if (--entry->users)
		return;

	entry->owner = (struct mlx5_st_owner) {};
	put_pid(entry->process);
	entry->process = NULL;
	entry->cleared = false;
	list_add_tail(&entry->free, &st->free);
}

/*
 * Makes the entry hold the tag. Fails with -EINVAL when TPH is off, and with -EIO when the write
 * fails; TPH is off from then on.
 */
static int mlx5_st_program(struct mlx5_core_dev *dev, struct mlx5_st_entry *entry, u16 tag)
{
	struct mlx5_st *st = dev->st;
	u16 index = mlx5_st_index(st, entry);
	u16 held;
	int err;

	lockdep_assert_held(&st->lock);

	if (pcie_tph_enabled_req_type(dev->pdev) == PCI_TPH_REQ_DISABLE)
		return -EINVAL;

	/* A reset may have restored an entry that was saved before this tag was written */
	if (entry->tag == tag && !pcie_tph_get_st_entry(dev->pdev, index, &held) && held == tag)
		return 0;

	err = pcie_tph_set_st_entry(dev->pdev, index, tag);
	if (err)
		return err;
	entry->tag = tag;
	return 0;
}

/**
 * mlx5_st_alloc_index_by_tag - Get an index for a steering tag
 * @dev: mlx5 core device
 * @owner: who can change the tag later; NULL for the tag of a CPU, which does not change
 * @tag: the tag that requests with the index are to carry
 * @st_index: the index, or the tag itself where the device has no table; given back with
 *	mlx5_st_dealloc_index()
 *
 * Return: 0; -EOPNOTSUPP when the device has no steering tags, or no table and @owner a tag that
 * does not fit into the mkey; when no entry can be had -ENOSPC with an owner and -EBUSY without;
 * -EIO when writing the table failed and -EINVAL when TPH is off.
 */
int mlx5_st_alloc_index_by_tag(struct mlx5_core_dev *dev, const struct mlx5_st_owner *owner,
			       u16 tag, u16 *st_index)
{
	struct mlx5_st_entry *entry;
	struct mlx5_st *st = dev->st;
	int err;

	if (!st)
		return -EOPNOTSUPP;

	if (!st->num_entries) {
		if (owner && tag >= MLX5_ST_MAX_ENTRIES)
			return -EOPNOTSUPP;
		*st_index = tag;
		return 0;
	}

	guard(mutex)(&st->lock);

	entry = mlx5_st_choose(st, owner, tag);
	if (!entry)
		return owner ? -ENOSPC : -EBUSY;

	/* Also for an entry in use: another thread's write may have failed, and left TPH off */
	err = mlx5_st_program(dev, entry, tag);
	if (err)
		return err;

	mlx5_st_get(entry, owner);
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

	mlx5_st_put(st, entry);
	return 0;
}
EXPORT_SYMBOL_GPL(mlx5_st_dealloc_index);

/**
 * mlx5_st_set_tag - Make an index that is in use stand for a tag
 * @dev: mlx5 core device
 * @st_index: index on which the caller holds a reference
 * @tag: the tag that requests with this index carry from now on
 *
 * For all users of the index: those of one owner want the same tag, whichever of them asks first.
 *
 * Return: 0, also when the index stands for @tag already; -EOPNOTSUPP without a table; -EBUSY when
 * the users have no owner in common; -EIO when writing the table failed; -EINVAL when TPH is off.
 */
int mlx5_st_set_tag(struct mlx5_core_dev *dev, u16 st_index, u16 tag)
{
	struct mlx5_st_entry *entry;
	struct mlx5_st *st = dev->st;
	int err;

	if (!st || (!st->num_entries && tag != st_index))
		return -EOPNOTSUPP;

	if (!st->num_entries)
		return 0;

	guard(mutex)(&st->lock);

	entry = mlx5_st_entry_of(st, st_index);
	if (!entry || (entry->tag != tag && !entry->owner.dmabuf))
		return -EBUSY;

	err = mlx5_st_program(dev, entry, tag);
	if (!err)
		entry->cleared = false;
	return err;
}
EXPORT_SYMBOL_GPL(mlx5_st_set_tag);

/**
 * mlx5_st_clear_tag - Make an index that is in use stand for no preference, tag 0
 * @dev: mlx5 core device
 * @st_index: index on which the caller holds a reference
 *
 * For a tag that the index must not stand for any longer when there is none to take its place. Ends
 * with the next mlx5_st_set_tag(). Where TPH is off the tag reaches nobody anyway.
 *
 * Return: 0; -EOPNOTSUPP without a table; -EBUSY when the users have no owner in common.
 */
int mlx5_st_clear_tag(struct mlx5_core_dev *dev, u16 st_index)
{
	struct mlx5_st_entry *entry;
	struct mlx5_st *st = dev->st;

	if (!st || !st->num_entries)
		return -EOPNOTSUPP;

	guard(mutex)(&st->lock);

	entry = mlx5_st_entry_of(st, st_index);
	if (!entry || !entry->owner.dmabuf)
		return -EBUSY;

	/* Fails only with TPH off */
	mlx5_st_program(dev, entry, 0);
	entry->cleared = true;
	return 0;
}
EXPORT_SYMBOL_GPL(mlx5_st_clear_tag);

/**
 * mlx5_st_query - Tell what requests with an index carry now
 * @dev: mlx5 core device
 * @st_index: index that an mkey selects; 0 selects no tag
 * @tag: the steering tag, 0 when there is none
 * @cleared: whether that is 0 because of mlx5_st_clear_tag()
 *
 * Read from the device, which is what its requests are made from.
 *
 * Return: the enabled requester type, PCI_TPH_REQ_*; PCI_TPH_REQ_DISABLE means no hints at all.
 */
u8 mlx5_st_query(struct mlx5_core_dev *dev, u16 st_index, u16 *tag, bool *cleared)
{
	struct mlx5_st *st = dev->st;
	u8 req_type;

	*tag = 0;
	*cleared = false;
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

	if (st->num_entries)
		*cleared = st->entries[st_index].cleared;

	if (req_type == PCI_TPH_REQ_TPH_ONLY)
		*tag &= U8_MAX;
	return req_type;
}
EXPORT_SYMBOL_GPL(mlx5_st_query);

/**
 * mlx5_st_query_device - Tell what a device has to steer with
 * @dev: mlx5 core device
 * @info: written on success
 *
 * Return: 0; -EOPNOTSUPP when the device has no steering tags.
 */
int mlx5_st_query_device(struct mlx5_core_dev *dev, struct mlx5_st_info *info)
{
	struct mlx5_st *st = dev->st;

	if (!st)
		return -EOPNOTSUPP;

	*info = (struct mlx5_st_info) { .num_entries = st->num_entries };

	guard(mutex)(&st->lock);

	info->req_type = pcie_tph_enabled_req_type(dev->pdev);
	info->enabled = info->req_type != PCI_TPH_REQ_DISABLE;
	if (!info->enabled)
		info->req_type = dev->pdev->tph_req_type;

	if (!st->num_entries)
		return 0;

	info->num_free = list_count_nodes(&st->free);
	info->num_reserved = st->num_entries - 1 - st->importable;
	info->num_available = mlx5_st_available(st);
	return 0;
}
EXPORT_SYMBOL_GPL(mlx5_st_query_device);
