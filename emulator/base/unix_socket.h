/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* UNIX stream sockets: listening without a moment in which the file is there and nobody listens. */
#ifndef SOFTFABRIC_UNIX_SOCKET_H
#define SOFTFABRIC_UNIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"

/**
 * unix_listen() - a listening, non-blocking socket at @path, which replaces one that nobody
 * listens on any more.
 *
 * Return: the descriptor, or -errno: -ENAMETOOLONG; -EADDRINUSE: somebody listens there, or the
 * file is no socket; or what socket(2), bind(2), listen(2) and rename(2) say.
 */
int unix_listen(const char *path);

/* A listening socket in the care of the engine. */
struct unix_listener {
	void (*connected)(struct unix_listener *listener, int fd); /* the function owns @fd now */
	struct engine_fd watch;
	struct engine_timer retry; /* armed: out of descriptors or memory, accepts nobody now */
	char *path;
	bool paused;
	bool starved; /* and the user has been told */
};

/**
 * unix_listener_open() - unix_listen() at @path and have @connected called for each client.
 *
 * When the system is out of descriptors or memory, clients wait until it is tried again.
 * Return: 0, or -errno: of unix_listen() or engine_fd_add(), or -ENOMEM.
 */
int unix_listener_open(struct unix_listener *listener, struct engine *engine, const char *path,
		       void (*connected)(struct unix_listener *listener, int fd));

/** unix_listener_pause() - let clients wait in the socket's queue, or accept them again. */
void unix_listener_pause(struct unix_listener *listener, bool pause);

/** unix_listener_close() - and remove the socket's file. Clients stay connected. */
void unix_listener_close(struct unix_listener *listener);

/*
 * Sending without waiting: what the socket does not take at once is kept and sent when it does.
 */
struct unix_output {
	struct engine_fd watch; /* for EPOLLOUT, while there is something kept */
	struct engine *engine;
	int fd;
	bool watching;
	uint8_t *data;
	size_t used, size, limit;
};

/** unix_output_init() - @limit: how many bytes may be kept. */
void unix_output_init(struct unix_output *output, struct engine *engine, int fd, size_t limit);

/** unix_output_fini() - throw away what is kept. The descriptor stays open. */
void unix_output_fini(struct unix_output *output);

/**
 * unix_output_send() - send @len bytes, and @pass_fd with them when it is not -1.
 *
 * A descriptor is passed only while nothing is kept.
 * Return: 0; -ENOBUFS: over the limit, or a descriptor while something is kept; -ENOMEM; or what
 * sendmsg(2) says. After an error the stream is torn: disconnect.
 */
int unix_output_send(struct unix_output *output, const void *data, size_t len, int pass_fd);

#endif
