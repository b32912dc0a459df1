// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* libibverbs for programs that tphrun starts: registers dma-bufs as the environment says, and has
 * all the rest of libibverbs by depending on it. Loaded by preloaded.c, or by a program that looks
 * its functions up in a library of its choice.
 */
#include "report.h"

#include "../interpose.h"
#include "../registration.h"
#include "../settings.h"

static struct settings settings;
static struct interpose_rules rules;

/*
 * Read the environment when this is loaded, as programs change theirs. Errors in it are reported by
 * the first registration, and not by every program that runs around the one that registers.
 */
static __attribute__((constructor)) void start(void)
{
	static struct complaint why;

	rules.refuse = !settings_read(&settings, &why);
	rules.ns = settings.ns;
	rules.require = settings.require;
	report_start(&settings, rules.refuse ? &why : NULL);
	interpose_start(&rules);
}

static __attribute__((destructor)) void stop(void)
{
	registration_end_all();
}
