// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Preloaded into a perftest tool. It starts its work when the tool parses its command line, so that
 * it can refuse what is impossible before the tool contacts its peer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "buffer.h"
#include "checks.h"
#include "interpose.h"
#include "report.h"
#include "shim/registration.h"

static struct command_line line;
static struct buffer buffer;
static char buffer_name[128];

static void fail(const struct complaint *why)
{
	say("%s", why->text);
	exit(EXIT_FAILURE);
}

static bool get_ready(struct complaint *why)
{
	const char *tool = program_invocation_short_name;
	const struct tph_options *options = &line.options;

	if (!tph_options_check(options, why) || !check_flags(tool, &line, why) ||
	    !report_open(options, why) ||
	    !buffer_open(&buffer, options, check_least_buffer(tool, &line.facts), why))
		return false;
	if (buffer.exporter && check_inlines(tool, &line.facts))
		say("note: small messages are sent inline: the NIC takes them from the work request, not from the exported buffer; -I 0 turns that off");
	tph_options_buffer_name(options, buffer_name, sizeof(buffer_name));
	interpose_tool(options, &buffer, buffer_name);
	return true;
}

int backend_next_flag(command_line_getopt *next, int argc, char *const *argv, const char *letters,
		      const struct option *flags, int *index)
{
	static bool ended;
	struct complaint why;
	int got;

	if (ended)
		return flags == line.stock ? -1 : next(argc, argv, letters, flags, index);
	got = command_line_next(&line, next, argc, argv, letters, flags, index, &why);
	ended = got == -1;
	if (ended && tph_options_given(&line.options)) {
		if (!get_ready(&why))
			got = COMMAND_LINE_WRONG;
		else if (buffer.exporter)
			got = command_line_add(&line, "mmap", buffer_name, index, &why);
	}
	if (got == COMMAND_LINE_WRONG)
		fail(&why);
	return got;
}

/*
 * Programs that the tool starts are not perftest. The launcher has put this library first in the
 * list of preloaded ones; remove it.
 */
static __attribute__((constructor)) void leave_children_alone(void)
{
	const char *preload = getenv("LD_PRELOAD");
	Dl_info self;
	size_t length;

	if (!preload || !dladdr(&line, &self))
		return;
	length = strcspn(preload, ":");
	if (strncmp(preload, self.dli_fname, length) || self.dli_fname[length])
		return;
	if (preload[length])
		setenv("LD_PRELOAD", preload + length + 1, 1);
	else
		unsetenv("LD_PRELOAD");
}

/*
 * The tool ends. Report the memory regions that it has not destroyed, as when it gave up half-way.
 * If it was asked for help, it has printed its own, and ours follows.
 */
static __attribute__((destructor)) void stop(void)
{
	registration_end_all();
	if (line.facts.help)
		tph_options_help(stdout);
	command_line_free(&line);
}
