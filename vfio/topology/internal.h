/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef VFIO_TPH_TOPOLOGY_INTERNAL_H
#define VFIO_TPH_TOPOLOGY_INTERNAL_H

#include <vfio/tph_topology.h>

#include "../internal.h"

/* More functions than any machine has; input that claims more is invalid. */
#define TOPOLOGY_MAX_FUNCTIONS 16384
/* Bridges above one another: each has a bus number, and real machines stay far below. */
#define TOPOLOGY_MAX_DEPTH 32

/* A node, and the strings and bytes that it points at. */
struct topology_entry {
	struct vfio_tph_node node;
	uint64_t key, parent_key; /* of the addresses, in their order */
	char address[PCI_ADDRESS_SIZE];
	char parent[PCI_ADDRESS_SIZE];
	char *strings[4];
	uint8_t config[];
};

struct vfio_tph_topology {
	struct topology_entry **entries; /* by key */
	size_t count, room;
	struct vfio_tph_machine machine;
	char *cpu_vendor, *command_line;
};

/* describe.c: fills what follows from configuration space; function.config is set. */
void topology_describe(struct vfio_tph_node *node);
/* describe.c: fills all of it from the capability's two registers. */
void topology_decode_requester(struct vfio_tph_requester *requester, unsigned int offset,
			       uint32_t cap, uint32_t control);

/* topology.c: the bridge above, NULL when there is none. */
const struct vfio_tph_node *topology_parent(const struct vfio_tph_topology *topology,
					    const struct vfio_tph_node *node);

/*
 * peer_to_peer.c: whether Linux lets peer-to-peer requests go by the root complex from below host
 * bridge @from to below @to. Fills @bridge with the one that is not known to route them, if not.
 */
bool topology_routes_peers(const struct vfio_tph_topology *topology, const char *from,
			   const char *to, const char **bridge,
			   const struct vfio_tph_node **device);

/* findings.c: builds the path's findings. */
struct findings {
	struct vfio_tph_finding *array;
	size_t count, room;
	bool no_memory;
};

/* Adds a finding about @node, which may be NULL. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *findings,
							enum vfio_tph_verdict verdict,
							const char *code,
							const struct vfio_tph_node *node,
							const char *format, ...);
/* What to do about the finding that was added last. */
__attribute__((format(printf, 2, 3))) void findings_remedy(struct findings *findings,
							   const char *format, ...);
void findings_free(struct findings *findings);

/* The way as it is looked at: what path.c finds out and the checks judge. */
struct way {
	const struct vfio_tph_topology *topology;
	const struct vfio_tph_node *requester, *completer;
	const struct vfio_tph_node *up[TOPOLOGY_MAX_DEPTH], *down[TOPOLOGY_MAX_DEPTH];
	size_t num_up, num_down;       /* from requester or completer to below the root bus */
	size_t common_up, common_down; /* index of the bridge above both; num_* without one */
	enum vfio_tph_route route;
	uint32_t namespaces;
	struct findings findings;
};

/* checks.c: each adds its findings. */
void check_requester(struct way *way);
void check_completer(struct way *way);
void check_route(struct way *way);
void check_hops(struct way *way);

/* What the requester sends, or would when Linux enabled it: PCI_TPH_REQ_*. */
unsigned int way_requester_type(const struct way *way);

#endif /* VFIO_TPH_TOPOLOGY_INTERNAL_H */
