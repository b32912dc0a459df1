// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The functions of this machine, or of a copy of its sysfs and procfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "registers.h"
#include "util/macros.h"

/* What a function is made of while it is read. */
struct scratch {
	char path[VFIO_TPH_PATH_SIZE];  /* of its directory */
	char place[VFIO_TPH_PATH_SIZE]; /* where that is in the tree of devices */
	char driver[64], group[16], type[16], node[16];
	uint8_t config[VFIO_TPH_CONFIG_SIZE];
};

static bool attribute_path(const struct scratch *scratch, const char *attribute, char *path)
{
	return snprintf(path, VFIO_TPH_PATH_SIZE, "%s/%s", scratch->path, attribute) <
	       VFIO_TPH_PATH_SIZE;
}

static void read_attribute(const struct scratch *scratch, const char *attribute, char *line,
			   size_t size)
{
	char path[VFIO_TPH_PATH_SIZE];

	line[0] = '\0';
	if (attribute_path(scratch, attribute, path))
		vfio_tph_read_line(path, line, size);
}

static const char *read_link(const struct scratch *scratch, const char *attribute, char *name,
			     size_t size)
{
	char path[VFIO_TPH_PATH_SIZE];

	if (!attribute_path(scratch, attribute, path) || !vfio_tph_read_link_name(path, name, size))
		return NULL;
	return name;
}

/* Read as many bytes as the kernel allows this user to read. */
static int read_config(struct scratch *scratch, size_t *size)
{
	char path[VFIO_TPH_PATH_SIZE];
	ssize_t length = 0;
	int fd;

	*size = 0;
	if (!attribute_path(scratch, "config", path))
		return ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	do {
		*size += length;
		length = read(fd, scratch->config + *size, sizeof(scratch->config) - *size);
	} while (length > 0);
	close(fd);
	/*
	 * A device that was removed meanwhile looks like one of which only the beginning may be
	 * read.
	 */
	return *size >= PCI_STD_HEADER_SIZEOF ? 0 : EIO;
}

/*
 * The link of a function is ../../../devices/…/pci0000:00/0000:00:01.0/0000:01:00.0: what is above
 * it are bridges up to its host bridge. A host bridge may be below a function, too.
 */
static void find_place(struct scratch *scratch, struct vfio_tph_function *function)
{
	char *slash = strrchr(scratch->place, '/'), *above;
	struct pci_address address;

	if (!slash)
		return;
	*slash = '\0';
	above = strrchr(scratch->place, '/');
	above = above ? above + 1 : scratch->place;
	if (pci_address_parse(above, &address))
		function->parent = above;
	while (strncmp(above, "pci", strlen("pci")) && above > scratch->place) {
		above[-1] = '\0';
		slash = strrchr(scratch->place, '/');
		/* The string at function->parent is not cut: it ends where it did before. */
		above = slash ? slash + 1 : scratch->place;
	}
	if (!strncmp(above, "pci", strlen("pci")))
		function->host_bridge = above;
}

static int read_function(struct vfio_tph_topology *topology, struct scratch *scratch,
			 const char *address, struct vfio_tph_reason *reason)
{
	struct vfio_tph_function function = { .address = address, .config = scratch->config };
	ssize_t length;
	int err;

	err = read_config(scratch, &function.config_size);
	if (err == ENOENT || err == EIO) /* it has just been removed */
		return 0;
	if (err)
		return vfio_tph_fail(reason, err, "cannot read %s/config: %m", scratch->path);
	length = readlink(scratch->path, scratch->place, sizeof(scratch->place) - 1);
	scratch->place[length < 0 ? 0 : length] = '\0';
	find_place(scratch, &function);
	function.driver = read_link(scratch, "driver", scratch->driver, sizeof(scratch->driver));
	function.iommu_group = read_link(scratch, "iommu_group", scratch->group,
					 sizeof(scratch->group));
	read_attribute(scratch, "iommu_group/name", scratch->type, sizeof(scratch->type));
	/* The type of a group without an IOMMU means nothing. */
	if (!strcmp(scratch->type, "vfio-noiommu"))
		strcpy(scratch->type, "noiommu");
	else
		read_attribute(scratch, "iommu_group/type", scratch->type, sizeof(scratch->type));
	if (scratch->type[0])
		function.iommu_type = scratch->type;
	read_attribute(scratch, "numa_node", scratch->node, sizeof(scratch->node));
	function.numa_node = scratch->node[0] ? atoi(scratch->node) : -1;
	return vfio_tph_topology_add(topology, &function, reason);
}

static int read_functions(struct vfio_tph_topology *topology, DIR *directory, const char *path,
			  struct vfio_tph_reason *reason)
{
	struct scratch *scratch = malloc(sizeof(*scratch));
	struct dirent *entry;
	int err = 0;

	if (!scratch)
		return vfio_tph_fail(reason, ENOMEM, "cannot read %s: %m", path);
	while (!err && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(scratch->path, sizeof(scratch->path), "%s/%s", path, entry->d_name) <
		    (int)sizeof(scratch->path))
			err = read_function(topology, scratch, entry->d_name, reason);
	}
	free(scratch);
	return err;
}

/* "key : value" of the first processor. */
static void read_cpuinfo(FILE *file, char *vendor, size_t size, unsigned int *family)
{
	char line[256], *value;

	while (fgets(line, sizeof(line), file) && line[0] != '\n') {
		value = strchr(line, ':');
		if (!value || !value[1])
			continue;
		value += 2;
		value[strcspn(value, "\n")] = '\0';
		if (!strncmp(line, "vendor_id", strlen("vendor_id")))
			snprintf(vendor, size, "%s", value);
		else if (!strncmp(line, "cpu family", strlen("cpu family")))
			*family = atoi(value);
	}
}

/* Words of the kernel's command line that decide about peer-to-peer; others are nobody's business. */
static bool decides(const char *word)
{
	static const char *const prefixes[] = {
		"pci=", "iommu=", "iommu.", "intel_iommu=", "amd_iommu=", "pcie_",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(word, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static void keep_what_decides(const char *line, char *kept, size_t size)
{
	char copy[4096], *word, *rest = NULL;
	size_t length = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	kept[0] = '\0';
	for (word = strtok_r(copy, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		if (decides(word) && length + strlen(word) + 2 <= size)
			length += snprintf(kept + length, size - length, "%s%s", length ? " " : "",
					   word);
}

static int read_machine(struct vfio_tph_topology *topology, const char *root)
{
	char path[VFIO_TPH_PATH_SIZE], vendor[64] = "", line[4096], kept[1024];
	struct vfio_tph_machine machine = { .command_line = kept };
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	file = fopen(path, "re");
	if (file) {
		read_cpuinfo(file, vendor, sizeof(vendor), &machine.cpu_family);
		fclose(file);
	}
	if (vendor[0])
		machine.cpu_vendor = vendor;
	snprintf(path, sizeof(path), "%s/proc/cmdline", root);
	vfio_tph_read_line(path, line, sizeof(line));
	keep_what_decides(line, kept, sizeof(kept));
	return vfio_tph_topology_set_machine(topology, &machine);
}

int vfio_tph_topology_read(struct vfio_tph_topology *topology, const char *root,
			   struct vfio_tph_reason *reason)
{
	char path[VFIO_TPH_PATH_SIZE];
	DIR *directory;
	int err;

	root = root ? root : "";
	if (snprintf(path, sizeof(path), "%s/sys/bus/pci/devices", root) >= (int)sizeof(path))
		return vfio_tph_fail(reason, ENAMETOOLONG, "%s: %m", root);
	directory = opendir(path);
	if (!directory)
		return vfio_tph_fail(reason, errno,
				     "cannot open %s: %m. Is sysfs mounted, and "
				     "has the machine a PCI bus?",
				     path);
	err = read_functions(topology, directory, path, reason);
	closedir(directory);
	if (err)
		return err;
	err = read_machine(topology, root);
	return err ? vfio_tph_fail(reason, err, "cannot read the machine: %m") : 0;
}
