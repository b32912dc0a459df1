// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of VFIO_DEVICE_FEATURE_DMA_BUF_TPH as a kernel has it that exports no dma-bufs from
 * vfio-pci devices. Such a kernel answers with what the header has in place of the functions, so
 * this one does too, where it is included like that.
 */
#include <kunit/test.h>
#include <linux/vfio.h>

#undef CONFIG_VFIO_PCI_DMABUF
#include "../vfio_pci_dmabuf_tph.h"

struct operation_case {
	const char *name;
	u32 operation;
};

static const struct operation_case operation_cases[] = {
	{ "PROBE", VFIO_DEVICE_FEATURE_PROBE },
	{ "PROBE of SET", VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET },
	{ "SET", VFIO_DEVICE_FEATURE_SET },
	{ "GET", VFIO_DEVICE_FEATURE_GET },
	{ "no operation", 0 },
};

KUNIT_ARRAY_PARAM_DESC(operation, operation_cases, name);

static void no_such_feature(struct kunit *test)
{
	const struct operation_case *param = test->param_value;

	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_dma_buf_tph(NULL, param->operation, NULL, 0),
			-ENOTTY);
}

static struct kunit_case vfio_pci_no_dma_buf_cases[] = {
	KUNIT_CASE_PARAM(no_such_feature, operation_gen_params),
	{}
};

static struct kunit_suite vfio_pci_no_dma_buf_suite = {
	.name = "vfio_pci_no_dma_buf",
	.test_cases = vfio_pci_no_dma_buf_cases,
};

kunit_test_suite(vfio_pci_no_dma_buf_suite);

MODULE_DESCRIPTION("KUnit tests of vfio-pci without export of dma-bufs");
MODULE_LICENSE("GPL");
