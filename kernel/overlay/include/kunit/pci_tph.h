/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KUNIT_PCI_TPH_H
#define _KUNIT_PCI_TPH_H

#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/unaligned.h>

/* Of the PCI core, exported for tests */
void pci_tph_init_state(struct pci_dev *pdev);
void pci_tph_free_state(struct pci_dev *pdev);

#define KUNIT_PCI_EXP_CAP	0x40
#define KUNIT_PCI_TPH_CAP	0x100
#define KUNIT_PCI_PCIE_VERSION	2 /* the first one with Device Capabilities 2 */

/**
 * struct kunit_pci_tph - PCIe function with the registers of TLP Processing Hints, in memory
 * @pdev: for the code under test
 * @bus: where @pdev is; its parent only says that it is no root bus
 * @config: configuration space
 * @gone: reads get all ones and writes are lost, as while a function is being reset
 * @error: PCIBIOS code of an access to @error_offset; 0: none fails
 * @error_offset: of configuration space
 * @error_spares: writes to @error_offset that succeed before
 * @windows: how often the requester has been disabled
 * @exposed: how often an entry was written while the requester was enabled
 * @writes: to configuration space
 */
struct kunit_pci_tph {
	struct pci_dev pdev;
	struct pci_bus bus;
	u8 config[PCI_CFG_SPACE_EXP_SIZE];
	bool gone;
	int error;
	int error_offset;
	unsigned int error_spares;
	unsigned int windows;
	unsigned int exposed;
	unsigned int writes;
};

static inline u32 kunit_pci_tph_get(struct kunit_pci_tph *fn, int offset)
{
	return get_unaligned_le32(&fn->config[offset]);
}

static inline void kunit_pci_tph_set(struct kunit_pci_tph *fn, int offset, u32 value)
{
	put_unaligned_le32(value, &fn->config[offset]);
}

static inline u16 kunit_pci_tph_tag(struct kunit_pci_tph *fn, unsigned int index)
{
	return get_unaligned_le16(&fn->config[KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF +
					      index * sizeof(u16)]);
}

static inline int kunit_pci_tph_read(struct pci_bus *bus, unsigned int devfn, int where, int size,
				     u32 *value)
{
	struct kunit_pci_tph *fn = container_of(bus, struct kunit_pci_tph, bus);

	if (fn->error && where == fn->error_offset && !fn->error_spares)
		return fn->error;

	*value = fn->gone ? U32_MAX : kunit_pci_tph_get(fn, where);
	return PCIBIOS_SUCCESSFUL;
}

static inline int kunit_pci_tph_write(struct pci_bus *bus, unsigned int devfn, int where, int size,
				      u32 value)
{
	struct kunit_pci_tph *fn = container_of(bus, struct kunit_pci_tph, bus);
	u32 before = kunit_pci_tph_get(fn, where);

	fn->writes++;
	if (fn->error && where == fn->error_offset) {
		if (!fn->error_spares)
			return fn->error;
		fn->error_spares--;
	}
	if (fn->gone)
		return PCIBIOS_SUCCESSFUL;

	if (where == KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL && (before & PCI_TPH_CTRL_REQ_EN_MASK) &&
	    !(value & PCI_TPH_CTRL_REQ_EN_MASK))
		fn->windows++;
	if (where >= KUNIT_PCI_TPH_CAP + PCI_TPH_BASE_SIZEOF &&
	    kunit_pci_tph_get(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL) & PCI_TPH_CTRL_REQ_EN_MASK)
		fn->exposed++;
	if (size == sizeof(u16))
		put_unaligned_le16(value, &fn->config[where]);
	else
		kunit_pci_tph_set(fn, where, value);
	return PCIBIOS_SUCCESSFUL;
}

static inline void kunit_pci_tph_set_completer(struct kunit_pci_tph *fn, u8 encoding)
{
	kunit_pci_tph_set(fn, KUNIT_PCI_EXP_CAP + PCI_EXP_DEVCAP2,
			  FIELD_PREP(PCI_EXP_DEVCAP2_TPH_COMP_MASK, encoding));
}

/* All registers of the capability that can be written are as after a reset */
static inline void kunit_pci_tph_reset(struct kunit_pci_tph *fn)
{
	memset(&fn->config[KUNIT_PCI_TPH_CAP + PCI_TPH_CTRL], 0,
	       sizeof(fn->config) - KUNIT_PCI_TPH_CAP - PCI_TPH_CTRL);
}

static inline void kunit_pci_tph_free(void *arg)
{
	struct kunit_pci_tph *fn = arg;

	pci_tph_free_state(&fn->pdev);
}

/**
 * kunit_pci_tph_alloc - Make a function that emits, completes and passes on both kinds of tags
 * @test: which it goes with
 * @type: PCI_EXP_TYPE_*
 * @num_entries: of the ST table in its TPH Requester capability; 0: it has none
 */
static inline struct kunit_pci_tph *kunit_pci_tph_alloc(struct kunit *test, u8 type,
							unsigned int num_entries)
{
	static struct pci_ops ops = {
		.read = kunit_pci_tph_read,
		.write = kunit_pci_tph_write,
	};
	struct kunit_pci_tph *fn = kunit_kzalloc(test, sizeof(*fn), GFP_KERNEL);
	u32 cap = PCI_TPH_CAP_ST_NS | PCI_TPH_CAP_ST_DS | PCI_TPH_CAP_EXT_TPH;

	KUNIT_ASSERT_NOT_NULL(test, fn);
	fn->bus.ops = &ops;
	fn->bus.parent = &fn->bus;
	fn->pdev.bus = &fn->bus;
	fn->pdev.cfg_size = sizeof(fn->config);
	fn->pdev.pcie_cap = KUNIT_PCI_EXP_CAP;
	fn->pdev.pcie_flags_reg = KUNIT_PCI_PCIE_VERSION | FIELD_PREP(PCI_EXP_FLAGS_TYPE, type);
	fn->pdev.eetlp_prefix_max = 4;
	fn->pdev.tph_cap = KUNIT_PCI_TPH_CAP;
	if (num_entries)
		cap |= PCI_TPH_LOC_CAP | FIELD_PREP(PCI_TPH_CAP_ST_MASK, num_entries - 1);
	kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP, PCI_EXT_CAP_ID_TPH | 1 << 16);
	kunit_pci_tph_set(fn, KUNIT_PCI_TPH_CAP + PCI_TPH_CAP, cap);
	kunit_pci_tph_set_completer(fn, PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH);
	pci_tph_init_state(&fn->pdev);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, kunit_pci_tph_free, fn), 0);
	return fn;
}

#endif
