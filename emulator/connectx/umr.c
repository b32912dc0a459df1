// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/umr.h"

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/device.h"
#include "connectx/mkey.h"
#include "connectx/pd.h"
#include "connectx/qp.h"
#include "connectx/sg.h"
#include "connectx/wqe.h"
#include "util.h"

#define UMR_CHUNK		4096	/* bytes of a translation list handled at once */
#define UMR_MTT_PER_OCTOWORD	(MKEY_OCTOWORD / MKEY_MTT_SIZE)

#define UMR_MASK_ACCESS                                                                            \
	(MLX5_MKEY_MASK_LR | MLX5_MKEY_MASK_LW | MLX5_MKEY_MASK_RR | MLX5_MKEY_MASK_RW |           \
	 MLX5_MKEY_MASK_A)
#define UMR_MASK_KNOWN                                                                             \
	(UMR_MASK_ACCESS | MLX5_MKEY_MASK_LEN | MLX5_MKEY_MASK_PAGE_SIZE |                         \
	 MLX5_MKEY_MASK_PAGE_SIZE_5 | MLX5_MKEY_MASK_START_ADDR | MLX5_MKEY_MASK_PD |              \
	 MLX5_MKEY_MASK_EN_RINVAL | MLX5_MKEY_MASK_KEY | MLX5_MKEY_MASK_QPN |                      \
	 MLX5_MKEY_MASK_SMALL_FENCE | MLX5_MKEY_MASK_RELAXED_ORDERING_WRITE |                      \
	 MLX5_MKEY_MASK_RELAXED_ORDERING_READ | MLX5_MKEY_MASK_FREE)

/* One request, checked and unpacked. */
struct umr {
	struct mkey *mkey;
	const void *mkc;	/* new values of what mask names: struct mlx5_ifc_mkc_bits */
	uint64_t mask;		/* MLX5_MKEY_MASK_* */
	uint8_t flags;		/* MLX5_UMR_* */
	struct domain *pd;	/* with MLX5_MKEY_MASK_PD */
	uint64_t first, count;	/* translation entries to be loaded */
};

static void umr_parse(struct umr *umr, struct qp *qp, const struct send_wqe *wqe)
{
	const struct mlx5_wqe_umr_ctrl_seg *ctrl = (const void *)(wqe->copy + wqe->umr_ctrl);

	*umr = (struct umr){
		.mkey = mkey_find(&qp->nic->mkeys, be32_to_cpu(wqe->imm) >> 8),
		.mkc = wqe->copy + wqe->umr_mkey,
		.mask = be64_to_cpu(ctrl->mkey_mask),
		.flags = ctrl->flags,
		.count = (uint64_t)be16_to_cpu(ctrl->xlt_octowords) * UMR_MTT_PER_OCTOWORD,
	};
	if (umr->flags & MLX5_UMR_TRANSLATION_OFFSET_EN)
		umr->first = ((uint64_t)be32_to_cpu(ctrl->xlt_offset_47_16) << 16 |
			      be16_to_cpu(ctrl->xlt_offset)) * UMR_MTT_PER_OCTOWORD;
	if (umr->mask & MLX5_MKEY_MASK_PD)
		umr->pd = pd_find(qp->nic, MLX5_GET(mkc, umr->mkc, pd));
}

/*
 * The pages of a key are bus addresses, so only the driver's own queues may say which: the UMR
 * queue, for keys of every domain, and kernel QPs for those of their own.
 */
static bool umr_privileged(const struct qp *qp, const struct umr *umr)
{
	if (qp->service == MLX5_QP_ST_REG_UMR)
		return true;
	return qp->reserved_lkey && umr->mkey->pd == qp->pd && !(umr->mask & MLX5_MKEY_MASK_PD);
}

static bool umr_key_allows(const struct umr *umr, uint32_t key)
{
	const struct mkey *mkey = umr->mkey;

	if (!mkey->umr)
		return false;
	if (!(umr->mask & MLX5_MKEY_MASK_KEY) && mkey->key != key)
		return false;
	/* the flags are named for what they check: "not free" fails a key that is in use */
	if ((umr->flags & MLX5_UMR_CHECK_NOT_FREE) && !mkey->free)
		return false;
	return !((umr->flags & MLX5_UMR_CHECK_FREE) && mkey->free);
}

static bool umr_allowed(const struct qp *qp, const struct umr *umr, const struct send_wqe *wqe)
{
	uint64_t bytes = umr->count * MKEY_MTT_SIZE;

	if (!umr->mkey || !umr_privileged(qp, umr) || !umr_key_allows(umr, be32_to_cpu(wqe->imm)))
		return false;
	if (umr->mask & ~(uint64_t)UMR_MASK_KNOWN)
		return false;
	if ((umr->mask & MLX5_MKEY_MASK_PD) && !umr->pd)
		return false;
	if (!range_within(umr->first, umr->count, umr->mkey->entries))
		return !umr->count;
	return bytes <= (umr->flags & MLX5_UMR_INLINE ? wqe->xlt_len : wqe->len);
}

/* New translations; where they cannot be read, those before stay as loaded. */
static bool umr_load(const struct qp *qp, const struct umr *umr, const struct send_wqe *wqe,
		     struct sg_stop *stop)
{
	uint64_t buf[UMR_CHUNK / MKEY_MTT_SIZE];
	uint64_t piece;
	struct sg from;

	if (umr->flags & MLX5_UMR_INLINE) {
		mkey_load(umr->mkey, umr->first, umr->count, wqe->copy + wqe->umr_xlt, 0);
		return true;
	}
	sg_init(&from, qp->nic, qp->pd, MKEY_LOCAL_READ, wqe->data, wqe->num_data);
	for (uint64_t done = 0; done < umr->count; done += piece) {
		piece = umr->count - done < ARRAY_SIZE(buf) ? umr->count - done : ARRAY_SIZE(buf);
		if (!sg_gather(&from, buf, piece * MKEY_MTT_SIZE, stop))
			return false;
		mkey_load(umr->mkey, umr->first + done, piece, buf, 0);
	}
	return true;
}

static uint8_t umr_access(const struct umr *umr)
{
	static const struct {
		uint64_t mask;
		uint8_t access;
	} rights[] = {
		{ MLX5_MKEY_MASK_LR, MKEY_LOCAL_READ },	  { MLX5_MKEY_MASK_LW, MKEY_LOCAL_WRITE },
		{ MLX5_MKEY_MASK_RR, MKEY_REMOTE_READ },  { MLX5_MKEY_MASK_RW, MKEY_REMOTE_WRITE },
		{ MLX5_MKEY_MASK_A, MKEY_REMOTE_ATOMIC },
	};
	uint8_t wanted = mkey_context_access(umr->mkc);
	uint8_t access = umr->mkey->access;

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		if (umr->mask & rights[i].mask)
			access = (access & ~rights[i].access) | (wanted & rights[i].access);
	return access;
}

static uint8_t umr_page_shift(const struct umr *umr)
{
	uint8_t changes = (umr->mask & MLX5_MKEY_MASK_PAGE_SIZE ? 0x1f : 0) |
			  (umr->mask & MLX5_MKEY_MASK_PAGE_SIZE_5 ? 0x20 : 0);

	return (umr->mkey->page_shift & ~changes) |
	       (MLX5_GET(mkc, umr->mkc, log_page_size) & changes);
}

/* The rest of the context: every field that the mask names. */
static void umr_update(const struct umr *umr)
{
	struct mkey *mkey = umr->mkey;
	const void *mkc = umr->mkc;

	mkey->access = umr_access(umr);
	mkey->page_shift = umr_page_shift(umr);
	if (umr->mask & MLX5_MKEY_MASK_KEY)
		mkey->key = (mkey->key & ~0xffu) | MLX5_GET(mkc, mkc, mkey_7_0);
	if (umr->mask & MLX5_MKEY_MASK_QPN)
		mkey->qpn = MLX5_GET(mkc, mkc, qpn);
	if (umr->mask & MLX5_MKEY_MASK_PD)
		mkey_set_pd(mkey, umr->pd);
	if (umr->mask & MLX5_MKEY_MASK_START_ADDR)
		mkey->start = MLX5_GET64(mkc, mkc, start_addr);
	if (umr->mask & MLX5_MKEY_MASK_LEN) {
		mkey->len = MLX5_GET64(mkc, mkc, len);
		mkey->unlimited = MLX5_GET(mkc, mkc, length64);
	}
	if (umr->mask & MLX5_MKEY_MASK_EN_RINVAL)
		mkey->remote_invalidate = MLX5_GET(mkc, mkc, en_rinval);
	if (umr->mask & MLX5_MKEY_MASK_RELAXED_ORDERING_WRITE)
		mkey->relaxed_write = MLX5_GET(mkc, mkc, relaxed_ordering_write);
	if (umr->mask & MLX5_MKEY_MASK_RELAXED_ORDERING_READ)
		mkey->relaxed_read = MLX5_GET(mkc, mkc, relaxed_ordering_read);
	if (umr->mask & MLX5_MKEY_MASK_FREE)
		mkey->free = MLX5_GET(mkc, mkc, free);
}

enum umr_result umr_execute(struct qp *qp, const struct send_wqe *wqe, struct sg_stop *stop)
{
	struct umr umr;

	umr_parse(&umr, qp, wqe);
	if (!umr_allowed(qp, &umr, wqe))
		return UMR_REFUSED;
	if (!umr_load(qp, &umr, wqe, stop))
		return UMR_STOPPED;
	umr_update(&umr);
	return UMR_OK;
}
