/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A vfio-user server: presents one PCI function on a UNIX socket, to one client at a time (QEMU's
 * vfio-user-pci, or a test).
 *
 * The engine reads the socket itself, whatever is there and without waiting: messages are framed
 * and checked (stream.h), acted upon and answered (session.h) in one go. A thread between socket
 * and engine would be one more wake-up for each doorbell of a guest that only waits for it.
 * Nothing waits for the client: replies that the socket does not take are kept, bounded, and a
 * client that does not read them is disconnected. A client that breaks the protocol is disconnected
 * with a message on stderr. When a client is gone, its mappings are removed, its interrupts
 * detached and the function is reset; then the next one may come.
 */
#ifndef VFIO_USER_SERVER_H
#define VFIO_USER_SERVER_H

#include <stdint.h>

struct engine;
struct pci_function;
struct vfio_user_server;

/**
 * vfio_user_server_create() - listen on @path; clients are served once the engine runs.
 *
 * A socket file that is there already is replaced when nobody listens on it.
 * Return: the server, or NULL with errno: ENAMETOOLONG (sun_path), EADDRINUSE (somebody listens
 * there, or it is no socket), an error of socket(2), bind(2), listen(2), ENOMEM.
 */
struct vfio_user_server *vfio_user_server_create(struct engine *engine, const char *path,
						 struct pci_function *fn);

/** vfio_user_server_destroy() - disconnect the client, remove the socket file, free. */
void vfio_user_server_destroy(struct vfio_user_server *server);

struct vfio_user_counters {
	uint64_t clients;         /* connections so far */
	uint64_t messages;        /* requests acted upon */
	uint64_t protocol_errors; /* disconnections because of one */
	uint64_t mappings;        /* guest memory regions mapped now */
};

/** vfio_user_server_counters() - the live counters, valid as long as the server. */
const struct vfio_user_counters *vfio_user_server_counters(const struct vfio_user_server *server);

#endif
