// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl path: will hints arrive, and why not. */
#include <stdio.h>
#include <string.h>

#include "dot.h"
#include "machine.h"
#include "print.h"
#include "util/macros.h"

enum { OPT_DOT = NUM_COMMON };

static const struct option_row options[] = {
	COMMON_OPTIONS,
	JSON_OPTION,
	DETAILS_OPTION,
	[OPT_DOT] = { "dot", 0, NULL, "print a picture, for dot -Tsvg" },
};

#define CLASS_NETWORK 0x02
#define CLASS_DISPLAY 0x03
#define CLASS_ACCELERATOR 0x12

/* "depends" does not count as a refusal: everything that can be read is in order. */
static bool is_refusal(enum vfio_tph_verdict verdict)
{
	return verdict > VFIO_TPH_DEPENDS;
}

static const char *const route_words[] = {
	[VFIO_TPH_ROUTE_DEVICE] = "one device",
	[VFIO_TPH_ROUTE_SWITCH] = "switch",
	[VFIO_TPH_ROUTE_REDIRECTED] = "root complex, by ACS",
	[VFIO_TPH_ROUTE_ROOT_COMPLEX] = "root complex",
	[VFIO_TPH_ROUTE_HOST_BRIDGES] = "two host bridges",
};

static const char *namespace_words(uint32_t namespaces)
{
	if (!namespaces)
		return "none";
	return namespaces & VFIO_TPH_TAG_ST_EXT ? "16-bit" : "8-bit";
}

/* The finding that decides: the first of the worst. */
static const struct vfio_tph_finding *deciding(const struct vfio_tph_path *path)
{
	for (size_t i = 0; i < path->num_findings; i++)
		if (path->findings[i].verdict == path->verdict)
			return &path->findings[i];
	return NULL;
}

/* What matters about a hop, in words. */
static void hop_words(const struct vfio_tph_path *path, size_t index, char *text, size_t size)
{
	const struct vfio_tph_node *node = path->hops[index].node;
	char words[ACS_WORDS_SIZE];

	text[0] = '\0';
	if (!node)
		return;
	if (!index)
		snprintf(text, size, "sends %s", requester_words(node));
	else if (index == path->num_hops - 1)
		snprintf(text, size, "takes %s", completer_words(node));
	else if (node->type == VFIO_TPH_PORT_ROOT)
		snprintf(text, size, "takes %s", completer_words(node));
	else if (node->acs.control & VFIO_TPH_ACS_REDIRECTS)
		snprintf(text, size, "redirects: %s",
			 acs_words(node->acs.control & VFIO_TPH_ACS_REDIRECTS, words,
				   sizeof(words)));
}

static struct json_object *hops_json(const struct vfio_tph_path *path)
{
	struct json_object *array = json_object_new_array(), *object;
	char text[128];

	for (size_t i = 0; i < path->num_hops; i++) {
		const struct vfio_tph_node *node = path->hops[i].node;

		object = json_object_new_object();
		json_add_string(object, "address", node ? node->function.address : NULL);
		json_add_string(object, "host_bridge", path->hops[i].host_bridge);
		json_add_string(object, "type", node ? node_type(node) : "root complex");
		hop_words(path, i, text, sizeof(text));
		json_add_string(object, "tph", text[0] ? text : NULL);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *findings_json(const struct vfio_tph_path *path)
{
	struct json_object *array = json_object_new_array(), *object;

	for (size_t i = 0; i < path->num_findings; i++) {
		const struct vfio_tph_finding *finding = &path->findings[i];

		object = json_object_new_object();
		json_add_string(object, "verdict", vfio_tph_verdict_text(finding->verdict));
		json_add_string(object, "code", finding->code);
		json_add_string(object, "address", finding->address);
		json_add_string(object, "text", finding->text);
		json_add_string(object, "remedy", finding->remedy);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *path_json(const struct machine *machine,
				     const struct vfio_tph_path *path)
{
	const struct vfio_tph_node *first = path->hops[0].node;
	const struct vfio_tph_node *last = path->hops[path->num_hops - 1].node;
	struct json_object *object = json_object_new_object();

	json_add_string(object, "machine", machine->name);
	json_add_string(object, "requester", first->function.address);
	json_add_string(object, "completer", last->function.address);
	json_add_string(object, "verdict", vfio_tph_verdict_text(path->verdict));
	json_add_string(object, "namespace", namespace_words(path->namespaces));
	json_add_string(object, "route", route_words[path->route]);
	json_object_object_add(object, "hops", hops_json(path));
	json_object_object_add(object, "findings", findings_json(path));
	return object;
}

enum hop_column { HOP, KIND, TPH, NAME, ACS, PREFIXES, IOMMU, DRIVER, NUM_HOP_COLUMNS };

static const struct table_column hop_columns[NUM_HOP_COLUMNS] = {
	[HOP] = { .name = "HOP" },
	[KIND] = { .name = "KIND" },
	[TPH] = { .name = "TPH" },
	[NAME] = { .name = "NAME" },
	/* with --details */
	[ACS] = { .name = "ACS" },
	[PREFIXES] = { .name = "PREFIXES" },
	[IOMMU] = { .name = "IOMMU" },
	[DRIVER] = { .name = "DRIVER" },
};

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void add_hop_details(struct table *table, const struct vfio_tph_node *node)
{
	char words[ACS_WORDS_SIZE];

	table_cell(table, ACS, "%s",
		   node->acs.present ? acs_words(node->acs.control, words, sizeof(words)) : "-");
	table_cell(table, PREFIXES, "%s",
		   node->flit             ? "flit mode" :
		   !node->prefixes        ? "unknown" :
		   node->prefixes_blocked ? "blocked" :
					    "passed on");
	table_cell(table, IOMMU, "%s", or_dash(node->function.iommu_type));
	table_cell(table, DRIVER, "%s", or_dash(node->function.driver));
}

static void add_hop(struct table *table, const struct vfio_tph_path *path, size_t index,
		    bool details)
{
	const struct vfio_tph_node *node = path->hops[index].node;
	char text[128];

	hop_words(path, index, text, sizeof(text));
	table_line(table);
	table_cell(table, HOP, "%s", node ? node->function.address : path->hops[index].host_bridge);
	table_cell(table, KIND, "%s", node ? node_type(node) : "root complex");
	table_cell(table, TPH, "%s", text[0] ? text : "-");
	if (node)
		table_cell(table, NAME, "%s", node_name(node));
	if (node && details)
		add_hop_details(table, node);
}

static void print_hops(const struct vfio_tph_path *path, bool details)
{
	struct table *table = table_create(hop_columns, details ? NUM_HOP_COLUMNS : NAME + 1);

	for (size_t i = 0; i < path->num_hops; i++)
		add_hop(table, path, i, details);
	table_print(table);
}

/* Findings are sentences: they are folded at this column, and continue behind the verdict. */
#define FOLD_COLUMN 100
#define TEXT_COLUMN 9

static void print_folded(const char *text, const char *end)
{
	size_t column = TEXT_COLUMN;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column > TEXT_COLUMN && column + 1 + length > FOLD_COLUMN) {
			printf("\n%*s", TEXT_COLUMN, "");
			column = TEXT_COLUMN;
		} else if (column > TEXT_COLUMN) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)length, text);
		column += length;
		text += length + (text[length] == ' ');
	}
	printf("%s\n", end);
}

static void print_findings(const struct vfio_tph_path *path)
{
	for (size_t i = 0; i < path->num_findings; i++) {
		const struct vfio_tph_finding *finding = &path->findings[i];

		printf("%-*s", TEXT_COLUMN, vfio_tph_verdict_text(finding->verdict));
		print_folded(finding->text, ".");
		if (!finding->remedy)
			continue;
		printf("%*s", TEXT_COLUMN, "");
		print_folded(finding->remedy, ".");
	}
}

static void print_path(const struct vfio_tph_path *path, bool details)
{
	const struct vfio_tph_node *first = path->hops[0].node;
	const struct vfio_tph_node *last = path->hops[path->num_hops - 1].node;

	printf("%s -> %s: %s", first->function.address, last->function.address,
	       vfio_tph_verdict_text(path->verdict));
	if (!is_refusal(path->verdict))
		printf(", with %s steering tags", namespace_words(path->namespaces));
	printf("\n\n");
	print_hops(path, details);
	putchar('\n');
	print_findings(path);
}

static enum exit_code show_path(const struct machines *machines, const struct arguments *arguments)
{
	const struct machine *machine, *other;
	const struct vfio_tph_node *requester = machines_find(machines, arguments->words[0],
							      &machine);
	const struct vfio_tph_node *completer;
	struct vfio_tph_reason reason;
	struct vfio_tph_path *path;
	enum exit_code code;

	completer = requester ? machines_find(machines, arguments->words[1], &other) : NULL;
	if (!completer)
		return EXIT_TROUBLE;
	if (machine != other)
		return trouble("%s and %s are in two machines: the network is between them, and "
			       "hints do not cross it",
			       arguments->words[0], arguments->words[1]);
	if (vfio_tph_path_create(machine->topology, requester->function.address,
				 completer->function.address, &path, &reason))
		return trouble("%s", reason.text);
	if (arguments->values[OPT_DOT])
		dot_print(path);
	else if (arguments->values[OPT_JSON])
		print_json(path_json(machine, path));
	else
		print_path(path, arguments->values[OPT_DETAILS]);
	code = is_refusal(path->verdict) ? EXIT_ANSWER_IS_NO : EXIT_FINE;
	vfio_tph_path_destroy(path);
	return code;
}

static unsigned int base_class(const struct vfio_tph_node *node)
{
	return node->class_code >> 16;
}

/* Possible targets: functions that take tags, and those of a class that people want to write to. */
static bool is_target(const struct vfio_tph_node *node)
{
	switch (base_class(node)) {
	case 0x06:
	case CLASS_NETWORK:
		return false;
	case CLASS_DISPLAY:
	case CLASS_ACCELERATOR:
		return true;
	default:
		return node->completer;
	}
}

enum column { MACHINE, NIC, DEVICE, ROUTE, ANSWER, TAGS, WHY };

static const struct table_column columns[] = {
	[MACHINE] = { .name = "MACHINE" },        [NIC] = { .name = "NIC" },
	[DEVICE] = { .name = "DEVICE" },          [ROUTE] = { .name = "BY" },
	[ANSWER] = { .name = "STEERS" },          [TAGS] = { .name = "TAGS" },
	[WHY] = { .name = "WHY", .wraps = true },
};

/* All pairs of all machines, and whether one at least works. */
struct matrix {
	struct table *table;
	bool details;
	struct json_object *json;
	size_t pairs, working;
};

static void add_line(struct matrix *matrix, const struct machine *machine,
		     const struct vfio_tph_node *nic, const struct vfio_tph_path *path)
{
	const struct vfio_tph_node *last = path->hops[path->num_hops - 1].node;
	const struct vfio_tph_finding *why = deciding(path);
	char rdma[128];

	machine_rdma_names(machine, nic, rdma, sizeof(rdma));
	table_line(matrix->table);
	table_cell(matrix->table, MACHINE, "%s", machine->name);
	table_cell(matrix->table, NIC, "%s%s%s", nic->function.address, rdma[0] ? " " : "", rdma);
	table_cell(matrix->table, DEVICE, "%s", last->function.address);
	table_cell(matrix->table, ROUTE, "%s", route_words[path->route]);
	table_cell(matrix->table, ANSWER, "%s", vfio_tph_verdict_text(path->verdict));
	table_cell(matrix->table, TAGS, "%s", namespace_words(path->namespaces));
	if (path->verdict != VFIO_TPH_YES && why)
		table_cell(matrix->table, WHY, "%s", matrix->details ? why->text : why->code);
}

static enum exit_code add_pair(struct matrix *matrix, const struct machine *machine,
			       const struct vfio_tph_node *nic, const struct vfio_tph_node *target)
{
	struct vfio_tph_reason reason;
	struct vfio_tph_path *path;

	if (vfio_tph_path_create(machine->topology, nic->function.address, target->function.address,
				 &path, &reason))
		return trouble("%s: %s", machine->name, reason.text);
	matrix->pairs++;
	matrix->working += !is_refusal(path->verdict);
	if (matrix->json)
		json_object_array_add(matrix->json, path_json(machine, path));
	else
		add_line(matrix, machine, nic, path);
	vfio_tph_path_destroy(path);
	return EXIT_FINE;
}

static enum exit_code add_nic(struct matrix *matrix, const struct machine *machine,
			      const struct vfio_tph_node *nic)
{
	const struct vfio_tph_node *target;
	enum exit_code code = EXIT_FINE;

	for (size_t i = 0; !code && (target = vfio_tph_topology_node(machine->topology, i)); i++)
		if (is_target(target))
			code = add_pair(matrix, machine, nic, target);
	return code;
}

static enum exit_code add_machine(struct matrix *matrix, const struct machine *machine)
{
	const struct vfio_tph_node *nic;
	enum exit_code code = EXIT_FINE;

	for (size_t i = 0; !code && (nic = vfio_tph_topology_node(machine->topology, i)); i++)
		if (base_class(nic) == CLASS_NETWORK)
			code = add_nic(matrix, machine, nic);
	return code;
}

static enum exit_code show_matrix(const struct machines *machines,
				  const struct arguments *arguments)
{
	struct matrix matrix = { .details = arguments->values[OPT_DETAILS] };
	enum exit_code code = EXIT_FINE;

	if (arguments->values[OPT_DOT])
		return trouble("--dot draws one way: name a NIC and a device");
	if (arguments->values[OPT_JSON])
		matrix.json = json_object_new_array();
	else
		matrix.table = table_create(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; !code && i < machines->count; i++)
		code = add_machine(&matrix, &machines->array[i]);
	if (matrix.json)
		print_json(matrix.json);
	if (matrix.table)
		table_print(matrix.table);
	if (!code && !matrix.pairs)
		trouble("there is no pair of a NIC and a device that could take tags");
	if (!code && !matrix.working)
		code = EXIT_ANSWER_IS_NO;
	return code;
}

static enum exit_code run(const struct arguments *arguments)
{
	struct machines machines;
	enum exit_code code;

	if (arguments->num_words == 1)
		return trouble(
			"path: a way has two ends: a NIC and a device; or name none, for all "
			"of them");
	if (!machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	if (arguments->num_words)
		code = show_path(&machines, arguments);
	else
		code = show_matrix(&machines, arguments);
	machines_free(&machines);
	return code;
}

const struct command command_path = {
	.name = "path",
	.words = "[NIC DEVICE]",
	.max = 2,
	.summary = "Tell whether hints get from a NIC to a device, and why not",
	.help = "NIC and DEVICE are PCI addresses or RDMA devices, with several machines\n"
		"MACHINE/DEVICE. Without them: which NIC can steer to which device, of all\n"
		"machines. The answer is yes; depends (on hardware whose registers do not\n"
		"tell); unknown (it could not be read); not now (a setting is in the way) or\n"
		"no. Exit code 0 for the first two.\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
