// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* CREATE_MKEY, QUERY_MKEY and DESTROY_MKEY. */
#include <errno.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/command/pd.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/mkey.h"
#include "connectx/memory/signature.h"
#include "connectx/memory/umem.h"
#include "util/macros.h"
#include "util/range.h"

uint8_t mkey_context_access(const void *mkc)
{
	return (MLX5_GET(mkc, mkc, lr) ? MKEY_LOCAL_READ : 0) |
	       (MLX5_GET(mkc, mkc, lw) ? MKEY_LOCAL_WRITE : 0) |
	       (MLX5_GET(mkc, mkc, rr) ? MKEY_REMOTE_READ : 0) |
	       (MLX5_GET(mkc, mkc, rw) ? MKEY_REMOTE_WRITE : 0) |
	       (MLX5_GET(mkc, mkc, a) ? MKEY_REMOTE_ATOMIC : 0);
}

/* By enum mkey_mode. */
static const uint8_t modes[] = {
	[MKEY_MODE_PA] = MLX5_MKC_ACCESS_MODE_PA,
	[MKEY_MODE_MTT] = MLX5_MKC_ACCESS_MODE_MTT,
	/* by way of other keys */
	[MKEY_MODE_KLM] = MLX5_MKC_ACCESS_MODE_KLMS,
	[MKEY_MODE_KSM] = MLX5_MKC_ACCESS_MODE_KSM,
	/* not in the guest */
	[MKEY_MODE_MEMIC] = MLX5_MKC_ACCESS_MODE_MEMIC,
};

/* Return: enum mkey_mode, or -1 for one that this model does not have. */
static int mkc_mode(const void *mkc)
{
	uint8_t asked = MLX5_GET(mkc, mkc, access_mode_4_2) << 2 |
			MLX5_GET(mkc, mkc, access_mode_1_0);

	for (unsigned int mode = 0; mode < ARRAY_SIZE(modes); mode++)
		if (modes[mode] == asked)
			return mode;
	return -1;
}

static void mkey_from_context(struct mkey *mkey, const void *mkc)
{
	*mkey = (struct mkey){
		.key = MLX5_GET(mkc, mkc, mkey_7_0),
		.start = MLX5_GET64(mkc, mkc, start_addr),
		.len = MLX5_GET64(mkc, mkc, len),
		.qpn = MLX5_GET(mkc, mkc, qpn),
		.octowords = MLX5_GET(mkc, mkc, translations_octword_size),
		.access = mkey_context_access(mkc),
		.mode = mkc_mode(mkc),
		.page_shift = MLX5_GET(mkc, mkc, log_page_size),
		.unlimited = MLX5_GET(mkc, mkc, length64),
		.free = MLX5_GET(mkc, mkc, free),
		.umr = MLX5_GET(mkc, mkc, umr_en),
		.remote_invalidate = MLX5_GET(mkc, mkc, en_rinval),
		.relaxed_write = MLX5_GET(mkc, mkc, relaxed_ordering_write),
		.relaxed_read = MLX5_GET(mkc, mkc, relaxed_ordering_read),
		.tph.enabled = MLX5_GET(mkc, mkc, pcie_tph_en),
		.tph.ph = MLX5_GET(mkc, mkc, pcie_tph_ph),
		.tph.st_index = MLX5_GET(mkc, mkc, pcie_tph_steering_tag_index),
	};
}

static void mkey_to_context(const struct mkey *mkey, void *mkc)
{
	MLX5_SET(mkc, mkc, mkey_7_0, mkey->key & 0xff);
	MLX5_SET64(mkc, mkc, start_addr, mkey->memic ? mkey->memic_address : mkey->start);
	MLX5_SET64(mkc, mkc, len, mkey->len);
	MLX5_SET(mkc, mkc, qpn, mkey->qpn);
	MLX5_SET(mkc, mkc, pd, mkey->pd->number);
	MLX5_SET(mkc, mkc, translations_octword_size, mkey->octowords);
	MLX5_SET(mkc, mkc, lr, !!(mkey->access & MKEY_LOCAL_READ));
	MLX5_SET(mkc, mkc, lw, !!(mkey->access & MKEY_LOCAL_WRITE));
	MLX5_SET(mkc, mkc, rr, !!(mkey->access & MKEY_REMOTE_READ));
	MLX5_SET(mkc, mkc, rw, !!(mkey->access & MKEY_REMOTE_WRITE));
	MLX5_SET(mkc, mkc, a, !!(mkey->access & MKEY_REMOTE_ATOMIC));
	MLX5_SET(mkc, mkc, access_mode_1_0, modes[mkey->mode] & 0x3);
	MLX5_SET(mkc, mkc, access_mode_4_2, modes[mkey->mode] >> 2);
	MLX5_SET(mkc, mkc, log_page_size, mkey->page_shift);
	MLX5_SET(mkc, mkc, length64, mkey->unlimited);
	MLX5_SET(mkc, mkc, free, mkey->free);
	MLX5_SET(mkc, mkc, umr_en, mkey->umr);
	MLX5_SET(mkc, mkc, en_rinval, mkey->remote_invalidate);
	MLX5_SET(mkc, mkc, relaxed_ordering_write, mkey->relaxed_write);
	MLX5_SET(mkc, mkc, relaxed_ordering_read, mkey->relaxed_read);
	if (mkey->signature) {
		MLX5_SET(mkc, mkc, bsf_en, mkey->signature->enabled);
		MLX5_SET(mkc, mkc, expected_sigerr_count, mkey->signature->expected);
		MLX5_SET(mkc, mkc, bsf_octword_size, BSF_SIZE / MKEY_OCTOWORD);
	}
	MLX5_SET(mkc, mkc, pcie_tph_en, mkey->tph.enabled);
	MLX5_SET(mkc, mkc, pcie_tph_ph, mkey->tph.ph);
	MLX5_SET(mkc, mkc, pcie_tph_steering_tag_index, mkey->tph.st_index);
}

/* The page list in the command. A page without rights in its entry has all rights. */
static int mkey_load_command(struct mkey *mkey, const struct cmd *cmd)
{
	uint32_t octowords = MLX5_GET(create_mkey_in, cmd->in, translations_octword_actual_size);
	uint64_t bytes = (uint64_t)octowords * MKEY_OCTOWORD;

	if (!octowords)
		return 0;
	if (bytes > cmd->in_len - MLX5_BYTE_OFF(create_mkey_in, klm_pas_mtt))
		return -ERANGE;
	return mkey_load(mkey, 0, bytes / mkey_entry_size(mkey),
			 MLX5_ADDR_OF(create_mkey_in, cmd->in, klm_pas_mtt),
			 MLX5_GET(create_mkey_in, cmd->in, pg_access) ? 0 : MKEY_PTAG_PRESENT);
}

/*
 * The pages of a umem, from the one on that its byte mkey_umem_offset is in. The key's pages may be
 * smaller than the umem's, each of which lies together.
 */
static uint8_t mkey_load_umem(struct connectx *nic, struct cmd *cmd, struct mkey *mkey)
{
	struct umem *umem = cmd_find(cmd, &nic->memory->umems,
				     MLX5_GET(create_mkey_umem_in, cmd->in, mkey_umem_id));
	uint64_t offset = MLX5_GET64(create_mkey_umem_in, cmd->in, mkey_umem_offset);
	uint64_t page = 1ULL << mkey->page_shift, in_page = mkey->start & (page - 1);
	uint64_t contiguous, size, count;

	if (!umem)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (mkey->page_shift < CX_PAGE_SHIFT || mkey->page_shift > umem->buf.page_shift ||
	    mkey->unlimited || offset >= umem->buf.size)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	/* From here on in the umem's list of pages, whatever of the first one it leaves out. */
	offset = (umem->buf.offset + offset) & ~(page - 1);
	size = (uint64_t)umem->buf.pages << umem->buf.page_shift;
	if (!range_within(offset, mkey->len, size) ||
	    !range_within(offset + mkey->len, in_page, size))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	count = (in_page + mkey->len + page - 1) >> mkey->page_shift;
	if (count > mkey->entries)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	for (uint64_t i = 0; i < count; i++, offset += page)
		mkey->xlt[i] = cx_buf_address(&umem->buf, offset - umem->buf.offset, &contiguous) |
			       MKEY_PTAG_READ | (umem->writable ? MKEY_PTAG_WRITE : 0);
	mkey->umem_users = &umem->users;
	umem->users++;
	return MLX5_CMD_STAT_OK;
}

static uint8_t mkey_load_pages(struct connectx *nic, struct cmd *cmd, struct mkey *mkey)
{
	if (MLX5_GET(create_mkey_in, cmd->in, mkey_umem_valid))
		return mkey_load_umem(nic, cmd, mkey);
	return mkey_load_command(mkey, cmd) ? CMD_FAIL(cmd, BAD_INP_LEN_ERR) : MLX5_CMD_STAT_OK;
}

/* Signatures are supported on keys that are laid out by UMR, with one BSF. */
static bool mkey_signature_supported(const void *mkc)
{
	if (!MLX5_GET(mkc, mkc, bsf_en))
		return true;
	return MLX5_GET(mkc, mkc, bsf_octword_size) == BSF_SIZE / MKEY_OCTOWORD &&
	       MLX5_GET(mkc, mkc, umr_en) && mkc_mode(mkc) == MKEY_MODE_KLM &&
	       !MLX5_GET(mkc, mkc, length64);
}

/* Whether this model supports all that the key asks for. */
static bool mkey_supported(const struct cmd *cmd, const void *mkc)
{
	return mkc_mode(mkc) >= 0 && mkey_signature_supported(mkc) &&
	       !MLX5_GET(mkc, mkc, ma_translation_mode) &&
	       !MLX5_GET(create_mkey_in, cmd->in, data_direct);
}

/*
 * Only the driver may put addresses of the bus or the device into a key, and it does not do so
 * under a user's uid. So a user's key of pages must lie in a umem. It gets no hints either.
 */
static bool mkey_permitted(const struct cmd *cmd, const struct mkey *mkey)
{
	bool in_umem = MLX5_GET(create_mkey_in, cmd->in, mkey_umem_valid);

	if (in_umem && mkey->mode != MKEY_MODE_MTT)
		return false;
	if (!cmd_from_user(cmd))
		return true;
	return mkey->mode != MKEY_MODE_PA && mkey->mode != MKEY_MODE_MEMIC &&
	       (mkey->mode != MKEY_MODE_MTT || in_umem) && !mkey->tph.enabled;
}

/* The context's address is where the memory is; the key's own addresses begin at 0. */
static bool mkey_take_memic(struct connectx *nic, struct mkey *mkey)
{
	if (mkey->umr || mkey->unlimited)
		return false;
	mkey->memic_address = mkey->start;
	mkey->start = 0;
	mkey->memic = memic_hold(nic, mkey->memic_address, mkey->len);
	return mkey->memic;
}

static uint8_t mkey_refuse(struct cmd *cmd, struct mkey *proto)
{
	if (proto->memic)
		proto->memic->users--;
	return errno == ENOMEM ? CMD_FAIL(cmd, NO_RES_ERR) : CMD_FAIL(cmd, LIM_ERR);
}

static uint8_t mkey_load_signature(struct connectx *nic, struct cmd *cmd, struct mkey *mkey)
{
	const void *mkc = MLX5_ADDR_OF(create_mkey_in, cmd->in, memory_key_mkey_entry);

	if (!MLX5_GET(mkc, mkc, bsf_en))
		return MLX5_CMD_STAT_OK;
	switch (mkey_add_signature(&nic->memory->mkeys, mkey)) {
	case 0:
		mkey->signature->expected = MLX5_GET(mkc, mkc, expected_sigerr_count);
		return MLX5_CMD_STAT_OK;
	case -ENOMEM:
		return CMD_FAIL(cmd, NO_RES_ERR);
	default:
		return CMD_FAIL(cmd, LIM_ERR);
	}
}

uint8_t mkey_create(struct connectx *nic, struct cmd *cmd)
{
	const void *mkc = MLX5_ADDR_OF(create_mkey_in, cmd->in, memory_key_mkey_entry);
	struct mkey proto, *mkey;
	uint8_t status;

	if (!mkey_supported(cmd, mkc))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	mkey_from_context(&proto, mkc);
	if (!mkey_permitted(cmd, &proto))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	proto.uid = cmd->uid;
	proto.pd = cmd_find(cmd, &nic->pds, MLX5_GET(mkc, mkc, pd));
	if (!proto.pd)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (proto.mode == MKEY_MODE_MEMIC && !mkey_take_memic(nic, &proto))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	mkey = mkey_add(&nic->memory->mkeys, &proto);
	if (!mkey)
		return mkey_refuse(cmd, &proto);
	status = mkey_load_signature(nic, cmd, mkey);
	if (!status)
		status = mkey_load_pages(nic, cmd, mkey);
	if (status) {
		mkey_remove(&nic->memory->mkeys, mkey);
		return status;
	}
	MLX5_SET(create_mkey_out, cmd->out, mkey_index, mkey_index(mkey));
	return MLX5_CMD_STAT_OK;
}

/* The list of an indirect key, as much of it as the output has room for. */
static void mkey_query_list(const struct mkey *mkey, struct cmd *cmd)
{
	uint8_t *to = MLX5_ADDR_OF(query_mkey_out, cmd->out, bsf0_klm0_pas_mtt0_1);
	const uint8_t *end = (uint8_t *)cmd->out + cmd->out_len;

	for (uint32_t i = 0; i < mkey->entries && end - to >= MKEY_KLM_SIZE; i++) {
		mkey_dump_klm(mkey, i, to);
		to += MKEY_KLM_SIZE;
	}
}

uint8_t mkey_query(struct connectx *nic, struct cmd *cmd)
{
	const struct mkey *mkey = cmd_find(cmd, &nic->memory->mkeys.keys,
					   MLX5_GET(query_mkey_in, cmd->in, mkey_index));

	if (!mkey)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	mkey_to_context(mkey, MLX5_ADDR_OF(query_mkey_out, cmd->out, memory_key_mkey_entry));
	if (mkey_is_indirect(mkey))
		mkey_query_list(mkey, cmd);
	return MLX5_CMD_STAT_OK;
}

uint8_t mkey_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct mkey *mkey = cmd_find(cmd, &nic->memory->mkeys.keys,
				     MLX5_GET(destroy_mkey_in, cmd->in, mkey_index));

	if (!mkey)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	mkey_remove(&nic->memory->mkeys, mkey);
	return MLX5_CMD_STAT_OK;
}
