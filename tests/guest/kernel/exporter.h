/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the tests of the kernel's interface share: dma-bufs, and publishing by the raw ioctl. */
#ifndef GUEST_KERNEL_EXPORTER_H
#define GUEST_KERNEL_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vfio.h>
#include <linux/vfio_tph.h>
#include <vfio/tph.h>

#define EXPORTER_BAR	2
#define EXPORTER_LENGTH	4096

/* A dma-buf of a memfd, @length bytes; ends the test when there is no udmabuf. */
int exporter_udmabuf(size_t length);
/* The accelerator whose address is in the environment variable; ends the test when it cannot be. */
struct vfio_tph_device *exporter_open(const char *variable);
/* A dma-buf of the accelerator's memory; ends the test when there is none. */
int exporter_export(struct vfio_tph_device *device);

/*
 * VFIO_DEVICE_FEATURE with VFIO_DEVICE_FEATURE_DMA_BUF_TPH. @operation is VFIO_DEVICE_FEATURE_SET
 * and so on; @size is how many bytes of @data argsz speaks of. Returns 0 or a positive errno.
 */
int exporter_feature(struct vfio_tph_device *device, uint32_t operation, const void *data,
		     size_t size);
/* SET with all of @set. */
int exporter_set(struct vfio_tph_device *device, const struct vfio_device_feature_dma_buf_tph *set);
/* SET of an 8-bit tag and a hint only. */
int exporter_publish(struct vfio_tph_device *device, int dmabuf_fd, uint8_t st, uint8_t ph);
/* Switches decoding of the BARs on or off, which takes their dma-bufs back or gives them again. */
int exporter_set_memory_enabled(struct vfio_tph_device *device, bool enabled);
/* Puts the device into D3hot, or D0, which does the same. Either returns 0 or a positive errno. */
int exporter_set_d3hot(struct vfio_tph_device *device, bool d3hot);

#endif
