/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* UNIX stream sockets: listening without a moment in which the file is there and nobody listens. */
#ifndef SOFTFABRIC_UNIX_SOCKET_H
#define SOFTFABRIC_UNIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

/**
 * unix_listen() - a listening, non-blocking socket at @path, which replaces one that nobody
 * listens on any more.
 *
 * Return: the descriptor, or -errno: -ENAMETOOLONG; -EADDRINUSE: somebody listens there, or the
 * file is no socket; or what socket(2), bind(2), listen(2) and rename(2) say.
 */
int unix_listen(const char *path);

/*
 * Sending without waiting: what the socket does not take at once is kept and sent when it does.
 */
struct unix_output {
	struct engine_fd watch;		/* for EPOLLOUT, while there is something kept */
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
