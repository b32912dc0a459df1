/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Packets that the capture lacks. Nothing is known about them but their link, so that links are the
 * only filter that applies to them.
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
 * Whether packets are missing, or may be, so that nothing can be said about all packets. softfabric
 * ends each capture with the number of packets that it dropped; a capture of its own without that
 * number was cut short. Most other writers never give a number: their captures are taken as
 * complete.
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
