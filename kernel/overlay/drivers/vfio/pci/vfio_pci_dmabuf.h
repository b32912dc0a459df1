/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_DMABUF_H
#define VFIO_PCI_DMABUF_H

#include <linux/completion.h>
#include <linux/dma-buf.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/types.h>

struct p2pdma_provider;
struct phys_vec;
struct vfio_pci_core_device;

/**
 * struct vfio_pci_dma_buf_tph - TLP Processing Hints that the owner of the device published
 * @flags: VFIO_DMA_BUF_TPH_*, which of the tags are valid
 * @steering_tag_ext: 16-bit steering tag
 * @steering_tag: 8-bit steering tag
 * @ph: processing hint
 *
 * Protected by the reservation lock of the dma-buf.
 */
struct vfio_pci_dma_buf_tph {
	u32 flags;
	u16 steering_tag_ext;
	u8 steering_tag;
	u8 ph;
};

struct vfio_pci_dma_buf {
	struct dma_buf *dmabuf;
	struct vfio_pci_core_device *vdev;
	struct list_head dmabufs_elm;
	size_t size;
	struct phys_vec *phys_vec;
	struct p2pdma_provider *provider;
	u32 nr_ranges;
	struct kref kref;
	struct completion comp;
	struct vfio_pci_dma_buf_tph tph;
	u8 revoked : 1;
};

int vfio_pci_dma_buf_get_tph(struct dma_buf *dmabuf, bool extended, u16 *steering_tag, u8 *ph);

#endif
