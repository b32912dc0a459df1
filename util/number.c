// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Parse the leading digits. strtoull() alone would also accept white space and a sign. */
static bool parse_digits(const char *text, const char **end, uint64_t *number)
{
	unsigned long long parsed;
	char *rest;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	parsed = strtoull(text, &rest, 0);
	*number = parsed;
	*end = rest;
	return !errno && parsed <= UINT64_MAX;
}

bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t parsed;
	const char *end;

	if (!parse_digits(text, &end, &parsed) || *end || parsed < min || parsed > max)
		return false;
	*number = parsed;
	return true;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMG";
	const char *end, *unit;
	unsigned int shift = 0;
	uint64_t parsed;

	if (!parse_digits(text, &end, &parsed))
		return false;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return false;
		shift = 10 * (unit - units + 1);
	}
	if (parsed > UINT64_MAX >> shift)
		return false;
	*bytes = parsed << shift;
	return true;
}
