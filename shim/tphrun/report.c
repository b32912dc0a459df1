// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "report.h"

#include <errno.h>
#include <string.h>

#include "../namespace.h"

static const struct tphrun_start *start;

void report_start(const struct tphrun_start *given)
{
	start = given;
}

bool report_wanted(void)
{
	return *start->settings.report;
}

/* Returns true to the first caller only, of all threads. */
static bool once(bool *done)
{
	return !__atomic_exchange_n(done, true, __ATOMIC_RELAXED);
}

static void put(struct json_object *line, const char *key, const char *text)
{
	json_object_object_add(line, key, json_object_new_string(text));
}

static void write_line(const struct registration *registration, const char *event,
		       const char *reason)
{
	static bool said;
	struct json_object *line;
	int error;

	if (!report_wanted())
		return;
	line = json_line_begin(registration, event);
	put(line, "program", program_invocation_short_name);
	put(line, "call", registration->call);
	json_line_add_asked(line, registration);
	json_line_add_effect(line, registration);
	if (reason)
		put(line, "reason", reason);
	error = json_line_append(line, start->settings.report);
	if (error && once(&said))
		say("tphrun: --report or RDMA_TPH_REPORT=%s: %s; give a file that can be written",
		    start->settings.report, strerror(error));
}

void report_registered(const struct registration *registration)
{
	write_line(registration, "registered",
		   effect_is_as_asked(registration) ? NULL : effect_obstacle(registration));
}

void report_ended(const struct registration *registration)
{
	write_line(registration, "ended", NULL);
}

void report_left(const struct registration *registration)
{
	write_line(registration, "left", NULL);
}

static void say_refusal(const struct registration *registration, const char *reason)
{
	static bool said;

	if (once(&said))
		say("tphrun: registering %llu bytes of dma-buf on %s, namespace %s: %s; no tag can be had: %s; without --require or RDMA_TPH_REQUIRE=1 the dma-buf is registered without a tag",
		    (unsigned long long)registration->attr.length, registration->device,
		    tph_namespace_name(registration->attr.tph_namespace),
		    strerror(registration->error), reason);
}

static void say_wrong(void)
{
	static bool said;

	if (once(&said))
		say("tphrun: %s", start->why.text);
}

/* The program itself reports failures for other reasons. */
void report_failed(const struct registration *registration)
{
	const char *reason = NULL;

	if (!start->good) {
		say_wrong();
		reason = start->why.text;
	} else if (effect_is_refusal(registration)) {
		reason = effect_obstacle(registration);
		say_refusal(registration, reason);
	}
	write_line(registration, "failed", reason);
}
