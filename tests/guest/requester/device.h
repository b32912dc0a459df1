/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A requester as its owner in user space has it, and as it is: configuration space through
 * vfio-pci, and the device's own through sysfs.
 */
#ifndef GUEST_REQUESTER_DEVICE_H
#define GUEST_REQUESTER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CONFIG_SIZE 4096

struct device {
	const char *bdf;
	struct vfio_tph_device *vfio; /* NULL while it is closed */
	int fd;                       /* of the open device */
	off_t config;                 /* where @fd has configuration space */
	int sysfs;
	unsigned int tph; /* offset of the TPH Requester capability, 0: none */
	uint32_t tph_cap; /* what its capability register really holds */
};

/* The device whose address is in @variable, not yet open. Ends the test when there is none. */
void device_find(struct device *device, const char *variable);
void device_open(struct device *device);
void device_close(struct device *device);
/* Closes what device_find() has opened. */
void device_put(struct device *device);

/* An offset of the open device's, by which <linux/pci_regs.h> has it; 0 without. */
unsigned int device_capability(const struct device *device, uint8_t id);
unsigned int device_ext_capability(const struct device *device, uint16_t id);

/* What its owner reads and writes; @len bytes at once. A failure ends the test. */
uint32_t device_read(const struct device *device, unsigned int offset, unsigned int len);
void device_write(const struct device *device, unsigned int offset, uint32_t value,
		  unsigned int len);
/* What the device really has */
uint32_t device_real(const struct device *device, unsigned int offset, unsigned int len);
void device_set_real(const struct device *device, unsigned int offset, uint32_t value,
		     unsigned int len);

/* Entries of the table, wherever it is; 0 without a table. */
unsigned int device_entries(const struct device *device);
/* PCI_TPH_LOC_NONE and so on */
uint32_t device_table(const struct device *device);
/* Behind the last byte of the TPH Requester capability */
unsigned int device_tph_end(const struct device *device);

/* The machine's accelerators, by the variables with their addresses */
struct devices {
	unsigned int count; /* of those with a TPH Requester capability */
	const char *requesters[8];
	const char *other; /* the last one without; NULL: none */
};

/* Ends the test when there is no requester. */
void devices_find(struct devices *devices);

#define STAGES 4

/* What devices are opened with from here on: vfio_pci_core.tph, 0 to 3. Returns what it was. */
unsigned int stage_set(unsigned int stage);

#endif
