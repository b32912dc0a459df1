// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Preloaded into a perftest tool: starts before its main(), so that what cannot be done is said
 * before the tool talks to its peer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../options.h"
#include "buffer.h"
#include "interpose.h"
#include "preload.h"
#include "registration.h"
#include "report.h"

static struct tph_options options;
static struct buffer buffer;

/* The tool's children are not perftest: take us, whom the launcher put first, off the list. */
static void leave_children_alone(void)
{
	const char *preload = getenv("LD_PRELOAD");
	Dl_info self;
	size_t length;

	if (!preload || !dladdr(&options, &self))
		return;
	length = strcspn(preload, ":");
	if (strncmp(preload, self.dli_fname, length) || self.dli_fname[length])
		return;
	if (preload[length])
		setenv("LD_PRELOAD", preload + length + 1, 1);
	else
		unsetenv("LD_PRELOAD");
}

static uint64_t least_buffer(void)
{
	const char *least = getenv(LEAST_BUFFER_VARIABLE);

	return least ? strtoull(least, NULL, 10) : 0;
}

static __attribute__((constructor)) void start(void)
{
	struct complaint why;

	leave_children_alone();
	if (!tph_options_import(&options, &why) || !report_open(&options, &why) ||
	    !buffer_open(&buffer, &options, least_buffer(), &why)) {
		say("%s", why.text);
		_exit(EXIT_FAILURE);
	}
	interpose_start(&options, &buffer);
}

/* A tool that gives up half-way does not destroy its memory regions. */
static __attribute__((destructor)) void stop(void)
{
	registration_end_all();
}
