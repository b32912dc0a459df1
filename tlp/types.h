/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What encoders and decoders of every mode have to know of a type. Private to this folder. */
#ifndef TLP_TYPES_H
#define TLP_TYPES_H

#include "tlp.h"

#define TLP_DW 4	/* bytes */
#define TLP_ALL_BYTES 0xf	/* byte enables of a whole DW */

enum tlp_type_flags {
	TLP_F_DATA = 1 << 0,
	TLP_F_POSTED = 1 << 1,
	TLP_F_CPL = 1 << 2,
	TLP_F_ATOMIC = 1 << 3, /* byte enables are reserved (2.2.7.1) */
	TLP_F_64 = 1 << 4,     /* 64-bit address */
	TLP_F_READ = 1 << 5,   /* asks for data: Length says how much */
	/* For types that struct tlp cannot represent: */
	TLP_F_SHARED = 1 << 6,    /* only what all requests share is decoded */
	TLP_F_NO_ID = 1 << 7,     /* not even the Requester ID is where other requests have it */
	TLP_F_FLIT_ONLY = 1 << 8, /* the number means nothing outside of flit mode */
	TLP_F_CFG = 1 << 9,       /* routed by the ID in its third DW */
	TLP_F_MSG = 1 << 10,
	TLP_F_IO = 1 << 11,
};

struct tlp_type_info {
	const char *name;
	uint8_t base_dw; /* size of the header without OHC or prefixes */
	uint16_t flags;  /* enum tlp_type_flags */
};

/* NULL if @type is none of enum tlp_type */
const struct tlp_type_info *tlp_type_info(unsigned int type);

/* The same with those that are decoded in part; NULL if @type has no name */
const struct tlp_type_info *tlp_named_type_info(unsigned int type);

/* The rules for length, byte enables and address that hold in every mode; TLP_OK or the error */
enum tlp_error tlp_check(const struct tlp *tlp, const struct tlp_type_info *info);

/* For encoders: whether every field is in its range, and tlp_check() */
enum tlp_error tlp_check_fields(const struct tlp *tlp, const struct tlp_type_info *info);

/* For encoders: the payload behind the @header bytes at @buf that are there; TLP_OK or the error */
enum tlp_error tlp_append_payload(const struct tlp *tlp, void *buf, size_t size, size_t header,
				  size_t *encoded);

/* As tlp_encode_address() */
void tlp_flit_encode_address(const struct tlp *tlp, void *header);
void tlp_nonflit_encode_address(const struct tlp *tlp, void *header);

/*
 * For tlp_view(): the fields of @view->tlp, and the PASID, from the header at @header, whole:
 * where bytes of it are not at hand there are zeroes.
 */
void tlp_flit_get_fields(const uint8_t *header, const struct tlp_flit_layout *layout,
			 struct tlp_view *view);
void tlp_nonflit_get_fields(const uint8_t *header, const struct tlp_nonflit_layout *layout,
			    struct tlp_view *view);

struct tlp_cursor {
	uint8_t *at;
};

/* DWs as the specification numbers their bits: byte 0 is bits 31:24. */
static inline void tlp_put_dw(struct tlp_cursor *out, uint32_t dw)
{
	out->at[0] = dw >> 24;
	out->at[1] = dw >> 16;
	out->at[2] = dw >> 8;
	out->at[3] = dw;
	out->at += TLP_DW;
}

/* The last one or two DWs of a memory request; @low is for the bits that addresses leave free. */
static inline void tlp_put_address(struct tlp_cursor *out, uint64_t address, uint8_t low)
{
	if (address > UINT32_MAX)
		tlp_put_dw(out, address >> 32);
	tlp_put_dw(out, (uint32_t)address | low);
}

static inline uint32_t tlp_get_dw(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

#endif
