// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Each allocation in turn fails that the kernel makes for publishing, registering, querying,
 * faulting pages in, taking the memory back and destroying: either the call says ENOMEM or it does
 * without, what there was before is as it was, no entry of the ST table is lost, and another try
 * succeeds. Needs a NIC with 8 entries and a kernel with fault injection. That no memory is lost is
 * for kmemleak to say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entries.h"
#include "exporter.h"
#include "fail_nth.h"
#include "tap.h"
#include "util/macros.h"
#include "verbs.h"

/* More than any of them makes */
#define MOST_ALLOCATIONS	5000
#define MRS	8

#define PLAIN	VERBS_NO_ATTR
#define REQUIRE	IB_UVERBS_TPH_REQUIRE

/* What was published when the regions were made, and then */
static const struct verbs_hints former = { MLX5_IB_TPH_SOURCE_EXPORTER, 0x10, 1,
					   MLX5_IB_TPH_STATE_IN_EFFECT };
static const struct verbs_hints latter = { MLX5_IB_TPH_SOURCE_EXPORTER, 0x20, 1,
					   MLX5_IB_TPH_STATE_IN_EFFECT };
static const struct verbs_hints degraded = { MLX5_IB_TPH_SOURCE_EXPORTER, 0, 1,
					     MLX5_IB_TPH_STATE_DEGRADED };

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
	unsigned int count; /* of regions that an operation has to do with */
	uint64_t flags;     /* of the first one, and then PLAIN and REQUIRE in turn */
	unsigned int made;
	struct verbs_mr mr[MRS];
};

struct operation {
	const char *what;
	unsigned int count;
	uint64_t flags;
	bool allocates; /* not only where the kernel is in the mood */
	void (*prepare)(struct test *test);
	int (*run)(struct test *test);
	/* Is everything as it should be after run() has returned @err? Nothing fails any more. */
	bool (*check)(struct test *test, int err);
};

static void must(int err, const char *what)
{
	if (err)
		tap_bail_out("cannot %s: %s", what, strerror(err));
}

static void publish(struct test *test, const struct verbs_hints *hints)
{
	must(exporter_publish(test->accelerator, test->dmabuf, hints->st, hints->ph), "publish");
}

static void withdraw(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph none = { .dmabuf_fd = test->dmabuf };

	must(exporter_set(test->accelerator, &none), "publish nothing");
}

static void set_memory(struct test *test, bool enabled)
{
	must(exporter_set_memory_enabled(test->accelerator, enabled), "switch memory decoding");
}

/* As many regions as are asked for, or as can be had */
static int make(struct test *test)
{
	const struct verbs_reg plain = { .fd = test->dmabuf,
					 .tph_namespace = VERBS_NO_ATTR,
					 .tph_flags = PLAIN };
	const struct verbs_reg require = { .fd = test->dmabuf,
					   .tph_namespace = VERBS_NO_ATTR,
					   .tph_flags = REQUIRE,
					   .mandatory = true };
	bool insists;
	int err = 0;

	for (test->made = 0; test->made < test->count && !err; test->made += !err) {
		insists = (test->flags == REQUIRE) ^ (test->made & 1);
		err = verbs_reg(&test->verbs, insists ? &require : &plain, &test->mr[test->made]);
	}
	return err;
}

/* All that are left, the last one first */
static int destroy(struct test *test)
{
	int err = 0;

	while (test->made && !err) {
		err = verbs_dereg(&test->verbs, &test->mr[test->made - 1]);
		test->made -= !err;
	}
	return err;
}

static int fault(struct test *test)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < test->made && !err; i++)
		err = verbs_prefetch(&test->verbs, &test->mr[i]);
	return err;
}

/* Do the queries of all regions say that, without a word? */
static bool all_have(struct test *test, const struct verbs_hints *hints, uint32_t revalidations)
{
	struct mlx5_ib_tph_mr_info info;
	unsigned int i;

	for (i = 0; i < test->made; i++) {
		must(verbs_query(&test->verbs, &test->mr[i], &info), "query");
		if (info.source != hints->source || info.steering_tag != hints->st ||
		    info.ph != hints->ph || info.state != hints->state ||
		    info.revalidations != revalidations) {
			tap_note("region %u: source %u, tag %#x, ph %u, state %u, revalidated %u",
				 i, info.source, info.steering_tag, info.ph, info.state,
				 info.revalidations);
			return false;
		}
	}
	return true;
}

static void nothing(struct test *test)
{
	publish(test, &former);
}

static void regions(struct test *test)
{
	publish(test, &former);
	must(make(test), "register");
}

static void new_tag(struct test *test)
{
	regions(test);
	publish(test, &latter);
	set_memory(test, false);
	set_memory(test, true);
}

static void no_tag(struct test *test)
{
	regions(test);
	withdraw(test);
	set_memory(test, false);
	set_memory(test, true);
}

static int run_publish(struct test *test)
{
	return exporter_publish(test->accelerator, test->dmabuf, latter.st, latter.ph);
}

/* A region made now has the one or the other */
static bool check_publish(struct test *test, int err)
{
	bool right;

	must(make(test), "register");
	right = all_have(test, err ? &former : &latter, 0);
	must(destroy(test), "destroy");
	return right;
}

static bool check_make(struct test *test, int err)
{
	bool right = all_have(test, &former, 0) && (err || test->made == test->count);

	must(destroy(test), "destroy");
	must(make(test), "register after all");
	right = right && all_have(test, &former, 0);
	must(destroy(test), "destroy");
	return right;
}

static int run_query(struct test *test)
{
	struct mlx5_ib_tph_mr_info info;

	return verbs_query(&test->verbs, &test->mr[0], &info);
}

/* What has not been destroyed is as before, and can be */
static bool check_regions(struct test *test, int err)
{
	bool right = all_have(test, &former, 0) && (!err || test->made);

	must(destroy(test), "destroy");
	return right;
}

/* Another fault maps what the first one did not, and counts for it */
static bool check_fault(struct test *test, int err)
{
	bool right;

	(void)err;
	must(fault(test), "fault the pages in after all");
	right = all_have(test, &latter, 1);
	must(destroy(test), "destroy");
	return right;
}

static bool check_degraded(struct test *test, int err)
{
	bool right;

	(void)err;
	must(fault(test), "fault the pages in after all");
	right = all_have(test, &degraded, 0);
	must(destroy(test), "destroy");
	return right;
}

static int run_invalidate(struct test *test)
{
	return exporter_set_memory_enabled(test->accelerator, false);
}

/* The memory is gone, whatever has failed, until it comes back */
static bool check_invalidated(struct test *test, int err)
{
	bool right;
	int gone;

	if (err)
		set_memory(test, false);
	gone = verbs_prefetch(&test->verbs, &test->mr[0]);
	if (gone != ENODEV)
		tap_note("expected %s of a fault, got %s", strerror(ENODEV), strerror(gone));
	set_memory(test, true);
	must(fault(test), "fault the pages in again");
	right = gone == ENODEV && all_have(test, &former, 1);
	must(destroy(test), "destroy");
	return right;
}

static const struct operation operations[] = {
	{ "publishing", 1, PLAIN, false, nothing, run_publish, check_publish },
	{ "registering", 1, PLAIN, true, nothing, make, check_make },
	{ "registering with REQUIRE", 1, REQUIRE, true, nothing, make, check_make },
	{ "registering eight times", MRS, PLAIN, true, nothing, make, check_make },
	{ "querying", 1, PLAIN, false, regions, run_query, check_regions },
	{ "faulting, a new tag", 1, PLAIN, true, new_tag, fault, check_fault },
	{ "faulting, a new tag, with REQUIRE", 1, REQUIRE, true, new_tag, fault, check_fault },
	{ "faulting, no tag any more", 1, PLAIN, true, no_tag, fault, check_degraded },
	{ "faulting eight, a new tag", MRS, PLAIN, true, new_tag, fault, check_fault },
	{ "taking the memory back", MRS, PLAIN, false, regions, run_invalidate, check_invalidated },
	{ "destroying", 1, PLAIN, false, regions, destroy, check_regions },
	{ "destroying eight", MRS, PLAIN, false, regions, destroy, check_regions },
};

/* Returns whether the @nth allocation of the operation was there to fail, and sets *@right. */
static bool fails(struct test *test, const struct operation *operation, unsigned int nth,
		  bool *right)
{
	bool failed;
	int err;

	operation->prepare(test);
	fail_nth_set(nth);
	err = operation->run(test);
	failed = fail_nth_clear();
	*right = (!err || (failed && err == ENOMEM)) && operation->check(test, err);
	if (!*right)
		tap_note("%s, allocation %u: %s", operation->what, nth, strerror(err));
	return failed;
}

static void sweep(struct test *test, const struct operation *operation)
{
	const struct entries_user user = { &test->verbs, test->accelerator, test->dmabuf };
	unsigned int nth = 0, wrong = 0;
	bool failed, right;

	test->count = operation->count;
	test->flags = operation->flags;
	test->made = 0;
	do {
		failed = fails(test, operation, ++nth, &right);
		wrong += !right;
	} while (failed && nth < MOST_ALLOCATIONS);
	tap_ok(!failed && !wrong && (nth > 1 || !operation->allocates),
	       "%s: each of %u allocations fails", operation->what, nth - 1);
	entries_expect_free(&user, operation->what);
}

int main(void)
{
	struct test test = {};
	size_t i;

	verbs_open(&test.verbs, "mlx5_");
	test.accelerator = exporter_open("TPH_ACC0");
	test.dmabuf = exporter_export(test.accelerator);
	fail_nth_open();

	tap_plan(3 * ARRAY_SIZE(operations));
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		sweep(&test, &operations[i]);

	fail_nth_close();
	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
