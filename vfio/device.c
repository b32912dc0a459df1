// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compat.h"
#include "internal.h"

static int set_address(struct vfio_tph_device *device, const char *bdf,
		       struct vfio_tph_reason *reason)
{
	struct pci_address address;

	if (!bdf || !pci_address_parse(bdf, &address))
		return vfio_tph_fail(reason, EINVAL,
				     "%s is no PCI address: %m. Write it as lspci -D "
				     "does, 0000:00:05.0",
				     bdf ? bdf : "NULL");
	pci_address_format(&address, device->bdf);
	return 0;
}

static int open_device(struct vfio_tph_device *device, struct vfio_tph_reason *reason)
{
	int err;

	err = vfio_tph_check_driver(device->bdf, reason);
	if (err)
		return err;
	err = vfio_tph_open_cdev(device, reason);
	if (err == ENOENT || err == EACCES)
		return vfio_tph_open_group(device, reason);
	/*
	 * A container may work where iommufd is not permitted. If it does not, report the error of
	 * iommufd, as that is the one to resolve.
	 */
	if (err == EPERM && !vfio_tph_open_group(device, NULL))
		return 0;
	return err;
}

/* With an address and nothing open; NULL on failure. */
static int create_device(const char *bdf, struct vfio_tph_device **device,
			 struct vfio_tph_reason *reason)
{
	*device = malloc(sizeof(**device));
	if (!*device)
		return vfio_tph_fail(reason, ENOMEM, "cannot open %s: %m", bdf ? bdf : "NULL");
	**device = (struct vfio_tph_device){
		.fd = -1,
		.iommufd = -1,
		.container = -1,
		.group = -1,
	};
	return set_address(*device, bdf, reason);
}

/* What is returned of a device that is open, or with @err is not. */
static struct vfio_tph_device *opened(struct vfio_tph_device *device, int err)
{
	if (!err)
		return device;
	free(device);
	errno = err;
	return NULL;
}

struct vfio_tph_device *vfio_tph_open(const char *bdf, struct vfio_tph_reason *reason)
{
	struct vfio_tph_device *device;
	int err;

	err = create_device(bdf, &device, reason);
	if (!err)
		err = open_device(device, reason);
	return opened(device, err);
}

static int check_fd(int fd, const char *bdf, struct vfio_tph_reason *reason)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(fd, VFIO_DEVICE_GET_INFO, &info))
		return vfio_tph_fail(
			reason, errno,
			"fd %d is no device fd of VFIO, for %s: %m. It is what "
			"VFIO_GROUP_GET_DEVICE_FD returns, or a node of /dev/vfio/devices "
			"that is bound to an iommufd",
			fd, bdf);
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
		return vfio_tph_fail(reason, EINVAL,
				     "fd %d is a device of VFIO, but not on PCI, as %s is: %m", fd,
				     bdf);
	return 0;
}

struct vfio_tph_device *vfio_tph_use_fd(int fd, const char *bdf, struct vfio_tph_reason *reason)
{
	struct vfio_tph_device *device;
	int err;

	err = create_device(bdf, &device, reason);
	if (!err)
		err = check_fd(fd, device->bdf, reason);
	if (!err) {
		device->fd = fd;
		device->is_callers = true;
	}
	return opened(device, err);
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void vfio_tph_close(struct vfio_tph_device *device)
{
	if (!device)
		return;
	if (!device->is_callers)
		close(device->fd);
	close_if_open(device->iommufd);
	close_if_open(device->group);
	close_if_open(device->container);
	free(device);
}

int vfio_tph_device_fd(const struct vfio_tph_device *device)
{
	return device->fd;
}
