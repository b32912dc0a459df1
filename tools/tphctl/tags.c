// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "tags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "util/number.h"

#define MAX_ST 0xff
#define MAX_ST_EXT 0xffff
#define MAX_PH 3

bool number_option(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	if (number_parse(text, min, max, number))
		return true;
	trouble("--%s: '%s' is no number from %#llx to %#llx", name, text, (unsigned long long)min,
		(unsigned long long)max);
	return false;
}

bool tags_parse(const struct arguments *arguments, const struct tag_options *options,
		struct vfio_tph_tags *tags)
{
	const char *st = arguments->values[options->st];
	const char *st_ext = arguments->values[options->st_ext];
	const char *ph = arguments->values[options->ph];
	uint64_t number;

	*tags = (struct vfio_tph_tags){ 0 };
	if (st) {
		if (!number_option("st", st, 0, MAX_ST, &number))
			return false;
		tags->st = number;
		tags->flags |= VFIO_TPH_TAG_ST;
	}
	if (st_ext) {
		if (!number_option("st-ext", st_ext, 0, MAX_ST_EXT, &number))
			return false;
		tags->st_ext = number;
		tags->flags |= VFIO_TPH_TAG_ST_EXT;
	}
	if (!ph)
		return true;
	if (!number_option("ph", ph, 0, MAX_PH, &number))
		return false;
	tags->ph = number;
	if (!tags->flags)
		trouble("--ph: a hint goes with a tag; add --st or --st-ext, 0 for no preference");
	return tags->flags;
}

int tags_check(const struct vfio_tph_node *node, const struct vfio_tph_tags *tags,
	       struct vfio_tph_reason *reason)
{
	const char *address = node->function.address;

	if (node->type == VFIO_TPH_PORT_UNREADABLE)
		return refuse(reason, EACCES,
			      "cannot tell what %s takes: only %zu bytes of its configuration "
			      "space are there. Run tphctl, or tphctl dump, as root",
			      address, node->function.config_size);
	if (node->completer != VFIO_TPH_COMPLETER_ST &&
	    node->completer != VFIO_TPH_COMPLETER_ST_EXT)
		return refuse(reason, EOPNOTSUPP,
			      "%s is no TPH completer: bits 13:12 of its Device Capabilities 2 "
			      "are %s. tphctl dev show --details %s shows them",
			      address,
			      node->completer == VFIO_TPH_COMPLETER_RESERVED ? "10b, reserved" :
									       "00b",
			      address);
	if (tags->flags & VFIO_TPH_TAG_ST_EXT && node->completer != VFIO_TPH_COMPLETER_ST_EXT)
		return refuse(reason, EOPNOTSUPP,
			      "%s takes 8-bit steering tags only. Publish one with --st", address);
	return 0;
}

const char *tags_words(const struct vfio_tph_tags *tags, char *words, size_t size)
{
	size_t length = 0;

	if (!tags->flags)
		return "none";
	if (tags->flags & VFIO_TPH_TAG_ST)
		length = snprintf(words, size, "st %#x, ", tags->st);
	if (tags->flags & VFIO_TPH_TAG_ST_EXT)
		length += snprintf(words + length, size - length, "st-ext %#x, ", tags->st_ext);
	snprintf(words + length, size - length, "ph %u", tags->ph);
	return words;
}

void tags_to_json(const struct vfio_tph_tags *tags, struct json_object *object)
{
	if (tags->flags & VFIO_TPH_TAG_ST)
		json_add_int(object, "st", tags->st);
	if (tags->flags & VFIO_TPH_TAG_ST_EXT)
		json_add_int(object, "st_ext", tags->st_ext);
	if (tags->flags)
		json_add_int(object, "ph", tags->ph);
}

/* The number at @key: 1 when there, 0 when not, -1 when it is something else. */
static int get_number(struct json_object *object, const char *key, int64_t max, int64_t *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return 0;
	*number = json_object_get_int64(value);
	return json_object_is_type(value, json_type_int) && *number >= 0 && *number <= max ? 1 : -1;
}

bool tags_from_json(struct vfio_tph_tags *tags, struct json_object *object)
{
	int64_t st = 0, st_ext = 0, ph = 0;
	int has_st = get_number(object, "st", MAX_ST, &st);
	int has_st_ext = get_number(object, "st_ext", MAX_ST_EXT, &st_ext);

	if (has_st < 0 || has_st_ext < 0 || get_number(object, "ph", MAX_PH, &ph) < 0)
		return false;
	*tags = (struct vfio_tph_tags){
		.flags = (has_st ? VFIO_TPH_TAG_ST : 0) | (has_st_ext ? VFIO_TPH_TAG_ST_EXT : 0),
		.st = st,
		.st_ext = st_ext,
		.ph = ph,
	};
	return true;
}
