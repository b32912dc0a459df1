// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* libibverbs for programs that tphrun starts: registers dma-bufs as the environment says, and has
 * all the rest of libibverbs by depending on it. Loaded by preloaded.c, or by a program that looks
 * its functions up in a library of its choice.
 */
#include "report.h"
#include "start.h"

#include "../interpose.h"
#include "../registration.h"

static struct interpose_rules rules;

/* What is wrong in the environment is said by the first registration, not in each of the programs
 * around the one that registers.
 */
static __attribute__((constructor)) void begin(void)
{
	const struct tphrun_start *start = tphrun_start();

	rules.refuse = !start->good;
	rules.ns = start->settings.ns;
	rules.require = start->settings.require;
	report_start(start);
	interpose_start(&rules);
}

static __attribute__((destructor)) void stop(void)
{
	registration_end_all();
}
