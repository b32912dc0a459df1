// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Whether Linux permits peer-to-peer requests through the root complex. PCI Express leaves it to
 * the root complex whether to route them, and no register tells. So the kernel has a list of root
 * complexes that do: drivers/pci/p2pdma.c of Linux 7.3. It refuses all others, for importers of
 * dma-bufs as well.
 */
#include <string.h>

#include "internal.h"
#include "registers.h"
#include "util/macros.h"

#define VENDOR_INTEL 0x8086
#define VENDOR_GOOGLE 0x1ae0
#define VENDOR_NVIDIA 0x10de

/* The first AMD processors that route peer-to-peer requests: Zen. */
#define AMD_ZEN_FAMILY 0x17

static const struct {
	uint16_t vendor, first, last; /* device ids */
	bool within;                  /* only below one host bridge */
} known[] = {
	{ VENDOR_INTEL, 0x3c00, 0x3c01, true },  /* Xeon E5 */
	{ VENDOR_INTEL, 0x2f00, 0x2f01, true },  /* Xeon E5 v3, E7 v3 */
	{ VENDOR_INTEL, 0x2020, 0x2020, false }, /* Skylake-E, and what has its ids */
	{ VENDOR_INTEL, 0x2030, 0x2033, false },
	{ VENDOR_INTEL, 0x09a2, 0x09a2, false }, /* Ice Lake-SP and later */
	{ VENDOR_INTEL, 0x0b25, 0x0b25, false }, /* DSA of Sapphire Rapids */
	{ VENDOR_INTEL, 0x0cfe, 0x0cfe, false }, /* IAX of Sapphire Rapids */
	{ VENDOR_INTEL, 0x11fb, 0x11fb, false }, /* DSA of Granite Rapids-D */
	{ VENDOR_INTEL, 0x1212, 0x1212, false }, /* DSA of Diamond Rapids */
	{ VENDOR_INTEL, 0x1216, 0x1216, false }, /* IAA of Diamond Rapids */
	{ VENDOR_INTEL, 0x4940, 0x4940, false }, /* QAT */
	{ VENDOR_INTEL, 0x4942, 0x4942, false },
	{ VENDOR_INTEL, 0x4944, 0x4944, false },
	{ VENDOR_INTEL, 0x4946, 0x4946, false },
	{ VENDOR_INTEL, 0x4948, 0x4948, false },
	{ VENDOR_GOOGLE, 0x0000, 0xffff, false },
	{ VENDOR_NVIDIA, 0x2f95, 0x2f98, false }, /* processors */
};

/* The function that identifies a host bridge: its 00.0, or else its first root port. */
static const struct vfio_tph_node *first_below(const struct vfio_tph_topology *topology,
					       const char *host_bridge)
{
	const struct vfio_tph_node *node;
	size_t i;

	for (i = 0; (node = vfio_tph_topology_node(topology, i)); i++) {
		if (node->function.parent || !node->function.host_bridge ||
		    strcmp(node->function.host_bridge, host_bridge))
			continue;
		if (!strcmp(strchr(node->function.address, '\0') - 4, "00.0") ||
		    node->type == VFIO_TPH_PORT_ROOT)
			return node;
		return NULL;
	}
	return NULL;
}

static bool is_known(const struct vfio_tph_node *node, bool within)
{
	for (size_t i = 0; node && i < ARRAY_SIZE(known); i++)
		if (node->vendor == known[i].vendor && node->device >= known[i].first &&
		    node->device <= known[i].last)
			return within || !known[i].within;
	return false;
}

static bool processor_routes(const struct vfio_tph_machine *machine)
{
	return machine->cpu_vendor && !strcmp(machine->cpu_vendor, "AuthenticAMD") &&
	       machine->cpu_family >= AMD_ZEN_FAMILY;
}

bool topology_routes_peers(const struct vfio_tph_topology *topology, const char *from,
			   const char *to, const char **bridge, const struct vfio_tph_node **device)
{
	const char *bridges[] = { from, to };
	bool within = !strcmp(from, to);

	if (processor_routes(&topology->machine))
		return true;
	for (size_t i = 0; i < 2; i++) {
		*bridge = bridges[i];
		*device = first_below(topology, bridges[i]);
		if (!is_known(*device, within))
			return false;
	}
	return true;
}
