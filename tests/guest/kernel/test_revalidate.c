// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What happens to a region's hints when the exporter takes the memory back and gives it again: they
 * are asked for anew, a tag may change where no other region is concerned, and hints that do not
 * hold any more never reach the wire. Needs a NIC with a table of more than two entries.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exporter.h"
#include "tap.h"
#include "verbs.h"

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
};

static const struct verbs_hints st_10 = { MLX5_IB_TPH_SOURCE_EXPORTER, 0x10, 1 };
static const struct verbs_hints st_20 = { MLX5_IB_TPH_SOURCE_EXPORTER, 0x20, 1 };

static void publish(struct test *test, uint8_t st, uint8_t ph)
{
	int err = exporter_publish(test->accelerator, test->dmabuf, st, ph);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
}

static void reg(struct test *test, struct verbs_mr *mr, uint64_t tph_namespace)
{
	const struct verbs_reg reg = {
		.fd = test->dmabuf,
		.tph_namespace = tph_namespace,
		.tph_flags = VERBS_NO_ATTR,
	};
	int err = verbs_reg(&test->verbs, &reg, mr);

	if (err)
		tap_bail_out("cannot register: %s", strerror(err));
}

static void dereg(struct test *test, const struct verbs_mr *mr)
{
	int err = verbs_dereg(&test->verbs, mr);

	if (err)
		tap_bail_out("cannot destroy a region: %s", strerror(err));
}

/* The memory goes away and comes back */
static void invalidate(struct test *test)
{
	int err = exporter_set_memory_enabled(test->accelerator, false);

	if (!err)
		err = exporter_set_memory_enabled(test->accelerator, true);
	if (err)
		tap_bail_out("cannot switch memory decoding: %s", strerror(err));
}

static void expect_revalidations(struct test *test, const struct verbs_mr *mr, uint32_t expected)
{
	struct mlx5_ib_tph_mr_info info = {};
	int err = verbs_query(&test->verbs, mr, &info);

	if (!tap_ok(!err && info.revalidations == expected, "revalidations: %u", expected))
		tap_note("query: %s, %u", strerror(err), info.revalidations);
}

static void test_same(struct test *test)
{
	struct verbs_mr mr;

	publish(test, 0x10, 1);
	reg(test, &mr, IB_UVERBS_TPH_NS_AUTO);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "pages that are there already");
	expect_revalidations(test, &mr, 0);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "pages are mapped again");
	expect_revalidations(test, &mr, 1);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "pages that are there again");
	expect_revalidations(test, &mr, 1);
	verbs_expect(&test->verbs, &mr, &st_10, "the hints are the same");
	dereg(test, &mr);
}

static void test_new_st(struct test *test)
{
	struct verbs_mr mr, fresh;

	publish(test, 0x10, 1);
	reg(test, &mr, IB_UVERBS_TPH_NS_AUTO);
	publish(test, 0x20, 1);
	verbs_expect(&test->verbs, &mr, &st_10, "a SET does not touch a mapping that exists");
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "a new tag that only this region has");
	verbs_expect(&test->verbs, &mr, &st_20, "is in the table");
	expect_revalidations(test, &mr, 1);
	reg(test, &fresh, IB_UVERBS_TPH_NS_AUTO);
	verbs_expect(&test->verbs, &fresh, &st_20, "a new region shares the entry");
	dereg(test, &fresh);
	dereg(test, &mr);
}

/* The fault of @mr fails now, and every time, until the exporter publishes what it once did */
static void expect_refused(struct test *test, struct verbs_mr *mr, const char *what)
{
	tap_errno(verbs_prefetch(&test->verbs, mr), EFAULT, "%s", what);
	tap_errno(verbs_prefetch(&test->verbs, mr), EFAULT, "%s, again", what);
	expect_revalidations(test, mr, 0);
	publish(test, 0x10, 1);
	tap_errno(verbs_prefetch(&test->verbs, mr), 0, "the former hints: pages are mapped again");
	expect_revalidations(test, mr, 1);
}

static void test_refused(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph none = { .dmabuf_fd = test->dmabuf };
	struct verbs_mr mr;

	publish(test, 0x10, 1);
	reg(test, &mr, IB_UVERBS_TPH_NS_AUTO);
	publish(test, 0x10, 2);
	invalidate(test);
	expect_refused(test, &mr, "another processing hint");
	dereg(test, &mr);

	publish(test, 0x10, 1);
	reg(test, &mr, IB_UVERBS_TPH_NS_AUTO);
	exporter_set(test->accelerator, &none);
	invalidate(test);
	expect_refused(test, &mr, "nothing published any more");
	dereg(test, &mr);
}

static void test_shared(struct test *test)
{
	struct verbs_mr first, second;

	publish(test, 0x10, 1);
	reg(test, &first, IB_UVERBS_TPH_NS_AUTO);
	reg(test, &second, IB_UVERBS_TPH_NS_AUTO);
	publish(test, 0x20, 1);
	invalidate(test);
	expect_refused(test, &first, "a new tag, in an entry that another region has too");
	dereg(test, &second);
	dereg(test, &first);
}

static void test_taken(struct test *test)
{
	struct verbs_mr first, second;

	publish(test, 0x20, 1);
	reg(test, &second, IB_UVERBS_TPH_NS_AUTO);
	publish(test, 0x10, 1);
	reg(test, &first, IB_UVERBS_TPH_NS_AUTO);
	publish(test, 0x20, 1);
	invalidate(test);
	expect_refused(test, &first, "a new tag that has an entry already");
	dereg(test, &second);
	dereg(test, &first);
}

static void test_without(struct test *test)
{
	struct verbs_mr mr;

	publish(test, 0x10, 1);
	reg(test, &mr, IB_UVERBS_TPH_NS_NONE);
	publish(test, 0x20, 2);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "a region without hints recovers as ever");
	expect_revalidations(test, &mr, 0);
	verbs_expect(&test->verbs, &mr, NULL, "and still has none");
	dereg(test, &mr);
}

int main(void)
{
	struct test test;

	verbs_open(&test.verbs, "mlx5_");
	test.accelerator = exporter_open("TPH_ACC0");
	test.dmabuf = exporter_export(test.accelerator);

	tap_plan(7 + 5 + 10 + 5 + 5 + 3);
	test_same(&test);
	test_new_st(&test);
	test_refused(&test);
	test_shared(&test);
	test_taken(&test);
	test_without(&test);

	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
