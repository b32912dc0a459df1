// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "namespace.h"
#include "report.h"
#include "settings.h"

static void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void put_error(struct json_object *object, int error)
{
	const char *name = strerrorname_np(error);

	put(object, "error", json_object_new_string(name ? name : "?"));
}

/* Options are written with hyphens, JSON is not. */
static struct json_object *json_namespace(uint32_t ns)
{
	return json_object_new_string(ns == IBV_TPH_NS_ST_EXT ? "st_ext" : tph_namespace_name(ns));
}

struct json_object *json_line_begin(const struct registration *registration, const char *event)
{
	struct json_object *line = json_object_new_object();

	put(line, "event", json_object_new_string(event));
	put(line, "process", json_object_new_int(getpid()));
	put(line, "rdma_device", json_object_new_string(registration->device));
	if (registration->mr) {
		put(line, "lkey", json_object_new_uint64(registration->lkey));
		put(line, "rkey", json_object_new_uint64(registration->rkey));
	}
	put(line, "offset", json_object_new_uint64(registration->attr.offset));
	put(line, "length", json_object_new_uint64(registration->attr.length));
	return line;
}

void json_line_add_asked(struct json_object *line, const struct registration *registration)
{
	put(line, "asked", json_namespace(registration->attr.tph_namespace));
	put(line, "required",
	    json_object_new_boolean(registration->attr.tph_flags & IBV_TPH_REQUIRE));
}

static struct json_object *json_in_effect(const struct registration *registration)
{
	const struct mlx5dv_tph_mr_info *info = &registration->info;
	struct json_object *object = json_object_new_object();

	if (registration->query_error) {
		put_error(object, registration->query_error);
		return object;
	}
	put(object, "source", json_object_new_string(effect_source(info->source)));
	put(object, "namespace", json_namespace(info->tph_namespace));
	put(object, "st", json_object_new_int(info->steering_tag));
	put(object, "ph", json_object_new_int(info->ph));
	put(object, "st_index", json_object_new_int(info->st_index));
	put(object, "state", json_object_new_string(effect_state(info->state)));
	put(object, "revalidations", json_object_new_uint64(info->revalidations));
	return object;
}

void json_line_add_effect(struct json_object *line, const struct registration *registration)
{
	if (registration->mr)
		put(line, "in_effect", json_in_effect(registration));
	else
		put_error(line, registration->error);
}

static char *text_of(struct json_object *line)
{
	char *text;

	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN)) <
	    0)
		return NULL;
	return text;
}

static int append(const char *path, const char *text, size_t length)
{
	int fd = settings_open_report(path);
	ssize_t written;
	int error = 0;

	if (fd < 0)
		return errno;
	written = write(fd, text, length);
	if (written < 0)
		error = errno;
	else if ((size_t)written < length)
		error = ENOSPC;
	close(fd);
	return error;
}

int json_line_append(struct json_object *line, const char *path)
{
	char *text = text_of(line);
	int error = ENOMEM;

	if (text)
		error = append(path, text, strlen(text));
	free(text);
	json_object_put(line);
	return error;
}
