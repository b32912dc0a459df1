// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "compat.h"
#include "internal.h"

static_assert((int)VFIO_TPH_TAG_ST == VFIO_DMA_BUF_TPH_ST &&
		      (int)VFIO_TPH_TAG_ST_EXT == VFIO_DMA_BUF_TPH_ST_EXT,
	      "flags are passed through");

#define MAX_PH 3

static int probe_tph(struct vfio_tph_device *device)
{
	uint32_t flags = VFIO_DEVICE_FEATURE_DMA_BUF_TPH | VFIO_DEVICE_FEATURE_SET |
			 VFIO_DEVICE_FEATURE_PROBE;

	return vfio_tph_feature(device, flags, NULL, 0) < 0 ? errno : 0;
}

static int fail_tph(struct vfio_tph_device *device, int err, struct vfio_tph_reason *reason)
{
	const char *bdf = device->bdf;

	switch (err) {
	case ENOTTY:
		return vfio_tph_fail(reason, err,
				     "the kernel cannot publish steering tags for %s: "
				     "%m. It needs VFIO_DEVICE_FEATURE_DMA_BUF_TPH and "
				     "CONFIG_VFIO_PCI_DMABUF",
				     bdf);
	case EOPNOTSUPP:
		return vfio_tph_fail(
			reason, err,
			"%s is no TPH completer, or its driver exports no dma-bufs: %m. "
			"Bits 13:12 of its Device Capabilities 2 register and the "
			"driver's name say which; tphctl dev show %s tells",
			bdf, bdf);
	default:
		return vfio_tph_fail(reason, err, "cannot publish steering tags for %s: %m", bdf);
	}
}

int vfio_tph_probe(struct vfio_tph_device *device, struct vfio_tph_reason *reason)
{
	int err = probe_tph(device);

	return err ? fail_tph(device, err, reason) : 0;
}

static int fail_export(const struct vfio_tph_device *device, unsigned int bar, int err,
		       struct vfio_tph_reason *reason)
{
	const char *advice = "";

	switch (err) {
	case ENOTTY:
		advice = ". The kernel needs VFIO_DEVICE_FEATURE_DMA_BUF: Linux 6.19 and "
			 "CONFIG_VFIO_PCI_DMABUF";
		break;
	case EOPNOTSUPP:
		advice = ". Its VFIO driver does not export BARs";
		break;
	case ENODEV:
		advice = ". The kernel could not claim the BAR's resource (see dmesg), or the "
			 "device is going away";
		break;
	}
	return vfio_tph_fail(reason, err, "cannot export BAR%u of %s as a dma-buf: %m%s", bar,
			     device->bdf, advice);
}

static int check_ranges(struct vfio_tph_device *device, unsigned int bar,
			const struct vfio_tph_range *ranges, size_t count,
			struct vfio_tph_reason *reason)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	struct vfio_region_info info;
	size_t i;
	int err;

	err = vfio_tph_get_bar(device, bar, &info, reason);
	if (err)
		return err;
	if (!count || count > VFIO_TPH_MAX_RANGES)
		return vfio_tph_fail(reason, EINVAL,
				     "cannot export %zu ranges of BAR%u of %s as one dma-buf: %m. "
				     "It is 1 to %u",
				     count, bar, device->bdf, VFIO_TPH_MAX_RANGES);
	for (i = 0; !err && i < count; i++)
		err = vfio_tph_check_range(device, &info, &ranges[i], page, reason);
	return err;
}

int vfio_tph_export_ranges(struct vfio_tph_device *device, unsigned int bar,
			   const struct vfio_tph_range *ranges, size_t count, int *dmabuf_fd,
			   struct vfio_tph_reason *reason)
{
	struct vfio_device_feature_dma_buf *request;
	struct vfio_device_feature *feature;
	size_t i, size;
	int err, fd;

	err = check_ranges(device, bar, ranges, count, reason);
	if (err)
		return err;
	size = sizeof(*request) + count * sizeof(request->dma_ranges[0]);
	feature = malloc(sizeof(*feature) + size);
	if (!feature)
		return fail_export(device, bar, ENOMEM, reason);

	request = (struct vfio_device_feature_dma_buf *)feature->data;
	*request = (struct vfio_device_feature_dma_buf){
		.region_index = bar,
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = count,
	};
	for (i = 0; i < count; i++)
		request->dma_ranges[i] = (struct vfio_region_dma_range){
			.offset = ranges[i].offset,
			.length = ranges[i].length,
		};
	fd = vfio_tph_call_feature(device, VFIO_DEVICE_FEATURE_DMA_BUF | VFIO_DEVICE_FEATURE_GET,
				   feature, size);
	err = fd < 0 ? fail_export(device, bar, errno, reason) : 0;
	free(feature);
	if (!err)
		*dmabuf_fd = fd;
	return err;
}

int vfio_tph_export(struct vfio_tph_device *device, unsigned int bar, uint64_t offset,
		    uint64_t length, int *dmabuf_fd, struct vfio_tph_reason *reason)
{
	const struct vfio_tph_range range = { .offset = offset, .length = length };

	return vfio_tph_export_ranges(device, bar, &range, 1, dmabuf_fd, reason);
}

/* The kernel returns one errno for several mistakes. Find out which it was, for the message. */
static int fail_publish(struct vfio_tph_device *device, int dmabuf_fd,
			const struct vfio_tph_tags *tags, int err, struct vfio_tph_reason *reason)
{
	const char *bdf = device->bdf;

	switch (err) {
	case EINVAL:
		if (tags->flags & ~(uint32_t)(VFIO_TPH_TAG_ST | VFIO_TPH_TAG_ST_EXT))
			return vfio_tph_fail(reason, err,
					     "cannot publish steering tags: undefined "
					     "bits in flags %#x: %m",
					     tags->flags);
		if (tags->ph > MAX_PH)
			return vfio_tph_fail(reason, err,
					     "cannot publish processing hint %u: %m. "
					     "It is 0 to 3",
					     tags->ph);
		return vfio_tph_fail(reason, err,
				     "cannot publish steering tags: fd %d is not a "
				     "dma-buf of %s, or the device was closed since: %m",
				     dmabuf_fd, bdf);
	case EBADF:
		return vfio_tph_fail(reason, err, "cannot publish steering tags: fd %d: %m",
				     dmabuf_fd);
	case EOPNOTSUPP:
		if (tags->flags & VFIO_TPH_TAG_ST_EXT && !probe_tph(device))
			return vfio_tph_fail(reason, err,
					     "%s completes 8-bit steering tags only: "
					     "%m. Publish one in the 8-bit namespace",
					     bdf);
		return fail_tph(device, err, reason);
	default:
		return fail_tph(device, err, reason);
	}
}

int vfio_tph_publish(struct vfio_tph_device *device, int dmabuf_fd,
		     const struct vfio_tph_tags *tags, struct vfio_tph_reason *reason)
{
	const struct vfio_device_feature_dma_buf_tph data = {
		.dmabuf_fd = dmabuf_fd,
		.flags = tags->flags,
		.steering_tag_ext = tags->st_ext,
		.steering_tag = tags->st,
		.ph = tags->ph,
	};

	if (!vfio_tph_feature(device, VFIO_DEVICE_FEATURE_DMA_BUF_TPH | VFIO_DEVICE_FEATURE_SET,
			      &data, sizeof(data)))
		return 0;
	return fail_publish(device, dmabuf_fd, tags, errno, reason);
}

int vfio_tph_clear(struct vfio_tph_device *device, int dmabuf_fd, struct vfio_tph_reason *reason)
{
	const struct vfio_tph_tags none = {};

	return vfio_tph_publish(device, dmabuf_fd, &none, reason);
}
