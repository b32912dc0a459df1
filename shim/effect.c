// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>

#include "obstacle.h"
#include "report.h"
#include "util/macros.h"

bool effect_is_as_asked(const struct registration *registration)
{
	const struct mlx5dv_tph_mr_info *info = &registration->info;
	uint32_t ns = registration->attr.tph_namespace;

	if (registration->query_error || info->state == MLX5DV_TPH_STATE_NONE)
		return ns == IBV_TPH_NS_NONE;
	return info->source == MLX5DV_TPH_SOURCE_EXPORTER &&
	       info->state == MLX5DV_TPH_STATE_IN_EFFECT &&
	       (ns == IBV_TPH_NS_AUTO || ns == info->tph_namespace);
}

bool effect_is_refusal(const struct registration *registration)
{
	int error = registration->error;

	return registration->attr.tph_flags & IBV_TPH_REQUIRE &&
	       (error == EOPNOTSUPP || error == ENOSPC || error == EIO);
}

const char *effect_obstacle(const struct registration *registration)
{
	if (registration->detour)
		return registration->detour;
	return obstacle_to_tag(registration->context, registration->attr.tph_namespace);
}

const char *effect_source(uint32_t source)
{
	static const char *const names[] = {
		[MLX5DV_TPH_SOURCE_NONE] = "none",
		[MLX5DV_TPH_SOURCE_EXPORTER] = "exporter",
		[MLX5DV_TPH_SOURCE_DMAH] = "dma-handle",
	};

	return source < ARRAY_SIZE(names) ? names[source] : "?";
}

const char *effect_state(uint32_t state)
{
	static const char *const names[] = {
		[MLX5DV_TPH_STATE_NONE] = "none",
		[MLX5DV_TPH_STATE_IN_EFFECT] = "in-effect",
		[MLX5DV_TPH_STATE_DEGRADED] = "degraded",
		[MLX5DV_TPH_STATE_REFUSED] = "refused",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "?";
}
