// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "st_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In the Vector Control of an MSI-X table entry: ST in bits 31:16. */
#define MSIX_ENTRY_SIZE 16
#define MSIX_VECTOR_CONTROL 12
#define MSIX_ST_SHIFT 16

static int read_capability(const struct vfio_tph_node *node, uint16_t *tags,
			   struct vfio_tph_reason *reason)
{
	for (unsigned int i = 0; i < node->requester.entries; i++) {
		int err = vfio_tph_read_st(node, i, &tags[i]);

		if (err)
			return refuse(reason, err,
				      "entry %u of %s is beyond its configuration space", i,
				      node->function.address);
	}
	return 0;
}

static void copy_tags(const volatile uint32_t *table, unsigned int entries, uint16_t *tags)
{
	for (unsigned int i = 0; i < entries; i++)
		tags[i] = table[(i * MSIX_ENTRY_SIZE + MSIX_VECTOR_CONTROL) / 4] >> MSIX_ST_SHIFT;
}

static int read_bar(const struct vfio_tph_node *node, uint16_t *tags,
		    struct vfio_tph_reason *reason)
{
	size_t offset = node->msix_table & PCI_MSIX_TABLE_OFFSET, page = sysconf(_SC_PAGESIZE);
	size_t size = offset % page + node->requester.entries * MSIX_ENTRY_SIZE;
	char path[128];
	char *mapping;
	int fd, err;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%u", node->function.address,
		 node->msix_table & PCI_MSIX_TABLE_BIR);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refuse(reason, errno, "cannot open %s: %s. Run as root", path,
			      strerror(errno));
	mapping = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset - offset % page);
	err = errno;
	close(fd);
	if (mapping == MAP_FAILED)
		return refuse(reason, err,
			      "cannot map the vector table in %s: %s. Kernels with "
			      "CONFIG_IO_STRICT_DEVMEM keep it to the driver",
			      path, strerror(err));
	copy_tags((const volatile uint32_t *)(mapping + offset % page), node->requester.entries,
		  tags);
	munmap(mapping, size);
	return 0;
}

int st_table_read(const struct machine *machine, const struct vfio_tph_node *node,
		  uint16_t tags[static ST_TABLE_MAX], struct vfio_tph_reason *reason)
{
	const char *address = node->function.address;

	switch (node->requester.table) {
	case VFIO_TPH_TABLE_CAPABILITY:
		return read_capability(node, tags, reason);
	case VFIO_TPH_TABLE_MSIX:
		if (!machine->live)
			return refuse(reason, EOPNOTSUPP,
				      "the ST table of %s is in its MSI-X "
				      "table, which is not in a dump",
				      address);
		if (!node->msix)
			return refuse(reason, EPROTO,
				      "%s says that its ST table is in MSI-X, "
				      "which it does not have",
				      address);
		return read_bar(node, tags, reason);
	default:
		return refuse(reason, EOPNOTSUPP,
			      "%s has no ST table: its tags are in what its "
			      "driver gives it with each request or memory key",
			      address);
	}
}
