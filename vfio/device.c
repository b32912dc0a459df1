// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

static int open_device(struct vfio_tph_device *device, const char *bdf,
		       struct vfio_tph_reason *reason)
{
	struct pci_address address;
	int err;

	if (!bdf || !pci_address_parse(bdf, &address))
		return vfio_tph_fail(reason, EINVAL,
				     "%s is no PCI address: %m. Write it as lspci -D "
				     "does, 0000:00:05.0",
				     bdf ? bdf : "NULL");
	pci_address_format(&address, device->bdf);
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

struct vfio_tph_device *vfio_tph_open(const char *bdf, struct vfio_tph_reason *reason)
{
	struct vfio_tph_device *device = malloc(sizeof(*device));
	int err;

	if (!device) {
		errno = vfio_tph_fail(reason, ENOMEM, "cannot open %s: %m", bdf ? bdf : "NULL");
		return NULL;
	}
	*device = (struct vfio_tph_device){ .fd = -1, .iommufd = -1, .container = -1, .group = -1 };
	err = open_device(device, bdf, reason);
	if (err) {
		free(device);
		errno = err;
		return NULL;
	}
	return device;
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
