// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/umr.h"

#include <inttypes.h>
#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/mkey.h"
#include "connectx/memory/sg.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/wqe.h"
#include "fabric/fabric.h"
#include "util/macros.h"
#include "util/range.h"

#define UMR_CHUNK		4096	/* bytes of a translation list handled at once */
/* Flags that <linux/mlx5/qp.h> does not name, as the driver does not use them; libmlx5 does. */
#define UMR_CHECK_QPN		(1 << 3)

#define UMR_MASK_ACCESS                                                                            \
	(MLX5_MKEY_MASK_LR | MLX5_MKEY_MASK_LW | MLX5_MKEY_MASK_RR | MLX5_MKEY_MASK_RW |           \
	 MLX5_MKEY_MASK_A)
#define UMR_MASK_KNOWN                                                                             \
	(UMR_MASK_ACCESS | MLX5_MKEY_MASK_LEN | MLX5_MKEY_MASK_PAGE_SIZE |                         \
	 MLX5_MKEY_MASK_PAGE_SIZE_5 | MLX5_MKEY_MASK_START_ADDR | MLX5_MKEY_MASK_PD |              \
	 MLX5_MKEY_MASK_EN_RINVAL | MLX5_MKEY_MASK_KEY | MLX5_MKEY_MASK_QPN |                      \
	 MLX5_MKEY_MASK_SMALL_FENCE | MLX5_MKEY_MASK_RELAXED_ORDERING_WRITE |                      \
	 MLX5_MKEY_MASK_RELAXED_ORDERING_READ | MLX5_MKEY_MASK_FREE |                              \
	 MLX5_MKEY_MASK_BSF_EN | MLX5_MKEY_MASK_EN_SIGERR)

/* One request, checked and unpacked. */
struct umr {
	struct mkey *mkey;
	const void *mkc;        /* new values of what mask names: struct mlx5_ifc_mkc_bits */
	uint64_t mask;          /* MLX5_MKEY_MASK_* */
	uint8_t flags;          /* MLX5_UMR_* */
	struct domain *pd;      /* with MLX5_MKEY_MASK_PD */
	uint64_t offset, bytes; /* what of the translations is to be loaded, as drivers write it */
	uint64_t before, after; /* pages that these were, and are: to be noted */
	const void *bsf;        /* behind them; NULL: none */
	struct signature_format format; /* what it says */
	bool refused;                   /* it says what cannot be done */
};

/*
 * The field with the length of the BSF holds an offset in other UMRs. BSFs are taken from the WQE
 * only.
 */
static void umr_parse_bsf(struct umr *umr, const struct send_wqe *wqe,
			  const struct mlx5_wqe_umr_ctrl_seg *ctrl)
{
	uint32_t len = be16_to_cpu(ctrl->bsf_octowords) * MKEY_OCTOWORD;

	if (umr->flags & MLX5_UMR_TRANSLATION_OFFSET_EN || !len)
		return;
	umr->bsf = wqe->copy + wqe->umr_xlt + umr->bytes;
	umr->refused = len != BSF_SIZE || !(umr->flags & MLX5_UMR_INLINE) ||
		       umr->bytes + BSF_SIZE > wqe->xlt_len ||
		       !signature_parse(&umr->format, umr->bsf);
}

static void umr_parse(struct umr *umr, struct qp *qp, const struct send_wqe *wqe)
{
	const struct mlx5_wqe_umr_ctrl_seg *ctrl = (const void *)(wqe->copy + wqe->umr_ctrl);

	*umr = (struct umr){
		.mkey = mkey_find(&qp->nic->memory->mkeys, be32_to_cpu(wqe->imm) >> 8),
		.mkc = wqe->copy + wqe->umr_mkey,
		.mask = be64_to_cpu(ctrl->mkey_mask),
		.flags = ctrl->flags,
		.bytes = (uint64_t)be16_to_cpu(ctrl->xlt_octowords) * MKEY_OCTOWORD,
	};
	if (umr->flags & MLX5_UMR_TRANSLATION_OFFSET_EN)
		umr->offset = ((uint64_t)be32_to_cpu(ctrl->xlt_offset_47_16) << 16 |
			       be16_to_cpu(ctrl->xlt_offset)) *
			      MKEY_OCTOWORD;
	umr_parse_bsf(umr, wqe, ctrl);
	if (umr->mask & MLX5_MKEY_MASK_PD)
		umr->pd = pd_find(qp->nic, MLX5_GET(mkc, umr->mkc, pd));
}

/*
 * The driver's UMR queue may change all keys, other queues those of their domain. The pages of a
 * direct key are bus addresses, so only queues of the kernel may say which. An indirect key leads
 * to keys that are checked when it is used, so programs may lay it out themselves.
 */
static bool umr_queue_allowed(const struct qp *qp, const struct umr *umr)
{
	if (qp->service == MLX5_QP_ST_REG_UMR)
		return true;
	if (umr->mkey->pd != qp->pd || umr->mask & MLX5_MKEY_MASK_PD)
		return false;
	return qp->reserved_lkey || mkey_is_indirect(umr->mkey);
}

/* A window that is bound to a QP can only be invalidated there, and only by its current key. */
static bool umr_qpn_allows(const struct qp *qp, const struct mkey *mkey, uint32_t key)
{
	return mkey->key == key && (mkey->qpn == MKEY_QPN_ANY || mkey->qpn == qp->qpn);
}

static bool umr_key_allows(const struct qp *qp, const struct umr *umr, uint32_t key)
{
	const struct mkey *mkey = umr->mkey;

	if (!mkey->umr)
		return false;
	if (!(umr->mask & MLX5_MKEY_MASK_KEY) && mkey->key != key)
		return false;
	if ((umr->flags & UMR_CHECK_QPN) && !umr_qpn_allows(qp, mkey, key))
		return false;
	/* the flags are named for what they check: "not free" fails a key that is in use */
	if ((umr->flags & MLX5_UMR_CHECK_NOT_FREE) && !mkey->free)
		return false;
	return !((umr->flags & MLX5_UMR_CHECK_FREE) && mkey->free);
}

static bool umr_range_allowed(const struct umr *umr, const struct send_wqe *wqe)
{
	uint64_t room = (uint64_t)umr->mkey->entries * mkey_entry_size(umr->mkey);

	if (!umr->bytes)
		return true;
	return range_within(umr->offset, umr->bytes, room) &&
	       umr->bytes <= (umr->flags & MLX5_UMR_INLINE ? wqe->xlt_len : wqe->len);
}

/* Signatures need room for them, and a length that is one. */
static bool umr_signature_allowed(const struct umr *umr)
{
	uint64_t mask = MLX5_MKEY_MASK_BSF_EN | MLX5_MKEY_MASK_EN_SIGERR;

	if (umr->refused)
		return false;
	if (!umr->mkey->signature)
		return !umr->bsf && !(umr->mask & mask);
	return !(umr->mask & MLX5_MKEY_MASK_LEN) ||
	       (!MLX5_GET(mkc, umr->mkc, length64) && MLX5_GET64(mkc, umr->mkc, len) <= UINT32_MAX);
}

static bool umr_allowed(const struct qp *qp, const struct umr *umr, const struct send_wqe *wqe)
{
	if (!umr->mkey || !umr_queue_allowed(qp, umr) ||
	    !umr_key_allows(qp, umr, be32_to_cpu(wqe->imm)))
		return false;
	if (umr->mask & ~(uint64_t)UMR_MASK_KNOWN)
		return false;
	if ((umr->mask & MLX5_MKEY_MASK_PD) && !umr->pd)
		return false;
	if (!umr_signature_allowed(umr))
		return false;
	return umr_range_allowed(umr, wqe);
}

static uint64_t umr_pages(const struct umr *umr, uint64_t first, uint64_t count)
{
	const struct mkey *mkey = umr->mkey;
	uint64_t present = 0;

	if (mkey->mode != MKEY_MODE_MTT)
		return 0;
	for (uint64_t i = first; i < first + count; i++)
		present += !!(mkey->xlt[i] & MKEY_PTAG_PRESENT);
	return present;
}

/* @offset, @len: in bytes, within the list */
static void umr_load_piece(struct umr *umr, uint64_t offset, uint64_t len, const void *list)
{
	uint32_t size = mkey_entry_size(umr->mkey);
	uint64_t first = (umr->offset + offset) / size, count = len / size;

	umr->before += umr_pages(umr, first, count);
	mkey_load(umr->mkey, first, count, list, 0);
	umr->after += umr_pages(umr, first, count);
}

/* New translations; where they cannot be read, those before stay as loaded. */
static bool umr_load(const struct qp *qp, struct umr *umr, const struct send_wqe *wqe,
		     struct sg_stop *stop)
{
	const struct mkey_use use = {
		.pd = qp->pd,
		.qpn = qp->qpn,
		.access = MKEY_LOCAL_READ,
	};
	uint64_t buf[UMR_CHUNK / sizeof(uint64_t)];
	uint64_t piece;
	struct sg from;

	if (umr->flags & MLX5_UMR_INLINE) {
		umr_load_piece(umr, 0, umr->bytes, wqe->copy + wqe->umr_xlt);
		return true;
	}
	sg_init(&from, qp->nic, &use, wqe->data, wqe->num_data);
	for (uint64_t done = 0; done < umr->bytes; done += piece) {
		piece = umr->bytes - done < sizeof(buf) ? umr->bytes - done : sizeof(buf);
		if (!sg_gather(&from, buf, piece, stop))
			return false;
		umr_load_piece(umr, done, piece, buf);
	}
	return true;
}

static uint8_t umr_access(const struct umr *umr)
{
	static const struct {
		uint64_t mask;
		uint8_t access;
	} rights[] = {
		{ MLX5_MKEY_MASK_LR, MKEY_LOCAL_READ },   { MLX5_MKEY_MASK_LW, MKEY_LOCAL_WRITE },
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

static void umr_update_signature(const struct umr *umr)
{
	struct signature *signature = umr->mkey->signature;

	if (umr->bsf)
		signature_set(signature, &umr->format);
	if (umr->mask & MLX5_MKEY_MASK_BSF_EN)
		signature->enabled = MLX5_GET(mkc, umr->mkc, bsf_en);
	if (umr->mask & MLX5_MKEY_MASK_EN_SIGERR) {
		signature->expected = MLX5_GET(mkc, umr->mkc, expected_sigerr_count);
		signature->failed = false;
		signature->untold = false;
	}
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
	if (mkey->signature)
		umr_update_signature(umr);
	if (umr->mask & MLX5_MKEY_MASK_FREE)
		mkey->free = MLX5_GET(mkc, mkc, free);
}

/*
 * Note in the capture: from here on no request uses pages that were removed, and requests may use
 * those that were added.
 */
static void umr_note(const struct qp *qp, const struct umr *umr)
{
	if (umr->after)
		fabric_note(qp->nic->port, "mkey 0x%08x mapped, %" PRIu64 " pages", umr->mkey->key,
			    umr->after);
	else if (umr->before)
		fabric_note(qp->nic->port, "mkey 0x%08x unmapped, %" PRIu64 " pages",
			    umr->mkey->key, umr->before);
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
	umr_note(qp, &umr);
	return UMR_OK;
}
