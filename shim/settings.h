/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The settings of tphrun: options for tphrun, and environment variables for the library that it
 * preloads. Variables are the only way to pass them on.
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

/*
 * Open a report file to append to it. If it is a pipe that nobody reads, the open must not block
 * the program. Returns a descriptor, or -1 and errno.
 */
int settings_open_report(const char *path);

#endif
