// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "shim/namespace.h"

static const struct tph_options *options;

bool report_open(const struct tph_options *given, struct complaint *why)
{
	const char *path = given->text[TPH_OPTION_JSON_FILE];
	FILE *file;

	options = given;
	if (!path)
		return true;
	file = fopen(path, "we");
	if (!file)
		return complain(why, "--tph-json-file=%s: %s; give a file that can be written",
				path, strerror(errno));
	fclose(file);
	return true;
}

static void describe(const struct registration *registration, char *text, size_t size)
{
	const struct mlx5dv_tph_mr_info *info = &registration->info;

	if (registration->query_error)
		snprintf(text, size, "unknown, %s cannot be asked: %s", registration->device,
			 strerror(registration->query_error));
	else if (info->state == MLX5DV_TPH_STATE_REFUSED)
		snprintf(
			text, size,
			"state refused: the exporter changed its hints, and requests to this memory fail");
	else if (info->source == MLX5DV_TPH_SOURCE_NONE)
		snprintf(text, size, "source none: requests to this memory carry no steering tag");
	else
		snprintf(
			text, size,
			"source %s, namespace %s, ST 0x%02x, PH %u, table index %u, state %s, revalidations %u",
			effect_source(info->source), tph_namespace_name(info->tph_namespace),
			info->steering_tag, info->ph, info->st_index, effect_state(info->state),
			info->revalidations);
}

static void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static struct json_object *json_buffer(void)
{
	static const char *const exporters[] = {
		[TPH_EXPORTER_NONE] = "perftest",
		[TPH_EXPORTER_VFIO] = "vfio",
		[TPH_EXPORTER_UDMABUF] = "udmabuf",
	};
	struct json_object *object = json_object_new_object();

	put(object, "exporter", json_object_new_string(exporters[options->exporter]));
	if (options->exporter == TPH_EXPORTER_VFIO) {
		put(object, "device", json_object_new_string(options->bdf));
		put(object, "bar", json_object_new_int(options->bar));
		put(object, "offset", json_object_new_uint64(options->offset));
	}
	return object;
}

static struct json_object *json_published(void)
{
	struct json_object *object = json_object_new_object();

	if (options->text[TPH_OPTION_ST])
		put(object, "st", json_object_new_int(options->st));
	if (options->text[TPH_OPTION_ST_EXT])
		put(object, "st_ext", json_object_new_int(options->st_ext));
	if (json_object_object_length(object))
		put(object, "ph", json_object_new_int(options->ph));
	return object;
}

static void write_json(const struct registration *registration, const char *event)
{
	struct json_object *line;
	int error;

	if (!options->text[TPH_OPTION_JSON_FILE])
		return;
	line = json_line_begin(registration, event);
	put(line, "tool", json_object_new_string(program_invocation_short_name));
	put(line, "buffer", json_buffer());
	json_line_add_asked(line, registration);
	put(line, "published", json_published());
	json_line_add_effect(line, registration);
	error = json_line_append(line, options->text[TPH_OPTION_JSON_FILE]);
	if (error)
		say("--tph-json-file=%s: %s; give a file that can be written",
		    options->text[TPH_OPTION_JSON_FILE], strerror(error));
}

bool report_wanted(void)
{
	return true;
}

void report_registered(const struct registration *registration)
{
	write_json(registration, "registered");
	if (tph_options_want_tph(options) && !effect_is_as_asked(registration))
		say("warning: no tag from the %s namespace is in effect on %s: %s; --dmabuf-tph-require makes this an error",
		    tph_namespace_name(registration->attr.tph_namespace), registration->device,
		    effect_obstacle(registration));
}

void report_ended(const struct registration *registration)
{
	char text[256];

	write_json(registration, "ended");
	describe(registration, text, sizeof(text));
	/* Flush, so that this line comes after the table when both go to one file. */
	fflush(stdout);
	fprintf(stderr, " TPH in effect: %s (asked for: %s%s)\n", text,
		tph_namespace_name(registration->attr.tph_namespace),
		options->require ? ", required" : "");
}

void report_left(const struct registration *registration)
{
	report_ended(registration);
}

static const char *advice_on(int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return "the device's driver cannot register dma-bufs (rxe and siw cannot); choose another with -d";
	case EINVAL:
		return "the device can perhaps not reach the exporter's memory peer to peer, or not this range of it";
	default:
		return "see the kernel log";
	}
}

void report_failed(const struct registration *registration)
{
	const char *ns = tph_namespace_name(registration->attr.tph_namespace);
	unsigned long long length = registration->attr.length;
	static bool said;

	/* perftest 25.10 and later try by another function, which fails for the same reason. */
	if (said)
		return;
	said = true;
	if (effect_is_refusal(registration))
		say("registering %llu bytes of dma-buf on %s, namespace %s: %s; no tag can be had: %s; without --dmabuf-tph-require the buffer is registered without a tag",
		    length, registration->device, ns, strerror(registration->error),
		    effect_obstacle(registration));
	else
		say("registering %llu bytes of dma-buf on %s, namespace %s: %s; %s", length,
		    registration->device, ns, strerror(registration->error),
		    advice_on(registration->error));
}
