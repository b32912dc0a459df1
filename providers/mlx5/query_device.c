// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <assert.h>
#include <errno.h>
#include <infiniband/mlx5dv_tph.h>
#include <rdma/mlx5_user_ioctl_tph.h>

#include "query.h"
#include "util/macros.h"

static_assert((int)MLX5DV_TPH_DEVICE_IMPORT == (int)MLX5_IB_TPH_DEVICE_IMPORT &&
		      (int)MLX5DV_TPH_DEVICE_REQUIRE == (int)MLX5_IB_TPH_DEVICE_REQUIRE &&
		      (int)MLX5DV_TPH_DEVICE_ENABLED == (int)MLX5_IB_TPH_DEVICE_ENABLED &&
		      (int)MLX5DV_TPH_DEVICE_TABLE == (int)MLX5_IB_TPH_DEVICE_TABLE &&
		      (int)MLX5DV_TPH_DEVICE_DIRECT == (int)MLX5_IB_TPH_DEVICE_DIRECT,
	      "flags are passed through");

int mlx5dv_tph_query_device_handle(int cmd_fd, struct mlx5dv_tph_device_info *info)
{
	struct mlx5_ib_tph_device_info answer = {};
	struct ib_uverbs_attr attrs[] = {
		TPH_UVERBS_OUT(MLX5_IB_ATTR_DEVICE_QUERY_TPH_RESP, &answer),
	};
	int err;

	if (info->comp_mask)
		return EOPNOTSUPP;
	err = mlx5_tph_query(cmd_fd, UVERBS_OBJECT_DEVICE, MLX5_IB_METHOD_DEVICE_QUERY_TPH, attrs,
			     ARRAY_SIZE(attrs));
	if (err)
		return err;

	info->tph_namespace = answer.tph_namespace;
	info->flags = answer.flags;
	info->st_entries = answer.st_entries;
	info->st_free = answer.st_free;
	info->st_reserved = answer.st_reserved;
	info->st_available = answer.st_available;
	return 0;
}

int mlx5dv_tph_query_device(struct ibv_context *context, struct mlx5dv_tph_device_info *info)
{
	return mlx5dv_tph_query_device_handle(context->cmd_fd, info);
}
