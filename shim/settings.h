/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What tphrun is told by its options, and what it preloads by variables of the environment, which
 * are all that gets from the one to the other.
 */
#ifndef SHIM_SETTINGS_H
#define SHIM_SETTINGS_H

#include <limits.h>
#include <stdbool.h>

#include <infiniband/tph.h>

#include "util/complaint.h"

enum setting_id { SETTING_NAMESPACE, SETTING_REQUIRE, SETTING_REPORT, SETTING_COUNT };

struct setting {
	const char *option; /* without the leading "--" */
	const char *variable;
	const char *
		value_help; /* how the option's value is written; NULL: it has none, "1" is meant */
	const char *help;
};

/* Indexed by enum setting_id. */
extern const struct setting setting_table[SETTING_COUNT];

struct settings {
	enum ibv_tph_namespace ns;
	bool require;
	char report[PATH_MAX]; /* "": none */
};

/* Read the environment; a variable that is empty is as one that is not set. False with @why filled
 * in when a value is wrong, or they exclude each other; the others are in @settings all the same.
 */
bool settings_read(struct settings *settings, struct complaint *why);

/* Open a report to append to it: of whatever kind the file is, one that nobody reads must not hold
 * up the program. Returns a descriptor, or -1 and errno.
 */
int settings_open_report(const char *path);

#endif
