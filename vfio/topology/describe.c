// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Decodes configuration space. It may come from a file, and devices may be faulty: every offset is
 * checked against the size, and no list is followed forever.
 */
#include <errno.h>

#include "internal.h"
#include "registers.h"

#define EXTENDED_SIZE (VFIO_TPH_CONFIG_SIZE - PCI_CFG_SPACE_SIZE)
/* A capability has 4 bytes at least, one of the extended ones 8 with its first register. */
#define MAX_CAPABILITIES ((PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / 4)
#define MAX_EXTENDED (EXTENDED_SIZE / 8)

/* Registers are little endian; what is not there reads as zero. */
static uint32_t read_register(const struct vfio_tph_node *node, unsigned int offset,
			      unsigned int size)
{
	const uint8_t *bytes = node->function.config;
	uint32_t value = 0;

	if (offset + size > node->function.config_size)
		return 0;
	while (size--)
		value = value << 8 | bytes[offset + size];
	return value;
}

static unsigned int find_capability(const struct vfio_tph_node *node, uint8_t id)
{
	unsigned int offset = read_register(node, PCI_CAPABILITY_LIST, 1) & ~3u, left;

	if (!(read_register(node, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	for (left = MAX_CAPABILITIES; left && offset >= PCI_STD_HEADER_SIZEOF; left--) {
		if (read_register(node, offset + PCI_CAP_LIST_ID, 1) == id)
			return offset;
		offset = read_register(node, offset + PCI_CAP_LIST_NEXT, 1) & ~3u;
	}
	return 0;
}

static unsigned int find_extended(const struct vfio_tph_node *node, uint16_t id)
{
	unsigned int offset = PCI_CFG_SPACE_SIZE, left;
	uint32_t header;

	for (left = MAX_EXTENDED; left && offset >= PCI_CFG_SPACE_SIZE; left--) {
		header = read_register(node, offset, 4);
		if (!header || header == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(header) == id)
			return offset;
		offset = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

void topology_decode_requester(struct vfio_tph_requester *requester, unsigned int offset,
			       uint32_t cap, uint32_t control)
{
	*requester = (struct vfio_tph_requester){
		.offset = offset,
		.modes = cap & TPH_CAP_MODES,
		.extended = cap & TPH_CAP_EXTENDED,
		.table = TPH_CAP_TABLE(cap),
		.mode = TPH_CONTROL_MODE(control),
		.enabled = TPH_CONTROL_ENABLED(control),
	};
	if (requester->table == VFIO_TPH_TABLE_CAPABILITY ||
	    requester->table == VFIO_TPH_TABLE_MSIX)
		requester->entries = TPH_CAP_LAST(cap) + 1;
}

static void describe_requester(struct vfio_tph_node *node)
{
	unsigned int offset = find_extended(node, PCI_EXT_CAP_ID_TPH);
	uint32_t cap, control;

	if (!offset)
		return;
	cap = read_register(node, offset + TPH_CAP, 4);
	control = read_register(node, offset + TPH_CONTROL, 4);
	topology_decode_requester(&node->requester, offset, cap, control);
}

static void describe_acs(struct vfio_tph_node *node)
{
	unsigned int offset = find_extended(node, PCI_EXT_CAP_ID_ACS);

	if (!offset)
		return;
	node->acs = (struct vfio_tph_acs){
		.present = true,
		.supported = read_register(node, offset + PCI_ACS_CAP, 2),
		.control = read_register(node, offset + PCI_ACS_CTRL, 2),
	};
}

static void describe_msix(struct vfio_tph_node *node)
{
	unsigned int offset = find_capability(node, PCI_CAP_ID_MSIX);

	node->msix = offset;
	if (offset)
		node->msix_table = read_register(node, offset + PCI_MSIX_TABLE, 4);
}

static bool has_second_registers(const struct vfio_tph_node *node, unsigned int express)
{
	return (read_register(node, express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_VERS) >= 2;
}

static void describe_express(struct vfio_tph_node *node, unsigned int express)
{
	uint32_t cap2;

	node->type = (read_register(node, express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4;
	if (!has_second_registers(node, express))
		return;
	cap2 = read_register(node, express + PCI_EXP_DEVCAP2, 4);
	node->completer = DEVCAP2_TPH_COMPLETER(cap2);
	node->prefixes = cap2 & DEVCAP2_PREFIXES;
	node->prefixes_blocked = read_register(node, express + PCI_EXP_DEVCTL2, 2) &
				 DEVCTL2_PREFIXES_BLOCKED;
	node->flit = read_register(node, express + PCI_EXP_LNKSTA2, 2) & LNKSTA2_FLIT;
}

void topology_describe(struct vfio_tph_node *node)
{
	unsigned int express;

	node->vendor = read_register(node, PCI_VENDOR_ID, 2);
	node->device = read_register(node, PCI_DEVICE_ID, 2);
	node->class_code = read_register(node, PCI_CLASS_REVISION, 4) >> 8;
	/* All ones: the device has gone, or does not answer. */
	if (node->function.config_size < PCI_CFG_SPACE_SIZE || node->vendor == UINT16_MAX) {
		node->type = VFIO_TPH_PORT_UNREADABLE;
		return;
	}
	node->extended_config = node->function.config_size > PCI_CFG_SPACE_SIZE;
	node->type = VFIO_TPH_PORT_CONVENTIONAL;
	express = find_capability(node, PCI_CAP_ID_EXP);
	if (express)
		describe_express(node, express);
	describe_msix(node);
	if (node->extended_config) {
		describe_requester(node);
		describe_acs(node);
	}
}

int vfio_tph_read_st(const struct vfio_tph_node *node, unsigned int index, uint16_t *tag)
{
	unsigned int offset = node->requester.offset + TPH_TABLE + index * 2;

	if (node->requester.table != VFIO_TPH_TABLE_CAPABILITY)
		return EOPNOTSUPP;
	if (index >= node->requester.entries)
		return ERANGE;
	if (offset + 2 > node->function.config_size)
		return ENODATA;
	*tag = read_register(node, offset, 2);
	return 0;
}
