/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_DMABUF_TPH_H
#define VFIO_PCI_DMABUF_TPH_H

#include <linux/errno.h>
#include <linux/types.h>
#include <uapi/linux/vfio_tph.h>

struct vfio_pci_core_device;

#ifdef CONFIG_VFIO_PCI_DMABUF
void vfio_pci_dma_buf_tph_init(struct vfio_pci_core_device *vdev);
int vfio_pci_core_feature_dma_buf_tph(struct vfio_pci_core_device *vdev, u32 flags,
				      struct vfio_device_feature_dma_buf_tph __user *arg,
				      size_t argsz);
#else
static inline void vfio_pci_dma_buf_tph_init(struct vfio_pci_core_device *vdev)
{
}

static inline int
vfio_pci_core_feature_dma_buf_tph(struct vfio_pci_core_device *vdev, u32 flags,
				  struct vfio_device_feature_dma_buf_tph __user *arg, size_t argsz)
{
	return -ENOTTY;
}
#endif

#endif
