// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Installed under the name of each perftest tool, before the stock ones in PATH. Becomes the stock
 * tool, with the backend preloaded when the command line may have flags of ours, or asks for help.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "shim/preload.h"
#include "stock_tool.h"

#define SELF "/proc/self/exe"

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

/* Programs that the tool starts do not inherit it; see backend.c. */
static bool preload_backend(struct complaint *why)
{
	char backend[PATH_MAX];

	return preload_find(BACKEND_FROM_LAUNCHER, backend, why) && preload_add(backend, why);
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
