// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Building the two lists of capabilities; PCI Express and Device Serial Number. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "pci/internal.h"

#define FIRST_CAP	PCI_STD_HEADER_SIZEOF
#define FIRST_EXT_CAP	PCI_CFG_SPACE_SIZE

/* Version 2 of the capability: registers up to Slot Status 2. */
#define EXPRESS_SIZE	0x3c
#define EXPRESS_VERSION	2

/* Max_Read_Request_Size is 512 bytes after reset (7.5.3.4). */
#define DEVCTL_MRRS_512	(2 << 12)

/* 10-bit tags (7.5.3.15, 7.5.3.16), which <linux/pci_regs.h> has no names for. */
#define DEVCAP2_10BIT_TAG_COMP		0x00010000
#define DEVCAP2_10BIT_TAG_REQ		0x00020000
#define DEVCTL2_10BIT_TAG_REQ_EN	0x1000

unsigned int pci_add_capability(struct pci_function *fn, uint8_t id, unsigned int size)
{
	unsigned int offset = fn->next_cap ? fn->next_cap : FIRST_CAP;

	if (size > PCI_CFG_SPACE_SIZE - offset)
		return 0;
	if (fn->last_cap) {
		pci_config_init(fn, fn->last_cap + PCI_CAP_LIST_NEXT, 1, offset, 0);
	} else {
		pci_config_init(fn, PCI_CAPABILITY_LIST, 1, offset, 0);
		pci_config_init(fn, PCI_STATUS, 2,
				pci_config_get(fn, PCI_STATUS, 2) | PCI_STATUS_CAP_LIST, 0);
	}
	pci_config_init(fn, offset + PCI_CAP_LIST_ID, 1, id, 0);
	fn->last_cap = offset;
	fn->next_cap = (offset + size + 3) & ~3u;
	return offset;
}

unsigned int pci_add_ext_capability(struct pci_function *fn, uint16_t id, uint8_t version,
				    unsigned int size)
{
	unsigned int offset = fn->next_ext_cap ? fn->next_ext_cap : FIRST_EXT_CAP;

	if (size > PCI_CONFIG_SIZE - offset)
		return 0;
	if (fn->last_ext_cap)
		pci_config_init(fn, fn->last_ext_cap, 4,
				pci_config_get(fn, fn->last_ext_cap, 4) | offset << 20, 0);
	pci_config_init(fn, offset, 4, id | (uint32_t)version << 16, 0);
	fn->last_ext_cap = offset;
	fn->next_ext_cap = (offset + size + 3) & ~3u;
	return offset;
}

static unsigned int size_code(uint32_t bytes)
{
	return __builtin_ctz(bytes) - 7; /* 0 is 128 */
}

void express_update(struct pci_function *fn)
{
	uint32_t control = pci_config_get(fn, fn->express_cap + PCI_EXP_DEVCTL, 2);
	uint32_t limit = pci_config_get(fn, fn->express_cap + PCI_EXP_DEVCAP, 4) &
			 PCI_EXP_DEVCAP_PAYLOAD;
	uint32_t payload = (control & PCI_EXP_DEVCTL_PAYLOAD) >> 5;
	uint32_t read = (control & PCI_EXP_DEVCTL_READRQ) >> 12;

	/* More than supported, and the two reserved codes, is for software not to write. */
	if (payload > limit)
		payload = limit;
	if (read > 5)
		read = 5;
	fabric_port_set_sizes(fn->port, 128u << payload, 128u << read);
}

static void init_device_control(struct pci_function *fn, unsigned int cap)
{
	uint32_t errors = PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |
			  PCI_EXP_DEVCTL_URRE;
	uint32_t ordering = PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN;

	pci_config_init(fn, cap + PCI_EXP_DEVCTL, 2, ordering | DEVCTL_MRRS_512,
			errors | ordering | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_EXT_TAG |
				PCI_EXP_DEVCTL_READRQ);
	fn->write_clear[cap + PCI_EXP_DEVSTA] = PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED |
						PCI_EXP_DEVSTA_FED | PCI_EXP_DEVSTA_URD;
}

static void init_device_2(struct pci_function *fn, unsigned int cap,
			  const struct pci_express_attr *attr)
{
	uint32_t atomic = attr->atomic_requester ? PCI_EXP_DEVCTL2_ATOMIC_REQ : 0;
	uint32_t completes = attr->atomic_completer ?
				     PCI_EXP_DEVCAP2_ATOMIC_COMP32 | PCI_EXP_DEVCAP2_ATOMIC_COMP64 :
				     0;

	pci_config_init(fn, cap + PCI_EXP_DEVCAP2, 4,
			PCI_EXP_DEVCAP2_COMP_TMOUT_DIS | DEVCAP2_10BIT_TAG_COMP |
				DEVCAP2_10BIT_TAG_REQ | (uint32_t)attr->completer << 12 | completes,
			0);
	pci_config_init(fn, cap + PCI_EXP_DEVCTL2, 2, 0,
			PCI_EXP_DEVCTL2_COMP_TMOUT_DIS | PCI_EXP_DEVCTL2_IDO_REQ_EN |
				PCI_EXP_DEVCTL2_IDO_CMP_EN | DEVCTL2_10BIT_TAG_REQ_EN | atomic);
}

int pci_add_express(struct pci_function *fn, const struct pci_express_attr *attr)
{
	uint32_t payload = attr->max_payload;
	unsigned int cap;

	if (payload < 128 || payload > 4096 || payload & (payload - 1))
		return -EINVAL;
	cap = pci_add_capability(fn, PCI_CAP_ID_EXP, EXPRESS_SIZE);
	if (!cap)
		return -ENOSPC;
	pci_config_init(fn, cap + PCI_EXP_FLAGS, 2, EXPRESS_VERSION | PCI_EXP_TYPE_RC_END << 4, 0);
	pci_config_init(fn, cap + PCI_EXP_DEVCAP, 4,
			size_code(payload) | PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_RBER |
				PCI_EXP_DEVCAP_FLR,
			0);
	init_device_control(fn, cap);
	init_device_2(fn, cap, attr);
	fn->express_cap = cap;
	fn->atomic_completer = attr->atomic_completer;
	express_update(fn);
	return 0;
}

bool pci_atomic_requester(const struct pci_function *fn)
{
	return fn->express_cap && pci_config_get(fn, fn->express_cap + PCI_EXP_DEVCTL2, 2) &
					  PCI_EXP_DEVCTL2_ATOMIC_REQ;
}

int pci_add_serial(struct pci_function *fn, uint64_t serial)
{
	unsigned int cap;

	cap = pci_add_ext_capability(fn, PCI_EXT_CAP_ID_DSN, 1, PCI_EXT_CAP_DSN_SIZEOF);
	if (!cap)
		return -ENOSPC;
	pci_config_init(fn, cap + 4, 4, serial, 0);
	pci_config_init(fn, cap + 8, 4, serial >> 32, 0);
	return 0;
}
