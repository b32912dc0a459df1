// SPDX-License-Identifier: GPL-2.0
/*
 * TLP Processing Hints: tags of CPUs, which the firmware has for each root port
 */
#include <linux/pci.h>
#include <linux/pci-acpi.h>
#include <linux/pci-tph.h>

#include "tph.h"

/**
 * pcie_tph_get_cpu_st() - Retrieve Steering Tag for the requests that are enabled
 * @pdev: PCI device
 * @mem_type: target memory type (volatile or persistent RAM)
 * @cpu: associated CPU id
 * @tag: Steering Tag to be returned
 *
 * Return: 0 if success, otherwise negative value (-errno)
 */
int pcie_tph_get_cpu_st(struct pci_dev *pdev, enum tph_mem_type mem_type, unsigned int cpu,
			u16 *tag)
{
	return pcie_tph_get_cpu_st_ext(pdev, mem_type, pdev->tph_req_type, cpu, tag);
}
EXPORT_SYMBOL(pcie_tph_get_cpu_st);

/**
 * pcie_tph_cpu_st_supported - Tell whether there are tags of CPUs
 * @pdev: PCI device
 *
 * The _DSM that pcie_tph_get_cpu_st() evaluates is one of the root port's host bridge.
 *
 * Return: whether @pdev is below a root port, and the firmware has the function.
 */
bool pcie_tph_cpu_st_supported(struct pci_dev *pdev)
{
#ifdef CONFIG_ACPI
	struct pci_dev *rp = pcie_find_root_port(pdev);
	acpi_handle handle;

	if (!rp || !rp->bus || !rp->bus->bridge)
		return false;

	handle = ACPI_HANDLE(rp->bus->bridge);
	return handle && acpi_check_dsm(handle, &pci_acpi_dsm_guid, TPH_ST_DSM_REVISION,
					BIT(TPH_ST_DSM_FUNC_INDEX));
#else
	return false;
#endif
}
EXPORT_SYMBOL_GPL(pcie_tph_cpu_st_supported);
