/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One client's dealings with the function: acts on checked messages and answers them. Belongs to
 * the engine's thread. No sockets here either: answers go through reply().
 */
#ifndef VFIO_USER_SESSION_H
#define VFIO_USER_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "vfio_user/memory_files.h"
#include "vfio_user/stream.h"

struct pci_function;

struct vfio_user_session {
	struct pci_function *fn;
	/** reply() - send @len bytes, with @fd unless it is -1; both are valid during the call. */
	void (*reply)(struct vfio_user_session *session, const void *data, size_t len, int fd);
	bool agreed; /* VERSION has been exchanged */
	struct memory_files memory;
	uint64_t mappings; /* parts of guest memory that are mapped */
	uint64_t refused;  /* requests answered, or that would be, with an error */
};

/** session_handle() - act on @message and free it. */
void session_handle(struct vfio_user_session *session, struct vfio_user_message *message);

/** session_end() - the client is gone: mappings removed, interrupts detached, function reset. */
void session_end(struct vfio_user_session *session);

#endif
