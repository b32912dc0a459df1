/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the memory regions of an RDMA device can import from dma-bufs, as its driver answers
 * mlx5dv_tph_query_device(3); the fact "imports" of a device:
 *
 *	"hints":     hints of exporters are imported
 *	"namespace": "none", "8-bit" or "16-bit": the tags that the device sends
 *	"enabled":   it sends them now
 *	"table":     regions share a table of tags; the following are there only then
 *	"entries", "free", "reserved", "available": see the manual page
 */
#ifndef TPHCTL_IMPORTS_H
#define TPHCTL_IMPORTS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* Of the RDMA device @name of this machine; NULL when its driver or kernel cannot be asked. */
struct json_object *imports_gather(const char *name);

/* In words, as dev show --details has them. */
void imports_words(struct json_object *imports, char *words, size_t size);

/* Is there a table, and no room in it for one more tag? */
bool imports_are_full(struct json_object *imports);

#endif /* TPHCTL_IMPORTS_H */
