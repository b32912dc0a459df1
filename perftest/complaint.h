/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What could not be done, in words: what failed, why, what to do about it. */
#ifndef PERFTEST_COMPLAINT_H
#define PERFTEST_COMPLAINT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct complaint {
	char text[1024];
};

/* Fill in @why; a text that is too long is cut. Always returns false, so that a check that failed
 * can be written as `return complain(why, ...)`.
 */
static inline __attribute__((format(printf, 2, 3)))
bool complain(struct complaint *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return false;
}

#endif
