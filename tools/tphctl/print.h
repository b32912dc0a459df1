/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What commands print with: tables, JSON, names and words of PCI. */
#ifndef TPHCTL_PRINT_H
#define TPHCTL_PRINT_H

#include <json-c/json.h>
#include <vfio/tph_topology.h>

/*
 * A table on standard output, by libsmartcols. A cell that is not set is empty. Without memory it
 * exits: nothing has been changed by then.
 */
struct table;

struct table_column {
	const char *name;
	bool right; /* numbers */
	bool wraps; /* may be broken where the terminal ends */
};

struct table *table_create(const struct table_column *columns, size_t count);
void table_line(struct table *table);
/* In the line that was begun last. */
__attribute__((format(printf, 3, 4))) void table_cell(struct table *table, size_t column,
						      const char *format, ...);
/* Prints and frees it. */
void table_print(struct table *table);

/* Prints and frees an object. */
void print_json(struct json_object *object);
/* The value at @key as a string; NULL when there is none. */
const char *json_get_string(struct json_object *object, const char *key);
void json_add_string(struct json_object *object, const char *key, const char *value);
void json_add_int(struct json_object *object, const char *key, long long value);
void json_add_bool(struct json_object *object, const char *key, bool value);

/* What pci.ids calls it; ids when it does not know it. Valid until the next call. */
const char *node_name(const struct vfio_tph_node *node);
/* "endpoint", "root port" … */
const char *node_type(const struct vfio_tph_node *node);
/* "8-bit", "8-bit and 16-bit", "none", "reserved (10b)", "unreadable" */
const char *completer_words(const struct vfio_tph_node *node);
/* "off", "8-bit", "16-bit", "none", "unreadable" */
const char *requester_words(const struct vfio_tph_node *node);
/* "capability", "MSI-X", "none", "reserved" */
const char *table_words(const struct vfio_tph_node *node);
/* "no-st", "interrupt-vector", "device-specific", "reserved" */
const char *mode_words(unsigned int mode);
/* "ReqRedir,UpFwd" of an ACS register, "none" for 0 */
const char *acs_words(unsigned int bits, char *words, size_t size);
#define ACS_WORDS_SIZE 80

#endif /* TPHCTL_PRINT_H */
