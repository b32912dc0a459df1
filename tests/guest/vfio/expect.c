// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <string.h>

#include "expect.h"
#include "tap.h"

struct vfio_tph_reason reason;

void expect(int got, int expected, const char *names, const char *what)
{
	bool named = !expected || strstr(reason.text, names);

	tap_ok(got == expected && named, "%s: %s", what, strerror(expected));
	if (got != expected)
		tap_note("got %s", strerror(got));
	if (got)
		tap_note("%s", reason.text);
}
