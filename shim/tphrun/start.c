// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "start.h"

#include "../interpose.h"

static struct tphrun_start start;
static bool started;

static __attribute__((constructor)) void read_environment(void)
{
	if (!started)
		start.good = settings_read(&start.settings, &start.why);
	started = true;
}

/* A constructor of another library may come here first. */
INTERPOSE const struct tphrun_start *tphrun_start(void)
{
	read_environment();
	return &start;
}
