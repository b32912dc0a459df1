// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <assert.h>
#include <errno.h>
#include <infiniband/mlx5dv_tph.h>
#include <rdma/mlx5_user_ioctl_tph.h>

#include "query.h"
#include "util/macros.h"

static_assert((int)MLX5DV_TPH_SOURCE_NONE == (int)MLX5_IB_TPH_SOURCE_NONE &&
		      (int)MLX5DV_TPH_SOURCE_EXPORTER == (int)MLX5_IB_TPH_SOURCE_EXPORTER &&
		      (int)MLX5DV_TPH_SOURCE_DMAH == (int)MLX5_IB_TPH_SOURCE_DMAH,
	      "sources are passed through");
static_assert((int)MLX5DV_TPH_STATE_NONE == (int)MLX5_IB_TPH_STATE_NONE &&
		      (int)MLX5DV_TPH_STATE_IN_EFFECT == (int)MLX5_IB_TPH_STATE_IN_EFFECT &&
		      (int)MLX5DV_TPH_STATE_DEGRADED == (int)MLX5_IB_TPH_STATE_DEGRADED &&
		      (int)MLX5DV_TPH_STATE_REFUSED == (int)MLX5_IB_TPH_STATE_REFUSED,
	      "states are passed through");

int mlx5dv_tph_query_mr_handle(int cmd_fd, uint32_t mr_handle, struct mlx5dv_tph_mr_info *info)
{
	struct mlx5_ib_tph_mr_info answer = {};
	struct ib_uverbs_attr attrs[] = {
		TPH_UVERBS_HANDLE(MLX5_IB_ATTR_MR_QUERY_TPH_HANDLE, mr_handle),
		TPH_UVERBS_OUT(MLX5_IB_ATTR_MR_QUERY_TPH_RESP, &answer),
	};
	int err;

	if (info->comp_mask)
		return EOPNOTSUPP;
	err = mlx5_tph_query(cmd_fd, UVERBS_OBJECT_MR, MLX5_IB_METHOD_MR_QUERY_TPH, attrs,
			     ARRAY_SIZE(attrs));
	if (err)
		return err;

	info->source = answer.source;
	info->tph_namespace = answer.tph_namespace;
	info->steering_tag = answer.steering_tag;
	info->st_index = answer.st_index;
	info->ph = answer.ph;
	info->revalidations = answer.revalidations;
	info->state = answer.state;
	return 0;
}

int mlx5dv_tph_query_mr(struct ibv_mr *mr, struct mlx5dv_tph_mr_info *info)
{
	return mlx5dv_tph_query_mr_handle(mr->context->cmd_fd, mr->handle, info);
}
