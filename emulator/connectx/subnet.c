// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/subnet.h"

#include <errno.h>
#include <stddef.h>

#include "connectx/device.h"

/* As many NICs as a fabric has room for. Belongs to the engine's thread, like all that uses it. */
static struct connectx *members[FABRIC_MAX_PORTS];

static struct connectx *subnet_find(uint16_t lid)
{
	for (size_t i = 0; i < FABRIC_MAX_PORTS; i++)
		if (members[i] && members[i]->ib.lid == lid)
			return members[i];
	return NULL;
}

int subnet_join(struct connectx *nic)
{
	if (subnet_find(nic->ib.lid))
		return -EEXIST;
	for (size_t i = 0; i < FABRIC_MAX_PORTS; i++) {
		if (!members[i]) {
			members[i] = nic;
			return 0;
		}
	}
	return -EEXIST;
}

void subnet_leave(struct connectx *nic)
{
	for (size_t i = 0; i < FABRIC_MAX_PORTS; i++)
		if (members[i] == nic)
			members[i] = NULL;
}

struct connectx *subnet_route(struct connectx *nic, uint16_t lid)
{
	struct connectx *peer = lid == nic->ib.lid ? nic : subnet_find(lid);

	return peer && peer->ib.link && nic->ib.link ? peer : NULL;
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
	return from->ib.link && to->ib.link;
}
