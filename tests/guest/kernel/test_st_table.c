// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Who owns the entries of the NIC's ST table: regions with the same tag share one, the last one
 * gives it back, and a full table is an error only for those who insist. Needs a NIC with
 * ST_ENTRIES entries, of which the first is never used.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "exporter.h"
#include "tap.h"
#include "verbs.h"

#define ST_ENTRIES	4
#define USABLE		(ST_ENTRIES - 1)
#define ROUNDS		50

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
	int control;
};

static int reg_st(struct test *test, uint8_t st, uint64_t flags, struct verbs_mr *mr)
{
	const struct verbs_reg reg = {
		.fd = test->dmabuf,
		.tph_namespace = IB_UVERBS_TPH_NS_AUTO,
		.tph_flags = flags,
		.mandatory = true,
	};
	int err = exporter_publish(test->accelerator, test->dmabuf, st, 1);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
	return verbs_reg(&test->verbs, &reg, mr);
}

static unsigned int index_of(struct test *test, const struct verbs_mr *mr)
{
	struct mlx5_ib_tph_mr_info info;
	int err = verbs_query(&test->verbs, mr, &info);

	if (err)
		tap_bail_out("cannot query: %s", strerror(err));
	return info.st_index;
}

static void dereg(struct test *test, const struct verbs_mr *mr)
{
	int err = verbs_dereg(&test->verbs, mr);

	if (err)
		tap_bail_out("cannot destroy a region: %s", strerror(err));
}

static void test_sharing(struct test *test)
{
	struct verbs_mr first, second, other;

	tap_errno(reg_st(test, 0x10, IB_UVERBS_TPH_REQUIRE, &first), 0, "a region");
	tap_errno(reg_st(test, 0x10, IB_UVERBS_TPH_REQUIRE, &second), 0, "one with the same tag");
	tap_errno(reg_st(test, 0x20, IB_UVERBS_TPH_REQUIRE, &other), 0, "one with another tag");
	tap_ok(index_of(test, &first) && index_of(test, &first) == index_of(test, &second),
	       "the same tag has one entry");
	tap_ok(index_of(test, &other) && index_of(test, &other) != index_of(test, &first),
	       "another tag has another one");
	dereg(test, &first);
	verbs_expect(&test->verbs, &second, &(struct verbs_hints) { MLX5_IB_TPH_SOURCE_EXPORTER,
		     0x10, 1 }, "the entry stays as long as one of them is left");
	dereg(test, &second);
	dereg(test, &other);
}

static void test_tag_zero(struct test *test)
{
	struct verbs_mr mr;

	tap_errno(reg_st(test, 0, IB_UVERBS_TPH_REQUIRE, &mr), 0, "tag 0");
	verbs_expect(&test->verbs, &mr, &(struct verbs_hints) { MLX5_IB_TPH_SOURCE_EXPORTER, 0, 1 },
		     "tag 0 comes with its hint");
	tap_ok(index_of(test, &mr) == 0, "and needs no entry");
	dereg(test, &mr);
}

static void test_full(struct test *test)
{
	struct verbs_mr mr[USABLE], extra;
	int i, err = 0;

	for (i = 0; i < USABLE && !err; i++)
		err = reg_st(test, 0x30 + i, IB_UVERBS_TPH_REQUIRE, &mr[i]);
	if (!tap_errno(err, 0, "as many tags as there are entries"))
		tap_bail_out("the table is not empty, or smaller than %d", ST_ENTRIES);

	tap_errno(reg_st(test, 0x80, IB_UVERBS_TPH_REQUIRE, &extra), ENOSPC,
		  "one more, with REQUIRE");
	tap_errno(reg_st(test, 0x80, 0, &extra), 0, "one more, without");
	verbs_expect(&test->verbs, &extra, NULL, "it has no hints");
	dereg(test, &extra);
	tap_errno(reg_st(test, 0x31, IB_UVERBS_TPH_REQUIRE, &extra), 0,
		  "a tag that is in the table");
	dereg(test, &extra);
	dereg(test, &mr[0]);
	tap_errno(reg_st(test, 0x80, IB_UVERBS_TPH_REQUIRE, &extra), 0,
		  "a new tag in an entry that was given back");
	verbs_expect(&test->verbs, &extra, &(struct verbs_hints) { MLX5_IB_TPH_SOURCE_EXPORTER,
		     0x80, 1 }, "has its own hints");
	dereg(test, &extra);
	for (i = 1; i < USABLE; i++)
		dereg(test, &mr[i]);
}

/* A reference that is dropped twice or never shows after as many rounds as there are entries */
static void test_rounds(struct test *test)
{
	struct verbs_mr mr, same;
	int i, err = 0;

	for (i = 0; i < ROUNDS && !err; i++) {
		err = reg_st(test, 1 + i, IB_UVERBS_TPH_REQUIRE, &mr);
		if (!err)
			err = reg_st(test, 1 + i, IB_UVERBS_TPH_REQUIRE, &same);
		if (err)
			break;
		dereg(test, &mr);
		dereg(test, &same);
	}
	if (!tap_errno(err, 0, "%d rounds with a new tag each", ROUNDS))
		tap_note("failed in round %d", i);
}

/* Registers and destroys a region with each tag in turn. Returns how often the table was written. */
static long alternate(struct test *test, int tags, int rounds)
{
	long before = control_counter(test->control, "tph_windows");
	struct verbs_mr mr;
	int i, err;

	for (i = 0; i < tags * rounds; i++) {
		err = reg_tag(test, 0xc0 + i % tags, IB_UVERBS_TPH_REQUIRE, &mr);
		if (err)
			tap_bail_out("cannot register: %s", strerror(err));
		dereg(test, &mr);
	}
	return control_counter(test->control, "tph_windows") - before;
}

/* A tag that was in use is written again only when all other entries were used since */
static void test_writes(struct test *test)
{
	long writes = alternate(test, USABLE, 10);

	tap_ok(writes == USABLE, "%d tags in turn are written %ld times", USABLE, writes);
	writes = alternate(test, USABLE, 10);
	tap_ok(writes == 0, "and never again: %ld", writes);
	writes = alternate(test, USABLE + 1, 10);
	tap_ok(writes == 10 * (USABLE + 1) - USABLE,
	       "one tag more than there are entries finds none that still has it: %ld", writes);
}

int main(void)
{
	struct test test;

	verbs_open(&test.verbs, "mlx5_");
	test.accelerator = exporter_open("TPH_ACC0");
	test.dmabuf = exporter_export(test.accelerator);
	test.control = control_open();

	tap_plan(20);
	test_sharing(&test);
	test_tag_zero(&test);
	test_full(&test);
	test_rounds(&test);
	test_writes(&test);

	close(test.control);
	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
