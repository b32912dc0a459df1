/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* tphctl: what all its commands share. */
#ifndef TPHCTL_H
#define TPHCTL_H

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
	EXIT_FINE,
	EXIT_ANSWER_IS_NO, /* it will not work; something is to be mended */
	EXIT_TROUBLE,      /* wrong use, or what was needed could not be read or done */
};

/* say() of util/complaint.h, behind what was printed so far. Returns EXIT_TROUBLE. */
int trouble(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct vfio_tph_reason;

/* Fills @reason, a text without %m, and returns @err. */
int refuse(struct vfio_tph_reason *reason, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * An option of a command: for getopt_long(), the help text and the completion.
 *
 * argument: what it takes, as the help calls it; NULL when it is a flag
 */
struct option_row {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
};

/*
 * Options that several commands have come first in each table, so that they have fixed places. A
 * command has those whose rows it fills: the first two always.
 */
enum common_option { OPT_FROM, OPT_HELP, OPT_JSON, OPT_DETAILS, NUM_COMMON };

#define COMMON_OPTIONS \
	[OPT_FROM] = { "from", 'f', "FILE|DIR", \
		       "read dumps, one a machine, instead of this machine" }, \
	[OPT_HELP] = { "help", 'h', NULL, "print this" }
#define JSON_OPTION [OPT_JSON] = { "json", 'j', NULL, "print for programs" }
#define DETAILS_OPTION [OPT_DETAILS] = { "details", 'd', NULL, "print more" }

#define MAX_OPTIONS 16

/*
 * The command line of a command.
 *
 * values:  of the options, by their place in the table: the argument, "" of a flag, NULL if absent
 * words:   what else is there before a --
 * program: what comes after it, ends with NULL; NULL without a --
 */
struct arguments {
	const char *values[MAX_OPTIONS];
	char **words;
	int num_words;
	char **program;
};

/*
 * One command.
 *
 * name:    as "dev show"
 * words:   what it takes beside options, as the help says it
 * min, max: how many words
 * program: it takes a program after a --
 * summary: one line for the list of commands
 * help:    what else the help says, ends with a newline
 */
struct command {
	const char *name;
	const char *words;
	int min, max;
	bool program;
	const char *summary;
	const char *help;
	const struct option_row *options;
	size_t num_options;
	enum exit_code (*run)(const struct arguments *arguments);
};

/* commands.c: ends with one without a name. */
extern const struct command *const commands[];

/* options.c: fills @arguments; returns false after it has said what is wrong. */
bool parse_arguments(const struct command *command, int argc, char **argv,
		     struct arguments *arguments);
void print_help(const struct command *command);

#endif /* TPHCTL_H */
