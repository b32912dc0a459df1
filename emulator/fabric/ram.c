// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Guest memory as one device sees it: a tree of mappings. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "fabric/internal.h"
#include "util/range.h"

/* Those that overlap are equal. By the last byte, as a mapping may end at 2^64. */
static int compare(const void *left, const void *right)
{
	const struct mapping *a = left, *b = right;

	if (a->addr + (a->len - 1) < b->addr)
		return -1;
	return a->addr > b->addr + (b->len - 1);
}

/* One that has an address in [first, last], or NULL. */
static struct mapping *find_in(const struct fabric_port *port, uint64_t first, uint64_t last)
{
	const struct mapping range = { .addr = first, .len = last - first + 1 };
	struct mapping **found = tfind(&range, &port->mappings, compare);

	return found ? *found : NULL;
}

struct mapping *mapping_find(struct fabric_port *port, uint64_t addr)
{
	struct mapping *last = port->last_mapping;

	if (!last || addr - last->addr >= last->len)
		port->last_mapping = last = find_in(port, addr, addr);
	return last;
}

void mappings_free(struct fabric_port *port)
{
	tdestroy(port->mappings, free);
}

static int insert(struct fabric_port *port, const struct mapping *new)
{
	struct mapping *mapping = malloc(sizeof(*mapping)), **found;

	if (!mapping)
		return -ENOMEM;
	*mapping = *new;
	found = tsearch(mapping, &port->mappings, compare);
	if (found && *found == mapping)
		return 0;
	free(mapping);
	return found ? -EEXIST : -ENOMEM;
}

int fabric_map(struct fabric_port *port, uint64_t addr, uint64_t len, void *host, bool read,
	       bool write)
{
	struct target target;
	const struct mapping mapping = {
		.addr = addr,
		.len = len,
		.host = host,
		.read = read,
		.write = write,
		.window = !host && find_window(port, addr, &target),
	};
	int err;

	if (!len || len - 1 > UINT64_MAX - addr)
		return -EINVAL;
	if (port->mapping_count == FABRIC_MAX_MAPPINGS)
		return -ENOSPC;
	err = insert(port, &mapping);
	if (!err)
		port->mapping_count++;
	return err;
}

/* Whether one that has @addr in it lies partly outside of [first, last]. */
static bool is_cut(const struct fabric_port *port, uint64_t addr, uint64_t first, uint64_t last)
{
	const struct mapping *mapping = find_in(port, addr, addr);

	return mapping && (mapping->addr < first || mapping->addr + (mapping->len - 1) > last);
}

int fabric_unmap(struct fabric_port *port, uint64_t first, uint64_t last, void **host)
{
	struct mapping *mapping;

	if (is_cut(port, first, first, last) || is_cut(port, last, first, last))
		return -EINVAL;
	mapping = find_in(port, first, last);
	if (!mapping)
		return 0;
	*host = mapping->host;
	tdelete(mapping, &port->mappings, compare);
	free(mapping);
	port->mapping_count--;
	port->last_mapping = NULL;
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
