// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <endian.h>
#include <errno.h>
#include <unistd.h>

#include "compat.h"
#include "internal.h"

int vfio_tph_find_config(struct vfio_tph_device *device, struct vfio_tph_config *config,
			 struct vfio_tph_reason *reason)
{
	struct vfio_region_info info;
	int err;

	err = vfio_tph_get_region(device, VFIO_PCI_CONFIG_REGION_INDEX, &info, reason);
	if (!err)
		*config = (struct vfio_tph_config){
			.device = device,
			.start = info.offset,
			.size = info.size,
		};
	return err;
}

int vfio_tph_read_config(const struct vfio_tph_config *config, unsigned int offset, uint32_t *value,
			 struct vfio_tph_reason *reason)
{
	uint32_t raw;
	ssize_t length = pread(config->device->fd, &raw, sizeof(raw), config->start + offset);

	if (length != sizeof(raw))
		return vfio_tph_fail(reason, length < 0 ? errno : EIO,
				     "cannot read configuration space of %s at %#x: %m",
				     config->device->bdf, offset);
	*value = le32toh(raw);
	return 0;
}

int vfio_tph_write_config(const struct vfio_tph_config *config, unsigned int offset, uint32_t value,
			  struct vfio_tph_reason *reason)
{
	const uint32_t raw = htole32(value);
	ssize_t length = pwrite(config->device->fd, &raw, sizeof(raw), config->start + offset);

	if (length != sizeof(raw))
		return vfio_tph_fail(reason, length < 0 ? errno : EIO,
				     "cannot write configuration space of %s at %#x: %m",
				     config->device->bdf, offset);
	return 0;
}
