// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Outside of flit mode. Layouts, by section of the Base Specification 6.x:
 *
 *   DW0 of prefixes and headers (2.2.1.1, tables 2-2 and 2-3)
 *	byte 0 Fmt[2:0] Type[4:0] | 1 T9 TC[2:0] T8 A2 R TH | 2 TD EP Attr[1:0] AT[1:0] Length[9:8]
 *	| 3 Length[7:0]; A2 is Attr[2], T9 and T8 are Tag[9:8]
 *   Memory requests, AtomicOps and DMWr (2.2.7.1, figures 2-36 and 2-37)
 *	DW1 Requester ID[15:0] Tag[7:0] Last BE[3:0] First BE[3:0]
 *	DW2, 64-bit types only: Address[63:32]
 *	last DW Address[31:2] PH[1:0]
 *   With TH set, ST[7:0] (2.2.7.1.1, table 2-19)
 *	takes byte 6, the Tag, of memory writes
 *	takes byte 7, the byte enables, of reads, DMWr and AtomicOps
 *   TPH prefix (2.2.7.1.1, figure 2-40, table 2-16), in front of the header
 *	byte 0 Fmt 100b Type 10000b | 1 ST[15:8] | 2 AMA[2:0] AV R[3:0] | 3 R
 *   PASID prefix (6.20.2), in front of the header
 *	byte 0 Fmt 100b Type 10001b | 1 R[1:0] PMR ER PASID[19:16] | 2, 3 PASID[15:0]
 *   Completions (2.2.9.1)
 *	DW1 Completer ID[15:0] Status[2:0] BCM Byte Count[11:0]
 *	DW2 Requester ID[15:0] Tag[7:0] R Lower Address[6:0]
 *
 * How sure this is. Fmt and Type, the places of TC, Attr, TH, TD, EP, Length, byte enables, PH,
 * ST and AMA, and the rules on byte enables with TH, were compared with the wording of the
 * specification's public text, and so were type, order and number of prefixes. The places of T9,
 * T8, AT, the Requester ID, of PASIDs and of the fields of completions are drawn in figures
 * only, which
 * are not in that text: they are as public descriptions and implementations of earlier revisions
 * have them. No packet of hardware with TH set was at hand.
 *
 * On DMWr with TH the text is of two minds: byte enables that are implied to be all ones (2.2.5.1)
 * or reserved (2.2.7.1). Either way none can be written, and all ones is what they come to.
 */
#include "types.h"

#define PREFIX_FMT	0x80	/* Fmt 100b, in byte 0 */
#define FMT_MASK	0xe0
#define PREFIX_END_END	0x10	/* Type[4]: End-End, else local */
#define TPH_PREFIX	0x90	/* End-End, E[3:0] 0000b (table 2-39) */
#define PASID_PREFIX	0x91	/* End-End, E[3:0] 0001b */
/* The one type that has another number in flit mode, where this is NOP (table 2-5, entries 0, 3) */
#define FMT_TYPE_MRD32	0x00

#define DW0_T9		(1u << 23)
#define DW0_T8		(1u << 19)
#define DW0_A2		(1u << 18)
#define DW0_TH		(1u << 16)
#define DW0_TD		(1u << 15)
#define DW0_EP		(1u << 14)

struct prefix_count {
	unsigned int local, end_end;
};

static uint8_t fmt_type_of(enum tlp_type type)
{
	return type == TLP_MRD32 ? FMT_TYPE_MRD32 : type;
}

/* NULL if there is no such packet */
static const struct tlp_type_info *info_of(uint8_t fmt_type, enum tlp_type *type)
{
	const struct tlp_type_info *info;

	*type = fmt_type == FMT_TYPE_MRD32 ? TLP_MRD32 : fmt_type;
	info = fmt_type == TLP_MRD32 ? NULL : tlp_named_type_info(*type);
	return info && !(info->flags & TLP_F_FLIT_ONLY) ? info : NULL;
}

struct tlp_hints tlp_nonflit_hints(struct tlp_hints hints)
{
	if (hints.hv == TLP_HV_ST_EXT && hints.st <= TLP_ST_MAX)
		hints.hv = TLP_HV_ST;
	return hints;
}

/* Table 2-19: in place of byte enables, in byte 7; else in place of the Tag, in byte 6 */
static bool st_in_byte7(const struct tlp_type_info *info)
{
	return !(info->flags & TLP_F_POSTED);
}

static bool all_bytes(const struct tlp *tlp)
{
	return tlp->first_be == TLP_ALL_BYTES &&
	       tlp->last_be == (tlp->length > 1 ? TLP_ALL_BYTES : 0);
}

static enum tlp_error check(const struct tlp *tlp, const struct tlp_type_info *info)
{
	enum tlp_error error = tlp_check_fields(tlp, info);

	if (error)
		return error;
	if (!(info->flags & TLP_F_POSTED) && tlp->tag > TLP_MAX_TAG_NONFLIT)
		return TLP_ERR_FIELD;
	if (info->flags & (TLP_F_CPL | TLP_F_ATOMIC) || !tlp_hints_valid(&tlp->hints))
		return TLP_OK;
	return st_in_byte7(info) && !all_bytes(tlp) ? TLP_ERR_BE : TLP_OK;
}

static bool needs_prefix(const struct tlp *tlp, const struct tlp_type_info *info)
{
	if (info->flags & TLP_F_CPL)
		return false;
	return tlp->av || (tlp->hints.hv == TLP_HV_ST_EXT && tlp->hints.st > TLP_ST_MAX);
}

static void put_prefix(struct tlp_cursor *out, const struct tlp *tlp)
{
	uint32_t dw = (uint32_t)TPH_PREFIX << 24;

	if (tlp->hints.hv == TLP_HV_ST_EXT)
		dw |= (tlp->hints.st >> 8) << 16;
	if (tlp->av)
		dw |= tlp->ama << 13 | 1 << 12;
	tlp_put_dw(out, dw);
}

static void put_dw0(struct tlp_cursor *out, const struct tlp *tlp, const struct tlp_type_info *info)
{
	uint32_t dw = (uint32_t)fmt_type_of(tlp->type) << 24 | (uint32_t)tlp->tc << 20 |
		      (tlp->attr & 3) << 12;

	if (tlp->attr & TLP_ATTR_ID_ORDER)
		dw |= DW0_A2;
	if (tlp->ep)
		dw |= DW0_EP;
	if (!(info->flags & TLP_F_POSTED))
		dw |= (tlp->tag & 0x200 ? DW0_T9 : 0) | (tlp->tag & 0x100 ? DW0_T8 : 0);
	if (!(info->flags & TLP_F_CPL))
		dw |= (tlp_hints_valid(&tlp->hints) ? DW0_TH : 0) | tlp->at << 10;
	/* 1024 DWs are written as 0; Cpl has no Length */
	if (tlp->type != TLP_CPL)
		dw |= tlp->length % TLP_MAX_LENGTH_DW;
	tlp_put_dw(out, dw);
}

static void put_address(struct tlp_cursor *out, const struct tlp *tlp)
{
	tlp_put_address(out, tlp->address, tlp_hints_valid(&tlp->hints) ? tlp->hints.ph : 0);
}

static void put_request(struct tlp_cursor *out, const struct tlp *tlp,
			const struct tlp_type_info *info)
{
	bool hints = tlp_hints_valid(&tlp->hints);
	uint8_t tag = info->flags & TLP_F_POSTED ? 0 : tlp->tag;
	uint8_t enables = info->flags & TLP_F_ATOMIC ? 0 : tlp->last_be << 4 | tlp->first_be;

	if (hints && st_in_byte7(info))
		enables = tlp->hints.st;
	else if (hints)
		tag = tlp->hints.st;
	tlp_put_dw(out, (uint32_t)tlp->requester << 16 | tag << 8 | enables);
	put_address(out, tlp);
}

static void put_completion(struct tlp_cursor *out, const struct tlp *tlp)
{
	/* BCM is for bridges to PCI-X: 0. 4096 bytes are written as 0. */
	tlp_put_dw(out,
		   (uint32_t)tlp->completer << 16 | tlp->status << 13 | (tlp->byte_count & 0xfff));
	tlp_put_dw(out,
		   (uint32_t)tlp->requester << 16 | (tlp->tag & 0xff) << 8 | tlp->lower_address);
}

enum tlp_error tlp_nonflit_encode_header(const struct tlp *tlp, void *buf, size_t size,
					 size_t *encoded)
{
	const struct tlp_type_info *info = tlp_type_info(tlp->type);
	struct tlp_cursor out = { buf };
	enum tlp_error error;
	size_t header;

	if (!info)
		return TLP_ERR_TYPE;
	error = check(tlp, info);
	if (error)
		return error;
	header = (needs_prefix(tlp, info) + info->base_dw) * TLP_DW;
	if (size < header)
		return TLP_ERR_SPACE;

	if (needs_prefix(tlp, info))
		put_prefix(&out, tlp);
	put_dw0(&out, tlp, info);
	if (info->flags & TLP_F_CPL)
		put_completion(&out, tlp);
	else
		put_request(&out, tlp, info);
	*encoded = header;
	return TLP_OK;
}

void tlp_nonflit_encode_address(const struct tlp *tlp, void *header)
{
	uint8_t *dw0 = header;
	struct tlp_cursor out;

	if (*dw0 == TPH_PREFIX)
		dw0 += TLP_DW;
	out.at = dw0 + 2 * TLP_DW;
	put_address(&out, tlp);
}

enum tlp_error tlp_nonflit_encode(const struct tlp *tlp, void *buf, size_t size, size_t *encoded)
{
	enum tlp_error error;
	size_t header;

	error = tlp_nonflit_encode_header(tlp, buf, size, &header);
	return error ? error : tlp_append_payload(tlp, buf, size, header, encoded);
}

/* 2.2.10.1, 2.2.10.4: local prefixes come first; of End-End ones there are 4 at most. */
static bool prefix_allowed(uint8_t byte0, struct prefix_count *count)
{
	if (byte0 & PREFIX_END_END)
		return count->end_end++ < TLP_MAX_END_PREFIXES;
	return !count->end_end && count->local++ < TLP_MAX_LOCAL_PREFIXES;
}

/* Go over the prefixes to the header. */
static enum tlp_error skip_prefixes(const uint8_t *bytes, size_t size,
				    struct tlp_nonflit_layout *layout)
{
	struct prefix_count count = { 0 };

	for (;; layout->header++) {
		size_t at = layout->header * TLP_DW;

		if (size < at + TLP_DW)
			return TLP_ERR_TRUNCATED;
		if ((bytes[at] & FMT_MASK) != PREFIX_FMT)
			return TLP_OK;
		if (!prefix_allowed(bytes[at], &count))
			return TLP_ERR_PREFIXES;
		if (bytes[at] == TPH_PREFIX && !layout->tph_prefix)
			layout->tph_prefix = layout->header + 1;
		if (bytes[at] == PASID_PREFIX && !layout->pasid_prefix)
			layout->pasid_prefix = layout->header + 1;
	}
}

enum tlp_error tlp_nonflit_layout(const void *buf, size_t size, struct tlp_nonflit_layout *layout)
{
	const struct tlp_type_info *info;
	enum tlp_error error;
	uint32_t dw0;

	*layout = (struct tlp_nonflit_layout){ 0 };
	error = skip_prefixes(buf, size, layout);
	if (error)
		return error;
	dw0 = tlp_get_dw((const uint8_t *)buf + layout->header * TLP_DW);
	layout->fmt_type = dw0 >> 24;
	layout->th = dw0 & DW0_TH;
	layout->td = dw0 & DW0_TD;
	layout->length = dw0 & 0x3ff ? dw0 & 0x3ff : TLP_MAX_LENGTH_DW;
	info = info_of(layout->fmt_type, &layout->type);
	if (!info)
		return TLP_ERR_TYPE;
	layout->payload = layout->header + info->base_dw;
	layout->payload_dw = info->flags & TLP_F_DATA ? layout->length : 0;
	return TLP_OK;
}

static void get_prefix(uint32_t dw, struct tlp *tlp)
{
	if (tlp->hints.hv && dw >> 16 & 0xff) {
		tlp->hints.hv = TLP_HV_ST_EXT;
		tlp->hints.st |= (dw >> 16 & 0xff) << 8;
	}
	/* AMA is reserved in requests whose address is not translated */
	tlp->av = dw >> 12 & 1 && tlp->at == 2;
	tlp->ama = tlp->av ? dw >> 13 & 7 : 0;
}

static void get_hints(uint32_t dw1, uint32_t last, struct tlp *tlp,
		      const struct tlp_type_info *info)
{
	tlp->hints.hv = TLP_HV_ST;
	tlp->hints.ph = last & 3;
	tlp->hints.st = st_in_byte7(info) ? dw1 & 0xff : dw1 >> 8 & 0xff;
}

static void get_byte_enables(uint32_t dw1, bool hints, struct tlp *tlp,
			     const struct tlp_type_info *info)
{
	if (info->flags & TLP_F_ATOMIC)
		return;
	if (hints && st_in_byte7(info)) {
		tlp->first_be = TLP_ALL_BYTES;
		tlp->last_be = tlp->length > 1 ? TLP_ALL_BYTES : 0;
		return;
	}
	tlp->first_be = dw1 & 0xf;
	tlp->last_be = dw1 >> 4 & 0xf;
}

static uint16_t tag_of(uint32_t dw0, uint8_t low)
{
	return (dw0 & DW0_T9 ? 0x200 : 0) | (dw0 & DW0_T8 ? 0x100 : 0) | low;
}

static void get_request(const uint8_t *dw, bool th, struct tlp *tlp,
			const struct tlp_type_info *info)
{
	uint32_t dw0 = tlp_get_dw(dw), dw1 = tlp_get_dw(dw + 4);
	uint32_t last = tlp_get_dw(dw + (info->base_dw - 1) * TLP_DW);

	tlp->requester = dw1 >> 16;
	tlp->at = dw0 >> 10 & 3;
	if (!(info->flags & TLP_F_POSTED))
		tlp->tag = tag_of(dw0, dw1 >> 8);
	if (info->flags & TLP_F_64)
		tlp->address = (uint64_t)tlp_get_dw(dw + 8) << 32;
	tlp->address |= last & ~3u;
	get_byte_enables(dw1, th, tlp, info);
	if (th)
		get_hints(dw1, last, tlp, info);
}

static void get_completion(const uint8_t *dw, struct tlp *tlp)
{
	uint32_t dw1 = tlp_get_dw(dw + 4), dw2 = tlp_get_dw(dw + 8);

	tlp->completer = dw1 >> 16;
	tlp->status = dw1 >> 13 & 7;
	tlp->byte_count = dw1 & 0xfff ? dw1 & 0xfff : TLP_MAX_PAYLOAD;
	tlp->requester = dw2 >> 16;
	tlp->tag = tag_of(tlp_get_dw(dw), dw2 >> 8);
	tlp->lower_address = dw2 & 0x7f;
}

static void get_pasid(uint32_t dw, struct tlp_view *view)
{
	view->has_pasid = true;
	view->pmr = dw >> 21 & 1;
	view->er = dw >> 20 & 1;
	view->pasid = dw & 0xfffff;
}

/* What all requests have in the same place: the Transaction ID (2.2.6.2) */
static void get_shared(const uint8_t *dw, struct tlp *tlp, const struct tlp_type_info *info)
{
	uint32_t dw1 = tlp_get_dw(dw + 4);

	if (info->flags & TLP_F_NO_ID)
		return;
	tlp->requester = dw1 >> 16;
	if (!(info->flags & TLP_F_POSTED))
		tlp->tag = tag_of(tlp_get_dw(dw), dw1 >> 8);
}

/* Posted requests with hints have no Tag: the steering tag is in its place. */
static void get_tag(const uint8_t *dw, const struct tlp_nonflit_layout *layout,
		    struct tlp_view *view, const struct tlp_type_info *info)
{
	bool posted = info->flags & TLP_F_POSTED, shared = info->flags & TLP_F_SHARED;

	view->has_tag = !(layout->th && posted && !shared);
	view->tag = tag_of(tlp_get_dw(dw), info->flags & TLP_F_CPL ? dw[10] : dw[6]);
}

static void get_decoded(const uint8_t *header, const struct tlp_nonflit_layout *layout,
			struct tlp *tlp, const struct tlp_type_info *info)
{
	const uint8_t *dw = header + layout->header * TLP_DW;

	if (info->flags & TLP_F_CPL) {
		get_completion(dw, tlp);
		return;
	}
	get_request(dw, layout->th, tlp, info);
	if (layout->tph_prefix)
		get_prefix(tlp_get_dw(header + (layout->tph_prefix - 1) * TLP_DW), tlp);
}

void tlp_nonflit_get_fields(const uint8_t *header, const struct tlp_nonflit_layout *layout,
			    struct tlp_view *view)
{
	const uint8_t *dw = header + layout->header * TLP_DW;
	const struct tlp_type_info *info = tlp_named_type_info(layout->type);
	/* the size of a type without a name is not known */
	bool known = layout->payload;

	view->tlp = (struct tlp){
		.type = layout->type,
		.tc = dw[1] >> 4 & 7,
		.attr = (dw[1] & 4) | (dw[2] >> 4 & 3),
		.ep = dw[2] >> 6 & 1,
		.length = known && tlp_has_length(layout->type) ? layout->length : 0,
	};
	if (layout->pasid_prefix)
		get_pasid(tlp_get_dw(header + (layout->pasid_prefix - 1) * TLP_DW), view);
	if (!known)
		return;
	get_tag(dw, layout, view, info);
	if (info->flags & TLP_F_SHARED)
		get_shared(dw, &view->tlp, info);
	else
		get_decoded(header, layout, &view->tlp, info);
}
