// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <assert.h>
#include <errno.h>
#include <infiniband/tph.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "uverbs.h"

static_assert((int)IBV_TPH_NS_NONE == (int)IB_UVERBS_TPH_NS_NONE &&
	      (int)IBV_TPH_NS_AUTO == (int)IB_UVERBS_TPH_NS_AUTO &&
	      (int)IBV_TPH_NS_ST == (int)IB_UVERBS_TPH_NS_ST &&
	      (int)IBV_TPH_NS_ST_EXT == (int)IB_UVERBS_TPH_NS_ST_EXT,
	      "namespaces are passed through");
static_assert((int)IBV_TPH_REQUIRE == (int)IB_UVERBS_TPH_REQUIRE, "flags are passed through");

/* What can be said without a device, so that every provider says the same. */
static int check_attr(const struct ibv_tph_dmabuf_mr_attr *attr)
{
	if (attr->comp_mask)
		return EOPNOTSUPP;
	if (attr->tph_namespace > IBV_TPH_NS_ST_EXT)
		return EINVAL;
	if (attr->tph_flags & ~(uint32_t)IBV_TPH_REQUIRE)
		return EINVAL;
	if (attr->tph_flags & IBV_TPH_REQUIRE && attr->tph_namespace == IBV_TPH_NS_NONE)
		return EINVAL;
	return 0;
}

/* Mandatory exactly with REQUIRE: whoever does not know the attributes skips or refuses them. */
static int reg_raw(int cmd_fd, uint32_t driver_id, uint32_t pd_handle,
		   const struct ibv_tph_dmabuf_mr_attr *attr, uint32_t *mr_handle)
{
	const uint16_t must = UVERBS_ATTR_F_MANDATORY;
	const uint16_t tph = attr->tph_flags & IBV_TPH_REQUIRE ? must : 0;
	uint32_t lkey, rkey;
	enum { TPH_NAMESPACE, TPH_FLAGS, HANDLE };
	struct ib_uverbs_attr attrs[] = {
		[TPH_NAMESPACE] = TPH_UVERBS_U64(UVERBS_ATTR_MR_TPH_NAMESPACE,
						 attr->tph_namespace, tph),
		[TPH_FLAGS] = TPH_UVERBS_U64(UVERBS_ATTR_MR_TPH_FLAGS, attr->tph_flags, tph),
		[HANDLE] = TPH_UVERBS_HANDLE(UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0),
		TPH_UVERBS_HANDLE(UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, pd_handle),
		TPH_UVERBS_U64(UVERBS_ATTR_REG_DMABUF_MR_OFFSET, attr->offset, must),
		TPH_UVERBS_U64(UVERBS_ATTR_REG_DMABUF_MR_LENGTH, attr->length, must),
		TPH_UVERBS_U64(UVERBS_ATTR_REG_DMABUF_MR_IOVA, attr->iova, must),
		TPH_UVERBS_U32(UVERBS_ATTR_REG_DMABUF_MR_FD, attr->fd, must),
		TPH_UVERBS_U32(UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, attr->access, must),
		TPH_UVERBS_OUT(UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, &lkey),
		TPH_UVERBS_OUT(UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, &rkey),
	};
	int err;

	err = tph_uverbs_ioctl(cmd_fd, driver_id, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR,
			       attrs, sizeof(attrs) / sizeof(attrs[0]));
	if (!err)
		*mr_handle = attrs[HANDLE].data;
	return err;
}

static int destroy_raw(int cmd_fd, uint32_t driver_id, uint32_t mr_handle)
{
	struct ib_uverbs_attr attr = TPH_UVERBS_HANDLE(UVERBS_ATTR_DESTROY_MR_HANDLE, mr_handle);

	return tph_uverbs_ioctl(cmd_fd, driver_id, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY,
				&attr, 1);
}

/*
 * The mlx5 provider takes over a memory region that it did not make; all that the import leaves
 * out is what only the registration knew.
 */
static struct ibv_mr *reg_mlx5(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	int cmd_fd = pd->context->cmd_fd;
	struct ibv_mr *mr;
	uint32_t handle;
	int err;

	err = reg_raw(cmd_fd, RDMA_DRIVER_MLX5, pd->handle, attr, &handle);
	if (err) {
		errno = err;
		return NULL;
	}
	mr = ibv_import_mr(pd, handle);
	if (!mr) {
		err = errno;
		destroy_raw(cmd_fd, RDMA_DRIVER_MLX5, handle);
		errno = err;
		return NULL;
	}
	mr->addr = (void *)(uintptr_t)attr->offset;
	mr->length = attr->length;
	return mr;
}

/* A provider whose driver has no importer: there is nothing to ask it for. */
static struct ibv_mr *reg_plain(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	if (attr->tph_flags & IBV_TPH_REQUIRE) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return ibv_reg_dmabuf_mr(pd, attr->offset, attr->length, attr->iova, attr->fd,
				 attr->access);
}

struct ibv_mr *ibv_tph_reg_dmabuf_mr(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	int err = check_attr(attr);

	if (err) {
		errno = err;
		return NULL;
	}
	/*
	 * Asked of the kernel, not of mlx5dv_is_supported(): that would load the mlx5 provider
	 * into every user of this library, and does not know a device that is driven through VFIO.
	 */
	if (tph_uverbs_is_driver(pd->context->cmd_fd, RDMA_DRIVER_MLX5))
		return reg_mlx5(pd, attr);
	return reg_plain(pd, attr);
}

int ibv_tph_reg_dmabuf_mr_handle(int cmd_fd, uint32_t pd_handle,
				 const struct ibv_tph_dmabuf_mr_attr *attr, uint32_t *mr_handle)
{
	uint32_t driver_id;
	int err;

	err = check_attr(attr);
	if (err)
		return err;
	err = tph_uverbs_get_driver(cmd_fd, &driver_id);
	if (err)
		return err;
	return reg_raw(cmd_fd, driver_id, pd_handle, attr, mr_handle);
}
