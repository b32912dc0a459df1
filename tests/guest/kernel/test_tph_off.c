// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * TPH is off in the NIC, as an administrator has switched it off; and it is not, though the kernel
 * could not find out how large the ST table is. That it is off for good once a write to the table
 * has failed is for KUnit: no device here fails writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "exporter.h"
#include "tap.h"
#include "tph_regs.h"
#include "verbs.h"

#define REQUIRE	IB_UVERBS_TPH_REQUIRE
#define PLAIN	VERBS_NO_ATTR

#define EXTENDED_SPACE	0x100	/* where the first extended capability is */

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
	int control;
	int config; /* of the NIC's function */
	unsigned int tph_cap;
};

static const struct verbs_hints st_10 = { .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					  .st = 0x10,
					  .ph = 1 };
static const struct verbs_hints st_77 = { .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					  .st = 0x77,
					  .ph = 1 };

static uint32_t read_config(struct test *test, unsigned int offset)
{
	uint32_t value;

	if (pread(test->config, &value, sizeof(value), offset) != sizeof(value))
		tap_bail_out("cannot read configuration space: %s", strerror(errno));
	return value;
}

static void write_config(struct test *test, unsigned int offset, uint32_t value)
{
	if (pwrite(test->config, &value, sizeof(value), offset) != sizeof(value))
		tap_bail_out("cannot write configuration space: %s", strerror(errno));
}

static void open_config(struct test *test)
{
	unsigned int offset = EXTENDED_SPACE;
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", getenv("TPH_NIC0"));
	test->config = open(path, O_RDWR | O_CLOEXEC);
	if (test->config < 0)
		tap_bail_out("%s: %s", path, strerror(errno));
	while (offset && PCI_EXT_CAP_ID(read_config(test, offset)) != PCI_EXT_CAP_ID_TPH)
		offset = PCI_EXT_CAP_NEXT(read_config(test, offset));
	if (!offset)
		tap_bail_out("the NIC has no TPH capability");
	test->tph_cap = offset;
}

static int reg(struct test *test, uint8_t st, uint64_t flags, struct verbs_mr *mr)
{
	const struct verbs_reg reg = {
		.fd = test->dmabuf,
		.tph_namespace = VERBS_NO_ATTR,
		.tph_flags = flags,
		.mandatory = true,
	};

	if (exporter_publish(test->accelerator, test->dmabuf, st, 1))
		tap_bail_out("cannot publish");
	return verbs_reg(&test->verbs, &reg, mr);
}

static void dereg(struct test *test, const struct verbs_mr *mr)
{
	int err = verbs_dereg(&test->verbs, mr);

	if (err)
		tap_bail_out("cannot destroy a region: %s", strerror(err));
}

static void invalidate(struct test *test)
{
	if (exporter_set_memory_enabled(test->accelerator, false) ||
	    exporter_set_memory_enabled(test->accelerator, true))
		tap_bail_out("cannot switch memory decoding");
}

/* What was made before, or is asked for now, while no request can carry hints. Six tests. */
static void expect_off(struct test *test, struct verbs_mr *before, const char *what)
{
	struct verbs_mr mr;

	verbs_expect(&test->verbs, before, NULL, "a region from before has no hints");
	tap_errno(reg(test, 0x10, REQUIRE, &mr), EOPNOTSUPP, "%s: its tag, with REQUIRE", what);
	tap_errno(reg(test, 0x10, PLAIN, &mr), 0, "%s: its tag, without", what);
	verbs_expect(&test->verbs, &mr, NULL, "this one has no hints either");
	dereg(test, &mr);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, before), 0, "pages are mapped again");
	verbs_expect(&test->verbs, before, NULL, "without hints");
}

static void test_switched_off(struct test *test)
{
	uint32_t control = read_config(test, test->tph_cap + PCI_TPH_CTRL);
	struct verbs_mr mr;

	if (reg(test, 0x10, PLAIN, &mr))
		tap_bail_out("no region");
	verbs_expect(&test->verbs, &mr, &st_10, "a region has its hints");
	write_config(test, test->tph_cap + PCI_TPH_CTRL, control & ~PCI_TPH_CTRL_REQ_EN_MASK);
	expect_off(test, &mr, "the requester is disabled");
	write_config(test, test->tph_cap + PCI_TPH_CTRL, control);
	invalidate(test);
	tap_errno(verbs_prefetch(&test->verbs, &mr), 0, "the requester is enabled");
	verbs_expect(&test->verbs, &mr, &st_10, "the region has its hints again");
	dereg(test, &mr);
}

/* Nothing is written then, so that nothing is lost either. */
static void test_table_unreadable(struct test *test)
{
	const struct control_fault no_size = {
		.point = "config",
		.action = "fail",
		.key = test->tph_cap + PCI_TPH_CAP,
	};
	struct verbs_mr before, mr;

	if (reg(test, 0x10, REQUIRE, &before))
		tap_bail_out("no region");
	control_fault(test->control, &no_size);
	tap_errno(reg(test, 0x77, REQUIRE, &mr), EOPNOTSUPP, "the table cannot be seen");
	tap_errno(reg(test, 0x77, REQUIRE, &mr), 0, "the next one can be made");
	verbs_expect(&test->verbs, &mr, &st_77, "it has its hints");
	verbs_expect(&test->verbs, &before, &st_10, "so has a region from before");
	dereg(test, &mr);
	dereg(test, &before);
}

int main(void)
{
	struct test test;

	verbs_open(&test.verbs, "mlx5_");
	test.accelerator = exporter_open("TPH_ACC0");
	test.dmabuf = exporter_export(test.accelerator);
	test.control = control_open();
	open_config(&test);

	tap_plan(1 + 6 + 2 + 4);
	test_switched_off(&test);
	test_table_unreadable(&test);

	close(test.config);
	close(test.control);
	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
