// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"
#include "verdict.h"

void verdict_wrong(struct verdict *verdict, const char *format, ...)
{
	va_list args;

	if (verdict->wrong++)
		return;
	va_start(args, format);
	vsnprintf(verdict->first, sizeof(verdict->first), format, args);
	va_end(args);
}

bool verdict_ok(const struct verdict *verdict, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (!tap_ok(!verdict->wrong, "%s", what))
		tap_note("%lu times, first: %s", verdict->wrong, verdict->first);
	return !verdict->wrong;
}
