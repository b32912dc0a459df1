// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdio.h>
#include <string.h>

#include <infiniband/mlx5dv_tph.h>
#include <infiniband/verbs.h>

#include "imports.h"
#include "print.h"

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;

	for (struct ibv_device **device = list; device && *device; device++)
		if (!strcmp(ibv_get_device_name(*device), name))
			context = ibv_open_device(*device);
	if (list)
		ibv_free_device_list(list);
	return context;
}

static const char *namespace_words(uint32_t ns)
{
	switch (ns) {
	case IBV_TPH_NS_ST:
		return "8-bit";
	case IBV_TPH_NS_ST_EXT:
		return "16-bit";
	default:
		return "none";
	}
}

static struct json_object *imports_json(const struct mlx5dv_tph_device_info *info)
{
	struct json_object *imports = json_object_new_object();
	bool table = info->flags & MLX5DV_TPH_DEVICE_TABLE;

	json_add_bool(imports, "hints", info->flags & MLX5DV_TPH_DEVICE_IMPORT);
	json_add_string(imports, "namespace", namespace_words(info->tph_namespace));
	json_add_bool(imports, "enabled", info->flags & MLX5DV_TPH_DEVICE_ENABLED);
	json_add_bool(imports, "table", table);
	if (table) {
		json_add_int(imports, "entries", info->st_entries);
		json_add_int(imports, "free", info->st_free);
		json_add_int(imports, "reserved", info->st_reserved);
		json_add_int(imports, "available", info->st_available);
	}
	return imports;
}

struct json_object *imports_gather(const char *name)
{
	struct ibv_context *context = open_device(name);
	struct mlx5dv_tph_device_info info = { 0 };
	int err;

	if (!context)
		return NULL;
	err = mlx5dv_tph_query_device(context, &info);
	ibv_close_device(context);
	return err ? NULL : imports_json(&info);
}

static struct json_object *member(struct json_object *imports, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(imports, key, &value);
	return value;
}

static bool is_so(struct json_object *imports, const char *key)
{
	return json_object_get_boolean(member(imports, key));
}

static long long number(struct json_object *imports, const char *key)
{
	return json_object_get_int64(member(imports, key));
}

void imports_words(struct json_object *imports, char *words, size_t size)
{
	const char *ns = json_get_string(imports, "namespace");
	int length;

	if (!is_so(imports, "hints") || !ns || !strcmp(ns, "none")) {
		snprintf(words, size, "no tags");
		return;
	}
	length = snprintf(words, size, "%s tags%s", ns,
			  is_so(imports, "enabled") ? "" : ", off now");
	if (length < 0 || (size_t)length >= size)
		return;
	if (is_so(imports, "table"))
		snprintf(
			words + length, size - length,
			"; %lld of %lld entries free, %lld kept for CPUs, a process can have %lld more",
			number(imports, "free"), number(imports, "entries"),
			number(imports, "reserved"), number(imports, "available"));
	else
		snprintf(words + length, size - length, "; each region its own");
}

bool imports_are_full(struct json_object *imports)
{
	return is_so(imports, "table") && !number(imports, "available");
}
