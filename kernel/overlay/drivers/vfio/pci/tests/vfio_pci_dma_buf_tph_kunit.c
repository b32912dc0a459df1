// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of TLP Processing Hints of dma-bufs: VFIO_DEVICE_FEATURE_DMA_BUF_TPH up to where it
 * needs a dma-buf, and what an importer is told
 */
#include <kunit/pci_tph.h>
#include <linux/dma-resv.h>
#include <linux/mman.h>
#include <linux/pci-tph.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "../vfio_pci_dmabuf.h"
#include "../vfio_pci_dmabuf_tph.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE

#define ST	VFIO_DMA_BUF_TPH_ST
#define ST_EXT	VFIO_DMA_BUF_TPH_ST_EXT
#define NO_FLAG	BIT(2)

#define SIZE	sizeof(struct vfio_device_feature_dma_buf_tph)

struct tph_test {
	struct vfio_pci_core_device *vdev;
	struct kunit_pci_tph *fn;
	struct vfio_device_feature_dma_buf_tph __user *arg;
};

/* Says that there is one, and is never called */
static int get_dmabuf_phys(struct vfio_pci_core_device *vdev, struct p2pdma_provider **provider,
			   unsigned int region_index, struct phys_vec *phys_vec,
			   struct vfio_region_dma_range *dma_ranges, size_t nr_ranges)
{
	return -EIO;
}

static const struct vfio_pci_device_ops exports = { .get_dmabuf_phys = get_dmabuf_phys };
static const struct vfio_pci_device_ops exports_nothing = {};

static int tph_test_init(struct kunit *test)
{
	struct tph_test *tph = kunit_kzalloc(test, sizeof(*tph), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tph);
	tph->vdev = kunit_kzalloc(test, sizeof(*tph->vdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tph->vdev);
	tph->fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ENDPOINT, 0);
	tph->vdev->pdev = &tph->fn->pdev;
	tph->vdev->pci_ops = &exports;
	test->priv = tph;
	return 0;
}

static int feature(struct kunit *test, u32 operation, size_t argsz)
{
	struct tph_test *tph = test->priv;

	return vfio_pci_core_feature_dma_buf_tph(tph->vdev, operation, tph->arg, argsz);
}

static void open_completer(struct kunit *test, u8 encoding)
{
	struct tph_test *tph = test->priv;

	kunit_pci_tph_set_completer(tph->fn, encoding);
	vfio_pci_dma_buf_tph_init(tph->vdev);
}

struct order_case {
	const char *name;
	u8 completer; /* encoding in Device Capabilities 2 */
	u32 operation;
	size_t argsz;
	u32 flags;
	u8 ph;
	int err;
};

/* Each has what the next one is refused for, too; there is no dma-buf in any of them */
static const struct order_case order_cases[] = {
	{ "GET", 0, GET, 0, NO_FLAG, 4, -EINVAL },
	{ "GET and SET", 0, GET | SET, 0, NO_FLAG, 4, -EINVAL },
	{ "PROBE of GET", 0, PROBE | GET, 0, NO_FLAG, 4, -EINVAL },
	{ "no operation", 0, 0, 0, NO_FLAG, 4, -EINVAL },
	{ "PROBE, no completer", 0, PROBE, 0, NO_FLAG, 4, -EOPNOTSUPP },
	{ "PROBE, reserved encoding", 2, PROBE, 0, NO_FLAG, 4, -EOPNOTSUPP },
	{ "SET, no completer", 0, SET, 0, NO_FLAG, 4, -EOPNOTSUPP },
	{ "SET, reserved encoding", 2, SET, 0, NO_FLAG, 4, -EOPNOTSUPP },
	{ "PROBE, 8-bit completer", 1, PROBE, 0, NO_FLAG, 4, 0 },
	{ "PROBE, 16-bit completer", 3, PROBE, 0, NO_FLAG, 4, 0 },
	{ "PROBE of SET", 1, PROBE | SET, 0, NO_FLAG, 4, 0 },
	{ "argsz too short", 1, SET, SIZE - 1, NO_FLAG, 4, -EINVAL },
	{ "undefined flag", 1, SET, SIZE, NO_FLAG | ST_EXT, 0, -EINVAL },
	{ "hint too large", 1, SET, SIZE, ST_EXT, 4, -EINVAL },
	{ "16-bit tag, 8-bit completer", 1, SET, SIZE, ST_EXT, 3, -EOPNOTSUPP },
	{ "both tags, 8-bit completer", 1, SET, SIZE, ST | ST_EXT, 3, -EOPNOTSUPP },
	{ "no open file, 8-bit completer", 1, SET, SIZE, ST, 3, -EBADF },
	{ "no open file, 16-bit completer", 3, SET, SIZE, ST | ST_EXT, 3, -EBADF },
	{ "no open file, larger argsz", 3, SET, SIZE + 1, 0, 0, -EBADF },
};

KUNIT_ARRAY_PARAM_DESC(order, order_cases, name);

static void order_of_errors(struct kunit *test)
{
	const struct order_case *param = test->param_value;
	const struct vfio_device_feature_dma_buf_tph set = {
		.dmabuf_fd = -1,
		.flags = param->flags,
		.ph = param->ph,
	};
	struct tph_test *tph = test->priv;
	unsigned long addr;

	addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, addr, 0);
	tph->arg = (void __user *)addr;
	KUNIT_ASSERT_EQ(test, copy_to_user(tph->arg, &set, sizeof(set)), 0);

	open_completer(test, param->completer);
	KUNIT_EXPECT_EQ(test, feature(test, param->operation, param->argsz), param->err);
}

/* Comes after argsz, and before what is in there */
static void unreadable(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	open_completer(test, PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH);
	KUNIT_ASSERT_EQ(test, kunit_attach_mm(), 0);
	tph->arg = NULL;
	KUNIT_EXPECT_EQ(test, feature(test, SET, SIZE - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, feature(test, SET, SIZE), -EFAULT);
}

static void driver_without_exports(struct kunit *test)
{
	static const struct vfio_pci_device_ops *const ops[] = { NULL, &exports_nothing };
	struct tph_test *tph = test->priv;
	unsigned int i;

	open_completer(test, PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		tph->vdev->pci_ops = ops[i];
		KUNIT_EXPECT_EQ(test, feature(test, GET, SIZE), -EINVAL);
		KUNIT_EXPECT_EQ(test, feature(test, PROBE, SIZE), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, feature(test, PROBE | SET, SIZE), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, feature(test, SET, 0), -EOPNOTSUPP);
	}
}

/* A device that is being reset has no registers, and must not be taken for another one */
static void opened_in_reset(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	tph->fn->gone = true;
	open_completer(test, PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY);
	tph->fn->gone = false;
	KUNIT_EXPECT_EQ(test, feature(test, PROBE, SIZE), -EOPNOTSUPP);
}

static void reset_after_open(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	open_completer(test, PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH);
	tph->fn->gone = true;
	KUNIT_EXPECT_EQ(test, feature(test, PROBE, SIZE), 0);
	KUNIT_EXPECT_EQ(test, feature(test, SET, 0), -EINVAL);
}

struct get_case {
	const char *name;
	u32 flags;
	int err;
	int err_ext;
};

static const struct get_case get_cases[] = {
	{ "nothing", 0, -EOPNOTSUPP, -EOPNOTSUPP },
	{ "8-bit", ST, 0, -EOPNOTSUPP },
	{ "16-bit", ST_EXT, -EOPNOTSUPP, 0 },
	{ "both", ST | ST_EXT, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(get, get_cases, name);

static void expect_told(struct kunit *test, struct dma_buf *dmabuf, bool extended, int err, u16 tag)
{
	u16 is_tag = 0x5555;
	u8 ph = 0x55;

	KUNIT_EXPECT_EQ(test, vfio_pci_dma_buf_get_tph(dmabuf, extended, &is_tag, &ph), err);
	KUNIT_EXPECT_EQ(test, is_tag, err ? 0x5555 : tag);
	KUNIT_EXPECT_EQ(test, ph, err ? 0x55 : 2);
}

/* A namespace has its own tag, or none; a device that is closed has none */
static void importer_is_told(struct kunit *test)
{
	const struct get_case *param = test->param_value;
	const struct tph_test *tph = test->priv;
	struct vfio_pci_dma_buf priv = {
		.vdev = tph->vdev,
		.tph = {
			.flags = param->flags,
			.steering_tag_ext = 0x1234,
			.steering_tag = 0xf0,
			.ph = 2,
		},
	};
	struct dma_buf *dmabuf = kunit_kzalloc(test, sizeof(*dmabuf), GFP_KERNEL);
	struct dma_resv resv;

	KUNIT_ASSERT_NOT_NULL(test, dmabuf);
	dma_resv_init(&resv);
	dmabuf->resv = &resv;
	dmabuf->priv = &priv;
	dma_resv_lock(&resv, NULL);
	expect_told(test, dmabuf, false, param->err, 0xf0);
	expect_told(test, dmabuf, true, param->err_ext, 0x1234);
	priv.vdev = NULL;
	expect_told(test, dmabuf, false, -EOPNOTSUPP, 0);
	expect_told(test, dmabuf, true, -EOPNOTSUPP, 0);
	dma_resv_unlock(&resv);
	dma_resv_fini(&resv);
}

static struct kunit_case vfio_pci_dma_buf_tph_cases[] = {
	KUNIT_CASE_PARAM(order_of_errors, order_gen_params),
	KUNIT_CASE(unreadable),
	KUNIT_CASE(driver_without_exports),
	KUNIT_CASE(opened_in_reset),
	KUNIT_CASE(reset_after_open),
	KUNIT_CASE_PARAM(importer_is_told, get_gen_params),
	{}
};

static struct kunit_suite vfio_pci_dma_buf_tph_suite = {
	.name = "vfio_pci_dma_buf_tph",
	.init = tph_test_init,
	.test_cases = vfio_pci_dma_buf_tph_cases,
};

kunit_test_suite(vfio_pci_dma_buf_tph_suite);

MODULE_DESCRIPTION("KUnit tests of TLP Processing Hints of dma-bufs of vfio-pci devices");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
