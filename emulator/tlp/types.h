/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What encoders and decoders of every mode have to know of a type. Private to this folder. */
#ifndef TLP_TYPES_H
#define TLP_TYPES_H

#include "tlp.h"

#define TLP_DW 4	/* bytes */

enum tlp_type_flags {
	TLP_F_DATA	= 1 << 0,
	TLP_F_POSTED	= 1 << 1,
	TLP_F_CPL	= 1 << 2,
	TLP_F_ATOMIC	= 1 << 3,	/* byte enables are reserved (2.2.7.1) */
	TLP_F_64	= 1 << 4,	/* 64-bit address */
};

struct tlp_type_info {
	const char *name;
	uint8_t base_dw;	/* size of the header without OHC or prefixes */
	uint8_t flags;		/* enum tlp_type_flags */
};

/* NULL if @type is none of enum tlp_type */
const struct tlp_type_info *tlp_type_info(unsigned int type);

/* The rules for length, byte enables and address that hold in every mode; TLP_OK or the error */
enum tlp_error tlp_check(const struct tlp *tlp, const struct tlp_type_info *info);

#endif
