/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#include "connectx/mkey.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/*
 * Keys below this index are never handed out: 0x100, index 1, ends a scatter list, and a zeroed
 * segment names key 0.
 */
#define MKEY_FIRST_INDEX	16
#define MKEY_MIN_SLOTS		256

void mkey_table_init(struct mkey_table *table, unsigned int log_max, uint64_t xlt_limit)
{
	*table = (struct mkey_table){
		.limit = 1u << log_max,
		.next_new = MKEY_FIRST_INDEX,
		.xlt_limit = xlt_limit,
	};
}

void mkey_table_clear(struct mkey_table *table)
{
	for (uint32_t i = 0; i < table->size; i++)
		if (table->slots[i].mkey)
			mkey_destroy(table, table->slots[i].mkey);
	free(table->slots);
	table->slots = NULL;
	table->size = 0;
	table->first_free = 0;
	table->next_new = MKEY_FIRST_INDEX;
}

static int mkey_table_grow(struct mkey_table *table)
{
	uint32_t size = table->size ? table->size * 2 : MKEY_MIN_SLOTS;
	struct mkey_slot *slots;

	if (size > table->limit)
		size = table->limit;
	if (size <= table->next_new)
		return -ENOSPC;
	slots = realloc(table->slots, size * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	memset(slots + table->size, 0, (size - table->size) * sizeof(*slots));
	table->slots = slots;
	table->size = size;
	return 0;
}

/* Returns 0 and the index of an empty slot, still unclaimed, or -errno. */
static int mkey_find_slot(struct mkey_table *table, uint32_t *index)
{
	if (table->first_free) {
		*index = table->first_free;
		return 0;
	}
	if (table->next_new >= table->size) {
		int err = mkey_table_grow(table);

		if (err)
			return err;
	}
	*index = table->next_new;
	return 0;
}

static void mkey_claim_slot(struct mkey_table *table, uint32_t index, struct mkey *mkey)
{
	if (index == table->first_free)
		table->first_free = table->slots[index].next_free;
	else
		table->next_new++;
	table->slots[index].mkey = mkey;
	table->count++;
}

static int mkey_alloc_xlt(struct mkey_table *table, struct mkey *mkey)
{
	uint64_t bytes = (uint64_t)mkey->octowords * MKEY_OCTOWORD;

	mkey->xlt = NULL;
	mkey->entries = 0;
	if (!bytes || mkey->mode != MKEY_MODE_MTT)
		return 0;
	/* drivers load whole units and ask for what they need of them only */
	bytes = (bytes + MKEY_XLT_ALIGN - 1) & ~(uint64_t)(MKEY_XLT_ALIGN - 1);
	if (bytes > table->xlt_limit - table->xlt_bytes)
		return -EDQUOT;
	mkey->entries = bytes / MKEY_MTT_SIZE;
	mkey->xlt = calloc(mkey->entries, sizeof(*mkey->xlt));
	if (!mkey->xlt)
		return -ENOMEM;
	table->xlt_bytes += bytes;
	return 0;
}

struct mkey *mkey_create(struct mkey_table *table, const struct mkey *proto)
{
	struct mkey *mkey;
	uint32_t index;
	int err;

	err = mkey_find_slot(table, &index);
	if (err)
		goto fail;
	mkey = malloc(sizeof(*mkey));
	if (!mkey) {
		err = -ENOMEM;
		goto fail;
	}
	*mkey = *proto;
	err = mkey_alloc_xlt(table, mkey);
	if (err) {
		free(mkey);
		goto fail;
	}
	mkey->key = index << 8 | (proto->key & 0xff);
	mkey_claim_slot(table, index, mkey);
	return mkey;
fail:
	errno = -err;
	return NULL;
}

void mkey_destroy(struct mkey_table *table, struct mkey *mkey)
{
	uint32_t index = mkey_index(mkey);

	table->xlt_bytes -= (uint64_t)mkey->entries * MKEY_MTT_SIZE;
	table->slots[index] = (struct mkey_slot){ .next_free = table->first_free };
	table->first_free = index;
	table->count--;
	free(mkey->xlt);
	free(mkey);
}

struct mkey *mkey_by_index(const struct mkey_table *table, uint32_t index)
{
	return index < table->size ? table->slots[index].mkey : NULL;
}

static bool mkey_in_range(const struct mkey *mkey, uint64_t va, uint64_t len)
{
	if (mkey->unlimited)
		return len <= UINT64_MAX - va;
	return range_within(va - mkey->start, len, mkey->len);
}

enum mkey_status mkey_check(const struct mkey_table *table, uint32_t key, uint32_t pd,
			    uint8_t access, uint64_t va, uint64_t len, struct mkey **result)
{
	struct mkey *mkey = mkey_by_index(table, key >> 8);

	if (!mkey || mkey->key != key || mkey->free)
		return MKEY_BAD_KEY;
	if (mkey->pd != pd)
		return MKEY_BAD_PD;
	if ((mkey->access & access) != access)
		return MKEY_BAD_ACCESS;
	if (!mkey_in_range(mkey, va, len))
		return MKEY_BAD_RANGE;
	*result = mkey;
	return MKEY_OK;
}

uint64_t mkey_translate(const struct mkey *mkey, uint64_t va, uint64_t len, bool write,
			uint64_t *address)
{
	uint64_t need = write ? MKEY_PTAG_WRITE : MKEY_PTAG_READ;
	uint64_t entry, ptag, page, offset;

	if (mkey->mode == MKEY_MODE_PA) {
		*address = va;
		return len;
	}
	/* entry 0 is the page that start lies in, so both are counted in pages */
	entry = (va >> mkey->page_shift) - (mkey->start >> mkey->page_shift);
	if (entry >= mkey->entries)
		return 0;
	ptag = mkey->xlt[entry];
	if (!(ptag & need))
		return 0;
	page = 1ULL << mkey->page_shift;
	offset = va & (page - 1);
	*address = (ptag & MKEY_PTAG_ADDRESS & ~(page - 1)) | offset;
	return len < page - offset ? len : page - offset;
}

int mkey_load(struct mkey *mkey, uint64_t first, uint64_t count, const void *list)
{
	const char *from = list;

	if (!range_within(first, count, mkey->entries))
		return -ERANGE;
	for (uint64_t i = 0; i < count; i++, from += MKEY_MTT_SIZE) {
		uint64_t ptag;

		memcpy(&ptag, from, sizeof(ptag));
		mkey->xlt[first + i] = be64toh(ptag);
	}
	return 0;
}
