// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/mkey.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/limits.h"
#include "connectx/command/pd.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/signature.h"
#include "util/range.h"

/* How much memory of this model an entry takes. */
static size_t mkey_xlt_size(const struct mkey *mkey)
{
	return mkey_is_indirect(mkey) ? sizeof(*mkey->klm) : sizeof(*mkey->xlt);
}

static void mkey_free(struct mkey_table *table, struct mkey *mkey)
{
	table->xlt_bytes -= mkey->entries * mkey_xlt_size(mkey);
	cx_table_remove(&table->keys, mkey_index(mkey));
	if (mkey->umem_users)
		(*mkey->umem_users)--;
	if (mkey->signature) {
		table->xlt_bytes -= sizeof(*mkey->signature);
		table->signatures--;
	}
	free(mkey->signature);
	free(mkey->xlt);
	free(mkey);
}

void mkey_clear(struct connectx *nic)
{
	struct mkey_table *table = &nic->memory->mkeys;
	uint32_t cursor = 0;
	struct mkey *mkey;

	while ((mkey = cx_table_next(&table->keys, &cursor)))
		mkey_free(table, mkey);
}

static int mkey_alloc_xlt(struct mkey_table *table, struct mkey *mkey)
{
	uint64_t bytes = (uint64_t)mkey->octowords * MKEY_OCTOWORD;
	uint64_t entries;

	mkey->xlt = NULL;
	mkey->entries = 0;
	mkey->summed = 0;
	if (!bytes || mkey->mode == MKEY_MODE_PA)
		return 0;
	/* drivers load whole units even if they have asked for fewer entries */
	bytes = (bytes + MKEY_XLT_ALIGN - 1) & ~(uint64_t)(MKEY_XLT_ALIGN - 1);
	entries = bytes / mkey_entry_size(mkey);
	bytes = entries * mkey_xlt_size(mkey);
	if (bytes > CX_MAX_XLT_BYTES - table->xlt_bytes)
		return -EDQUOT;
	mkey->xlt = calloc(entries, mkey_xlt_size(mkey));
	if (!mkey->xlt)
		return -ENOMEM;
	mkey->entries = entries;
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

int mkey_add_signature(struct mkey_table *table, struct mkey *mkey)
{
	if (sizeof(*mkey->signature) > CX_MAX_XLT_BYTES - table->xlt_bytes)
		return -EDQUOT;
	mkey->signature = calloc(1, sizeof(*mkey->signature));
	if (!mkey->signature)
		return -ENOMEM;
	mkey->signature->enabled = true;
	table->xlt_bytes += sizeof(*mkey->signature);
	table->signatures++;
	return 0;
}

void mkey_remove(struct mkey_table *table, struct mkey *mkey)
{
	mkey->pd->users--;
	if (mkey->memic)
		mkey->memic->users--;
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

enum mkey_status mkey_check(const struct mkey_table *table, uint32_t key,
			    const struct mkey_use *use, uint64_t va, uint64_t len,
			    struct mkey **result)
{
	struct mkey *mkey = mkey_find(table, key >> 8);

	*result = NULL;
	if (key == MKEY_NULL)
		return MKEY_OK;
	if (!mkey || mkey->key != key || mkey->free)
		return MKEY_BAD_KEY;
	if (use->pd && mkey->pd != use->pd)
		return MKEY_BAD_PD;
	if ((mkey->access & use->access) != use->access)
		return MKEY_BAD_ACCESS;
	if (mkey->qpn != MKEY_QPN_ANY && mkey->qpn != use->qpn)
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
	if (mkey->mode == MKEY_MODE_MEMIC) {
		*address = mkey->memic_address + va;
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

/*
 * A window grants remote rights, on memory that its owner may access. So on the keys below it,
 * local rights are what must be checked.
 */
static uint8_t mkey_access_below(uint8_t access)
{
	return (access & (MKEY_LOCAL_READ | MKEY_REMOTE_READ) ? MKEY_LOCAL_READ : 0) |
	       (access & (MKEY_LOCAL_WRITE | MKEY_REMOTE_WRITE | MKEY_REMOTE_ATOMIC) ?
			MKEY_LOCAL_WRITE :
			0);
}

enum mkey_status mkey_resolve(const struct mkey_table *table, uint32_t key,
			      const struct mkey_use *use, uint64_t va, uint64_t len, bool write,
			      struct mkey_place *place)
{
	struct mkey_use below = *use;
	enum mkey_status status;
	uint64_t present;

	*place = (struct mkey_place){ .key = key, .va = va, .len = len };
	for (unsigned int depth = 0;; depth++) {
		struct mkey *mkey;

		status = mkey_check(table, place->key, &below, place->va, place->len, &mkey);
		if (status != MKEY_OK)
			return status;
		/* a signature applies to what its own key accesses, not to keys that lead to it */
		if (depth && mkey && signature_find(table, place->key))
			return MKEY_BAD_KEY;
		place->mkey = mkey;
		if (!mkey)
			return MKEY_OK;
		if (!mkey_is_indirect(mkey))
			break;
		if (depth == CX_MAX_INDIRECTION)
			return MKEY_BAD_KEY;
		below.pd = mkey->pd;
		below.access = mkey_access_below(below.access);
		status = mkey_follow(mkey, place);
		if (status != MKEY_OK)
			return status;
	}
	present = mkey_translate(place->mkey, place->va, place->len, write, &place->address);
	if (!present)
		return MKEY_NOT_PRESENT;
	place->len = present;
	return MKEY_OK;
}

int mkey_load(struct mkey *mkey, uint64_t first, uint64_t count, const void *list, uint64_t flags)
{
	const char *from = list;

	if (!range_within(first, count, mkey->entries))
		return -ERANGE;
	if (mkey_is_indirect(mkey)) {
		mkey_load_klm(mkey, first, count, list);
		return 0;
	}
	for (uint64_t i = 0; i < count; i++, from += MKEY_MTT_SIZE) {
		uint64_t *ptag = &mkey->xlt[first + i];
		uint64_t value;

		memcpy(&value, from, sizeof(value));
		value = be64toh(value) | flags;
		/*
		 * large regions may have few pages present: do not write zeros, so that they take
		 * no memory
		 */
		if (*ptag != value)
			*ptag = value;
	}
	return 0;
}
