// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "st_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In the Vector Control of an MSI-X table entry: ST in bits 31:16. */
#define MSIX_ENTRY_SIZE 16
#define MSIX_VECTOR_CONTROL 12
#define MSIX_ST_SHIFT 16

__attribute__((format(printf, 3, 4))) static int refuse(struct vfio_tph_reason *reason, int err,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason->text, sizeof(reason->text), format, args);
	va_end(args);
	return err;
}

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

/* Where the MSI-X capability says that the vector table is: BAR in bits 2:0, offset above. */
static bool find_msix(const struct vfio_tph_node *node, uint32_t *where)
{
	const uint8_t *config = node->function.config;
	unsigned int offset, left = PCI_CFG_SPACE_SIZE / 4;

	if (node->function.config_size < PCI_CFG_SPACE_SIZE)
		return false;
	offset = config[PCI_CAPABILITY_LIST] & ~3u;
	while (left-- && offset >= PCI_STD_HEADER_SIZEOF) {
		if (config[offset] == PCI_CAP_ID_MSIX) {
			const uint8_t *table = config + offset + PCI_MSIX_TABLE;

			*where = table[0] | table[1] << 8 | table[2] << 16 |
				 (uint32_t)table[3] << 24;
			return offset + PCI_MSIX_TABLE + 4 <= PCI_CFG_SPACE_SIZE;
		}
		offset = config[offset + PCI_CAP_LIST_NEXT] & ~3u;
	}
	return false;
}

static void copy_tags(const volatile uint32_t *table, unsigned int entries, uint16_t *tags)
{
	for (unsigned int i = 0; i < entries; i++)
		tags[i] = table[(i * MSIX_ENTRY_SIZE + MSIX_VECTOR_CONTROL) / 4] >> MSIX_ST_SHIFT;
}

static int read_bar(const struct vfio_tph_node *node, uint32_t where, uint16_t *tags,
		    struct vfio_tph_reason *reason)
{
	size_t offset = where & PCI_MSIX_TABLE_OFFSET, page = sysconf(_SC_PAGESIZE);
	size_t size = offset % page + node->requester.entries * MSIX_ENTRY_SIZE;
	char path[128];
	char *mapping;
	int fd, err;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%u", node->function.address,
		 where & PCI_MSIX_TABLE_BIR);
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
	uint32_t where;

	switch (node->requester.table) {
	case VFIO_TPH_TABLE_CAPABILITY:
		return read_capability(node, tags, reason);
	case VFIO_TPH_TABLE_MSIX:
		if (!machine->live)
			return refuse(reason, EOPNOTSUPP,
				      "the ST table of %s is in its MSI-X "
				      "table, which is not in a dump",
				      address);
		if (!find_msix(node, &where))
			return refuse(reason, EPROTO,
				      "%s says that its ST table is in MSI-X, "
				      "which it does not have",
				      address);
		return read_bar(node, where, tags, reason);
	default:
		return refuse(reason, EOPNOTSUPP,
			      "%s has no ST table: its tags are in what its "
			      "driver gives it with each request or memory key",
			      address);
	}
}
