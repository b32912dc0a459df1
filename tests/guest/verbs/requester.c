// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "requester.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

/*
 * PCI Express Base Specification, "TPH Requester Capability Register" (bits 10:9: where the ST table
 * is, 26:16: its size less one) and "TPH Requester Control Register" (bits 9:8).
 */
#define CAPABILITY_OFFSET 4
#define LOCATION_SHIFT 9
#define LOCATION_MASK 3
#define LOCATION_CAPABILITY 1
#define SIZE_SHIFT 16
#define SIZE_MASK 0x7ff
#define CONTROL_OFFSET 8
#define ENABLE_SHIFT 8
#define ENABLE_MASK 3
#define ENABLE_8_BIT 1
#define ENABLE_16_BIT 3

static uint32_t read_config(int fd, unsigned int offset)
{
	uint32_t value;

	if (pread(fd, &value, sizeof(value), offset) != sizeof(value))
		tap_bail_out("cannot read configuration space: %s", strerror(errno));
	return value;
}

/* 0 when there is no such capability. */
static unsigned int find_extended_capability(int fd, uint16_t id)
{
	unsigned int offset = PCI_CFG_SPACE_SIZE, left = PCI_CFG_SPACE_EXP_SIZE / 8;
	uint32_t header;

	for (; offset && left; left--, offset = PCI_EXT_CAP_NEXT(header)) {
		header = read_config(fd, offset);
		if (PCI_EXT_CAP_ID(header) == id)
			return offset;
	}
	return 0;
}

void requester_open(struct requester *requester)
{
	const char *bdf = getenv("TPH_NIC0");
	char path[128];

	if (!bdf)
		tap_bail_out("TPH_NIC0 is not set: the lab sets it to the address of a device");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	requester->config = open(path, O_RDWR | O_CLOEXEC);
	if (requester->config < 0)
		tap_bail_out("cannot open %s: %s", path, strerror(errno));
	requester->capability = find_extended_capability(requester->config, PCI_EXT_CAP_ID_TPH);
	requester->control = requester->capability ?
				     read_config(requester->config,
						 requester->capability + CONTROL_OFFSET) :
				     0;
}

void requester_close(struct requester *requester)
{
	close(requester->config);
}

enum ibv_tph_namespace requester_emitted(const struct requester *requester)
{
	uint32_t control = 0;

	if (requester->capability)
		control = read_config(requester->config, requester->capability + CONTROL_OFFSET);
	switch (control >> ENABLE_SHIFT & ENABLE_MASK) {
	case ENABLE_8_BIT:
		return IBV_TPH_NS_ST;
	case ENABLE_16_BIT:
		return IBV_TPH_NS_ST_EXT;
	default:
		return IBV_TPH_NS_NONE;
	}
}

unsigned int requester_entries(const struct requester *requester)
{
	uint32_t value;

	if (!requester->capability)
		return 0;
	value = read_config(requester->config, requester->capability + CAPABILITY_OFFSET);
	if ((value >> LOCATION_SHIFT & LOCATION_MASK) != LOCATION_CAPABILITY)
		return 0;
	return (value >> SIZE_SHIFT & SIZE_MASK) + 1;
}

void requester_set_enabled(const struct requester *requester, bool enabled)
{
	uint32_t value = requester->control;

	if (!requester->capability)
		return;
	if (!enabled)
		value &= ~(uint32_t)(ENABLE_MASK << ENABLE_SHIFT);
	if (pwrite(requester->config, &value, sizeof(value),
		   requester->capability + CONTROL_OFFSET) != sizeof(value))
		tap_bail_out("cannot write configuration space: %s", strerror(errno));
}
