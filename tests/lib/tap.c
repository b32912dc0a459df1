// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static unsigned int planned, reported, failed;

/* One line at once: standard output may be a pipe that others write to as well. */
static void print(const char *head, const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	printf("%s%s\n", head, text);
	fflush(stdout);
}

void tap_plan(unsigned int tests)
{
	planned = tests;
	printf("1..%u\n", tests);
	fflush(stdout);
}

static void report(bool passed, const char *format, va_list args)
{
	char head[32];

	reported++;
	if (!passed)
		failed++;
	snprintf(head, sizeof(head), "%s %u - ", passed ? "ok" : "not ok", reported);
	print(head, format, args);
}

bool tap_ok(bool passed, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(passed, format, args);
	va_end(args);
	return passed;
}

bool tap_errno(int got, int expected, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(got == expected, format, args);
	va_end(args);
	if (got != expected)
		tap_note("expected %s, got %s", strerror(expected), strerror(got));
	return got == expected;
}

void tap_skip(const char *what, const char *format, ...)
{
	char head[256];
	va_list args;

	reported++;
	snprintf(head, sizeof(head), "ok %u - %s # SKIP ", reported, what);
	va_start(args, format);
	print(head, format, args);
	va_end(args);
}

void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("# ", format, args);
	va_end(args);
}

void tap_bail_out(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("Bail out! ", format, args);
	va_end(args);
	exit(EXIT_FAILURE);
}

int tap_status(void)
{
	if (reported != planned)
		tap_note("%u tests planned, %u reported", planned, reported);
	return reported == planned && !failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
