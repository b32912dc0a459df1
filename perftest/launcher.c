// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Installed under the name of each perftest tool, before the stock ones in PATH. Takes our flags
 * off the command line and becomes the stock tool, with the backend preloaded when there were any.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/preload.h"
#include "backend/checks.h"
#include "backend/command_line.h"
#include "options.h"
#include "stock_tool.h"

#define SELF "/proc/self/exe"

/* As perftest does for wrong flags; and as shells do for what cannot be run, or found. */
enum { EXIT_FLAGS = 1, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static int refuse(const struct complaint *why, int status)
{
	say("%s", why->text);
	return status;
}

static int become(const char *stock, char **argv)
{
	struct complaint why;

	execv(stock, argv);
	complain(&why, "cannot run %s: %s; check the perftest installation", stock,
		 strerror(errno));
	return refuse(&why, EXIT_CANNOT_RUN);
}

/* The stock tool's help, then ours; with the stock tool's exit code. */
static int help(const char *stock, char **argv)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return become(stock, argv);
	if (!child)
		_exit(become(stock, argv));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_CANNOT_RUN;
	tph_options_help(stdout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The backend lies where it was installed relative to this program. */
static bool find_backend(char path[static PATH_MAX], struct complaint *why)
{
	char self[PATH_MAX];
	ssize_t length = readlink(SELF, self, sizeof(self) - 1);

	if (length < 0)
		return complain(why, SELF ": %s; is /proc mounted?", strerror(errno));
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	if (snprintf(path, PATH_MAX, "%s/" BACKEND_FROM_LAUNCHER, self) >= PATH_MAX)
		return complain(why, "the path of the preloaded backend: %s",
				strerror(ENAMETOOLONG));
	if (access(path, R_OK))
		return complain(why, "the preloaded backend %s: %s; install rdma-tph again", path,
				strerror(errno));
	return true;
}

/* Tell the loader and the backend what to do. The tools' own children inherit none of it. */
static bool prepare_environment(const struct command_line *line, struct complaint *why)
{
	char backend[PATH_MAX], least[24];
	const char *others = getenv("LD_PRELOAD");
	char *preload;
	bool set;

	if (!find_backend(backend, why))
		return false;
	snprintf(least, sizeof(least), "%" PRIu64,
		 check_least_buffer(program_invocation_short_name, &line->facts));
	if (asprintf(&preload, "%s%s%s", backend, others ? ":" : "", others ? others : "") < 0)
		return complain(why, "the environment: %s", strerror(ENOMEM));
	set = !setenv("LD_PRELOAD", preload, 1) && !setenv(LEAST_BUFFER_VARIABLE, least, 1) &&
	      !tph_options_export(&line->options);
	free(preload);
	return set || complain(why, "the environment: %s", strerror(ENOMEM));
}

static int launch(const char *stock, struct command_line *line)
{
	char name[128], flag[sizeof(name) + sizeof("--mmap=")];
	struct complaint why;

	if (!check_flags(program_invocation_short_name, line, &why) ||
	    !prepare_environment(line, &why))
		return refuse(&why, EXIT_FLAGS);
	if (line->options.exporter != TPH_EXPORTER_NONE) {
		if (check_inlines(program_invocation_short_name, &line->facts))
			say("note: small messages are sent inline: the NIC takes them from the work request, not from the exported buffer; -I 0 turns that off");
		tph_options_buffer_name(&line->options, name, sizeof(name));
		snprintf(flag, sizeof(flag), "--mmap=%s", name);
		command_line_add_buffer(line, flag);
	}
	return become(stock, line->argv);
}

/* Stock tools that a package has moved aside to make room are not in PATH. */
static bool find_stock(const struct stat *self, char stock[static PATH_MAX], struct complaint *why)
{
	const char *tool = program_invocation_short_name;
	const char *folder = getenv(STOCK_TOOL_FOLDER_VARIABLE);

	if (!folder && stock_tool_find(tool, STOCK_TOOL_FOLDER, NULL, self, stock, why))
		return true;
	return stock_tool_find(tool, folder, getenv("PATH"), self, stock, why);
}

int main(int argc, char **argv)
{
	char stock[PATH_MAX];
	struct command_line line;
	struct complaint why;
	struct stat self;
	int status;

	if (stat(SELF, &self)) {
		complain(&why, SELF ": %s; is /proc mounted?", strerror(errno));
		return refuse(&why, EXIT_CANNOT_RUN);
	}
	if (!find_stock(&self, stock, &why))
		return refuse(&why, EXIT_NOT_FOUND);

	if (!command_line_parse(&line, argc, argv, &why))
		status = refuse(&why, EXIT_FLAGS);
	else if (line.facts.help)
		status = help(stock, line.argv);
	else if (!tph_options_given(&line.options))
		status = become(stock, argv);
	else
		status = launch(stock, &line);
	command_line_free(&line);
	return status;
}
