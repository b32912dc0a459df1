// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <assert.h>
#include <errno.h>
#include <infiniband/tph.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "provider.h"
#include "util/macros.h"
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

/*
 * The TPH attributes are mandatory if and only if IBV_TPH_REQUIRE is set: a kernel that does not
 * know them then refuses the call, and otherwise ignores them.
 */
static int reg_raw(int cmd_fd, uint32_t driver_id, uint32_t pd_handle,
		   const struct ibv_tph_dmabuf_mr_attr *attr, uint32_t *mr_handle)
{
	const uint16_t must = UVERBS_ATTR_F_MANDATORY;
	const uint16_t tph = attr->tph_flags & IBV_TPH_REQUIRE ? must : 0;
	uint32_t lkey, rkey;
	enum { TPH_NAMESPACE, TPH_FLAGS, HANDLE };
	struct ib_uverbs_attr attrs[] = {
		[TPH_NAMESPACE] = TPH_UVERBS_U64(UVERBS_ATTR_MR_TPH_NAMESPACE, attr->tph_namespace,
						 tph),
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
			       attrs, ARRAY_SIZE(attrs));
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
 * Have @provider make a struct ibv_mr of the new handle. If it cannot, the handle is destroyed
 * here, as nobody else knows of it.
 */
static struct ibv_mr *import(const struct tph_provider *provider, struct ibv_pd *pd,
			     uint32_t mr_handle, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct ibv_mr *mr = provider->import_mr(pd, mr_handle, attr);
	int err;

	if (mr)
		return mr;
	err = errno;
	destroy_raw(pd->context->cmd_fd, provider->driver_id, mr_handle);
	errno = err;
	return NULL;
}

/*
 * Whether to go on with the next provider after the registration failed with @err, because the
 * device does not belong to @provider. Only with IBV_TPH_REQUIRE can hints be the reason for a
 * failure. Without it, a plain registration of a device of @provider would fail for the same
 * reason, so there is no need to ask the kernel whose device it is.
 */
static bool try_next(const struct tph_provider *provider, int cmd_fd,
		     const struct ibv_tph_dmabuf_mr_attr *attr, int err)
{
	if (attr->tph_flags & IBV_TPH_REQUIRE)
		return tph_uverbs_is_foreign(cmd_fd, provider->driver_id, err);
	return tph_uverbs_may_be_foreign(err);
}

/* Register without hints: no provider knows the driver of this device. */
static struct ibv_mr *reg_plain(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	if (attr->tph_flags & IBV_TPH_REQUIRE) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return ibv_reg_dmabuf_mr(pd, attr->offset, attr->length, attr->iova, attr->fd,
				 attr->access);
}

/*
 * The result of the registration itself tells which driver the device belongs to. Other ways are
 * worse: mlx5dv_is_supported() and its like would load a provider into every user of this library,
 * device names can be changed by the administrator, and asking the kernel first would cost every
 * registration a system call.
 */
struct ibv_mr *ibv_tph_reg_dmabuf_mr(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	const struct tph_provider *const *provider;
	int cmd_fd = pd->context->cmd_fd;
	uint32_t handle;
	int err;

	err = check_attr(attr);
	if (err) {
		errno = err;
		return NULL;
	}
	for (provider = tph_providers; *provider; provider++) {
		err = reg_raw(cmd_fd, (*provider)->driver_id, pd->handle, attr, &handle);
		if (!err)
			return import(*provider, pd, handle, attr);
		if (!try_next(*provider, cmd_fd, attr, err)) {
			errno = err;
			return NULL;
		}
	}
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

int ibv_tph_dereg_mr_handle(int cmd_fd, uint32_t mr_handle)
{
	uint32_t driver_id;
	int err = tph_uverbs_get_driver(cmd_fd, &driver_id);

	return err ? err : destroy_raw(cmd_fd, driver_id, mr_handle);
}
