// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Guest memory as one device sees it: a sorted array of mappings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/internal.h"
#include "util/range.h"

/* Index of the first mapping that ends behind @addr. */
static unsigned int lower_bound(const struct fabric_port *port, uint64_t addr)
{
	unsigned int low = 0, high = port->mapping_count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		const struct mapping *mapping = &port->mappings[middle];

		/* By the last byte, as a mapping may end at 2^64. */
		if (mapping->addr + (mapping->len - 1) < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool contains(const struct mapping *mapping, uint64_t addr)
{
	return addr - mapping->addr < mapping->len;
}

const struct mapping *mapping_find(struct fabric_port *port, uint64_t addr)
{
	unsigned int index = port->last_mapping;

	if (index < port->mapping_count && contains(&port->mappings[index], addr))
		return &port->mappings[index];
	index = lower_bound(port, addr);
	if (index == port->mapping_count || !contains(&port->mappings[index], addr))
		return NULL;
	port->last_mapping = index;
	return &port->mappings[index];
}

static int grow(struct fabric_port *port)
{
	unsigned int room = port->mapping_room ? 2 * port->mapping_room : 16;
	struct mapping *mappings;

	if (port->mapping_count < port->mapping_room)
		return 0;
	if (port->mapping_count == FABRIC_MAX_MAPPINGS)
		return -ENOSPC;
	mappings = reallocarray(port->mappings, room, sizeof(*mappings));
	if (!mappings)
		return -ENOMEM;
	port->mappings = mappings;
	port->mapping_room = room;
	return 0;
}

int fabric_map(struct fabric_port *port, uint64_t addr, uint64_t len, void *host, bool read,
	       bool write)
{
	unsigned int index;
	int err;

	if (!len || len - 1 > UINT64_MAX - addr)
		return -EINVAL;
	index = lower_bound(port, addr);
	if (index < port->mapping_count && port->mappings[index].addr <= addr + (len - 1))
		return -EEXIST;
	err = grow(port);
	if (err)
		return err;
	memmove(&port->mappings[index + 1], &port->mappings[index],
		(port->mapping_count - index) * sizeof(*port->mappings));
	port->mappings[index] = (struct mapping){
		.addr = addr,
		.len = len,
		.host = host,
		.read = read,
		.write = write,
	};
	port->mapping_count++;
	return 0;
}

int fabric_unmap(struct fabric_port *port, uint64_t first, uint64_t last, void **host,
		 uint64_t *len)
{
	unsigned int index = lower_bound(port, first);
	struct mapping *mapping;

	if (index == port->mapping_count || port->mappings[index].addr > last)
		return 0;
	mapping = &port->mappings[index];
	if (mapping->addr < first || mapping->addr + (mapping->len - 1) > last)
		return -EINVAL;
	*host = mapping->host;
	*len = mapping->len;
	port->mapping_count--;
	memmove(mapping, mapping + 1, (port->mapping_count - index) * sizeof(*mapping));
	return 1;
}

void *fabric_ram(struct fabric_port *port, uint64_t addr, uint64_t len, bool write)
{
	const struct mapping *mapping;

	if (!port->bus_master || !port->link_up)
		return NULL;
	mapping = mapping_find(port, addr);
	if (!mapping || !mapping->host || !(write ? mapping->write : mapping->read) ||
	    !range_within(addr - mapping->addr, len, mapping->len))
		return NULL;
	return mapping->host + (addr - mapping->addr);
}
