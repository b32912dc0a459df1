// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <libsmartcols.h>
#include <linux/pci_regs.h>
#include <pci/pci.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "tphctl.h"
#include "util/macros.h"

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
};

static void *need(void *memory)
{
	if (!memory)
		exit(trouble("out of memory"));
	return memory;
}

struct table *table_create(const struct table_column *columns, size_t count)
{
	struct table *table = need(calloc(1, sizeof(*table)));

	table->scols = need(scols_new_table());
	for (size_t i = 0; i < count; i++)
		need(scols_table_new_column(table->scols, columns[i].name, 0,
					    (columns[i].right ? SCOLS_FL_RIGHT : 0) |
						    (columns[i].wraps ? SCOLS_FL_WRAP : 0)));
	return table;
}

void table_line(struct table *table)
{
	table->line = need(scols_table_new_line(table->scols, NULL));
}

void table_cell(struct table *table, size_t column, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (scols_line_set_data(table->line, column, text))
		need(NULL);
}

void table_print(struct table *table)
{
	scols_print_table(table->scols);
	scols_unref_table(table->scols);
	free(table);
}

void print_json(struct json_object *object)
{
	printf("%s\n",
	       json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

const char *json_get_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) :
								NULL;
}

void json_add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

void json_add_int(struct json_object *object, const char *key, long long value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/* libpci reports errors through this. A missing list of names is no error: ids are printed. */
static void say_nothing(char *format, ...)
{
}

/*
 * Only libpci's list of names is needed. pci_init() would set the functions that report errors, but
 * it also opens the bus of this machine, and the names may be for a dump of another one.
 */
static struct pci_access *open_names(void)
{
	struct pci_access *access = need(pci_alloc());

	access->warning = say_nothing;
	access->debug = say_nothing;
	return access;
}

const char *node_name(const struct vfio_tph_node *node)
{
	static struct pci_access *access;
	static char name[256];

	if (!access)
		access = open_names();
	return pci_lookup_name(access, name, sizeof(name), PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE,
			       node->vendor, node->device);
}

const char *node_type(const struct vfio_tph_node *node)
{
	static const char *const types[] = {
		[VFIO_TPH_PORT_ENDPOINT] = "endpoint",
		[VFIO_TPH_PORT_LEGACY_ENDPOINT] = "legacy endpoint",
		[VFIO_TPH_PORT_ROOT] = "root port",
		[VFIO_TPH_PORT_UPSTREAM] = "switch upstream port",
		[VFIO_TPH_PORT_DOWNSTREAM] = "switch downstream port",
		[VFIO_TPH_PORT_TO_PCI] = "PCI Express to PCI bridge",
		[VFIO_TPH_PORT_FROM_PCI] = "PCI to PCI Express bridge",
		[VFIO_TPH_PORT_INTEGRATED] = "integrated endpoint",
		[VFIO_TPH_PORT_EVENT_COLLECTOR] = "event collector",
		[VFIO_TPH_PORT_CONVENTIONAL] = "conventional PCI",
		[VFIO_TPH_PORT_UNREADABLE] = "unreadable",
	};
	const char *type = node->type < ARRAY_SIZE(types) ? types[node->type] : NULL;

	return type ? type : "reserved";
}

const char *completer_words(const struct vfio_tph_node *node)
{
	static const char *const words[] = {
		[VFIO_TPH_COMPLETER_NONE] = "none",
		[VFIO_TPH_COMPLETER_ST] = "8-bit",
		[VFIO_TPH_COMPLETER_RESERVED] = "reserved (10b)",
		[VFIO_TPH_COMPLETER_ST_EXT] = "8-bit, 16-bit",
	};

	return node->type == VFIO_TPH_PORT_UNREADABLE ? "unreadable" : words[node->completer];
}

const char *requester_words(const struct vfio_tph_node *node)
{
	static const char *const words[] = { "off", "8-bit", "reserved (10b)", "16-bit" };

	if (node->requester.offset)
		return words[node->requester.enabled];
	return node->extended_config || node->type == VFIO_TPH_PORT_CONVENTIONAL ? "none" :
										   "unreadable";
}

const char *table_words(const struct vfio_tph_node *node)
{
	static const char *const words[] = {
		[VFIO_TPH_TABLE_NONE] = "none",
		[VFIO_TPH_TABLE_CAPABILITY] = "capability",
		[VFIO_TPH_TABLE_MSIX] = "MSI-X",
		[VFIO_TPH_TABLE_RESERVED] = "reserved",
	};

	return words[node->requester.table];
}

const char *mode_words(unsigned int mode)
{
	static const char *const words[] = {
		[VFIO_TPH_MODE_NO_ST] = "no-st",
		[VFIO_TPH_MODE_INTERRUPT_VECTOR] = "interrupt-vector",
		[VFIO_TPH_MODE_DEVICE_SPECIFIC] = "device-specific",
	};

	return mode < ARRAY_SIZE(words) ? words[mode] : "reserved";
}

const char *acs_words(unsigned int bits, char *words, size_t size)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} names[] = {
		{ PCI_ACS_SV, "SrcValid" },    { PCI_ACS_TB, "TransBlk" },
		{ PCI_ACS_RR, "ReqRedir" },    { PCI_ACS_CR, "CmpltRedir" },
		{ PCI_ACS_UF, "UpstreamFwd" }, { PCI_ACS_EC, "EgressCtrl" },
		{ PCI_ACS_DT, "DirectTrans" },
	};
	size_t length = 0;

	snprintf(words, size, "none");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (bits & names[i].bit && length < size)
			length += snprintf(words + length, size - length, "%s%s", length ? "," : "",
					   names[i].name);
	return words;
}
