/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * <linux/pci_regs.h>, with what it lacks of TPH before Linux 6.13: "TPH Requester Extended
 * Capability" and "Device Capabilities 2 Register" of the PCI Express Base Specification.
 */
#ifndef TESTS_TPH_REGS_H
#define TESTS_TPH_REGS_H

#include <linux/pci_regs.h>

#ifndef PCI_TPH_CTRL
#define PCI_EXP_DEVCAP2_TPH_COMP_MASK	0x00003000
#define PCI_EXP_DEVCAP2_TPH_COMP_NONE	0x0
#define PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY 0x1
#define PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH 0x3

#define PCI_TPH_CAP_ST_NS		0x00000001
#define PCI_TPH_CAP_ST_IV		0x00000002
#define PCI_TPH_CAP_ST_DS		0x00000004
#define PCI_TPH_CAP_EXT_TPH		0x00000100

#define PCI_TPH_CTRL			8
#define PCI_TPH_CTRL_MODE_SEL_MASK	0x00000007
#define PCI_TPH_ST_NS_MODE		0x0
#define PCI_TPH_ST_IV_MODE		0x1
#define PCI_TPH_ST_DS_MODE		0x2
#define PCI_TPH_CTRL_REQ_EN_MASK	0x00000300
#define PCI_TPH_REQ_DISABLE		0x0
#define PCI_TPH_REQ_TPH_ONLY		0x1
#define PCI_TPH_REQ_EXT_TPH		0x3
#endif

#endif
