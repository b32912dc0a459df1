// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"

/* A machine with a thousand functions makes 3 MiB. No real one makes 64. */
#define MAX_DUMP_SIZE (64u << 20)
#define MAX_MACHINES 4096

void machine_free(struct machine *machine)
{
	free(machine->name);
	vfio_tph_topology_destroy(machine->topology);
	json_object_put(machine->facts);
	*machine = (struct machine){ 0 };
}

void machines_free(struct machines *machines)
{
	for (size_t i = 0; i < machines->count; i++)
		machine_free(&machines->array[i]);
	free(machines->array);
	*machines = (struct machines){ 0 };
}

static struct machine *add_machine(struct machines *machines)
{
	size_t size = (machines->count + 1) * sizeof(machines->array[0]);
	struct machine *array;

	if (machines->count == MAX_MACHINES) {
		trouble("more than %d machines", MAX_MACHINES);
		return NULL;
	}
	array = realloc(machines->array, size);
	if (!array) {
		trouble("out of memory");
		return NULL;
	}
	machines->array = array;
	array[machines->count] = (struct machine){ 0 };
	return &array[machines->count++];
}

static bool load_live(struct machine *machine)
{
	struct vfio_tph_reason reason;
	char name[65] = "";

	gethostname(name, sizeof(name) - 1);
	machine->live = true;
	machine->name = strdup(name);
	machine->topology = vfio_tph_topology_create();
	if (!machine->name || !machine->topology) {
		trouble("out of memory");
		return false;
	}
	if (vfio_tph_topology_read(machine->topology, NULL, &reason)) {
		trouble("%s", reason.text);
		return false;
	}
	machine->facts = facts_gather(machine->topology);
	return true;
}

/* The whole file, with a zero behind it; NULL with errno. */
static char *read_stream(FILE *file, size_t *size)
{
	size_t room = 1 << 16, got;
	char *text = NULL, *more;

	for (*size = 0;; room *= 2) {
		more = *size < MAX_DUMP_SIZE ? realloc(text, room + 1) : NULL;
		if (!more) {
			errno = *size < MAX_DUMP_SIZE ? ENOMEM : EFBIG;
			break;
		}
		text = more;
		got = fread(text + *size, 1, room - *size, file);
		*size += got;
		if (*size == room)
			continue;
		if (ferror(file))
			break;
		text[*size] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

static bool load_stream(struct machine *machine, const char *path, FILE *file)
{
	struct vfio_tph_reason why;
	size_t size;
	char *text;
	bool good;

	text = read_stream(file, &size);
	if (!text) {
		trouble("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	good = machine_parse(machine, text, size, &why);
	free(text);
	if (!good)
		trouble("%s: %s", path, why.text);
	return good;
}

static bool load_file(struct machines *machines, const char *path)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	struct machine *machine;
	bool good;

	if (!file) {
		trouble("cannot open %s: %s", path, strerror(errno));
		return false;
	}
	machine = add_machine(machines);
	good = machine && load_stream(machine, path, file);
	if (!standard)
		fclose(file);
	return good;
}

static int is_dump(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && !strcmp(dot, ".json");
}

static bool load_entry(struct machines *machines, const char *directory, const char *name)
{
	char *path;
	bool good;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		trouble("out of memory");
		return false;
	}
	good = load_file(machines, path);
	free(path);
	return good;
}

static bool load_directory(struct machines *machines, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_dump, alphasort);
	bool good = count > 0;

	if (count < 0)
		trouble("cannot read %s: %s", path, strerror(errno));
	else if (!count)
		trouble("%s has no file *.json. On every machine: tphctl dump >%s/$(hostname).json",
			path, path);
	for (int i = 0; i < count; i++) {
		good = good && load_entry(machines, path, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return good;
}

static bool load(struct machines *machines, const char *from)
{
	struct machine *machine;
	struct stat status;

	if (from) {
		if (!stat(from, &status) && S_ISDIR(status.st_mode))
			return load_directory(machines, from);
		return load_file(machines, from);
	}
	machine = add_machine(machines);
	return machine && load_live(machine);
}

bool machines_load(struct machines *machines, const struct arguments *arguments)
{
	*machines = (struct machines){ 0 };
	if (load(machines, arguments->values[OPT_FROM]))
		return true;
	machines_free(machines);
	return false;
}

struct json_object *machine_fact(const struct machine *machine, const char *path)
{
	struct json_object *object = machine->facts;
	char key[64];

	if (machine->live && !strncmp(path, "system", strlen("system")) &&
	    !json_object_object_get_ex(object, "system", NULL))
		json_object_object_add(object, "system", facts_gather_system());
	while (object && *path) {
		size_t length = strcspn(path, "|");

		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		if (!json_object_is_type(object, json_type_object) ||
		    !json_object_object_get_ex(object, key, &object))
			return NULL;
		path += length + (path[length] == '|');
	}
	return object;
}

static bool is_device(struct json_object *device, const char *address)
{
	struct json_object *value;

	return json_object_object_get_ex(device, "address", &value) &&
	       !strcmp(json_object_get_string(value), address);
}

struct json_object *machine_device(const struct machine *machine, const struct vfio_tph_node *node)
{
	struct json_object *devices = machine_fact(machine, "devices"), *device;
	size_t count = devices ? json_object_array_length(devices) : 0;

	for (size_t i = 0; i < count; i++) {
		device = json_object_array_get_idx(devices, i);
		if (is_device(device, node->function.address))
			return device;
	}
	return NULL;
}

static struct json_object *device_list(const struct machine *machine,
				       const struct vfio_tph_node *node, const char *key)
{
	struct json_object *device = machine_device(machine, node), *list;

	if (!device || !json_object_object_get_ex(device, key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return NULL;
	return list;
}

void machine_rdma_names(const struct machine *machine, const struct vfio_tph_node *node,
			char *names, size_t size)
{
	struct json_object *list = device_list(machine, node, "rdma");
	size_t count = list ? json_object_array_length(list) : 0, length = 0;

	names[0] = '\0';
	for (size_t i = 0; i < count && length < size; i++) {
		struct json_object *name = json_object_array_get_idx(list, i);

		if (json_object_is_type(name, json_type_string))
			length += snprintf(names + length, size - length, "%s%s", length ? "," : "",
					   json_object_get_string(name));
	}
}

struct json_object *machine_imports(const struct machine *machine, const struct vfio_tph_node *node)
{
	struct json_object *device = machine_device(machine, node), *imports = NULL;

	json_object_object_get_ex(device, "imports", &imports);
	return json_object_is_type(imports, json_type_object) ? imports : NULL;
}

unsigned long long machine_bar_size(const struct machine *machine, const struct vfio_tph_node *node,
				    unsigned int bar)
{
	struct json_object *list = device_list(machine, node, "bars"), *entry, *value;
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		entry = json_object_array_get_idx(list, i);
		if (!json_object_is_type(entry, json_type_object) ||
		    !json_object_object_get_ex(entry, "bar", &value) ||
		    json_object_get_int64(value) != bar)
			continue;
		if (json_object_object_get_ex(entry, "size", &value))
			return json_object_get_int64(value);
	}
	return 0;
}

static bool has_rdma_name(const struct machine *machine, const struct vfio_tph_node *node,
			  const char *name)
{
	struct json_object *list = device_list(machine, node, "rdma");
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));

		if (text && !strcmp(text, name))
			return true;
	}
	return false;
}

static const struct vfio_tph_node *find_in(const struct machine *machine, const char *word)
{
	const struct vfio_tph_node *node = vfio_tph_topology_find(machine->topology, word);

	for (size_t i = 0; !node; i++) {
		const struct vfio_tph_node *next = vfio_tph_topology_node(machine->topology, i);

		if (!next)
			return NULL;
		if (has_rdma_name(machine, next, word))
			node = next;
	}
	return node;
}

/*
 * The machine that "MACHINE/…" names, and what is left of the word; NULL after it has said what is
 * wrong.
 */
static const struct machine *named_machine(const struct machines *machines, const char *word,
					   const char **rest)
{
	size_t length = strcspn(word, "/");
	const struct machine *found = NULL;

	for (size_t i = 0; i < machines->count; i++) {
		const struct machine *machine = &machines->array[i];

		if (strlen(machine->name) != length || strncmp(machine->name, word, length))
			continue;
		if (found) {
			trouble("%s: there are several machines of that name; tphctl dump --name "
				"gives one another",
				word);
			return NULL;
		}
		found = machine;
	}
	if (!found)
		trouble("%s: there is no machine of that name", word);
	*rest = word + length + 1;
	return found;
}

const struct vfio_tph_node *machines_find(const struct machines *machines, const char *word,
					  const struct machine **machine)
{
	const struct vfio_tph_node *node;
	const char *rest = word;

	if (strchr(word, '/')) {
		*machine = named_machine(machines, word, &rest);
		if (!*machine)
			return NULL;
	} else if (machines->count > 1) {
		trouble("%s: there are %zu machines, write which one, as in %s/%s", word,
			machines->count, machines->array[0].name, word);
		return NULL;
	} else {
		*machine = &machines->array[0];
	}
	node = find_in(*machine, rest);
	if (!node)
		trouble("%s: %s has no such PCI or RDMA device; tphctl dev show --all shows them",
			rest, (*machine)->name);
	return node;
}
