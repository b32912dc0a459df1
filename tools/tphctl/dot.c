// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdio.h>
#include <string.h>

#include "dot.h"
#include "print.h"

static const char *const colours[] = {
	[VFIO_TPH_YES] = "palegreen",  [VFIO_TPH_NOTE] = "palegreen",
	[VFIO_TPH_DEPENDS] = "khaki",  [VFIO_TPH_UNKNOWN] = "lightgrey",
	[VFIO_TPH_NOT_NOW] = "orange", [VFIO_TPH_NO] = "lightcoral",
};

static void print_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

/* The worst that was found about a hop; findings about no function are the root complex's. */
static enum vfio_tph_verdict verdict_of(const struct vfio_tph_path *path,
					const struct vfio_tph_node *node)
{
	enum vfio_tph_verdict worst = VFIO_TPH_YES;

	for (size_t i = 0; i < path->num_findings; i++) {
		const struct vfio_tph_finding *finding = &path->findings[i];
		bool about = node ? finding->address &&
					     !strcmp(finding->address, node->function.address) :
				    !finding->address;

		if (about && finding->verdict > worst)
			worst = finding->verdict;
	}
	return worst;
}

static void print_hop(const struct vfio_tph_path *path, size_t index)
{
	const struct vfio_tph_hop *hop = &path->hops[index];

	printf("\thop%zu [fillcolor=%s, label=\"", index, colours[verdict_of(path, hop->node)]);
	print_quoted(hop->node ? hop->node->function.address : hop->host_bridge);
	printf("\\n%s", hop->node ? node_type(hop->node) : "root complex");
	if (hop->node) {
		printf("\\n");
		print_quoted(node_name(hop->node));
	}
	printf("\"];\n");
}

void dot_print(const struct vfio_tph_path *path)
{
	printf("digraph tph {\n\trankdir=LR;\n\tnode [shape=box, style=filled];\n");
	printf("\tlabel=\"%s\";\n", vfio_tph_verdict_text(path->verdict));
	for (size_t i = 0; i < path->num_hops; i++)
		print_hop(path, i);
	for (size_t i = 1; i < path->num_hops; i++)
		printf("\thop%zu -> hop%zu;\n", i - 1, i);
	printf("}\n");
}
