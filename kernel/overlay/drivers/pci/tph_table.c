// SPDX-License-Identifier: GPL-2.0
/*
 * TLP Processing Hints: the ST table, in the TPH Requester capability or in the MSI-X table
 */
#include <linux/bitfield.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/pci-tph.h>

#include "pci.h"

/* PCI Express Base Specification, "TPH Requester Capability Register", ST Table Size */
#define PCI_TPH_MAX_ST_ENTRIES_IN_CAP	64

static int st_entry_offset(struct pci_dev *pdev, unsigned int index)
{
	return pdev->tph_cap + PCI_TPH_BASE_SIZEOF + index * sizeof(u16);
}

static int write_control(struct pci_dev *pdev, u8 req_type)
{
	u32 reg = FIELD_PREP(PCI_TPH_CTRL_MODE_SEL_MASK, pdev->tph_mode) |
		  FIELD_PREP(PCI_TPH_CTRL_REQ_EN_MASK, req_type);

	return pcibios_err_to_errno(pci_write_config_dword(pdev, pdev->tph_cap + PCI_TPH_CTRL,
							   reg));
}

static bool st_table_in_msix(struct pci_dev *pdev)
{
	return FIELD_PREP(PCI_TPH_CAP_LOC_MASK, pcie_tph_get_st_table_loc(pdev)) ==
	       PCI_TPH_LOC_MSIX;
}

/**
 * pcie_tph_num_st_entries - Tell how many entries the ST table has
 * @pdev: PCI device
 *
 * Return: their number; 0 when there is no table, or the device cannot be reached. Not more than
 * fit where the table is, whatever the device says: what is behind it is something else.
 */
u16 pcie_tph_num_st_entries(struct pci_dev *pdev)
{
	u16 size;
	u32 reg;

	if (!pdev->tph_cap || pci_read_config_dword(pdev, pdev->tph_cap + PCI_TPH_CAP, &reg) ||
	    PCI_POSSIBLE_ERROR(reg))
		return 0;

	size = FIELD_GET(PCI_TPH_CAP_ST_MASK, reg) + 1;
	switch (reg & PCI_TPH_CAP_LOC_MASK) {
	case PCI_TPH_LOC_CAP:
		return min(size, PCI_TPH_MAX_ST_ENTRIES_IN_CAP);
	case PCI_TPH_LOC_MSIX:
		return min_t(int, size, max(pci_msix_vec_count(pdev), 0));
	default:
		return 0;
	}
}
EXPORT_SYMBOL_GPL(pcie_tph_num_st_entries);

static int write_st_entry(struct pci_dev *pdev, bool in_msix, unsigned int index, u16 tag)
{
	if (in_msix)
		return pci_msix_write_tph_tag(pdev, index, tag);
	return pcibios_err_to_errno(pci_write_config_word(pdev, st_entry_offset(pdev, index), tag));
}

/* How many entries from @start on can be written; if none, why */
static int writable_entries(struct pci_dev *pdev, bool in_msix, unsigned int start,
			    unsigned int count)
{
	unsigned int size = pcie_tph_num_st_entries(pdev);
	unsigned int i;

	if (!size)
		return -EINVAL;
	if (start >= size)
		return -ENXIO;

	count = min(count, size - start);
	if (!in_msix)
		return count;

	/* Without MSI-X the vectors are those of MSI, which have no table */
	if (!pdev->msix_enabled)
		return -ENXIO;
	for (i = 0; i < count && msi_get_virq(&pdev->dev, start + i); i++)
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
 * case TPH is disabled. When it would be 0, why: -EINVAL when TPH is not enabled or there is no
 * table, -ENXIO when there is no such entry, and otherwise why it could not be written.
 */
int pcie_tph_set_st_entries(struct pci_dev *pdev, unsigned int start, unsigned int count,
			    const u16 *tags)
{
	int writable, ret, err;
	bool in_msix;

	if (!pdev->tph_cap || !pdev->tph_enabled || !count)
		return -EINVAL;
	if (pdev->tph_mode == PCI_TPH_ST_NS_MODE)
		return count;

	in_msix = st_table_in_msix(pdev);
	writable = writable_entries(pdev, in_msix, start, count);
	if (writable < 0)
		return writable;

	ret = write_control(pdev, PCI_TPH_REQ_DISABLE);
	if (!ret)
		ret = write_st_entries(pdev, in_msix, start, writable, tags);
	if (ret == writable) {
		err = write_control(pdev, pdev->tph_req_type);
		if (!err)
			return ret;
		ret = err;
	}
	pcie_disable_tph(pdev);
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

/**
 * pcie_tph_clear - Leave nothing behind
 * @pdev: PCI device
 *
 * Disables TPH and clears the ST table, both in the device, however they came to be set. In
 * configuration space it writes only what is set. In the MSI-X table it clears the entries of
 * interrupt vectors that are allocated, which the caller keeps from being freed meanwhile; a new
 * vector has no tag.
 */
void pcie_tph_clear(struct pci_dev *pdev)
{
	unsigned int size, i;
	bool in_msix;
	u32 reg;
	u16 tag;

	if (!pdev->tph_cap)
		return;

	pcie_disable_tph(pdev);
	if (pci_read_config_dword(pdev, pdev->tph_cap + PCI_TPH_CTRL, &reg) ||
	    PCI_POSSIBLE_ERROR(reg))
		return;

	if (reg)
		pci_write_config_dword(pdev, pdev->tph_cap + PCI_TPH_CTRL, 0);
	in_msix = st_table_in_msix(pdev);
	size = pcie_tph_num_st_entries(pdev);
	for (i = 0; i < size; i++)
		if (in_msix)
			pci_msix_write_tph_tag(pdev, i, 0);
		else if (!pci_read_config_word(pdev, st_entry_offset(pdev, i), &tag) && tag)
			pci_write_config_word(pdev, st_entry_offset(pdev, i), 0);
}
EXPORT_SYMBOL_GPL(pcie_tph_clear);
