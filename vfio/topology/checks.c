// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What keeps hints from arriving. The rules are from the PCI Express Base Specification; section
 * numbers are of revision 6.2: 6.17 TLP Processing Hints, 6.12 Access Control Services, 2.2.10 TLP
 * Prefix Rules, 7.5.3.15 Device Capabilities 2 (TPH Completer Supported applies to root ports and
 * endpoints only: a switch routes, and completes nothing), 7.9.13 TPH Requester capability. What
 * Linux adds is in drivers/pci/tph.c and drivers/pci/p2pdma.c.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "registers.h"

static const char *address_of(const struct vfio_tph_node *node)
{
	return node->function.address;
}

static bool booted_without_tph(const struct way *way)
{
	const char *line = way->topology->machine.command_line;

	return line && strstr(line, "notph");
}

/* The root port whose completer type Linux goes by, NULL for an integrated endpoint. */
static const struct vfio_tph_node *limiting_port(const struct way *way)
{
	if (way->requester->type == VFIO_TPH_PORT_INTEGRATED)
		return NULL;
	return vfio_tph_topology_root_port(way->topology, way->requester);
}

/* Completer types and requester types have the same numbers; the reserved one counts as none. */
static unsigned int defined_type(unsigned int type)
{
	return type == VFIO_TPH_COMPLETER_RESERVED ? TPH_OFF : type;
}

unsigned int way_requester_type(const struct way *way)
{
	const struct vfio_tph_requester *requester = &way->requester->requester;
	unsigned int type = defined_type(requester->enabled), limit;
	const struct vfio_tph_node *port;

	if (type || !requester->offset)
		return type;
	type = requester->extended ? TPH_ST_EXT : TPH_ST;
	if (way->requester->type == VFIO_TPH_PORT_INTEGRATED)
		return type;
	port = limiting_port(way);
	limit = port ? defined_type(port->completer) : TPH_OFF;
	return limit < type ? limit : type;
}

static void check_disabled(struct way *way)
{
	const struct vfio_tph_node *node = way->requester;
	const char *driver = node->function.driver;

	findings_add(&way->findings, VFIO_TPH_NOT_NOW, "requester-disabled", node,
		     "%s could send steering tags, but its TPH Requester Enable is off",
		     address_of(node));
	if (booted_without_tph(way))
		findings_remedy(&way->findings, "Boot without pci=notph on the kernel's command "
						"line");
	else if (!driver)
		findings_remedy(&way->findings, "Bind it to its driver, which enables it");
	else
		findings_remedy(&way->findings,
				"Its driver, %s, enables it if it knows how and "
				"the kernel has CONFIG_PCIE_TPH: tphctl doctor tells more",
				driver);
}

/*
 * The completer type of a root port is about requests to host memory. It does not matter for
 * requests that a switch routes, or that go on to a peer; but Linux limits the requester by it in
 * any case.
 */
static void check_limiting_port(struct way *way)
{
	const struct vfio_tph_node *node = way->requester, *port = limiting_port(way);

	if (!port || port->type == VFIO_TPH_PORT_UNREADABLE || defined_type(port->completer))
		return;
	if (defined_type(node->requester.enabled)) {
		findings_add(&way->findings, VFIO_TPH_NOTE, "root-port-completer", port,
			     "root port %s is no TPH completer: that concerns requests to host "
			     "memory, not these",
			     address_of(port));
		return;
	}
	findings_add(&way->findings, VFIO_TPH_NOT_NOW, "root-port-completer", port,
		     "root port %s is no TPH completer. That concerns requests to host memory, not "
		     "these; but Linux enables %s only as far as the root port above it is one "
		     "(pcie_enable_tph())",
		     address_of(port), address_of(node));
	findings_remedy(&way->findings,
			"Look for TPH in the firmware's setup, or use another slot");
}

static void check_enabled(struct way *way)
{
	const struct vfio_tph_node *node = way->requester;
	bool extended = node->requester.enabled == TPH_ST_EXT;

	if (node->requester.mode != VFIO_TPH_MODE_DEVICE_SPECIFIC) {
		findings_add(&way->findings, VFIO_TPH_NOT_NOW, "requester-mode", node,
			     "%s is enabled in a mode in which it does not choose the tag by what "
			     "it writes to",
			     address_of(node));
		findings_remedy(&way->findings,
				"Its driver has to select the device-specific mode");
		return;
	}
	findings_add(&way->findings, VFIO_TPH_YES, "requester-enabled", node,
		     "%s sends %s steering tags", address_of(node), extended ? "16-bit" : "8-bit");
}

void check_requester(struct way *way)
{
	const struct vfio_tph_node *node = way->requester;

	if (!node->extended_config && node->type != VFIO_TPH_PORT_CONVENTIONAL) {
		findings_add(&way->findings, VFIO_TPH_UNKNOWN, "requester-unreadable", node,
			     "of %s only %zu bytes of configuration space could be read, and a TPH "
			     "Requester capability would be above byte 255",
			     address_of(node), node->function.config_size);
		findings_remedy(&way->findings, "Run tphctl as root");
	} else if (!node->requester.offset) {
		findings_add(&way->findings, VFIO_TPH_NO, "requester-missing", node,
			     "%s has no TPH Requester capability: it cannot send hints",
			     address_of(node));
		findings_remedy(&way->findings, "Newer firmware may have it; a hypervisor may hide "
						"it");
	} else if (!(node->requester.modes & 1 << VFIO_TPH_MODE_DEVICE_SPECIFIC)) {
		findings_add(&way->findings, VFIO_TPH_NO, "requester-modes", node,
			     "%s has no device-specific mode, in which it would choose "
			     "the tag by what it writes to",
			     address_of(node));
	} else {
		check_limiting_port(way);
		if (defined_type(node->requester.enabled))
			check_enabled(way);
		else
			check_disabled(way);
	}
}

static void check_completer_type(struct way *way)
{
	const struct vfio_tph_node *node = way->completer;

	switch (node->completer) {
	case VFIO_TPH_COMPLETER_NONE:
		findings_add(&way->findings, VFIO_TPH_NO, "completer-missing", node,
			     "%s is no TPH completer: bits 13:12 of its Device Capabilities 2 are "
			     "00b",
			     address_of(node));
		findings_remedy(&way->findings,
				"Ask its vendor whether firmware or a hypervisor "
				"can show it as one; vfio-pci publishes tags for no other");
		break;
	case VFIO_TPH_COMPLETER_RESERVED:
		findings_add(
			&way->findings, VFIO_TPH_NO, "completer-reserved", node,
			"bits 13:12 of Device Capabilities 2 of %s are 10b, which is reserved: "
			"that is no completer",
			address_of(node));
		findings_remedy(&way->findings, "Its firmware is wrong: ask its vendor");
		break;
	default:
		findings_add(&way->findings, VFIO_TPH_YES, "completer", node,
			     "%s takes %s steering tags", address_of(node),
			     node->completer == VFIO_TPH_COMPLETER_ST ? "8-bit" :
									"8-bit and 16-bit");
	}
}

static void check_namespace(struct way *way)
{
	unsigned int type = way_requester_type(way);

	if (!defined_type(way->completer->completer) || !type)
		return;
	if (type == TPH_ST) {
		way->namespaces = VFIO_TPH_TAG_ST;
	} else if (way->completer->completer == VFIO_TPH_COMPLETER_ST_EXT) {
		way->namespaces = VFIO_TPH_TAG_ST_EXT;
	} else {
		findings_add(&way->findings, VFIO_TPH_NO, "namespaces-differ", way->completer,
			     "%s sends 16-bit tags and %s takes 8-bit ones only; one never stands "
			     "for the other",
			     address_of(way->requester), address_of(way->completer));
		findings_remedy(&way->findings,
				"Make the requester an 8-bit one by its firmware: "
				"Linux enables the widest that it and its root port have");
	}
}

void check_completer(struct way *way)
{
	const struct vfio_tph_node *node = way->completer;

	if (node->type == VFIO_TPH_PORT_UNREADABLE) {
		findings_add(&way->findings, VFIO_TPH_UNKNOWN, "completer-unreadable", node,
			     "of %s only %zu bytes of configuration space could be read, without "
			     "Device Capabilities 2",
			     address_of(node), node->function.config_size);
		findings_remedy(&way->findings, "Run tphctl as root");
		return;
	}
	if (node->type == VFIO_TPH_PORT_CONVENTIONAL) {
		findings_add(&way->findings, VFIO_TPH_NO, "completer-conventional", node,
			     "%s has no PCI Express capability, so no hints reach it",
			     address_of(node));
		return;
	}
	check_completer_type(way);
	check_namespace(way);
}

/* The addresses of all that redirect, as pci=disable_acs_redir= takes them. */
static void list_redirectors(const struct way *way, char *list, size_t size)
{
	size_t length = 0;

	list[0] = '\0';
	for (size_t i = 0; i < way->num_up + way->num_down; i++) {
		bool up = i < way->num_up;
		const struct vfio_tph_node *node = up ? way->up[i] : way->down[i - way->num_up];

		if (up ? i > way->common_up : i - way->num_up >= way->common_down)
			continue;
		if (node->acs.control & VFIO_TPH_ACS_REDIRECTS && length < size)
			length += snprintf(list + length, size - length, "%s%s", length ? ";" : "",
					   address_of(node));
	}
}

static void check_redirected(struct way *way, bool routed)
{
	char list[2 * TOPOLOGY_MAX_DEPTH * PCI_ADDRESS_SIZE];

	list_redirectors(way, list, sizeof(list));
	findings_add(&way->findings, routed ? VFIO_TPH_DEPENDS : VFIO_TPH_NOT_NOW, "acs-redirect",
		     NULL,
		     "a switch is above both, but ACS sends peer-to-peer requests up to the "
		     "root complex and back: redirect or egress control is on in %s",
		     list);
	findings_remedy(&way->findings,
			"Boot with pci=disable_acs_redir=%s (devices below come "
			"into one IOMMU group), or switch ACS off in the firmware",
			list);
}

static void check_root_complex(struct way *way)
{
	bool redirected = way->route == VFIO_TPH_ROUTE_REDIRECTED;
	const struct vfio_tph_function *from = &way->requester->function;
	const struct vfio_tph_function *to = &way->completer->function;
	const struct vfio_tph_node *device = NULL;
	const char *bridge = NULL;
	bool routed;

	routed = topology_routes_peers(way->topology, from->host_bridge ? from->host_bridge : "",
				       to->host_bridge ? to->host_bridge : "", &bridge, &device);
	if (redirected)
		check_redirected(way, routed);
	if (routed) {
		findings_add(
			&way->findings, VFIO_TPH_DEPENDS, "root-complex", NULL,
			"requests go by the root complex. Linux knows it to route from peer to "
			"peer; whether hints pass it PCI Express leaves to it, and no register "
			"tells");
		findings_remedy(&way->findings, "Try it: what the completer does with a tag shows "
						"it, or an analyzer");
		return;
	}
	findings_add(&way->findings, redirected ? VFIO_TPH_NOT_NOW : VFIO_TPH_NO,
		     "root-complex-unknown", device,
		     "requests would go by the root complex, and Linux does not know host bridge "
		     "%s (%04x:%04x) to route from peer to peer: it refuses to map the BAR",
		     bridge, device ? device->vendor : 0, device ? device->device : 0);
	if (!redirected)
		findings_remedy(&way->findings, "Put both below one PCI Express switch, or on a "
						"machine that is known (drivers/pci/p2pdma.c)");
}

static bool is_translated(const struct vfio_tph_node *node)
{
	const char *type = node->function.iommu_type;

	return type && !strncmp(type, "DMA", strlen("DMA"));
}

static void check_iommu(struct way *way)
{
	const struct vfio_tph_node *node = way->requester;

	if (!is_translated(node))
		return;
	if (way->route < VFIO_TPH_ROUTE_REDIRECTED)
		findings_add(&way->findings, VFIO_TPH_NOTE, "iommu", node,
			     "the IOMMU translates for %s (group %s, %s), but not these requests: "
			     "they turn below it, and Linux gives it the peer's bus addresses",
			     address_of(node), node->function.iommu_group,
			     node->function.iommu_type);
	else
		findings_add(&way->findings, VFIO_TPH_NOTE, "iommu", node,
			     "the IOMMU translates what %s sends (group %s, %s)", address_of(node),
			     node->function.iommu_group, node->function.iommu_type);
	if (way->route >= VFIO_TPH_ROUTE_REDIRECTED)
		findings_remedy(&way->findings, "iommu=pt takes it out of the way, if hints get "
						"lost there");
}

void check_route(struct way *way)
{
	switch (way->route) {
	case VFIO_TPH_ROUTE_DEVICE:
		findings_add(&way->findings, VFIO_TPH_DEPENDS, "same-device", NULL,
			     "both are functions of one device, and what it sends to itself it may "
			     "not put into requests at all");
		break;
	case VFIO_TPH_ROUTE_SWITCH:
		findings_add(&way->findings, VFIO_TPH_YES, "switch", way->up[way->common_up],
			     "requests turn below %s and never reach the root complex; a switch "
			     "passes hints on as they are",
			     address_of(way->up[way->common_up]));
		break;
	default:
		check_root_complex(way);
	}
	check_iommu(way);
}

static bool is_pci_bridge(const struct vfio_tph_node *node)
{
	return node->type == VFIO_TPH_PORT_CONVENTIONAL || node->type == VFIO_TPH_PORT_TO_PCI ||
	       node->type == VFIO_TPH_PORT_FROM_PCI;
}

/* Outside of flit mode ST[15:8] is in an End-End TLP Prefix, which every hop has to know. */
static void check_prefixes(struct way *way, const struct vfio_tph_node *node)
{
	if (way_requester_type(way) != TPH_ST_EXT || node->flit)
		return;
	if (!node->prefixes) {
		findings_add(
			&way->findings, VFIO_TPH_NO, "prefixes-missing", node,
			"%s does not know End-End TLP Prefixes (Device Capabilities 2, bit 21), "
			"by which 16-bit tags travel outside of flit mode",
			address_of(node));
	} else if (node->prefixes_blocked) {
		findings_add(&way->findings, VFIO_TPH_NOT_NOW, "prefixes-blocked", node,
			     "%s does not pass End-End TLP Prefixes on (Device Control 2, bit 15), "
			     "by which 16-bit tags travel outside of flit mode",
			     address_of(node));
		findings_remedy(&way->findings, "setpci -s %s CAP_EXP+28.w=0:8000",
				address_of(node));
	}
}

static void check_bridge(struct way *way, const struct vfio_tph_node *node)
{
	if (node->type == VFIO_TPH_PORT_UNREADABLE) {
		findings_add(&way->findings, VFIO_TPH_UNKNOWN, "hop-unreadable", node,
			     "of %s, on the way, only %zu bytes of configuration space could be "
			     "read: ACS may be on in it",
			     address_of(node), node->function.config_size);
		findings_remedy(&way->findings, "Run tphctl as root");
	} else if (is_pci_bridge(node)) {
		findings_add(&way->findings, VFIO_TPH_NO, "conventional-bridge", node,
			     "%s is a bridge to conventional PCI, where there are no hints",
			     address_of(node));
	} else {
		check_prefixes(way, node);
	}
}

void check_hops(struct way *way)
{
	bool turns = way->route == VFIO_TPH_ROUTE_SWITCH;
	size_t up = turns ? way->common_up + 1 : way->num_up;
	size_t down = turns ? way->common_down : way->num_down;

	if (way->route == VFIO_TPH_ROUTE_DEVICE)
		up = down = 1;
	for (size_t i = 1; i < up; i++)
		check_bridge(way, way->up[i]);
	while (down-- > 1)
		check_bridge(way, way->down[down]);
}
