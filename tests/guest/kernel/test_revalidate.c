// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What happens to a region's hints when the exporter takes the memory back and gives it again: they
 * are asked for anew, a new tag goes into the table for all regions of the dma-buf, and hints that
 * do not hold any more never reach the wire: a region that insists on them is not mapped again, any
 * other goes on with tag 0. Needs a NIC with a table of 8 entries, of which a process gets SHARE.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "exporter.h"
#include "tap.h"
#include "verbs.h"

#define SHARE	3

#define PLAIN	VERBS_NO_ATTR
#define REQUIRE	IB_UVERBS_TPH_REQUIRE

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
	int control;
};

static const struct verbs_hints st_10 = { .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					  .st = 0x10,
					  .ph = 1 };
static const struct verbs_hints st_20 = { .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					  .st = 0x20,
					  .ph = 1 };
static const struct verbs_hints degraded = {
	MLX5_IB_TPH_SOURCE_EXPORTER,
	0,
	1,
	MLX5_IB_TPH_STATE_DEGRADED,
};
static const struct verbs_hints refused = { .state = MLX5_IB_TPH_STATE_REFUSED };

static void publish_on(struct test *test, int dmabuf, uint8_t st, uint8_t ph)
{
	int err = exporter_publish(test->accelerator, dmabuf, st, ph);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
}

static void publish(struct test *test, uint8_t st, uint8_t ph)
{
	publish_on(test, test->dmabuf, st, ph);
}

static void withdraw(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph none = { .dmabuf_fd = test->dmabuf };

	if (exporter_set(test->accelerator, &none))
		tap_bail_out("cannot publish nothing: %s", strerror(errno));
}

static void reg_on(struct test *test, int dmabuf, struct verbs_mr *mr, uint64_t flags)
{
	const struct verbs_reg reg = {
		.fd = dmabuf,
		.tph_namespace = VERBS_NO_ATTR,
		.tph_flags = flags,
	};
	int err = verbs_reg(&test->verbs, &reg, mr);

	if (err)
		tap_bail_out("cannot register: %s", strerror(err));
}

static void reg(struct test *test, struct verbs_mr *mr, uint64_t flags)
{
	reg_on(test, test->dmabuf, mr, flags);
}

static void dereg(struct test *test, const struct verbs_mr *mr)
{
	int err = verbs_dereg(&test->verbs, mr);

	if (err)
		tap_bail_out("cannot destroy a region: %s", strerror(err));
}

static unsigned int index_of(struct test *test, const struct verbs_mr *mr)
{
	struct mlx5_ib_tph_mr_info info = {};
	int err = verbs_query(&test->verbs, mr, &info);

	if (err)
		tap_bail_out("cannot query: %s", strerror(err));
	return info.st_index;
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
	reg(test, &mr, PLAIN);
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
	reg(test, &mr, PLAIN);
	publish(test, 0x20, 1);
	verbs_expect(&test->verbs, &mr, &st_10, "a SET does not touch a mapping that exists");
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "a new tag that only this region has");
	verbs_expect(&test->verbs, &mr, &st_20, "is in the table");
	expect_revalidations(test, &mr, 1);
	reg(test, &fresh, PLAIN);
	verbs_expect(&test->verbs, &fresh, &st_20, "a new region shares the entry");
	dereg(test, &fresh);
	dereg(test, &mr);
}

/* Several regions of a dma-buf follow its tag together, by one write of the table */
static void test_several(struct test *test)
{
	struct verbs_mr mr[2];
	long before;

	publish(test, 0x10, 1);
	reg(test, &mr[0], PLAIN);
	reg(test, &mr[1], PLAIN);
	tap_ok(index_of(test, &mr[0]) == index_of(test, &mr[1]), "two regions with one entry");
	before = control_counter(test->control, "tph_windows");
	publish(test, 0x20, 1);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr[0]), 0, "a new tag: the first one is mapped");
	tap_errno(verbs_prefetch(&test->verbs, &mr[1]), 0, "so is the second");
	tap_ok(control_counter(test->control, "tph_windows") - before == 1,
	       "for which the table is written once");
	verbs_expect(&test->verbs, &mr[0], &st_20, "the first one has the new tag");
	verbs_expect(&test->verbs, &mr[1], &st_20, "so has the second");
	expect_revalidations(test, &mr[1], 1);
	dereg(test, &mr[1]);
	dereg(test, &mr[0]);
}

/* After a change that it cannot follow, which the caller has made, a region goes on with tag 0 */
static void expect_degraded(struct test *test, struct verbs_mr *mr, const char *what)
{
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, mr), 0, "%s: pages are mapped", what);
	verbs_expect(&test->verbs, mr, &degraded, "with tag 0 instead");
	expect_revalidations(test, mr, 0);
	publish(test, 0x20, 1);
	verbs_expect(&test->verbs, mr, &degraded, "and keep it");
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, mr), 0, "hints it can have, when mapped again");
	verbs_expect(&test->verbs, mr, &st_20, "are in effect");
	expect_revalidations(test, mr, 1);
}

static void test_degraded(struct test *test)
{
	struct verbs_mr mr;

	publish(test, 0x10, 1);
	reg(test, &mr, PLAIN);
	publish(test, 0x10, 2);
	expect_degraded(test, &mr, "another processing hint");
	dereg(test, &mr);

	publish(test, 0x10, 1);
	reg(test, &mr, PLAIN);
	withdraw(test);
	expect_degraded(test, &mr, "nothing published any more");
	dereg(test, &mr);
}

/* A region that was made for tag 0 has no entry that could hold another one */
static void test_without_entry(struct test *test)
{
	struct verbs_mr mr;

	publish(test, 0, 1);
	reg(test, &mr, PLAIN);
	publish(test, 0x10, 1);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "a tag where there was none: mapped");
	verbs_expect(&test->verbs, &mr, &degraded, "without it");
	publish(test, 0, 1);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "tag 0 again");
	verbs_expect(&test->verbs, &mr,
		     &(struct verbs_hints){ .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					    .st = 0,
					    .ph = 1 },
		     "is in effect");
	dereg(test, &mr);
}

/*
 * After a change that it cannot follow, which the caller has made, the fault of @mr fails every
 * time, until the exporter publishes what it once did
 */
static void expect_refused(struct test *test, struct verbs_mr *mr, const char *what)
{
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, mr), EFAULT, "%s", what);
	tap_errno(verbs_prefetch(&test->verbs, mr), EFAULT, "%s, again", what);
	verbs_expect(&test->verbs, mr, &refused, "no hints are in effect");
	expect_revalidations(test, mr, 0);
	publish(test, 0x10, 1);
	tap_errno(verbs_prefetch(&test->verbs, mr), 0, "the former hints: pages are mapped again");
	verbs_expect(&test->verbs, mr, &st_10, "they are in effect");
	expect_revalidations(test, mr, 1);
}

static void test_required(struct test *test)
{
	struct verbs_mr mr;

	publish(test, 0x10, 1);
	reg(test, &mr, REQUIRE);
	publish(test, 0x10, 2);
	expect_refused(test, &mr, "another processing hint, with REQUIRE");
	dereg(test, &mr);

	publish(test, 0x10, 1);
	reg(test, &mr, REQUIRE);
	withdraw(test);
	expect_refused(test, &mr, "nothing published any more, with REQUIRE");
	dereg(test, &mr);

	publish(test, 0x10, 1);
	reg(test, &mr, REQUIRE);
	publish(test, 0x20, 1);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "a new tag, with REQUIRE");
	verbs_expect(&test->verbs, &mr, &st_20, "is in effect");
	dereg(test, &mr);
}

/* What insists on its hints and what does not, on one dma-buf, have each their way */
static void test_mixed(struct test *test)
{
	struct verbs_mr plain, required;

	publish(test, 0x10, 1);
	reg(test, &plain, PLAIN);
	reg(test, &required, REQUIRE);
	withdraw(test);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &required), EFAULT, "with REQUIRE, not mapped");
	tap_errno(verbs_prefetch(&test->verbs, &plain), 0, "without, mapped");
	verbs_expect(&test->verbs, &required, &refused, "the one is refused");
	verbs_expect(&test->verbs, &plain, &degraded, "the other is degraded");
	dereg(test, &required);
	dereg(test, &plain);
}

/* Dma-bufs that share an entry because there are few cannot change it, nor do without its tag */
static void test_shared(struct test *test)
{
	struct verbs_mr own[SHARE], mr;
	int i, dmabuf[SHARE];

	publish(test, 0x10, 1);
	for (i = 0; i < SHARE; i++) {
		dmabuf[i] = exporter_export(test->accelerator);
		publish_on(test, dmabuf[i], 0x10 + i, 1);
		reg_on(test, dmabuf[i], &own[i], PLAIN);
	}
	reg(test, &mr, PLAIN);
	tap_ok(index_of(test, &mr) == index_of(test, &own[0]), "two dma-bufs with one entry");
	publish(test, 0x20, 1);
	expect_refused(test, &mr, "a new tag, in an entry that another dma-buf has too");
	tap_errno(verbs_prefetch(&test->verbs, &own[0]), 0, "the other one is mapped again");
	verbs_expect(&test->verbs, &own[0], &st_10, "and has its tag");
	dereg(test, &mr);
	for (i = 0; i < SHARE; i++) {
		dereg(test, &own[i]);
		close(dmabuf[i]);
	}
}

static void test_taken(struct test *test)
{
	struct verbs_mr first, second;

	publish(test, 0x20, 1);
	reg(test, &second, PLAIN);
	publish(test, 0x10, 1);
	reg(test, &first, PLAIN);
	publish(test, 0x20, 1);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &first), 0, "a new tag that has an entry already");
	verbs_expect(&test->verbs, &first, &st_20, "is in effect");
	tap_errno(verbs_prefetch(&test->verbs, &second), 0, "the one that had it is mapped again");
	verbs_expect(&test->verbs, &second, &st_20, "and has it still");
	dereg(test, &second);
	dereg(test, &first);
}

static void test_without(struct test *test)
{
	const struct verbs_reg reg = {
		.fd = test->dmabuf,
		.tph_namespace = IB_UVERBS_TPH_NS_NONE,
		.tph_flags = VERBS_NO_ATTR,
	};
	struct verbs_mr mr;

	publish(test, 0x10, 1);
	if (verbs_reg(&test->verbs, &reg, &mr))
		tap_bail_out("cannot register without hints");
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
	test.control = control_open();

	tap_plan(7 + 5 + 7 + 14 + 4 + 16 + 4 + 10 + 4 + 3);
	test_same(&test);
	test_new_st(&test);
	test_several(&test);
	test_degraded(&test);
	test_without_entry(&test);
	test_required(&test);
	test_mixed(&test);
	test_shared(&test);
	test_taken(&test);
	test_without(&test);

	close(test.control);
	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
