// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/port/subnet.h"

#include <errno.h>
#include <stddef.h>

#include "connectx/command/nic.h"
#include "connectx/port/port.h"
#include "ib/manager.h"

/* As many NICs as a fabric has room for. Belongs to the engine's thread, like all that uses it. */
static struct connectx *members[FABRIC_MAX_PORTS];
/* There while there is a member. */
static struct manager *manager;

static struct connectx *subnet_find(uint16_t lid)
{
	for (size_t i = 0; i < FABRIC_MAX_PORTS; i++)
		if (members[i] && members[i]->ib->lid == lid)
			return members[i];
	return NULL;
}

static bool is_empty(void)
{
	for (size_t i = 0; i < FABRIC_MAX_PORTS; i++)
		if (members[i])
			return false;
	return true;
}

int subnet_join(struct connectx *nic)
{
	size_t i = 0;

	if (subnet_find(nic->ib->lid))
		return -EEXIST;
	while (i < FABRIC_MAX_PORTS && members[i])
		i++;
	if (i == FABRIC_MAX_PORTS)
		return -EEXIST;
	if (!manager)
		manager = manager_create(nic->engine);
	if (!manager)
		return -ENOMEM;
	members[i] = nic;
	manager_add(manager, &nic->ib->port);
	return 0;
}

void subnet_leave(struct connectx *nic)
{
	for (size_t i = 0; i < FABRIC_MAX_PORTS; i++) {
		if (members[i] != nic)
			continue;
		members[i] = NULL;
		manager_remove(manager, &nic->ib->port);
		if (is_empty()) {
			manager_destroy(manager);
			manager = NULL;
		}
	}
}

struct connectx *subnet_route(struct connectx *nic, uint16_t lid)
{
	struct connectx *peer = lid == nic->ib->lid ? nic : subnet_find(lid);

	return peer && peer->ib->link && nic->ib->link ? peer : NULL;
}

struct connectx *subnet_next(const struct connectx *nic)
{
	size_t i = 0;

	if (nic)
		while (members[i++] != nic)
			;
	while (i < FABRIC_MAX_PORTS && !members[i])
		i++;
	return i < FABRIC_MAX_PORTS ? members[i] : NULL;
}

bool subnet_forwards(const struct connectx *from, uint16_t mlid, const struct connectx *to)
{
	return from->ib->link && to->ib->link &&
	       (from == to || manager_forwards(manager, mlid, &to->ib->port));
}

void subnet_manage(struct connectx *nic, const struct ib_packet *packet)
{
	if (nic->ib->link)
		manager_receive(manager, &nic->ib->port, packet);
}

void subnet_forget(struct connectx *nic)
{
	if (manager)
		manager_forget(manager, &nic->ib->port);
}

void subnet_link_changed(struct connectx *nic)
{
	manager_port_changed(manager, &nic->ib->port);
}
