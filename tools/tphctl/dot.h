/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TPHCTL_DOT_H
#define TPHCTL_DOT_H

#include <vfio/tph_topology.h>

/* Prints a path as a graph for graphviz: hops, and what is wrong with them. */
void dot_print(const struct vfio_tph_path *path);

#endif /* TPHCTL_DOT_H */
