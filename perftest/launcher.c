// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Installed under the name of each perftest tool, before the stock ones in PATH. Becomes the stock
 * tool, with the backend preloaded when the command line may have flags of ours, or asks for help.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "stock_tool.h"

#define SELF "/proc/self/exe"

/* As shells do for what cannot be run, or found */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

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
	if (strpbrk(path, ": "))
		return complain(why,
				"the preloaded backend %s: LD_PRELOAD ends a path at a space "
				"and at a colon; install rdma-tph elsewhere",
				path);
	if (access(path, R_OK))
		return complain(why, "the preloaded backend %s: %s; install rdma-tph again", path,
				strerror(errno));
	return true;
}

/* The tools' own children do not inherit it. */
static bool preload_backend(struct complaint *why)
{
	char backend[PATH_MAX], *preload;
	const char *others = getenv("LD_PRELOAD");
	bool set;

	if (!find_backend(backend, why))
		return false;
	if (asprintf(&preload, "%s%s%s", backend, others ? ":" : "", others ? others : "") < 0)
		return complain(why, "the environment: %s", strerror(ENOMEM));
	set = !setenv("LD_PRELOAD", preload, 1);
	free(preload);
	return set || complain(why, "the environment: %s", strerror(ENOMEM));
}

/* -h, also among other letters, or a beginning of --help */
static bool may_ask_for_help(char *const *argv)
{
	for (; *argv; argv++)
		if (!strncmp(*argv, "--h", 3) ||
		    ((*argv)[0] == '-' && (*argv)[1] != '-' && strchr(*argv, 'h')))
			return true;
	return false;
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
	struct complaint why;
	struct stat self;

	if (stat(SELF, &self)) {
		complain(&why, SELF ": %s; is /proc mounted?", strerror(errno));
		return refuse(&why, EXIT_CANNOT_RUN);
	}
	if (!find_stock(&self, stock, &why))
		return refuse(&why, EXIT_NOT_FOUND);
	if (argc && (tph_options_may_be_in(argv + 1) || may_ask_for_help(argv + 1)) &&
	    !preload_backend(&why))
		return refuse(&why, EXIT_CANNOT_RUN);
	return become(stock, argv);
}
