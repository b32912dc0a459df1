/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory keys: which bytes, at which bus addresses, a work request may touch, and with which TLP
 * processing hints. The layout of a key's context is struct mlx5_ifc_mkc_bits of the kernel.
 *
 * A key is 32 bits: the index that the device chose (31:8) and the variant that the driver chose
 * (7:0). Every use names both, so that a key which was freed and handed out again is not mistaken
 * for its predecessor.
 *
 * A direct key leads to bus addresses. An indirect one leads to pieces of other keys, of the same
 * protection domain: memory windows, layouts that a program puts together, the parts of a whole
 * address space. What it leads to is looked up at each use, and must admit it then.
 *
 * All of it belongs to the engine's thread.
 */
#ifndef CONNECTX_MKEY_H
#define CONNECTX_MKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectx/command/cmd.h"
#include "connectx/command/table.h"

struct domain;
struct memic_range;
struct signature;

/* Rights, of a key and asked for by an access. */
enum mkey_access {
	MKEY_LOCAL_READ = 1 << 0,
	MKEY_LOCAL_WRITE = 1 << 1,
	MKEY_REMOTE_READ = 1 << 2,
	MKEY_REMOTE_WRITE = 1 << 3,
	MKEY_REMOTE_ATOMIC = 1 << 4,
};

/* What a translation entry permits: the low bits of an MTT (struct mlx5_ifc_mtt_bits). */
#define MKEY_PTAG_READ		0x1ULL
#define MKEY_PTAG_WRITE		0x2ULL
#define MKEY_PTAG_PRESENT	(MKEY_PTAG_READ | MKEY_PTAG_WRITE)
#define MKEY_PTAG_ADDRESS	(~0x7ULL)

enum mkey_mode {
	MKEY_MODE_PA,    /* addresses are bus addresses */
	MKEY_MODE_MTT,   /* a list of pages of one size */
	MKEY_MODE_KLM,   /* a list of pieces of other keys, one behind the other */
	MKEY_MODE_KSM,   /* the same, all pieces of one size */
	MKEY_MODE_MEMIC, /* memory of the device */
};

/* The answer to an access; what the verbs call it depends on which side asked. */
enum mkey_status {
	MKEY_OK,
	MKEY_BAD_KEY,     /* no such key, another variant, or free */
	MKEY_BAD_PD,      /* of another protection domain */
	MKEY_BAD_ACCESS,  /* right not granted */
	MKEY_BAD_RANGE,   /* not within [start, start + length) */
	MKEY_NOT_PRESENT, /* permitted, but the page has no translation now */
};

/* TLP processing hints, as they were fixed when the key was created. */
struct mkey_tph {
	bool enabled;     /* pcie_tph_en */
	uint8_t ph;       /* pcie_tph_ph, 0-3 */
	uint8_t st_index; /* pcie_tph_steering_tag_index */
};

/* Who uses a key, and for what. */
struct mkey_use {
	const struct domain *pd; /* NULL: the driver's UMR queue, which may use all keys */
	uint32_t qpn;            /* a key may be bound to one QP */
	uint8_t access;          /* enum mkey_access */
};

/*
 * One octoword holds two MTTs or one KLM; loads work in units of four octowords
 * (MLX5_UMR_FLEX_ALIGNMENT).
 */
#define MKEY_OCTOWORD		16
#define MKEY_MTT_SIZE		8
#define MKEY_KLM_SIZE		16
#define MKEY_XLT_ALIGN		64

/* One entry of an indirect key: struct mlx5_klm, or a part of a strided block (mkey_indirect.c). */
struct mkey_klm {
	uint64_t va;
	uint64_t end; /* bytes up to here, from the start of the list; valid below mkey->summed */
	uint32_t key;
	uint32_t len;
};

struct mkey {
	uint32_t key; /* index << 8 | variant */
	struct domain *pd;
	uint64_t start; /* I/O virtual address of the first byte */
	uint64_t len;   /* bytes; means nothing with unlimited */
	union {         /* by mode; host byte order; NULL without entries */
		uint64_t *xlt;
		struct mkey_klm *klm;
	};
	uint32_t entries;
	uint32_t summed;           /* KLM: entries whose end is known */
	uint32_t qpn;              /* the only QP that may use it; MKEY_QPN_ANY */
	uint32_t octowords;        /* translations_octword_size, as the driver asked for it */
	uint8_t access;            /* enum mkey_access */
	uint8_t mode;              /* enum mkey_mode */
	uint8_t page_shift;        /* log_page_size, 0-63; KSM: of a piece */
	struct memic_range *memic; /* MKEY_MODE_MEMIC: holds it */
	uint64_t memic_address;    /* in BAR0, of the first byte; start is 0 then */
	bool unlimited;            /* length64: all 2^64 bytes */
	bool free;                 /* "free": exists, but may not be used */
	bool umr;                  /* umr_en: may be changed by UMR */
	bool remote_invalidate;    /* en_rinval */
	bool relaxed_write, relaxed_read;
	struct signature *signature; /* of a key with room for a BSF (signature.h); else NULL */
	struct mkey_tph tph;
	uint16_t uid;         /* whose it is (uctx.h); the index of the table has it, too */
	uint32_t *umem_users; /* of the umem that its pages are in (umem.h); NULL: in none */
};

struct mkey_table {
	struct cx_table keys; /* struct mkey */
	uint64_t xlt_bytes;   /* memory of all translation lists and signatures, in the registry */
	uint64_t signatures;  /* keys with room for a BSF */
};

/*
 * The lowest index handed out. The few below stay unused: key 0x100 (index 1) ends a scatter list,
 * and a zeroed segment names key 0.
 */
#define MKEY_FIRST_INDEX	16

/* The null key: reading it gives zeros, what is written to it is lost. */
#define MKEY_NULL		0x300

#define MKEY_QPN_ANY		0xffffff

/** mkey_clear() - free all keys; domains do not count them any more. */
void mkey_clear(struct connectx *nic);

/**
 * mkey_add() - put a copy of @proto into the table, with none of its translations present.
 * @proto: its index, xlt and entries are the table's choice; its PD gains a user
 *
 * Return: the key, or NULL with errno ENOSPC (no index left), EDQUOT (translation lists beyond the
 * limit) or ENOMEM.
 */
struct mkey *mkey_add(struct mkey_table *table, const struct mkey *proto);

/**
 * mkey_add_signature() - make room for a BSF in @mkey, which mkey_add() has just added.
 *
 * Return: 0, -EDQUOT or -ENOMEM, as mkey_add().
 */
int mkey_add_signature(struct mkey_table *table, struct mkey *mkey);

/** mkey_remove() - free @mkey; its PD loses a user. */
void mkey_remove(struct mkey_table *table, struct mkey *mkey);

/** mkey_set_pd() - move @mkey to another protection domain. */
void mkey_set_pd(struct mkey *mkey, struct domain *pd);

/** mkey_find() - Return: the key with this index, whatever its variant and state, or NULL. */
static inline struct mkey *mkey_find(const struct mkey_table *table, uint32_t index)
{
	return cx_table_get(&table->keys, index);
}

static inline uint32_t mkey_index(const struct mkey *mkey)
{
	return mkey->key >> 8;
}

/** mkey_is_indirect() - Return: whether @mkey leads to other keys. */
static inline bool mkey_is_indirect(const struct mkey *mkey)
{
	return mkey->mode == MKEY_MODE_KLM || mkey->mode == MKEY_MODE_KSM;
}

/** mkey_entry_size() - Return: bytes of an entry in the lists that drivers write for @mkey. */
static inline uint32_t mkey_entry_size(const struct mkey *mkey)
{
	return mkey_is_indirect(mkey) ? MKEY_KLM_SIZE : MKEY_MTT_SIZE;
}

/**
 * mkey_check() - may @key be used for [va, va + len)?
 * @mkey: set with MKEY_OK only; NULL for the null key
 *
 * Of an indirect key, the keys it leads to are not looked at.
 *
 * Return: any status but MKEY_NOT_PRESENT.
 */
enum mkey_status mkey_check(const struct mkey_table *table, uint32_t key,
			    const struct mkey_use *use, uint64_t va, uint64_t len,
			    struct mkey **mkey);

/* A piece of memory behind a key. */
struct mkey_place {
	struct mkey *mkey; /* direct; NULL: the null key */
	uint32_t key;      /* its key */
	uint64_t va;       /* in it */
	uint64_t address;  /* on the bus, unless it is the null key */
	uint64_t len;      /* bytes, all of them contiguous */
};

/**
 * mkey_resolve() - where the bytes at @va of @key are.
 * @len: bytes wanted; what is found may be shorter, but not empty
 * @write: direction, as pages may be present for reading only
 * @place: with MKEY_NOT_PRESENT, all but the address is set: what to ask the driver for
 *
 * Return: any status; MKEY_BAD_KEY also where keys lead to keys too often (max_indirection).
 */
enum mkey_status mkey_resolve(const struct mkey_table *table, uint32_t key,
			      const struct mkey_use *use, uint64_t va, uint64_t len, bool write,
			      struct mkey_place *place);

/**
 * mkey_follow() - one step from an indirect key to the next.
 * @place: where to go on; its key, va and len are replaced, its len at most lowered
 *
 * Return: MKEY_OK or MKEY_BAD_RANGE.
 */
enum mkey_status mkey_follow(struct mkey *mkey, struct mkey_place *place);

/**
 * mkey_translate() - the bus address of @va of a direct key, which mkey_check() has admitted.
 * @write: direction, as entries may be present for reading only
 *
 * Return: how many bytes follow at consecutive addresses, at most @len; 0 when the page is not
 * present for this direction.
 */
uint64_t mkey_translate(const struct mkey *mkey, uint64_t va, uint64_t len, bool write,
			uint64_t *address);

/**
 * mkey_load() - overwrite entries [first, first + count) of the translation list.
 * @list: big endian MTTs or KLMs, mkey_entry_size() bytes each
 * @flags: MKEY_PTAG_* bits to set in each MTT
 *
 * Return: 0, or -ERANGE if they are not all within the list.
 */
int mkey_load(struct mkey *mkey, uint64_t first, uint64_t count, const void *list, uint64_t flags);

/** mkey_load_klm() - the same for indirect keys; the range is within the list. */
void mkey_load_klm(struct mkey *mkey, uint64_t first, uint64_t count, const void *list);

/** mkey_dump_klm() - write entry @index as drivers do: MKEY_KLM_SIZE bytes at @to. */
void mkey_dump_klm(const struct mkey *mkey, uint32_t index, void *to);

/** mkey_context_access() - Return: the enum mkey_access bits of a struct mlx5_ifc_mkc_bits. */
uint8_t mkey_context_access(const void *mkc);

cmd_handler mkey_create, mkey_destroy, mkey_query;

#endif
