/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The control socket: JSON objects, one request and one reply a line.
 *
 * {"execute": NAME, "arguments": {...}, "id": ANY} gives {"return": {...}, "id": ANY}, or
 * {"error": {"class": CLASS, "desc": SENTENCE}, "id": ANY}; "arguments" and "id" are optional.
 * Documentation/control.md lists the commands. Devices do not register commands but values,
 * switches and fault points (registry.h), on which the commands here work.
 *
 * Input is not trusted: a line has at most CONTROL_MAX_LINE bytes, nests at most CONTROL_MAX_DEPTH
 * deep; a client that sends more is disconnected after an error reply. Up to CONTROL_MAX_CLIENTS
 * may be connected; replies that one does not read are kept up to CONTROL_MAX_REPLY, then it is
 * disconnected.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stddef.h>

struct control;
struct engine;
struct fabric;
struct registry;

#define CONTROL_MAX_LINE	65536
#define CONTROL_MAX_DEPTH	16
#define CONTROL_MAX_CLIENTS	16
#define CONTROL_MAX_REPLY	(4 << 20)

/**
 * control_create() - listen on @path.
 *
 * Return: the control socket, or NULL with errno as vfio_user_server_create().
 */
struct control *control_create(struct engine *engine, const char *path, struct registry *registry,
			       struct fabric *fabric);

/** control_destroy() - disconnect all clients, remove the socket file, free. */
void control_destroy(struct control *control);

/**
 * control_execute() - what the socket does with one line; for tests and fuzzers too.
 * @line: @len bytes without the newline
 *
 * Return: the reply, a JSON object without newline, to be freed by the caller; NULL when out of
 * memory.
 */
char *control_execute(struct registry *registry, struct fabric *fabric, const char *line,
		      size_t len);

#endif
