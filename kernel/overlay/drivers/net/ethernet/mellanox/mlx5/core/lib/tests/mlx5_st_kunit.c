// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * KUnit tests of the table of steering tags: which entry a tag gets, who may change it, when the
 * table is written, and what is answered when it cannot be
 */
#include <kunit/pci_tph.h>
#include <linux/completion.h>
#include <linux/dma-buf.h>
#include <linux/kthread.h>
#include <linux/mlx5/driver.h>
#include <linux/mlx5/st.h>
#include <linux/pci-tph.h>

#include "lib/st.h"

/* Of 8 entries one is never used and two are for CPUs; one process gets 3 of the other 5 */
#define NUM_ENTRIES	8
#define USABLE		7
#define IMPORTABLE	5
#define SHARE		3
#define RESERVED	2

#define ROUNDS		10

struct st_test {
	struct mlx5_core_dev *dev;
	struct kunit_pci_tph *fn;
	/* Nothing but their addresses matters */
	struct dma_buf *dmabuf, *other;
};

static void new_table(struct kunit *test, unsigned int num_entries)
{
	struct st_test *st = test->priv;

	st->fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, num_entries);
	KUNIT_ASSERT_EQ(test, pcie_enable_tph(&st->fn->pdev, PCI_TPH_ST_DS_MODE), 0);
	st->dev->pdev = &st->fn->pdev;
	st->dev->st = mlx5_st_new(num_entries);
	KUNIT_ASSERT_NOT_NULL(test, st->dev->st);
}

static int st_test_init(struct kunit *test)
{
	struct st_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, st);
	st->dev = kunit_kzalloc(test, sizeof(*st->dev), GFP_KERNEL);
	st->dmabuf = kunit_kzalloc(test, sizeof(*st->dmabuf), GFP_KERNEL);
	st->other = kunit_kzalloc(test, sizeof(*st->other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, st->dev);
	KUNIT_ASSERT_NOT_NULL(test, st->dmabuf);
	KUNIT_ASSERT_NOT_NULL(test, st->other);
	test->priv = st;
	return 0;
}

/* Warns of entries that a test has not given back */
static void st_test_exit(struct kunit *test)
{
	struct st_test *st = test->priv;

	if (st->dev->st)
		mlx5_st_free(st->dev->st);
}

static int st_try(struct kunit *test, const struct mlx5_st_owner *owner, u16 tag, u16 *index)
{
	struct st_test *st = test->priv;

	return mlx5_st_alloc_index_by_tag(st->dev, owner, tag, index);
}

static u16 st_get(struct kunit *test, const struct mlx5_st_owner *owner, u16 tag)
{
	u16 index = 0;

	KUNIT_ASSERT_EQ_MSG(test, st_try(test, owner, tag, &index), 0, "tag %#x", tag);
	return index;
}

static void st_put(struct kunit *test, u16 index)
{
	struct st_test *st = test->priv;

	KUNIT_EXPECT_EQ(test, mlx5_st_dealloc_index(st->dev, index), 0);
}

static struct mlx5_st_owner owner_of(const struct dma_buf *dmabuf)
{
	return (struct mlx5_st_owner) { .dmabuf = dmabuf };
}

static void expect_query(struct kunit *test, u16 index, u8 req_type, u16 tag, bool cleared)
{
	struct st_test *st = test->priv;
	bool is_cleared;
	u16 is_tag;

	KUNIT_EXPECT_EQ(test, mlx5_st_query(st->dev, index, &is_tag, &is_cleared), req_type);
	KUNIT_EXPECT_EQ(test, is_tag, tag);
	KUNIT_EXPECT_EQ(test, is_cleared, cleared);
}

static void never_used_first(struct kunit *test)
{
	struct st_test *st = test->priv;

	new_table(test, 4);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x10), 1);
	st_put(test, 1);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x20), 2);
	st_put(test, 2);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x30), 3);
	st_put(test, 3);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(st->fn, 0), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(st->fn, 1), 0x10);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(st->fn, 2), 0x20);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(st->fn, 3), 0x30);
}

static void then_least_recently_freed(struct kunit *test)
{
	new_table(test, 4);
	st_get(test, NULL, 0x10);
	st_get(test, NULL, 0x20);
	st_get(test, NULL, 0x30);
	st_put(test, 2);
	st_put(test, 3);
	st_put(test, 1);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x40), 2);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x50), 3);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x60), 1);
	st_put(test, 1);
	st_put(test, 2);
	st_put(test, 3);
}

/* Wherever it is among those that are free */
static void one_that_holds_the_tag(struct kunit *test)
{
	struct st_test *st = test->priv;

	new_table(test, 4);
	st_get(test, NULL, 0x10);
	st_get(test, NULL, 0x20);
	st_put(test, 1);
	st_put(test, 2);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x20), 2);
	KUNIT_EXPECT_EQ(test, st->fn->windows, 2);
	st_put(test, 2);
}

static unsigned int windows_of(struct kunit *test, unsigned int tags)
{
	struct st_test *st = test->priv;
	unsigned int i, before = st->fn->windows;

	for (i = 0; i < tags * ROUNDS; i++)
		st_put(test, st_get(test, NULL, 0x100 + i % tags));
	return st->fn->windows - before;
}

static void tags_in_turn(struct kunit *test)
{
	new_table(test, NUM_ENTRIES);
	KUNIT_EXPECT_EQ(test, windows_of(test, USABLE), USABLE);
	KUNIT_EXPECT_EQ(test, windows_of(test, USABLE), 0);
	/* The entry that would be needed next is always the one that was taken */
	KUNIT_EXPECT_EQ(test, windows_of(test, USABLE + 1), ROUNDS * (USABLE + 1) - USABLE);
}

static void written_again_after_reset(struct kunit *test)
{
	struct st_test *st = test->priv;

	new_table(test, NUM_ENTRIES);
	st_put(test, st_get(test, NULL, 0x10));
	kunit_pci_tph_set(st->fn, KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF, 0);
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x10), 1);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(st->fn, 1), 0x10);
	st_put(test, 1);
}

static void owners_have_their_own(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf);
	struct mlx5_st_owner others[] = {
		{ .dmabuf = st->other },
		{ .dmabuf = st->dmabuf, .ph = 1 },
		{ .dmabuf = st->dmabuf, .require = true },
	};
	unsigned int i;
	u16 index;

	new_table(test, NUM_ENTRIES);
	KUNIT_EXPECT_EQ(test, st_get(test, &owner, 0x10), 1);
	KUNIT_EXPECT_EQ(test, st_get(test, &owner, 0x10), 1);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		index = st_get(test, &others[i], 0x10);
		KUNIT_EXPECT_NE_MSG(test, index, 1, "owner %u", i);
		st_put(test, index);
	}
	st_put(test, 1);
	st_put(test, 1);
}

/* As long as anybody's is better than none */
static void owners_share_the_last(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf), other = owner_of(st->other);

	new_table(test, NUM_ENTRIES);
	st_get(test, &owner, 0x10);
	st_get(test, &owner, 0x20);
	st_get(test, &owner, 0x30);
	KUNIT_EXPECT_EQ(test, st_get(test, &other, 0x20), 2);

	/* It is nobody's now, until the last user is gone */
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 2, 0x20), 0);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 2, 0x21), -EBUSY);
	KUNIT_EXPECT_EQ(test, mlx5_st_clear_tag(st->dev, 2), -EBUSY);
	st_put(test, 2);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 2, 0x21), -EBUSY);
	st_put(test, 2);
	KUNIT_EXPECT_EQ(test, st_get(test, &owner, 0x20), 2);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 2, 0x21), 0);
	st_put(test, 1);
	st_put(test, 2);
	st_put(test, 3);
}

struct size_case {
	const char *name;
	unsigned int num_entries;
	unsigned int importable;
	unsigned int share;
};

static const struct size_case size_cases[] = {
	{ "2 entries", 2, 0, 0 },
	{ "3 entries", 3, 1, 1 },
	{ "4 entries", 4, 2, 1 },
	{ "8 entries", NUM_ENTRIES, IMPORTABLE, SHARE },
	{ "64 entries", 64, 47, 24 },
};

KUNIT_ARRAY_PARAM_DESC(size, size_cases, name);

struct other_process {
	struct kunit *test;
	struct completion done;
	const struct mlx5_st_owner *owner;
	u16 tag;
	unsigned int taken;
};

/* Takes entries until it gets none, from tag on. The last errno has to be -ENOSPC. */
static unsigned int take_all(struct kunit *test, const struct mlx5_st_owner *owner, u16 tag)
{
	unsigned int taken = 0;
	u16 index;
	int err;

	while (!(err = st_try(test, owner, tag + taken, &index)))
		taken++;
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	return taken;
}

static int run_other_process(void *arg)
{
	struct other_process *process = arg;

	process->taken = take_all(process->test, process->owner, process->tag);
	complete(&process->done);
	return 0;
}

/* A thread of the kernel is a process of its own */
static unsigned int take_all_elsewhere(struct kunit *test, const struct mlx5_st_owner *owner,
				       u16 tag)
{
	struct other_process process = { .test = test, .owner = owner, .tag = tag };
	struct task_struct *thread;

	init_completion(&process.done);
	thread = kthread_run(run_other_process, &process, "mlx5_st_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	wait_for_completion(&process.done);
	return process.taken;
}

static unsigned int take_all_for_cpus(struct kunit *test, u16 tag)
{
	unsigned int taken = 0;
	u16 index;
	int err;

	while (!(err = st_try(test, NULL, tag + taken, &index)))
		taken++;
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	return taken;
}

static void put_all(struct kunit *test)
{
	struct st_test *st = test->priv;
	unsigned int i;

	for (i = 0; i < st->dev->st->num_entries; i++)
		while (st->dev->st->entries[i].users)
			st_put(test, i);
}

static void shares(struct kunit *test)
{
	const struct size_case *param = test->param_value;
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf);
	unsigned int i;

	new_table(test, param->num_entries);
	KUNIT_EXPECT_EQ(test, take_all(test, &owner, 0x100), param->share);
	KUNIT_EXPECT_EQ(test, take_all_elsewhere(test, &owner, 0x200),
			param->importable - param->share);
	KUNIT_EXPECT_EQ(test, take_all_elsewhere(test, &owner, 0x300), 0);
	KUNIT_EXPECT_EQ(test, take_all_for_cpus(test, 0x400),
			param->num_entries - 1 - param->importable);
	for (i = 1; i < param->num_entries; i++)
		st_put(test, i);
	KUNIT_EXPECT_EQ(test, take_all(test, &owner, 0x500), param->share);
	put_all(test);
}

static void expect_room(struct kunit *test, unsigned int num_free, unsigned int num_available)
{
	struct st_test *st = test->priv;
	struct mlx5_st_info info;

	KUNIT_ASSERT_EQ(test, mlx5_st_query_device(st->dev, &info), 0);
	KUNIT_EXPECT_EQ(test, info.num_entries, NUM_ENTRIES);
	KUNIT_EXPECT_EQ(test, info.num_reserved, RESERVED);
	KUNIT_EXPECT_EQ(test, info.num_free, num_free);
	KUNIT_EXPECT_EQ(test, info.num_available, num_available);
}

/* What a process can still get depends on what it has, on what others have, and on what is left */
static void room(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf);

	new_table(test, NUM_ENTRIES);
	expect_room(test, USABLE, SHARE);
	st_get(test, &owner, 0x10);
	expect_room(test, USABLE - 1, SHARE - 1);
	st_get(test, &owner, 0x10);
	expect_room(test, USABLE - 1, SHARE - 1);
	st_get(test, NULL, 0x20);
	expect_room(test, USABLE - 2, SHARE - 1);
	KUNIT_EXPECT_EQ(test, take_all_elsewhere(test, &owner, 0x200), SHARE);
	expect_room(test, USABLE - 2 - SHARE, IMPORTABLE - 1 - SHARE);
	KUNIT_EXPECT_EQ(test, take_all_for_cpus(test, 0x400), USABLE - 2 - SHARE);
	expect_room(test, 0, 0);
	put_all(test);
	expect_room(test, USABLE, SHARE);
}

/* The index in the mkey has 8 bits */
static void more_entries_than_indices(struct kunit *test)
{
	struct st_test *st = test->priv;

	st->dev->st = mlx5_st_new(1024);
	KUNIT_ASSERT_NOT_NULL(test, st->dev->st);
	KUNIT_EXPECT_EQ(test, st->dev->st->num_entries, 256);
	KUNIT_EXPECT_EQ(test, st->dev->st->importable, 191);
	KUNIT_EXPECT_EQ(test, st->dev->st->share, 96);
}

static void changed_and_cleared(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf);

	new_table(test, NUM_ENTRIES);
	st_get(test, &owner, 0x1110);
	expect_query(test, 1, PCI_TPH_REQ_EXT_TPH, 0x1110, false);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 1, 0x2220), 0);
	expect_query(test, 1, PCI_TPH_REQ_EXT_TPH, 0x2220, false);
	KUNIT_EXPECT_EQ(test, st->fn->windows, 2);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 1, 0x2220), 0);
	KUNIT_EXPECT_EQ(test, st->fn->windows, 2);
	KUNIT_EXPECT_EQ(test, mlx5_st_clear_tag(st->dev, 1), 0);
	expect_query(test, 1, PCI_TPH_REQ_EXT_TPH, 0, true);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 1, 0x2220), 0);
	expect_query(test, 1, PCI_TPH_REQ_EXT_TPH, 0x2220, false);
	st_put(test, 1);
}

static void tag_of_a_cpu_stays(struct kunit *test)
{
	struct st_test *st = test->priv;

	new_table(test, NUM_ENTRIES);
	st_get(test, NULL, 0x10);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 1, 0x20), -EBUSY);
	KUNIT_EXPECT_EQ(test, mlx5_st_clear_tag(st->dev, 1), -EBUSY);
	expect_query(test, 1, PCI_TPH_REQ_EXT_TPH, 0x10, false);
	st_put(test, 1);
}

static void query_of_8_bits(struct kunit *test)
{
	struct st_test *st = test->priv;

	new_table(test, NUM_ENTRIES);
	st_get(test, NULL, 0x1234);
	kunit_pci_tph_set(st->fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL,
			  FIELD_PREP(PCI_TPH_CTRL_REQ_EN_MASK, PCI_TPH_REQ_TPH_ONLY));
	expect_query(test, 1, PCI_TPH_REQ_TPH_ONLY, 0x34, false);
	expect_query(test, 0, PCI_TPH_REQ_TPH_ONLY, 0, false);
	pcie_disable_tph(&st->fn->pdev);
	expect_query(test, 1, PCI_TPH_REQ_DISABLE, 0, false);
	st_put(test, 1);
}

static void expect_type(struct kunit *test, u8 req_type, bool enabled)
{
	struct st_test *st = test->priv;
	struct mlx5_st_info info;

	KUNIT_ASSERT_EQ(test, mlx5_st_query_device(st->dev, &info), 0);
	KUNIT_EXPECT_EQ(test, info.req_type, req_type);
	KUNIT_EXPECT_EQ(test, info.enabled, enabled);
}

/* What is so now, and what would be again; another type than the driver's is for now, too */
static void type_of_device(struct kunit *test)
{
	struct st_test *st = test->priv;

	new_table(test, NUM_ENTRIES);
	expect_type(test, PCI_TPH_REQ_EXT_TPH, true);
	kunit_pci_tph_set(st->fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL,
			  FIELD_PREP(PCI_TPH_CTRL_REQ_EN_MASK, PCI_TPH_REQ_TPH_ONLY));
	expect_type(test, PCI_TPH_REQ_TPH_ONLY, true);
	kunit_pci_tph_set(st->fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL, 0);
	expect_type(test, PCI_TPH_REQ_EXT_TPH, false);
	pcie_disable_tph(&st->fn->pdev);
	expect_type(test, PCI_TPH_REQ_DISABLE, false);
}

static void expect_no_table(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_info info;

	KUNIT_ASSERT_EQ(test, mlx5_st_query_device(st->dev, &info), 0);
	KUNIT_EXPECT_EQ(test, info.num_entries, 0);
	KUNIT_EXPECT_EQ(test, info.num_free, 0);
	KUNIT_EXPECT_EQ(test, info.num_reserved, 0);
	KUNIT_EXPECT_EQ(test, info.num_available, 0);
}

/* Without a table the tag is the index, of which the mkey keeps 8 bits */
static void direct_mode(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf);
	u16 index;

	new_table(test, 0);
	KUNIT_EXPECT_EQ(test, st_get(test, &owner, 0), 0);
	KUNIT_EXPECT_EQ(test, st_get(test, &owner, 0xff), 0xff);
	KUNIT_EXPECT_EQ(test, st_try(test, &owner, 0x100, &index), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, st_try(test, &owner, 0xffff, &index), -EOPNOTSUPP);
	/* Tags of CPUs are cut to fit, as ever */
	KUNIT_EXPECT_EQ(test, st_get(test, NULL, 0x1234), 0x1234);
	expect_query(test, 0xff, PCI_TPH_REQ_EXT_TPH, 0xff, false);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 0xff, 0xff), 0);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 0xff, 0xfe), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mlx5_st_clear_tag(st->dev, 0xff), -EOPNOTSUPP);
	expect_no_table(test);
	expect_type(test, PCI_TPH_REQ_EXT_TPH, true);
	st_put(test, 0xff);
	st_put(test, 0x1234);
	KUNIT_EXPECT_EQ(test, st->fn->windows, 0);
}

static void no_steering(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_info info;
	u16 index;

	KUNIT_EXPECT_EQ(test, mlx5_st_query_device(st->dev, &info), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, st_try(test, NULL, 0x10, &index), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mlx5_st_dealloc_index(st->dev, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 1, 0x10), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mlx5_st_clear_tag(st->dev, 1), -EOPNOTSUPP);
	expect_query(test, 1, PCI_TPH_REQ_DISABLE, 0, false);
}

/* The first one learns why, all others that TPH is off: also those whose entry has its tag */
static void table_cannot_be_written(struct kunit *test)
{
	struct st_test *st = test->priv;
	struct mlx5_st_owner owner = owner_of(st->dmabuf);
	u16 index;

	new_table(test, NUM_ENTRIES);
	st_get(test, &owner, 0x10);
	st->fn->error = PCIBIOS_SET_FAILED;
	st->fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + 2 * sizeof(u16);
	KUNIT_EXPECT_EQ(test, st_try(test, &owner, 0x20, &index), -EIO);
	KUNIT_EXPECT_EQ(test, st->dev->st->entries[2].users, 0);
	KUNIT_EXPECT_EQ(test, st_try(test, &owner, 0x20, &index), -EINVAL);
	KUNIT_EXPECT_EQ(test, st_try(test, &owner, 0x10, &index), -EINVAL);
	KUNIT_EXPECT_EQ(test, st->dev->st->entries[1].users, 1);
	KUNIT_EXPECT_EQ(test, mlx5_st_set_tag(st->dev, 1, 0x11), -EINVAL);
	/* No request carries the tag any more, which is what was asked for */
	KUNIT_EXPECT_EQ(test, mlx5_st_clear_tag(st->dev, 1), 0);
	st_put(test, 1);
}

static struct kunit_case mlx5_st_cases[] = {
	KUNIT_CASE(never_used_first),
	KUNIT_CASE(then_least_recently_freed),
	KUNIT_CASE(one_that_holds_the_tag),
	KUNIT_CASE(tags_in_turn),
	KUNIT_CASE(written_again_after_reset),
	KUNIT_CASE(owners_have_their_own),
	KUNIT_CASE(owners_share_the_last),
	KUNIT_CASE_PARAM(shares, size_gen_params),
	KUNIT_CASE(room),
	KUNIT_CASE(more_entries_than_indices),
	KUNIT_CASE(changed_and_cleared),
	KUNIT_CASE(tag_of_a_cpu_stays),
	KUNIT_CASE(query_of_8_bits),
	KUNIT_CASE(type_of_device),
	KUNIT_CASE(direct_mode),
	KUNIT_CASE(no_steering),
	KUNIT_CASE(table_cannot_be_written),
	{}
};

static struct kunit_suite mlx5_st_suite = {
	.name = "mlx5_st",
	.init = st_test_init,
	.exit = st_test_exit,
	.test_cases = mlx5_st_cases,
};

kunit_test_suite(mlx5_st_suite);

MODULE_DESCRIPTION("KUnit tests of mlx5's table of steering tags");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
