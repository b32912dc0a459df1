// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "obstacle.h"

#include <errno.h>
#include <stdbool.h>

#include <infiniband/mlx5dv_tph.h>

#include "util/macros.h"

struct question {
	const struct mlx5dv_tph_device_info *info;
	uint32_t ns;
};

static bool lacks_import(const struct question *question)
{
	return !(question->info->flags & MLX5DV_TPH_DEVICE_IMPORT);
}

static bool lacks_tph(const struct question *question)
{
	return question->info->tph_namespace == IBV_TPH_NS_NONE;
}

static bool is_off(const struct question *question)
{
	return !(question->info->flags & MLX5DV_TPH_DEVICE_ENABLED);
}

static bool sends_16_bits(const struct question *question)
{
	return question->ns == IBV_TPH_NS_ST && question->info->tph_namespace != question->ns;
}

static bool sends_8_bits(const struct question *question)
{
	return question->ns == IBV_TPH_NS_ST_EXT && question->info->tph_namespace != question->ns;
}

static bool is_full(const struct question *question)
{
	return question->info->flags & MLX5DV_TPH_DEVICE_TABLE && !question->info->st_available;
}

static bool is_direct(const struct question *question)
{
	return question->info->flags & MLX5DV_TPH_DEVICE_DIRECT;
}

/* The first that applies. */
static const struct {
	bool (*applies)(const struct question *question);
	const char *text;
} obstacles[] = {
	{ lacks_import, "the kernel was built without CONFIG_PCIE_TPH" },
	{ lacks_tph,
	  "the device has no TPH, or it was switched off for good; tphctl doctor knows more" },
	{ is_off, "TPH of the device is switched off; tphctl dev show tells" },
	{ sends_16_bits, "the device sends 16-bit tags only (st-ext)" },
	{ sends_8_bits, "the device sends 8-bit tags only (st)" },
	{ is_full, "all of the device's steering tag table that one process can have is in use; "
		   "tphctl st show tells by whom" },
	{ is_direct,
	  "the exporter published none, or one above 0xff, which this device cannot send" },
};

const char *obstacle_to_tag(struct ibv_context *context, uint32_t ns)
{
	struct mlx5dv_tph_device_info info = { 0 };
	const struct question question = { .info = &info, .ns = ns };

	if (mlx5dv_tph_query_device(context, &info))
		return "the device, its driver or the kernel does not import tags, or cannot be asked";
	for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++)
		if (obstacles[i].applies(&question))
			return obstacles[i].text;
	return "the exporter published none";
}
