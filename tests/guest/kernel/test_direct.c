// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A NIC without an ST table: the mkey carries the tag itself, in the 8 bits of its index.
 * Needs a NIC that emits 16-bit tags, and has no table.
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

static int reg_st(struct test *test, uint16_t st, uint64_t flags, struct verbs_mr *mr)
{
	const struct vfio_device_feature_dma_buf_tph set = {
		.dmabuf_fd = test->dmabuf,
		.flags = VFIO_DMA_BUF_TPH_ST_EXT,
		.steering_tag_ext = st,
		.ph = 3,
	};
	const struct verbs_reg reg = {
		.fd = test->dmabuf,
		.tph_namespace = IB_UVERBS_TPH_NS_ST_EXT,
		.tph_flags = flags,
		.mandatory = true,
	};
	int err = exporter_set(test->accelerator, &set);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
	return verbs_reg(&test->verbs, &reg, mr);
}

static void dereg(struct test *test, const struct verbs_mr *mr)
{
	int err = verbs_dereg(&test->verbs, mr);

	if (err)
		tap_bail_out("cannot destroy a region: %s", strerror(err));
}

static void test_fits(struct test *test, uint16_t st)
{
	struct mlx5_ib_tph_mr_info info = {};
	struct verbs_mr mr;
	int err;

	if (!tap_errno(reg_st(test, st, IB_UVERBS_TPH_REQUIRE, &mr), 0, "tag %#x", st))
		tap_bail_out("no region to query");
	err = verbs_query(&test->verbs, &mr, &info);
	if (!tap_ok(!err && info.source == MLX5_IB_TPH_SOURCE_EXPORTER && info.steering_tag == st &&
			    info.tph_namespace == IB_UVERBS_TPH_NS_ST_EXT && info.st_index == st &&
			    info.ph == 3,
		    "the mkey carries %#x", st))
		tap_note("query: %s, source %u, namespace %u, tag %#x, index %u, ph %u",
			 strerror(err), info.source, info.tph_namespace, info.steering_tag,
			 info.st_index, info.ph);
	dereg(test, &mr);
}

static void test_too_wide(struct test *test, uint16_t st)
{
	struct mlx5_ib_tph_mr_info info = {};
	struct verbs_mr mr;

	tap_errno(reg_st(test, st, IB_UVERBS_TPH_REQUIRE, &mr), EOPNOTSUPP,
		  "tag %#x does not fit, with REQUIRE", st);
	if (!tap_errno(reg_st(test, st, 0, &mr), 0, "tag %#x does not fit, without", st))
		tap_bail_out("no region to query");
	tap_ok(!verbs_query(&test->verbs, &mr, &info) && info.source == MLX5_IB_TPH_SOURCE_NONE,
	       "and is not cut to fit");
	dereg(test, &mr);
}

int main(void)
{
	struct test test;

	verbs_open(&test.verbs, "mlx5_");
	test.accelerator = exporter_open("TPH_ACC0");
	test.dmabuf = exporter_export(test.accelerator);

	tap_plan(3 * 2 + 2 * 3);
	test_fits(&test, 0);
	test_fits(&test, 0x42);
	test_fits(&test, 0xff);
	test_too_wide(&test, 0x100);
	test_too_wide(&test, 0x1234);

	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
