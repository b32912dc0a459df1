// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl publish and tphctl clear: other tags for a dma-buf that tphctl export has. */
#include <stdio.h>

#include "exporter.h"
#include "machine.h"
#include "print.h"
#include "util/macros.h"

enum { OPT_ST = NUM_COMMON, OPT_ST_EXT, OPT_PH };

static const struct option_row publish_options[] = {
	COMMON_OPTIONS,       JSON_OPTION, [OPT_ST] = ST_OPTION, [OPT_ST_EXT] = ST_EXT_OPTION,
	[OPT_PH] = PH_OPTION,
};

static const struct option_row clear_options[] = {
	COMMON_OPTIONS,
	JSON_OPTION,
};

static const struct tag_options tag_options = { OPT_ST, OPT_ST_EXT, OPT_PH };

/* A dump has no exports: tell whether the device would take the tags. */
static enum exit_code try_tags(const struct arguments *arguments, const struct vfio_tph_tags *tags)
{
	const struct vfio_tph_node *node;
	const struct machine *machine;
	struct vfio_tph_reason reason;
	struct machines machines;
	enum exit_code code = EXIT_TROUBLE;

	if (!machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	node = machines_find(&machines, arguments->words[0], &machine);
	if (node) {
		code = tags_check(node, tags, &reason) ? EXIT_ANSWER_IS_NO : EXIT_FINE;
		printf("%s: %s%s\n", machine->name, code ? "no: " : "yes", code ? reason.text : "");
	}
	machines_free(&machines);
	return code;
}

static enum exit_code change_tags(const struct arguments *arguments,
				  const struct vfio_tph_tags *tags)
{
	struct json_object *request = json_object_new_object(), *answer;
	struct vfio_tph_tags published;
	char words[TAGS_WORDS_SIZE];

	json_add_string(request, "do", "publish");
	tags_to_json(tags, request);
	answer = exporter_ask(arguments->words[0], request, NULL);
	if (!answer)
		return EXIT_TROUBLE;
	if (arguments->values[OPT_JSON]) {
		print_json(answer);
		return EXIT_FINE;
	}
	if (tags_from_json(&published, answer))
		printf("%s: tags: %s\n", arguments->words[0],
		       tags_words(&published, words, sizeof(words)));
	json_object_put(answer);
	return EXIT_FINE;
}

static enum exit_code publish(const struct arguments *arguments, const struct vfio_tph_tags *tags)
{
	if (arguments->values[OPT_FROM])
		return try_tags(arguments, tags);
	return change_tags(arguments, tags);
}

static enum exit_code run_publish(const struct arguments *arguments)
{
	struct vfio_tph_tags tags;

	if (!tags_parse(arguments, &tag_options, &tags))
		return EXIT_TROUBLE;
	if (!tags.flags)
		return trouble("publish: which tag? --st or --st-ext; tphctl clear publishes none");
	return publish(arguments, &tags);
}

static enum exit_code run_clear(const struct arguments *arguments)
{
	const struct vfio_tph_tags none = { 0 };

	return publish(arguments, &none);
}

const struct command command_publish = {
	.name = "publish",
	.words = "NAME",
	.min = 1,
	.max = 1,
	.summary = "Publish other steering tags for an export",
	.help = "NAME is that of a tphctl export that runs: the PCI address of its device, if\n"
		"it has no other. The tags replace those before, and hold for registrations\n"
		"from now on; MRs that exist follow when their mapping moves. With --from NAME\n"
		"is a device, and it says whether that would take the tags.\n",
	.options = publish_options,
	.num_options = ARRAY_SIZE(publish_options),
	.run = run_publish,
};

const struct command command_clear = {
	.name = "clear",
	.words = "NAME",
	.min = 1,
	.max = 1,
	.summary = "Publish no steering tag for an export",
	.help = "NAME is as in tphctl publish.\n",
	.options = clear_options,
	.num_options = ARRAY_SIZE(clear_options),
	.run = run_clear,
};
