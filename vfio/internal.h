/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef VFIO_TPH_INTERNAL_H
#define VFIO_TPH_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <vfio/tph.h>

#include "util/pci_address.h"

/* Any path that this library makes, the longest name of a directory entry in it. */
#define VFIO_TPH_PATH_SIZE 384

/*
 * What keeps the device open: the iommufd that it is bound to, or its VFIO container and group.
 * Those not in use are -1, as all are of a device that the caller has opened.
 */
struct vfio_tph_device {
	int fd;
	bool is_callers;
	int iommufd;
	int container;
	int group;
	char bdf[PCI_ADDRESS_SIZE];
};

/*
 * reason.c: fills @reason, if there is one; %m in @format is the text of @err. Returns @err, so
 * that failing is one statement.
 */
int vfio_tph_fail(struct vfio_tph_reason *reason, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* reason.c: the same for a node of VFIO that cannot be opened. */
int vfio_tph_fail_open(struct vfio_tph_reason *reason, int err, const char *path);

/* reason.c: EOPNOTSUPP of a structure with fields that this library does not have. */
int vfio_tph_fail_comp_mask(struct vfio_tph_reason *reason, uint64_t comp_mask);

/* sysfs.c: what the kernel says about a PCI device. An int is 0 or a positive errno. */

/* The last component of what a symbolic link points at; false when it cannot be read. */
bool vfio_tph_read_link_name(const char *path, char *name, size_t size);
/* The first line of a small file; empty when it cannot be read. */
void vfio_tph_read_line(const char *path, char *line, size_t size);
/* That it exists and has a driver of VFIO. */
int vfio_tph_check_driver(const char *bdf, struct vfio_tph_reason *reason);
/* The path of its own node, of VFIO_TPH_PATH_SIZE; ENOENT when the kernel makes none. */
int vfio_tph_find_cdev(const char *bdf, char *path);
/* The path of its group's node; ENOENT when it is in none. */
int vfio_tph_find_group(const char *bdf, char *path, bool *noiommu);

/*
 * cdev.c and group.c: the two ways to open a device. Both fill the fds of @device and return 0, or
 * leave it alone and return a positive errno. ENOENT and EACCES of the first leave @reason alone
 * too: this is not the way, on this kernel or for this user.
 */
int vfio_tph_open_cdev(struct vfio_tph_device *device, struct vfio_tph_reason *reason);
int vfio_tph_open_group(struct vfio_tph_device *device, struct vfio_tph_reason *reason);

struct vfio_device_feature;

/*
 * feature.c: a feature, which is a head and @size bytes of data. Returns what the ioctl returns, -1
 * with errno or the feature's own value.
 */
int vfio_tph_call_feature(struct vfio_tph_device *device, uint32_t flags,
			  struct vfio_device_feature *feature, size_t size);
/* feature.c: the same with a copy of @data, for features of a size that callers do not choose. */
int vfio_tph_feature(struct vfio_tph_device *device, uint32_t flags, const void *data, size_t size);
/* feature.c: gets one that reads @data, too. Returns 0 or a positive errno. */
int vfio_tph_get_feature(struct vfio_tph_device *device, uint32_t which, void *data, size_t size);

struct vfio_region_info;

/* bar.c: any region; an errno of the kernel's. */
int vfio_tph_get_region(struct vfio_tph_device *device, unsigned int index,
			struct vfio_region_info *info, struct vfio_tph_reason *reason);
/* bar.c: of a memory BAR; EINVAL and ENXIO as vfio_tph_bar_size() documents them. */
int vfio_tph_get_bar(struct vfio_tph_device *device, unsigned int bar,
		     struct vfio_region_info *info, struct vfio_tph_reason *reason);
/*
 * bar.c: EINVAL and ERANGE as vfio_tph_export() documents them for a part of that BAR. The length
 * has to be a multiple of @length_unit.
 */
int vfio_tph_check_range(const struct vfio_tph_device *device, const struct vfio_region_info *bar,
			 const struct vfio_tph_range *range, uint64_t length_unit,
			 struct vfio_tph_reason *reason);

/* Where configuration space of a device is within its fd, and how many bytes of it there are. */
struct vfio_tph_config {
	struct vfio_tph_device *device;
	uint64_t start;
	uint64_t size;
};

/*
 * config.c: configuration space as the kernel shows it to the owner, in registers of 32 bits at
 * multiples of 4. Each returns 0, or an errno of the kernel's, EIO for half an access.
 */
int vfio_tph_find_config(struct vfio_tph_device *device, struct vfio_tph_config *config,
			 struct vfio_tph_reason *reason);
int vfio_tph_read_config(const struct vfio_tph_config *config, unsigned int offset, uint32_t *value,
			 struct vfio_tph_reason *reason);
int vfio_tph_write_config(const struct vfio_tph_config *config, unsigned int offset, uint32_t value,
			  struct vfio_tph_reason *reason);

/*
 * requester.c: why control of the requester is not to be had, ENOTTY or EPERM; or why @what failed,
 * of another @err. Returns @err.
 */
int vfio_tph_fail_control(struct vfio_tph_device *device, int err, const char *what,
			  struct vfio_tph_reason *reason);
/* requester.c: the administrator does not let the owner do @what, below @stage. EOPNOTSUPP. */
int vfio_tph_fail_stage(struct vfio_tph_device *device, unsigned int stage, const char *what,
			struct vfio_tph_reason *reason);

/* requester.c: enum vfio_tph_requester_flags, of any kernel. */
int vfio_tph_query_kernel(struct vfio_tph_device *device, uint32_t *flags,
			  struct vfio_tph_reason *reason);
/* steering.c: that it is one of both. EINVAL. */
int vfio_tph_check_namespace(uint32_t tph_namespace, struct vfio_tph_reason *reason);

#endif /* VFIO_TPH_INTERNAL_H */
