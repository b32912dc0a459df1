// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <vfio/tph.h>

#include "device.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define STAGE "/sys/module/vfio_pci_core/parameters/tph"

void device_find(struct device *device, const char *variable)
{
	char path[PATH_MAX];

	*device = (struct device){ .bdf = getenv(variable), .fd = -1 };
	if (!device->bdf)
		tap_bail_out("%s is not set: no such device in this machine", variable);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", device->bdf);
	device->sysfs = open(path, O_RDWR | O_CLOEXEC);
	if (device->sysfs < 0)
		tap_bail_out("%s: %s", path, strerror(errno));
	device->tph = device_ext_capability(device, PCI_EXT_CAP_ID_TPH);
	if (device->tph)
		device->tph_cap = device_real(device, device->tph + PCI_TPH_CAP, 4);
}

void device_put(struct device *device)
{
	close(device->sysfs);
}

void device_open(struct device *device)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	struct vfio_tph_reason reason;

	device->vfio = vfio_tph_open(device->bdf, &reason);
	if (!device->vfio)
		tap_bail_out("%s", reason.text);
	device->fd = vfio_tph_device_fd(device->vfio);
	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &config))
		tap_bail_out("%s has no configuration space: %s", device->bdf, strerror(errno));
	device->config = config.offset;
}

void device_close(struct device *device)
{
	vfio_tph_close(device->vfio);
	device->vfio = NULL;
	device->fd = -1;
}

static uint32_t read_config(int fd, off_t base, unsigned int offset, unsigned int len)
{
	uint32_t value = 0;

	if (pread(fd, &value, len, base + offset) != (ssize_t)len)
		tap_bail_out("cannot read configuration space at 0x%x: %s", offset,
			     strerror(errno));
	return le32toh(value);
}

static void write_config(int fd, off_t base, unsigned int offset, uint32_t value, unsigned int len)
{
	value = htole32(value);
	if (pwrite(fd, &value, len, base + offset) != (ssize_t)len)
		tap_bail_out("cannot write configuration space at 0x%x: %s", offset,
			     strerror(errno));
}

uint32_t device_read(const struct device *device, unsigned int offset, unsigned int len)
{
	return read_config(device->fd, device->config, offset, len);
}

void device_write(const struct device *device, unsigned int offset, uint32_t value,
		  unsigned int len)
{
	write_config(device->fd, device->config, offset, value, len);
}

uint32_t device_real(const struct device *device, unsigned int offset, unsigned int len)
{
	return read_config(device->sysfs, 0, offset, len);
}

void device_set_real(const struct device *device, unsigned int offset, uint32_t value,
		     unsigned int len)
{
	write_config(device->sysfs, 0, offset, value, len);
}

unsigned int device_capability(const struct device *device, uint8_t id)
{
	unsigned int at = device_real(device, PCI_CAPABILITY_LIST, 1);

	while (at && device_real(device, at + PCI_CAP_LIST_ID, 1) != id)
		at = device_real(device, at + PCI_CAP_LIST_NEXT, 1);
	return at;
}

unsigned int device_ext_capability(const struct device *device, uint16_t id)
{
	unsigned int at = PCI_CFG_SPACE_SIZE;

	while (at && PCI_EXT_CAP_ID(device_real(device, at, 4)) != id)
		at = PCI_EXT_CAP_NEXT(device_real(device, at, 4));
	return at;
}

uint32_t device_table(const struct device *device)
{
	return device->tph_cap & PCI_TPH_CAP_LOC_MASK;
}

unsigned int device_entries(const struct device *device)
{
	if (device_table(device) == PCI_TPH_LOC_NONE)
		return 0;
	return ((device->tph_cap & PCI_TPH_CAP_ST_MASK) >> PCI_TPH_CAP_ST_SHIFT) + 1;
}

unsigned int device_tph_end(const struct device *device)
{
	unsigned int entries = device_table(device) == PCI_TPH_LOC_CAP ? device_entries(device) : 0;

	return device->tph + PCI_TPH_BASE_SIZEOF + 2 * entries;
}

void devices_find(struct devices *devices)
{
	static const char *const variables[] = { "TPH_ACC0", "TPH_ACC1", "TPH_ACC2", "TPH_ACC3",
						 "TPH_ACC4", "TPH_ACC5", "TPH_ACC6", "TPH_ACC7" };
	struct device device;

	*devices = (struct devices){ 0 };
	for (unsigned int i = 0; i < ARRAY_SIZE(variables) && getenv(variables[i]); i++) {
		device_find(&device, variables[i]);
		if (device.tph)
			devices->requesters[devices->count++] = variables[i];
		else
			devices->other = variables[i];
		device_put(&device);
	}
	if (!devices->count)
		tap_bail_out("this machine has no accelerator that is a TPH requester");
}

unsigned int stage_set(unsigned int stage)
{
	FILE *file = fopen(STAGE, "r+e");
	unsigned int before;

	if (!file || fscanf(file, "%u", &before) != 1 || fseek(file, 0, SEEK_SET) ||
	    fprintf(file, "%u", stage) < 0 || fclose(file))
		tap_bail_out("cannot set " STAGE ": %s", strerror(errno));
	return before;
}
