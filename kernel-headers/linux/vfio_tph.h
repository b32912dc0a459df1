/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * TLP Processing Hints (TPH) for devices that user space owns through vfio-pci.
 *
 * Included by user space and, as <uapi/linux/vfio_tph.h>, by the kernel. Where <linux/vfio.h>
 * defines a name itself, that definition is used.
 */
#ifndef _UAPI_LINUX_VFIO_TPH_H
#define _UAPI_LINUX_VFIO_TPH_H

#include <linux/types.h>
#include <linux/vfio.h>

#ifndef VFIO_DEVICE_FEATURE_DMA_BUF_TPH
/**
 * DOC: VFIO_DEVICE_FEATURE_DMA_BUF_TPH (SET, PROBE)
 *
 * Attaches TPH metadata to a dma-buf that was exported from this device with
 * VFIO_DEVICE_FEATURE_DMA_BUF: the steering tags and the processing hint that a peer device which
 * imports the dma-buf should put into its requests. Only the completer, this device, knows what
 * its tags mean, and the kernel passes them on without looking at them.
 *
 * Every SET replaces the whole state; a SET with flags 0 clears it. A SET affects the queries that
 * importers make after it; a mapping that exists keeps what it was made with until its importer
 * asks again. So it comes before the file descriptor is handed to an importer. It may also come
 * while the dma-buf is revoked.
 *
 * The errors of VFIO_DEVICE_FEATURE with this feature, in the order in which they are tested:
 *
 *  ENOTTY      The kernel has no such feature, or was built without dma-buf export from vfio-pci.
 *  EINVAL      VFIO_DEVICE_FEATURE_GET is set, or no operation is.
 *  EOPNOTSUPP  The device is no TPH completer (PCIe Device Capabilities 2, bits 13:12, as they were
 *              when it was opened), or its driver exports no dma-bufs. PROBE returns it too, and 0
 *              otherwise.
 *  EINVAL      argsz leaves no room for struct vfio_device_feature_dma_buf_tph.
 *  EFAULT      The structure cannot be read.
 *  EINVAL      An undefined bit is set in flags, or ph is above 3.
 *  EOPNOTSUPP  VFIO_DMA_BUF_TPH_ST_EXT is set and the device completes 8-bit tags only.
 *  EBADF       dmabuf_fd is not an open file.
 *  EINVAL      dmabuf_fd is not a dma-buf; or it is one of another exporter or of another vfio
 *              device; or its device was closed since it was exported.
 *  EINTR       A signal arrived while an importer held the reservation lock of the dma-buf.
 */
#define VFIO_DEVICE_FEATURE_DMA_BUF_TPH 0xff00 /* from the end that upstream will not reach */

/**
 * struct vfio_device_feature_dma_buf_tph - data of VFIO_DEVICE_FEATURE_DMA_BUF_TPH
 * @dmabuf_fd: file descriptor that VFIO_DEVICE_FEATURE_DMA_BUF returned for the same device
 * @flags: VFIO_DMA_BUF_TPH_ST and VFIO_DMA_BUF_TPH_ST_EXT; says which tags are valid. A namespace
 *	whose flag is clear has no tag, and the tag of the other never stands in for it.
 * @steering_tag_ext: 16-bit (Extended TPH) tag; ignored without VFIO_DMA_BUF_TPH_ST_EXT
 * @steering_tag: 8-bit tag; ignored without VFIO_DMA_BUF_TPH_ST
 * @ph: processing hint that goes with either tag, 0 to 3 (PCI Express Base Specification,
 *	"TLP Processing Hints": 0 bidirectional, 1 requester, 2 target, 3 target with priority)
 */
struct vfio_device_feature_dma_buf_tph {
	__s32	dmabuf_fd;
	__u32	flags;
#define VFIO_DMA_BUF_TPH_ST	(1 << 0)
#define VFIO_DMA_BUF_TPH_ST_EXT	(1 << 1)
	__u16	steering_tag_ext;
	__u8	steering_tag;
	__u8	ph;
};
#endif /* VFIO_DEVICE_FEATURE_DMA_BUF_TPH */

#endif /* _UAPI_LINUX_VFIO_TPH_H */
