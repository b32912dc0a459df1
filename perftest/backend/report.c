// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "shim/namespace.h"
#include "shim/obstacle.h"
#include "util/macros.h"

static const struct tph_options *options;
static FILE *json_file;

bool report_open(const struct tph_options *given, struct complaint *why)
{
	const char *path = given->text[TPH_OPTION_JSON_FILE];

	options = given;
	if (!path)
		return true;
	json_file = fopen(path, "we");
	return json_file || complain(why, "--tph-json-file=%s: %s; give a file that can be written",
				     path, strerror(errno));
}

static const char *source_name(uint32_t source)
{
	static const char *const names[] = {
		[MLX5DV_TPH_SOURCE_NONE] = "none",
		[MLX5DV_TPH_SOURCE_EXPORTER] = "exporter",
		[MLX5DV_TPH_SOURCE_DMAH] = "dma-handle",
	};

	return source < ARRAY_SIZE(names) ? names[source] : "?";
}

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[MLX5DV_TPH_STATE_NONE] = "none",
		[MLX5DV_TPH_STATE_IN_EFFECT] = "in-effect",
		[MLX5DV_TPH_STATE_DEGRADED] = "degraded",
		[MLX5DV_TPH_STATE_REFUSED] = "refused",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "?";
}

bool report_is_as_asked(const struct registration *registration)
{
	const struct mlx5dv_tph_mr_info *info = &registration->info;

	if (registration->query_error || info->state == MLX5DV_TPH_STATE_NONE)
		return registration->ns == IBV_TPH_NS_NONE;
	return info->source == MLX5DV_TPH_SOURCE_EXPORTER &&
	       info->state == MLX5DV_TPH_STATE_IN_EFFECT &&
	       (registration->ns == IBV_TPH_NS_AUTO || registration->ns == info->tph_namespace);
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
			source_name(info->source), tph_namespace_name(info->tph_namespace),
			info->steering_tag, info->ph, info->st_index, state_name(info->state),
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

/* Options are written with hyphens, JSON is not. */
static struct json_object *json_namespace(uint32_t ns)
{
	return json_object_new_string(ns == IBV_TPH_NS_ST_EXT ? "st_ext" : tph_namespace_name(ns));
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

static struct json_object *json_in_effect(const struct registration *registration)
{
	const struct mlx5dv_tph_mr_info *info = &registration->info;
	struct json_object *object = json_object_new_object();

	if (registration->query_error) {
		const char *name = strerrorname_np(registration->query_error);

		put(object, "error", json_object_new_string(name ? name : "?"));
		return object;
	}
	put(object, "source", json_object_new_string(source_name(info->source)));
	put(object, "namespace", json_namespace(info->tph_namespace));
	put(object, "st", json_object_new_int(info->steering_tag));
	put(object, "ph", json_object_new_int(info->ph));
	put(object, "st_index", json_object_new_int(info->st_index));
	put(object, "state", json_object_new_string(state_name(info->state)));
	put(object, "revalidations", json_object_new_uint64(info->revalidations));
	return object;
}

static void write_json(const struct registration *registration, const char *event)
{
	struct json_object *object;

	if (!json_file)
		return;
	object = json_object_new_object();
	put(object, "event", json_object_new_string(event));
	put(object, "tool", json_object_new_string(program_invocation_short_name));
	put(object, "rdma_device", json_object_new_string(registration->device));
	put(object, "lkey", json_object_new_uint64(registration->lkey));
	put(object, "rkey", json_object_new_uint64(registration->rkey));
	put(object, "length", json_object_new_uint64(registration->length));
	put(object, "buffer", json_buffer());
	put(object, "asked", json_namespace(registration->ns));
	put(object, "required", json_object_new_boolean(options->require));
	put(object, "published", json_published());
	put(object, "in_effect", json_in_effect(registration));
	fprintf(json_file, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	fflush(json_file);
	json_object_put(object);
}

void report_registered(const struct registration *registration)
{
	write_json(registration, "registered");
	if (tph_options_want_tph(options) && !report_is_as_asked(registration))
		say("warning: no tag from the %s namespace is in effect on %s: %s; --dmabuf-tph-require makes this an error",
		    tph_namespace_name(registration->ns), registration->device,
		    obstacle_to_tag(registration->mr->context, registration->ns));
}

void report_ended(const struct registration *registration)
{
	char text[256];

	write_json(registration, "ended");
	describe(registration, text, sizeof(text));
	/* So that this line follows the table also where both go into one file. */
	fflush(stdout);
	fprintf(stderr, " TPH in effect: %s (asked for: %s%s)\n", text,
		tph_namespace_name(registration->ns), options->require ? ", required" : "");
}

/* Only what is required can be refused for want of a tag. */
static bool is_for_want_of_tag(const struct ibv_tph_dmabuf_mr_attr *attr, int error)
{
	return attr->tph_flags & IBV_TPH_REQUIRE &&
	       (error == EOPNOTSUPP || error == ENOSPC || error == EIO);
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

void report_failed(const struct ibv_tph_dmabuf_mr_attr *attr, struct ibv_context *context,
		   int error)
{
	const char *device = ibv_get_device_name(context->device);
	const char *ns = tph_namespace_name(attr->tph_namespace);
	unsigned long long length = attr->length;
	static bool said;

	/* perftest 25.10 and later try by another function, which fails for the same reason. */
	if (said)
		return;
	said = true;
	if (is_for_want_of_tag(attr, error))
		say("registering %llu bytes of dma-buf on %s, namespace %s: %s; no tag can be had: %s; without --dmabuf-tph-require the buffer is registered without a tag",
		    length, device, ns, strerror(error),
		    obstacle_to_tag(context, attr->tph_namespace));
	else
		say("registering %llu bytes of dma-buf on %s, namespace %s: %s; %s", length, device,
		    ns, strerror(error), advice_on(error));
}
