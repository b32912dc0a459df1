// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The rules on fields, length, address and byte enables that hold in flit mode and outside it. */
#include <string.h>

#include "types.h"

#define BOUNDARY 4096

void tlp_set_span(struct tlp *tlp, uint64_t address, size_t len)
{
	unsigned int head = address % TLP_DW;
	unsigned int tail = (head + len) % TLP_DW;
	uint8_t first = 0xf << head & 0xf;
	uint8_t last = tail ? (1 << tail) - 1 : 0xf;

	tlp->address = address - head;
	tlp->length = (head + len + TLP_DW - 1) / TLP_DW;
	if (tlp->length == 1) {
		first &= last;
		last = 0;
	}
	tlp->first_be = first;
	tlp->last_be = last;
}

/* Enabled bytes of the first DW reach its end: 1111b, 1110b, 1100b, 1000b. */
static bool reaches_end(uint8_t be)
{
	return be == 0xf || be == 0xe || be == 0xc || be == 0x8;
}

/* Enabled bytes of the last DW start at its beginning. */
static bool starts_at_beginning(uint8_t be)
{
	return be == 0xf || be == 0x7 || be == 0x3 || be == 0x1;
}

/*
 * 2.2.5.1: one DW: the last enables are 0000b and the first are free, 0000b included. More: neither
 * is 0000b, and enabled bytes are contiguous, except for two DWs that are one aligned QW.
 */
static enum tlp_error check_byte_enables(const struct tlp *tlp)
{
	if (tlp->length == 1)
		return tlp->last_be ? TLP_ERR_BE : TLP_OK;
	if (!tlp->first_be || !tlp->last_be)
		return TLP_ERR_BE;
	if (tlp->length == 2 && tlp->address % 8 == 0)
		return TLP_OK;
	if (!reaches_end(tlp->first_be) || !starts_at_beginning(tlp->last_be))
		return TLP_ERR_BE;
	return TLP_OK;
}

/* Table 2-15: operands of 32 or 64 bits, for CAS also 128; and they are naturally aligned. */
static enum tlp_error check_atomic(const struct tlp *tlp)
{
	bool cas = tlp->type == TLP_CAS32 || tlp->type == TLP_CAS64;
	unsigned int operand = cas ? tlp->length / 2 : tlp->length;

	if (cas && tlp->length % 2)
		return TLP_ERR_LENGTH;
	if (operand != 1 && operand != 2 && !(cas && operand == 4))
		return TLP_ERR_LENGTH;
	return tlp->address % (operand * TLP_DW) ? TLP_ERR_4K : TLP_OK;
}

enum tlp_error tlp_check(const struct tlp *tlp, const struct tlp_type_info *info)
{
	enum tlp_error error;

	if (info->flags & TLP_F_CPL)
		return TLP_OK;
	if (info->flags & TLP_F_ATOMIC)
		return check_atomic(tlp);
	error = check_byte_enables(tlp);
	if (error)
		return error;
	/* 2.2.7.1 */
	if (tlp->address % BOUNDARY + tlp->length * TLP_DW > BOUNDARY)
		return TLP_ERR_4K;
	return TLP_OK;
}

static enum tlp_error check_hints(const struct tlp_hints *hints)
{
	uint16_t max_st = hints->hv == TLP_HV_ST_EXT ? TLP_ST_EXT_MAX : TLP_ST_MAX;

	if (hints->hv == TLP_HV_NONE)
		return TLP_OK;
	if (!tlp_hints_valid(hints) || hints->ph > TLP_PH_MAX || hints->st > max_st)
		return TLP_ERR_HINTS;
	return TLP_OK;
}

static bool status_defined(uint8_t status)
{
	return status == TLP_STATUS_SC || status == TLP_STATUS_UR || status == TLP_STATUS_RRS ||
	       status == TLP_STATUS_CA;
}

static enum tlp_error check_completion_fields(const struct tlp *tlp)
{
	if (!status_defined(tlp->status) || tlp->lower_address > 127 || !tlp->byte_count ||
	    tlp->byte_count > TLP_MAX_PAYLOAD)
		return TLP_ERR_FIELD;
	return TLP_OK;
}

static enum tlp_error check_request_fields(const struct tlp *tlp, const struct tlp_type_info *info)
{
	bool wide = tlp->address > UINT32_MAX;

	if (tlp->address % TLP_DW || tlp->at > 2 || tlp->first_be > TLP_ALL_BYTES ||
	    tlp->last_be > TLP_ALL_BYTES || wide != !!(info->flags & TLP_F_64))
		return TLP_ERR_FIELD;
	if (tlp->av && (tlp->at != 2 || tlp->ama > 7))
		return TLP_ERR_FIELD;
	return check_hints(&tlp->hints);
}

enum tlp_error tlp_check_fields(const struct tlp *tlp, const struct tlp_type_info *info)
{
	enum tlp_error error;

	if (tlp->tc > 7 || tlp->attr > 7 || tlp->tag > TLP_MAX_TAG)
		return TLP_ERR_FIELD;
	if (tlp->type != TLP_CPL && (!tlp->length || tlp->length > TLP_MAX_LENGTH_DW))
		return TLP_ERR_LENGTH;
	error = info->flags & TLP_F_CPL ? check_completion_fields(tlp) :
					  check_request_fields(tlp, info);
	return error ? error : tlp_check(tlp, info);
}

enum tlp_error tlp_append_payload(const struct tlp *tlp, void *buf, size_t size, size_t header,
				  size_t *encoded)
{
	size_t payload = tlp_has_data(tlp->type) ? tlp->length * TLP_DW : 0;

	if (payload && !tlp->payload)
		return TLP_ERR_FIELD;
	if (size - header < payload)
		return TLP_ERR_SPACE;
	if (payload)
		memcpy((uint8_t *)buf + header, tlp->payload, payload);
	*encoded = header + payload;
	return TLP_OK;
}
