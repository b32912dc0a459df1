// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Byte stream formats: from struct mlx5_bsf to what signature.c goes by. */
#include "connectx/memory/signature.h"
#include "util/macros.h"

#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

_Static_assert(sizeof(struct mlx5_bsf) == BSF_SIZE, "as the hardware has it");

#define BSF_SIZE_SHIFT		6
#define BSF_WITH_INLINE		2	/* basic, extended and inline sections */
#define BSF_SAME_STRUCTURE	(1 << 4)
#define BSF_SIZE_RESERVED	0x2f
#define BSF_PSV_MASK		0xffffff
#define BSF_SELECTOR_SHIFT	24
#define BSF_DIF_CRC		1	/* sig_type of the inline section */
#define BSF_DIF_CHECKSUM	2

/*
 * Block format selectors, as in libmlx5 (MLX5_BFS_*). Their low bits select repetition and the
 * seed, which the PSV has as well.
 */
#define BFS_REPEAT		0x2
#define BFS_OPTIONS		0x3

/* bs_selector: bytes of data in a block. */
static const uint16_t block_sizes[] = { [1] = 512, [2] = 520, [3] = 4096, [4] = 4160, [6] = 4048 };

static const struct {
	uint8_t selector;
	enum guard_kind kind;
	uint8_t field;
} selectors[] = {
	{ 0x20, GUARD_CRC32, 4 },
	{ 0x40, GUARD_CRC32C, 4 },
	{ 0x50, GUARD_CRC64_XP10, 8 },
};

static bool parse_dif(struct signature_domain *domain, const struct mlx5_bsf_inl *inl)
{
	if (inl->sig_type != BSF_DIF_CRC && inl->sig_type != BSF_DIF_CHECKSUM)
		return false;
	domain->kind = inl->sig_type == BSF_DIF_CRC ? GUARD_T10_CRC : GUARD_T10_CHECKSUM;
	domain->field = 8;
	domain->escape = inl->dif_inc_ref_guard_check &
			 (MLX5_BSF_APPTAG_ESCAPE | MLX5_BSF_APPREF_ESCAPE);
	domain->count = inl->dif_inc_ref_guard_check & MLX5_BSF_INC_REFTAG;
	domain->app_mask = be16_to_cpu(inl->dif_app_bitmask_check);
	domain->app = be16_to_cpu(inl->dif_apptag);
	domain->ref = be32_to_cpu(inl->dif_reftag);
	return inl->rp_inv_seed & MLX5_BSF_REPEAT_BLOCK;
}

static bool parse_crc(struct signature_domain *domain, uint8_t selector)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(selectors); i++) {
		if (selectors[i].selector != (selector & ~BFS_OPTIONS))
			continue;
		domain->kind = selectors[i].kind;
		domain->field = selectors[i].field;
		return selector & BFS_REPEAT;
	}
	return false;
}

static bool parse_domain(struct signature_domain *domain, uint32_t bfs_psv, uint8_t block,
			 const struct mlx5_bsf_inl *inl)
{
	uint8_t selector = bfs_psv >> BSF_SELECTOR_SHIFT;
	bool dif = be16_to_cpu(inl->vld_refresh) & MLX5_BSF_INL_VALID;

	memset(domain, 0, sizeof(*domain));
	if (!dif && !selector)
		return true;
	if (dif ? selector || !parse_dif(domain, inl) : !parse_crc(domain, selector))
		return false;
	domain->psv = bfs_psv & BSF_PSV_MASK;
	domain->block = block < ARRAY_SIZE(block_sizes) ? block_sizes[block] : 0;
	return domain->block;
}

/*
 * Bytes can be copied only between domains with the same kind of signature and the same block size.
 */
static bool parse_same(const struct signature_format *format)
{
	return format->mem.field && format->mem.field == format->wire.field &&
	       (format->mem.kind == format->wire.kind || (format->mem.kind <= GUARD_T10_CHECKSUM &&
							  format->wire.kind <= GUARD_T10_CHECKSUM));
}

bool signature_parse(struct signature_format *format, const void *from)
{
	struct mlx5_bsf bsf;
	bool same;

	memcpy(&bsf, from, sizeof(bsf));
	same = bsf.basic.bsf_size_sbs & BSF_SAME_STRUCTURE;
	if (bsf.basic.bsf_size_sbs >> BSF_SIZE_SHIFT != BSF_WITH_INLINE ||
	    bsf.basic.bsf_size_sbs & BSF_SIZE_RESERVED || bsf.ext.w_tfs_psv || bsf.ext.m_tfs_psv ||
	    bsf.ext.t_init_gen_pro_size || bsf.ext.rsvd_epi_size)
		return false;
	format->check = bsf.basic.check_byte_mask;
	format->copy = same ? bsf.basic.wire.copy_byte_mask : 0;
	/* with one structure there is one size of block, and in the other's place is the mask */
	return parse_domain(&format->mem, be32_to_cpu(bsf.basic.m_bfs_psv),
			    bsf.basic.mem.bs_selector, &bsf.m_inl) &&
	       parse_domain(&format->wire, be32_to_cpu(bsf.basic.w_bfs_psv),
			    same ? bsf.basic.mem.bs_selector : bsf.basic.wire.bs_selector,
			    &bsf.w_inl) &&
	       (!same || parse_same(format));
}
