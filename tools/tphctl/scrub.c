// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <linux/pci_regs.h>
#include <string.h>

#include "scrub.h"

#define EXT_CAP_ID_DVSEC 0x23	/* Designated Vendor-Specific: missing in older headers */
#define MAX_STANDARD ((PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / 4)
#define MAX_EXTENDED ((PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8)
/* Of a capability: its header; of an extended one of a vendor its own header, too. */
#define HEADER_SIZE 4
#define VENDOR_HEADER_SIZE 8

static void blank(uint8_t *config, size_t size, size_t start, size_t end)
{
	if (end > size)
		end = size;
	if (start < end)
		memset(config + start, 0, end - start);
}

static uint32_t read_dword(const uint8_t *config, size_t size, size_t offset)
{
	if (offset + 4 > size)
		return 0;
	return config[offset] | config[offset + 1] << 8 | config[offset + 2] << 16 |
	       (uint32_t)config[offset + 3] << 24;
}

static void scrub_standard(uint8_t *config, size_t size, size_t offset)
{
	switch (config[offset]) {
	case PCI_CAP_ID_VPD:
		blank(config, size, offset + PCI_VPD_ADDR, offset + PCI_VPD_DATA + 4);
		break;
	case PCI_CAP_ID_VNDR: /* byte 2 is its length */
		blank(config, size, offset + 3, offset + config[offset + 2]);
		break;
	}
}

static void scrub_extended(uint8_t *config, size_t size, size_t offset, uint16_t id)
{
	size_t length = read_dword(config, size, offset + HEADER_SIZE) >> 20;

	switch (id) {
	case PCI_EXT_CAP_ID_DSN:
		blank(config, size, offset + HEADER_SIZE, offset + 12);
		break;
	case PCI_EXT_CAP_ID_VNDR:
	case EXT_CAP_ID_DVSEC:
		blank(config, size, offset + VENDOR_HEADER_SIZE, offset + length);
		break;
	}
}

void scrub_config(uint8_t *config, size_t size)
{
	size_t offset, left;
	uint32_t header;

	if (size < PCI_CFG_SPACE_SIZE)
		return;
	offset = config[PCI_CAPABILITY_LIST] & ~3u;
	for (left = MAX_STANDARD; left && offset >= PCI_STD_HEADER_SIZEOF; left--) {
		scrub_standard(config, size, offset);
		offset = config[offset + PCI_CAP_LIST_NEXT] & ~3u;
	}
	offset = PCI_CFG_SPACE_SIZE;
	for (left = MAX_EXTENDED; left && offset >= PCI_CFG_SPACE_SIZE; left--) {
		header = read_dword(config, size, offset);
		if (!header || header == UINT32_MAX)
			break;
		scrub_extended(config, size, offset, PCI_EXT_CAP_ID(header));
		offset = PCI_EXT_CAP_NEXT(header);
	}
}
