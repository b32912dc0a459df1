// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Facts about this machine other than its PCI functions, in the format of a dump. What cannot be
 * read is left out: whoever uses a fact reports that it is unknown.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "facts.h"
#include "imports.h"
#include "machine.h"
#include "util/macros.h"

#define SYSFS_PCI "/sys/bus/pci/devices"

const char *const fact_symbols[] = {
	"pcie_enable_tph",
	"dma_buf_get_pci_tph",
	"vfio_pci_core_feature_dma_buf",
	"vfio_pci_core_feature_dma_buf_tph",
	"mlx5_ib_tph_import",
	FACT_TELLS_HOLDERS,
	NULL,
};

/*
 * Where to see that a module is loaded. A module that is built in has a directory in /sys/module
 * only if it has parameters, but what it has registered is always visible.
 */
static const struct {
	const char *name, *folder, *registered;
} modules[] = {
	{ "vfio_pci", "/sys/module/vfio_pci", "/sys/bus/pci/drivers/vfio-pci" },
	{ "mlx5_core", "/sys/module/mlx5_core", "/sys/bus/pci/drivers/mlx5_core" },
	{ "mlx5_ib", "/sys/module/mlx5_ib", "/sys/bus/auxiliary/drivers/mlx5_ib.rdma" },
	{ "ib_uverbs", "/sys/module/ib_uverbs", "/sys/class/infiniband_verbs" },
};

const char *const fact_nodes[] = { "/dev/vfio/vfio", "/dev/iommu", NULL };

static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool good = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (good)
		line[strcspn(line, "\n")] = '\0';
	return good;
}

static void add_line(struct json_object *object, const char *key, const char *path)
{
	char line[256];

	if (read_line(path, line, sizeof(line)))
		json_object_object_add(object, key, json_object_new_string(line));
}

static struct json_object *gather_kernel(const struct vfio_tph_topology *topology)
{
	const char *line = vfio_tph_topology_machine(topology)->command_line;
	struct json_object *kernel = json_object_new_object();
	struct utsname name;

	if (!uname(&name))
		json_object_object_add(kernel, "release", json_object_new_string(name.release));
	if (line)
		json_object_object_add(kernel, "command_line", json_object_new_string(line));
	add_line(kernel, "vfio_tph", "/sys/module/vfio_pci_core/parameters/tph");
	return kernel;
}

/* A hypervisor says so by a flag of the processor. */
static bool is_virtual(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool found = false;
	char line[4096];

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, "flags", strlen("flags")) && strstr(line, " hypervisor");
	if (file)
		fclose(file);
	return found;
}

static struct json_object *gather_processor(const struct vfio_tph_topology *topology)
{
	const struct vfio_tph_machine *machine = vfio_tph_topology_machine(topology);
	struct json_object *processor = json_object_new_object();

	if (machine->cpu_vendor) {
		json_object_object_add(processor, "vendor",
				       json_object_new_string(machine->cpu_vendor));
		json_object_object_add(processor, "family",
				       json_object_new_int(machine->cpu_family));
	}
	json_object_object_add(processor, "virtual", json_object_new_boolean(is_virtual()));
	return processor;
}

/* "ffffffff81000000 T pcie_enable_tph\n"; that of a module has a tab and its name behind. */
static const char *symbol_of(char *line)
{
	char *type = strchr(line, ' '), *name = type ? strchr(type + 1, ' ') : NULL;

	if (!name)
		return "";
	name[1 + strcspn(name + 1, "\t\n")] = '\0';
	return name + 1;
}

/* Only the symbols that matter are kept: there are a hundred thousand. */
static struct json_object *gather_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct json_object *symbols;
	char line[512];

	if (!file)
		return NULL;
	symbols = json_object_new_object();
	for (size_t i = 0; fact_symbols[i]; i++)
		json_object_object_add(symbols, fact_symbols[i], json_object_new_boolean(false));
	while (fgets(line, sizeof(line), file)) {
		const char *symbol = symbol_of(line);

		for (size_t i = 0; fact_symbols[i]; i++)
			if (!strcmp(symbol, fact_symbols[i]))
				json_object_object_add(symbols, symbol,
						       json_object_new_boolean(true));
	}
	fclose(file);
	return symbols;
}

static void add_access(struct json_object *object, const char *key, const char *path)
{
	json_object_object_add(object, key, json_object_new_boolean(!access(path, F_OK)));
}

static struct json_object *gather_modules(void)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		json_object_object_add(object, modules[i].name,
				       json_object_new_boolean(
					       !access(modules[i].folder, F_OK) ||
					       !access(modules[i].registered, F_OK)));
	return object;
}

static struct json_object *gather_nodes(void)
{
	struct json_object *nodes = json_object_new_object();

	for (size_t i = 0; fact_nodes[i]; i++)
		add_access(nodes, fact_nodes[i], fact_nodes[i]);
	return nodes;
}

static struct json_object *gather_firmware(void)
{
	struct json_object *firmware = json_object_new_object();

	add_line(firmware, "vendor", "/sys/class/dmi/id/bios_vendor");
	add_line(firmware, "version", "/sys/class/dmi/id/bios_version");
	add_line(firmware, "date", "/sys/class/dmi/id/bios_date");
	return firmware;
}

struct json_object *facts_gather_system(void)
{
	struct json_object *system = json_object_new_object(), *symbols = gather_symbols();
	struct rlimit limit;

	if (symbols)
		json_object_object_add(system, "symbols", symbols);
	json_object_object_add(system, "modules", gather_modules());
	json_object_object_add(system, "nodes", gather_nodes());
	add_line(system, "noiommu", "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	add_line(system, "unsafe_interrupts",
		 "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	if (!getrlimit(RLIMIT_MEMLOCK, &limit))
		json_object_object_add(system, "memlock",
				       limit.rlim_cur == RLIM_INFINITY ?
					       json_object_new_string("unlimited") :
					       json_object_new_int64(limit.rlim_cur));
	json_object_object_add(system, "firmware", gather_firmware());
	return system;
}

static struct json_object *gather_rdma(const char *address)
{
	struct json_object *names = NULL;
	struct dirent *entry;
	char path[128];
	DIR *directory;

	snprintf(path, sizeof(path), SYSFS_PCI "/%s/infiniband", address);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!names)
			names = json_object_new_array();
		json_object_array_add(names, json_object_new_string(entry->d_name));
	}
	if (directory)
		closedir(directory);
	return names;
}

/*
 * The file has a line for each BAR: first address, last address, flags. Addresses are left out of
 * the dump.
 */
static struct json_object *gather_bars(const char *address)
{
	unsigned long long first, last, flags;
	struct json_object *bars, *bar;
	char path[128], line[128];
	FILE *file;

	snprintf(path, sizeof(path), SYSFS_PCI "/%s/resource", address);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	bars = json_object_new_array();
	for (int i = 0; i < 6 && fgets(line, sizeof(line), file); i++) {
		if (sscanf(line, "%llx %llx %llx", &first, &last, &flags) != 3 ||
		    !(flags & FACT_BAR_MEMORY) || last <= first)
			continue;
		bar = json_object_new_object();
		json_object_object_add(bar, "bar", json_object_new_int(i));
		json_object_object_add(bar, "size", json_object_new_int64(last - first + 1));
		json_object_array_add(bars, bar);
	}
	fclose(file);
	return bars;
}

static struct json_object *gather_device(const char *address)
{
	struct json_object *device = json_object_new_object(), *rdma = gather_rdma(address);
	struct json_object *bars = gather_bars(address), *imports;

	json_object_object_add(device, "address", json_object_new_string(address));
	if (rdma) {
		imports = imports_gather(
			json_object_get_string(json_object_array_get_idx(rdma, 0)));
		json_object_object_add(device, "rdma", rdma);
		if (imports)
			json_object_object_add(device, "imports", imports);
	}
	if (bars)
		json_object_object_add(device, "bars", bars);
	return device;
}

struct json_object *facts_gather(const struct vfio_tph_topology *topology)
{
	struct json_object *facts = json_object_new_object(), *devices = json_object_new_array();
	const struct vfio_tph_node *node;

	json_object_object_add(facts, "kernel", gather_kernel(topology));
	json_object_object_add(facts, "processor", gather_processor(topology));
	for (size_t i = 0; (node = vfio_tph_topology_node(topology, i)); i++)
		json_object_array_add(devices, gather_device(node->function.address));
	json_object_object_add(facts, "devices", devices);
	return facts;
}
