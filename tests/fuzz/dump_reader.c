// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A dump is refused with a reason, or is a machine: then ways are found, tables read, and what is
 * printed of it is a dump of the same machine.
 */
#include <string.h>

#include "fuzz.h"
#include "machine.h"

/* Pairs of functions to look at: what a machine of any size does is the same. */
#define MAX_ENDS 12

static void try_path(const struct machine *machine, const struct vfio_tph_node *from,
		     const struct vfio_tph_node *to)
{
	struct vfio_tph_reason reason = { "" };
	struct vfio_tph_path *path;

	if (vfio_tph_path_create(machine->topology, from->function.address, to->function.address,
				 &path, &reason)) {
		fuzz_assert(reason.text[0]);
		return;
	}
	fuzz_assert(path->num_hops >= 2 && path->hops[0].node == from);
	fuzz_assert(path->hops[path->num_hops - 1].node == to);
	fuzz_assert(path->num_findings && vfio_tph_verdict_text(path->verdict));
	for (size_t i = 0; i < path->num_findings; i++)
		fuzz_assert(path->findings[i].text[0] && path->findings[i].code[0]);
	vfio_tph_path_destroy(path);
}

static void try_node(const struct machine *machine, const struct vfio_tph_node *node)
{
	const struct vfio_tph_node *other;
	char names[32];
	uint16_t tag;

	for (unsigned int i = 0; i <= node->requester.entries; i++)
		(void)vfio_tph_read_st(node, i, &tag);
	machine_rdma_names(machine, node, names, sizeof(names));
	(void)machine_bar_size(machine, node, 2);
	for (size_t i = 0; i < MAX_ENDS; i++) {
		other = vfio_tph_topology_node(machine->topology, i);
		if (other)
			try_path(machine, node, other);
	}
}

static void try_dump(const struct machine *machine)
{
	struct json_object *dump = dump_make(machine), *again;
	struct vfio_tph_reason why;
	struct machine copy;
	const char *text;

	text = json_object_to_json_string(dump);
	fuzz_assert(machine_parse(&copy, text, strlen(text), &why));
	again = dump_make(&copy);
	fuzz_assert(!strcmp(text, json_object_to_json_string(again)));
	json_object_put(again);
	json_object_put(dump);
	machine_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vfio_tph_reason why = { "" };
	const struct vfio_tph_node *node;
	struct machine machine;

	if (!machine_parse(&machine, (const char *)data, size, &why)) {
		fuzz_assert(why.text[0]);
		machine_free(&machine);
		return 0;
	}
	for (size_t i = 0; i < MAX_ENDS; i++) {
		node = vfio_tph_topology_node(machine.topology, i);
		if (node)
			try_node(&machine, node);
	}
	try_dump(&machine);
	machine_free(&machine);
	return 0;
}
