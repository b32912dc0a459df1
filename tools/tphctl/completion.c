// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * completion TEMPLATE OUTPUT: fills the completion for bash with the commands and their options.
 * tphctl's build runs it.
 */
#include <stdio.h>
#include <string.h>

#include "tphctl.h"

#define NAMES "@names@"
#define OPTIONS "@options@"

static void print_command(FILE *file, const struct command *command)
{
	fprintf(file, "\t\t'%s')\n\t\t\toptions='", command->name);
	for (size_t i = 0; i < command->num_options; i++)
		if (command->options[i].name)
			fprintf(file, "%s--%s", i ? " " : "", command->options[i].name);
	fprintf(file, "'\n\t\t\ttakes='");
	for (size_t i = 0; i < command->num_options; i++)
		if (command->options[i].argument)
			fprintf(file, "%s--%s:%s", i ? " " : "", command->options[i].name,
				command->options[i].argument);
	fprintf(file, "'\n\t\t\twords='%s' ;;\n", command->max ? command->words : "");
}

/* A command of two words is named by the first. */
static void print_names(FILE *file)
{
	for (size_t i = 0; commands[i]; i++)
		fprintf(file, "%s%.*s", i ? " " : "", (int)strcspn(commands[i]->name, " "),
			commands[i]->name);
}

static void print_line(FILE *file, const char *line)
{
	const char *names = strstr(line, NAMES);

	if (names) {
		fprintf(file, "%.*s", (int)(names - line), line);
		print_names(file);
		fputs(names + strlen(NAMES), file);
	} else if (!strncmp(line, OPTIONS, strlen(OPTIONS))) {
		for (size_t i = 0; commands[i]; i++)
			print_command(file, commands[i]);
	} else {
		fputs(line, file);
	}
}

int main(int argc, char **argv)
{
	FILE *template = argc == 3 ? fopen(argv[1], "re") : NULL;
	FILE *output = template ? fopen(argv[2], "we") : NULL;
	char line[512];

	if (!output)
		return trouble("completion: cannot fill in %s", argc == 3 ? argv[1] : "nothing");
	while (fgets(line, sizeof(line), template))
		print_line(output, line);
	fclose(template);
	return ferror(output) || fclose(output);
}
