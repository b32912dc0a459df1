/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What Linux 7.3 lets the owner of a device do to its configuration space, as far as devices of the
 * lab have any of it: drivers/vfio/pci/vfio_pci_config.c, written down a second time. TPH is a
 * capability like others there, whose registers can be read and not written. What belongs to no
 * capability is written as it comes, but these devices have nothing there.
 */
#ifndef GUEST_REQUESTER_RULES_H
#define GUEST_REQUESTER_RULES_H

#include <stdint.h>

#include "device.h"

struct rules {
	uint8_t virt[CONFIG_SIZE];     /* bits that vfio-pci keeps itself */
	uint8_t writable[CONFIG_SIZE]; /* bits that its owner changes */
	uint8_t hidden[CONFIG_SIZE];   /* bits that vfio-pci changes in the device by itself */
	uint8_t never[CONFIG_SIZE];    /* bits whose change resets the device */
	uint8_t kept[CONFIG_SIZE];     /* values of virtual bits, BARs aside */
	uint8_t bars[CONFIG_SIZE];     /* bits of BARs that can be set */
};

/* Those of a device that has just been opened */
void rules_init(struct rules *rules, const struct device *device);

/* A little-endian register out of one of the arrays */
uint32_t rules_get(const uint8_t *bytes, unsigned int offset, unsigned int len);

/* What its owner reads at @offset while the device has @real there. */
uint32_t rules_read(const struct rules *rules, unsigned int offset, unsigned int len,
		    uint32_t real);
/* The owner writes: virtual bits change. Returns what is written to the device, which has @real. */
uint32_t rules_write(struct rules *rules, unsigned int offset, uint32_t value, unsigned int len,
		     uint32_t real);

#endif
