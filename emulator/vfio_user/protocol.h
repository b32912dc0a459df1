/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * vfio-user on the wire, version 0.0, as QEMU speaks it. Everything is little endian. Flags and
 * indices that vfio-user shares with the kernel's interface come from <linux/vfio.h>.
 */
#ifndef VFIO_USER_PROTOCOL_H
#define VFIO_USER_PROTOCOL_H

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are used as they are sent");

enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DMA_READ = 11,
	VFIO_USER_DMA_WRITE = 12,
	VFIO_USER_DEVICE_RESET = 13,
	VFIO_USER_REGION_WRITE_MULTI = 15,
};

#define VFIO_USER_TYPE_MASK	0xf
#define VFIO_USER_REQUEST	0x0
#define VFIO_USER_REPLY		0x1
#define VFIO_USER_NO_REPLY	0x10
#define VFIO_USER_ERROR		0x20

/* What this server takes; told to the client with VERSION. */
#define VFIO_USER_MAX_FDS	16
#define VFIO_USER_MAX_DATA	65536
#define VFIO_USER_MAX_MULTI	200

struct vfio_user_header {
	uint16_t id;
	uint16_t command;
	uint32_t size; /* of the message, header included */
	uint32_t flags;
	uint32_t error; /* errno, in replies with VFIO_USER_ERROR */
};

struct vfio_user_version {
	uint16_t major, minor;
	char capabilities[]; /* JSON, NUL-terminated */
};

#define VFIO_USER_DMA_READABLE	1
#define VFIO_USER_DMA_WRITABLE	2

struct vfio_user_dma_map {
	uint32_t argsz, flags;
	uint64_t offset; /* in the file descriptor that comes along */
	uint64_t address, size;
};

struct vfio_user_dma_unmap {
	uint32_t argsz, flags;
	uint64_t address, size;
};

struct vfio_user_device_info {
	uint32_t argsz, flags, regions, irqs;
};

struct vfio_user_region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};

struct vfio_user_sparse_area {
	uint64_t offset, size;
};

/* Capability behind vfio_user_region_info: which parts can be mapped. */
struct vfio_user_sparse {
	uint16_t id, version;
	uint32_t next;
	uint32_t areas, reserved;
	struct vfio_user_sparse_area area[1];
};

struct vfio_user_irq_info {
	uint32_t argsz, flags, index, count;
};

struct vfio_user_irq_set {
	uint32_t argsz, flags, index, start, count;
};

struct vfio_user_region_access {
	uint64_t offset;
	uint32_t region, count;
	uint8_t data[];
};

struct vfio_user_write {
	uint64_t offset;
	uint32_t region, count;
	uint8_t data[8];
};

struct vfio_user_write_multi {
	uint64_t count;
	struct vfio_user_write writes[];
};

#define VFIO_USER_MAX_BODY	(sizeof(struct vfio_user_region_access) + VFIO_USER_MAX_DATA)
#define VFIO_USER_MAX_SIZE	(sizeof(struct vfio_user_header) + VFIO_USER_MAX_BODY)

#endif
