// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * libvfio-tph on a real kernel, with the accelerator of the lab: opening, mapping, exporting,
 * publishing, and what each mistake is answered with.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <vfio/tph.h>

#include "expect.h"
#include "tap.h"

#define BAR 2
#define PAGE 4096

static int open_errno(const char *bdf)
{
	struct vfio_tph_device *device = vfio_tph_open(bdf, &reason);
	int err = errno;

	vfio_tph_close(device);
	return device ? 0 : err;
}

static bool has(const char *bdf, const char *attribute)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, attribute);
	return !access(path, F_OK);
}

/* Some PCI device that has a driver which is not of VFIO, or has none; empty when none such is. */
static void find_device(char *bdf, size_t size, bool with_driver)
{
	DIR *directory = opendir("/sys/bus/pci/devices");
	struct dirent *entry;

	*bdf = '\0';
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] != '.' && !has(entry->d_name, "vfio-dev") &&
		    has(entry->d_name, "driver") == with_driver) {
			snprintf(bdf, size, "%s", entry->d_name);
			break;
		}
	}
	if (directory)
		closedir(directory);
}

static void opening(const char *bdf)
{
	char other[NAME_MAX + 1];

	expect(open_errno(NULL), EINVAL, "lspci", "open no address");
	expect(open_errno("0000:00:05"), EINVAL, "0000:00:05", "open half an address");
	expect(open_errno("0000:00:20.0"), EINVAL, "0000:00:20.0", "open an impossible device");
	expect(open_errno("fffe:fe:1f.7"), ENODEV, "fffe:fe:1f.7", "open an absent device");
	find_device(other, sizeof(other), true);
	expect(open_errno(other), ENXIO, "driver/unbind", "open a device with another driver");
	find_device(other, sizeof(other), false);
	expect(open_errno(other), ENXIO, "driver_override", "open a device without driver");
}

static void bars(struct vfio_tph_device *device)
{
	uint64_t size = 0;
	void *memory;

	expect(vfio_tph_bar_size(device, BAR, &size, &reason), 0, "", "size of the memory BAR");
	tap_ok(size >= PAGE && !(size & (size - 1)), "it is a power of two: %#" PRIx64, size);
	expect(vfio_tph_bar_size(device, 6, &size, &reason), EINVAL, "BAR6", "size of BAR6");
	expect(vfio_tph_bar_size(device, BAR + 1, &size, &reason), ENXIO, "BAR3",
	       "size of the upper half");
	expect(vfio_tph_map_bar(device, BAR, 0, size + 1, &memory, &reason), ERANGE, "do not fit",
	       "map more than the BAR has");
	expect(vfio_tph_map_bar(device, BAR, UINT64_MAX - PAGE + 1, PAGE, &memory, &reason), ERANGE,
	       "do not fit", "map beyond its end");
	expect(vfio_tph_map_bar(device, BAR, 1, PAGE, &memory, &reason), EINVAL, "page size",
	       "map from the middle of a page");
	expect(vfio_tph_map_bar(device, BAR, 0, 0, &memory, &reason), EINVAL, "length 0",
	       "map nothing");
}

static void mapping_shows_the_memory(struct vfio_tph_device *device)
{
	volatile uint32_t *one, *two;
	void *first, *second;

	expect(vfio_tph_map_bar(device, BAR, 0, 2 * PAGE, &first, &reason), 0, "", "map two pages");
	expect(vfio_tph_map_bar(device, BAR, PAGE, PAGE, &second, &reason), 0, "",
	       "map the second again");
	one = (uint32_t *)((char *)first + PAGE);
	two = second;
	*one = 0x12345678;
	tap_ok(*two == 0x12345678, "both mappings show the same memory");
	munmap(first, 2 * PAGE);
	munmap(second, PAGE);
}

static void exporting(struct vfio_tph_device *device)
{
	uint64_t size = 0;
	int fd = -1;

	vfio_tph_bar_size(device, BAR, &size, &reason);
	expect(vfio_tph_export(device, 6, 0, PAGE, &fd, &reason), EINVAL, "BAR6", "export BAR6");
	expect(vfio_tph_export(device, BAR, 0, 0, &fd, &reason), EINVAL, "length 0",
	       "export nothing");
	expect(vfio_tph_export(device, BAR, 0, PAGE + 1, &fd, &reason), EINVAL, "multiple",
	       "export part of a page");
	expect(vfio_tph_export(device, BAR, PAGE, size, &fd, &reason), ERANGE, "do not fit",
	       "export beyond the end");
	tap_ok(fd == -1, "a failed export writes no fd");
	expect(vfio_tph_export(device, BAR, PAGE, size - PAGE, &fd, &reason), 0, "",
	       "export all but the first page");
	tap_ok(lseek(fd, 0, SEEK_END) == (off_t)(size - PAGE), "the dma-buf has that size");
	tap_ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "its fd is close-on-exec");
	close(fd);
}

static void exporting_ranges(struct vfio_tph_device *device)
{
	struct vfio_tph_range ranges[] = { { 3 * PAGE, PAGE }, { 0, 2 * PAGE }, { 0, PAGE } };
	int fd = -1;

	expect(vfio_tph_export_ranges(device, BAR, ranges, 0, &fd, &reason), EINVAL, "0 ranges",
	       "export no range");
	ranges[2].offset = 1;
	expect(vfio_tph_export_ranges(device, BAR, ranges, 3, &fd, &reason), EINVAL, "page size",
	       "export ranges one of which begins in a page");
	ranges[2].offset = UINT64_MAX - PAGE + 1;
	expect(vfio_tph_export_ranges(device, BAR, ranges, 3, &fd, &reason), ERANGE, "do not fit",
	       "export ranges one of which is beyond the end");
	tap_ok(fd == -1, "a failed export writes no fd");
	ranges[2].offset = 0;
	expect(vfio_tph_export_ranges(device, BAR, ranges, 3, &fd, &reason), 0, "",
	       "export three ranges, out of order and one twice");
	tap_ok(lseek(fd, 0, SEEK_END) == 4 * PAGE, "the dma-buf is as large as all of them");
	expect(vfio_tph_clear(device, fd, &reason), 0, "", "it takes tags as any other");
	close(fd);
}

static int publish(struct vfio_tph_device *device, int fd, uint32_t flags, unsigned int ph)
{
	struct vfio_tph_tags tags = { .flags = flags, .st_ext = 0x1234, .st = 0xf0, .ph = ph };

	return vfio_tph_publish(device, fd, &tags, &reason);
}

static void publishing(struct vfio_tph_device *device)
{
	int fd, not_open = 1000, not_dmabuf = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (vfio_tph_export(device, BAR, 0, PAGE, &fd, &reason))
		tap_bail_out("%s", reason.text);
	expect(vfio_tph_probe(device, &reason), 0, "", "probe");
	expect(publish(device, fd, VFIO_TPH_TAG_ST, 2), 0, "", "publish in the 8-bit namespace");
	expect(publish(device, fd, VFIO_TPH_TAG_ST, 3), 0, "", "replace it");
	expect(vfio_tph_clear(device, fd, &reason), 0, "", "clear it");
	expect(vfio_tph_clear(device, fd, &reason), 0, "", "clear it again");
	expect(publish(device, fd, 4, 0), EINVAL, "flags 0x4", "publish an undefined flag");
	expect(publish(device, fd, VFIO_TPH_TAG_ST, 4), EINVAL, "hint 4", "publish hint 4");
	expect(publish(device, not_open, VFIO_TPH_TAG_ST, 0), EBADF, "1000", "publish for no fd");
	expect(publish(device, not_dmabuf, VFIO_TPH_TAG_ST, 0), EINVAL, "dma-buf",
	       "publish for another file");
	close(not_dmabuf);
	close(fd);
}

/* The node that this process has a device of VFIO by, that is, has open. */
static void find_node(char *node, size_t size)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	ssize_t length;

	*node = '\0';
	while (directory && (entry = readdir(directory))) {
		length = readlinkat(dirfd(directory), entry->d_name, node, size - 1);
		node[length < 0 ? 0 : length] = '\0';
		if (!strncmp(node, "/dev/vfio/", strlen("/dev/vfio/")) &&
		    strcmp(node, "/dev/vfio/vfio"))
			break;
		*node = '\0';
	}
	if (directory)
		closedir(directory);
}

/* Without an IOMMU there is a group of VFIO's own making. */
static bool is_noiommu(const char *bdf)
{
	return has(bdf, "iommu_group/name");
}

static void opening_twice(const char *bdf, const char *how, const char *node)
{
	struct vfio_tph_device *device = vfio_tph_open(bdf, &reason);
	char by[PATH_MAX];
	uint64_t size = 0;

	if (!tap_ok(device, "%s: the device opens again after it was closed", how))
		tap_bail_out("%s", reason.text);
	find_node(by, sizeof(by));
	if (!tap_ok(!strncmp(by, node, strlen(node)) && by[strlen(node)] >= '0' &&
			    by[strlen(node)] <= '9',
		    "it is open by %s*", node))
		tap_note("it is open by %s", by);
	expect(vfio_tph_bar_size(device, BAR, &size, &reason), 0, "", "it answers");
	expect(open_errno(bdf), EBUSY, "process", "open an open device");
	vfio_tph_close(device);
}

static const char *group_node(const char *bdf)
{
	return is_noiommu(bdf) ? "/dev/vfio/noiommu-" : "/dev/vfio/";
}

static void opening_by_its_choice(const char *bdf)
{
	const char *own = is_noiommu(bdf) ? "/dev/vfio/devices/noiommu-vfio" :
					    "/dev/vfio/devices/vfio";

	/* Older kernels have none in no-IOMMU mode. */
	opening_twice(bdf, "by what the kernel has",
		      access("/dev/vfio/devices", F_OK) ? group_node(bdf) : own);
}

/* Without an iommufd the library falls back to the group and a container. */
static void opening_by_group(const char *bdf)
{
	bool moved = !rename("/dev/iommu", "/dev/iommu.away");

	if (!moved && errno != ENOENT)
		tap_bail_out("cannot move /dev/iommu: %s", strerror(errno));
	opening_twice(bdf, "by its group", group_node(bdf));
	if (moved && rename("/dev/iommu.away", "/dev/iommu"))
		tap_bail_out("cannot move /dev/iommu back: %s", strerror(errno));
}

static void allow_unsafe_interrupts(const char *module, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/allow_unsafe_interrupts", module);
	file = fopen(path, "w");
	if (!file || fputs(value, file) < 0 || fclose(file))
		tap_bail_out("cannot write %s: %s", path, strerror(errno));
}

/* The lab's IOMMU remaps no interrupts, so that it takes a parameter to use it, one for each way. */
static void opening_with_unsafe_interrupts(const char *bdf)
{
	allow_unsafe_interrupts("iommufd", "N");
	opening_twice(bdf, "where only the container may", group_node(bdf));
	allow_unsafe_interrupts("vfio_iommu_type1", "N");
	expect(open_errno(bdf), EPERM, "iommufd/parameters/allow_unsafe_interrupts",
	       "open where neither may");
	allow_unsafe_interrupts("iommufd", "Y");
	allow_unsafe_interrupts("vfio_iommu_type1", "Y");
}

/* In a process of @user: the errno of opening the device. */
static int open_errno_of(uid_t user, const char *bdf)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(setresuid(user, user, user) ? 0xff : open_errno(bdf));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		tap_bail_out("cannot try as another user");
	return WEXITSTATUS(status);
}

/* Whom the administrator gave the group's node, and no other one, uses that. */
static void opening_unprivileged(const char *bdf)
{
	const uid_t nobody = 65534;
	struct vfio_tph_device *device;
	char node[PATH_MAX];

	tap_errno(open_errno_of(nobody, bdf), EACCES, "open without permission");
	if (rename("/dev/iommu", "/dev/iommu.away") && errno != ENOENT)
		tap_bail_out("cannot move /dev/iommu: %s", strerror(errno));
	device = vfio_tph_open(bdf, &reason);
	find_node(node, sizeof(node));
	vfio_tph_close(device);
	rename("/dev/iommu.away", "/dev/iommu");
	if (chown(node, nobody, -1))
		tap_bail_out("cannot give %s away: %s", node, strerror(errno));
	tap_errno(open_errno_of(nobody, bdf), is_noiommu(bdf) ? EPERM : 0,
		  "open with permission for the group alone");
	if (chown(node, 0, -1))
		tap_bail_out("cannot take %s back: %s", node, strerror(errno));
}

/* What the child does with the device, and that it closes it, is the child's affair. */
static int publish_in_child(struct vfio_tph_device *device, int dmabuf)
{
	int status = 0, err;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		err = publish(device, dmabuf, VFIO_TPH_TAG_ST, 1);
		close(dmabuf);
		vfio_tph_close(device);
		_exit(err);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		tap_bail_out("cannot fork");
	return WEXITSTATUS(status);
}

static void forking(const char *bdf)
{
	struct vfio_tph_device *device = vfio_tph_open(bdf, &reason);
	int fd;

	if (!device || vfio_tph_export(device, BAR, 0, PAGE, &fd, &reason))
		tap_bail_out("%s", reason.text);
	tap_errno(publish_in_child(device, fd), 0, "a child publishes, and closes the device");
	expect(publish(device, fd, VFIO_TPH_TAG_ST, 2), 0, "", "its parent's is still open");
	close(fd);
	vfio_tph_close(device);
}

static void closing_revokes(const char *bdf)
{
	struct vfio_tph_device *device = vfio_tph_open(bdf, &reason), *again;
	int fd;

	if (!device || vfio_tph_export(device, BAR, 0, PAGE, &fd, &reason))
		tap_bail_out("%s", reason.text);
	vfio_tph_close(device);
	again = vfio_tph_open(bdf, &reason);
	if (!again)
		tap_bail_out("%s", reason.text);
	expect(publish(again, fd, VFIO_TPH_TAG_ST, 0), EINVAL, "closed since",
	       "publish for a dma-buf from before the device was closed");
	vfio_tph_close(again);
	close(fd);
}

static void accepts_device_ioctls(struct vfio_tph_device *device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd = vfio_tph_device_fd(device);

	tap_ok(!ioctl(fd, VFIO_DEVICE_GET_INFO, &info) && info.flags & VFIO_DEVICE_FLAGS_PCI,
	       "the device fd is a VFIO PCI device's");
}

int main(void)
{
	const char *bdf = getenv("TPH_ACC0");
	struct vfio_tph_device *device;

	if (!bdf)
		tap_bail_out("TPH_ACC0 is not set: the lab sets it to the accelerator's address");
	tap_plan(44 + 7 + 2 + 1 + 2 + (is_noiommu(bdf) ? 0 : 5));
	opening(bdf);
	device = vfio_tph_open(bdf, &reason);
	if (!tap_ok(device, "the accelerator opens"))
		tap_bail_out("%s", reason.text);
	accepts_device_ioctls(device);
	bars(device);
	mapping_shows_the_memory(device);
	exporting(device);
	exporting_ranges(device);
	publishing(device);
	vfio_tph_close(device);
	opening_by_its_choice(bdf);
	opening_by_group(bdf);
	if (!is_noiommu(bdf))
		opening_with_unsafe_interrupts(bdf);
	opening_unprivileged(bdf);
	forking(bdf);
	closing_revokes(bdf);
	return tap_status();
}
