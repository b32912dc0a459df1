// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * One dma-buf of several ranges of a BAR: what is written to the memory region one byte after the
 * other lands where the ranges are, across their ends, and carries the tag of all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "rc_pair.h"
#include "tap.h"
#include "util/macros.h"

#define PAGE 4096
#define PAGES 6
#define ST 0x07 /* stores, in partition 7 */
#define PH 2

/* Out of order, and with gaps. */
static const struct vfio_tph_range ranges[] = {
	{ 4 * PAGE, 2 * PAGE },
	{ 0 * PAGE, 1 * PAGE },
	{ 2 * PAGE, 1 * PAGE },
};

#define BYTES (4 * PAGE)

struct test {
	struct rc_pair pair;
	struct vfio_tph_device *accelerator;
	struct ibv_mr *remote, *local;
	uint8_t *memory, *data, *expected;
};

static void open_accelerator(struct test *test)
{
	const struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST, .st = ST, .ph = PH };
	struct ibv_tph_dmabuf_mr_attr attr = {
		.length = BYTES,
		.access = FIXTURE_ACCESS,
		.tph_namespace = IBV_TPH_NS_ST,
		.tph_flags = IBV_TPH_REQUIRE,
	};
	struct vfio_tph_reason reason;
	void *mapped;

	test->accelerator = vfio_tph_open(getenv("TPH_ACC0"), &reason);
	if (!test->accelerator ||
	    vfio_tph_map_bar(test->accelerator, FIXTURE_BAR, 0, PAGES * PAGE, &mapped, &reason) ||
	    vfio_tph_export_ranges(test->accelerator, FIXTURE_BAR, ranges, ARRAY_SIZE(ranges),
				   &attr.fd, &reason) ||
	    vfio_tph_publish(test->accelerator, attr.fd, &tags, &reason))
		tap_bail_out("%s", reason.text);
	test->memory = mapped;
	test->remote = ibv_tph_reg_dmabuf_mr(test->pair.pd, &attr);
	if (!test->remote)
		tap_bail_out("ibv_tph_reg_dmabuf_mr: %s", strerror(errno));
	close(attr.fd);
}

static void open_all(struct test *test)
{
	int err = rc_pair_open(&test->pair, NULL);

	if (err)
		tap_bail_out("cannot %s: %s", test->pair.failed, strerror(err));
	test->data = malloc(BYTES);
	test->expected = calloc(PAGES, PAGE);
	if (!test->data || !test->expected)
		tap_bail_out("no memory");
	test->local = ibv_reg_mr(test->pair.pd, test->data, BYTES, IBV_ACCESS_LOCAL_WRITE);
	if (!test->local)
		tap_bail_out("ibv_reg_mr: %s", strerror(errno));
	open_accelerator(test);
}

static void close_all(struct test *test)
{
	ibv_dereg_mr(test->remote);
	ibv_dereg_mr(test->local);
	rc_pair_close(&test->pair);
	munmap(test->memory, PAGES * PAGE);
	vfio_tph_close(test->accelerator);
	free(test->expected);
	free(test->data);
}

/* Where a byte of the dma-buf is in the BAR. */
static size_t place_of(size_t offset)
{
	size_t i = 0;

	while (offset >= ranges[i].length)
		offset -= ranges[i++].length;
	return ranges[i].offset + offset;
}

/* Every byte says where it is in the dma-buf, and in which test. */
static void fill(struct test *test, size_t offset, size_t length, uint8_t seed)
{
	size_t i;

	for (i = 0; i < length; i++) {
		test->data[i] = (offset + i) / 251 + (offset + i) + seed;
		test->expected[place_of(offset + i)] = test->data[i];
	}
}

static void write_and_look(struct test *test, size_t offset, size_t length, uint8_t seed,
			   const char *what)
{
	const struct ibv_sge local = {
		.addr = (uintptr_t)test->data,
		.length = length,
		.lkey = test->local->lkey,
	};
	int result;

	fill(test, offset, length, seed);
	result = rc_pair_transfer(&test->pair, IBV_WR_RDMA_WRITE, &local, offset,
				  test->remote->rkey);
	if (!tap_ok(!result && !memcmp(test->memory, test->expected, PAGES * PAGE), "%s", what))
		tap_note("%s", rc_pair_strerror(result));
}

int main(void)
{
	struct mlx5dv_tph_mr_info info = {};
	struct test test;

	tap_plan(4);
	open_all(&test);
	memset(test.memory, 0, PAGES * PAGE);
	tap_ok(!mlx5dv_tph_query_mr(test.remote, &info) && info.steering_tag == ST &&
		       info.ph == PH && info.state == MLX5DV_TPH_STATE_IN_EFFECT,
	       "the region has the tag of the dma-buf");
	write_and_look(&test, 0, BYTES, 1, "all ranges are where they should be");
	write_and_look(&test, 2 * PAGE - 5, 11, 2, "a write across the end of one");
	write_and_look(&test, 2 * PAGE - 1, PAGE + 2, 3, "a write across a whole one");
	close_all(&test);
	return tap_status();
}
