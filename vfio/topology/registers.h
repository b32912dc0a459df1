/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * <linux/pci_regs.h>, with what older versions lack: this library builds with the headers of Linux
 * 6.1. The names differ from the kernel's, so that newer headers do not clash.
 */
#ifndef VFIO_TPH_TOPOLOGY_REGISTERS_H
#define VFIO_TPH_TOPOLOGY_REGISTERS_H

#include <linux/pci_regs.h>

/* PCI Express Base Specification, "TPH Requester Extended Capability" */
#define TPH_CAP			0x04
#define TPH_CAP_MODES		0x00000007
#define TPH_CAP_EXTENDED	0x00000100
#define TPH_CAP_TABLE(cap)	((cap) >> 9 & 0x3)
#define TPH_CAP_LAST(cap)	((cap) >> 16 & 0x7ff)	/* index of the last entry */
#define TPH_CONTROL		0x08
#define TPH_CONTROL_MODE(control) ((control) & 0x7)
#define TPH_CONTROL_ENABLED(control) ((control) >> 8 & 0x3)
#define TPH_TABLE		0x0c

/* TPH Requester Enable */
#define TPH_OFF			0
#define TPH_ST			1
#define TPH_ST_EXT		3

/* "Device Capabilities 2 Register", "Device Control 2 Register", "Link Status 2 Register" */
#define DEVCAP2_TPH_COMPLETER(cap) ((cap) >> 12 & 0x3)
#define DEVCAP2_PREFIXES	0x00200000
#define DEVCTL2_PREFIXES_BLOCKED 0x8000
#define LNKSTA2_FLIT		0x0400

#endif /* VFIO_TPH_TOPOLOGY_REGISTERS_H */
