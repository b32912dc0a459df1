// SPDX-License-Identifier: GPL-2.0
/*
 * TLP Processing Hints: the ST table, in the TPH Requester capability or in the MSI-X table
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/pci-tph.h>

#include "pci.h"
#include "tph.h"

/* PCI Express Base Specification, "TPH Requester Capability Register", ST Table Size */
#define PCI_TPH_MAX_ST_ENTRIES_IN_CAP	64

/* All ones are no value of a register of the capability */
static int read_register(struct pci_dev *pdev, int offset, u32 *reg)
{
	int err = pci_read_config_dword(pdev, pdev->tph_cap + offset, reg);

	if (!err && PCI_POSSIBLE_ERROR(*reg))
		err = PCIBIOS_DEVICE_NOT_FOUND;
	return pcibios_err_to_errno(err);
}

/**
 * pcie_tph_st_table - Tell how many entries the ST table has, and where
 * @pdev: PCI device
 * @loc: PCI_TPH_LOC_CAP, PCI_TPH_LOC_MSIX, or PCI_TPH_LOC_NONE when there is none
 *
 * Return: the number of entries. Not more than fit where the table is, whatever the device says:
 * what is behind it is something else. Or why the device cannot be asked, as a negative errno.
 */
int pcie_tph_st_table(struct pci_dev *pdev, u32 *loc)
{
	u32 reg;
	int size, err;

	*loc = PCI_TPH_LOC_NONE;
	if (!pdev->tph_cap)
		return 0;
	err = read_register(pdev, PCI_TPH_CAP, &reg);
	if (err)
		return err;

	size = FIELD_GET(PCI_TPH_CAP_ST_MASK, reg) + 1;
	switch (reg & PCI_TPH_CAP_LOC_MASK) {
	case PCI_TPH_LOC_CAP:
		*loc = PCI_TPH_LOC_CAP;
		return min(size, PCI_TPH_MAX_ST_ENTRIES_IN_CAP);
	case PCI_TPH_LOC_MSIX:
		*loc = PCI_TPH_LOC_MSIX;
		return min(size, max(pci_msix_vec_count(pdev), 0));
	default:
		return 0;
	}
}
EXPORT_SYMBOL_GPL(pcie_tph_st_table);

/*
 * What entries in the capability hold, where state is saved. It is kept when they are written, and
 * not read when state is saved: then the device may not answer any more, and all ones may be a tag.
 */
static u16 *saved_st_entries(struct pci_dev *pdev, unsigned int *count)
{
	struct pci_cap_saved_state *saved = pci_find_saved_ext_cap(pdev, PCI_EXT_CAP_ID_TPH);

	if (!saved) {
		*count = 0;
		return NULL;
	}
	*count = saved->cap.size / sizeof(u16);
	return (u16 *)saved->cap.data;
}

static void save_st_entries(struct pci_dev *pdev, unsigned int start, unsigned int count,
			    const u16 *tags)
{
	unsigned int size;
	u16 *saved = saved_st_entries(pdev, &size);

	if (start + count <= size)
		memcpy(saved + start, tags, count * sizeof(*tags));
}

static void forget_st_entries(struct pci_dev *pdev)
{
	unsigned int size;
	u16 *saved = saved_st_entries(pdev, &size);

	if (saved)
		memset(saved, 0, size * sizeof(*saved));
}

/* Makes room for what pci_restore_tph_state() restores */
void pci_tph_init_state(struct pci_dev *pdev)
{
	u32 loc;
	int size = pcie_tph_st_table(pdev, &loc);

	if (loc == PCI_TPH_LOC_CAP)
		pci_add_ext_cap_save_buffer(pdev, PCI_EXT_CAP_ID_TPH, size * sizeof(u16));
}
EXPORT_SYMBOL_IF_KUNIT(pci_tph_init_state);

#if IS_ENABLED(CONFIG_KUNIT)
/* Of a device that is made for a test, and which nobody else releases */
void pci_tph_free_state(struct pci_dev *pdev)
{
	pci_free_cap_save_buffers(pdev);
}
EXPORT_SYMBOL_IF_KUNIT(pci_tph_free_state);
#endif

static int write_control(struct pci_dev *pdev, u8 req_type)
{
	u32 reg = FIELD_PREP(PCI_TPH_CTRL_MODE_SEL_MASK, pdev->tph_mode) |
		  FIELD_PREP(PCI_TPH_CTRL_REQ_EN_MASK, req_type);

	return pcibios_err_to_errno(pci_write_config_dword(pdev, pdev->tph_cap + PCI_TPH_CTRL,
							   reg));
}

static int write_st_entry_in_cap(struct pci_dev *pdev, unsigned int index, u16 tag)
{
	int offset = pdev->tph_cap + PCI_TPH_BASE_SIZEOF + index * sizeof(tag);

	return pcibios_err_to_errno(pci_write_config_word(pdev, offset, tag));
}

/* Brings the device to what was chosen and written: entries before requests that use them */
int pci_tph_write_state(struct pci_dev *pdev)
{
	unsigned int size, i;
	u16 *saved = saved_st_entries(pdev, &size);
	int err;

	err = write_control(pdev, PCI_TPH_REQ_DISABLE);
	for (i = 0; !err && i < size; i++)
		err = write_st_entry_in_cap(pdev, i, saved[i]);
	return err ?: write_control(pdev, pdev->tph_req_type);
}

/**
 * pci_restore_tph_state - Restore the capability, after the device was reset
 * @pdev: PCI device
 *
 * While TPH is disabled there is nothing to restore: entries are written when it is enabled. Those
 * in the MSI-X table are restored with that, which is later; until then the device has no tags.
 */
void pci_restore_tph_state(struct pci_dev *pdev)
{
	if (pdev->tph_cap && pdev->tph_enabled)
		pci_tph_write_state(pdev);
}
EXPORT_SYMBOL_IF_KUNIT(pci_restore_tph_state);

/**
 * pcie_tph_saved_st_entry - Tell what was written to an entry of the ST table
 * @pdev: PCI device
 * @index: entry
 *
 * The device is not asked: it forgets entries when it is reset while TPH is disabled, and gets them
 * again when TPH is enabled. The caller makes sure that nobody writes the table or restores state
 * meanwhile.
 *
 * Return: Steering Tag; 0 as well when there is no such entry, or the table is not in the
 * capability.
 */
u16 pcie_tph_saved_st_entry(struct pci_dev *pdev, unsigned int index)
{
	unsigned int size;
	u16 *saved = saved_st_entries(pdev, &size);

	return index < size ? saved[index] : 0;
}
EXPORT_SYMBOL_GPL(pcie_tph_saved_st_entry);

static int write_st_entry(struct pci_dev *pdev, bool in_msix, unsigned int index, u16 tag)
{
	if (in_msix)
		return pci_msix_write_tph_tag(pdev, index, tag);
	return write_st_entry_in_cap(pdev, index, tag);
}

/* How many entries from @start on can be written; if none, why */
static int writable_entries(struct pci_dev *pdev, u32 *loc, unsigned int start,
			    unsigned int count)
{
	int size = pcie_tph_st_table(pdev, loc);
	unsigned int i;

	if (size <= 0)
		return -EINVAL;
	if (start >= size)
		return -ENXIO;

	count = min(count, size - start);
	if (*loc == PCI_TPH_LOC_CAP)
		return count;

	/* Without MSI-X the vectors are those of MSI, which have no table */
	if (!pdev->msix_enabled)
		return -ENXIO;
	for (i = 0; i < count && pci_irq_vector(pdev, start + i) > 0; i++)
		;
	return i ?: -ENXIO;
}

static int write_st_entries(struct pci_dev *pdev, bool in_msix, unsigned int start,
			    unsigned int count, const u16 *tags)
{
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		err = write_st_entry(pdev, in_msix, start + i, tags[i]);
		if (err)
			return i ?: err;
	}
	return count;
}

/**
 * pcie_tph_set_st_entries - Set Steering Tags in a run of entries of the ST table
 * @pdev: PCI device
 * @start: first entry
 * @count: number of entries, from 1
 * @tags: Steering Tags to be written
 *
 * The requester is disabled meanwhile, as PCIe r6.2, sec 6.17.3, "ST Modes of Operation", wants it;
 * once for all of them, for no longer than the writes of the entries take, and not at all where no
 * entry can be written. In No ST mode there is nothing to write. The caller makes sure that nobody
 * else uses the table, nor frees interrupt vectors where it is in the MSI-X table.
 *
 * Return: the number of entries that were written. It is less than @count at the end of the table,
 * before a vector that is not allocated, and when the device did not take the next one; in the last
 * case TPH is disabled. When it would be 0, why: -EINVAL when TPH is not enabled or no table can be
 * seen, -ENXIO when there is no such entry, and otherwise why it could not be written.
 */
int pcie_tph_set_st_entries(struct pci_dev *pdev, unsigned int start, unsigned int count,
			    const u16 *tags)
{
	int writable, ret, err;
	bool in_msix;
	u32 loc;

	if (!pdev->tph_cap || !pdev->tph_enabled || !count)
		return -EINVAL;
	if (pdev->tph_mode == PCI_TPH_ST_NS_MODE)
		return count;

	writable = writable_entries(pdev, &loc, start, count);
	if (writable < 0)
		return writable;

	in_msix = loc == PCI_TPH_LOC_MSIX;
	ret = write_control(pdev, PCI_TPH_REQ_DISABLE);
	if (!ret)
		ret = write_st_entries(pdev, in_msix, start, writable, tags);
	if (ret == writable) {
		err = write_control(pdev, pdev->tph_req_type);
		if (err)
			ret = err;
	}
	if (ret != writable)
		pcie_disable_tph(pdev);
	if (ret > 0 && !in_msix)
		save_st_entries(pdev, start, ret, tags);
	return ret;
}
EXPORT_SYMBOL_GPL(pcie_tph_set_st_entries);

/**
 * pcie_tph_set_st_entry() - Set Steering Tag in the ST table entry
 * @pdev: PCI device
 * @index: ST table entry index
 * @tag: Steering Tag to be written
 *
 * Return: 0 if success, otherwise negative value (-errno), as pcie_tph_set_st_entries()
 */
int pcie_tph_set_st_entry(struct pci_dev *pdev, unsigned int index, u16 tag)
{
	int ret = pcie_tph_set_st_entries(pdev, index, 1, &tag);

	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL(pcie_tph_set_st_entry);

static int clear_st_entry(struct pci_dev *pdev, bool in_msix, unsigned int index)
{
	u16 tag;
	int err;

	if (in_msix) {
		err = pci_msix_write_tph_tag(pdev, index, 0);
		return err == -ENXIO ? 0 : err;
	}
	err = pcie_tph_get_st_entry(pdev, index, &tag);
	return !err && tag ? write_st_entry_in_cap(pdev, index, 0) : err;
}

/**
 * pcie_tph_clear - Leave nothing behind
 * @pdev: PCI device
 *
 * Disables TPH and clears the ST table, both in the device, however they came to be set. In
 * configuration space it writes only what is set. In the MSI-X table it clears the entries of
 * interrupt vectors that are allocated, which the caller keeps from being freed meanwhile; a new
 * vector has no tag.
 *
 * Return: 0 on success; otherwise why the device could not be read or written, as a negative errno,
 * and entries may be what they were.
 */
int pcie_tph_clear(struct pci_dev *pdev)
{
	int size, i, err;
	u32 reg, loc;

	if (!pdev->tph_cap)
		return 0;

	pcie_disable_tph(pdev);
	forget_st_entries(pdev);
	err = read_register(pdev, PCI_TPH_CTRL, &reg);
	if (!err && reg)
		err = pcibios_err_to_errno(pci_write_config_dword(pdev,
								  pdev->tph_cap + PCI_TPH_CTRL, 0));
	size = pcie_tph_st_table(pdev, &loc);
	if (size < 0)
		return size;
	for (i = 0; !err && i < size; i++)
		err = clear_st_entry(pdev, loc == PCI_TPH_LOC_MSIX, i);
	return err;
}
EXPORT_SYMBOL_GPL(pcie_tph_clear);
