// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Lists of indirect keys. A KLM names a piece of any length, a KSM one of the key's fixed length.
 * Among KLMs there may be strided blocks: a header (struct mlx5_stride_block_ctrl_seg), whose key
 * is no key but says so, and one entry (struct mlx5_stride_block_entry) for each stream that the
 * block takes bytes from in turn.
 */
#include "connectx/memory/mkey.h"

#include <string.h>

#include <linux/mlx5/qp.h>

#define KLM_STRIDED	0x400	/* "op" of the header; such an index is never handed out */
/* As many as fit into a WQE, in which blocks are written. */
#define KLM_MAX_STREAMS	64

static uint32_t strided_cycles(const struct mkey_klm *header)
{
	return header->va >> 32;
}

static uint32_t strided_streams(const struct mkey_klm *header)
{
	return header->va & 0xffff;
}

/*
 * Compute the ends of entries until they pass @offset. A strided block counts as a whole: the
 * entries of its streams have no bytes of their own.
 */
static void klm_sum(struct mkey *mkey, uint64_t offset)
{
	uint64_t end = mkey->summed ? mkey->klm[mkey->summed - 1].end : 0;

	while (mkey->summed < mkey->entries && end <= offset) {
		struct mkey_klm *klm = &mkey->klm[mkey->summed];
		uint32_t rest = mkey->entries - mkey->summed - 1, streams = 0;
		uint64_t bytes = klm->len;

		if (klm->key == KLM_STRIDED) {
			bytes *= strided_cycles(klm);
			streams = strided_streams(klm) < rest ? strided_streams(klm) : rest;
		}
		end = bytes <= UINT64_MAX - end ? end + bytes : UINT64_MAX;
		for (uint32_t i = 0; i <= streams; i++)
			klm[i].end = end;
		mkey->summed += 1 + streams;
	}
}

/* The first entry that ends behind @offset; mkey->entries when none does. */
static uint32_t klm_find(struct mkey *mkey, uint64_t offset)
{
	uint32_t low = 0, high;

	klm_sum(mkey, offset);
	high = mkey->summed;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (mkey->klm[middle].end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low < mkey->summed ? low : mkey->entries;
}

static void place_go(struct mkey_place *place, uint32_t key, uint64_t va, uint64_t len)
{
	place->key = key;
	place->va = va;
	if (place->len > len)
		place->len = len;
}

/* @offset: from the start of the block, within it */
static enum mkey_status klm_follow_strided(const struct mkey *mkey, uint32_t index, uint64_t offset,
					   struct mkey_place *place)
{
	const struct mkey_klm *header = &mkey->klm[index], *stream = header + 1;
	uint64_t cycle = offset / header->len, at = offset % header->len;
	uint32_t streams = strided_streams(header);

	if (streams > KLM_MAX_STREAMS || streams >= mkey->entries - index)
		return MKEY_BAD_RANGE;
	for (; streams; streams--, stream++) {
		uint32_t bytes = stream->len & 0xffff, stride = stream->len >> 16;

		if (at < bytes) {
			place_go(place, stream->key, stream->va + cycle * stride + at, bytes - at);
			return MKEY_OK;
		}
		at -= bytes;
	}
	return MKEY_BAD_RANGE;
}

static enum mkey_status klm_follow(struct mkey *mkey, struct mkey_place *place)
{
	uint64_t offset = place->va - mkey->start;
	uint32_t index = klm_find(mkey, offset);
	const struct mkey_klm *klm;

	if (index == mkey->entries)
		return MKEY_BAD_RANGE;
	klm = &mkey->klm[index];
	offset -= index ? klm[-1].end : 0;
	if (klm->key == KLM_STRIDED)
		return klm_follow_strided(mkey, index, offset, place);
	place_go(place, klm->key, klm->va + offset, klm->len - offset);
	return MKEY_OK;
}

/*
 * As with KLMs, the first piece begins where the key does, whether or not that is a multiple of
 * the size: the addresses of the two have nothing to do with each other.
 */
static enum mkey_status ksm_follow(const struct mkey *mkey, struct mkey_place *place)
{
	uint64_t size = 1ULL << mkey->page_shift;
	uint64_t from_start = place->va - mkey->start;
	uint64_t entry = from_start >> mkey->page_shift, offset = from_start & (size - 1);

	if (entry >= mkey->entries)
		return MKEY_BAD_RANGE;
	place_go(place, mkey->klm[entry].key, mkey->klm[entry].va + offset, size - offset);
	return MKEY_OK;
}

enum mkey_status mkey_follow(struct mkey *mkey, struct mkey_place *place)
{
	if (mkey->mode == MKEY_MODE_KSM)
		return ksm_follow(mkey, place);
	return klm_follow(mkey, place);
}

void mkey_load_klm(struct mkey *mkey, uint64_t first, uint64_t count, const void *list)
{
	const struct mlx5_klm *from = list;

	_Static_assert(sizeof(*from) == MKEY_KLM_SIZE, "as the hardware has it");
	for (uint64_t i = 0; i < count; i++) {
		struct mlx5_klm klm;

		memcpy(&klm, from + i, sizeof(klm));
		mkey->klm[first + i] = (struct mkey_klm){
			.va = be64_to_cpu(klm.va),
			.key = be32_to_cpu(klm.key),
			.len = be32_to_cpu(klm.bcount),
		};
	}
	mkey->summed = 0;
}

void mkey_dump_klm(const struct mkey *mkey, uint32_t index, void *to)
{
	const struct mkey_klm *klm = &mkey->klm[index];
	struct mlx5_klm out = {
		.bcount = cpu_to_be32(klm->len),
		.key = cpu_to_be32(klm->key),
		.va = cpu_to_be64(klm->va),
	};

	memcpy(to, &out, sizeof(out));
}
