// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Command lines, by the tables of the commands. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tphctl.h"

/* getopt_long() returns the place in the table plus this, which is above all letters. */
#define FIRST_CODE 256

struct getopt_tables {
	struct option longs[MAX_OPTIONS + 1];
	char shorts[2 * MAX_OPTIONS + 1];
};

static void fill_tables(const struct command *command, struct getopt_tables *tables)
{
	struct option *next_long = tables->longs;
	char *next = tables->shorts;

	memset(tables, 0, sizeof(*tables));
	for (size_t i = 0; i < command->num_options; i++) {
		const struct option_row *row = &command->options[i];

		if (!row->name)
			continue;
		*next_long++ = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = FIRST_CODE + i,
		};
		if (!row->letter)
			continue;
		*next++ = row->letter;
		if (row->argument)
			*next++ = ':';
	}
}

static size_t place_of(const struct command *command, int code)
{
	size_t i = 0;

	if (code >= FIRST_CODE)
		return code - FIRST_CODE;
	while (command->options[i].letter != code)
		i++;
	return i;
}

/* Arguments after -- belong to the program, and also end the words. */
static int split_program(int argc, char **argv, struct arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		arguments->program = argv + i + 1;
		argv[i] = NULL;
		return i;
	}
	return argc;
}

static bool refuse_words(const struct command *command, const char *what)
{
	trouble("%s: %s; tphctl %s --help tells more", command->name, what, command->name);
	return false;
}

static bool check_words(const struct command *command, const struct arguments *arguments)
{
	char what[128];

	if (arguments->program && !command->program)
		return refuse_words(command, "takes no program after a --");
	if (arguments->program && !arguments->program[0])
		return refuse_words(command, "there is no program after the --");
	if (arguments->num_words >= command->min && arguments->num_words <= command->max)
		return true;
	snprintf(what, sizeof(what), "takes %s, not %d words",
		 command->max ? command->words : "options only", arguments->num_words);
	return refuse_words(command, what);
}

bool parse_arguments(const struct command *command, int argc, char **argv,
		     struct arguments *arguments)
{
	struct getopt_tables tables;
	int code;

	*arguments = (struct arguments){ 0 };
	fill_tables(command, &tables);
	argc = split_program(argc, argv, arguments);
	argv[0] = "tphctl";
	optind = 1;
	while ((code = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		if (code == '?') {
			fprintf(stderr, "Try 'tphctl %s --help'.\n", command->name);
			return false;
		}
		arguments->values[place_of(command, code)] = optarg ? optarg : "";
	}
	arguments->words = argv + optind;
	arguments->num_words = argc - optind;
	return arguments->values[OPT_HELP] || check_words(command, arguments);
}

static void print_option(const struct option_row *row)
{
	char left[48];

	if (!row->name)
		return;
	snprintf(left, sizeof(left), "%s%c%s --%s%s%s", row->letter ? "-" : " ",
		 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
		 row->argument ? "=" : "", row->argument ? row->argument : "");
	printf("  %-26s %s\n", left, row->help);
}

void print_help(const struct command *command)
{
	printf("Usage: tphctl %s [OPTION...]%s%s%s\n%s.\n\n", command->name,
	       command->max ? " " : "", command->max ? command->words : "",
	       command->program ? " [-- PROGRAM [ARGUMENT...]]" : "", command->summary);
	for (size_t i = NUM_COMMON; i < command->num_options; i++)
		print_option(&command->options[i]);
	for (size_t i = 0; i < NUM_COMMON && i < command->num_options; i++)
		print_option(&command->options[i]);
	printf("\n%s", command->help);
}
