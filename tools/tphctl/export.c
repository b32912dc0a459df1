// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl export: exports a BAR as a dma-buf, to a program and to other processes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exporter.h"
#include "machine.h"
#include "print.h"
#include "util/macros.h"
#include "util/number.h"
#include "util/range.h"

enum {
	OPT_BAR = NUM_COMMON,
	OPT_OFFSET,
	OPT_LENGTH,
	OPT_ST,
	OPT_ST_EXT,
	OPT_PH,
	OPT_NAME,
	OPT_JOIN
};

static const struct option_row options[] = {
	COMMON_OPTIONS,
	[OPT_BAR] = { "bar", 'b', "N", "which BAR, 0 to 5 (default: 2)" },
	[OPT_OFFSET] = { "offset", 0, "BYTES", "where in it, whole pages; K, M, G (default: 0)" },
	[OPT_LENGTH] = { "length", 0, "BYTES", "how much, whole pages (default: to its end)" },
	[OPT_ST] = ST_OPTION,
	[OPT_ST_EXT] = ST_EXT_OPTION,
	[OPT_PH] = PH_OPTION,
	[OPT_NAME] = { "name", 'n', "NAME", "for publish and clear (default: the PCI address)" },
	[OPT_JOIN] = { "join", 0, NULL,
		       "DEVICE is the name of an export that runs: take its dma-buf" },
};

static const struct tag_options tag_options = { OPT_ST, OPT_ST_EXT, OPT_PH };

/* What is to be exported. */
struct plan {
	const struct vfio_tph_node *node;
	uint64_t bar, offset, length;
	bool has_length;
	struct vfio_tph_tags tags;
};

static bool size_option(const char *name, const char *text, uint64_t *size)
{
	if (!text || size_parse(text, size))
		return true;
	trouble("--%s: '%s' is no number of bytes", name, text);
	return false;
}

static bool parse_plan(const struct arguments *arguments, struct plan *plan)
{
	const char *bar = arguments->values[OPT_BAR], *length = arguments->values[OPT_LENGTH];

	plan->bar = 2;
	plan->has_length = length;
	return (!bar || number_option("bar", bar, 0, 5, &plan->bar)) &&
	       size_option("offset", arguments->values[OPT_OFFSET], &plan->offset) &&
	       size_option("length", length, &plan->length) &&
	       tags_parse(arguments, &tag_options, &plan->tags);
}

/* The page size of the machine is not known, but it is at least this. */
#define PAGE 4096

/* Whether the BAR has, in whole pages, what is planned. */
static bool fits(const struct plan *plan, uint64_t size)
{
	uint64_t length = plan->has_length    ? plan->length :
			  plan->offset < size ? size - plan->offset :
						0;

	return length && !(plan->offset % PAGE) && !(length % PAGE) &&
	       range_within(plan->offset, length, size);
}

/* Tell whether the export would work on the machine of a dump, as far as the dump shows. */
static enum exit_code try_plan(const struct machine *machine, const struct plan *plan)
{
	const struct vfio_tph_function *function = &plan->node->function;
	unsigned long long size = machine_bar_size(machine, plan->node, plan->bar);
	struct vfio_tph_reason reason;

	if (!function->driver || !strstr(function->driver, "vfio"))
		printf("%s: no: %s is bound to %s, not to vfio-pci\n", machine->name,
		       function->address, function->driver ? function->driver : "no driver");
	else if (!size)
		printf("%s: no: %s has no memory BAR%llu\n", machine->name, function->address,
		       (unsigned long long)plan->bar);
	else if (!fits(plan, size))
		printf("%s: no: that is not one or more whole pages of BAR%llu of %s, which has "
		       "%#llx bytes\n",
		       machine->name, (unsigned long long)plan->bar, function->address, size);
	else if (plan->tags.flags && tags_check(plan->node, &plan->tags, &reason))
		printf("%s: no: %s\n", machine->name, reason.text);
	else
		return printf("%s: yes: BAR%llu of %s can be exported\n", machine->name,
			      (unsigned long long)plan->bar, function->address) < 0 ?
			       EXIT_TROUBLE :
			       EXIT_FINE;
	return EXIT_ANSWER_IS_NO;
}

static int open_export(struct exporter *exporter, const struct plan *plan,
		       struct vfio_tph_reason *reason)
{
	uint64_t size;
	int err;

	exporter->device = vfio_tph_open(exporter->address, reason);
	if (!exporter->device)
		return errno;
	exporter->length = plan->length;
	if (!plan->has_length) {
		err = vfio_tph_bar_size(exporter->device, exporter->bar, &size, reason);
		if (err)
			return err;
		exporter->length = size > exporter->offset ? size - exporter->offset : 0;
	}
	err = vfio_tph_export(exporter->device, exporter->bar, exporter->offset, exporter->length,
			      &exporter->fd, reason);
	if (!err && plan->tags.flags)
		err = exporter_publish(exporter, &plan->tags, reason);
	return err;
}

static enum exit_code export_plan(const struct arguments *arguments, const struct plan *plan)
{
	const char *name = arguments->values[OPT_NAME];
	struct exporter exporter = { .fd = -1, .bar = plan->bar, .offset = plan->offset };
	char words[TAGS_WORDS_SIZE];
	struct vfio_tph_reason reason;
	int code = EXIT_TROUBLE;

	snprintf(exporter.address, sizeof(exporter.address), "%s", plan->node->function.address);
	exporter.name = name ? name : exporter.address;
	if (open_export(&exporter, plan, &reason)) {
		trouble("%s", reason.text);
	} else {
		if (!arguments->program)
			printf("%s: %#llx bytes of BAR%u of %s, tags: %s\n", exporter.name,
			       (unsigned long long)exporter.length, exporter.bar, exporter.address,
			       tags_words(&exporter.tags, words, sizeof(words)));
		fflush(stdout);
		code = exporter_serve(&exporter, arguments->program);
	}
	if (exporter.fd >= 0)
		close(exporter.fd);
	vfio_tph_close(exporter.device);
	return code;
}

static enum exit_code join(const struct arguments *arguments)
{
	struct json_object *request = json_object_new_object(), *answer;
	int fd = -1, code;

	if (!arguments->program) {
		json_object_put(request);
		return trouble(
			"export --join: a program is needed after a --, which gets the dma-buf");
	}
	json_add_string(request, "do", "get");
	answer = exporter_ask(arguments->words[0], request, &fd);
	if (!answer)
		return EXIT_TROUBLE;
	code = exporter_exec(arguments->program, fd, answer);
	json_object_put(answer);
	return code;
}

static enum exit_code run(const struct arguments *arguments)
{
	const struct machine *machine;
	struct machines machines;
	struct plan plan = { 0 };
	enum exit_code code = EXIT_TROUBLE;

	if (arguments->values[OPT_JOIN])
		return join(arguments);
	if (!parse_plan(arguments, &plan) || !machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	plan.node = machines_find(&machines, arguments->words[0], &machine);
	if (plan.node)
		code = machine->live ? export_plan(arguments, &plan) : try_plan(machine, &plan);
	machines_free(&machines);
	return code;
}

const struct command command_export = {
	.name = "export",
	.words = "DEVICE",
	.min = 1,
	.max = 1,
	.program = true,
	.summary = "Export a BAR as a dma-buf, and publish its steering tags",
	.help = "A dma-buf is good for as long as the device is open that exported it, so this\n"
		"runs as long as PROGRAM does, or without one until SIGINT or SIGTERM. PROGRAM\n"
		"gets the dma-buf as descriptor $TPH_DMABUF_FD, of $TPH_DMABUF_LENGTH bytes;\n"
		"the exit code is its. Other programs get it by --join, or at the socket\n"
		"/run/tphctl/NAME (see the manual page), and tphctl publish and clear change\n"
		"its tags. DEVICE has to be bound to vfio-pci. With --from nothing is exported:\n"
		"it says whether it could be.\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
