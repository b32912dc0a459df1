// SPDX-License-Identifier: GPL-2.0
/*
 * TLP Processing Hints: which requests a function may be allowed to make
 *
 * That is up to the function, and to all that is between it and memory.
 */
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/pci-tph.h>

#include "tph.h"

/*
 * Outside of Flit mode the upper half of a 16-bit tag is an End-End TLP Prefix, which makes the TLP
 * a malformed one for a port that has none. 8-bit tags are in the header, which ports pass on.
 */
static bool port_passes_16_bit_tags(struct pci_dev *port)
{
	u16 status;

	return port->eetlp_prefix_max ||
	       (!pcie_capability_read_word(port, PCI_EXP_LNKSTA2, &status) &&
		!PCI_POSSIBLE_ERROR(status) && status & PCI_EXP_LNKSTA2_FLIT);
}

/* What @pdev's root port completes, and what the ports on the way there let through */
static u8 path_req_type(struct pci_dev *pdev)
{
	struct pci_dev *root_port = pcie_find_root_port(pdev);
	struct pci_dev *port;
	u8 completer;

	if (!root_port)
		return PCI_TPH_REQ_DISABLE;

	completer = pcie_tph_completer_type(root_port);
	if (completer == PCI_EXP_DEVCAP2_TPH_COMP_NONE)
		return PCI_TPH_REQ_DISABLE;
	if (completer == PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY)
		return PCI_TPH_REQ_TPH_ONLY;

	for (port = pci_upstream_bridge(pdev); port; port = pci_upstream_bridge(port))
		if (!port_passes_16_bit_tags(port))
			return PCI_TPH_REQ_TPH_ONLY;
	return PCI_TPH_REQ_EXT_TPH;
}

/**
 * pcie_tph_max_req_type - Tell which requests with hints may be enabled
 * @pdev: PCI device
 *
 * The TPH Requester Capability register of @pdev; and unless @pdev is an integrated endpoint, TPH
 * Completer Supported of its root port, and for 16-bit tags whether each port up to it, the root
 * port included, has End-End TLP Prefixes or a link in Flit mode.
 *
 * Return: PCI_TPH_REQ_EXT_TPH (which allows PCI_TPH_REQ_TPH_ONLY too), PCI_TPH_REQ_TPH_ONLY, or
 * PCI_TPH_REQ_DISABLE; the latter as well when a register cannot be read, and with "pci=notph".
 */
u8 pcie_tph_max_req_type(struct pci_dev *pdev)
{
	u8 path = PCI_TPH_REQ_EXT_TPH;
	u32 reg;

	if (pci_tph_disabled)
		return PCI_TPH_REQ_DISABLE;
	if (!pdev->tph_cap || pci_read_config_dword(pdev, pdev->tph_cap + PCI_TPH_CAP, &reg) ||
	    PCI_POSSIBLE_ERROR(reg))
		return PCI_TPH_REQ_DISABLE;

	if (pci_pcie_type(pdev) != PCI_EXP_TYPE_RC_END)
		path = path_req_type(pdev);

	return reg & PCI_TPH_CAP_EXT_TPH ? path : min(path, PCI_TPH_REQ_TPH_ONLY);
}
EXPORT_SYMBOL_GPL(pcie_tph_max_req_type);

/* For pcie_enable_tph_ext(), when it has found that the device has the mode */
int pci_tph_enable(struct pci_dev *pdev, u8 mode, u8 req_type)
{
	int err;

	if (req_type != PCI_TPH_REQ_TPH_ONLY && req_type != PCI_TPH_REQ_EXT_TPH)
		return -EINVAL;
	if (req_type > pcie_tph_max_req_type(pdev))
		return -EINVAL;

	pdev->tph_mode = mode;
	pdev->tph_req_type = req_type;
	pdev->tph_enabled = 1;
	err = pci_tph_write_state(pdev);
	if (err)
		pcie_disable_tph(pdev);
	return err;
}

/**
 * pcie_enable_tph - Enable the most that pcie_tph_max_req_type() allows
 * @pdev: PCI device
 * @mode: ST mode, as for pcie_enable_tph_ext()
 *
 * Return: 0 on success, otherwise negative value (-errno)
 */
int pcie_enable_tph(struct pci_dev *pdev, int mode)
{
	return pcie_enable_tph_ext(pdev, mode, pcie_tph_max_req_type(pdev));
}
EXPORT_SYMBOL(pcie_enable_tph);
