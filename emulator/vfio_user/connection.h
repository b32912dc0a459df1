/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A connected client: its socket and its session. */
#ifndef VFIO_USER_CONNECTION_H
#define VFIO_USER_CONNECTION_H

struct connection;
struct engine;
struct pci_function;
struct vfio_user_counters;

struct connection_attr {
	struct engine *engine;
	struct pci_function *fn;
	struct vfio_user_counters *counters;
	int fd; /* taken over in any case */
	/** ended() - the client is gone and all its traces are; destroy the connection now. */
	void (*ended)(void *context);
	void *context;
};

/** connection_create() - start to serve. Return: NULL with errno of epoll_ctl(2) or ENOMEM. */
struct connection *connection_create(const struct connection_attr *attr);

/** connection_destroy() - disconnect, end the session, free. */
void connection_destroy(struct connection *connection);

#endif
