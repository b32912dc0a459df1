/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Structures that end where memory does. */
#ifndef GUEST_REQUESTER_EDGE_H
#define GUEST_REQUESTER_EDGE_H

#include <stdbool.h>
#include <stddef.h>

/* The last @bytes in front of an address where nothing is mapped: the same ones at each call */
void *edge(size_t bytes);
/* Whether they may be written, too */
void edge_protect(bool writable);

#endif
