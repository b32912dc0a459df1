// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The device by its own node, bound to an iommufd of ours. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compat.h"
#include "internal.h"

#define IOMMUFD_NODE "/dev/iommu"

static int bind_iommufd(int fd, int iommufd)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = iommufd,
	};

	if (!ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return 0;
	/* The arguments are valid, so EINVAL means that the device is open already. */
	return errno == EINVAL ? EBUSY : errno;
}

static int open_node(const char *path, int *fd, struct vfio_tph_reason *reason)
{
	int err;

	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = errno;
	if (err == ENOENT || err == EACCES)
		return err;
	return vfio_tph_fail_open(reason, err, path);
}

static const char *advice_on_bind(int err)
{
	switch (err) {
	case EBUSY:
		return ". Another process has it open";
	case EPERM:
		return ". The IOMMU does not keep the device's interrupts apart; if you trust it, echo 1 > "
		       "/sys/module/iommufd/parameters/allow_unsafe_interrupts";
	default:
		return "";
	}
}

int vfio_tph_open_cdev(struct vfio_tph_device *device, struct vfio_tph_reason *reason)
{
	char path[VFIO_TPH_PATH_SIZE];
	int fd, iommufd, err;

	err = vfio_tph_find_cdev(device->bdf, path);
	if (err)
		return err;
	err = open_node(IOMMUFD_NODE, &iommufd, reason);
	if (err)
		return err;
	err = open_node(path, &fd, reason);
	if (err)
		goto close_iommufd;
	err = bind_iommufd(fd, iommufd);
	if (err) {
		vfio_tph_fail(reason, err, "cannot bind %s (%s) to an iommufd: %m%s", path,
			      device->bdf, advice_on_bind(err));
		goto close_fd;
	}

	device->fd = fd;
	device->iommufd = iommufd;
	return 0;

close_fd:
	close(fd);
close_iommufd:
	close(iommufd);
	return err;
}
