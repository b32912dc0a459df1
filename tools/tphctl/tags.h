/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Tags on command lines, and whether a device takes them. */
#ifndef TPHCTL_TAGS_H
#define TPHCTL_TAGS_H

#include <json-c/json.h>
#include <vfio/tph.h>
#include <vfio/tph_topology.h>

#include "tphctl.h"

/* Where a table of options has the three that say tags. */
struct tag_options {
	size_t st, st_ext, ph;
};

#define ST_OPTION { "st", 0, "TAG", "8-bit steering tag, 0 to 0xff" }
#define ST_EXT_OPTION { "st-ext", 0, "TAG", "16-bit steering tag, 0 to 0xffff" }
#define PH_OPTION { "ph", 0, "HINT", "processing hint, 0 to 3 (default: 0)" }

/* Fills @tags; no tag at all gives flags 0. False after it has said what is wrong. */
bool tags_parse(const struct arguments *arguments, const struct tag_options *options,
		struct vfio_tph_tags *tags);
/* A number of an option, @min to @max; false after it has said what is wrong. */
bool number_option(const char *name, const char *text, uint64_t min, uint64_t max,
		   uint64_t *number);

/*
 * Predict what publishing @tags for a function would return, from its registers: 0 or the errno,
 * with the reason.
 */
int tags_check(const struct vfio_tph_node *node, const struct vfio_tph_tags *tags,
	       struct vfio_tph_reason *reason);

/* "st 0xf0, ph 2" */
const char *tags_words(const struct vfio_tph_tags *tags, char *words, size_t size);
#define TAGS_WORDS_SIZE 64

void tags_to_json(const struct vfio_tph_tags *tags, struct json_object *object);
/* False when it has none, or they are out of range. */
bool tags_from_json(struct vfio_tph_tags *tags, struct json_object *object);

#endif /* TPHCTL_TAGS_H */
