// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl: inspects and steers TLP Processing Hints. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tphctl.h"

static void usage(FILE *file)
{
	fputs("Usage: tphctl COMMAND [OPTION...]\n"
	      "Inspect and steer TLP Processing Hints (TPH) between PCI Express devices.\n\n",
	      file);
	for (size_t i = 0; commands[i]; i++)
		fprintf(file, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nEvery command has --help, and takes --from FILE|DIR to work on what dump printed.\n"
	      "Exit code: 0 it works; 1 it does not, or something is to be mended; 2 trouble.\n",
	      file);
}

/* How many words of the command line are the command's name; 0 when they are not. */
static int name_length(const struct command *command, int argc, char **argv)
{
	const char *rest = command->name;
	int count = 0;

	while (*rest) {
		size_t length = strcspn(rest, " ");

		if (1 + count >= argc || strlen(argv[1 + count]) != length ||
		    strncmp(argv[1 + count], rest, length))
			return 0;
		count++;
		rest += length + (rest[length] == ' ');
	}
	return count;
}

static const struct command *find_command(int argc, char **argv, int *length)
{
	for (size_t i = 0; commands[i]; i++) {
		*length = name_length(commands[i], argc, argv);
		if (*length)
			return commands[i];
	}
	return NULL;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h");
}

static enum exit_code run_command(const struct command *command, int argc, char **argv)
{
	struct arguments arguments;

	if (!parse_arguments(command, argc, argv, &arguments))
		return EXIT_TROUBLE;
	if (!arguments.values[OPT_HELP])
		return command->run(&arguments);
	print_help(command);
	return EXIT_FINE;
}

static enum exit_code run(int argc, char **argv)
{
	const struct command *command;
	int length;

	if (argc > 1 && is_help(argv[1])) {
		usage(stdout);
		return EXIT_FINE;
	}
	command = find_command(argc, argv, &length);
	if (command)
		return run_command(command, argc - length, argv + length);
	if (argc > 1)
		trouble("no command '%s'", argv[1]);
	usage(stderr);
	return EXIT_TROUBLE;
}

int main(int argc, char **argv)
{
	enum exit_code code;

	setlocale(LC_CTYPE, "");
	code = run(argc, argv);
	if (fflush(stdout) || ferror(stdout))
		return trouble("cannot write the output: %s", strerror(errno));
	return code;
}
