/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The owner of a PCI device in user space, as exporter: opens the device through vfio-pci, exports
 * a part of a BAR as a dma-buf and publishes the TPH steering tags that writers should send with
 * what they write there. What a tag means only the device knows.
 *
 * All functions may be called from several threads, those on one device too; vfio_tph_close() only
 * when no other call on the device is running. A function that takes a reason fills it when it
 * fails, if it is not NULL. After a fork() both processes have the device, and each closes it: it
 * is open until the last of them has. All fds are close-on-exec.
 */
#ifndef VFIO_TPH_H
#define VFIO_TPH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An open device. */
struct vfio_tph_device;

#define VFIO_TPH_REASON_SIZE 512

/*
 * Why a call failed, one line without a newline for the user to read: what could not be done, the
 * errno's text, and what to do about it. Not for programs to parse: they have the errno.
 */
struct vfio_tph_reason {
	char text[VFIO_TPH_REASON_SIZE];
};

/* Which tags of struct vfio_tph_tags are valid. */
enum vfio_tph_tag_flags {
	VFIO_TPH_TAG_ST = 1 << 0,     /* st, in the 8-bit namespace */
	VFIO_TPH_TAG_ST_EXT = 1 << 1, /* st_ext, in the 16-bit namespace */
};

/*
 * flags:  enum vfio_tph_tag_flags
 * st_ext: 0..0xffff
 * st:     0..0xff
 * ph:     processing hint 0..3, for both: 0 bidirectional, 1 requester, 2 target, 3 target with
 *         priority (PCI Express Base Specification, "Processing Hints")
 */
struct vfio_tph_tags {
	uint32_t flags;
	uint16_t st_ext;
	uint8_t st;
	uint8_t ph;
};

/**
 * vfio_tph_open - Open a PCI device that is bound to vfio-pci or a variant of it
 * @bdf: address, "DDDD:BB:DD.F" or "BB:DD.F" in domain 0, hexadecimal; a domain has up to 8
 *	digits, leading zeroes may be left out
 *
 * By the device's own node and iommufd where the kernel has both and they may be used, else by
 * its VFIO group; either way in no-IOMMU mode, too. No address space is attached: the device can be
 * a target, not a DMA master. The kernel resets the device, if it can be reset.
 *
 * Return: the device, or NULL with errno, the first that applies of
 *	EINVAL	@bdf is NULL or has another form
 *	ENODEV	no such PCI device
 *	ENXIO	the device has no driver, or one that is not VFIO's
 *	ENOENT	the device nodes of VFIO are missing
 *	EACCES	no permission for them
 *	EPERM	no-IOMMU mode without CAP_SYS_RAWIO, or switched off since the device was bound; or
 *		the IOMMU does not keep interrupts apart, and the parameters of iommufd and
 *		vfio_iommu_type1, allow_unsafe_interrupts, are off
 *	EBUSY	the device, or another one of its group, is in use
 *	ENOMEM	no memory
 * and what the kernel says when it cannot enable the device.
 */
struct vfio_tph_device *vfio_tph_open(const char *bdf, struct vfio_tph_reason *reason);

/**
 * vfio_tph_use_fd - Take a VFIO device that the caller has opened
 * @fd: device fd of VFIO. It stays the caller's, and open until vfio_tph_close(), which leaves it so
 * @bdf: address of the device, as of vfio_tph_open(): for reasons
 *
 * For drivers with code of their own for VFIO. vfio_tph_open() attaches no address space, so that
 * the device can be written to and cannot write; this one has whatever address space its opener
 * gave it. All functions of the library take the result.
 *
 * Return: the device, or NULL with errno, the first that applies of
 *	EINVAL	@bdf is NULL or has another form
 *	EBADF	@fd is not open
 *	ENOTTY	@fd is no device fd of VFIO
 *	EINVAL	the device is no PCI device
 *	ENOMEM	no memory
 */
struct vfio_tph_device *vfio_tph_use_fd(int fd, const char *bdf, struct vfio_tph_reason *reason);

/**
 * vfio_tph_close - Close a device
 * @device: from vfio_tph_open() or vfio_tph_use_fd(), or NULL
 *
 * The kernel revokes every dma-buf that was exported, whoever has registered it; their fds and
 * the mappings of BARs stay the caller's to close and unmap. A device of vfio_tph_use_fd() stays
 * open: the library forgets it, and that is all.
 */
void vfio_tph_close(struct vfio_tph_device *device);

/**
 * vfio_tph_device_fd - The VFIO device fd, for all that this library does not do
 * @device: the device, which keeps owning the fd
 *
 * Return: the fd.
 */
int vfio_tph_device_fd(const struct vfio_tph_device *device);

/**
 * vfio_tph_probe - Can tags be published for this device
 *
 * Return: 0, or a positive errno:
 *	EOPNOTSUPP	the device is no TPH completer (Device Capabilities 2, bits 13:12), or is
 *			bound to a driver that exports no dma-bufs
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_DMA_BUF_TPH
 */
int vfio_tph_probe(struct vfio_tph_device *device, struct vfio_tph_reason *reason);

/**
 * vfio_tph_bar_size - Size of a BAR
 * @bar: 0..5; of a 64-bit BAR the lower number
 * @size: set to the size in bytes, on success only
 *
 * Return: 0, or a positive errno:
 *	EINVAL	@bar is above 5
 *	ENXIO	the BAR is not implemented, or is an I/O BAR
 */
int vfio_tph_bar_size(struct vfio_tph_device *device, unsigned int bar, uint64_t *size,
		      struct vfio_tph_reason *reason);

/**
 * vfio_tph_map_bar - Map a part of a BAR into this process, uncached, for reading and writing
 * @bar: 0..5
 * @offset: first byte, a multiple of the page size
 * @length: bytes, not 0; the mapping ends with the page of the last one
 * @address: set to the mapping, on success only; munmap() it when done
 *
 * The dma-buf itself cannot be mapped: this is the way for the CPU to see the same memory.
 *
 * Return: 0, or a positive errno, the first that applies of
 *	EINVAL	@bar is above 5
 *	ENXIO	the BAR is not implemented, or is an I/O BAR
 *	EINVAL	@offset is not aligned, @length is 0
 *	ERANGE	@offset + @length is beyond the end of the BAR
 *	ENODEV	the kernel does not let this BAR be mapped
 *	ENOMEM	no address space
 */
int vfio_tph_map_bar(struct vfio_tph_device *device, unsigned int bar, uint64_t offset,
		     uint64_t length, void **address, struct vfio_tph_reason *reason);

/**
 * vfio_tph_export - Export a part of a BAR as a dma-buf
 * @bar: 0..5
 * @offset: first byte, a multiple of the page size
 * @length: bytes, a multiple of the page size, not 0
 * @dmabuf_fd: set to the dma-buf, on success only; O_CLOEXEC; close() it when done
 *
 * The device has to stay open: closing it revokes the dma-buf.
 *
 * Return: 0, or a positive errno, the first that applies of
 *	EINVAL		@bar is above 5
 *	ENXIO		the BAR is not implemented, or is an I/O BAR
 *	EINVAL		@offset or @length is not aligned, @length is 0
 *	ERANGE		@offset + @length is beyond the end of the BAR
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_DMA_BUF
 *	EOPNOTSUPP	the device's VFIO driver does not export BARs
 *	ENODEV		the BAR's resource is not claimed, or the device is going away
 *	ENOMEM, EMFILE	no memory, no fd left
 */
int vfio_tph_export(struct vfio_tph_device *device, unsigned int bar, uint64_t offset,
		    uint64_t length, int *dmabuf_fd, struct vfio_tph_reason *reason);

/*
 * A part of a BAR.
 *
 * offset: first byte, a multiple of the page size
 * length: bytes, a multiple of the page size, not 0
 */
struct vfio_tph_range {
	uint64_t offset;
	uint64_t length;
};

#define VFIO_TPH_MAX_RANGES 1024

/**
 * vfio_tph_export_ranges - Export several parts of a BAR as one dma-buf
 * @bar: 0..5
 * @ranges: which, in the order in which the dma-buf has them, one right behind the other; the same
 *	memory may be in several. Not modified
 * @count: 1..VFIO_TPH_MAX_RANGES
 * @dmabuf_fd: as of vfio_tph_export()
 *
 * For memory that its user sees as one and the device does not: a ring that begins in the middle, a
 * tensor that is spread over banks. Its tags are those of the dma-buf, whichever range is written.
 *
 * Return: as vfio_tph_export(), for the first range that is wrong; and
 *	EINVAL	@count is 0 or above VFIO_TPH_MAX_RANGES
 */
int vfio_tph_export_ranges(struct vfio_tph_device *device, unsigned int bar,
			   const struct vfio_tph_range *ranges, size_t count, int *dmabuf_fd,
			   struct vfio_tph_reason *reason);

/**
 * vfio_tph_publish - Say which tags writers to a dma-buf should send
 * @dmabuf_fd: from vfio_tph_export() on this device
 * @tags: replaces all that was published before, in both namespaces; not modified
 *
 * It affects registrations made from now on; publish before handing the dma-buf to an importer.
 * Also allowed while the dma-buf is revoked.
 *
 * Return: 0, or a positive errno, the first that applies of
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_DMA_BUF_TPH
 *	EOPNOTSUPP	the device is no TPH completer, or its driver exports no dma-bufs
 *	EINVAL		@tags->flags has an undefined bit, @tags->ph is above 3
 *	EOPNOTSUPP	VFIO_TPH_TAG_ST_EXT, and the device does not complete Extended TPH
 *	EBADF		@dmabuf_fd is not open
 *	EINVAL		@dmabuf_fd is no dma-buf, or not one of this open device
 *	EINTR		a signal came while an importer had the dma-buf locked; nothing was changed
 */
int vfio_tph_publish(struct vfio_tph_device *device, int dmabuf_fd,
		     const struct vfio_tph_tags *tags, struct vfio_tph_reason *reason);

/**
 * vfio_tph_clear - Publish no tag in either namespace
 * @dmabuf_fd: from vfio_tph_export() on this device
 *
 * Return: as vfio_tph_publish().
 */
int vfio_tph_clear(struct vfio_tph_device *device, int dmabuf_fd, struct vfio_tph_reason *reason);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_TPH_H */
