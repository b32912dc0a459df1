// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * TLP Processing Hints that MRs import from the exporter of their dma-buf
 *
 * The mkey carries the processing hint and an index into the device's table of steering tags, both
 * fixed when it is made. So a registration asks the exporter before the mkey is allocated, and
 * asks again whenever it maps pages: what it got holds for one mapping only. A change which the
 * table can express is put there. On any other an MR that insists on its hints stays without pages,
 * because requests with hints that the exporter took back must not be made; and the rest, most of
 * which never asked for hints, goes on with tag 0, no preference, in place of the former one.
 */
#include <kunit/visibility.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/mlx5/st.h>
#include <linux/pci-tph.h>
#include <net/netlink.h>
#include <rdma/ib_umem.h>
#include <rdma/rdma_netlink.h>
#include <rdma/restrack.h>
#include <rdma/uverbs_ioctl.h>
#include <rdma/uverbs_std_types.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/mlx5_user_ioctl_tph.h>

#include "dmah.h"
#include "mlx5_ib.h"
#include "tph.h"

#define UVERBS_MODULE_NAME mlx5_ib
#include <rdma/uverbs_named_ioctl.h>

MODULE_IMPORT_NS("DMA_BUF");

#define MLX5_IB_TPH_MAX_INDEX	((1 << __mlx5_bit_sz(mkc, pcie_tph_steering_tag_index)) - 1)
#define MLX5_IB_TPH_MAX_PH	((1 << __mlx5_bit_sz(mkc, pcie_tph_ph)) - 1)

/* An exporter that changes its mind this often while an MR is made is not worth waiting for */
#define MLX5_IB_TPH_MAX_RESTARTS	8

static bool mlx5_ib_tph_has_attrs(const struct uverbs_attr_bundle *attrs)
{
	return uverbs_attr_is_valid(attrs, UVERBS_ATTR_MR_TPH_NAMESPACE) ||
	       uverbs_attr_is_valid(attrs, UVERBS_ATTR_MR_TPH_FLAGS);
}

/* For the registration of an address, which has no exporter: -EINVAL if true */
bool mlx5_ib_tph_asked_for(struct ib_udata *udata)
{
	return udata && mlx5_ib_tph_has_attrs(rdma_udata_to_uverbs_attr_bundle(udata));
}

int mlx5_ib_tph_parse(struct mlx5_ib_tph_req *req, const struct uverbs_attr_bundle *attrs,
		      const struct ib_dmah *dmah)
{
	u32 flags;
	int err;

	*req = (struct mlx5_ib_tph_req) { .tph_namespace = IB_UVERBS_TPH_NS_NONE };
	if (dmah)
		return mlx5_ib_tph_has_attrs(attrs) ? -EINVAL : 0;

	err = uverbs_get_const_default(&req->tph_namespace, attrs, UVERBS_ATTR_MR_TPH_NAMESPACE,
				       IB_UVERBS_TPH_NS_AUTO);
	if (err)
		return err;

	err = uverbs_get_flags32(&flags, attrs, UVERBS_ATTR_MR_TPH_FLAGS, IB_UVERBS_TPH_REQUIRE);
	if (err)
		return err;

	req->require = flags & IB_UVERBS_TPH_REQUIRE;
	if (req->tph_namespace > IB_UVERBS_TPH_NS_ST_EXT ||
	    (req->require && req->tph_namespace == IB_UVERBS_TPH_NS_NONE))
		return -EINVAL;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(mlx5_ib_tph_parse);

/* A device makes requests of one namespace, that of its enabled requester type, and no others */
static int mlx5_ib_tph_choose(struct mlx5_ib_dev *dev, u32 tph_namespace, bool *extended)
{
	bool cleared;
	u16 tag;

	switch (mlx5_st_query(dev->mdev, MLX5_MKC_PCIE_TPH_NO_STEERING_TAG_INDEX, &tag, &cleared)) {
	case PCI_TPH_REQ_TPH_ONLY:
		*extended = false;
		return tph_namespace == IB_UVERBS_TPH_NS_ST_EXT ? -EOPNOTSUPP : 0;
	case PCI_TPH_REQ_EXT_TPH:
		*extended = true;
		return tph_namespace == IB_UVERBS_TPH_NS_ST ? -EOPNOTSUPP : 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int mlx5_ib_tph_get(struct ib_umem_dmabuf *umem_dmabuf, bool extended, u16 *tag, u8 *ph)
{
	int err;

	/* Without user memory there are no dma-bufs */
	if (!IS_ENABLED(CONFIG_INFINIBAND_USER_MEM))
		return -EOPNOTSUPP;

	err = dma_buf_get_pci_tph(umem_dmabuf->attach->dmabuf, extended, tag, ph);
	if (!err && WARN_ON_ONCE(*ph > MLX5_IB_TPH_MAX_PH))
		return -EINVAL;
	return err;
}

/* Tag 0 is what requests carry that select no entry */
static int mlx5_ib_tph_take_index(struct mlx5_ib_dev *dev, const struct mlx5_st_owner *owner,
				  u16 tag, struct mlx5_ib_mr_tph *tph)
{
	int err;

	tph->st_index = MLX5_MKC_PCIE_TPH_NO_STEERING_TAG_INDEX;
	if (!tag)
		return 0;

	err = mlx5_st_alloc_index_by_tag(dev->mdev, owner, tag, &tph->st_index);
	tph->has_index = !err;
	/* TPH is off */
	return err == -EINVAL ? -EOPNOTSUPP : err;
}

static int mlx5_ib_tph_try_import(struct mlx5_ib_dev *dev, struct ib_umem_dmabuf *umem_dmabuf,
				  struct mlx5_ib_tph_req *req)
{
	struct dma_buf *dmabuf = umem_dmabuf->attach->dmabuf;
	struct mlx5_st_owner owner = { .dmabuf = dmabuf, .require = req->require };
	bool extended;
	u16 tag;
	int err;

	req->tph = (struct mlx5_ib_mr_tph) {};
	err = mlx5_ib_tph_choose(dev, req->tph_namespace, &extended);
	if (err)
		return err;

	dma_resv_lock(dmabuf->resv, NULL);
	err = mlx5_ib_tph_get(umem_dmabuf, extended, &tag, &owner.ph);
	dma_resv_unlock(dmabuf->resv);
	if (err)
		return err;

	err = mlx5_ib_tph_take_index(dev, &owner, tag, &req->tph);
	if (err)
		return err;

	req->tph.imported = true;
	req->tph.require = req->require;
	req->tph.extended = extended;
	req->tph.ph = owner.ph;
	return 0;
}

/**
 * mlx5_ib_tph_import - Get the hints for an MR that is about to be made
 * @dev: device
 * @umem_dmabuf: attached to the dma-buf
 * @req: what the registration asks for; NULL where hints cannot be used
 * @st_index: index for the mkey, left alone when there are no hints
 * @ph: processing hint for the mkey, left alone when there are no hints
 *
 * mlx5_ib_tph_assign() or mlx5_ib_tph_cancel() has to follow.
 *
 * Return: 0, with or without hints; a negative errno when @req insists on hints and there are none.
 */
int mlx5_ib_tph_import(struct mlx5_ib_dev *dev, struct ib_umem_dmabuf *umem_dmabuf,
		       struct mlx5_ib_tph_req *req, u16 *st_index, u8 *ph)
{
	int err;

	if (!req || req->tph_namespace == IB_UVERBS_TPH_NS_NONE)
		return 0;

	err = mlx5_ib_tph_try_import(dev, umem_dmabuf, req);
	if (!err) {
		*st_index = req->tph.st_index;
		*ph = req->tph.ph;
		return 0;
	}
	mlx5_ib_dbg(dev, "no processing hints for the dma-buf MR: %pe\n", ERR_PTR(err));
	return req->require ? err : 0;
}

static void mlx5_ib_tph_put_index(struct mlx5_ib_dev *dev, struct mlx5_ib_mr_tph *tph)
{
	if (tph->has_index)
		mlx5_st_dealloc_index(dev->mdev, tph->st_index);
	*tph = (struct mlx5_ib_mr_tph) {};
}

/* The mkey could not be made */
void mlx5_ib_tph_cancel(struct mlx5_ib_dev *dev, struct mlx5_ib_tph_req *req)
{
	if (req)
		mlx5_ib_tph_put_index(dev, &req->tph);
}

/* From here on the reference on the index is the MR's */
void mlx5_ib_tph_assign(struct mlx5_ib_mr *mr, struct mlx5_ib_tph_req *req)
{
	if (!req)
		return;
	mr->tph = req->tph;
	req->tph = (struct mlx5_ib_mr_tph) {};
}

/* The mkey is revoked or destroyed: nothing selects the entry any more */
void mlx5_ib_tph_release(struct mlx5_ib_mr *mr)
{
	mlx5_ib_tph_put_index(mr_to_mdev(mr), &mr->tph);
}

/**
 * mlx5_ib_tph_restart - Tell whether a registration has to be tried again
 * @req: what the registration asks for
 * @mr: its result so far; may be replaced
 *
 * The reservation lock is dropped between the question, whose answer goes into the mkey, and the
 * first mapping. When the exporter changed the hints in between the mkey is of no use.
 *
 * Return: whether to; if not, @mr is the result.
 */
bool mlx5_ib_tph_restart(struct mlx5_ib_tph_req *req, struct ib_mr **mr)
{
	if (*mr != ERR_PTR(-ESTALE) || req->tph_namespace == IB_UVERBS_TPH_NS_NONE)
		return false;

	if (req->restarts++ < MLX5_IB_TPH_MAX_RESTARTS)
		return true;

	if (req->require) {
		*mr = ERR_PTR(-EAGAIN);
		return false;
	}
	req->tph_namespace = IB_UVERBS_TPH_NS_NONE;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(mlx5_ib_tph_restart);

/* Makes the requests of an MR carry what the exporter says now, in whatever it said before */
static int mlx5_ib_tph_express(struct mlx5_ib_mr *mr, struct ib_umem_dmabuf *umem_dmabuf)
{
	struct mlx5_ib_mr_tph *tph = &mr->tph;
	int err;
	u16 tag;
	u8 ph;

	err = mlx5_ib_tph_get(umem_dmabuf, tph->extended, &tag, &ph);
	if (err)
		return err;

	if (ph != tph->ph || (tag && !tph->has_index))
		return -EOPNOTSUPP;

	return tph->has_index ? mlx5_st_set_tag(mr_to_mdev(mr)->mdev, tph->st_index, tag) : 0;
}

/*
 * The exporter's hints have become others than those in the mkey, which cannot change. Without
 * REQUIRE the MR goes on without a tag, if its table entry is this dma-buf's alone.
 */
static int mlx5_ib_tph_degrade(struct mlx5_ib_mr *mr)
{
	struct mlx5_ib_mr_tph *tph = &mr->tph;

	if (tph->require)
		return -EFAULT;
	if (tph->has_index && mlx5_st_clear_tag(mr_to_mdev(mr)->mdev, tph->st_index))
		return -EFAULT;
	return 0;
}

/* Asks the exporter again before pages are mapped again; fails when they may not be mapped */
static int mlx5_ib_tph_revalidate(struct mlx5_ib_mr *mr, struct ib_umem_dmabuf *umem_dmabuf)
{
	struct mlx5_ib_mr_tph *tph = &mr->tph;
	int err;

	dma_resv_assert_held(umem_dmabuf->attach->dmabuf->resv);

	/* A mapping that was not invalidated keeps its hints */
	if (!tph->imported || umem_dmabuf->sgt)
		return 0;

	err = mlx5_ib_tph_express(mr, umem_dmabuf);
	if (!err) {
		WRITE_ONCE(tph->state, MLX5_IB_TPH_STATE_IN_EFFECT);
		tph->asked = true;
		return 0;
	}
	mlx5_ib_dbg(mr_to_mdev(mr), "mkey 0x%x: exporter's processing hints changed: %pe\n",
		    mr->mmkey.key, ERR_PTR(err));
	if (!tph->mapped)
		return -ESTALE;

	err = mlx5_ib_tph_degrade(mr);
	WRITE_ONCE(tph->state, err ? MLX5_IB_TPH_STATE_REFUSED : MLX5_IB_TPH_STATE_DEGRADED);
	return err;
}

/* ib_umem_dmabuf_map_pages() for an MR, after asking for its hints again */
int mlx5_ib_tph_map_pages(struct mlx5_ib_mr *mr)
{
	struct ib_umem_dmabuf *umem_dmabuf = to_ib_umem_dmabuf(mr->umem);
	int err;

	err = mlx5_ib_tph_revalidate(mr, umem_dmabuf);
	if (err)
		return err;

	return ib_umem_dmabuf_map_pages(umem_dmabuf);
}

/*
 * Called after mlx5_ib_tph_map_pages(): the device has the pages, or @err says why not. After an
 * error the fault handler comes again and finds the pages mapped, so that the exporter is not
 * asked; the answer from before is counted then.
 */
void mlx5_ib_tph_mapped(struct mlx5_ib_mr *mr, int err)
{
	struct mlx5_ib_mr_tph *tph = &mr->tph;

	if (err || !tph->asked)
		return;

	tph->asked = false;
	if (tph->mapped)
		WRITE_ONCE(tph->revalidations, tph->revalidations + 1);
	tph->mapped = true;
}

/* What the mkey was made with; false when without hints */
VISIBLE_IF_KUNIT bool mlx5_ib_tph_of_mkey(struct mlx5_ib_mr *mr, struct mlx5_ib_tph_mr_info *info)
{
	struct ib_dmah *dmah = mr->ibmr.dmah;

	if (mr->tph.imported) {
		info->source = MLX5_IB_TPH_SOURCE_EXPORTER;
		info->st_index = mr->tph.st_index;
		info->ph = mr->tph.ph;
		return true;
	}
	if (!dmah || mr->data_direct)
		return false;

	info->source = MLX5_IB_TPH_SOURCE_DMAH;
	info->st_index = MLX5_MKC_PCIE_TPH_NO_STEERING_TAG_INDEX;
	/* Without a table the index is the tag, of which the mkey's field has the lower 8 bits */
	if (dmah->valid_fields & BIT(IB_DMAH_CPU_ID_EXISTS))
		info->st_index = to_mdmah(dmah)->st_index & MLX5_IB_TPH_MAX_INDEX;
	info->ph = dmah->ph;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(mlx5_ib_tph_of_mkey);

/* MRs of one owner share an entry: another one may have set or cleared it since this one did */
static u8 mlx5_ib_tph_state(struct mlx5_ib_mr *mr, bool cleared)
{
	if (!mr->tph.imported)
		return MLX5_IB_TPH_STATE_IN_EFFECT;
	if (!mr->tph.has_index)
		return READ_ONCE(mr->tph.state);
	return cleared ? MLX5_IB_TPH_STATE_DEGRADED : MLX5_IB_TPH_STATE_IN_EFFECT;
}

static u32 mlx5_ib_tph_namespace(u8 req_type)
{
	switch (req_type) {
	case PCI_TPH_REQ_TPH_ONLY:
		return IB_UVERBS_TPH_NS_ST;
	case PCI_TPH_REQ_EXT_TPH:
		return IB_UVERBS_TPH_NS_ST_EXT;
	default:
		return IB_UVERBS_TPH_NS_NONE;
	}
}

static void mlx5_ib_tph_tell(struct mlx5_ib_mr *mr, struct mlx5_ib_tph_mr_info *info)
{
	bool cleared = false;
	u8 req_type;

	if (READ_ONCE(mr->tph.state) == MLX5_IB_TPH_STATE_REFUSED) {
		info->state = MLX5_IB_TPH_STATE_REFUSED;
		return;
	}
	if (!mlx5_ib_tph_of_mkey(mr, info))
		return;

	req_type = mlx5_st_query(mr_to_mdev(mr)->mdev, info->st_index, &info->steering_tag,
				 &cleared);
	if (req_type == PCI_TPH_REQ_DISABLE) {
		*info = (struct mlx5_ib_tph_mr_info) {};
		return;
	}
	info->tph_namespace = mlx5_ib_tph_namespace(req_type);
	info->state = mlx5_ib_tph_state(mr, cleared);
}

static int UVERBS_HANDLER(MLX5_IB_METHOD_MR_QUERY_TPH)(struct uverbs_attr_bundle *attrs)
{
	struct ib_mr *ibmr = uverbs_attr_get_obj(attrs, MLX5_IB_ATTR_MR_QUERY_TPH_HANDLE);
	struct mlx5_ib_tph_mr_info info = {};
	struct mlx5_ib_mr *mr = to_mmr(ibmr);

	mlx5_ib_tph_tell(mr, &info);
	info.revalidations = READ_ONCE(mr->tph.revalidations);
	return uverbs_copy_to_struct_or_zero(attrs, MLX5_IB_ATTR_MR_QUERY_TPH_RESP, &info,
					     sizeof(info));
}

/* What can be told without an MR */
static void mlx5_ib_tph_tell_device(struct mlx5_core_dev *mdev,
				    struct mlx5_ib_tph_device_info *info)
{
	struct mlx5_st_info st;

	info->flags = MLX5_IB_TPH_DEVICE_REQUIRE;
	if (IS_ENABLED(CONFIG_PCIE_TPH))
		info->flags |= MLX5_IB_TPH_DEVICE_IMPORT;
	if (mlx5_st_query_device(mdev, &st))
		return;

	info->tph_namespace = mlx5_ib_tph_namespace(st.req_type);
	info->flags |= st.num_entries ? MLX5_IB_TPH_DEVICE_TABLE : MLX5_IB_TPH_DEVICE_DIRECT;
	if (st.enabled)
		info->flags |= MLX5_IB_TPH_DEVICE_ENABLED;
	info->st_entries = st.num_entries;
	info->st_free = st.num_free;
	info->st_reserved = st.num_reserved;
	info->st_available = st.num_available;
}

static int UVERBS_HANDLER(MLX5_IB_METHOD_DEVICE_QUERY_TPH)(struct uverbs_attr_bundle *attrs)
{
	struct mlx5_ib_tph_device_info info = {};
	struct ib_ucontext *context;

	/* Without user access nobody calls this */
	if (!IS_ENABLED(CONFIG_INFINIBAND_USER_ACCESS))
		return -EOPNOTSUPP;

	context = ib_uverbs_get_ucontext(attrs);
	if (IS_ERR(context))
		return PTR_ERR(context);

	mlx5_ib_tph_tell_device(to_mdev(context->device)->mdev, &info);
	return uverbs_copy_to_struct_or_zero(attrs, MLX5_IB_ATTR_DEVICE_QUERY_TPH_RESP, &info,
					     sizeof(info));
}

DECLARE_UVERBS_NAMED_METHOD(MLX5_IB_METHOD_MR_QUERY_TPH,
			    UVERBS_ATTR_IDR(MLX5_IB_ATTR_MR_QUERY_TPH_HANDLE,
					    UVERBS_OBJECT_MR,
					    UVERBS_ACCESS_READ,
					    UA_MANDATORY),
			    UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_MR_QUERY_TPH_RESP,
						UVERBS_ATTR_STRUCT(struct mlx5_ib_tph_mr_info,
								   reserved),
						UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(MLX5_IB_METHOD_DEVICE_QUERY_TPH,
			    UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_DEVICE_QUERY_TPH_RESP,
						UVERBS_ATTR_STRUCT(struct mlx5_ib_tph_device_info,
								   reserved),
						UA_MANDATORY));

/* The same two in both ways to register a dma-buf, so not by ADD_UVERBS_ATTRIBUTES_SIMPLE() */
static const struct uverbs_attr_def *const mlx5_ib_tph_reg_attrs[] = {
	UVERBS_ATTR_CONST_IN(UVERBS_ATTR_MR_TPH_NAMESPACE,
			     enum ib_uverbs_tph_namespace,
			     UA_OPTIONAL),
	UVERBS_ATTR_FLAGS_IN(UVERBS_ATTR_MR_TPH_FLAGS,
			     enum ib_uverbs_tph_flags,
			     UA_OPTIONAL),
};

static const struct uverbs_method_def mlx5_ib_tph_reg_dmabuf_mr = {
	.id = UVERBS_METHOD_REG_DMABUF_MR,
	.num_attrs = ARRAY_SIZE(mlx5_ib_tph_reg_attrs),
	.attrs = &mlx5_ib_tph_reg_attrs,
};

static const struct uverbs_method_def mlx5_ib_tph_reg_mr = {
	.id = UVERBS_METHOD_REG_MR,
	.num_attrs = ARRAY_SIZE(mlx5_ib_tph_reg_attrs),
	.attrs = &mlx5_ib_tph_reg_attrs,
};

ADD_UVERBS_METHODS(mlx5_ib_tph_mr,
		   UVERBS_OBJECT_MR,
		   &mlx5_ib_tph_reg_dmabuf_mr,
		   &mlx5_ib_tph_reg_mr,
		   &UVERBS_METHOD(MLX5_IB_METHOD_MR_QUERY_TPH));

ADD_UVERBS_METHODS(mlx5_ib_tph_device,
		   UVERBS_OBJECT_DEVICE,
		   &UVERBS_METHOD(MLX5_IB_METHOD_DEVICE_QUERY_TPH));

const struct uapi_definition mlx5_ib_tph_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_MR, &mlx5_ib_tph_mr),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &mlx5_ib_tph_device),
	{}
};

static int mlx5_ib_tph_put_res(struct sk_buff *msg, const struct mlx5_ib_tph_mr_info *info)
{
	bool imported = info->source == MLX5_IB_TPH_SOURCE_EXPORTER;

	if (rdma_nl_put_driver_string(msg, "tph", imported ? "exporter" : "dmah") ||
	    rdma_nl_put_driver_u32(msg, "tph_st_index", info->st_index) ||
	    rdma_nl_put_driver_u32(msg, "tph_ph", info->ph))
		return -EMSGSIZE;
	return 0;
}

/**
 * mlx5_ib_tph_fill_res - Let resource tracking tell which entry of the ST table an MR holds
 * @msg: the MR's entry in the answer
 * @mr: MR, with or without hints
 *
 * Attributes of the driver, which rdma resource show mr -d prints.
 *
 * Return: 0, also without hints; -EMSGSIZE when @msg is full.
 */
int mlx5_ib_tph_fill_res(struct sk_buff *msg, struct mlx5_ib_mr *mr)
{
	struct mlx5_ib_tph_mr_info info = {};
	struct nlattr *nest;
	int err;

	if (!mlx5_ib_tph_of_mkey(mr, &info))
		return 0;

	nest = nla_nest_start(msg, RDMA_NLDEV_ATTR_DRIVER);
	if (!nest)
		return -EMSGSIZE;

	err = mlx5_ib_tph_put_res(msg, &info);
	if (err)
		nla_nest_cancel(msg, nest);
	else
		nla_nest_end(msg, nest);
	return err;
}
