// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "stock_tool.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum candidate { CANDIDATE_NONE, CANDIDATE_SELF, CANDIDATE_STOCK };

/* What is @tool in the folder whose name is the @length bytes at @folder? */
static enum candidate look(const char *folder, size_t length, const char *tool,
			   const struct stat *self, char found[static PATH_MAX])
{
	struct stat file;

	/* An empty entry of PATH is the current folder, where no one installs perftest. */
	if (!length ||
	    snprintf(found, PATH_MAX, "%.*s/%s", (int)length, folder, tool) >= PATH_MAX ||
	    stat(found, &file) || !S_ISREG(file.st_mode) || access(found, X_OK))
		return CANDIDATE_NONE;
	if (file.st_dev == self->st_dev && file.st_ino == self->st_ino)
		return CANDIDATE_SELF;
	return CANDIDATE_STOCK;
}

static bool search(const char *path, const char *tool, const struct stat *self,
		   char found[static PATH_MAX])
{
	char candidate[PATH_MAX];
	bool have = false, passed_self = false;

	while (*path) {
		size_t length = strcspn(path, ":");

		switch (look(path, length, tool, self, candidate)) {
		case CANDIDATE_SELF:
			/*
			 * Folders before our own do not count: a tool there may be a wrapper that
			 * calls us.
			 */
			have = have && passed_self;
			passed_self = true;
			break;
		case CANDIDATE_STOCK:
			if (!have)
				strcpy(found, candidate);
			have = true;
			break;
		case CANDIDATE_NONE:
			break;
		}
		path += length + (path[length] == ':');
	}
	return have;
}

bool stock_tool_find(const char *tool, const char *folder, const char *path,
		     const struct stat *self, char found[static PATH_MAX], struct complaint *why)
{
	if (folder) {
		if (look(folder, strlen(folder), tool, self, found) == CANDIDATE_STOCK)
			return true;
		return complain(why,
				"there is no stock %s in %s, which " STOCK_TOOL_FOLDER_VARIABLE
				" names; install perftest there or unset the variable",
				tool, folder);
	}
	if (path && search(path, tool, self, found))
		return true;
	return complain(
		why,
		"the stock %s, which does the work, is not in PATH after this one; install perftest, or set " STOCK_TOOL_FOLDER_VARIABLE
		" to the folder that has it",
		tool);
}
