// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrivals.h"
#include "control.h"
#include "tap.h"

#define REPLY_SIZE (64 * 1024)

/* The value behind @key in an object that begins at @at */
static const char *value_of(const char *at, const char *key)
{
	char quoted[32];
	const char *found;

	/* With its colon: one namespace has the name of a key. */
	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	found = strstr(at, quoted);
	if (!found)
		tap_bail_out("softfabric tells of requests without %s: %s", key, at);
	return found + strlen(quoted);
}

static void take_kind(const char *at, struct arrivals_kind *kind)
{
	if (sscanf(value_of(at, "namespace"), " \"%7[a-z_]\"", kind->tph_namespace) != 1)
		tap_bail_out("softfabric tells of a namespace without a name: %s", at);
	kind->st = strtoul(value_of(at, "st"), NULL, 10);
	kind->ph = strtoul(value_of(at, "ph"), NULL, 10);
	kind->writes = strtol(value_of(at, "writes"), NULL, 10);
}

void arrivals_take(int control, const char *device, struct arrivals *arrivals)
{
	static char reply[REPLY_SIZE];
	const char *at = reply;

	control_tlps(control, device, reply, sizeof(reply));
	arrivals->count = 0;
	while ((at = strstr(at, "\"namespace\":"))) {
		if (arrivals->count == ARRIVALS_KINDS)
			tap_bail_out("%s got more than %d kinds of requests", device,
				     ARRIVALS_KINDS);
		take_kind(at++, &arrivals->kinds[arrivals->count++]);
	}
}

static bool same_kind(const struct arrivals_kind *a, const struct arrivals_kind *b)
{
	return !strcmp(a->tph_namespace, b->tph_namespace) && a->st == b->st && a->ph == b->ph;
}

static long writes_of(const struct arrivals *arrivals, const struct arrivals_kind *kind)
{
	for (unsigned int i = 0; i < arrivals->count; i++)
		if (same_kind(&arrivals->kinds[i], kind))
			return arrivals->kinds[i].writes;
	return 0;
}

bool arrivals_only(int control, const char *device, const struct arrivals *before,
		   const struct arrivals_kind *due)
{
	struct arrivals now;
	bool only;

	arrivals_take(control, device, &now);
	only = writes_of(&now, due) - writes_of(before, due) == due->writes;
	for (unsigned int i = 0; i < now.count; i++) {
		const struct arrivals_kind *kind = &now.kinds[i];
		long grown = kind->writes - writes_of(before, kind);

		if (same_kind(kind, due) ? grown == due->writes : !grown)
			continue;
		only = false;
		tap_note("%ld writes of %s st 0x%x ph %u", grown, kind->tph_namespace, kind->st,
			 kind->ph);
	}
	return only;
}
