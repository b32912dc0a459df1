// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 32

static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return false;
	return len && len <= MAX_NAME;
}

static const struct option_def *find(const struct option_def *defs, const char *key)
{
	for (; defs->key; defs++)
		if (!strcmp(defs->key, key))
			return defs;
	return NULL;
}

static void say_unknown(const char *option, const char *key, const struct option_def *defs)
{
	fprintf(stderr, "softfabric: %s: unknown key '%s'; known are", option, key);
	for (; defs->key; defs++)
		fprintf(stderr, " %s", defs->key);
	fputc('\n', stderr);
}

static int parse_pair(const char *option, char *pair, const struct option_def *defs, void *attr)
{
	char *value = strchr(pair, '=');
	const struct option_def *def;

	if (!value) {
		fprintf(stderr, "softfabric: %s: '%s' has no value; write %s=VALUE\n", option, pair,
			pair);
		return -EINVAL;
	}
	*value++ = '\0';
	def = find(defs, pair);
	if (!def) {
		say_unknown(option, pair, defs);
		return -EINVAL;
	}
	if (!def->set(attr, value)) {
		fprintf(stderr, "softfabric: %s: %s=%s is not possible; allowed: %s\n", option,
			pair, value, def->values);
		return -EINVAL;
	}
	return 0;
}

int options_parse(const char *option, char *text, const struct option_def *defs, void *attr,
		  const char **name)
{
	char *pair;
	int err;

	*name = strsep(&text, ",");
	if (!name_valid(*name)) {
		fprintf(stderr, "softfabric: %s: '%s' is no name; use at most %d letters, digits, "
			"'-' and '_'\n", option, *name, MAX_NAME);
		return -EINVAL;
	}
	while ((pair = strsep(&text, ","))) {
		err = parse_pair(option, pair, defs, attr);
		if (err)
			return err;
	}
	return 0;
}

void options_help(const struct option_def *defs)
{
	for (; defs->key; defs++)
		printf("      %s=%s\n          %s\n", defs->key, defs->values, defs->help);
}

bool option_number(const char *value, uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long parsed;
	char *end;

	/* strtoull() would take a sign and white space. */
	if (!isdigit((unsigned char)*value))
		return false;
	errno = 0;
	parsed = strtoull(value, &end, 0);
	if (errno || *end || parsed < min || parsed > max)
		return false;
	*number = parsed;
	return true;
}

bool option_size(const char *value, uint64_t *bytes)
{
	static const char units[] = "KMG";
	unsigned long long parsed;
	const char *unit;
	unsigned int shift = 0;
	char *end;

	if (!isdigit((unsigned char)*value))
		return false;
	errno = 0;
	parsed = strtoull(value, &end, 0);
	if (errno)
		return false;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return false;
		shift = 10 * (unit - units + 1);
	}
	if (parsed > UINT64_MAX >> shift)
		return false;
	*bytes = (uint64_t)parsed << shift;
	return true;
}

bool option_bool(const char *value, bool *on)
{
	static const struct option_choice choices[] = { { "on", 1 }, { "off", 0 }, { 0 } };
	int chosen;

	if (!option_choose(value, choices, &chosen))
		return false;
	*on = chosen;
	return true;
}

bool option_encoding(const char *value, enum tlp_encoding *encoding)
{
	bool flit;

	if (!option_bool(value, &flit))
		return false;
	*encoding = flit ? TLP_FLIT : TLP_NONFLIT;
	return true;
}

bool option_bdf(const char *value, uint16_t *requester)
{
	unsigned int bus, device, function;
	int end = -1;

	if (sscanf(value, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3 || end < 0 ||
	    value[end] || device > 0x1f || function > 7)
		return false;
	*requester = bus << 8 | device << 3 | function;
	return true;
}

bool option_choose(const char *value, const struct option_choice *choices, int *chosen)
{
	for (; choices->name; choices++) {
		if (strcmp(choices->name, value))
			continue;
		*chosen = choices->value;
		return true;
	}
	return false;
}
