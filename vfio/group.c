// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The device by its VFIO group, in a container of ours. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compat.h"
#include "internal.h"

#define CONTAINER_NODE "/dev/vfio/vfio"

static int open_node(const char *path, int *fd, struct vfio_tph_reason *reason)
{
	*fd = open(path, O_RDWR | O_CLOEXEC);
	return *fd < 0 ? vfio_tph_fail_open(reason, errno, path) : 0;
}

static int check_viable(int group, const char *bdf, struct vfio_tph_reason *reason)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status))
		return vfio_tph_fail(reason, errno, "cannot use the VFIO group of %s: %m", bdf);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return vfio_tph_fail(reason, EBUSY,
				     "another device of the IOMMU group of %s has a driver of the "
				     "host: %m. Bind all of /sys/bus/pci/devices/%s/iommu_group/"
				     "devices to vfio-pci, or unbind them",
				     bdf, bdf);
	return 0;
}

/* A container has an IOMMU driver before a device can be got from its groups. */
static int set_iommu(int container, int group, bool noiommu, const char *bdf,
		     struct vfio_tph_reason *reason)
{
	int type = noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU;

	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		return vfio_tph_fail(reason, errno,
				     "cannot put the VFIO group of %s into a "
				     "container: %m",
				     bdf);
	if (!ioctl(container, VFIO_SET_IOMMU, type))
		return 0;
	if (noiommu && errno == ENODEV)
		return vfio_tph_fail(
			reason, EPERM,
			"no-IOMMU mode was switched off after %s was bound: %m. echo 1 > "
			"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
			bdf);
	if (errno == EPERM)
		return vfio_tph_fail(
			reason, EPERM,
			"cannot set the IOMMU driver of the container of %s: %m. The IOMMU does not "
			"keep the device's interrupts apart; if you trust it, echo 1 > "
			"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
			bdf);
	return vfio_tph_fail(reason, errno,
			     "cannot set the IOMMU driver of the container of %s: "
			     "%m. Load the module vfio_iommu_type1",
			     bdf);
}

static int get_device(int group, const char *bdf, int *fd, struct vfio_tph_reason *reason)
{
	*fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (*fd < 0)
		return vfio_tph_fail(reason, errno, "cannot get %s from its VFIO group: %m", bdf);
	return 0;
}

int vfio_tph_open_group(struct vfio_tph_device *device, struct vfio_tph_reason *reason)
{
	char path[VFIO_TPH_PATH_SIZE];
	int container, group, fd, err;
	bool noiommu;

	err = vfio_tph_find_group(device->bdf, path, &noiommu);
	if (err)
		return vfio_tph_fail(reason, err,
				     "%s is in no IOMMU group: %m. Its driver does "
				     "not offer it through VFIO",
				     device->bdf);
	err = open_node(CONTAINER_NODE, &container, reason);
	if (err)
		return err;
	err = open_node(path, &group, reason);
	if (err)
		goto close_container;
	err = check_viable(group, device->bdf, reason);
	if (!err)
		err = set_iommu(container, group, noiommu, device->bdf, reason);
	if (!err)
		err = get_device(group, device->bdf, &fd, reason);
	if (err)
		goto close_group;

	device->fd = fd;
	device->group = group;
	device->container = container;
	return 0;

close_group:
	close(group);
close_container:
	close(container);
	return err;
}
