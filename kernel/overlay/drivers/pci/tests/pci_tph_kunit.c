// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of TLP Processing Hints: what registers mean, and what becomes of accesses that fail
 */
#include <kunit/pci_tph.h>
#include <linux/pci-tph.h>

#include "../pci.h"

#define NUM_ENTRIES	8

struct encoding_case {
	const char *name;
	u8 encoding;
	u8 type;
	int enable; /* of a requester below a root port with this completer type */
};

static const struct encoding_case encoding_cases[] = {
	{ "none", 0, PCI_EXP_DEVCAP2_TPH_COMP_NONE, -EINVAL },
	{ "8-bit tags", 1, PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY, PCI_TPH_REQ_TPH_ONLY },
	{ "reserved", 2, PCI_EXP_DEVCAP2_TPH_COMP_NONE, -EINVAL },
	{ "16-bit tags", 3, PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH, PCI_TPH_REQ_EXT_TPH },
};

KUNIT_ARRAY_PARAM_DESC(encoding, encoding_cases, name);

static void completer_encoding(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ENDPOINT, 0);
	const struct encoding_case *param = test->param_value;

	kunit_pci_tph_set_completer(fn, param->encoding);
	KUNIT_EXPECT_EQ(test, pcie_tph_completer_type(&fn->pdev), param->type);
}

static void completer_of_root_port(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ENDPOINT, 0);
	struct kunit_pci_tph *rp = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ROOT_PORT, 0);
	const struct encoding_case *param = test->param_value;
	int ret;

	fn->bus.self = &rp->pdev;
	kunit_pci_tph_set_completer(rp, param->encoding);
	ret = pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE);
	if (param->enable < 0) {
		KUNIT_EXPECT_EQ(test, ret, param->enable);
		KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
		return;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), param->enable);
}

struct path_case {
	const char *name;
	bool ext_requester;
	u8 completer;	/* encoding, of the root port */
	bool prefixes;	/* on the port between */
	bool flit;
	u8 max;
	bool bare;	/* the root port has no prefixes */
	bool gone;	/* the port between, while it is being reset */
};

static const struct path_case path_cases[] = {
	{ "all can", true, 3, true, false, PCI_TPH_REQ_EXT_TPH },
	{ "8-bit requester", false, 3, true, false, PCI_TPH_REQ_TPH_ONLY },
	{ "8-bit completer", true, 1, true, false, PCI_TPH_REQ_TPH_ONLY },
	{ "no completer", true, 0, true, false, PCI_TPH_REQ_DISABLE },
	{ "reserved completer", true, 2, true, false, PCI_TPH_REQ_DISABLE },
	{ "no prefixes", true, 3, false, false, PCI_TPH_REQ_TPH_ONLY },
	{ "no prefixes, Flit mode", true, 3, false, true, PCI_TPH_REQ_EXT_TPH },
	{ "no prefixes, 8-bit completer", true, 1, false, false, PCI_TPH_REQ_TPH_ONLY },
	{ "no prefixes at the root port", true, 3, true, false, PCI_TPH_REQ_TPH_ONLY,
	  .bare = true },
	{ "no prefixes, Flit mode unknown", true, 3, false, false, PCI_TPH_REQ_TPH_ONLY,
	  .gone = true },
};

KUNIT_ARRAY_PARAM_DESC(path, path_cases, name);

static void requests_up_to_root_port(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ENDPOINT, NUM_ENTRIES);
	struct kunit_pci_tph *port = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_DOWNSTREAM, 0);
	struct kunit_pci_tph *rp = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ROOT_PORT, 0);
	const struct path_case *param = test->param_value;
	u32 cap = kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CAP);

	fn->bus.self = &port->pdev;
	port->bus.self = &rp->pdev;
	kunit_pci_tph_set_completer(rp, param->completer);
	if (!param->ext_requester)
		kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CAP, cap & ~PCI_TPH_CAP_EXT_TPH);
	if (!param->prefixes)
		port->pdev.eetlp_prefix_max = 0;
	if (param->bare)
		rp->pdev.eetlp_prefix_max = 0;
	port->gone = param->gone;
	if (param->flit)
		kunit_pci_tph_set(port, KUNIT_PCI_EXP_CAP + PCI_EXP_LNKCTL2,
				  (u32)PCI_EXP_LNKSTA2_FLIT << 16);

	KUNIT_EXPECT_EQ(test, pcie_tph_max_req_type(&fn->pdev), param->max);
	KUNIT_EXPECT_EQ(test, pcie_std_tph_supported(&fn->pdev),
			param->max >= PCI_TPH_REQ_TPH_ONLY);
	KUNIT_EXPECT_EQ(test, pcie_ext_tph_supported(&fn->pdev), param->max == PCI_TPH_REQ_EXT_TPH);
	KUNIT_EXPECT_EQ(test,
			pcie_enable_tph_ext(&fn->pdev, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH),
			param->max == PCI_TPH_REQ_EXT_TPH ? 0 : -EINVAL);
	pcie_disable_tph(&fn->pdev);
	KUNIT_EXPECT_EQ(test,
			pcie_enable_tph_ext(&fn->pdev, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY),
			param->max >= PCI_TPH_REQ_TPH_ONLY ? 0 : -EINVAL);
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev),
			param->max >= PCI_TPH_REQ_TPH_ONLY ? PCI_TPH_REQ_TPH_ONLY :
							     PCI_TPH_REQ_DISABLE);
}

static void requests_of_no_type(struct kunit *test)
{
	static const u8 types[] = { PCI_TPH_REQ_DISABLE, 2, 4, 0xff };
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		KUNIT_EXPECT_EQ(test, pcie_enable_tph_ext(&fn->pdev, PCI_TPH_ST_DS_MODE, types[i]),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL), 0);
	KUNIT_EXPECT_FALSE(test, pcie_tph_cpu_st_supported(&fn->pdev));
	fn->gone = true;
	KUNIT_EXPECT_EQ(test, pcie_tph_max_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
}

/* All ones look like a completer of 16-bit tags */
static void completer_in_reset(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ENDPOINT, 0);

	fn->gone = true;
	KUNIT_EXPECT_EQ(test, pcie_tph_completer_type(&fn->pdev), PCI_EXP_DEVCAP2_TPH_COMP_NONE);
	fn->gone = false;
	KUNIT_EXPECT_EQ(test, pcie_tph_completer_type(&fn->pdev),
			PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH);
}

static void completer_unreadable(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_ENDPOINT, 0);

	fn->error = PCIBIOS_DEVICE_NOT_FOUND;
	fn->error_offset = KUNIT_PCI_EXP_CAP + PCI_EXP_DEVCAP2;
	KUNIT_EXPECT_EQ(test, pcie_tph_completer_type(&fn->pdev), PCI_EXP_DEVCAP2_TPH_COMP_NONE);
}

static struct kunit_pci_tph *enabled_requester(struct kunit *test, unsigned int num_entries)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, num_entries);

	KUNIT_ASSERT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), 0);
	return fn;
}

static void requester_encoding(struct kunit *test)
{
	static const u8 types[] = { PCI_TPH_REQ_DISABLE, PCI_TPH_REQ_TPH_ONLY, PCI_TPH_REQ_DISABLE,
				    PCI_TPH_REQ_EXT_TPH };
	struct kunit_pci_tph *fn = enabled_requester(test, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL,
				  FIELD_PREP(PCI_TPH_CTRL_REQ_EN_MASK, i));
		KUNIT_EXPECT_EQ_MSG(test, pcie_tph_enabled_req_type(&fn->pdev), types[i],
				    "encoding %u", i);
	}
}

static void requester_out_of_reach(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, 0);

	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_EXT_TPH);
	fn->gone = true;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
	fn->gone = false;
	fn->error = PCIBIOS_DEVICE_NOT_FOUND;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
	fn->error = 0;
	fn->pdev.tph_enabled = 0;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
}

static void st_entries(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);
	u16 tag;

	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 0, 0xabcd), 0);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, NUM_ENTRIES - 1, 0x1234), 0);
	KUNIT_EXPECT_EQ(test, fn->windows, 2);
	KUNIT_EXPECT_EQ(test, pcie_tph_get_st_entry(&fn->pdev, 0, &tag), 0);
	KUNIT_EXPECT_EQ(test, tag, 0xabcd);
	KUNIT_EXPECT_EQ(test, pcie_tph_get_st_entry(&fn->pdev, NUM_ENTRIES - 1, &tag), 0);
	KUNIT_EXPECT_EQ(test, tag, 0x1234);
	KUNIT_EXPECT_EQ(test, fn->windows, 2);
	KUNIT_EXPECT_EQ(test, pcie_tph_get_st_entry(&fn->pdev, NUM_ENTRIES, &tag), -ENXIO);
}

static void st_entries_at_once(struct kunit *test)
{
	/* The last one is one too many */
	static const u16 tags[] = { 0x1111, 0x2222, 0x3333, 0x4444 };
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 2, 3, tags), 3);
	KUNIT_EXPECT_EQ(test, fn->windows, 1);
	KUNIT_EXPECT_EQ(test, fn->exposed, 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 2), 0x1111);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 4), 0x3333);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 5), 0);
	/* As many as there are */
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, NUM_ENTRIES - 2, 3, tags), 2);
	KUNIT_EXPECT_EQ(test, fn->windows, 2);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, NUM_ENTRIES), 0);
	/* What cannot be written is refused before the requester is disabled */
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, NUM_ENTRIES, 1, tags), -ENXIO);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, U32_MAX, 2, tags), -ENXIO);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 0, tags), -EINVAL);
	KUNIT_EXPECT_EQ(test, fn->windows, 2);
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_EXT_TPH);
	pcie_disable_tph(&fn->pdev);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 1, tags), -EINVAL);
}

static void st_entries_fail_in_the_middle(struct kunit *test)
{
	static const u16 tags[] = { 0x1111, 0x2222, 0x3333 };
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	fn->error = PCIBIOS_SET_FAILED;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + 2 * sizeof(u16);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 3, tags), 2);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0x2222);
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
}

struct error_case {
	const char *name;
	int pcibios;
	int err;
};

static const struct error_case error_cases[] = {
	{ "set failed", PCIBIOS_SET_FAILED, -EIO },
	{ "device not found", PCIBIOS_DEVICE_NOT_FOUND, -ENODEV },
	{ "bad register number", PCIBIOS_BAD_REGISTER_NUMBER, -EFAULT },
};

KUNIT_ARRAY_PARAM_DESC(error, error_cases, name);

static void control_write_fails(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, NUM_ENTRIES);
	const struct error_case *param = test->param_value;

	fn->error = param->pcibios;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL;
	KUNIT_EXPECT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), param->err);
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), param->err);
	fn->error = 0;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
	KUNIT_EXPECT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), 0);
}

/* Without the requester disabled nothing is written */
static void st_entries_cannot_disable(struct kunit *test)
{
	static const u16 tags[] = { 0x1111, 0x2222, 0x3333 };
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	fn->error = PCIBIOS_SET_FAILED;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL;
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 3, tags), -EIO);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 0), 0);
	fn->error = 0;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
}

static void st_entries_cannot_enable(struct kunit *test)
{
	static const u16 tags[] = { 0x1111, 0x2222, 0x3333 };
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	fn->error = PCIBIOS_SET_FAILED;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL;
	fn->error_spares = 1;
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 3, tags), -EIO);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 2), 0x3333);
	fn->error = 0;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 3, tags), -EINVAL);
	/* What was written and could not be used does not come back */
	KUNIT_EXPECT_EQ(test, pcie_tph_saved_st_entry(&fn->pdev, 2), 0);
	KUNIT_ASSERT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 2), 0);
}

static void st_entries_of_no_st_mode(struct kunit *test)
{
	static const u16 tags[] = { 0x1111, 0x2222 };
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, NUM_ENTRIES);

	KUNIT_ASSERT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_NS_MODE), 0);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entries(&fn->pdev, 0, 2, tags), 2);
	KUNIT_EXPECT_EQ(test, fn->windows, 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 0), 0);
}

/* As many as the MSI-X table has, and without vectors none that can be written */
static void st_entries_in_msix(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);
	const int msix_cap = 0xb0, num_vectors = 5;
	u32 loc;

	kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CAP, PCI_TPH_LOC_MSIX |
			  FIELD_PREP(PCI_TPH_CAP_ST_MASK, NUM_ENTRIES - 1));
	fn->pdev.msix_cap = msix_cap;
	fn->pdev.irq = 1; /* which is no vector */
	kunit_pci_tph_set(fn, msix_cap, (num_vectors - 1) << 16);
	KUNIT_EXPECT_EQ(test, pcie_tph_st_table(&fn->pdev, &loc), num_vectors);
	KUNIT_EXPECT_EQ(test, loc, PCI_TPH_LOC_MSIX);
	kunit_pci_tph_set(fn, msix_cap, NUM_ENTRIES << 16);
	KUNIT_EXPECT_EQ(test, pcie_tph_st_table(&fn->pdev, &loc), NUM_ENTRIES);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 0, 0x1234), -ENXIO);
	KUNIT_EXPECT_EQ(test, fn->windows, 0);
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_EXT_TPH);
}

/* A table that cannot be as large as the device says ends where it has to */
static void st_entries_counted(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, 2048);
	u32 loc;

	KUNIT_EXPECT_EQ(test, pcie_tph_st_table(&fn->pdev, &loc), 64);
	KUNIT_EXPECT_EQ(test, loc, PCI_TPH_LOC_CAP);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 63, 1), 0);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 64, 1), -ENXIO);
	kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CAP, PCI_TPH_LOC_MSIX);
	KUNIT_EXPECT_EQ(test, pcie_tph_st_table(&fn->pdev, &loc), 0);
	KUNIT_EXPECT_EQ(test, loc, PCI_TPH_LOC_MSIX);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 0, 1), -EINVAL);
	fn->gone = true;
	KUNIT_EXPECT_EQ(test, pcie_tph_st_table(&fn->pdev, &loc), -ENODEV);
	KUNIT_EXPECT_EQ(test, loc, PCI_TPH_LOC_NONE);
}

/* What was chosen and written: the device is not asked */
static void restored_after_reset(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	KUNIT_ASSERT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 1, 0x1234), 0);
	KUNIT_ASSERT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, NUM_ENTRIES - 1, 0xffff), 0);
	kunit_pci_tph_reset(fn);
	pci_restore_tph_state(&fn->pdev);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL), 0x302);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 0), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0x1234);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, NUM_ENTRIES - 1), 0xffff);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, NUM_ENTRIES), 0);
	/* Nor while it is enabled, if there was no reset after all */
	pci_restore_tph_state(&fn->pdev);
	KUNIT_EXPECT_EQ(test, fn->exposed, 0);
}

static void reset_while_disabled(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	KUNIT_ASSERT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 1, 0x1234), 0);
	pcie_disable_tph(&fn->pdev);
	kunit_pci_tph_reset(fn);
	pci_restore_tph_state(&fn->pdev);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0);
	KUNIT_ASSERT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0x1234);
	KUNIT_EXPECT_EQ(test, fn->exposed, 0);
}

static void cleared(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, NUM_ENTRIES - 1, 0x1234), 0);
	pcie_tph_clear(&fn->pdev);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, NUM_ENTRIES - 1), 0);
	/* Also what no driver of this kernel enabled */
	kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL, 0x302);
	pcie_tph_clear(&fn->pdev);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL), 0);
	/* For good */
	KUNIT_ASSERT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, NUM_ENTRIES - 1), 0);
}

static void cleared_by_no_more_writes_than_needed(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, NUM_ENTRIES);

	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), 0);
	KUNIT_EXPECT_EQ(test, fn->writes, 0);
	kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + 4, 0x12340000);
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), 0);
	KUNIT_EXPECT_EQ(test, fn->writes, 1);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 3), 0);
}

/* Whoever goes by what is cleared has to know */
static void cannot_clear(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);

	KUNIT_ASSERT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 1, 0x1234), 0);
	fn->gone = true;
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), -ENODEV);
	fn->gone = false;
	fn->error = PCIBIOS_SET_FAILED;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL;
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), -EIO);
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CAP;
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), -EIO);
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + sizeof(u16);
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), -EIO);
	fn->error = 0;
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0x1234);
	KUNIT_EXPECT_EQ(test, pcie_tph_clear(&fn->pdev), 0);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_tag(fn, 1), 0);
}

/* A requester that the device did not enable is not enabled */
static void cannot_enable(struct kunit *test)
{
	struct kunit_pci_tph *fn = kunit_pci_tph_alloc(test, PCI_EXP_TYPE_RC_END, NUM_ENTRIES);

	fn->error = PCIBIOS_SET_FAILED;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL;
	fn->error_spares = 1;
	KUNIT_EXPECT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), -EIO);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 1, 0x1234), -EINVAL);
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + sizeof(u16);
	fn->error_spares = 0;
	KUNIT_EXPECT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), -EIO);
	KUNIT_EXPECT_EQ(test, kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL), 0);
	fn->error = 0;
	KUNIT_EXPECT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), 0);
	KUNIT_EXPECT_EQ(test, pcie_enable_tph(&fn->pdev, PCI_TPH_ST_DS_MODE), -EBUSY);
}

static void st_entries_elsewhere(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, 0);
	u16 tag;

	KUNIT_EXPECT_EQ(test, pcie_tph_get_st_entry(&fn->pdev, 0, &tag), -EINVAL);
	fn->pdev.tph_cap = 0;
	KUNIT_EXPECT_EQ(test, pcie_tph_get_st_entry(&fn->pdev, 0, &tag), -EINVAL);
}

static void st_entry_write_fails(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);
	const struct error_case *param = test->param_value;

	fn->error = param->pcibios;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + sizeof(u16);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 1, 0x1234), param->err);
	/* TPH is off for good */
	fn->error = 0;
	KUNIT_EXPECT_EQ(test, pcie_tph_enabled_req_type(&fn->pdev), PCI_TPH_REQ_DISABLE);
	KUNIT_EXPECT_EQ(test, pcie_tph_set_st_entry(&fn->pdev, 1, 0x1234), -EINVAL);
}

static void st_entry_read_fails(struct kunit *test)
{
	struct kunit_pci_tph *fn = enabled_requester(test, NUM_ENTRIES);
	const struct error_case *param = test->param_value;
	u16 tag;

	fn->error = param->pcibios;
	fn->error_offset = KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF + sizeof(u16);
	KUNIT_EXPECT_EQ(test, pcie_tph_get_st_entry(&fn->pdev, 1, &tag), param->err);
}

static struct kunit_case pci_tph_cases[] = {
	KUNIT_CASE_PARAM(completer_encoding, encoding_gen_params),
	KUNIT_CASE_PARAM(completer_of_root_port, encoding_gen_params),
	KUNIT_CASE_PARAM(requests_up_to_root_port, path_gen_params),
	KUNIT_CASE(requests_of_no_type),
	KUNIT_CASE(completer_in_reset),
	KUNIT_CASE(completer_unreadable),
	KUNIT_CASE(requester_encoding),
	KUNIT_CASE(requester_out_of_reach),
	KUNIT_CASE(st_entries),
	KUNIT_CASE(st_entries_at_once),
	KUNIT_CASE(st_entries_fail_in_the_middle),
	KUNIT_CASE_PARAM(control_write_fails, error_gen_params),
	KUNIT_CASE(st_entries_cannot_disable),
	KUNIT_CASE(st_entries_cannot_enable),
	KUNIT_CASE(st_entries_of_no_st_mode),
	KUNIT_CASE(st_entries_in_msix),
	KUNIT_CASE(st_entries_counted),
	KUNIT_CASE(restored_after_reset),
	KUNIT_CASE(reset_while_disabled),
	KUNIT_CASE(cleared),
	KUNIT_CASE(cleared_by_no_more_writes_than_needed),
	KUNIT_CASE(cannot_clear),
	KUNIT_CASE(cannot_enable),
	KUNIT_CASE(st_entries_elsewhere),
	KUNIT_CASE_PARAM(st_entry_write_fails, error_gen_params),
	KUNIT_CASE_PARAM(st_entry_read_fails, error_gen_params),
	{}
};

static struct kunit_suite pci_tph_suite = {
	.name = "pci_tph",
	.test_cases = pci_tph_cases,
};

kunit_test_suite(pci_tph_suite);

MODULE_DESCRIPTION("KUnit tests of TLP Processing Hints");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
