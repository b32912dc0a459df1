// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphctl resolve: the tag and hint that a requester would use. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exporter.h"
#include "machine.h"
#include "print.h"
#include "util/macros.h"

enum { OPT_EXPORT = NUM_COMMON, OPT_ST, OPT_ST_EXT, OPT_PH, OPT_CPU };

static const struct option_row options[] = {
	COMMON_OPTIONS,
	JSON_OPTION,
	[OPT_EXPORT] = { "export", 'e', "NAME", "for the dma-buf of this tphctl export" },
	[OPT_ST] = { "st", 0, "TAG", "for a dma-buf with this 8-bit tag published" },
	[OPT_ST_EXT] = { "st-ext", 0, "TAG", "for a dma-buf with this 16-bit tag published" },
	[OPT_PH] = PH_OPTION,
	[OPT_CPU] = { "cpu", 'c', "N", "for memory that is near this processor" },
};

static const struct tag_options tag_options = { OPT_ST, OPT_ST_EXT, OPT_PH };

#define MAX_CPU 0xffffff

/* What a registration would result in. */
struct answer {
	int err;
	struct vfio_tph_reason why;
	const char *tph_namespace;
	unsigned int tag, ph;
};

/* A requester sends the namespace of its enabled type, and never one for the other. */
static void resolve_tags(const struct vfio_tph_node *node, const struct vfio_tph_tags *tags,
			 struct answer *answer)
{
	const char *address = node->function.address;
	bool extended = node->requester.enabled == 3;

	if (!node->requester.offset)
		answer->err = refuse(&answer->why, EOPNOTSUPP,
				     "%s has no TPH Requester capability, or it could not be "
				     "read: its requests carry no hints",
				     address);
	else if (node->requester.enabled != 1 && !extended)
		answer->err = refuse(&answer->why, EOPNOTSUPP,
				     "TPH is off in %s: its requests carry no hints. tphctl "
				     "doctor tells why",
				     address);
	else if (extended && !(tags->flags & VFIO_TPH_TAG_ST_EXT))
		answer->err = refuse(&answer->why, EOPNOTSUPP,
				     "%s sends 16-bit tags, and none is published: publish "
				     "one with --st-ext",
				     address);
	else if (!extended && !(tags->flags & VFIO_TPH_TAG_ST))
		answer->err = refuse(&answer->why, EOPNOTSUPP,
				     "%s sends 8-bit tags, and none is published: publish "
				     "one with --st",
				     address);
	else
		*answer = (struct answer){
			.tph_namespace = extended ? "16-bit" : "8-bit",
			.tag = extended ? tags->st_ext : tags->st,
			.ph = tags->ph,
		};
}

/*
 * Tags of CPUs are known to firmware only. The kernel asks it when a DMA handle is made, and does
 * not show the answer.
 */
static void resolve_cpu(const struct machine *machine, const struct vfio_tph_node *node,
			struct answer *answer)
{
	const struct vfio_tph_node *port;

	port = vfio_tph_topology_root_port(machine->topology, node);
	if (!port)
		answer->err = refuse(
			&answer->why, ENODEV,
			"there is no root port above %s, and firmware tells a processor's "
			"tags only for what is below one (_DSM function 0xf of its host "
			"bridge)",
			node->function.address);
	else
		answer->err = refuse(
			&answer->why, EOPNOTSUPP,
			"firmware may know it for root port %s (_DSM function 0xf of its "
			"host bridge), but this kernel has no interface that tells: neither VFIO (no "
			"VFIO_DEVICE_FEATURE_TPH_RESOLVE) nor verbs. A DMA handle "
			"(ibv_alloc_dmah()) uses it; tphctl st show then has the tag",
			port->function.address);
}

/* What the export publishes; false after it has said what is wrong. */
static bool ask_export(const char *name, struct vfio_tph_tags *tags)
{
	struct json_object *request = json_object_new_object(), *object;
	bool good;

	json_add_string(request, "do", "show");
	object = exporter_ask(name, request, NULL);
	good = object && tags_from_json(tags, object);
	json_object_put(object);
	return good;
}

static enum exit_code print_answer(const struct arguments *arguments,
				   const struct vfio_tph_node *node, const struct answer *answer)
{
	struct json_object *object;

	if (arguments->values[OPT_JSON]) {
		object = json_object_new_object();
		json_add_string(object, "requester", node->function.address);
		json_add_int(object, "errno", answer->err);
		if (answer->err) {
			json_add_string(object, "why", answer->why.text);
		} else {
			json_add_string(object, "namespace", answer->tph_namespace);
			json_add_int(object, "st", answer->tag);
			json_add_int(object, "ph", answer->ph);
		}
		print_json(object);
	} else if (answer->err) {
		printf("%s: none (%s): %s\n", node->function.address, strerrorname_np(answer->err),
		       answer->why.text);
	} else {
		printf("%s: %s tag %#x, ph %u\n", node->function.address, answer->tph_namespace,
		       answer->tag, answer->ph);
	}
	return answer->err ? EXIT_ANSWER_IS_NO : EXIT_FINE;
}

/* One of them is to be resolved. */
static bool check_sources(const struct arguments *arguments, const struct vfio_tph_tags *tags)
{
	int sources = !!arguments->values[OPT_EXPORT] + !!arguments->values[OPT_CPU] +
		      !!tags->flags;

	if (sources == 1)
		return true;
	trouble("resolve: for what? One of --export, --cpu, or --st and --st-ext");
	return false;
}

static enum exit_code resolve(const struct arguments *arguments, const struct machine *machine,
			      const struct vfio_tph_node *node, struct vfio_tph_tags *tags)
{
	struct answer answer = { 0 };

	if (arguments->values[OPT_EXPORT] && !ask_export(arguments->values[OPT_EXPORT], tags))
		return EXIT_TROUBLE;
	if (arguments->values[OPT_CPU])
		resolve_cpu(machine, node, &answer);
	else
		resolve_tags(node, tags, &answer);
	return print_answer(arguments, node, &answer);
}

static enum exit_code run(const struct arguments *arguments)
{
	const char *cpu = arguments->values[OPT_CPU];
	enum exit_code code = EXIT_TROUBLE;
	const struct vfio_tph_node *node;
	const struct machine *machine;
	struct machines machines;
	struct vfio_tph_tags tags;
	uint64_t number;

	if (!tags_parse(arguments, &tag_options, &tags) || !check_sources(arguments, &tags) ||
	    (cpu && !number_option("cpu", cpu, 0, MAX_CPU, &number)))
		return EXIT_TROUBLE;
	if (!machines_load(&machines, arguments))
		return EXIT_TROUBLE;
	node = machines_find(&machines, arguments->words[0], &machine);
	if (node)
		code = resolve(arguments, machine, node, &tags);
	machines_free(&machines);
	return code;
}

const struct command command_resolve = {
	.name = "resolve",
	.words = "NIC",
	.min = 1,
	.max = 1,
	.summary = "Tell which tag and hint a NIC would use",
	.help = "What its requests to a dma-buf would carry, if it were registered now: the\n"
		"published tag of the namespace that the NIC has enabled, never another. Exit\n"
		"code 1, with the errno that IBV_TPH_REQUIRE would get, when none. Whether\n"
		"hints arrive says tphctl path. Tags of processors are known to firmware only;\n"
		"that says what is missing.\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
