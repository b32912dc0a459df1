// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The path between two functions: which functions are on it, and what each of them means for hints.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The path as it is handed out, with what it owns. */
struct path {
	struct vfio_tph_path path;
	struct findings findings;
	struct vfio_tph_hop hops[2 * TOPOLOGY_MAX_DEPTH + 2];
};

const char *vfio_tph_verdict_text(enum vfio_tph_verdict verdict)
{
	static const char *const texts[] = {
		[VFIO_TPH_YES] = "yes",         [VFIO_TPH_NOTE] = "note",
		[VFIO_TPH_DEPENDS] = "depends", [VFIO_TPH_UNKNOWN] = "unknown",
		[VFIO_TPH_NOT_NOW] = "not now", [VFIO_TPH_NO] = "no",
	};

	return texts[verdict];
}

static bool is_bridge(const struct vfio_tph_node *node)
{
	return node->class_code >> 16 == 0x06;
}

static int find(const struct vfio_tph_topology *topology, const char *address,
		const struct vfio_tph_node **node, struct vfio_tph_reason *reason)
{
	const char *text = address ? address : "NULL";

	*node = vfio_tph_topology_find(topology, address);
	if (!*node && errno == EINVAL)
		return vfio_tph_fail(reason, EINVAL,
				     "%s is no PCI address: %m. Write it as "
				     "lspci -D does, 0000:00:05.0",
				     text);
	if (!*node)
		return vfio_tph_fail(reason, ENODEV, "there is no PCI device %s: %m", text);
	if (is_bridge(*node))
		return vfio_tph_fail(reason, EINVAL,
				     "%s is a bridge: %m. A way begins and ends "
				     "at a device that is none",
				     text);
	return 0;
}

static int climb(const struct vfio_tph_topology *topology, const struct vfio_tph_node *node,
		 const struct vfio_tph_node **chain, size_t *length, struct vfio_tph_reason *reason)
{
	const struct vfio_tph_node *start = node;

	for (*length = 0; node; node = topology_parent(topology, node)) {
		if (*length == TOPOLOGY_MAX_DEPTH)
			return vfio_tph_fail(reason, ELOOP,
					     "the bridges above %s are each "
					     "other's parents: %m",
					     start->function.address);
		chain[(*length)++] = node;
	}
	return 0;
}

/* The lowest bridge that is above both. */
static void find_common(struct way *way)
{
	for (way->common_up = 0; way->common_up < way->num_up; way->common_up++)
		for (way->common_down = 0; way->common_down < way->num_down; way->common_down++)
			if (way->up[way->common_up] == way->down[way->common_down])
				return;
}

static bool redirects(const struct vfio_tph_node *node)
{
	return node->acs.control & VFIO_TPH_ACS_REDIRECTS;
}

/*
 * Where Linux looks for ACS: at both ends, and at everything up to and including the bridge above
 * both.
 */
static bool is_redirected(const struct way *way)
{
	size_t i;

	for (i = 0; i <= way->common_up; i++)
		if (redirects(way->up[i]))
			return true;
	for (i = 0; i < way->common_down; i++)
		if (redirects(way->down[i]))
			return true;
	return false;
}

/* Addresses of functions of one device differ in the last digit only. */
static bool same_device(const struct way *way)
{
	const char *a = way->requester->function.address, *b = way->completer->function.address;
	size_t length = strlen(a);

	return length == strlen(b) && !strncmp(a, b, length - 1);
}

static const char *host_bridge_of(const struct vfio_tph_node *node)
{
	return node->function.host_bridge ? node->function.host_bridge : "";
}

static enum vfio_tph_route route_of(const struct way *way)
{
	bool common = way->common_up < way->num_up;

	if (common && same_device(way) && !redirects(way->requester) && !redirects(way->completer))
		return VFIO_TPH_ROUTE_DEVICE;
	if (common && !is_redirected(way))
		return VFIO_TPH_ROUTE_SWITCH;
	if (common)
		return VFIO_TPH_ROUTE_REDIRECTED;
	if (!strcmp(host_bridge_of(way->requester), host_bridge_of(way->completer)))
		return VFIO_TPH_ROUTE_ROOT_COMPLEX;
	return VFIO_TPH_ROUTE_HOST_BRIDGES;
}

static int find_way(struct way *way, const char *requester, const char *completer,
		    struct vfio_tph_reason *reason)
{
	int err;

	err = find(way->topology, requester, &way->requester, reason);
	if (!err)
		err = find(way->topology, completer, &way->completer, reason);
	if (!err && way->requester == way->completer)
		err = vfio_tph_fail(reason, EINVAL,
				    "%s and %s are one function: %m. A way needs "
				    "two",
				    requester, completer);
	if (!err)
		err = climb(way->topology, way->requester, way->up, &way->num_up, reason);
	if (!err)
		err = climb(way->topology, way->completer, way->down, &way->num_down, reason);
	if (err)
		return err;
	find_common(way);
	way->route = route_of(way);
	return 0;
}

static void add_hop(struct path *path, const struct vfio_tph_node *node, const char *host_bridge)
{
	path->hops[path->path.num_hops++] = (struct vfio_tph_hop){
		.node = node,
		.host_bridge = host_bridge,
	};
}

static void add_root_complex(struct path *path, const struct way *way)
{
	add_hop(path, NULL, host_bridge_of(way->requester));
	if (way->route == VFIO_TPH_ROUTE_HOST_BRIDGES)
		add_hop(path, NULL, host_bridge_of(way->completer));
}

static void add_hops(struct path *path, const struct way *way)
{
	bool turns = way->route == VFIO_TPH_ROUTE_SWITCH;
	size_t up = turns ? way->common_up + 1 : way->num_up;
	size_t down = turns ? way->common_down : way->num_down;

	if (way->route == VFIO_TPH_ROUTE_DEVICE)
		up = down = 1;
	for (size_t i = 0; i < up; i++)
		add_hop(path, way->up[i], way->up[i]->function.host_bridge);
	if (way->route >= VFIO_TPH_ROUTE_REDIRECTED)
		add_root_complex(path, way);
	while (down--)
		add_hop(path, way->down[down], way->down[down]->function.host_bridge);
}

static void judge(struct path *path, struct way *way)
{
	check_requester(way);
	check_completer(way);
	check_route(way);
	check_hops(way);
	path->findings = way->findings;
	path->path.findings = path->findings.array;
	path->path.num_findings = path->findings.count;
	path->path.hops = path->hops;
	path->path.route = way->route;
	path->path.namespaces = way->namespaces;
	for (size_t i = 0; i < path->findings.count; i++)
		if (path->findings.array[i].verdict > path->path.verdict)
			path->path.verdict = path->findings.array[i].verdict;
	if (path->path.verdict == VFIO_TPH_NOTE)
		path->path.verdict = VFIO_TPH_YES;
}

int vfio_tph_path_create(const struct vfio_tph_topology *topology, const char *requester,
			 const char *completer, struct vfio_tph_path **created,
			 struct vfio_tph_reason *reason)
{
	struct way way = { .topology = topology };
	struct path *path;
	int err;

	err = find_way(&way, requester, completer, reason);
	if (err)
		return err;
	path = calloc(1, sizeof(*path));
	if (!path)
		return vfio_tph_fail(reason, ENOMEM, "cannot look at the way: %m");
	add_hops(path, &way);
	judge(path, &way);
	if (path->findings.no_memory) {
		vfio_tph_path_destroy(&path->path);
		return vfio_tph_fail(reason, ENOMEM, "cannot look at the way: %m");
	}
	*created = &path->path;
	return 0;
}

void vfio_tph_path_destroy(struct vfio_tph_path *destroyed)
{
	struct path *path = (struct path *)destroyed;

	if (!path)
		return;
	findings_free(&path->findings);
	free(path);
}
