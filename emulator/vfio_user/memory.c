// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Guest memory: mapped here, so that devices reach it without asking the client. */
#include <errno.h>
#include <linux/vfio.h>

#include "pci/function.h"
#include "vfio_user/internal.h"

#define PAGE 4096

int handle_dma_map(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_dma_map *map = message_body(message);
	bool write = map->flags & VFIO_USER_DMA_WRITABLE;
	void *host = NULL;
	int err;

	if (map->argsz < sizeof(*map) ||
	    map->flags & ~(VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITABLE))
		return EINVAL;
	/* Without a descriptor it is no memory: the BAR of another device, say. */
	if (message->fd_count) {
		/* As the kernel's vfio asks for: what is aligned for the guest is aligned here. */
		if (map->address % PAGE)
			return EINVAL;
		err = memory_files_get(&session->memory, message->fds[0], map->offset, map->size,
				       write, &host);
		if (err)
			return err;
	}
	err = fabric_map(session->fn->port, map->address, map->size, host,
			 map->flags & VFIO_USER_DMA_READABLE, write);
	if (err) {
		if (host)
			memory_files_put(&session->memory, host);
		return -err;
	}
	session->mappings += !!host;
	session_reply(session, message, NULL, 0, -1);
	return 0;
}

int unmap_range(struct vfio_user_session *session, uint64_t first, uint64_t last)
{
	void *host;
	int ret;

	while ((ret = fabric_unmap(session->fn->port, first, last, &host)) > 0) {
		if (!host)
			continue;
		memory_files_put(&session->memory, host);
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
