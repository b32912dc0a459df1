// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Reads dumps. They come from other people, so whatever is malformed is refused with the reason.
 * Everything that decisions depend on is checked first. Names and versions are only shown, and
 * their type is checked where they are printed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "util/macros.h"

/* Devices, functions, registers: nothing is deeper. */
#define MAX_JSON_DEPTH 8

/*
 * Characters that would confuse a terminal, in UTF-8 (which the text is checked to be): control
 * characters of both kinds, line separators, and those that change the direction of text.
 */
static const struct {
	const char *first, *last;
} confusing[] = {
	{ "\x01", "\x1f" },
	{ "\x7f", "\x7f" },
	{ "\xc2\x80", "\xc2\x9f" },
	{ "\xe2\x80\x8e", "\xe2\x80\x8f" },
	{ "\xe2\x80\xa8", "\xe2\x80\xae" },
	{ "\xe2\x81\xa6", "\xe2\x81\xa9" },
};

static bool is_confusing(const char *at)
{
	for (size_t i = 0; i < ARRAY_SIZE(confusing); i++) {
		size_t length = strlen(confusing[i].first);

		if (strncmp(at, confusing[i].first, length) >= 0 &&
		    strncmp(at, confusing[i].last, length) <= 0)
			return true;
	}
	return false;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (is_confusing(text))
			return false;
	return true;
}

static bool is_string_printable(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	return is_printable(text) && strlen(text) == (size_t)json_object_get_string_len(value);
}

/* What makes the JSON unfit as a dump, in words that continue "it has"; NULL if nothing does. */
static const char *find_unfit(struct json_object *value)
{
	const char *unfit = NULL;

	switch (json_object_get_type(value)) {
	case json_type_string:
		return is_string_printable(value) ? NULL : "control characters in a string";
	case json_type_double: /* json-c takes NaN, too, and JSON has none */
		return isfinite(json_object_get_double(value)) ? NULL : "a number that is none";
	case json_type_array:
		for (size_t i = 0; !unfit && i < json_object_array_length(value); i++)
			unfit = find_unfit(json_object_array_get_idx(value, i));
		return unfit;
	case json_type_object: {
		json_object_object_foreach(value, key, member) {
			if (!is_printable(key))
				return "control characters in a key";
			unfit = find_unfit(member);
			if (unfit)
				return unfit;
		}
		return NULL;
	}
	default:
		return NULL;
	}
}

/* The string at @key; NULL when it is absent or null. False when it is something else. */
static bool get_string(struct json_object *object, const char *key, const char **string,
		       struct vfio_tph_reason *why)
{
	struct json_object *value;

	*string = NULL;
	if (!json_object_object_get_ex(object, key, &value) || !value)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return !refuse(why, EPROTO, "'%s' is no string", key);
	*string = json_object_get_string(value);
	return true;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c | 0x20) : NULL;

	return found ? found - digits : -1;
}

static bool parse_bytes(const char *offset_text, const char *text, uint8_t *config, size_t size,
			struct vfio_tph_reason *why)
{
	char *end;
	unsigned long offset = strtoul(offset_text, &end, 16);

	if (!*offset_text || *end || offset > size)
		return !refuse(why, EPROTO, "'config' has no offset '%s'", offset_text);
	for (; text[0] && text[1]; text += 2) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0)
			return !refuse(why, EPROTO,
				       "'config' at %s: '%.2s' are no hexadecimal digits",
				       offset_text, text);
		if (offset == size)
			return !refuse(why, EPROTO, "'config' at %s goes beyond its %zu bytes",
				       offset_text, size);
		config[offset++] = high << 4 | low;
	}
	return !text[0] || !refuse(why, EPROTO, "'config' at %s has half a byte", offset_text);
}

static bool parse_config(struct json_object *device, uint8_t *config, size_t size,
			 struct vfio_tph_reason *why)
{
	struct json_object *lines;

	memset(config, 0, VFIO_TPH_CONFIG_SIZE);
	if (!json_object_object_get_ex(device, "config", &lines) ||
	    !json_object_is_type(lines, json_type_object))
		return !refuse(why, EPROTO, "'config' is no object");
	json_object_object_foreach(lines, offset, bytes) {
		if (!json_object_is_type(bytes, json_type_string))
			return !refuse(why, EPROTO, "'config' at %s is no string", offset);
		if (!parse_bytes(offset, json_object_get_string(bytes), config, size, why))
			return false;
	}
	return true;
}

static bool parse_size(struct json_object *device, size_t *size, struct vfio_tph_reason *why)
{
	struct json_object *value;

	*size = VFIO_TPH_CONFIG_SIZE;
	if (!json_object_object_get_ex(device, "config_size", &value))
		return true;
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0 ||
	    json_object_get_int64(value) > VFIO_TPH_CONFIG_SIZE)
		return !refuse(why, EPROTO, "'config_size' is no number up to %d",
			       VFIO_TPH_CONFIG_SIZE);
	*size = json_object_get_int64(value);
	return true;
}

static bool parse_function(struct json_object *device, struct vfio_tph_function *function,
			   uint8_t *config, struct vfio_tph_reason *why)
{
	struct json_object *node;

	if (!json_object_is_type(device, json_type_object))
		return !refuse(why, EPROTO, "it is no object");
	function->config = config;
	function->numa_node = -1;
	if (json_object_object_get_ex(device, "numa_node", &node))
		function->numa_node = json_object_get_int(node);
	return get_string(device, "address", &function->address, why) &&
	       get_string(device, "parent", &function->parent, why) &&
	       get_string(device, "host_bridge", &function->host_bridge, why) &&
	       get_string(device, "driver", &function->driver, why) &&
	       get_string(device, "iommu_group", &function->iommu_group, why) &&
	       get_string(device, "iommu_type", &function->iommu_type, why) &&
	       parse_size(device, &function->config_size, why) &&
	       parse_config(device, config, function->config_size, why);
}

static bool add_device(struct machine *machine, size_t index, struct json_object *device,
		       struct vfio_tph_reason *why)
{
	uint8_t config[VFIO_TPH_CONFIG_SIZE];
	struct vfio_tph_function function = { 0 };
	struct vfio_tph_reason inner;

	if (!parse_function(device, &function, config, &inner))
		return !refuse(why, EPROTO, "device %zu (%.24s): %.400s", index,
			       function.address ? function.address : "no address", inner.text);
	return !vfio_tph_topology_add(machine->topology, &function, why);
}

static bool add_devices(struct machine *machine, struct vfio_tph_reason *why)
{
	struct json_object *devices = machine_fact(machine, "devices");

	if (!devices || !json_object_is_type(devices, json_type_array))
		return !refuse(why, EPROTO, "'devices' is no array");
	for (size_t i = 0; i < json_object_array_length(devices); i++)
		if (!add_device(machine, i, json_object_array_get_idx(devices, i), why))
			return false;
	return true;
}

static bool check_version(struct machine *machine, struct vfio_tph_reason *why)
{
	struct json_object *version;

	if (!json_object_is_type(machine->facts, json_type_object) ||
	    !json_object_object_get_ex(machine->facts, DUMP_KEY, &version))
		return !refuse(why, EPROTO, "this is no dump. tphctl dump prints one");
	if (!json_object_is_type(version, json_type_int) ||
	    json_object_get_int64(version) != DUMP_VERSION)
		return !refuse(why, EPROTO,
			       "a dump of version %.20s, and this tphctl reads version %d: use "
			       "the tphctl that made it, or a newer one",
			       json_object_to_json_string(version), DUMP_VERSION);
	return true;
}

static bool set_machine(struct machine *machine, struct vfio_tph_reason *why)
{
	struct json_object *kernel = machine_fact(machine, "kernel");
	struct json_object *processor = machine_fact(machine, "processor"), *family;
	struct vfio_tph_machine facts = { 0 };

	if (kernel && !get_string(kernel, "command_line", &facts.command_line, why))
		return false;
	if (processor && !get_string(processor, "vendor", &facts.cpu_vendor, why))
		return false;
	if (processor && json_object_object_get_ex(processor, "family", &family))
		facts.cpu_family = json_object_get_int(family);
	return !vfio_tph_topology_set_machine(machine->topology, &facts) ||
	       !refuse(why, EPROTO, "out of memory");
}

static bool set_name(struct machine *machine, struct vfio_tph_reason *why)
{
	const char *name;

	if (!get_string(machine->facts, "machine", &name, why))
		return false;
	machine->name = strdup(name ? name : "unnamed");
	return machine->name || !refuse(why, EPROTO, "out of memory");
}

/* Reading ends with the last brace: only blanks may follow. */
static bool is_whole(struct json_tokener *tokener, const char *text, size_t size,
		     struct vfio_tph_reason *why)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);

	if (error == json_tokener_continue)
		return !refuse(why, EPROTO, "no JSON: it ends too early, after %zu bytes", size);
	if (error != json_tokener_success)
		return !refuse(why, EPROTO, "no JSON: %s at byte %zu",
			       json_tokener_error_desc(error), end);
	while (end < size && strchr(" \t\r\n", text[end]) && text[end])
		end++;
	return end == size ||
	       !refuse(why, EPROTO, "no JSON: something follows it at byte %zu", end);
}

static struct json_object *parse_json(const char *text, size_t size, struct vfio_tph_reason *why)
{
	struct json_tokener *tokener = json_tokener_new_ex(MAX_JSON_DEPTH);
	struct json_object *object;

	if (!tokener) {
		refuse(why, EPROTO, "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, size);
	if (!is_whole(tokener, text, size, why)) {
		json_object_put(object);
		object = NULL;
	} else if (!object) {
		refuse(why, EPROTO, "this is no dump. tphctl dump prints one");
	}
	json_tokener_free(tokener);
	return object;
}

bool machine_parse(struct machine *machine, const char *text, size_t size,
		   struct vfio_tph_reason *why)
{
	const char *unfit;

	*machine = (struct machine){ .topology = vfio_tph_topology_create() };
	if (!machine->topology)
		return !refuse(why, EPROTO, "out of memory");
	machine->facts = parse_json(text, size, why);
	if (!machine->facts || !check_version(machine, why))
		return false;
	unfit = find_unfit(machine->facts);
	if (unfit)
		return !refuse(why, EPROTO, "it has %s", unfit);
	return set_name(machine, why) && set_machine(machine, why) && add_devices(machine, why);
}
