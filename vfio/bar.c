// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <linux/pci_regs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compat.h"
#include "internal.h"
#include "util/range.h"

int vfio_tph_get_region(struct vfio_tph_device *device, unsigned int index,
			struct vfio_region_info *info, struct vfio_tph_reason *reason)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, info))
		return vfio_tph_fail(reason, errno, "cannot query region %u of %s: %m", index,
				     device->bdf);
	return 0;
}

/* VFIO tells the size of a BAR but not its type. That is in the BAR register itself. */
static int check_memory(struct vfio_tph_device *device, unsigned int bar,
			struct vfio_tph_reason *reason)
{
	struct vfio_tph_config config;
	uint32_t value;
	int err;

	err = vfio_tph_find_config(device, &config, reason);
	if (!err)
		err = vfio_tph_read_config(&config, PCI_BASE_ADDRESS_0 + bar * sizeof(value),
					   &value, reason);
	if (err)
		return err;
	if (value & PCI_BASE_ADDRESS_SPACE_IO)
		return vfio_tph_fail(reason, ENXIO,
				     "BAR%u of %s is an I/O BAR: %m. Choose a "
				     "memory BAR, lspci -vs %s shows them",
				     bar, device->bdf, device->bdf);
	return 0;
}

int vfio_tph_get_bar(struct vfio_tph_device *device, unsigned int bar,
		     struct vfio_region_info *info, struct vfio_tph_reason *reason)
{
	int err;

	if (bar > VFIO_PCI_BAR5_REGION_INDEX)
		return vfio_tph_fail(reason, EINVAL, "%s has no BAR%u: %m. They are 0 to 5",
				     device->bdf, bar);
	err = vfio_tph_get_region(device, bar, info, reason);
	if (err)
		return err;
	if (!info->size)
		return vfio_tph_fail(reason, ENXIO,
				     "%s does not implement BAR%u, or it is the "
				     "upper half of a 64-bit BAR: %m. lspci -vs %s shows its BARs",
				     device->bdf, bar, device->bdf);
	return check_memory(device, bar, reason);
}

int vfio_tph_bar_size(struct vfio_tph_device *device, unsigned int bar, uint64_t *size,
		      struct vfio_tph_reason *reason)
{
	struct vfio_region_info info;
	int err;

	err = vfio_tph_get_bar(device, bar, &info, reason);
	if (!err)
		*size = info.size;
	return err;
}

int vfio_tph_check_range(const struct vfio_tph_device *device, const struct vfio_region_info *bar,
			 const struct vfio_tph_range *range, uint64_t length_unit,
			 struct vfio_tph_reason *reason)
{
	const unsigned long long offset = range->offset, length = range->length;
	uint64_t page = sysconf(_SC_PAGESIZE);

	if (offset % page)
		return vfio_tph_fail(reason, EINVAL,
				     "offset %#llx into BAR%u of %s is not a "
				     "multiple of the page size, %#llx: %m",
				     offset, bar->index, device->bdf, (unsigned long long)page);
	if (!length || length % length_unit)
		return vfio_tph_fail(reason, EINVAL,
				     "length %#llx within BAR%u of %s is not a "
				     "positive multiple of %#llx: %m",
				     length, bar->index, device->bdf,
				     (unsigned long long)length_unit);
	if (!range_within(offset, length, bar->size))
		return vfio_tph_fail(reason, ERANGE,
				     "%#llx bytes at %#llx do not fit into BAR%u "
				     "of %s, which has %#llx bytes: %m",
				     length, offset, bar->index, device->bdf,
				     (unsigned long long)bar->size);
	return 0;
}

int vfio_tph_map_bar(struct vfio_tph_device *device, unsigned int bar, uint64_t offset,
		     uint64_t length, void **address, struct vfio_tph_reason *reason)
{
	const struct vfio_tph_range range = { .offset = offset, .length = length };
	struct vfio_region_info info;
	void *mapping;
	int err;

	err = vfio_tph_get_bar(device, bar, &info, reason);
	if (!err)
		err = vfio_tph_check_range(device, &info, &range, 1, reason);
	if (err)
		return err;
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return vfio_tph_fail(reason, ENODEV,
				     "the kernel does not let BAR%u of %s be "
				     "mapped: %m. It may share a page with something else",
				     bar, device->bdf);
	mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd,
		       info.offset + offset);
	if (mapping == MAP_FAILED)
		return vfio_tph_fail(reason, errno, "cannot map %#llx bytes of BAR%u of %s: %m",
				     (unsigned long long)length, bar, device->bdf);
	*address = mapping;
	return 0;
}
