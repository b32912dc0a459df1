// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of TLP Processing Hints of vfio-pci devices as requesters: the virtual capability,
 * the errors of features and ioctl in their order, and devices that fail
 */
#include <kunit/pci_tph.h>
#include <linux/mman.h>
#include <linux/pci-tph.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "../vfio_pci_tph.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE

#define TPH	VFIO_DEVICE_FEATURE_TPH
#define ST	VFIO_DEVICE_FEATURE_TPH_ST
#define RESOLVE	VFIO_DEVICE_FEATURE_TPH_RESOLVE

#define DMABUF		VFIO_DEVICE_TPH_SRC_DMABUF
#define NONE		VFIO_DEVICE_TPH_SRC_NONE
#define CPU		VFIO_DEVICE_TPH_SRC_CPU_VOLATILE
#define CPU_PM		VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT
#define LITERAL		VFIO_DEVICE_TPH_SRC_LITERAL
#define REQUIRE		VFIO_DEVICE_TPH_REQUIRE_ST
#define EXTENDED	VFIO_DEVICE_TPH_EXTENDED
#define NO_FLAG		BIT(7)

#define NUM_ENTRIES	8
#define CAP_REG		(KUNIT_PCI_TPH_CAP + PCI_TPH_CAP)
#define CTRL_REG	(KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL)
#define ENTRY(i)	(KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + (i) * (int)sizeof(u16))

/* Values of TPH Control */
#define NS_OFF	0x000
#define NS_8	0x100
#define NS_16	0x300
#define IV_8	0x101
#define DS_OFF	0x002
#define DS_8	0x102
#define DS_16	0x302

struct tph_test {
	struct vfio_pci_core_device *vdev;
	struct kunit_pci_tph *fn;
	u8 __user *user; /* a page, behind which there is none */
};

static int tph_test_init(struct kunit *test)
{
	struct tph_test *tph = kunit_kzalloc(test, sizeof(*tph), GFP_KERNEL);
	struct vfio_pci_core_device *vdev = kunit_kzalloc(test, sizeof(*vdev), GFP_KERNEL);
	unsigned long addr;

	KUNIT_ASSERT_NOT_NULL(test, tph);
	KUNIT_ASSERT_NOT_NULL(test, vdev);
	tph->fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, NUM_ENTRIES);
	kunit_pci_tph_set(tph->fn, CAP_REG,
			  kunit_pci_tph_get(tph->fn, CAP_REG) | PCI_TPH_CAP_ST_IV);
	vdev->vconfig = kunit_kzalloc(test, PCI_CFG_SPACE_EXP_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vdev->vconfig);
	vdev->pdev = &tph->fn->pdev;
	mutex_init(&vdev->igate);
	init_rwsem(&vdev->memory_lock);
	addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, addr, 0);
	tph->vdev = vdev;
	tph->user = (u8 __user *)addr;
	test->priv = tph;
	return 0;
}

static void tph_test_exit(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	if (tph)
		vfio_pci_tph_close(tph->vdev);
}

static int opt_in(struct tph_test *tph, u8 stage)
{
	tph->vdev->tph_stage = stage;
	return vfio_pci_tph_opt_in(tph->vdev);
}

static u32 read_dword(struct tph_test *tph, int offset)
{
	__le32 val;

	vfio_pci_tph_config_read(tph->vdev, KUNIT_PCI_TPH_CAP + offset, sizeof(val), NULL, offset,
				 &val);
	return le32_to_cpu(val);
}

static void write_control(struct tph_test *tph, u32 value)
{
	vfio_pci_tph_config_write(tph->vdev, CTRL_REG, sizeof(value), NULL, PCI_TPH_CTRL,
				  cpu_to_le32(value));
}

static void write_byte(struct tph_test *tph, int offset, u8 value)
{
	vfio_pci_tph_config_write(tph->vdev, KUNIT_PCI_TPH_CAP + offset, 1, NULL, offset,
				  cpu_to_le32(value));
}

static int set_st(struct kunit *test, u32 flags, u16 start, u16 count, const u32 *dests)
{
	struct vfio_device_feature_tph_st set = { .flags = flags, .start = start, .count = count };
	struct tph_test *tph = test->priv;
	u8 __user *list = tph->user + sizeof(set);

	set.dests = (unsigned long)list;
	if (dests)
		KUNIT_ASSERT_EQ(test, copy_to_user(list, dests, count * sizeof(*dests)), 0);
	KUNIT_ASSERT_EQ(test, copy_to_user(tph->user, &set, sizeof(set)), 0);
	return vfio_pci_core_feature_tph(tph->vdev, ST | SET, tph->user, sizeof(set));
}

static int older(struct kunit *test, u32 op, u32 mode)
{
	const struct vfio_pci_tph arg = { .argsz = sizeof(arg), .op = op, .mode = mode };
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, copy_to_user(tph->user, &arg, sizeof(arg)), 0);
	return vfio_pci_core_ioctl_tph(tph->vdev, tph->user);
}

struct cap_case {
	const char *name;
	u8 stage;
	u32 reg;
	u32 visible;
};

#define REG(modes_and_ext, loc)	\
	((modes_and_ext) | (loc) | (NUM_ENTRIES - 1) << PCI_TPH_CAP_ST_SHIFT)

static const struct cap_case cap_cases[] = {
	{ "all, stage 0", 0, REG(0x107, PCI_TPH_LOC_CAP), 0x001 },
	{ "all, stage 1", 1, REG(0x107, PCI_TPH_LOC_CAP), REG(0x103, PCI_TPH_LOC_CAP) },
	{ "all, stage 2", 2, REG(0x107, PCI_TPH_LOC_CAP), REG(0x107, PCI_TPH_LOC_CAP) },
	{ "all, stage 3", 3, REG(0x107, PCI_TPH_LOC_CAP), REG(0x107, PCI_TPH_LOC_CAP) },
	{ "8-bit only", 2, REG(0x007, PCI_TPH_LOC_CAP), REG(0x007, PCI_TPH_LOC_CAP) },
	{ "no interrupt vector mode, stage 1", 1, REG(0x105, PCI_TPH_LOC_CAP), 0x001 },
	{ "no interrupt vector mode, stage 2", 2, REG(0x105, PCI_TPH_LOC_CAP),
	  REG(0x105, PCI_TPH_LOC_CAP) },
	{ "no device specific mode", 2, REG(0x103, PCI_TPH_LOC_CAP), REG(0x103, PCI_TPH_LOC_CAP) },
	{ "neither", 3, REG(0x101, PCI_TPH_LOC_CAP), 0x001 },
	{ "in MSI-X", 1, REG(0x107, PCI_TPH_LOC_MSIX), REG(0x103, PCI_TPH_LOC_MSIX) },
	{ "no table", 2, 0x107, 0x107 },
	{ "reserved bits", 3, REG(0x107, PCI_TPH_LOC_CAP) | 0xf800f8f8,
	  REG(0x107, PCI_TPH_LOC_CAP) },
};

KUNIT_ARRAY_PARAM_DESC(cap, cap_cases, name);

static void capability_shows_what_the_stage_allows(struct kunit *test)
{
	const struct cap_case *param = test->param_value;
	struct tph_test *tph = test->priv;

	put_unaligned_le32(0x15010017, tph->vdev->vconfig + KUNIT_PCI_TPH_CAP);
	kunit_pci_tph_set(tph->fn, CAP_REG, param->reg);
	KUNIT_ASSERT_EQ(test, opt_in(tph, param->stage), 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, 0), 0x15010017);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CAP), param->visible);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), 0);
}

struct control_case {
	const char *name;
	u8 stage;
	u32 before;
	u32 written;
	u32 after;
};

static const struct control_case control_cases[] = {
	{ "hints without tags", 0, NS_OFF, NS_8, NS_8 },
	{ "16-bit requests", 0, NS_OFF, NS_16, NS_16 },
	{ "reserved requester", 0, NS_8, 0x200, NS_8 },
	{ "disabled", 0, NS_8, 0, 0 },
	{ "reserved bits", 0, NS_OFF, 0xfffffcf8 | NS_8, NS_8 },
	{ "interrupt vector mode, stage 0", 0, NS_OFF, IV_8, NS_8 },
	{ "interrupt vector mode, stage 1", 1, NS_OFF, IV_8, IV_8 },
	{ "device specific mode, stage 1", 1, IV_8, DS_8, IV_8 },
	{ "device specific mode, stage 2", 2, IV_8, DS_8, DS_8 },
	{ "reserved mode", 3, DS_8, NS_8 | 7, DS_8 },
	{ "mode of a disabled requester", 2, NS_OFF, DS_OFF, DS_OFF },
	{ "other requests", 2, DS_8, DS_16, DS_16 },
};

KUNIT_ARRAY_PARAM_DESC(control, control_cases, name);

static void control_takes_what_the_stage_allows(struct kunit *test)
{
	const struct control_case *param = test->param_value;
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, param->stage), 0);
	write_control(tph, param->before);
	KUNIT_ASSERT_EQ(test, read_dword(tph, PCI_TPH_CTRL), param->before);
	write_control(tph, param->written);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), param->after);
	if (param->after & PCI_TPH_CTRL_REQ_EN_MASK)
		KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), param->after);
	else
		KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG) &
				PCI_TPH_CTRL_REQ_EN_MASK, 0);
}

static void control_by_bytes(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 2), 0);
	write_byte(tph, PCI_TPH_CTRL, 2);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF);
	write_byte(tph, PCI_TPH_CTRL + 1, 1);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), DS_8);
	write_byte(tph, PCI_TPH_CTRL + 2, 0xff);
	write_byte(tph, PCI_TPH_CTRL + 3, 0xff);
	/* What control would take */
	write_byte(tph, PCI_TPH_CAP, 0);
	write_byte(tph, PCI_TPH_CAP + 1, 3);
	write_byte(tph, PCI_TPH_BASE_SIZEOF + 1, 3);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 0), 0);
	/* Nor does what it has disturb the device's requests */
	write_byte(tph, PCI_TPH_CTRL, 2);
	KUNIT_EXPECT_EQ(test, tph->fn->windows, 0);
}

static void capabilities(struct kunit *test)
{
	struct tph_test *tph = test->priv;
	u8 stage;
	u32 caps;

	for (stage = 0; stage <= 3; stage++) {
		tph->vdev->tph_stage = stage;
		KUNIT_ASSERT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, TPH | GET, tph->user, 4),
				0);
		KUNIT_ASSERT_EQ(test, copy_from_user(&caps, tph->user, sizeof(caps)), 0);
		KUNIT_EXPECT_EQ(test, caps, stage == 3 ? VFIO_DEVICE_TPH_CAP_LITERAL : 0);
	}
}

static u32 read_byte(struct tph_test *tph, int offset)
{
	__le32 val;

	vfio_pci_tph_config_read(tph->vdev, KUNIT_PCI_TPH_CAP + offset, 1, NULL, offset, &val);
	return le32_to_cpu(val) & U8_MAX;
}

static void read_by_bytes(struct kunit *test)
{
	static const u32 tags[] = { 0x1234, 0x5678 };
	struct tph_test *tph = test->priv;
	int i;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_16);
	KUNIT_ASSERT_EQ(test, set_st(test, LITERAL | EXTENDED, 0, 2, tags), 2);
	for (i = 0; i < PCI_TPH_BASE_SIZEOF + 4; i++)
		KUNIT_EXPECT_EQ_MSG(test, read_byte(tph, i),
				    (read_dword(tph, round_down(i, 4)) >> (i % 4 * 8)) & U8_MAX,
				    "offset %d", i);
	KUNIT_EXPECT_EQ(test, read_byte(tph, PCI_TPH_BASE_SIZEOF + 3), 0x56);
}

/* An odd number of entries ends in half of a dword, and what is behind reads as zero */
static void odd_table(struct kunit *test)
{
	static const u32 tags[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct tph_test *tph = test->priv;

	tph->fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, NUM_ENTRIES - 1);
	tph->vdev->pdev = &tph->fn->pdev;
	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 8, tags), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 7, tags), 7);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF + 8), 0x00060005);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF + 12), 0x00000007);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF + 16), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 7), 0);
}

static void below_root_port(struct kunit *test)
{
	struct kunit_pci_tph *rp = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ROOT_PORT, 0);
	struct tph_test *tph = test->priv;

	tph->fn->bus.self = &rp->pdev;
	tph->fn->pdev.pcie_flags_reg = KUNIT_PCI_PCIE_VERSION;
	kunit_pci_tph_set_completer(rp, PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY);
	KUNIT_ASSERT_EQ(test, opt_in(tph, 2), 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CAP), REG(0x007, PCI_TPH_LOC_CAP));
	write_control(tph, DS_16);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
}

static void low_power(struct kunit *test)
{
	struct tph_test *tph = test->priv;
	u32 tag = 0x12;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	tph->fn->pdev.current_state = PCI_D3hot;
	write_control(tph, 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 1, &tag), -EIO);
	tph->fn->pdev.current_state = PCI_D0;
	write_control(tph, 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), 0);
}

static void opted_in_in_low_power(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	tph->fn->pdev.current_state = PCI_D3hot;
	KUNIT_EXPECT_EQ(test, opt_in(tph, 2), 0);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), 0);
}

struct order_case {
	const char *name;
	u8 stage;
	u32 control;	/* what is in TPH Control; IN: as after the opt-in; 0: not opted in */
	u32 feature;	/* with its operation */
	size_t argsz;
	u32 flags;
	u16 start, count;
	int ret;
};

#define IN	0x1000
#define ST_SIZE	sizeof(struct vfio_device_feature_tph_st)
#define R_SIZE	sizeof(struct vfio_device_feature_tph_resolve)

/*
 * Each has what the next ones are refused for, too. Sources are all ones: no open file, no CPU, and
 * no tag.
 */
static const struct order_case order_cases[] = {
	{ "TPH: no operation", 0, 0, TPH, 0, 1, 0, 0, -EINVAL },
	{ "TPH: PROBE", 0, 0, TPH | PROBE, 0, 1, 0, 0, 0 },
	{ "TPH: PROBE of both", 0, 0, TPH | PROBE | GET | SET, 0, 1, 0, 0, 0 },
	{ "TPH: argsz", 0, 0, TPH | SET, 3, 1, 0, 0, -EINVAL },
	{ "TPH: GET, argsz", 0, 0, TPH | GET, 3, 1, 0, 0, -EINVAL },
	{ "TPH: flags", 0, 0, TPH | SET, 4, 1, 0, 0, -EINVAL },
	{ "TPH: GET ignores flags", 0, 0, TPH | GET, 4, 1, 0, 0, 0 },
	{ "TPH: opt-in", 0, 0, TPH | SET, 4, 0, 0, 0, 0 },
	{ "TPH: opt-in once more", 0, IN, TPH | SET, 4, 0, 0, 0, 0 },
	{ "ST: GET", 0, 0, ST | GET, 0, NO_FLAG, 0, 0, -EINVAL },
	{ "ST: no operation", 0, 0, ST, 0, NO_FLAG, 0, 0, -EINVAL },
	{ "ST: PROBE, stage 0", 0, 0, ST | PROBE, 0, NO_FLAG, 0, 0, -EOPNOTSUPP },
	{ "ST: PROBE, stage 1", 1, 0, ST | PROBE, 0, NO_FLAG, 0, 0, 0 },
	{ "ST: argsz", 0, 0, ST | SET, ST_SIZE - 1, NO_FLAG, 0, 0, -EINVAL },
	{ "ST: no opt-in", 0, 0, ST | SET, ST_SIZE, NO_FLAG, 0, 0, -EPERM },
	{ "ST: stage 0", 0, IN, ST | SET, ST_SIZE, NO_FLAG, 0, 0, -EOPNOTSUPP },
	{ "ST: undefined flag", 1, IN, ST | SET, ST_SIZE, NO_FLAG | CPU, 0, 1, -EINVAL },
	{ "ST: no source", 1, IN, ST | SET, ST_SIZE, EXTENDED, 0, 1, -EINVAL },
	{ "ST: two sources", 1, IN, ST | SET, ST_SIZE, CPU | CPU_PM, 0, 1, -EINVAL },
	{ "ST: none, required", 2, DS_16, ST | SET, ST_SIZE, NONE | REQUIRE, 0, 1, -EINVAL },
	{ "ST: none, extended", 2, DS_16, ST | SET, ST_SIZE, NONE | EXTENDED, 0, 1, -EINVAL },
	{ "ST: no count", 1, IN, ST | SET, ST_SIZE, CPU, 0, 0, -EINVAL },
	{ "ST: beyond the table", 1, IN, ST | SET, ST_SIZE, CPU, 8, 1, -EINVAL },
	{ "ST: over its end", 1, IN, ST | SET, ST_SIZE, CPU, 7, 2, -EINVAL },
	{ "ST: sum of 16 bits", 1, IN, ST | SET, ST_SIZE, CPU, 0xffff, 1, -EINVAL },
	{ "ST: CPU without firmware", 1, IN, ST | SET, ST_SIZE, CPU, 0, 1, -EOPNOTSUPP },
	{ "ST: literal, stage 2", 2, IN, ST | SET, ST_SIZE, LITERAL, 0, 1, -EOPNOTSUPP },
	{ "ST: literal too large", 3, IN, ST | SET, ST_SIZE, LITERAL, 0, 1, -EINVAL },
	{ "ST: 16-bit literal too large", 3, IN, ST | SET, ST_SIZE, LITERAL | EXTENDED, 0, 1,
	  -EINVAL },
	{ "ST: disabled", 1, IN, ST | SET, ST_SIZE, DMABUF | EXTENDED, 0, 1, -EINVAL },
	{ "ST: disabled, device specific", 2, DS_OFF, ST | SET, ST_SIZE, DMABUF | EXTENDED, 0, 1,
	  -EINVAL },
	{ "ST: No ST mode", 1, NS_8, ST | SET, ST_SIZE, DMABUF | EXTENDED, 0, 1, -EINVAL },
	{ "ST: 16-bit of 8-bit", 1, IV_8, ST | SET, ST_SIZE, DMABUF | EXTENDED, 0, 1, -EOPNOTSUPP },
	{ "ST: 8-bit of 16-bit", 2, DS_16, ST | SET, ST_SIZE, DMABUF, 0, 1, -EOPNOTSUPP },
	{ "ST: first source fails", 1, IV_8, ST | SET, ST_SIZE, DMABUF, 0, 1, 0 },
	{ "ST: none needs no namespace", 2, DS_16, ST | SET, ST_SIZE, NONE, 0, 8, 8 },
	{ "RESOLVE: SET", 0, 0, RESOLVE | SET, 0, NO_FLAG, 0, 0, -EINVAL },
	{ "RESOLVE: no operation", 0, 0, RESOLVE, 0, NO_FLAG, 0, 0, -EINVAL },
	{ "RESOLVE: PROBE", 0, 0, RESOLVE | PROBE, 0, NO_FLAG, 0, 0, 0 },
	{ "RESOLVE: argsz", 0, 0, RESOLVE | GET, R_SIZE - 1, NO_FLAG, 0, 0, -EINVAL },
	{ "RESOLVE: no opt-in", 0, 0, RESOLVE | GET, R_SIZE, NO_FLAG, 0, 0, -EPERM },
	{ "RESOLVE: undefined flag", 0, IN, RESOLVE | GET, R_SIZE, NO_FLAG | CPU, 0, 0, -EINVAL },
	{ "RESOLVE: no source", 0, IN, RESOLVE | GET, R_SIZE, EXTENDED, 0, 0, -EINVAL },
	{ "RESOLVE: two sources", 0, IN, RESOLVE | GET, R_SIZE, CPU | DMABUF, 0, 0, -EINVAL },
	{ "RESOLVE: none", 3, IN, RESOLVE | GET, R_SIZE, NONE, 0, 0, -EINVAL },
	{ "RESOLVE: literal", 3, IN, RESOLVE | GET, R_SIZE, LITERAL, 0, 0, -EINVAL },
	{ "RESOLVE: required", 3, IN, RESOLVE | GET, R_SIZE, DMABUF | REQUIRE, 0, 0, -EINVAL },
	{ "RESOLVE: CPU, stage 1", 1, IN, RESOLVE | GET, R_SIZE, CPU, 0, 0, -EOPNOTSUPP },
	{ "RESOLVE: CPU without firmware", 3, IN, RESOLVE | GET, R_SIZE, CPU_PM, 0, 0,
	  -EOPNOTSUPP },
	{ "RESOLVE: no open file", 0, IN, RESOLVE | GET, R_SIZE, DMABUF, 0, 0, -EBADF },
};

KUNIT_ARRAY_PARAM_DESC(order, order_cases, name);

/* What a structure of any of the features has at its beginning; what is behind it is all ones */
static void fill(struct kunit *test, const struct order_case *param)
{
	struct vfio_device_feature_tph_st set = {
		.flags = param->flags,
		.start = param->start,
		.count = param->count,
	};
	struct tph_test *tph = test->priv;
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i += sizeof(u32))
		KUNIT_ASSERT_EQ(test, put_user(U32_MAX, (u32 __user *)(tph->user + i)), 0);
	if ((param->feature & VFIO_DEVICE_FEATURE_MASK) == ST) {
		set.dests = (unsigned long)tph->user + sizeof(set);
		KUNIT_ASSERT_EQ(test, copy_to_user(tph->user, &set, sizeof(set)), 0);
	} else {
		KUNIT_ASSERT_EQ(test, put_user(param->flags, (u32 __user *)tph->user), 0);
	}
}

static void order_of_errors(struct kunit *test)
{
	const struct order_case *param = test->param_value;
	struct tph_test *tph = test->priv;
	u32 before;

	tph->vdev->tph_stage = param->stage;
	if (param->control) {
		KUNIT_ASSERT_EQ(test, opt_in(tph, param->stage), 0);
		write_control(tph, param->control & ~0x1000);
	}
	fill(test, param);
	before = kunit_pci_tph_get(tph->fn, CTRL_REG);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, param->feature, tph->user,
							param->argsz), param->ret);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), before);
	if (param->ret <= 0)
		KUNIT_EXPECT_EQ(test, tph->fn->windows, 0);
}

static void no_capability(struct kunit *test)
{
	struct vfio_pci_tph arg = { .argsz = sizeof(arg), .op = 99 };
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, copy_to_user(tph->user, &arg, sizeof(arg)), 0);
	tph->fn->pdev.tph_cap = 0;
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, TPH, NULL, 0), -ENOTTY);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, ST | GET, NULL, 0), -ENOTTY);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, RESOLVE | SET, NULL, 0),
			-ENOTTY);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_ioctl_tph(tph->vdev, tph->user), -ENOTTY);
}

static void unreadable(struct kunit *test)
{
	struct vfio_device_feature_tph_st set = { .flags = LITERAL, .count = 1 };
	struct tph_test *tph = test->priv;

	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, TPH | SET, NULL, 4), -EFAULT);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, TPH | GET, NULL, 4), -EFAULT);
	KUNIT_EXPECT_NULL(test, tph->vdev->tph);
	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, ST | SET, NULL, ST_SIZE),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, RESOLVE | GET, NULL, R_SIZE),
			-EFAULT);
	KUNIT_ASSERT_EQ(test, copy_to_user(tph->user, &set, sizeof(set)), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_feature_tph(tph->vdev, ST | SET, tph->user, ST_SIZE),
			-EFAULT);
}

static void literals(struct kunit *test)
{
	static const u32 tags[] = { 0x11, 0, 0xff }, wide[] = { 0x1234, 0xffff };
	static const u32 too_large[] = { 0xff, 0x100 }, too_large_16[] = { 0xffff, 0x10000 };
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 5, 3, tags), 3);
	KUNIT_EXPECT_EQ(test, tph->fn->windows, 1);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 5), 0x11);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 7), 0xff);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 8), 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF + 8), 0x00110000);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF + 12), 0x00ff0000);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 2, wide), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 2, too_large), -EINVAL);
	write_control(tph, DS_16);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL | EXTENDED, 0, 2, too_large_16), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL | EXTENDED, 0, 2, wide), 2);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 0), 0x1234);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0xffff);
	KUNIT_EXPECT_EQ(test, set_st(test, NONE, 0, 8, NULL), 8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 5), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 7), 0);
}

static void namespaces_do_not_mix(struct kunit *test)
{
	static const u32 narrow = 0x42, wide = 0x4142;
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_16);
	KUNIT_ASSERT_EQ(test, set_st(test, LITERAL | EXTENDED, 1, 1, &wide), 1);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF), 0);
	KUNIT_ASSERT_EQ(test, set_st(test, LITERAL, 1, 1, &narrow), 1);
	/* Not by a detour either; and what is of the same namespace stays */
	write_control(tph, DS_OFF);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0x42);
	write_control(tph, DS_OFF);
	write_control(tph, DS_16);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_16);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0);
}

/* Below stage 3 nobody sees what is there */
static void entries_are_hidden(struct kunit *test)
{
	static const u32 tag = 0x12;
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	KUNIT_ASSERT_EQ(test, set_st(test, LITERAL, 0, 1, &tag), 1);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF), tag);
	tph->vdev->tph_stage = 2;
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF), 0);
}

static void required_tags(struct kunit *test)
{
	static const u32 tags[] = { 0x11, 0, 0x22 };
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL | REQUIRE, 0, 3, tags), 1);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 0), 0x11);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 2), 0);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL | REQUIRE, 4, 1, tags + 1), 0);
	KUNIT_EXPECT_EQ(test, tph->fn->windows, 1);
}

/* What the device does not take is not in effect */
static void device_fails(struct kunit *test)
{
	static const u32 tags[] = { 0x11, 0x22, 0x33 };
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	tph->fn->error = PCIBIOS_SET_FAILED;
	tph->fn->error_offset = ENTRY(2);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 3, tags), 2);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF);
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 1, tags), -EINVAL);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF);
	tph->fn->error = 0;
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0x22);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 2), 0);
}

/* A change that the device does not take leaves TPH disabled, and it reads so */
static void change_fails(struct kunit *test)
{
	static const u32 tag = 0x11;
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	tph->fn->error = PCIBIOS_SET_FAILED;
	tph->fn->error_offset = CTRL_REG;
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), 0);
	KUNIT_EXPECT_EQ(test, older(test, VFIO_DEVICE_TPH_ENABLE, PCI_TPH_ST_DS_MODE), -EIO);
	tph->fn->error = 0;
	write_control(tph, DS_8);
	tph->fn->error = PCIBIOS_SET_FAILED;
	tph->fn->error_spares = 1;
	write_control(tph, DS_16);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG) & PCI_TPH_CTRL_REQ_EN_MASK, 0);
	tph->fn->error = 0;
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
	tph->fn->error = PCIBIOS_SET_FAILED;
	KUNIT_EXPECT_EQ(test, set_st(test, LITERAL, 0, 1, &tag), 0);
	tph->fn->error = 0;
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_BASE_SIZEOF), 0);
}

/* Where the old tags cannot be cleared, no requests of the other namespace are enabled */
static void namespace_stays_if_tags_do(struct kunit *test)
{
	static const int offsets[] = { CAP_REG, CTRL_REG, ENTRY(1) };
	static const u32 wide = 0x4142;
	struct tph_test *tph = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		write_control(tph, DS_16);
		KUNIT_ASSERT_EQ(test, set_st(test, LITERAL | EXTENDED, 1, 1, &wide), 1);
		write_control(tph, DS_OFF);
		tph->fn->error = PCIBIOS_SET_FAILED;
		tph->fn->error_offset = offsets[i];
		write_control(tph, DS_8);
		KUNIT_EXPECT_EQ_MSG(test, read_dword(tph, PCI_TPH_CTRL), DS_OFF, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, kunit_pci_tph_get(tph->fn, CTRL_REG) &
				    PCI_TPH_CTRL_REQ_EN_MASK, 0, "case %u", i);
		tph->fn->error = 0;
		write_control(tph, DS_8);
		KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), DS_8);
		KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0);
	}
}

static void forgotten_while_disabled(struct kunit *test)
{
	static const u32 tags[] = { 0x11, 0x22 };
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	KUNIT_ASSERT_EQ(test, set_st(test, LITERAL, 0, 2, tags), 2);
	write_control(tph, 0);
	kunit_pci_tph_set(tph->fn, ENTRY(0), 0);
	write_control(tph, DS_8);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 0), 0x11);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 1), 0x22);
}

static void closed_and_opened(struct kunit *test)
{
	static const u32 tag = 0x11;
	struct tph_test *tph = test->priv;

	KUNIT_ASSERT_EQ(test, opt_in(tph, 3), 0);
	write_control(tph, DS_8);
	KUNIT_ASSERT_EQ(test, set_st(test, LITERAL, 3, 1, &tag), 1);
	vfio_pci_tph_close(tph->vdev);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 3), 0);
	KUNIT_EXPECT_NULL(test, tph->vdev->tph);
	/* And what somebody else left */
	kunit_pci_tph_set(tph->fn, CTRL_REG, DS_16);
	kunit_pci_tph_set(tph->fn, ENTRY(6), 0x12345678);
	vfio_pci_tph_open(tph->vdev);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 6), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(tph->fn, 7), 0);
}

#define MSIX_CAP	0xb0
#define MSIX_OFFSET	(2 * PCI_MSIX_ENTRY_SIZE)
#define MSIX_ST_ENTRIES	(NUM_ENTRIES / 2)

static u32 *vector_control(u32 *table, int i)
{
	return table + (MSIX_OFFSET + i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL) /
		       sizeof(*table);
}

/* A BAR in memory with a table of NUM_ENTRIES vectors, of which each other is masked */
static u32 *map_msix_table(struct kunit *test, u32 loc)
{
	struct tph_test *tph = test->priv;
	struct vfio_pci_core_device *vdev = tph->vdev;
	int i, size = MSIX_OFFSET + NUM_ENTRIES * PCI_MSIX_ENTRY_SIZE;
	u32 *table = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < NUM_ENTRIES; i++)
		*vector_control(table, i) = 0xabcd0000 | (i & 1);
	vdev->pdev->msix_cap = MSIX_CAP;
	kunit_pci_tph_set(tph->fn, MSIX_CAP, (NUM_ENTRIES - 1) << 16);
	kunit_pci_tph_set(tph->fn, CAP_REG, PCI_TPH_CAP_ST_IV | loc |
			  FIELD_PREP(PCI_TPH_CAP_ST_MASK, MSIX_ST_ENTRIES - 1));
	vdev->pdev->resource[2] = DEFINE_RES_MEM(0x1000, size);
	vdev->msix_bar = 2;
	vdev->msix_offset = MSIX_OFFSET;
	vdev->barmap[2] = (void __iomem __force *)table;
	return table;
}

/* Vectors keep whether they are masked; entries behind the ST table are somebody else's */
static void opened_with_tags_in_msix(struct kunit *test)
{
	u32 *table = map_msix_table(test, PCI_TPH_LOC_MSIX);
	struct tph_test *tph = test->priv;
	int i;

	/* As a device reads that does not answer */
	*vector_control(table, 2) = U32_MAX;
	vfio_pci_tph_open(tph->vdev);
	for (i = 0; i < MSIX_ST_ENTRIES; i++)
		KUNIT_EXPECT_EQ_MSG(test, *vector_control(table, i), i == 2 ? U32_MAX : i & 1,
				    "entry %d", i);
	for (; i < NUM_ENTRIES; i++)
		KUNIT_EXPECT_EQ_MSG(test, *vector_control(table, i), 0xabcd0000 | (i & 1),
				    "entry %d", i);
}

static void opened_with_msix_table_over_end_of_bar(struct kunit *test)
{
	u32 *table = map_msix_table(test, PCI_TPH_LOC_MSIX);
	struct tph_test *tph = test->priv;
	struct resource *bar = &tph->fn->pdev.resource[2];

	*bar = DEFINE_RES_MEM(0x1000, MSIX_OFFSET + MSIX_ST_ENTRIES * PCI_MSIX_ENTRY_SIZE - 1);
	vfio_pci_tph_open(tph->vdev);
	KUNIT_EXPECT_EQ(test, *vector_control(table, 0), 0xabcd0000);
	*bar = DEFINE_RES_MEM(0x1000, MSIX_OFFSET + MSIX_ST_ENTRIES * PCI_MSIX_ENTRY_SIZE);
	vfio_pci_tph_open(tph->vdev);
	KUNIT_EXPECT_EQ(test, *vector_control(table, 0), 0);
}

static void opened_with_msix_table_without_tags(struct kunit *test)
{
	u32 *table = map_msix_table(test, PCI_TPH_LOC_CAP);
	struct tph_test *tph = test->priv;

	vfio_pci_tph_open(tph->vdev);
	KUNIT_EXPECT_EQ(test, *vector_control(table, 0), 0xabcd0000);
}

struct ioctl_case {
	const char *name;
	u8 stage;
	u32 control; /* as in struct order_case */
	u32 argsz, mode, op;
	u32 cpu_id;
	u8 mem_type;
	u16 index;
	int ret;
	u32 after; /* TPH Control */
};

#define SIZE		sizeof(struct vfio_pci_tph)
#define ENABLE		VFIO_DEVICE_TPH_ENABLE
#define DISABLE		VFIO_DEVICE_TPH_DISABLE
#define SET_ST		VFIO_DEVICE_TPH_SET_ST

static const struct ioctl_case ioctl_cases[] = {
	{ "argsz", 0, 0, SIZE - 1, 1, 3, 0, 0, 0, -EINVAL, 0 },
	{ "argsz of another ioctl", 0, 0, 8, 0, ENABLE, 0, 0, 0, -EINVAL, 0 },
	{ "unknown operation", 0, 0, SIZE, 0, 3, 0, 0, 0, -EINVAL, 0 },
	{ "interrupt vector mode", 3, 0, SIZE, 1, ENABLE, 0, 0, 0, -EINVAL, 0 },
	{ "unknown mode", 3, 0, SIZE, 3, ENABLE, 0, 0, 0, -EINVAL, 0 },
	{ "device specific mode, stage 1", 1, 0, SIZE, 2, ENABLE, 0, 0, 0, -EOPNOTSUPP, 0 },
	{ "device specific mode, stage 2", 2, 0, SIZE, 2, ENABLE, 0, 0, 0, 0, DS_16 },
	{ "No ST mode", 0, 0, SIZE, 0, ENABLE, 0, 0, 0, 0, NS_16 },
	{ "enabled already", 2, DS_8, SIZE, 2, ENABLE, 0, 0, 0, -EBUSY, DS_8 },
	{ "enabled already, unknown mode", 2, DS_8, SIZE, 1, ENABLE, 0, 0, 0, -EINVAL, DS_8 },
	{ "disabled", 2, DS_8, SIZE, 99, DISABLE, 0, 0, 0, 0, 0 },
	{ "disabled already", 2, 0, SIZE, 0, DISABLE, 0, 0, 0, 0, 0 },
	{ "CPU", 0, 0, SIZE, 0, SET_ST, U32_MAX, 1, 8, -EINVAL, 0 },
	{ "memory type", 0, 0, SIZE, 0, SET_ST, 0, 2, 8, -EINVAL, 0 },
	{ "no opt-in", 0, 0, SIZE, 0, SET_ST, 0, 1, 8, -EPERM, 0 },
	{ "stage 0", 0, NS_8, SIZE, 0, SET_ST, 0, 1, 8, -EOPNOTSUPP, NS_8 },
	{ "no firmware", 2, DS_8, SIZE, 0, SET_ST, 0, 0, 8, -EOPNOTSUPP, DS_8 },
};

KUNIT_ARRAY_PARAM_DESC(ioctl, ioctl_cases, name);

static void older_ioctl(struct kunit *test)
{
	const struct ioctl_case *param = test->param_value;
	struct tph_test *tph = test->priv;
	const struct vfio_pci_tph arg = {
		.argsz = param->argsz,
		.mode = param->mode,
		.op = param->op,
		.ent = {
			.cpu_id = param->cpu_id,
			.mem_type = param->mem_type,
			.rsvd = 0xff,
			.index = param->index,
		},
	};

	tph->vdev->tph_stage = param->stage;
	if (param->control) {
		KUNIT_ASSERT_EQ(test, opt_in(tph, param->stage), 0);
		write_control(tph, param->control);
	}
	KUNIT_ASSERT_EQ(test, copy_to_user(tph->user, &arg, sizeof(arg)), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_ioctl_tph(tph->vdev, tph->user), param->ret);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), param->after);
	if (param->ret && !param->control)
		KUNIT_EXPECT_NULL(test, tph->vdev->tph);
}

static void older_ioctl_low_power(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	tph->vdev->tph_stage = 2;
	tph->fn->pdev.current_state = PCI_D3hot;
	KUNIT_EXPECT_EQ(test, older(test, ENABLE, 2), -EIO);
	KUNIT_EXPECT_NULL(test, tph->vdev->tph);
	KUNIT_EXPECT_EQ(test, older(test, DISABLE, 0), 0);
	tph->fn->pdev.current_state = PCI_D0;
	KUNIT_EXPECT_EQ(test, older(test, ENABLE, 2), 0);
	tph->fn->pdev.current_state = PCI_D3hot;
	KUNIT_EXPECT_EQ(test, older(test, ENABLE, 2), -EIO);
	KUNIT_EXPECT_EQ(test, older(test, DISABLE, 0), -EIO);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), DS_16);
	tph->fn->pdev.current_state = PCI_D0;
	KUNIT_EXPECT_EQ(test, older(test, DISABLE, 0), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(tph->fn, CTRL_REG), 0);
	KUNIT_EXPECT_EQ(test, read_dword(tph, PCI_TPH_CTRL), 0);
	tph->fn->pdev.current_state = PCI_D3hot;
	KUNIT_EXPECT_EQ(test, older(test, DISABLE, 0), 0);
}

static void older_ioctl_unreadable(struct kunit *test)
{
	struct tph_test *tph = test->priv;
	u8 __user *end = tph->user + PAGE_SIZE - sizeof(u32);

	KUNIT_EXPECT_EQ(test, vfio_pci_core_ioctl_tph(tph->vdev, NULL), -EFAULT);
	/* argsz alone can be read: another size is another structure, ours is incomplete */
	KUNIT_ASSERT_EQ(test, put_user(SIZE + 1, (u32 __user *)end), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_ioctl_tph(tph->vdev, end), -EINVAL);
	KUNIT_ASSERT_EQ(test, put_user(SIZE, (u32 __user *)end), 0);
	KUNIT_EXPECT_EQ(test, vfio_pci_core_ioctl_tph(tph->vdev, end), -EFAULT);
}

static void older_ioctl_without_completer(struct kunit *test)
{
	struct tph_test *tph = test->priv;

	tph->fn->pdev.pcie_flags_reg = KUNIT_PCI_PCIE_VERSION; /* and no root port above */
	KUNIT_EXPECT_EQ(test, older(test, ENABLE, PCI_TPH_ST_NS_MODE), -EINVAL);
	KUNIT_EXPECT_NULL(test, tph->vdev->tph);
}

static struct kunit_case vfio_pci_tph_cases[] = {
	KUNIT_CASE_PARAM(capability_shows_what_the_stage_allows, cap_gen_params),
	KUNIT_CASE_PARAM(control_takes_what_the_stage_allows, control_gen_params),
	KUNIT_CASE(control_by_bytes),
	KUNIT_CASE(capabilities),
	KUNIT_CASE(read_by_bytes),
	KUNIT_CASE(odd_table),
	KUNIT_CASE(below_root_port),
	KUNIT_CASE(low_power),
	KUNIT_CASE(opted_in_in_low_power),
	KUNIT_CASE_PARAM(order_of_errors, order_gen_params),
	KUNIT_CASE(no_capability),
	KUNIT_CASE(unreadable),
	KUNIT_CASE(literals),
	KUNIT_CASE(namespaces_do_not_mix),
	KUNIT_CASE(entries_are_hidden),
	KUNIT_CASE(required_tags),
	KUNIT_CASE(device_fails),
	KUNIT_CASE(change_fails),
	KUNIT_CASE(namespace_stays_if_tags_do),
	KUNIT_CASE(forgotten_while_disabled),
	KUNIT_CASE(closed_and_opened),
	KUNIT_CASE(opened_with_tags_in_msix),
	KUNIT_CASE(opened_with_msix_table_over_end_of_bar),
	KUNIT_CASE(opened_with_msix_table_without_tags),
	KUNIT_CASE_PARAM(older_ioctl, ioctl_gen_params),
	KUNIT_CASE(older_ioctl_low_power),
	KUNIT_CASE(older_ioctl_unreadable),
	KUNIT_CASE(older_ioctl_without_completer),
	{}
};

static struct kunit_suite vfio_pci_tph_suite = {
	.name = "vfio_pci_tph",
	.init = tph_test_init,
	.exit = tph_test_exit,
	.test_cases = vfio_pci_tph_cases,
};

kunit_test_suite(vfio_pci_tph_suite);

MODULE_DESCRIPTION("KUnit tests of TLP Processing Hints of vfio-pci devices as requesters");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
