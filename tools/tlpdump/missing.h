/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the capture does not have of the packets that were asked for. Packets that are missing could
 * have been of any kind, so that a filter of links is the only one that tells them apart.
 */
#ifndef TLPDUMP_MISSING_H
#define TLPDUMP_MISSING_H

#include <json-c/json.h>
#include <stdbool.h>

#include "filter.h"
#include "tlp/capture_reader.h"

/* What @reader knows at the end of its file @path; both have to outlive it. */
struct missing {
	const struct capture_reader *reader;
	const struct filter *filter;
	const char *path;
};

/*
 * Whether packets are missing, so that nothing can be said of all. softfabric ends a capture with
 * the number of those that it dropped: one of its own without has not ended, and counts as lacking.
 * Most other writers never say, so that theirs are taken for what they have.
 */
bool missing_any(const struct missing *missing);

/*
 * say() a line for each link with missing packets, or of which it is not known, and for each that
 * was asked for and is not there.
 */
void missing_say(const struct missing *missing);

/*
 * The same for programs, for the caller to put: [{"link": NAME, "recorded": N, "dropped": N}, ...],
 * with null for a number that is not known
 */
struct json_object *missing_json(const struct missing *missing);

#endif
