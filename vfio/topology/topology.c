// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The functions of a machine, in the order of their addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "registers.h"
#include "util/macros.h"

struct vfio_tph_topology *vfio_tph_topology_create(void)
{
	return calloc(1, sizeof(struct vfio_tph_topology));
}

static void free_entry(struct topology_entry *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(entry->strings); i++)
		free(entry->strings[i]);
	free(entry);
}

void vfio_tph_topology_destroy(struct vfio_tph_topology *topology)
{
	if (!topology)
		return;
	for (size_t i = 0; i < topology->count; i++)
		free_entry(topology->entries[i]);
	free(topology->entries);
	free(topology->cpu_vendor);
	free(topology->command_line);
	free(topology);
}

static uint64_t key_of(const struct pci_address *address)
{
	return (uint64_t)address->domain << 16 | pci_address_id(address);
}

/* Where @key is, or would be. */
static size_t position_of(const struct vfio_tph_topology *topology, uint64_t key)
{
	size_t low = 0, high = topology->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (topology->entries[middle]->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct topology_entry *find_entry(const struct vfio_tph_topology *topology, uint64_t key)
{
	size_t position = position_of(topology, key);

	if (position == topology->count || topology->entries[position]->key != key)
		return NULL;
	return topology->entries[position];
}

static bool copy_string(struct topology_entry *entry, size_t which, const char **string)
{
	if (!*string)
		return true;
	entry->strings[which] = strdup(*string);
	*string = entry->strings[which];
	return *string;
}

static bool copy_strings(struct topology_entry *entry)
{
	struct vfio_tph_function *function = &entry->node.function;

	return copy_string(entry, 0, &function->host_bridge) &&
	       copy_string(entry, 1, &function->driver) &&
	       copy_string(entry, 2, &function->iommu_group) &&
	       copy_string(entry, 3, &function->iommu_type);
}

/* @text may be NULL where there is none. */
static bool copy_address(const char *text, char *bdf, uint64_t *key)
{
	struct pci_address address;

	if (!text)
		return true;
	if (!pci_address_parse(text, &address))
		return false;
	pci_address_format(&address, bdf);
	*key = key_of(&address);
	return true;
}

static int make_entry(const struct vfio_tph_function *function, struct topology_entry **made)
{
	struct topology_entry *entry = calloc(1, sizeof(*entry) + function->config_size);

	if (!entry)
		return ENOMEM;
	entry->node.function = *function;
	if (!function->address || !copy_address(function->address, entry->address, &entry->key) ||
	    !copy_address(function->parent, entry->parent, &entry->parent_key)) {
		free(entry);
		return EINVAL;
	}
	if (!copy_strings(entry)) {
		free_entry(entry);
		return ENOMEM;
	}
	memcpy(entry->config, function->config, function->config_size);
	entry->node.function.config = entry->config;
	entry->node.function.address = entry->address;
	if (function->parent)
		entry->node.function.parent = entry->parent;
	topology_describe(&entry->node);
	*made = entry;
	return 0;
}

static int make_room(struct vfio_tph_topology *topology)
{
	size_t room = topology->room ? topology->room * 2 : 64;
	struct topology_entry **entries;

	if (topology->count < topology->room)
		return 0;
	if (topology->count >= TOPOLOGY_MAX_FUNCTIONS)
		return ENOSPC;
	entries = realloc(topology->entries, room * sizeof(*entries));
	if (!entries)
		return ENOMEM;
	topology->entries = entries;
	topology->room = room;
	return 0;
}

static int insert(struct vfio_tph_topology *topology, struct topology_entry *entry)
{
	size_t position = position_of(topology, entry->key);
	int err;

	if (find_entry(topology, entry->key))
		return EEXIST;
	err = make_room(topology);
	if (err)
		return err;
	memmove(topology->entries + position + 1, topology->entries + position,
		(topology->count - position) * sizeof(topology->entries[0]));
	topology->entries[position] = entry;
	topology->count++;
	return 0;
}

static int fail_add(int err, const struct vfio_tph_function *function,
		    struct vfio_tph_reason *reason)
{
	const char *address = function->address ? function->address : "NULL";

	switch (err) {
	case EINVAL:
		return vfio_tph_fail(reason, err,
				     "%s, or the bridge above it, %s, is no PCI "
				     "address: %m",
				     address, function->parent ? function->parent : "none");
	case EEXIST:
		return vfio_tph_fail(reason, err, "there are two functions %s: %m", address);
	case ENOSPC:
		return vfio_tph_fail(reason, err, "more than %u functions, that is no machine: %m",
				     TOPOLOGY_MAX_FUNCTIONS);
	default:
		return vfio_tph_fail(reason, err, "cannot add %s: %m", address);
	}
}

int vfio_tph_topology_add(struct vfio_tph_topology *topology,
			  const struct vfio_tph_function *function, struct vfio_tph_reason *reason)
{
	struct topology_entry *entry;
	int err;

	if (function->config_size < PCI_STD_HEADER_SIZEOF ||
	    function->config_size > VFIO_TPH_CONFIG_SIZE)
		return vfio_tph_fail(reason, EINVAL,
				     "%s has %zu bytes of configuration space: %m. "
				     "It is %u to %u",
				     function->address ? function->address : "NULL",
				     function->config_size, PCI_STD_HEADER_SIZEOF,
				     VFIO_TPH_CONFIG_SIZE);
	err = make_entry(function, &entry);
	if (err)
		return fail_add(err, function, reason);
	err = insert(topology, entry);
	if (!err)
		return 0;
	free_entry(entry);
	return fail_add(err, function, reason);
}

int vfio_tph_topology_set_machine(struct vfio_tph_topology *topology,
				  const struct vfio_tph_machine *machine)
{
	char *vendor = machine->cpu_vendor ? strdup(machine->cpu_vendor) : NULL;
	char *line = machine->command_line ? strdup(machine->command_line) : NULL;

	if ((machine->cpu_vendor && !vendor) || (machine->command_line && !line)) {
		free(vendor);
		free(line);
		return ENOMEM;
	}
	free(topology->cpu_vendor);
	free(topology->command_line);
	topology->cpu_vendor = vendor;
	topology->command_line = line;
	topology->machine = (struct vfio_tph_machine){
		.cpu_vendor = vendor,
		.cpu_family = machine->cpu_family,
		.command_line = line,
	};
	return 0;
}

const struct vfio_tph_machine *vfio_tph_topology_machine(const struct vfio_tph_topology *topology)
{
	return &topology->machine;
}

const struct vfio_tph_node *vfio_tph_topology_node(const struct vfio_tph_topology *topology,
						   size_t index)
{
	return index < topology->count ? &topology->entries[index]->node : NULL;
}

const struct vfio_tph_node *vfio_tph_topology_find(const struct vfio_tph_topology *topology,
						   const char *address)
{
	struct topology_entry *entry;
	struct pci_address parsed;

	if (!address || !pci_address_parse(address, &parsed)) {
		errno = EINVAL;
		return NULL;
	}
	entry = find_entry(topology, key_of(&parsed));
	if (!entry)
		errno = ENODEV;
	return entry ? &entry->node : NULL;
}

const struct vfio_tph_node *topology_parent(const struct vfio_tph_topology *topology,
					    const struct vfio_tph_node *node)
{
	const struct topology_entry *child = container_of(node, const struct topology_entry, node);
	struct topology_entry *entry;

	if (!node->function.parent)
		return NULL;
	entry = find_entry(topology, child->parent_key);
	return entry ? &entry->node : NULL;
}

const struct vfio_tph_node *vfio_tph_topology_root_port(const struct vfio_tph_topology *topology,
							const struct vfio_tph_node *node)
{
	unsigned int depth;

	for (depth = 0; node && depth < TOPOLOGY_MAX_DEPTH; depth++) {
		if (node->type == VFIO_TPH_PORT_ROOT)
			return node;
		node = topology_parent(topology, node);
	}
	return NULL;
}
