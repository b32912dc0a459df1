/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Options of a device on the command line: NAME[,key=value...]. Each model has a table of what it
 * understands, and keeps the values in a structure of its own.
 */
#ifndef SOFTFABRIC_OPTIONS_H
#define SOFTFABRIC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct option_def {
	const char *key;    /* NULL ends the table */
	const char *values; /* what is allowed, for help and messages: "none|tph|ext" */
	const char *help;   /* what it is */
	/** set() - put @value into the structure. Return: whether it is one of the allowed. */
	bool (*set)(void *attr, const char *value);
};

/**
 * options_parse() - read NAME[,key=value...].
 * @option: how the command line calls it, "--nic", for messages on stderr
 * @text: is cut into pieces; keep it as long as *@name is used
 * @name: gets the name: letters, digits, '-' and '_', at most 32
 *
 * Return: 0; -EINVAL after a message that says what is wrong and what is allowed.
 */
int options_parse(const char *option, char *text, const struct option_def *defs, void *attr,
		  const char **name);

/** options_help() - print the table to stdout, for --help. */
void options_help(const struct option_def *defs);

/*
 * For set(), beside those of util/number.h: each returns false for anything but a whole, valid
 * value.
 */

/** option_bool() - on, off. */
bool option_bool(const char *value, bool *on);

/** option_bdf() - BB:DD.F in hexadecimal, as lspci prints it; a requester ID has no domain. */
bool option_bdf(const char *value, uint16_t *requester);

struct option_choice {
	const char *name; /* NULL ends the table */
	int value;
};

/** option_choose() - one of the names of a table. */
bool option_choose(const char *value, const struct option_choice *choices, int *chosen);

#endif
