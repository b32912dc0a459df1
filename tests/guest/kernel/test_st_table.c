// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Who owns the entries of the NIC's ST table: regions of one dma-buf with the same tag share one,
 * the last one gives it back, nobody gets more than its share, and a share that is used up is an
 * error only for those who insist. Needs a NIC with ST_ENTRIES entries.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "exporter.h"
#include "tap.h"
#include "tier.h"
#include "util/macros.h"
#include "verbs.h"

#define ST_ENTRIES	8
/* The first one is never used, a quarter is kept for the tags of CPUs */
#define USABLE		(ST_ENTRIES - 1)
#define IMPORTABLE	(USABLE - ST_ENTRIES / 4)
#define SHARE		((IMPORTABLE + 1) / 2)
#define ROUNDS		50

#define REQUIRE		IB_UVERBS_TPH_REQUIRE

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf, other;
	int control;
};

static int reg_of(struct test *test, int dmabuf, uint8_t st, uint8_t ph, uint64_t flags,
		  struct verbs_mr *mr)
{
	const struct verbs_reg reg = {
		.fd = dmabuf,
		.tph_namespace = IB_UVERBS_TPH_NS_AUTO,
		.tph_flags = flags,
		.mandatory = true,
	};
	int err = exporter_publish(test->accelerator, dmabuf, st, ph);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
	return verbs_reg(&test->verbs, &reg, mr);
}

static int reg_st(struct test *test, uint8_t st, uint64_t flags, struct verbs_mr *mr)
{
	return reg_of(test, test->dmabuf, st, 1, flags, mr);
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

	tap_errno(reg_st(test, 0x10, REQUIRE, &first), 0, "a region");
	tap_errno(reg_st(test, 0x10, REQUIRE, &second), 0, "one with the same tag");
	tap_errno(reg_st(test, 0x20, REQUIRE, &other), 0, "one with another tag");
	tap_ok(index_of(test, &first) && index_of(test, &first) == index_of(test, &second),
	       "the same tag has one entry");
	tap_ok(index_of(test, &other) && index_of(test, &other) != index_of(test, &first),
	       "another tag has another one");
	dereg(test, &first);
	verbs_expect(&test->verbs, &second,
		     &(struct verbs_hints){ .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					    .st = 0x10,
					    .ph = 1 },
		     "the entry stays as long as one of them is left");
	dereg(test, &second);
	dereg(test, &other);
}

/* Regions whose tag need not stay the same have no entry in common while there are enough */
static void test_owners(struct test *test)
{
	static const struct {
		const char *what;
		bool other;
		uint8_t ph;
		uint64_t flags;
	} cases[] = {
		{ "another dma-buf", true, 1, 0 },
		{ "another processing hint", false, 2, 0 },
		{ "one that insists on its hints", false, 1, REQUIRE },
	};
	struct verbs_mr first, second;
	size_t i;

	if (reg_st(test, 0x10, 0, &first))
		tap_bail_out("no region to compare with");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (reg_of(test, cases[i].other ? test->other : test->dmabuf, 0x10, cases[i].ph,
			   cases[i].flags, &second))
			tap_bail_out("no second region");
		tap_ok(index_of(test, &second) && index_of(test, &second) != index_of(test, &first),
		       "%s with the same tag has its own entry", cases[i].what);
		dereg(test, &second);
	}
	dereg(test, &first);
}

static void test_tag_zero(struct test *test)
{
	struct verbs_mr mr;

	tap_errno(reg_st(test, 0, REQUIRE, &mr), 0, "tag 0");
	verbs_expect(&test->verbs, &mr,
		     &(struct verbs_hints){ .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					    .st = 0,
					    .ph = 1 },
		     "tag 0 comes with its hint");
	tap_ok(index_of(test, &mr) == 0, "and needs no entry");
	dereg(test, &mr);
}

/* Takes the whole share of this process: tags 0x30, 0x31 and so on */
static int take_share(struct test *test, struct verbs_mr *mr)
{
	int i, err = 0;

	for (i = 0; i < SHARE && !err; i++)
		err = reg_st(test, 0x30 + i, REQUIRE, &mr[i]);
	return err;
}

static void give_share(struct test *test, const struct verbs_mr *mr)
{
	int i;

	for (i = 0; i < SHARE; i++)
		dereg(test, &mr[i]);
}

static void test_full(struct test *test)
{
	struct verbs_mr mr[SHARE], extra;

	if (!tap_errno(take_share(test, mr), 0, "as many tags as are one process's share"))
		tap_bail_out("the table is not empty, or has not %d entries", ST_ENTRIES);

	tap_errno(reg_st(test, 0x80, REQUIRE, &extra), ENOSPC, "one more, with REQUIRE");
	tap_errno(reg_st(test, 0x80, 0, &extra), 0, "one more, without");
	verbs_expect(&test->verbs, &extra, NULL, "it has no hints");
	dereg(test, &extra);
	tap_errno(reg_of(test, test->other, 0x31, 1, REQUIRE, &extra), 0,
		  "another dma-buf with a tag that is in the table");
	tap_ok(index_of(test, &extra) == index_of(test, &mr[1]), "shares the entry");
	dereg(test, &extra);
	dereg(test, &mr[0]);
	tap_errno(reg_st(test, 0x80, REQUIRE, &mr[0]), 0,
		  "a new tag in an entry that was given back");
	verbs_expect(&test->verbs, &mr[0],
		     &(struct verbs_hints){ .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					    .st = 0x80,
					    .ph = 1 },
		     "has its own hints");
	give_share(test, mr);
}

/*
 * As that again, often enough for the kernel's memory to show what a round loses. Tags come round
 * after 255 rounds, when no entry has them any more: each is written to the table.
 */
static void test_cycles(struct test *test)
{
	unsigned int i, cycles = tier_rounds(200, 10000);
	struct verbs_mr mr[SHARE];
	int err = 0;

	if (take_share(test, mr))
		tap_bail_out("the table is not empty");
	give_share(test, mr);
	for (i = 0; i < cycles && !err; i++) {
		err = reg_st(test, 1 + i % UINT8_MAX, REQUIRE, &mr[0]);
		if (!err)
			dereg(test, &mr[0]);
	}
	if (!tap_errno(err, 0, "%u entries taken and given back", cycles))
		tap_note("failed in cycle %u", i);
	if (tap_errno(take_share(test, mr), 0, "leave the whole share"))
		give_share(test, mr);
}

/* How many tags of its own another process can have; then it ends, and has none */
static int tags_of_another_process(struct test *test)
{
	struct verbs_mr mr;
	int i = 0, err, status;
	pid_t child;

	child = fork();
	if (child < 0)
		tap_bail_out("fork: %s", strerror(errno));
	if (!child) {
		verbs_open(&test->verbs, "mlx5_");
		do {
			err = reg_st(test, 0x50 + i, REQUIRE, &mr);
		} while (!err && ++i < USABLE);
		_exit(err == ENOSPC ? i : 100 + err);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		tap_bail_out("the other process died");
	return WEXITSTATUS(status);
}

static void test_processes(struct test *test)
{
	struct verbs_mr mr[SHARE];
	int tags = tags_of_another_process(test);

	tap_ok(tags == SHARE, "another process has its share: %d", tags);
	if (take_share(test, mr))
		tap_bail_out("a process that ended keeps entries");
	tags = tags_of_another_process(test);
	tap_ok(tags == IMPORTABLE - SHARE, "and here what is not kept for CPUs: %d", tags);
	give_share(test, mr);
}

/* A reference that is dropped twice or never shows after as many rounds as there are entries */
static void test_rounds(struct test *test)
{
	struct verbs_mr mr, same;
	int i, err = 0;

	for (i = 0; i < ROUNDS && !err; i++) {
		err = reg_st(test, 1 + i, REQUIRE, &mr);
		if (!err)
			err = reg_st(test, 1 + i, REQUIRE, &same);
		if (err)
			break;
		dereg(test, &mr);
		dereg(test, &same);
	}
	if (!tap_errno(err, 0, "%d rounds with a new tag each", ROUNDS))
		tap_note("failed in round %d", i);
}

/* A region with each tag in turn, destroyed at once. Returns how often the table was written. */
static long alternate(struct test *test, int tags, int rounds)
{
	long before = control_counter(test->control, "tph_windows");
	struct verbs_mr mr;
	int i, err;

	for (i = 0; i < tags * rounds; i++) {
		err = reg_st(test, 0xc0 + i % tags, REQUIRE, &mr);
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
	test.other = exporter_export(test.accelerator);
	test.control = control_open();

	tap_plan(6 + 3 + 3 + 8 + 2 + 1 + 3 + 2);
	test_sharing(&test);
	test_owners(&test);
	test_tag_zero(&test);
	test_full(&test);
	test_processes(&test);
	test_rounds(&test);
	test_writes(&test);
	test_cycles(&test);

	close(test.control);
	verbs_close(&test.verbs);
	close(test.other);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
