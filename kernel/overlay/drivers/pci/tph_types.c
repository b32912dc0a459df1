// SPDX-License-Identifier: GPL-2.0
/*
 * TLP Processing Hints: what a function may emit, what it can complete, what its ST table holds
 *
 * A function has two unrelated sides. As a requester it emits tags in one of two namespaces, as
 * its TPH Requester capability is set up. As a completer it interprets tags, and says which ones in
 * its Device Capabilities 2 register, whether it has the TPH Requester capability or not.
 */
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/pci-tph.h>

/**
 * pcie_tph_enabled_req_type - Tell which requests with hints a function emits now
 * @pdev: PCI device
 *
 * The TPH Requester Enable field of the TPH Control register, PCI Express Base Specification,
 * "TPH Requester Extended Capability". The caller makes sure that nobody writes the ST table
 * meanwhile: pcie_tph_set_st_entry() disables the requester as long as it takes.
 *
 * Return: PCI_TPH_REQ_TPH_ONLY, PCI_TPH_REQ_EXT_TPH, or PCI_TPH_REQ_DISABLE; the latter as well
 * when the driver did not enable TPH, when the field holds the reserved value, and when the device
 * cannot be reached.
 */
u8 pcie_tph_enabled_req_type(struct pci_dev *pdev)
{
	u32 reg;

	if (!pdev->tph_cap || !pdev->tph_enabled)
		return PCI_TPH_REQ_DISABLE;

	if (pci_read_config_dword(pdev, pdev->tph_cap + PCI_TPH_CTRL, &reg) ||
	    PCI_POSSIBLE_ERROR(reg))
		return PCI_TPH_REQ_DISABLE;

	switch (FIELD_GET(PCI_TPH_CTRL_REQ_EN_MASK, reg)) {
	case PCI_TPH_REQ_TPH_ONLY:
		return PCI_TPH_REQ_TPH_ONLY;
	case PCI_TPH_REQ_EXT_TPH:
		return PCI_TPH_REQ_EXT_TPH;
	default:
		return PCI_TPH_REQ_DISABLE;
	}
}
EXPORT_SYMBOL_GPL(pcie_tph_enabled_req_type);

/**
 * pcie_tph_completer_type - Tell which hints a function can complete
 * @pdev: PCI device, an endpoint or a root port
 *
 * TPH Completer Supported in the Device Capabilities 2 register of @pdev itself.
 *
 * Return: PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY (8-bit tags), PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH (16-bit
 * tags too) or PCI_EXP_DEVCAP2_TPH_COMP_NONE; the latter also for the reserved encoding 10b.
 */
u8 pcie_tph_completer_type(struct pci_dev *pdev)
{
	u32 reg;

	if (pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP2, &reg) || PCI_POSSIBLE_ERROR(reg))
		return PCI_EXP_DEVCAP2_TPH_COMP_NONE;

	switch (FIELD_GET(PCI_EXP_DEVCAP2_TPH_COMP_MASK, reg)) {
	case PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY:
		return PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY;
	case PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH:
		return PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH;
	default:
		return PCI_EXP_DEVCAP2_TPH_COMP_NONE;
	}
}
EXPORT_SYMBOL_GPL(pcie_tph_completer_type);

/**
 * pcie_tph_get_st_entry - Read an entry of the ST table
 * @pdev: PCI device whose table is in its TPH Requester capability
 * @index: entry
 * @tag: the Steering Tag in it
 *
 * The counterpart of pcie_tph_set_st_entry(). Needs no disabled requester.
 *
 * Return: 0; -EINVAL when @pdev has no table there; -ENXIO when @index is beyond its end; otherwise
 * why the configuration space could not be read, as a negative errno.
 */
int pcie_tph_get_st_entry(struct pci_dev *pdev, unsigned int index, u16 *tag)
{
	u32 loc;
	int size = pcie_tph_st_table(pdev, &loc);
	int err;

	if (size < 0)
		return size;
	if (loc != PCI_TPH_LOC_CAP)
		return -EINVAL;
	if (index >= (unsigned int)size)
		return -ENXIO;

	err = pci_read_config_word(pdev, pdev->tph_cap + PCI_TPH_BASE_SIZEOF + index * sizeof(*tag),
				   tag);
	return pcibios_err_to_errno(err);
}
EXPORT_SYMBOL_GPL(pcie_tph_get_st_entry);
