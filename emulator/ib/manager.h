/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The subnet's manager, as a managed switch has it built in: it is a port at a LID of its own, with
 * a management agent (sma.h) and the subnet administrator (sa.h). It assigns no LIDs: ports come
 * with theirs.
 */
#ifndef IB_MANAGER_H
#define IB_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "ib/port.h"

struct engine;
struct manager;

#define MANAGER_LID	0xbfff	/* the last that is no multicast LID */
#define MANAGER_GUID	0x0274706800ffff00ULL /* locally assigned */

/** manager_create() - Return: a manager of no ports yet but its own; NULL with errno ENOMEM. */
struct manager *manager_create(struct engine *engine);

void manager_destroy(struct manager *manager);

/** manager_add() - @port is in the subnet now. */
void manager_add(struct manager *manager, struct ib_port *port);

/** manager_remove() - it is no more. */
void manager_remove(struct manager *manager, struct ib_port *port);

/* manager_forget() - the driver of @port is gone: end what it had joined and offered. */
void manager_forget(struct manager *manager, const struct ib_port *port);

/** manager_port_changed() - the link of @port went up or down, which makes it forgotten. */
void manager_port_changed(struct manager *manager, const struct ib_port *port);

/** manager_takes() - Return: whether packets to @lid go to manager_receive(). */
bool manager_takes(uint16_t lid);

/**
 * manager_receive() - a packet for the switch itself, or with a directed route through it.
 * @from: whose link it came over
 *
 * It is looked at in a later turn of the engine.
 */
void manager_receive(struct manager *manager, const struct ib_port *from,
		     const struct ib_packet *packet);

/** manager_forwards() - Return: whether the switch sends what is for @mlid to @port. */
bool manager_forwards(const struct manager *manager, uint16_t mlid, const struct ib_port *port);

#endif
