// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/mkey.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/pd.h"
#include "util.h"

int mkey_table_init(struct mkey_table *table, uint32_t size, uint64_t xlt_limit)
{
	table->xlt_bytes = 0;
	table->xlt_limit = xlt_limit;
	return cx_table_init(&table->keys, MKEY_FIRST_INDEX, size);
}

static void mkey_free(struct mkey_table *table, struct mkey *mkey)
{
	table->xlt_bytes -= (uint64_t)mkey->entries * MKEY_MTT_SIZE;
	cx_table_remove(&table->keys, mkey_index(mkey));
	if (mkey->umem_users)
		(*mkey->umem_users)--;
	free(mkey->xlt);
	free(mkey);
}

void mkey_table_clear(struct mkey_table *table)
{
	uint32_t cursor = 0;
	struct mkey *mkey;

	while ((mkey = cx_table_next(&table->keys, &cursor)))
		mkey_free(table, mkey);
}

void mkey_table_fini(struct mkey_table *table)
{
	mkey_table_clear(table);
	cx_table_fini(&table->keys);
}

static int mkey_alloc_xlt(struct mkey_table *table, struct mkey *mkey)
{
	uint64_t bytes = (uint64_t)mkey->octowords * MKEY_OCTOWORD;

	mkey->xlt = NULL;
	mkey->entries = 0;
	if (!bytes || mkey->mode != MKEY_MODE_MTT)
		return 0;
	/* drivers load whole units, and ask only for what they need of them */
	bytes = (bytes + MKEY_XLT_ALIGN - 1) & ~(uint64_t)(MKEY_XLT_ALIGN - 1);
	if (bytes > table->xlt_limit - table->xlt_bytes)
		return -EDQUOT;
	mkey->xlt = calloc(bytes / MKEY_MTT_SIZE, sizeof(*mkey->xlt));
	if (!mkey->xlt)
		return -ENOMEM;
	mkey->entries = bytes / MKEY_MTT_SIZE;
	table->xlt_bytes += bytes;
	return 0;
}

static int mkey_register(struct mkey_table *table, struct mkey *mkey)
{
	int64_t index;
	int err;

	index = cx_table_add_for(&table->keys, mkey, mkey->uid);
	if (index < 0)
		return -ENOSPC;
	err = mkey_alloc_xlt(table, mkey);
	if (err) {
		cx_table_remove(&table->keys, index);
		return err;
	}
	mkey->key = (uint32_t)index << 8 | (mkey->key & 0xff);
	mkey->pd->users++;
	return 0;
}

struct mkey *mkey_add(struct mkey_table *table, const struct mkey *proto)
{
	struct mkey *mkey = malloc(sizeof(*mkey));
	int err;

	if (!mkey)
		return NULL;
	*mkey = *proto;
	err = mkey_register(table, mkey);
	if (!err)
		return mkey;
	free(mkey);
	errno = -err;
	return NULL;
}

void mkey_remove(struct mkey_table *table, struct mkey *mkey)
{
	mkey->pd->users--;
	mkey_free(table, mkey);
}

void mkey_set_pd(struct mkey *mkey, struct domain *pd)
{
	mkey->pd->users--;
	mkey->pd = pd;
	pd->users++;
}

static bool mkey_in_range(const struct mkey *mkey, uint64_t va, uint64_t len)
{
	if (mkey->unlimited)
		return len <= UINT64_MAX - va;
	return range_within(va - mkey->start, len, mkey->len);
}

enum mkey_status mkey_check(const struct mkey_table *table, uint32_t key, const struct domain *pd,
			    uint8_t access, uint64_t va, uint64_t len, struct mkey **result)
{
	struct mkey *mkey = mkey_find(table, key >> 8);

	if (!mkey || mkey->key != key || mkey->free)
		return MKEY_BAD_KEY;
	if (pd && mkey->pd != pd)
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
	/* entry 0 is the page that start lies in, wherever in it that is */
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

int mkey_load(struct mkey *mkey, uint64_t first, uint64_t count, const void *list, uint64_t flags)
{
	const char *from = list;

	if (!range_within(first, count, mkey->entries))
		return -ERANGE;
	for (uint64_t i = 0; i < count; i++, from += MKEY_MTT_SIZE) {
		uint64_t ptag;

		memcpy(&ptag, from, sizeof(ptag));
		mkey->xlt[first + i] = be64toh(ptag) | flags;
	}
	return 0;
}
