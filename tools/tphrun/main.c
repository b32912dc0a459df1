// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Runs another program, so that its registrations of dma-bufs, and those of all programs that it
 * starts, have the hints that are asked for.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"
#include "shim/preload.h"
#include "shim/settings.h"

/* The exit code of env(1) and others for errors before there is a program */
enum { EXIT_TROUBLE = 125 };

/* NCCL takes libibverbs from here. */
#define NCCL_VARIABLE "NCCL_IBVERBS_LIB"

enum { HELP = SETTING_COUNT };

static int refuse(const struct complaint *why)
{
	say("%s", why->text);
	return EXIT_TROUBLE;
}

static void help(void)
{
	printf("usage: tphrun [OPTION...] [--] COMMAND [ARGUMENT...]\n\n"
	       "Runs COMMAND, and what that starts, with PCIe steering tags for the dma-bufs that they\n"
	       "register for RDMA.\n\n");
	for (int id = 0; id < SETTING_COUNT; id++) {
		const struct setting *setting = &setting_table[id];

		printf("  --%s%s%s\n      %s; also by %s\n", setting->option,
		       setting->value_help ? "=" : "",
		       setting->value_help ? setting->value_help : "", setting->help,
		       setting->variable);
	}
	printf("  --help\n      Show this\n\nSee tphrun(1).\n");
}

static bool set(const char *variable, const char *value, struct complaint *why)
{
	return !setenv(variable, value, 1) || complain(why, "the environment: %s", strerror(errno));
}

/* Make the path absolute, as processes that write to it may have other working directories. */
static bool make_absolute(struct settings *settings, struct complaint *why)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];

	if (!*settings->report || *settings->report == '/')
		return true;
	if (!getcwd(folder, sizeof(folder)))
		return complain(why, "the current directory: %s; give --report an absolute path",
				strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", folder, settings->report);
	return set(setting_table[SETTING_REPORT].variable, path, why) &&
	       settings_read(settings, why);
}

static bool try_report(const char *path, struct complaint *why)
{
	int fd;

	if (!*path)
		return true;
	fd = settings_open_report(path);
	if (fd < 0)
		return complain(
			why, "--report or RDMA_TPH_REPORT=%s: %s; give a file that can be written",
			path, strerror(errno));
	close(fd);
	return true;
}

static bool preload(struct complaint *why)
{
	char library[PATH_MAX], verbs[PATH_MAX];

	if (!preload_find(LIBRARY_FROM_TPHRUN "/tphrun.so", library, why) ||
	    !preload_find(LIBRARY_FROM_TPHRUN "/tphrun-verbs.so", verbs, why) ||
	    !preload_add(library, why))
		return false;
	if (!getenv(NCCL_VARIABLE))
		return set(NCCL_VARIABLE, verbs, why);
	if (strcmp(getenv(NCCL_VARIABLE), verbs))
		say("note: " NCCL_VARIABLE
		    " is set, so what NCCL registers goes past tphrun; unset it");
	return true;
}

/* Turns options into the variables that the library reads. Returns an exit code, or -1 to go on. */
static int take_options(int argc, char **argv)
{
	static const char one[] = "1";
	struct option options[SETTING_COUNT + 2] = { 0 };
	struct complaint why;
	int id;

	for (id = 0; id < SETTING_COUNT; id++)
		options[id] = (struct option){ setting_table[id].option,
					       setting_table[id].value_help ? required_argument :
									      no_argument,
					       NULL, id };
	options[id] = (struct option){ "help", no_argument, NULL, HELP };
	while ((id = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (id == HELP) {
			help();
			return EXIT_SUCCESS;
		}
		if (id == '?')
			return EXIT_TROUBLE;
		if (!set(setting_table[id].variable, optarg ? optarg : one, &why))
			return refuse(&why);
	}
	if (optind < argc)
		return -1;
	complain(&why, "no command is given; write tphrun [OPTION...] -- COMMAND [ARGUMENT...]");
	return refuse(&why);
}

static int cannot_run(const char *command)
{
	const bool absent = errno == ENOENT || errno == ENOTDIR;

	say("cannot run %s: %s; check the command", command, strerror(errno));
	return absent ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Whether to run the program @path. With @require it must not run without the library. */
static bool look(const char *path, bool require)
{
	struct complaint why;

	switch (program_look(path, &why)) {
	case PROGRAM_DYNAMIC:
		return true;
	case PROGRAM_STATIC:
		/*
		 * A program that cannot be preloaded into may only start others, so run it, unless
		 * a tag is required.
		 */
		say("%s%s", require ? "" : "note: ", why.text);
		return !require;
	case PROGRAM_FOREIGN:
	case PROGRAM_PRIVILEGED:
		break;
	}
	say("%s", why.text);
	return false;
}

static int become(char **argv, bool require)
{
	char path[PATH_MAX];

	if (!program_find(argv[0], path))
		return cannot_run(argv[0]);
	if (!look(path, require))
		return EXIT_CANNOT_RUN;
	execvp(argv[0], argv);
	cannot_run(argv[0]);
	return EXIT_CANNOT_RUN;
}

int main(int argc, char **argv)
{
	struct settings settings;
	struct complaint why;
	int status = take_options(argc, argv);

	if (status >= 0)
		return status;
	if (!settings_read(&settings, &why) || !make_absolute(&settings, &why) ||
	    !try_report(settings.report, &why) || !preload(&why))
		return refuse(&why);
	return become(argv + optind, settings.require);
}
