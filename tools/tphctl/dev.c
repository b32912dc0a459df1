// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl dev show: what functions can send and take. */
#include <stdio.h>
#include <string.h>

#include "imports.h"
#include "machine.h"
#include "print.h"
#include "util/macros.h"

enum { OPT_ALL = NUM_COMMON };

static const struct option_row options[] = {
	COMMON_OPTIONS,
	JSON_OPTION,
	DETAILS_OPTION,
	[OPT_ALL] = { "all", 'a', NULL, "bridges, and functions without any sign of TPH, too" },
};

#define CLASS_NETWORK 0x02
#define CLASS_DISPLAY 0x03
#define CLASS_ACCELERATOR 0x12

/*
 * Functions that are listed by default: those with TPH, and those of a class that people expect to
 * have it.
 */
static bool is_shown(const struct vfio_tph_node *node)
{
	switch (node->class_code >> 16) {
	case 0x06:
		return false;
	case CLASS_NETWORK:
	case CLASS_DISPLAY:
	case CLASS_ACCELERATOR:
		return true;
	default:
		return node->requester.offset || node->completer;
	}
}

/*
 * What an owner in user space is let do with its requests, by vfio_pci_core.tph. NULL without such
 * an owner, or on a kernel that lets none.
 */
static const char *owner_words(const struct machine *machine, const struct vfio_tph_node *node)
{
	static const char *const words[] = {
		"hints without tags",
		"tags by interrupt vector",
		"tags as the device chooses",
		"any tags",
	};
	const char *driver = node->function.driver;
	struct json_object *stage = machine_fact(machine, "kernel|vfio_tph");
	size_t value = ARRAY_SIZE(words);

	if (!node->requester.offset || !driver || !strstr(driver, "vfio") || !stage)
		return NULL;
	sscanf(json_object_get_string(stage), "%zu", &value);
	return value < ARRAY_SIZE(words) ? words[value] : NULL;
}

static struct json_object *requester_json(const struct machine *machine,
					  const struct vfio_tph_node *node)
{
	const struct vfio_tph_requester *requester = &node->requester;
	struct json_object *object, *modes;

	if (!requester->offset)
		return NULL;
	object = json_object_new_object();
	modes = json_object_new_array();
	for (unsigned int mode = 0; mode < 3; mode++)
		if (requester->modes & 1 << mode)
			json_object_array_add(modes, json_object_new_string(mode_words(mode)));
	json_add_string(object, "enabled", requester_words(node));
	json_add_bool(object, "extended", requester->extended);
	json_object_object_add(object, "modes", modes);
	json_add_string(object, "mode", mode_words(requester->mode));
	json_add_string(object, "table", table_words(node));
	json_add_int(object, "entries", requester->entries);
	json_add_string(object, "owner", owner_words(machine, node));
	return object;
}

static struct json_object *acs_json(const struct vfio_tph_node *node)
{
	struct json_object *object;
	char words[ACS_WORDS_SIZE];

	if (!node->acs.present)
		return NULL;
	object = json_object_new_object();
	json_add_string(object, "supported", acs_words(node->acs.supported, words, sizeof(words)));
	json_add_string(object, "enabled", acs_words(node->acs.control, words, sizeof(words)));
	json_add_bool(object, "redirects", node->acs.control & VFIO_TPH_ACS_REDIRECTS);
	return object;
}

static struct json_object *node_json(const struct machine *machine,
				     const struct vfio_tph_node *node)
{
	struct json_object *object = json_object_new_object();
	char text[128];

	json_add_string(object, "machine", machine->name);
	json_add_string(object, "address", node->function.address);
	json_add_string(object, "name", node_name(node));
	snprintf(text, sizeof(text), "%04x:%04x", node->vendor, node->device);
	json_add_string(object, "id", text);
	json_add_string(object, "type", node_type(node));
	json_add_string(object, "parent", node->function.parent);
	json_add_string(object, "host_bridge", node->function.host_bridge);
	json_add_string(object, "driver", node->function.driver);
	machine_rdma_names(machine, node, text, sizeof(text));
	json_add_string(object, "rdma", text[0] ? text : NULL);
	json_object_object_add(object, "imports", json_object_get(machine_imports(machine, node)));
	json_add_int(object, "numa_node", node->function.numa_node);
	json_add_string(object, "completer", completer_words(node));
	json_object_object_add(object, "requester", requester_json(machine, node));
	json_object_object_add(object, "acs", acs_json(node));
	json_add_string(object, "iommu_group", node->function.iommu_group);
	json_add_string(object, "iommu_type", node->function.iommu_type);
	return object;
}

enum column { MACHINE, ADDRESS, REQUESTER, TABLE, COMPLETER, IOMMU, DRIVER, RDMA, NAME };

static const struct table_column columns[] = {
	[MACHINE] = { .name = "MACHINE" }, [ADDRESS] = { .name = "ADDRESS" },
	[REQUESTER] = { .name = "SENDS" }, [TABLE] = { .name = "TABLE" },
	[COMPLETER] = { .name = "TAKES" }, [IOMMU] = { .name = "IOMMU" },
	[DRIVER] = { .name = "DRIVER" },   [RDMA] = { .name = "RDMA" },
	[NAME] = { .name = "NAME" },
};

static const char *or_dash(const char *text)
{
	return text && text[0] ? text : "-";
}

static void add_line(struct table *table, const struct machine *machine,
		     const struct vfio_tph_node *node)
{
	char rdma[128];

	machine_rdma_names(machine, node, rdma, sizeof(rdma));
	table_line(table);
	table_cell(table, MACHINE, "%s", machine->name);
	table_cell(table, ADDRESS, "%s", node->function.address);
	table_cell(table, REQUESTER, "%s", requester_words(node));
	if (node->requester.entries)
		table_cell(table, TABLE, "%u in %s", node->requester.entries, table_words(node));
	else
		table_cell(table, TABLE, "-");
	table_cell(table, COMPLETER, "%s", completer_words(node));
	table_cell(table, IOMMU, "%s", or_dash(node->function.iommu_type));
	table_cell(table, DRIVER, "%s", or_dash(node->function.driver));
	table_cell(table, RDMA, "%s", or_dash(rdma));
	table_cell(table, NAME, "%s", node_name(node));
}

static void print_row(const char *name, const char *value)
{
	printf("  %-12s %s\n", name, or_dash(value));
}

static void print_requester(const struct machine *machine, const struct vfio_tph_node *node)
{
	const struct vfio_tph_requester *requester = &node->requester;
	char text[128] = "";

	print_row("sends", requester_words(node));
	if (!requester->offset)
		return;
	for (unsigned int mode = 0, length = 0; mode < 3; mode++)
		if (requester->modes & 1 << mode)
			length += snprintf(text + length, sizeof(text) - length, "%s%s%s",
					   length ? ", " : "", mode_words(mode),
					   mode == requester->mode ? " (selected)" : "");
	print_row("modes", text);
	print_row("can send", requester->extended ? "8-bit, 16-bit" : "8-bit");
	snprintf(text, sizeof(text), "%u entries in %s", requester->entries, table_words(node));
	print_row("ST table", requester->entries ? text : "none");
	snprintf(text, sizeof(text), "%#x in configuration space", requester->offset);
	print_row("capability", text);
	if (owner_words(machine, node))
		print_row("owner may", owner_words(machine, node));
}

static void print_imports(const struct machine *machine, const struct vfio_tph_node *node)
{
	struct json_object *imports = machine_imports(machine, node);
	char words[160];

	if (!imports)
		return;
	imports_words(imports, words, sizeof(words));
	print_row("imports", words);
}

static void print_details(const struct machine *machine, const struct vfio_tph_node *node)
{
	char text[256], words[ACS_WORDS_SIZE];

	printf("%s/%s %s [%04x:%04x]\n", machine->name, node->function.address, node_name(node),
	       node->vendor, node->device);
	print_row("type", node_type(node));
	print_requester(machine, node);
	print_row("takes", completer_words(node));
	print_row("prefixes", !node->prefixes        ? "no End-End TLP Prefixes" :
			      node->prefixes_blocked ? "blocked" :
						       "passed on");
	print_row("flit mode", node->flit ? "yes" : "no");
	if (node->acs.present)
		snprintf(text, sizeof(text), "%s%s",
			 acs_words(node->acs.control, words, sizeof(words)),
			 node->acs.control & VFIO_TPH_ACS_REDIRECTS ? ": redirects" : "");
	print_row("ACS", node->acs.present ? text : NULL);
	snprintf(text, sizeof(text), "group %s, %s", or_dash(node->function.iommu_group),
		 or_dash(node->function.iommu_type));
	print_row("IOMMU", node->function.iommu_group ? text : NULL);
	print_row("driver", node->function.driver);
	machine_rdma_names(machine, node, text, sizeof(text));
	print_row("RDMA", text);
	print_imports(machine, node);
	snprintf(text, sizeof(text), "%s below %s", or_dash(node->function.parent),
		 or_dash(node->function.host_bridge));
	print_row("above", text);
	snprintf(text, sizeof(text), "%d", node->function.numa_node);
	print_row("NUMA node", node->function.numa_node >= 0 ? text : NULL);
}

/* Where the output goes: one of these is set, or none for details. */
struct output {
	struct json_object *json;
	struct table *table;
};

static void show(struct output *output, const struct machine *machine,
		 const struct vfio_tph_node *node)
{
	if (output->json)
		json_object_array_add(output->json, node_json(machine, node));
	else if (output->table)
		add_line(output->table, machine, node);
	else
		print_details(machine, node);
}

static void show_machine(struct output *output, const struct machine *machine, bool all)
{
	const struct vfio_tph_node *node;

	for (size_t i = 0; (node = vfio_tph_topology_node(machine->topology, i)); i++)
		if (all || is_shown(node))
			show(output, machine, node);
}

static bool show_what(struct output *output, const struct machines *machines,
		      const struct arguments *arguments)
{
	const struct vfio_tph_node *node;
	const struct machine *machine;

	for (size_t i = 0; !arguments->num_words && i < machines->count; i++)
		show_machine(output, &machines->array[i], arguments->values[OPT_ALL]);
	if (!arguments->num_words)
		return true;
	node = machines_find(machines, arguments->words[0], &machine);
	if (node)
		show(output, machine, node);
	return node;
}

static enum exit_code run(const struct arguments *arguments)
{
	struct output output = { 0 };
	struct machines machines;
	bool good;

	if (!machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	if (arguments->values[OPT_JSON])
		output.json = json_object_new_array();
	else if (!arguments->values[OPT_DETAILS])
		output.table = table_create(columns, ARRAY_SIZE(columns));
	good = show_what(&output, &machines, arguments);
	if (output.json)
		print_json(output.json);
	if (output.table)
		table_print(output.table);
	machines_free(&machines);
	return good ? EXIT_FINE : EXIT_TROUBLE;
}

const struct command command_dev_show = {
	.name = "dev show",
	.words = "[DEVICE]",
	.max = 1,
	.summary = "Show what PCI functions send and take",
	.help = "SENDS is what the TPH Requester capability has enabled now; off: it has one,\n"
		"and it is disabled. TAKES is TPH Completer Supported, bits 13:12 of Device\n"
		"Capabilities 2. Without --all only those are shown that have either, NICs,\n"
		"GPUs and accelerators. DEVICE is a PCI address or an RDMA device, with several\n"
		"machines MACHINE/DEVICE.\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
