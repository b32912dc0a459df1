// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/udmabuf.h>

#include "exporter.h"
#include "tap.h"

int exporter_udmabuf(size_t length)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = length };
	int device, dmabuf;

	create.memfd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if ((int)create.memfd < 0 || device < 0 || ftruncate(create.memfd, length) ||
	    fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		tap_bail_out("cannot prepare a udmabuf: %s", strerror(errno));

	dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	if (dmabuf < 0)
		tap_bail_out("UDMABUF_CREATE: %s", strerror(errno));
	close(device);
	close(create.memfd);
	return dmabuf;
}

struct vfio_tph_device *exporter_open(const char *variable)
{
	const char *bdf = getenv(variable);
	struct vfio_tph_device *device;
	struct vfio_tph_reason reason;

	if (!bdf)
		tap_bail_out("%s is not set: no such accelerator in this machine", variable);
	device = vfio_tph_open(bdf, &reason);
	if (!device)
		tap_bail_out("%s", reason.text);
	return device;
}

int exporter_export(struct vfio_tph_device *device)
{
	struct vfio_tph_reason reason;
	int dmabuf;

	if (vfio_tph_export(device, EXPORTER_BAR, 0, EXPORTER_LENGTH, &dmabuf, &reason))
		tap_bail_out("%s", reason.text);
	return dmabuf;
}

int exporter_feature(struct vfio_tph_device *device, uint32_t operation, const void *data,
		     size_t size)
{
	struct {
		struct vfio_device_feature feature;
		uint8_t data[64];
	} arg = {
		.feature.argsz = sizeof(arg.feature) + size,
		.feature.flags = operation | VFIO_DEVICE_FEATURE_DMA_BUF_TPH,
	};

	memcpy(arg.data, data, size);
	return ioctl(vfio_tph_device_fd(device), VFIO_DEVICE_FEATURE, &arg) ? errno : 0;
}

int exporter_set(struct vfio_tph_device *device, const struct vfio_device_feature_dma_buf_tph *set)
{
	return exporter_feature(device, VFIO_DEVICE_FEATURE_SET, set, sizeof(*set));
}

int exporter_publish(struct vfio_tph_device *device, int dmabuf_fd, uint8_t st, uint8_t ph)
{
	const struct vfio_device_feature_dma_buf_tph set = {
		.dmabuf_fd = dmabuf_fd,
		.flags = VFIO_DMA_BUF_TPH_ST,
		.steering_tag = st,
		.ph = ph,
	};

	return exporter_set(device, &set);
}

int exporter_set_memory_enabled(struct vfio_tph_device *device, bool enabled)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	int fd = vfio_tph_device_fd(device);
	uint16_t command;
	off_t offset;

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &config))
		return errno;

	offset = config.offset + PCI_COMMAND;
	if (pread(fd, &command, sizeof(command), offset) != sizeof(command))
		return errno;
	if (enabled)
		command |= PCI_COMMAND_MEMORY;
	else
		command &= ~PCI_COMMAND_MEMORY;
	return pwrite(fd, &command, sizeof(command), offset) == sizeof(command) ? 0 : errno;
}
