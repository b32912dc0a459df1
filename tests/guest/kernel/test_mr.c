// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The registration attributes and the queries of mlx5, by raw ioctls, with a NIC that emits 8-bit
 * tags: what a memory region puts on the wire, and each errno of the uAPI headers' lists.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exporter.h"
#include "tap.h"
#include "util/macros.h"
#include "verbs.h"

#define ST	0xf0
#define PH	2

#define REQUIRE	IB_UVERBS_TPH_REQUIRE
#define ABSENT	VERBS_NO_ATTR

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int published, unpublished, udmabuf;
	void *memory;
};

static const struct verbs_hints exported = { .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					     .st = ST,
					     .ph = PH };

static const char *const form_name[] = {
	[VERBS_REG_DMABUF_MR] = "REG_DMABUF_MR",
	[VERBS_REG_MR_FD] = "REG_MR",
};

/* Registers and looks at it; a region without hints is expected where @tag is NULL. Two tests. */
static void expect(struct test *test, const struct verbs_reg *reg, int err,
		   const struct verbs_hints *hints, const char *what)
{
	char text[128];
	struct verbs_mr mr;

	tap_errno(verbs_reg(&test->verbs, reg, &mr), err, "%s", what);
	if (err)
		return;
	snprintf(text, sizeof(text), "%s: %s", what, hints ? "its hints" : "no hints");
	verbs_expect(&test->verbs, &mr, hints, text);
	if (verbs_dereg(&test->verbs, &mr))
		tap_bail_out("%s: the region cannot be destroyed", what);
}

struct attr_case {
	const char *what;
	uint64_t tph_namespace, flags;
	int err;
	bool hints;
};

static const struct attr_case published_cases[] = {
	{ "no attribute", ABSENT, ABSENT, 0, true },
	{ "NONE", IB_UVERBS_TPH_NS_NONE, ABSENT, 0, false },
	{ "AUTO", IB_UVERBS_TPH_NS_AUTO, ABSENT, 0, true },
	{ "ST", IB_UVERBS_TPH_NS_ST, ABSENT, 0, true },
	{ "ST_EXT", IB_UVERBS_TPH_NS_ST_EXT, ABSENT, 0, false },
	{ "AUTO, no flags", IB_UVERBS_TPH_NS_AUTO, 0, 0, true },
	{ "REQUIRE alone", ABSENT, REQUIRE, 0, true },
	{ "NONE, REQUIRE", IB_UVERBS_TPH_NS_NONE, REQUIRE, EINVAL, false },
	{ "AUTO, REQUIRE", IB_UVERBS_TPH_NS_AUTO, REQUIRE, 0, true },
	{ "ST, REQUIRE", IB_UVERBS_TPH_NS_ST, REQUIRE, 0, true },
	{ "ST_EXT, REQUIRE", IB_UVERBS_TPH_NS_ST_EXT, REQUIRE, EOPNOTSUPP, false },
	{ "unknown namespace", 4, ABSENT, EINVAL, false },
	{ "namespace beyond 32 bits", 1ull << 32 | IB_UVERBS_TPH_NS_ST, ABSENT, EINVAL, false },
	{ "undefined flag", IB_UVERBS_TPH_NS_ST, 1 << 1, EINVAL, false },
	{ "flag beyond 32 bits", IB_UVERBS_TPH_NS_ST, 1ull << 32, EINVAL, false },
};

static const struct attr_case unpublished_cases[] = {
	{ "no attribute", ABSENT, ABSENT, 0, false },
	{ "AUTO", IB_UVERBS_TPH_NS_AUTO, ABSENT, 0, false },
	{ "AUTO, REQUIRE", IB_UVERBS_TPH_NS_AUTO, REQUIRE, EOPNOTSUPP, false },
	{ "ST, REQUIRE", IB_UVERBS_TPH_NS_ST, REQUIRE, EOPNOTSUPP, false },
};

static void run_cases(struct test *test, enum verbs_form form, int fd, const char *exporter,
		      const struct attr_case *cases, size_t count)
{
	char what[128];
	size_t i;

	for (i = 0; i < count; i++) {
		const struct verbs_reg reg = {
			.form = form,
			.fd = fd,
			.tph_namespace = cases[i].tph_namespace,
			.tph_flags = cases[i].flags,
			.mandatory = cases[i].flags == REQUIRE,
		};

		snprintf(what, sizeof(what), "%s, %s, %s", form_name[form], exporter,
			 cases[i].what);
		expect(test, &reg, cases[i].err, cases[i].hints ? &exported : NULL, what);
	}
}

static unsigned int planned(const struct attr_case *cases, size_t count)
{
	unsigned int tests = 0;
	size_t i;

	for (i = 0; i < count; i++)
		tests += cases[i].err ? 1 : 2;
	return tests;
}

static void test_attributes(struct test *test)
{
	enum verbs_form form;

	for (form = VERBS_REG_DMABUF_MR; form <= VERBS_REG_MR_FD; form++) {
		run_cases(test, form, test->published, "8-bit tag published", published_cases,
			  ARRAY_SIZE(published_cases));
		run_cases(test, form, test->unpublished, "nothing published", unpublished_cases,
			  ARRAY_SIZE(unpublished_cases));
		run_cases(test, form, test->udmabuf, "exporter without hints", unpublished_cases,
			  ARRAY_SIZE(unpublished_cases));
	}
}

static void test_address(struct test *test)
{
	struct verbs_reg reg = {
		.form = VERBS_REG_MR_ADDR,
		.addr = test->memory,
		.tph_namespace = ABSENT,
		.tph_flags = ABSENT,
	};

	expect(test, &reg, 0, NULL, "an address, no attribute");
	reg.tph_namespace = IB_UVERBS_TPH_NS_NONE;
	expect(test, &reg, EINVAL, NULL, "an address, with a namespace");
	reg.tph_namespace = ABSENT;
	reg.tph_flags = 0;
	expect(test, &reg, EINVAL, NULL, "an address, with flags");
}

static void test_dma_handle(struct test *test)
{
	const struct verbs_hints handle_hints = { .source = MLX5_IB_TPH_SOURCE_DMAH,
						  .st = 0,
						  .ph = 1 };
	struct verbs_reg reg = {
		.form = VERBS_REG_MR_FD,
		.fd = test->published,
		.tph_namespace = ABSENT,
		.tph_flags = ABSENT,
	};
	const struct verbs_cpu cpu = { .id = 0 };
	uint32_t dmah;

	tap_errno(verbs_alloc_dmah(&test->verbs, handle_hints.ph, &cpu, &dmah), ENODEV,
		  "a DMA handle with a CPU, and no root port whose firmware knows its tag");
	if (verbs_alloc_dmah(&test->verbs, handle_hints.ph, NULL, &dmah))
		tap_bail_out("no DMA handle: %s", strerror(errno));
	reg.dmah = &dmah;
	expect(test, &reg, 0, &handle_hints, "a DMA handle wins over the exporter");
	reg.tph_namespace = IB_UVERBS_TPH_NS_NONE;
	expect(test, &reg, EINVAL, NULL, "a DMA handle, with a namespace");
	reg.tph_namespace = ABSENT;
	reg.tph_flags = 0;
	expect(test, &reg, EINVAL, NULL, "a DMA handle, with flags");
	tap_errno(verbs_free_dmah(&test->verbs, dmah), 0, "no region holds on to the DMA handle");
}

/* Their requests leave from another function. This NIC has none, which is looked at later. */
static void test_data_direct(struct test *test)
{
	struct verbs_reg reg = {
		.fd = test->published,
		.tph_namespace = ABSENT,
		.tph_flags = REQUIRE,
		.mandatory = true,
		.data_direct = true,
	};

	expect(test, &reg, EOPNOTSUPP, NULL, "data-direct, with REQUIRE");
	reg.tph_flags = ABSENT;
	expect(test, &reg, EINVAL, NULL, "data-direct, where there is none");
}

static bool is_zero(const void *memory, size_t size)
{
	const unsigned char *bytes = memory;

	while (size && !*bytes) {
		bytes++;
		size--;
	}
	return !size;
}

static void test_query(struct test *test)
{
	const struct verbs_reg reg = {
		.fd = test->published,
		.tph_namespace = ABSENT,
		.tph_flags = ABSENT,
	};
	struct verbs *verbs = &test->verbs;
	struct mlx5_ib_tph_mr_info info;
	unsigned char longer[sizeof(info) + 8];
	struct verbs_mr mr;

	if (verbs_reg(verbs, &reg, &mr))
		tap_bail_out("no region to query");
	memset(longer, 0xff, sizeof(longer));
	tap_errno(verbs_query_raw(verbs, mr.handle, longer, sizeof(longer)), 0,
		  "a longer response");
	memcpy(&info, longer, sizeof(info));
	tap_ok(info.steering_tag == ST && is_zero(longer + sizeof(info), 8),
	       "is filled with zeroes");
	tap_ok(is_zero(info.reserved, sizeof(info.reserved)), "reserved is zero");
	tap_ok(info.st_index > 0, "a tag has an entry in the table");
	tap_ok(!info.revalidations, "nothing was revalidated");
	tap_errno(verbs_query_raw(verbs, mr.handle, &info, sizeof(info) - 1), EINVAL,
		  "a response a byte short");
	tap_errno(verbs_query_raw(verbs, mr.handle, NULL, 0), EINVAL, "no response");
	tap_errno(verbs_query_raw(verbs, mr.handle, (void *)1, sizeof(info)), EFAULT,
		  "a response that cannot be written");
	tap_errno(verbs_query_raw(verbs, verbs->pd->handle, &info, sizeof(info)), EINVAL,
		  "the handle of something else");
	tap_errno(verbs_dereg(verbs, &mr), 0, "the region is destroyed");
	tap_errno(verbs_query(verbs, &mr, &info), ENOENT, "and cannot be queried");
	tap_errno(verbs_dereg(verbs, &mr), ENOENT, "nor destroyed twice");
}

/* A file that never became a context, as a program has it between open() and its first command */
static int query_without_context(const struct verbs *verbs, void *resp, size_t size)
{
	struct ibv_context context = {};
	struct verbs bare = { .context = &context, .driver_id = verbs->driver_id };
	char path[sizeof(verbs->context->device->dev_name) + 32];
	int err;

	snprintf(path, sizeof(path), "/dev/infiniband/%s", verbs->context->device->dev_name);
	context.cmd_fd = open(path, O_RDWR | O_CLOEXEC);
	if (context.cmd_fd < 0)
		tap_bail_out("%s: %s", path, strerror(errno));
	err = verbs_query_device_raw(&bare, MLX5_IB_METHOD_DEVICE_QUERY_TPH, resp, size);
	close(context.cmd_fd);
	return err;
}

static void test_query_device(struct test *test)
{
	const uint16_t method = MLX5_IB_METHOD_DEVICE_QUERY_TPH;
	struct verbs *verbs = &test->verbs;
	struct mlx5_ib_tph_device_info info;
	unsigned char longer[sizeof(info) + 8];

	memset(longer, 0xff, sizeof(longer));
	tap_errno(verbs_query_device_raw(verbs, method, longer, sizeof(longer)), 0,
		  "the device: a longer response");
	memcpy(&info, longer, sizeof(info));
	tap_ok(info.st_entries == 8 && is_zero(longer + sizeof(info), 8), "is filled with zeroes");
	tap_ok(is_zero(info.reserved, sizeof(info.reserved)), "reserved is zero");
	tap_errno(verbs_query_device_raw(verbs, method, &info, sizeof(info) - 1), EINVAL,
		  "the device: a response a byte short");
	tap_errno(verbs_query_device_raw(verbs, method, NULL, 0), EINVAL, "no response");
	tap_errno(verbs_query_device_raw(verbs, method, (void *)1, sizeof(info)), EFAULT,
		  "a response that cannot be written");
	tap_errno(query_without_context(verbs, &info, sizeof(info)), EINVAL, "no context");
	/* What a kernel answers that does not have the query */
	tap_errno(verbs_query_device_raw(verbs, method - 1, &info, sizeof(info)), EPROTONOSUPPORT,
		  "a method that is not there");
}

static void open_all(struct test *test)
{
	verbs_open(&test->verbs, "mlx5_");
	test->accelerator = exporter_open("TPH_ACC0");
	test->published = exporter_export(test->accelerator);
	test->unpublished = exporter_export(test->accelerator);
	test->udmabuf = exporter_udmabuf(EXPORTER_LENGTH);
	test->memory = mmap(NULL, VERBS_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (test->memory == MAP_FAILED ||
	    exporter_publish(test->accelerator, test->published, ST, PH))
		tap_bail_out("cannot prepare what is to be registered: %s", strerror(errno));
}

static void close_all(struct test *test)
{
	verbs_close(&test->verbs);
	munmap(test->memory, VERBS_LENGTH);
	close(test->udmabuf);
	close(test->unpublished);
	close(test->published);
	vfio_tph_close(test->accelerator);
}

int main(void)
{
	struct test test;

	open_all(&test);
	tap_plan(2 * (planned(published_cases, ARRAY_SIZE(published_cases)) +
		      2 * planned(unpublished_cases, ARRAY_SIZE(unpublished_cases))) +
		 4 + 6 + 2 + 12 + 8);
	test_attributes(&test);
	test_address(&test);
	test_dma_handle(&test);
	test_data_direct(&test);
	test_query(&test);
	test_query_device(&test);
	close_all(&test);
	return tap_status();
}
