// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <vfio/tph.h>

#include "accelerator_regs.h"
#include "tap.h"
#include "vectors.h"

#define PAGE 4096

int vectors_try(const struct device *device, unsigned int count)
{
	struct {
		struct vfio_irq_set set;
		int eventfds[ACC_VECTORS];
	} arg = {
		.set.argsz = sizeof(arg.set) + count * sizeof(arg.eventfds[0]),
		.set.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
			     (count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
		.set.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.set.count = count,
	};
	int err;

	for (unsigned int i = 0; i < count; i++)
		arg.eventfds[i] = eventfd(0, EFD_CLOEXEC);
	err = ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &arg.set) ? errno : 0;
	/* The kernel holds what it was given. */
	for (unsigned int i = 0; i < count; i++)
		close(arg.eventfds[i]);
	return err;
}

void vectors_enable(const struct device *device, unsigned int count)
{
	int err = vectors_try(device, count);

	if (err)
		tap_bail_out("%s: cannot set %u vectors: %s", device->bdf, count, strerror(err));
}

void vectors_tags(const struct device *device, unsigned int count, uint16_t *tags)
{
	unsigned int cap = device_capability(device, PCI_CAP_ID_MSIX);
	uint32_t table = device_real(device, cap + PCI_MSIX_TABLE, 4) & PCI_MSIX_TABLE_OFFSET;
	struct vfio_tph_reason reason;
	void *memory;

	if (vfio_tph_map_bar(device->vfio, ACC_MSIX_BAR, table & ~(PAGE - 1), PAGE, &memory,
			     &reason))
		tap_bail_out("%s", reason.text);
	for (unsigned int i = 0; i < count; i++) {
		const uint8_t *entry = (uint8_t *)memory + table % PAGE + i * PCI_MSIX_ENTRY_SIZE;
		uint32_t control = *(volatile uint32_t *)(entry + PCI_MSIX_ENTRY_VECTOR_CTRL);

		tags[i] = control >> 16;
	}
	munmap(memory, PAGE);
}
