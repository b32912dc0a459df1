// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The socket: clients, lines, replies. */
#include "control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/engine.h"
#include "base/unix_socket.h"
#include "util/macros.h"

struct client {
	LIST_ENTRY(client) entry;
	struct control *control;
	struct engine_fd watch;
	struct unix_output output;
	int fd;
	size_t used;
	char line[CONTROL_MAX_LINE];
};

struct control {
	struct engine *engine;
	struct registry *registry;
	struct fabric *fabric;
	struct unix_listener listener;
	LIST_HEAD(, client) clients;
	unsigned int client_count;
};

static void disconnect(struct client *client)
{
	struct control *control = client->control;

	LIST_REMOVE(client, entry);
	unix_output_fini(&client->output);
	engine_fd_remove(&client->watch);
	close(client->fd);
	free(client);
	control->client_count--;
	unix_listener_pause(&control->listener, false);
}

/* Serve one line. Returns 0 or -errno when the client is not worth keeping. */
static int serve_line(struct client *client, const char *line, size_t len)
{
	struct control *control = client->control;
	char *reply;
	size_t reply_len;
	int err;

	reply = control_execute(control->registry, control->fabric, line, len);
	if (!reply)
		return -ENOMEM;
	reply_len = strlen(reply);
	reply[reply_len] = '\n';
	err = unix_output_send(&client->output, reply, reply_len + 1, -1);
	free(reply);
	return err;
}

static int refuse_line(struct client *client)
{
	static const char reply[] = "{\"error\":{\"class\":\"ParseError\",\"desc\":"
				    "\"the line is too long\"}}\n";

	unix_output_send(&client->output, reply, sizeof(reply) - 1, -1);
	return -EMSGSIZE;
}

/* Serve the whole lines that have come. Returns as serve_line(). */
static int serve_lines(struct client *client)
{
	char *start = client->line, *end;
	size_t left = client->used;
	int err;

	while ((end = memchr(start, '\n', left))) {
		/* Ignore blank lines, which terminals send. */
		if (end > start && !(end == start + 1 && *start == '\r')) {
			err = serve_line(client, start, end - start);
			if (err)
				return err;
		}
		left -= end + 1 - start;
		start = end + 1;
	}
	if (left == sizeof(client->line))
		return refuse_line(client);
	memmove(client->line, start, left);
	client->used = left;
	return 0;
}

static void client_ready(struct engine_fd *watch, uint32_t events)
{
	struct client *client = container_of(watch, struct client, watch);
	ssize_t len;

	len = recv(client->fd, client->line + client->used, sizeof(client->line) - client->used,
		   MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0) {
		client->used += len;
		if (!serve_lines(client))
			return;
	}
	disconnect(client);
}

static void client_connected(struct unix_listener *listener, int fd)
{
	struct control *control = container_of(listener, struct control, listener);
	struct client *client;

	client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	client->control = control;
	client->fd = fd;
	if (engine_fd_add(&client->watch, control->engine, fd, EPOLLIN, client_ready)) {
		close(fd);
		free(client);
		return;
	}
	unix_output_init(&client->output, control->engine, fd, CONTROL_MAX_REPLY);
	LIST_INSERT_HEAD(&control->clients, client, entry);
	if (++control->client_count == CONTROL_MAX_CLIENTS)
		unix_listener_pause(&control->listener, true);
}

struct control *control_create(struct engine *engine, const char *path, struct registry *registry,
			       struct fabric *fabric)
{
	struct control *control = calloc(1, sizeof(*control));
	int err;

	if (!control)
		return NULL;
	LIST_INIT(&control->clients);
	control->engine = engine;
	control->registry = registry;
	control->fabric = fabric;
	err = unix_listener_open(&control->listener, engine, path, client_connected);
	if (!err)
		return control;
	free(control);
	errno = -err;
	return NULL;
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	while (!LIST_EMPTY(&control->clients))
		disconnect(LIST_FIRST(&control->clients));
	unix_listener_close(&control->listener);
	free(control);
}
