// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl st show: what is in ST tables now, and who holds it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "print.h"
#include "rdma_mrs.h"
#include "st_table.h"
#include "util/macros.h"

static const struct option_row options[] = {
	COMMON_OPTIONS,
	JSON_OPTION,
	DETAILS_OPTION,
};

enum column { MACHINE, ADDRESS, INDEX, TAG, HOLDERS };

static const struct table_column columns[] = {
	[MACHINE] = { .name = "MACHINE" },
	[ADDRESS] = { .name = "ADDRESS" },
	[INDEX] = { .name = "INDEX", .right = true },
	[TAG] = { .name = "ST", .right = true },
	[HOLDERS] = { .name = "HELD BY" },
};

/* Where it is shown, and whose memory regions are looked at. */
struct show {
	struct table *table;
	struct json_object *json;
	bool details, holders_known;
	struct rdma_mrs mrs;
	size_t shown;
};

static bool is_of(const struct machine *machine, const struct vfio_tph_node *node,
		  const struct rdma_mr *mr)
{
	char names[256];
	char *name, *rest = names;

	machine_rdma_names(machine, node, names, sizeof(names));
	while ((name = strsep(&rest, ",")))
		if (!strcmp(name, mr->device))
			return true;
	return false;
}

static struct json_object *holder_json(const struct rdma_mr *mr)
{
	struct json_object *holder = json_object_new_object();

	json_add_string(holder, "rdma", mr->device);
	json_add_int(holder, "mrn", mr->mrn);
	json_add_int(holder, "length", mr->length);
	json_add_string(holder, "source", mr->source);
	json_add_int(holder, "ph", mr->ph);
	json_add_int(holder, "pid", mr->pid);
	json_add_string(holder, "program", mr->program);
	return holder;
}

/* Of one entry. */
static struct json_object *holders_json(const struct show *show, const struct machine *machine,
					const struct vfio_tph_node *node, unsigned int index)
{
	struct json_object *holders = json_object_new_array();

	for (size_t i = 0; i < show->mrs.count; i++) {
		const struct rdma_mr *mr = &show->mrs.array[i];

		if (mr->has_tph && mr->st_index == index && is_of(machine, node, mr))
			json_object_array_add(holders, holder_json(mr));
	}
	return holders;
}

static void holders_words(struct json_object *holders, char *words, size_t size)
{
	size_t count = json_object_array_length(holders), length = 0;

	snprintf(words, size, "-");
	for (size_t i = 0; i < count && length < size; i++) {
		struct json_object *holder = json_object_array_get_idx(holders, i);

		length += snprintf(words + length, size - length, "%s%s mr %s (%s, ph %s) of %s %s",
				   i ? "; " : "", json_get_string(holder, "rdma"),
				   json_get_string(holder, "mrn"),
				   json_get_string(holder, "source"), json_get_string(holder, "ph"),
				   json_get_string(holder, "program"),
				   json_get_string(holder, "pid"));
	}
}

static void add_entry(struct show *show, const struct machine *machine,
		      const struct vfio_tph_node *node, unsigned int index, uint16_t tag,
		      struct json_object *entries)
{
	struct json_object *holders = holders_json(show, machine, node, index), *entry;
	bool known = show->holders_known && machine->live;
	char words[1024];

	show->shown++;
	if (entries) {
		entry = json_object_new_object();
		json_add_int(entry, "index", index);
		json_add_int(entry, "st", tag);
		json_object_object_add(entry, "holders", known ? json_object_get(holders) : NULL);
		json_object_array_add(entries, entry);
	} else if (show->details || tag || json_object_array_length(holders)) {
		holders_words(holders, words, sizeof(words));
		table_line(show->table);
		table_cell(show->table, MACHINE, "%s", machine->name);
		table_cell(show->table, ADDRESS, "%s", node->function.address);
		table_cell(show->table, INDEX, "%u", index);
		table_cell(show->table, TAG, "%#x", tag);
		table_cell(show->table, HOLDERS, "%s", known ? words : "unknown");
	}
	json_object_put(holders);
}

static struct json_object *table_json(const struct machine *machine,
				      const struct vfio_tph_node *node)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "machine", machine->name);
	json_add_string(object, "address", node->function.address);
	json_add_string(object, "enabled", requester_words(node));
	json_add_string(object, "table", table_words(node));
	return object;
}

static int show_table(struct show *show, const struct machine *machine,
		      const struct vfio_tph_node *node, struct vfio_tph_reason *reason)
{
	uint16_t tags[ST_TABLE_MAX] = { 0 };
	struct json_object *object, *entries = NULL;
	int err = st_table_read(machine, node, tags, reason);

	if (err)
		return err;
	if (show->json) {
		object = table_json(machine, node);
		entries = json_object_new_array();
		json_object_object_add(object, "entries", entries);
		json_object_array_add(show->json, object);
	}
	for (unsigned int i = 0; i < node->requester.entries; i++)
		add_entry(show, machine, node, i, tags[i], entries);
	return 0;
}

/* Show all tables; one that cannot be read does not hide the others. */
static enum exit_code show_tables(struct show *show, const struct machine *machine)
{
	enum exit_code code = EXIT_FINE;
	const struct vfio_tph_node *node;
	struct vfio_tph_reason reason;

	for (size_t i = 0; (node = vfio_tph_topology_node(machine->topology, i)); i++)
		if (node->requester.entries && show_table(show, machine, node, &reason))
			code = trouble("%s: %s", machine->name, reason.text);
	return code;
}

static enum exit_code show_what(struct show *show, const struct machines *machines,
				const struct arguments *arguments)
{
	const struct vfio_tph_node *node;
	enum exit_code code = EXIT_FINE;
	const struct machine *machine;
	struct vfio_tph_reason reason;

	if (!arguments->num_words) {
		for (size_t i = 0; i < machines->count; i++)
			if (show_tables(show, &machines->array[i]))
				code = EXIT_TROUBLE;
		return code;
	}
	node = machines_find(machines, arguments->words[0], &machine);
	if (!node)
		return EXIT_TROUBLE;
	if (!node->requester.offset)
		return trouble("%s: %s has no TPH Requester capability, or it could not be read",
			       machine->name, node->function.address);
	if (show_table(show, machine, node, &reason))
		return trouble("%s: %s", machine->name, reason.text);
	return EXIT_FINE;
}

/* Whether the driver tells the holders depends on the kernel, not on what is registered now. */
static void find_holders(struct show *show, const struct machine *machine)
{
	int err;

	if (!machine->live)
		return;
	err = rdma_mrs_list(&show->mrs);
	if (err &&
	    err != EPROTONOSUPPORT) /* there is no RDMA in this kernel, or it is not loaded */
		trouble("cannot list memory regions: %s", strerror(err));
	show->holders_known = !err &&
			      json_object_get_boolean(
				      machine_fact(machine, "system|symbols|" FACT_TELLS_HOLDERS));
}

static void say_what_is_unknown(const struct show *show, const struct machine *machine)
{
	if (show->shown && machine->live && !show->holders_known)
		trouble("who holds an entry this kernel does not tell: rdma resource show mr -d has "
			"no tph_st_index");
}

static enum exit_code run(const struct arguments *arguments)
{
	struct show show = { .details = arguments->values[OPT_DETAILS] };
	struct machines machines;
	enum exit_code code;

	if (!machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	find_holders(&show, &machines.array[0]);
	if (arguments->values[OPT_JSON])
		show.json = json_object_new_array();
	else
		show.table = table_create(columns, ARRAY_SIZE(columns));
	code = show_what(&show, &machines, arguments);
	if (show.json)
		print_json(show.json);
	if (show.table)
		table_print(show.table);
	say_what_is_unknown(&show, &machines.array[0]);
	free(show.mrs.array);
	machines_free(&machines);
	return code;
}

const struct command command_st_show = {
	.name = "st show",
	.words = "[DEVICE]",
	.max = 1,
	.summary = "Show ST tables, and who holds their entries",
	.help = "Reads the table of DEVICE, or of all that have one, from configuration space\n"
		"or from the MSI-X table, now. Entries that are 0 and that nobody holds are\n"
		"shown with --details. HELD BY are memory regions whose requests select the\n"
		"entry; an entry that is not 0 and held by none keeps the tag of a region that\n"
		"is gone, or belongs to a DMA handle that no region uses.\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
