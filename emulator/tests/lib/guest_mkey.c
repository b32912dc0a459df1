// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest_mkey.h"

#include <linux/mlx5/qp.h>
#include <stdlib.h>

#include "guest_command.h"

static uint8_t mkey_access_mode(const struct guest_mkey *attr)
{
	if (attr->klm)
		return MLX5_MKC_ACCESS_MODE_KLMS;
	if (attr->ksm)
		return MLX5_MKC_ACCESS_MODE_KSM;
	return attr->pa ? MLX5_MKC_ACCESS_MODE_PA : MLX5_MKC_ACCESS_MODE_MTT;
}

static void mkey_context(const struct guest_mkey *attr, void *mkc)
{
	MLX5_SET(mkc, mkc, pd, attr->pd);
	MLX5_SET(mkc, mkc, lr, !!(attr->access & MKEY_LOCAL_READ));
	MLX5_SET(mkc, mkc, lw, !!(attr->access & MKEY_LOCAL_WRITE));
	MLX5_SET(mkc, mkc, rr, !!(attr->access & MKEY_REMOTE_READ));
	MLX5_SET(mkc, mkc, rw, !!(attr->access & MKEY_REMOTE_WRITE));
	MLX5_SET(mkc, mkc, a, !!(attr->access & MKEY_REMOTE_ATOMIC));
	MLX5_SET(mkc, mkc, access_mode_1_0, mkey_access_mode(attr));
	MLX5_SET(mkc, mkc, free, attr->free);
	MLX5_SET(mkc, mkc, umr_en, attr->umr);
	MLX5_SET(mkc, mkc, qpn, attr->qpn ? attr->qpn : MKEY_QPN_ANY);
	MLX5_SET(mkc, mkc, en_rinval, attr->remote_invalidate);
	MLX5_SET(mkc, mkc, bsf_en, !!attr->bsf_octowords);
	MLX5_SET(mkc, mkc, bsf_octword_size, attr->bsf_octowords);
	MLX5_SET(mkc, mkc, mkey_7_0, attr->variant);
	MLX5_SET64(mkc, mkc, start_addr, attr->start);
	MLX5_SET64(mkc, mkc, len, attr->len);
	MLX5_SET(mkc, mkc, log_page_size, attr->page_shift);
	MLX5_SET(mkc, mkc, translations_octword_size, attr->octowords);
	MLX5_SET(mkc, mkc, pcie_tph_en, attr->tph);
	MLX5_SET(mkc, mkc, pcie_tph_ph, attr->ph);
	MLX5_SET(mkc, mkc, pcie_tph_steering_tag_index, attr->st_index);
}

void guest_put_klms(void *to, const struct guest_klm *klms, uint32_t count)
{
	struct mlx5_klm *klm = to;

	for (uint32_t i = 0; i < count; i++)
		klm[i] = (struct mlx5_klm){
			.bcount = cpu_to_be32(klms[i].len),
			.key = cpu_to_be32(klms[i].key),
			.va = cpu_to_be64(klms[i].va),
		};
}

uint8_t guest_try_mkey(struct guest *guest, const struct guest_mkey *attr, uint32_t *key)
{
	uint32_t octowords = (attr->num_pages + 1) / 2 + attr->num_klms;
	size_t in_len = MLX5_ST_SZ_BYTES(create_mkey_in) + octowords * MKEY_OCTOWORD;
	uint8_t *in = calloc(1, in_len);
	uint8_t out[MLX5_ST_SZ_BYTES(create_mkey_out)] = { 0 };
	__be64 *pas = MLX5_ADDR_OF(create_mkey_in, in, klm_pas_mtt);
	uint8_t status;

	assert_non_null(in);
	MLX5_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
	mkey_context(attr, MLX5_ADDR_OF(create_mkey_in, in, memory_key_mkey_entry));
	MLX5_SET(create_mkey_in, in, translations_octword_actual_size, octowords);
	for (uint32_t i = 0; i < attr->num_pages; i++)
		pas[i] = cpu_to_be64(attr->pages[i]);
	guest_put_klms(pas, attr->klms, attr->num_klms);
	status = guest_try(guest, in, in_len, out, sizeof(out));
	free(in);
	*key = MLX5_GET(create_mkey_out, out, mkey_index) << 8 | attr->variant;
	return status;
}

uint32_t guest_mkey(struct guest *guest, const struct guest_mkey *attr)
{
	uint32_t key;

	assert_int_equal(guest_try_mkey(guest, attr, &key), MLX5_CMD_STAT_OK);
	return key;
}

uint32_t guest_mr(struct guest *guest, uint64_t address, uint64_t len, uint8_t access)
{
	uint32_t count = (address % GUEST_PAGE + len + GUEST_PAGE - 1) / GUEST_PAGE;
	uint64_t *pages = calloc(count, sizeof(*pages));
	uint32_t key;

	assert_non_null(pages);
	for (uint32_t i = 0; i < count; i++)
		pages[i] = (address & ~(GUEST_PAGE - 1)) + i * GUEST_PAGE;
	key = guest_mkey(guest, &(struct guest_mkey){
					.pd = guest->pd,
					.access = access,
					.variant = 0x42,
					.page_shift = 12,
					.start = address,
					.len = len,
					.octowords = (count + 1) / 2,
					.pages = pages,
					.num_pages = count,
				});
	free(pages);
	return key;
}
