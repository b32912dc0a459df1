/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * <linux/vfio.h>, with what older versions lack: this library builds with the headers of Linux 6.1,
 * and finds out at run time what the kernel supports.
 */
#ifndef VFIO_TPH_COMPAT_H
#define VFIO_TPH_COMPAT_H

#include <linux/vfio.h>

#ifndef VFIO_DEVICE_BIND_IOMMUFD /* Linux 6.6 */
#define VFIO_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#endif

#ifndef VFIO_DEVICE_FEATURE_DMA_BUF /* Linux 6.19 */
#define VFIO_DEVICE_FEATURE_DMA_BUF 11
struct vfio_region_dma_range {
	__u64 offset;
	__u64 length;
};

struct vfio_device_feature_dma_buf {
	__u32 region_index;
	__u32 open_flags;
	__u32 flags;
	__u32 nr_ranges;
	struct vfio_region_dma_range dma_ranges[];
};
#endif

#include <linux/vfio_tph.h>

#endif /* VFIO_TPH_COMPAT_H */
