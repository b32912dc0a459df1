/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory keys: which bytes, at which bus addresses, a work request may touch, and with which TLP
 * processing hints. The layout of a key's context is struct mlx5_ifc_mkc_bits of the kernel.
 *
 * A key is 32 bits: the index that the device chose (31:8) and the variant that the driver chose
 * (7:0). Every use names both, so that a key which was freed and handed out again is not mistaken
 * for its predecessor.
 *
 * All of it belongs to the engine's thread.
 */
#ifndef CONNECTX_MKEY_H
#define CONNECTX_MKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rights, of a key and asked for by an access. */
enum mkey_access {
	MKEY_LOCAL_READ		= 1 << 0,
	MKEY_LOCAL_WRITE	= 1 << 1,
	MKEY_REMOTE_READ	= 1 << 2,
	MKEY_REMOTE_WRITE	= 1 << 3,
	MKEY_REMOTE_ATOMIC	= 1 << 4,
};

/* What a translation entry permits: the low bits of an MTT (struct mlx5_ifc_mtt_bits). */
#define MKEY_PTAG_READ		0x1ULL
#define MKEY_PTAG_WRITE		0x2ULL
#define MKEY_PTAG_PRESENT	(MKEY_PTAG_READ | MKEY_PTAG_WRITE)
#define MKEY_PTAG_ADDRESS	(~0x7ULL)

enum mkey_mode {
	MKEY_MODE_PA,	/* addresses are bus addresses */
	MKEY_MODE_MTT,	/* a list of pages of one size */
};

/* The answer to an access; what the verbs call it depends on which side asked. */
enum mkey_status {
	MKEY_OK,
	MKEY_BAD_KEY,		/* no such key, another variant, or free */
	MKEY_BAD_PD,		/* of another protection domain */
	MKEY_BAD_ACCESS,	/* right not granted */
	MKEY_BAD_RANGE,		/* not within [start, start + length) */
	MKEY_NOT_PRESENT,	/* permitted, but the page has no translation now */
};

/* TLP processing hints, as they were fixed when the key was created. */
struct mkey_tph {
	bool enabled;		/* pcie_tph_en */
	uint8_t ph;		/* pcie_tph_ph, 0-3 */
	uint8_t st_index;	/* pcie_tph_steering_tag_index */
};

/* One octoword holds two MTTs; loads work in units of four octowords (MLX5_UMR_FLEX_ALIGNMENT). */
#define MKEY_OCTOWORD		16
#define MKEY_MTT_SIZE		8
#define MKEY_XLT_ALIGN		64

struct mkey {
	uint32_t key;		/* index << 8 | variant */
	uint32_t pd;
	uint64_t start;		/* I/O virtual address of the first byte */
	uint64_t len;		/* bytes; means nothing with unlimited */
	uint64_t *xlt;		/* host byte order; NULL without entries */
	uint32_t entries;	/* in xlt */
	uint32_t qpn;		/* 0xffffff: any */
	uint32_t octowords;	/* translations_octword_size, as the driver asked for it */
	uint8_t access;		/* enum mkey_access */
	uint8_t mode;		/* enum mkey_mode */
	uint8_t page_shift;	/* log_page_size, 0-63 */
	bool unlimited;		/* length64: all 2^64 bytes */
	bool free;		/* "free": exists, but may not be used */
	bool umr;		/* umr_en: may be changed by UMR */
	bool remote_invalidate;	/* en_rinval */
	bool relaxed_write, relaxed_read;
	struct mkey_tph tph;
};

struct mkey_slot {
	struct mkey *mkey;	/* NULL: unused */
	uint32_t next_free;
};

struct mkey_table {
	struct mkey_slot *slots;
	uint32_t size;		/* slots allocated; indices below it may exist */
	uint32_t limit;		/* indices are below it */
	uint32_t first_free;	/* 0: no slot to reuse */
	uint32_t next_new;	/* lowest index never used */
	uint32_t count;		/* keys that exist */
	uint64_t xlt_bytes;	/* memory of all translation lists */
	uint64_t xlt_limit;
};

/*
 * @log_max: log2 of the number of indices, at most 24 (a key has 24 bits of index).
 * @xlt_limit: bytes that all translation lists together may take.
 */
void mkey_table_init(struct mkey_table *table, unsigned int log_max, uint64_t xlt_limit);

/* Frees all keys; for a reset of the function. The table can be used again. */
void mkey_table_clear(struct mkey_table *table);

/*
 * Put a copy of @proto into the table, under an index of the table's choice, with room for its
 * octowords of translations, none of them present. Only the variant of proto->key counts.
 * Returns NULL with errno ENOSPC (no index left), EDQUOT (translation lists beyond the limit) or
 * ENOMEM.
 */
struct mkey *mkey_create(struct mkey_table *table, const struct mkey *proto);

void mkey_destroy(struct mkey_table *table, struct mkey *mkey);

/* The key with this index, whatever its variant and state; NULL if there is none. */
struct mkey *mkey_by_index(const struct mkey_table *table, uint32_t index);

static inline uint32_t mkey_index(const struct mkey *mkey)
{
	return mkey->key >> 8;
}

/*
 * May @key be used with @access (enum mkey_access) for [va, va + len) in protection domain @pd?
 * Sets @mkey with MKEY_OK only. Never returns MKEY_NOT_PRESENT.
 */
enum mkey_status mkey_check(const struct mkey_table *table, uint32_t key, uint32_t pd,
			    uint8_t access, uint64_t va, uint64_t len, struct mkey **mkey);

/*
 * The bus address of @va, which mkey_check() has admitted.
 * Returns how many bytes follow at consecutive addresses, at most @len, or 0 when the page is not
 * present for this direction.
 */
uint64_t mkey_translate(const struct mkey *mkey, uint64_t va, uint64_t len, bool write,
			uint64_t *address);

/*
 * Overwrite entries [first, first + count) with the big endian MTTs at @list.
 * Returns 0, or -ERANGE if they are not all within the list.
 */
int mkey_load(struct mkey *mkey, uint64_t first, uint64_t count, const void *list);

#endif
