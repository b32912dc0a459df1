// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "feature.h"
#include "tap.h"
#include "tph_regs.h"

#define DATA_MAX 64

int feature_raw(const struct device *device, struct vfio_device_feature *feature)
{
	int ret = ioctl(device->fd, VFIO_DEVICE_FEATURE, feature);

	return ret < 0 ? -errno : ret;
}

int feature(const struct device *device, uint32_t operation, uint32_t index, void *data,
	    size_t size)
{
	union {
		struct vfio_device_feature feature;
		uint8_t bytes[sizeof(struct vfio_device_feature) + DATA_MAX];
	} arg = {
		.feature.argsz = sizeof(arg.feature) + size,
		.feature.flags = operation | index,
	};
	int ret;

	memcpy(arg.feature.data, data, size);
	ret = feature_raw(device, &arg.feature);
	memcpy(data, arg.feature.data, size);
	return ret;
}

int feature_probe(const struct device *device, uint32_t index)
{
	uint8_t nothing;

	return feature(device, VFIO_DEVICE_FEATURE_PROBE, index, &nothing, 0);
}

int feature_opt_in(const struct device *device)
{
	struct vfio_device_feature_tph tph = { 0 };

	return feature(device, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_TPH, &tph, sizeof(tph));
}

uint32_t feature_caps(const struct device *device)
{
	struct vfio_device_feature_tph tph = { .flags = ~0 };
	int ret = feature(device, VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_TPH, &tph,
			  sizeof(tph));

	if (ret)
		tap_bail_out("%s tells nothing of TPH: %s", device->bdf, strerror(-ret));
	return tph.flags;
}

int feature_program(const struct device *device, uint32_t flags, uint16_t start, uint16_t count,
		    const uint32_t *dests)
{
	struct vfio_device_feature_tph_st st = {
		.flags = flags,
		.start = start,
		.count = count,
		.dests = (uintptr_t)dests,
	};

	return feature(device, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_TPH_ST, &st,
		       sizeof(st));
}

int feature_resolve(const struct device *device, uint32_t flags, uint32_t src,
		    struct vfio_device_feature_tph_resolve *resolved)
{
	*resolved = (struct vfio_device_feature_tph_resolve){
		.flags = flags,
		.src = src,
		.valid = 0xff,
		.ph = 0xff,
		.st = 0xffff,
	};
	return feature(device, VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_TPH_RESOLVE, resolved,
		       sizeof(*resolved));
}

void feature_enable(const struct device *device, uint32_t mode, uint32_t requester)
{
	device_write(device, device->tph + PCI_TPH_CTRL, mode | requester << 8, 4);
}

void feature_disable(const struct device *device)
{
	device_write(device, device->tph + PCI_TPH_CTRL, 0, 4);
}

void feature_start(struct device *device, unsigned int stage, uint32_t mode, uint32_t requester)
{
	int ret;

	stage_set(stage);
	device_open(device);
	ret = feature_opt_in(device);
	if (ret)
		tap_bail_out("%s: cannot opt in: %s", device->bdf, strerror(-ret));
	feature_enable(device, mode, requester);
}
