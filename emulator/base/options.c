// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "base/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/complaint.h"
#include "util/pci_address.h"

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
	char known[512] = "";
	size_t len = 0;

	for (; defs->key && len < sizeof(known); defs++)
		len += snprintf(known + len, sizeof(known) - len, " %s", defs->key);
	say("%s: unknown key '%s'; known are%s", option, key, known);
}

static int parse_pair(const char *option, char *pair, const struct option_def *defs, void *attr)
{
	char *value = strchr(pair, '=');
	const struct option_def *def;

	if (!value) {
		say("%s: '%s' has no value; write %s=VALUE", option, pair, pair);
		return -EINVAL;
	}
	*value++ = '\0';
	def = find(defs, pair);
	if (!def) {
		say_unknown(option, pair, defs);
		return -EINVAL;
	}
	if (!def->set(attr, value)) {
		say("%s: %s=%s is not possible; allowed: %s", option, pair, value, def->values);
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
		say("%s: '%s' is no name; use at most %d letters, digits, '-' and '_'", option,
		    *name, MAX_NAME);
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

bool option_bool(const char *value, bool *on)
{
	static const struct option_choice choices[] = { { "on", 1 }, { "off", 0 }, { 0 } };
	int chosen;

	if (!option_choose(value, choices, &chosen))
		return false;
	*on = chosen;
	return true;
}

bool option_bdf(const char *value, uint16_t *requester)
{
	struct pci_address address;

	if (!pci_address_parse(value, &address) || address.has_domain)
		return false;
	*requester = pci_address_id(&address);
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
