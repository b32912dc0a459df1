// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "preload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

bool preload_find(const char *relative, char path[static PATH_MAX], struct complaint *why)
{
	char self[PATH_MAX];
	ssize_t length = readlink(SELF, self, sizeof(self) - 1);

	if (length < 0)
		return complain(why, SELF ": %s; is /proc mounted?", strerror(errno));
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	if (snprintf(path, PATH_MAX, "%s/%s", self, relative) >= PATH_MAX)
		return complain(why, "the path of the preloaded library: %s",
				strerror(ENAMETOOLONG));
	if (strpbrk(path, ": "))
		return complain(why,
				"the preloaded library %s: LD_PRELOAD ends a path at a space "
				"and at a colon; install rdma-tph elsewhere",
				path);
	if (access(path, R_OK))
		return complain(why, "the preloaded library %s: %s; install rdma-tph again", path,
				strerror(errno));
	return true;
}

bool preload_add(const char *path, struct complaint *why)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload;
	bool set;

	if (asprintf(&preload, "%s%s%s", path, others ? ":" : "", others ? others : "") < 0)
		return complain(why, "the environment: %s", strerror(ENOMEM));
	set = !setenv("LD_PRELOAD", preload, 1);
	free(preload);
	return set || complain(why, "the environment: %s", strerror(ENOMEM));
}
