// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define SYSFS_PCI "/sys/bus/pci/devices"
#define NOIOMMU_PARAMETER "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

static void attribute_path(char *path, const char *bdf, const char *attribute)
{
	snprintf(path, VFIO_TPH_PATH_SIZE, SYSFS_PCI "/%s/%s", bdf, attribute);
}

static bool has_attribute(const char *bdf, const char *attribute)
{
	char path[VFIO_TPH_PATH_SIZE];

	attribute_path(path, bdf, attribute);
	return !access(path, F_OK);
}

bool vfio_tph_read_link_name(const char *path, char *name, size_t size)
{
	char target[VFIO_TPH_PATH_SIZE];
	const char *slash;
	ssize_t length;

	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	slash = strrchr(target, '/');
	return snprintf(name, size, "%s", slash ? slash + 1 : target) < (int)size;
}

static bool read_link_name(const char *bdf, const char *attribute, char *name, size_t size)
{
	char path[VFIO_TPH_PATH_SIZE];

	attribute_path(path, bdf, attribute);
	return vfio_tph_read_link_name(path, name, size);
}

void vfio_tph_read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, line, size - 1);

	line[length < 0 ? 0 : length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

/*
 * vfio-pci binds devices without an IOMMU only in no-IOMMU mode. Say so before advising to bind it.
 */
static const char *noiommu_advice(const char *bdf)
{
	char enabled[4];

	if (has_attribute(bdf, "iommu_group"))
		return "";
	vfio_tph_read_line(NOIOMMU_PARAMETER, enabled, sizeof(enabled));
	if (enabled[0] == 'Y')
		return "";
	return ". There is no IOMMU for it: first echo 1 > " NOIOMMU_PARAMETER
	       " (CONFIG_VFIO_NOIOMMU)";
}

int vfio_tph_check_driver(const char *bdf, struct vfio_tph_reason *reason)
{
	char driver[64];

	if (!has_attribute(bdf, ""))
		return vfio_tph_fail(reason, ENODEV,
				     "no PCI device %s: %m. lspci -D shows those there are", bdf);
	if (!read_link_name(bdf, "driver", driver, sizeof(driver)))
		return vfio_tph_fail(reason, ENXIO,
				     "%s has no driver: %m. Bind it: echo vfio-pci > " SYSFS_PCI
				     "/%s/driver_override; echo %s > /sys/bus/pci/drivers_probe%s",
				     bdf, bdf, bdf, noiommu_advice(bdf));
	/* Variants of vfio-pci have names of their own; vfio-dev is there since Linux 6.1. */
	if (!has_attribute(bdf, "vfio-dev") && strcmp(driver, "vfio-pci"))
		return vfio_tph_fail(reason, ENXIO,
				     "%s is bound to %s, not to vfio-pci: %m. Bind it: "
				     "echo vfio-pci > " SYSFS_PCI "/%s/driver_override; "
				     "echo %s > " SYSFS_PCI "/%s/driver/unbind; "
				     "echo %s > /sys/bus/pci/drivers_probe%s",
				     bdf, driver, bdf, bdf, bdf, bdf, noiommu_advice(bdf));
	return 0;
}

/* The one entry of the vfio-dev directory, which the kernel names after the node. */
static bool read_vfio_dev(const char *bdf, char *name, size_t size)
{
	char path[VFIO_TPH_PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *directory;

	attribute_path(path, bdf, "vfio-dev");
	directory = opendir(path);
	if (!directory)
		return false;
	while (!found && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			found = snprintf(name, size, "%s", entry->d_name) < (int)size;
	closedir(directory);
	return found;
}

int vfio_tph_find_cdev(const char *bdf, char *path)
{
	char name[64], attribute[96];

	if (!read_vfio_dev(bdf, name, sizeof(name)))
		return ENOENT;
	/*
	 * Without CONFIG_VFIO_DEVICE_CDEV, and in no-IOMMU mode without CONFIG_IOMMUFD_NOIOMMU,
	 * there is a name but no node.
	 */
	snprintf(attribute, sizeof(attribute), "vfio-dev/%s/dev", name);
	if (!has_attribute(bdf, attribute))
		return ENOENT;
	snprintf(path, VFIO_TPH_PATH_SIZE, "/dev/vfio/devices/%s", name);
	return 0;
}

int vfio_tph_find_group(const char *bdf, char *path, bool *noiommu)
{
	char attribute[VFIO_TPH_PATH_SIZE], group[16], name[32];

	if (!read_link_name(bdf, "iommu_group", group, sizeof(group)))
		return ENOENT;
	attribute_path(attribute, bdf, "iommu_group/name");
	vfio_tph_read_line(attribute, name, sizeof(name));
	*noiommu = !strcmp(name, "vfio-noiommu");
	snprintf(path, VFIO_TPH_PATH_SIZE, "/dev/vfio/%s%s", *noiommu ? "noiommu-" : "", group);
	return 0;
}
