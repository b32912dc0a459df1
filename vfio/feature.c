// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The one ioctl that all features of a VFIO device go through. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "compat.h"
#include "internal.h"

int vfio_tph_call_feature(struct vfio_tph_device *device, uint32_t flags,
			  struct vfio_device_feature *feature, size_t size)
{
	feature->argsz = sizeof(*feature) + size;
	feature->flags = flags;
	return ioctl(device->fd, VFIO_DEVICE_FEATURE, feature);
}

/* Room for any feature whose size does not depend on the caller. */
union feature {
	struct vfio_device_feature head;
	unsigned char room[128];
};

int vfio_tph_feature(struct vfio_tph_device *device, uint32_t flags, const void *data, size_t size)
{
	union feature feature = {};

	if (size)
		memcpy(feature.head.data, data, size);
	return vfio_tph_call_feature(device, flags, &feature.head, size);
}

int vfio_tph_get_feature(struct vfio_tph_device *device, uint32_t which, void *data, size_t size)
{
	union feature feature = {};

	memcpy(feature.head.data, data, size);
	if (vfio_tph_call_feature(device, which | VFIO_DEVICE_FEATURE_GET, &feature.head, size) < 0)
		return errno;
	memcpy(data, feature.head.data, size);
	return 0;
}
