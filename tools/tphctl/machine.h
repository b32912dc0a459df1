/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Machines, as commands look at them: this one, or what tphctl dump printed of others. Either way
 * they are a topology, and facts in JSON, in the form that a dump has them.
 */
#ifndef TPHCTL_MACHINE_H
#define TPHCTL_MACHINE_H

#include <json-c/json.h>
#include <vfio/tph_topology.h>

#include "tphctl.h"

/*
 * name:     host name, or what the dump calls it
 * facts:    "kernel", "processor", "system" and "devices" of a dump, by their keys
 * live:     it is this machine
 */
struct machine {
	char *name;
	struct vfio_tph_topology *topology;
	struct json_object *facts;
	bool live;
};

struct machines {
	struct machine *array;
	size_t count;
};

/*
 * This machine without --from, else the file or all files *.json of the directory. Returns false
 * after it has said what is wrong.
 */
bool machines_load(struct machines *machines, const struct arguments *arguments);
void machines_free(struct machines *machines);

/* A dump's text. Returns false with an explanation in @why, which names no file. */
bool machine_parse(struct machine *machine, const char *text, size_t size,
		   struct vfio_tph_reason *why);
void machine_free(struct machine *machine);

/*
 * The function that a user means by "ADDRESS", "RDMA-DEVICE", "MACHINE/ADDRESS" or
 * "MACHINE/RDMA-DEVICE". Returns NULL after it has said what is wrong.
 */
const struct vfio_tph_node *machines_find(const struct machines *machines, const char *word,
					  const struct machine **machine);

/* What a dump's "devices" says of a function; NULL when there is nothing. */
struct json_object *machine_device(const struct machine *machine, const struct vfio_tph_node *node);
/* Its RDMA devices, separated by commas; "" without any. */
void machine_rdma_names(const struct machine *machine, const struct vfio_tph_node *node,
			char *names, size_t size);
/* What its memory regions can import, see imports.h; NULL when that is not known. */
struct json_object *machine_imports(const struct machine *machine,
				    const struct vfio_tph_node *node);
/* Size of a memory BAR, 0 when there is none. */
unsigned long long machine_bar_size(const struct machine *machine, const struct vfio_tph_node *node,
				    unsigned int bar);

/* A fact by its path, as "kernel|release"; NULL when there is none. "system" is gathered late. */
struct json_object *machine_fact(const struct machine *machine, const char *path);

/* facts.c: the facts of this machine, without "system"; and that, which takes long. */
struct json_object *facts_gather(const struct vfio_tph_topology *topology);
struct json_object *facts_gather_system(void);

/* dump.c: the whole dump of a machine; the caller json_object_put()s it. */
struct json_object *dump_make(const struct machine *machine);

#define DUMP_KEY "tphctl_dump"	/* whose value is the format's version */
#define DUMP_VERSION 1

#endif /* TPHCTL_MACHINE_H */
