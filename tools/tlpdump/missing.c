// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <string.h>

#include "missing.h"
#include "util/complaint.h"

/* The next link, from *index on, that was asked for and may lack packets. */
static bool next_lacking(const struct missing *missing, uint32_t *index, struct capture_link *link)
{
	while (capture_reader_link(missing->reader, (*index)++, link))
		if (filter_accepts_link(missing->filter, link->name) &&
		    (link->account != CAPTURE_COUNTED || link->dropped))
			return true;
	return false;
}

bool missing_any(const struct missing *missing)
{
	struct capture_link link;
	uint32_t index = 0;

	while (next_lacking(missing, &index, &link))
		if (link.account != CAPTURE_UNCOUNTED)
			return true;
	return false;
}

static void say_link(const char *path, const struct capture_link *link)
{
	switch (link->account) {
	case CAPTURE_COUNTED:
		say("%s: %" PRIu64
		    " packets of %s were not recorded: the capture has the first %" PRIu64
		    "; give it more room (--capture-limit) or do less",
		    path, link->dropped, link->name, link->recorded);
		break;
	case CAPTURE_UNFINISHED:
		say("%s: packets of %s may be missing behind the first %" PRIu64
		    ": softfabric still writes the capture, or was killed",
		    path, link->name, link->recorded);
		break;
	default:
		say("%s: nothing says whether packets of %s are missing", path, link->name);
	}
}

static bool has_link(const struct capture_reader *reader, const char *name)
{
	struct capture_link link;

	for (uint32_t i = 0; capture_reader_link(reader, i, &link); i++)
		if (!strcmp(link.name, name))
			return true;
	return false;
}

void missing_say(const struct missing *missing)
{
	const struct filter *filter = missing->filter;
	struct capture_link link;
	uint32_t index = 0;

	for (unsigned int i = 0; i < filter->num_links; i++)
		if (!has_link(missing->reader, filter->links[i]))
			say("%s: there is no link %s in it; --count without --link shows the links "
			    "with packets",
			    missing->path, filter->links[i]);
	while (next_lacking(missing, &index, &link))
		say_link(missing->path, &link);
}

struct json_object *missing_json(const struct missing *missing)
{
	struct json_object *array = json_object_new_array();
	struct capture_link link;
	uint32_t index = 0;

	while (next_lacking(missing, &index, &link)) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "link", json_object_new_string(link.name));
		json_object_object_add(object, "recorded", json_object_new_uint64(link.recorded));
		json_object_object_add(object, "dropped",
				       link.account == CAPTURE_COUNTED ?
					       json_object_new_uint64(link.dropped) :
					       NULL);
		json_object_array_add(array, object);
	}
	return array;
}
