// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Why there is no tag: the words for each answer of the device. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <infiniband/mlx5dv_tph.h>

#include "shim/obstacle.h"
#include "util/macros.h"

#define GOOD (MLX5DV_TPH_DEVICE_IMPORT | MLX5DV_TPH_DEVICE_REQUIRE | MLX5DV_TPH_DEVICE_ENABLED)
#define TABLE (GOOD | MLX5DV_TPH_DEVICE_TABLE)
#define DIRECT (GOOD | MLX5DV_TPH_DEVICE_DIRECT)

static struct ibv_context context;
static struct mlx5dv_tph_device_info device;
static int query_errno;

int __wrap_mlx5dv_tph_query_device(struct ibv_context *asked, struct mlx5dv_tph_device_info *info);
int __wrap_mlx5dv_tph_query_device(struct ibv_context *asked, struct mlx5dv_tph_device_info *info)
{
	assert_ptr_equal(asked, &context);
	assert_int_equal(info->comp_mask, 0);
	if (!query_errno)
		*info = device;
	return query_errno;
}

static void says_what_the_device_lacks(void **state)
{
	static const struct {
		uint32_t sends, flags, available, asked;
		const char *words;
	} rows[] = {
		{ IBV_TPH_NS_NONE, MLX5DV_TPH_DEVICE_REQUIRE, 0, IBV_TPH_NS_AUTO,
		  "CONFIG_PCIE_TPH" },
		{ IBV_TPH_NS_NONE, GOOD & ~MLX5DV_TPH_DEVICE_ENABLED, 0, IBV_TPH_NS_AUTO,
		  "has no TPH" },
		{ IBV_TPH_NS_ST, TABLE & ~MLX5DV_TPH_DEVICE_ENABLED, 3, IBV_TPH_NS_ST,
		  "is switched off" },
		{ IBV_TPH_NS_ST, TABLE, 3, IBV_TPH_NS_ST_EXT, "sends 8-bit tags only" },
		{ IBV_TPH_NS_ST_EXT, TABLE, 3, IBV_TPH_NS_ST, "sends 16-bit tags only" },
		{ IBV_TPH_NS_ST, TABLE, 0, IBV_TPH_NS_ST, "table" },
		{ IBV_TPH_NS_ST, TABLE, 0, IBV_TPH_NS_AUTO, "table" },
		{ IBV_TPH_NS_ST_EXT, DIRECT, 0, IBV_TPH_NS_ST_EXT, "above 0xff" },
		{ IBV_TPH_NS_ST, TABLE, 1, IBV_TPH_NS_AUTO, "the exporter published none" },
		{ IBV_TPH_NS_ST_EXT, TABLE, 1, IBV_TPH_NS_ST_EXT, "the exporter published none" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		device = (struct mlx5dv_tph_device_info){
			.tph_namespace = rows[i].sends,
			.flags = rows[i].flags,
			.st_available = rows[i].available,
		};
		assert_non_null(strstr(obstacle_to_tag(&context, rows[i].asked), rows[i].words));
	}
}

static void does_not_guess(void **state)
{
	query_errno = EOPNOTSUPP;
	assert_non_null(strstr(obstacle_to_tag(&context, IBV_TPH_NS_ST), "cannot be asked"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_the_device_lacks),
		cmocka_unit_test(does_not_guess),
	};

	return cmocka_run_group_tests_name("perftest_obstacle", tests, NULL, NULL);
}
