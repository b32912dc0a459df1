// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "vfio_user/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "pci/function.h"
#include "unix_socket.h"
#include "util.h"
#include "vfio_user/connection.h"

struct vfio_user_server {
	struct engine *engine;
	struct pci_function *fn;
	char *path;
	int fd;
	struct engine_fd watch;
	struct connection *connection;
	struct vfio_user_counters counters;
};

static void client_ended(void *context)
{
	struct vfio_user_server *server = context;

	connection_destroy(server->connection);
	server->connection = NULL;
	engine_fd_set(&server->watch, EPOLLIN);
}

static void client_waits(struct engine_fd *watch, uint32_t events)
{
	struct vfio_user_server *server = container_of(watch, struct vfio_user_server, watch);
	struct connection_attr attr = {
		.engine = server->engine,
		.fn = server->fn,
		.counters = &server->counters,
		.ended = client_ended,
		.context = server,
	};

	attr.fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
	if (attr.fd < 0)
		return;
	server->connection = connection_create(&attr);
	if (!server->connection) {
		fprintf(stderr, "softfabric: %s: cannot serve a client: %s\n",
			fabric_port_name(server->fn->port), strerror(errno));
		return;
	}
	server->counters.clients++;
	/* One at a time; the next one waits in the socket's queue. */
	engine_fd_set(watch, 0);
}

struct vfio_user_server *vfio_user_server_create(struct engine *engine, const char *path,
						 struct pci_function *fn)
{
	struct vfio_user_server *server = calloc(1, sizeof(*server));
	int err = ENOMEM;

	if (!server)
		return NULL;
	server->engine = engine;
	server->fn = fn;
	server->path = strdup(path);
	if (!server->path)
		goto err_free;
	server->fd = unix_listen(path);
	err = -server->fd;
	if (server->fd < 0)
		goto err_path;
	err = -engine_fd_add(&server->watch, engine, server->fd, EPOLLIN, client_waits);
	if (err)
		goto err_listen;
	return server;

err_listen:
	unlink(server->path);
	close(server->fd);
err_path:
	free(server->path);
err_free:
	free(server);
	errno = err;
	return NULL;
}

void vfio_user_server_destroy(struct vfio_user_server *server)
{
	if (!server)
		return;
	connection_destroy(server->connection);
	engine_fd_remove(&server->watch);
	unlink(server->path);
	close(server->fd);
	free(server->path);
	free(server);
}

const struct vfio_user_counters *vfio_user_server_counters(const struct vfio_user_server *server)
{
	return &server->counters;
}
