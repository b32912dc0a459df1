// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Guest memory: mapped here once, so that devices reach it without asking the client. */
#include <errno.h>
#include <linux/vfio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "pci/function.h"
#include "util/range.h"
#include "vfio_user/internal.h"

#define PAGE 4096

/* Beyond its end a mapped file raises SIGBUS. */
static bool file_covers(int fd, uint64_t offset, uint64_t size)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_size >= 0 && range_within(offset, size, st.st_size);
}

static int map_file(const struct vfio_user_dma_map *map, int fd, void **host)
{
	int protection = 0;

	/* As the kernel's vfio asks for: what is aligned for the guest is aligned here. */
	if ((map->address | map->size) % PAGE || !file_covers(fd, map->offset, map->size))
		return EINVAL;
	if (map->flags & VFIO_USER_DMA_READABLE)
		protection |= PROT_READ;
	if (map->flags & VFIO_USER_DMA_WRITABLE)
		protection |= PROT_WRITE;
	*host = mmap(NULL, map->size, protection, MAP_SHARED, fd, map->offset);
	return *host == MAP_FAILED ? errno : 0;
}

int handle_dma_map(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_dma_map *map = message_body(message);
	void *host = NULL;
	int err;

	if (map->argsz < sizeof(*map) ||
	    map->flags & ~(VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITABLE))
		return EINVAL;
	/* Without a descriptor it is no memory: the BAR of another device, say. */
	if (message->fd_count) {
		err = map_file(map, message->fds[0], &host);
		if (err)
			return err;
	}
	err = fabric_map(session->fn->port, map->address, map->size, host,
			 map->flags & VFIO_USER_DMA_READABLE, map->flags & VFIO_USER_DMA_WRITABLE);
	if (err) {
		if (host)
			munmap(host, map->size);
		return -err;
	}
	session->mappings += !!host;
	session_reply(session, message, NULL, 0, -1);
	return 0;
}

int unmap_range(struct vfio_user_session *session, uint64_t first, uint64_t last)
{
	uint64_t len;
	void *host;
	int ret;

	while ((ret = fabric_unmap(session->fn->port, first, last, &host, &len)) > 0) {
		if (!host)
			continue;
		munmap(host, len);
		session->mappings--;
	}
	return -ret;
}

int handle_dma_unmap(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_dma_unmap *unmap = message_body(message);
	uint64_t first = unmap->address, last = unmap->address + (unmap->size - 1);
	int err;

	if (unmap->argsz < sizeof(*unmap))
		return EINVAL;
	if (unmap->flags == VFIO_DMA_UNMAP_FLAG_ALL && !unmap->address && !unmap->size) {
		last = UINT64_MAX;
	} else if (unmap->flags || !unmap->size || last < first) {
		return EINVAL;
	}
	/* QEMU also unmaps what it never mapped, and expects that to work. */
	err = unmap_range(session, first, last);
	if (err)
		return err;
	session_reply(session, message, unmap, sizeof(*unmap), -1);
	return 0;
}
