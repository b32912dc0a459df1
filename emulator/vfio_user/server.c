// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "vfio_user/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/engine.h"
#include "base/unix_socket.h"
#include "pci/function.h"
#include "util/complaint.h"
#include "util/macros.h"
#include "vfio_user/connection.h"

struct vfio_user_server {
	struct engine *engine;
	struct pci_function *fn;
	struct unix_listener listener;
	struct connection *connection;
	struct vfio_user_counters counters;
};

static void client_ended(void *context)
{
	struct vfio_user_server *server = context;

	connection_destroy(server->connection);
	server->connection = NULL;
	unix_listener_pause(&server->listener, false);
}

static void client_connected(struct unix_listener *listener, int fd)
{
	struct vfio_user_server *server = container_of(listener, struct vfio_user_server, listener);
	const struct connection_attr attr = {
		.engine = server->engine,
		.fn = server->fn,
		.counters = &server->counters,
		.ended = client_ended,
		.context = server,
		.fd = fd,
	};

	server->connection = connection_create(&attr);
	if (!server->connection) {
		say("%s: cannot serve a client: %s", fabric_port_name(server->fn->port),
		    strerror(errno));
		return;
	}
	server->counters.clients++;
	/* One at a time; the next one waits in the socket's queue. */
	unix_listener_pause(listener, true);
}

struct vfio_user_server *vfio_user_server_create(struct engine *engine, const char *path,
						 struct pci_function *fn)
{
	struct vfio_user_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return NULL;
	server->engine = engine;
	server->fn = fn;
	err = unix_listener_open(&server->listener, engine, path, client_connected);
	if (!err)
		return server;
	free(server);
	errno = -err;
	return NULL;
}

void vfio_user_server_destroy(struct vfio_user_server *server)
{
	if (!server)
		return;
	connection_destroy(server->connection);
	unix_listener_close(&server->listener);
	free(server);
}

const struct vfio_user_counters *vfio_user_server_counters(const struct vfio_user_server *server)
{
	return &server->counters;
}
