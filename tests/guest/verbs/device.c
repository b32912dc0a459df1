// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * mlx5dv_tph_query_device() on NICs of each kind: it says what configuration space says, and what
 * it promises is what registrations get. Leaves the NIC as it found it.
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "requester.h"
#include "tap.h"

/* More than a process gets of the largest table here */
#define MAX_TAGS 40
#define PH 2

struct test {
	struct fixture fixture;
	struct requester requester;
	enum ibv_tph_namespace emitted;
	struct mlx5dv_tph_device_info idle; /* while nothing is registered */
	struct ibv_mr *mr[MAX_TAGS];
};

static struct mlx5dv_tph_device_info query(const struct test *test)
{
	struct mlx5dv_tph_device_info info;
	int err;

	memset(&info, 0xff, sizeof(info));
	info.comp_mask = 0;
	err = mlx5dv_tph_query_device(test->fixture.context, &info);
	if (err)
		tap_bail_out("query: %s", strerror(err));
	return info;
}

static void expect(const struct test *test, const struct mlx5dv_tph_device_info *expected,
		   const char *what)
{
	const struct mlx5dv_tph_device_info info = query(test);

	if (tap_ok(!memcmp(&info, expected, sizeof(info)), "%s", what))
		return;
	tap_note("namespace %u, flags %#x, entries %u, free %u, reserved %u, available %u",
		 info.tph_namespace, info.flags, info.st_entries, info.st_free, info.st_reserved,
		 info.st_available);
	tap_note("expected %u, %#x, %u, %u, %u, %u", expected->tph_namespace, expected->flags,
		 expected->st_entries, expected->st_free, expected->st_reserved,
		 expected->st_available);
}

/* Of a table the first entry is never used, a quarter is for CPUs, a process gets half the rest. */
static void fill_table(struct mlx5dv_tph_device_info *info, unsigned int entries)
{
	info->flags |= entries ? MLX5DV_TPH_DEVICE_TABLE : MLX5DV_TPH_DEVICE_DIRECT;
	if (!entries)
		return;
	info->st_entries = entries;
	info->st_free = entries - 1;
	info->st_reserved = entries / 4;
	info->st_available = (info->st_free - info->st_reserved + 1) / 2;
}

static struct mlx5dv_tph_device_info by_configuration_space(const struct requester *requester)
{
	struct mlx5dv_tph_device_info info = {
		.tph_namespace = requester_emitted(requester),
		.flags = MLX5DV_TPH_DEVICE_IMPORT | MLX5DV_TPH_DEVICE_REQUIRE,
	};

	if (info.tph_namespace != IBV_TPH_NS_NONE) {
		info.flags |= MLX5DV_TPH_DEVICE_ENABLED;
		fill_table(&info, requester_entries(requester));
	}
	return info;
}

static void refusals(const struct test *test)
{
	struct mlx5dv_tph_device_info info, before;

	memset(&info, 0xff, sizeof(info));
	before = info;
	tap_errno(mlx5dv_tph_query_device(test->fixture.context, &info), EOPNOTSUPP,
		  "unknown fields");
	tap_ok(!memcmp(&info, &before, sizeof(info)), "nothing is written then");
}

static int register_tag(struct test *test, uint8_t tag, struct ibv_mr **mr)
{
	const struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(&test->fixture, IBV_TPH_NS_AUTO,
								IBV_TPH_REQUIRE);

	fixture_publish(&test->fixture, VFIO_TPH_TAG_ST | VFIO_TPH_TAG_ST_EXT, tag, PH);
	*mr = ibv_tph_reg_dmabuf_mr(test->fixture.pd, &attr);
	return *mr ? 0 : errno;
}

/* Regions with other tags until no more can be had. Returns how many, and why no more. */
static unsigned int register_all(struct test *test, int *err)
{
	unsigned int count = 0;

	for (*err = 0; count < MAX_TAGS; count++) {
		*err = register_tag(test, 1 + count, &test->mr[count]);
		if (*err)
			break;
	}
	return count;
}

static void destroy(struct test *test, unsigned int count)
{
	while (count--)
		if (ibv_dereg_mr(test->mr[count]))
			tap_bail_out("cannot destroy a region: %s", strerror(errno));
}

static void one_region_takes_an_entry(struct test *test)
{
	struct mlx5dv_tph_device_info expected = test->idle;
	bool table = test->idle.flags & MLX5DV_TPH_DEVICE_TABLE;
	unsigned int count = 0;

	if (test->emitted != IBV_TPH_NS_NONE) {
		expected.st_free -= table;
		expected.st_available -= table;
		for (; count < 2; count++)
			if (register_tag(test, 1, &test->mr[count]))
				tap_bail_out("cannot register: %s", strerror(errno));
	}
	expect(test, &expected, "two regions with one tag take one entry, where there are any");
	destroy(test, count);
	expect(test, &test->idle, "and give it back");
}

static void promise_is_kept(struct test *test)
{
	struct mlx5dv_tph_device_info expected = test->idle;
	unsigned int count, promised = 0;
	int err, last = EOPNOTSUPP;

	if (test->idle.flags & MLX5DV_TPH_DEVICE_TABLE) {
		promised = test->idle.st_available;
		last = ENOSPC;
	} else if (test->idle.flags & MLX5DV_TPH_DEVICE_DIRECT) {
		promised = MAX_TAGS;
		last = 0;
	}
	count = register_all(test, &err);
	if (!tap_ok(count == promised, "%u tags are there to be had", promised))
		tap_note("there were %u", count);
	tap_errno(err, last, "no more than these");
	expected.st_free -= test->idle.st_available;
	expected.st_available = 0;
	expect(test, &expected, "the device says so");
	destroy(test, count);
	expect(test, &test->idle, "all come back");
}

static void switched_off(struct test *test)
{
	struct mlx5dv_tph_device_info expected = test->idle;

	expected.flags &= ~(uint32_t)MLX5DV_TPH_DEVICE_ENABLED;
	requester_set_enabled(&test->requester, false);
	expect(test, &expected, "the requester is disabled");
	tap_errno(register_tag(test, 1, &test->mr[0]), EOPNOTSUPP, "no tag can be had");
	requester_set_enabled(&test->requester, true);
	expect(test, &test->idle, "the requester is as before");
}

int main(void)
{
	struct test test;

	requester_open(&test.requester);
	fixture_open(&test.fixture, NULL);
	test.emitted = requester_emitted(&test.requester);
	test.idle = by_configuration_space(&test.requester);

	tap_plan(1 + 2 + 2 + 4 + 3);
	expect(&test, &test.idle, "the device is what configuration space says");
	refusals(&test);
	one_region_takes_an_entry(&test);
	promise_is_kept(&test);
	switched_off(&test);

	fixture_close(&test.fixture);
	requester_close(&test.requester);
	return tap_status();
}
