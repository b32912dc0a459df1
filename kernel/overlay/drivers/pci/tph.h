/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DRIVERS_PCI_TPH_H
#define DRIVERS_PCI_TPH_H

#include <linux/types.h>

struct pci_dev;

/* PCI Firmware Specification, "_DSM to Query Cache Locality TPH Features" */
#define TPH_ST_DSM_REVISION	7
#define TPH_ST_DSM_FUNC_INDEX	0xF

extern bool pci_tph_disabled;	/* pci=notph */

void pci_tph_init_state(struct pci_dev *pdev);
void pci_tph_free_state(struct pci_dev *pdev);
int pci_tph_write_state(struct pci_dev *pdev);
int pci_tph_enable(struct pci_dev *pdev, u8 mode, u8 req_type);

#endif
