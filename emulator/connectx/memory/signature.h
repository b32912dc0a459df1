/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Block signatures: memory keys whose data have a signature (a guard, of T10-DIF also tags) behind
 * each block, in memory, on the wire or both. What the domains have is in the key's BSF (struct
 * mlx5_bsf), which a UMR writes. Reading the key checks what is in memory and gives what the wire
 * shall have; writing does it the other way round. A mismatch stops nothing: it is kept with the
 * key, and told by a CQE when the message is over.
 *
 * Lengths in requests and receives count bytes of memory, without the signatures if only memory has
 * them. Once signature_lengths() has been at them, and in RDMA requests from others always, they
 * are those of the wire.
 */
#ifndef CONNECTX_SIGNATURE_H
#define CONNECTX_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/mlx5/device.h>

#include "connectx/memory/block_guard.h"

struct access;
struct access_span;
struct access_stop;
struct connectx;
struct mkey;
struct mkey_table;
struct wqe_data;

/* Over the layout of the same name without _signatures, where the kernel's header has no names. */
struct mlx5_ifc_cmd_hca_cap_signatures_bits {
	u8 reserved_at_0[0x147];
	u8 sig_crc64_xp10[0x1];
	u8 sig_crc32c[0x1];
	u8 reserved_at_149[0xa7];
	u8 sig_block_4048[0x1];
	u8 reserved_at_1f1[0x28f];
	u8 sigerr_domain_and_sig_type[0x1];
	u8 reserved_at_481[0x1f];
};

#define BSF_SIZE		64	/* struct mlx5_bsf */
#define SIGNATURE_BLOCK_MAX	4160
#define SIGNATURE_FIELD_MAX	8

/* One of the domains. */
struct signature_domain {
	enum guard_kind kind; /* GUARD_NONE: it has no signatures */
	uint16_t block;       /* bytes of data before each; only with a kind, as what follows */
	uint8_t field;        /* bytes of the signature: 4 or 8 */
	uint8_t escape;       /* MLX5_BSF_APPTAG_ESCAPE or MLX5_BSF_APPREF_ESCAPE, or 0 */
	bool count;           /* the reference tag counts the blocks */
	uint16_t app_mask;    /* bits of the application tag that are checked */
	uint16_t app;
	uint32_t ref; /* of the first block */
	uint32_t psv;
};

/* A BSF. */
struct signature_format {
	struct signature_domain mem, wire;
	uint8_t check; /* bytes of a signature that are checked; bit 7 is the first byte */
	uint8_t copy;  /* bytes that are passed on as they came; the same order */
};

/* The first mismatch that was found. */
struct signature_error {
	uint16_t syndrome;         /* SIGNATURE_BAD_* */
	bool memory;               /* in memory; else on the wire */
	uint64_t expected, actual; /* the signatures; shorter ones in the upper bits */
	uint64_t offset;           /* of the block in its domain */
};

#define SIGNATURE_BAD_REF	(1 << 11)
#define SIGNATURE_BAD_APP	(1 << 12)
#define SIGNATURE_BAD_GUARD	(1 << 13)

/* What a key with room for a BSF has of its own. */
struct signature {
	struct signature_format format;
	bool enabled;  /* bsf_en */
	bool expected; /* expected_sigerr_count */
	bool failed;   /* since the driver last set that; only the first error is told */
	bool untold;
	struct signature_error error;
	/* the block on its way out, and the one coming in: bytes [from, end) of it are there */
	uint8_t out[SIGNATURE_BLOCK_MAX + SIGNATURE_FIELD_MAX];
	uint8_t in[SIGNATURE_BLOCK_MAX + SIGNATURE_FIELD_MAX];
	uint64_t in_unit;
	uint32_t in_from, in_end;
};

/**
 * signature_parse() - unpack a BSF.
 * @bsf: BSF_SIZE bytes
 *
 * Return: false where it asks for what this model does not have: other sizes of BSFs or blocks,
 * transaction signatures, encryption.
 */
bool signature_parse(struct signature_format *format, const void *bsf);

/** signature_set() - give @signature a new format; what was coming in is dropped. */
void signature_set(struct signature *signature, const struct signature_format *format);

/** signature_find() - Return: the key @key, if accesses to it are to be transformed, or NULL. */
struct mkey *signature_find(const struct mkey_table *table, uint32_t key);

/** signature_wire_len() - Return: bytes on the wire of the first @len that a request counts. */
uint64_t signature_wire_len(const struct signature_format *format, uint64_t len);

/** signature_memory_len() - Return: bytes of memory behind the first @wire bytes of the wire. */
uint64_t signature_memory_len(const struct signature_format *format, uint64_t wire);

/**
 * signature_lengths() - from a WQE's lengths and addresses to those of the wire.
 * @total: the sum of lengths, before and after
 *
 * Return: false if the sum is beyond what a message can have.
 */
bool signature_lengths(const struct connectx *nic, struct wqe_data *data, uint8_t num,
		       uint32_t *total);

/**
 * signature_map() - as access_map(), but of what the wire sees at @va.
 * @mkey: the key of @access, from signature_find()
 *
 * What is written to the span goes to memory with signature_written().
 */
bool signature_map(const struct access *access, struct mkey *mkey, uint64_t va, uint64_t len,
		   bool write, struct access_span *span, struct access_stop *stop);

/**
 * signature_written() - the first @len bytes of the span that has just been mapped are there.
 * @last: the message has no more for this key
 */
void signature_written(const struct access *access, struct mkey *mkey, uint32_t len, bool last);

#endif
