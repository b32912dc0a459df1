// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl dump: describes a machine as JSON, for others to look at and for tests to use. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "scrub.h"
#include "util/macros.h"

#define LINE_BYTES 16

static void add_string(struct json_object *object, const char *key, const char *value)
{
	if (value)
		json_object_object_add(object, key, json_object_new_string(value));
}

/* As lspci -xxxx prints it: by lines, without those that are zero. */
static struct json_object *config_lines(const uint8_t *config, size_t size)
{
	static const uint8_t zeroes[LINE_BYTES];
	struct json_object *lines = json_object_new_object();

	for (size_t offset = 0; offset < size; offset += LINE_BYTES) {
		size_t count = size - offset < LINE_BYTES ? size - offset : LINE_BYTES;
		char key[24], text[2 * LINE_BYTES + 1];

		if (!memcmp(config + offset, zeroes, count))
			continue;
		for (size_t i = 0; i < count; i++)
			snprintf(text + 2 * i, 3, "%02x", config[offset + i]);
		snprintf(key, sizeof(key), "%03zx", offset);
		json_object_object_add(lines, key, json_object_new_string(text));
	}
	return lines;
}

static void add_extras(struct json_object *device, const struct machine *machine,
		       const struct vfio_tph_node *node)
{
	struct json_object *facts = machine_device(machine, node), *value;
	static const char *const keys[] = { "rdma", "imports", "bars" };

	for (size_t i = 0; facts && i < ARRAY_SIZE(keys); i++)
		if (json_object_object_get_ex(facts, keys[i], &value))
			json_object_object_add(device, keys[i], json_object_get(value));
}

static struct json_object *dump_device(const struct machine *machine,
				       const struct vfio_tph_node *node)
{
	const struct vfio_tph_function *function = &node->function;
	struct json_object *device = json_object_new_object();
	uint8_t config[VFIO_TPH_CONFIG_SIZE];

	memcpy(config, function->config, function->config_size);
	scrub_config(config, function->config_size);
	add_string(device, "address", function->address);
	add_string(device, "parent", function->parent);
	add_string(device, "host_bridge", function->host_bridge);
	add_string(device, "driver", function->driver);
	add_string(device, "iommu_group", function->iommu_group);
	add_string(device, "iommu_type", function->iommu_type);
	json_object_object_add(device, "numa_node", json_object_new_int(function->numa_node));
	add_extras(device, machine, node);
	json_object_object_add(device, "config_size", json_object_new_int(function->config_size));
	json_object_object_add(device, "config", config_lines(config, function->config_size));
	return device;
}

struct json_object *dump_make(const struct machine *machine)
{
	struct json_object *dump = json_object_new_object(), *devices = json_object_new_array();
	static const char *const keys[] = { "kernel", "processor", "system" };
	const struct vfio_tph_node *node;
	struct json_object *value;

	json_object_object_add(dump, DUMP_KEY, json_object_new_int(DUMP_VERSION));
	add_string(dump, "machine", machine->name);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		value = machine_fact(machine, keys[i]);
		if (value)
			json_object_object_add(dump, keys[i], json_object_get(value));
	}
	for (size_t i = 0; (node = vfio_tph_topology_node(machine->topology, i)); i++)
		json_object_array_add(devices, dump_device(machine, node));
	json_object_object_add(dump, "devices", devices);
	return dump;
}

enum { OPT_NAME = NUM_COMMON };

static const struct option_row options[] = {
	COMMON_OPTIONS,
	[OPT_NAME] = { "name", 'n', "NAME", "call the machine that, not by its host name" },
};

/* So that the dump can be read, and MACHINE/DEVICE written */
static bool is_name(const char *name)
{
	size_t length = 0;

	while (isgraph((unsigned char)name[length]) && name[length] != '/')
		length++;
	return length && !name[length];
}

static enum exit_code run(const struct arguments *arguments)
{
	const char *name = arguments->values[OPT_NAME];
	struct machines machines;
	struct json_object *dump;

	if (name && !is_name(name))
		return trouble("dump: --name is one word of visible characters, without a /");
	if (!machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	for (size_t i = 0; i < machines.count; i++) {
		dump = dump_make(&machines.array[i]);
		if (name)
			add_string(dump, "machine", name);
		printf("%s\n",
		       json_object_to_json_string_ext(dump,
						      JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(dump);
	}
	machines_free(&machines);
	return EXIT_FINE;
}

const struct command command_dump = {
	.name = "dump",
	.summary = "Print this machine as JSON, for --from",
	.help = "PCI functions with their configuration space, and the facts that doctor looks\n"
		"at. Serial numbers, vital product data, vendors' capabilities, MAC addresses\n"
		"and GUIDs are left out. Run it as root: other users see 64 bytes of\n"
		"configuration space only. A whole cluster, one file a machine, then tphctl\n"
		"path --from DIR:\n"
		"  clush -a 'tphctl dump >/shared/dumps/$(hostname).json'\n"
		"  srun -N8 --ntasks-per-node=1 sh -c 'tphctl dump >/shared/dumps/$(hostname).json"
		"'\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
