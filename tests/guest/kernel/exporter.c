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

/* Where the device's descriptor has its configuration space; -1 with errno */
static off_t config_of(struct vfio_tph_device *device)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	if (ioctl(vfio_tph_device_fd(device), VFIO_DEVICE_GET_REGION_INFO, &config))
		return -1;
	return config.offset;
}

/* Sets the bits of @mask in a register of 16 bits to @value. Returns 0 or a positive errno. */
static int change(struct vfio_tph_device *device, unsigned int offset, uint16_t mask,
		  uint16_t value)
{
	int fd = vfio_tph_device_fd(device);
	off_t config = config_of(device);
	uint16_t word;

	if (config < 0 || pread(fd, &word, sizeof(word), config + offset) != sizeof(word))
		return errno;
	word = (word & ~mask) | value;
	return pwrite(fd, &word, sizeof(word), config + offset) == sizeof(word) ? 0 : errno;
}

int exporter_set_memory_enabled(struct vfio_tph_device *device, bool enabled)
{
	return change(device, PCI_COMMAND, PCI_COMMAND_MEMORY, enabled ? PCI_COMMAND_MEMORY : 0);
}

static unsigned int power_capability(struct vfio_tph_device *device)
{
	uint8_t space[PCI_CFG_SPACE_SIZE];
	unsigned int at;

	if (pread(vfio_tph_device_fd(device), space, sizeof(space), config_of(device)) !=
	    sizeof(space))
		tap_bail_out("cannot read configuration space: %s", strerror(errno));
	/* Pointers are to multiples of 4. */
	for (at = space[PCI_CAPABILITY_LIST] & ~3; at; at = space[at + PCI_CAP_LIST_NEXT] & ~3)
		if (space[at + PCI_CAP_LIST_ID] == PCI_CAP_ID_PM)
			return at;
	tap_bail_out("the accelerator has no Power Management capability");
}

#define D3HOT 3

int exporter_set_d3hot(struct vfio_tph_device *device, bool d3hot)
{
	return change(device, power_capability(device) + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK,
		      d3hot ? D3HOT : 0);
}
