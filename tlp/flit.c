// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Flit mode. Layouts, by section of the Base Specification 6.x:
 *
 *   DW0, all packets (2.2.1.2, figure 2-6)
 *	byte 0 Type[7:0] | 1 TC[2:0] OHC[4:0] | 2 TS[2:0] Attr[2:0] Length[9:8] | 3 Length[7:0]
 *   Memory requests, AtomicOps and DMWr (2.2.7.2, figures 2-45 and 2-46)
 *	DW1 Requester ID[15:0] EP R Tag[13:0]
 *	DW2, 64-bit types only: Address[63:32]
 *	last DW Address[31:2] AT[1:0]
 *   Completions (2.2.9.2)
 *	DW1 Completer ID[15:0] EP LA[6] Tag[13:0]
 *	DW2 Requester ID[15:0] LA[5:2] Byte Count[11:0]
 *   Messages (2.2.8)
 *	DW1 Requester ID[15:0] EP R[6:0] Message Code[7:0]; some codes use R
 *   OHC-A1 (figure 2-7)
 *	byte 0 NW PV PMR ER PASID[19:16] | 1, 2 PASID[15:0] | 3 Last BE[3:0] First BE[3:0]
 *   OHC-A5 (figure 2-11)
 *	byte 0 Destination Segment | 1 Completer Segment | 2 DSV R | 3 R LA[1:0] Status[2:0]
 *   OHC-B (figure 2-12)
 *	byte 0 R | 1 ST[15:8] | 2 ST[7:0] | 3 PH[1:0] HV[1:0] AMA[2:0] AV
 *
 * How sure this is. The encodings of Type, OHC, TS and HV, and the rules on when an OHC is present
 * (2.2.1.2, 2.2.5.2), were compared with the wording of the specification's public text. Its
 * figures are not in that text: the positions of bits within a DW come, for memory writes with
 * OHC-B, from a capture of real hardware (the vector in tests/unit/tlp), and for OHC-A1, OHC-A5,
 * messages and completions from published RTL of two vendors, which agree with each other.
 */
#include "types.h"

#define OHC_A 0x01
#define OHC_B 0x02
#define OHC_C 0x04
#define OHC_E_SHIFT 3

/*
 * 2.2.5.2: without OHC-A1 all bytes are enabled. 2.2.9.2: a completion needs OHC-A5 for a status
 * other than success or an address that is not that of a DW, and must not have it otherwise.
 */
static bool needs_ohc_a(const struct tlp *tlp, const struct tlp_type_info *info)
{
	if (info->flags & TLP_F_CPL)
		return tlp->status != TLP_STATUS_SC || tlp->lower_address % TLP_DW;
	if (info->flags & TLP_F_ATOMIC)
		return false;
	return tlp->first_be != TLP_ALL_BYTES || (tlp->length > 1 && tlp->last_be != TLP_ALL_BYTES);
}

static uint8_t ohc_of(const struct tlp *tlp, const struct tlp_type_info *info)
{
	uint8_t ohc = needs_ohc_a(tlp, info) ? OHC_A : 0;

	if (!(info->flags & TLP_F_CPL) && (tlp_hints_valid(&tlp->hints) || tlp->av))
		ohc |= OHC_B;
	return ohc;
}

static uint16_t tag_of(const struct tlp *tlp, const struct tlp_type_info *info, unsigned int flags)
{
	if (!(info->flags & TLP_F_POSTED))
		return tlp->tag;
	if ((flags & TLP_FLIT_ECHO_ST) && tlp_hints_valid(&tlp->hints))
		return tlp->hints.st & TLP_ST_MAX;
	return 0;
}

static void put_request(struct tlp_cursor *out, const struct tlp *tlp,
			const struct tlp_type_info *info, unsigned int flags)
{
	tlp_put_dw(out, (uint32_t)tlp->requester << 16 | tlp->ep << 15 | tag_of(tlp, info, flags));
	tlp_put_address(out, tlp->address, tlp->at);
}

void tlp_flit_encode_address(const struct tlp *tlp, void *header)
{
	struct tlp_cursor out = { (uint8_t *)header + 2 * TLP_DW };

	tlp_put_address(&out, tlp->address, tlp->at);
}

static void put_completion(struct tlp_cursor *out, const struct tlp *tlp)
{
	uint8_t la = tlp->lower_address;

	tlp_put_dw(out,
		   (uint32_t)tlp->completer << 16 | tlp->ep << 15 | (la >> 6) << 14 | tlp->tag);
	tlp_put_dw(out, (uint32_t)tlp->requester << 16 | (la >> 2 & 0xf) << 12 |
				(tlp->byte_count & 0xfff));
}

static void put_ohc_a(struct tlp_cursor *out, const struct tlp *tlp,
		      const struct tlp_type_info *info)
{
	if (info->flags & TLP_F_CPL)
		tlp_put_dw(out, (tlp->lower_address & 3) << 3 | tlp->status);
	else
		tlp_put_dw(out, tlp->last_be << 4 | tlp->first_be);
}

static void put_ohc_b(struct tlp_cursor *out, const struct tlp *tlp)
{
	const struct tlp_hints *hints = &tlp->hints;
	uint32_t dw = 0;

	if (tlp_hints_valid(hints))
		dw = (uint32_t)hints->st << 8 | hints->ph << 6 | hints->hv << 4;
	if (tlp->av)
		dw |= tlp->ama << 1 | 1;
	tlp_put_dw(out, dw);
}

static size_t header_size(const struct tlp_type_info *info, uint8_t ohc)
{
	return (info->base_dw + !!(ohc & OHC_A) + !!(ohc & OHC_B)) * TLP_DW;
}

enum tlp_error tlp_flit_encode_header(const struct tlp *tlp, unsigned int flags, void *buf,
				      size_t size, size_t *encoded)
{
	const struct tlp_type_info *info = tlp_type_info(tlp->type);
	struct tlp_cursor out = { buf };
	enum tlp_error error;
	uint16_t length;
	uint8_t ohc;

	if (!info)
		return TLP_ERR_TYPE;
	error = tlp_check_fields(tlp, info);
	if (error)
		return error;
	ohc = ohc_of(tlp, info);
	if (size < header_size(info, ohc))
		return TLP_ERR_SPACE;

	/* 1024 DWs are written as 0; Cpl has no Length */
	length = tlp->type == TLP_CPL ? 0 : tlp->length % TLP_MAX_LENGTH_DW;
	tlp_put_dw(&out, (uint32_t)tlp->type << 24 | tlp->tc << 21 | ohc << 16 | tlp->attr << 10 |
				 length);
	if (info->flags & TLP_F_CPL)
		put_completion(&out, tlp);
	else
		put_request(&out, tlp, info, flags);
	if (ohc & OHC_A)
		put_ohc_a(&out, tlp, info);
	if (ohc & OHC_B)
		put_ohc_b(&out, tlp);
	*encoded = header_size(info, ohc);
	return TLP_OK;
}

enum tlp_error tlp_flit_encode(const struct tlp *tlp, unsigned int flags, void *buf, size_t size,
			       size_t *encoded)
{
	enum tlp_error error;
	size_t header;

	error = tlp_flit_encode_header(tlp, flags, buf, size, &header);
	return error ? error : tlp_append_payload(tlp, buf, size, header, encoded);
}

/* DWs of trailer, by TS[2:0] (2.2.1.2) */
static const uint8_t trailer_dws[8] = { 0, 1, 1, 2, 2, 3, 4, 5 };
/* DWs of OHC-E, by OHC[4:3] */
static const uint8_t ohc_e_dws[4] = { 0, 1, 2, 4 };

static void lay_out_ohc(struct tlp_flit_layout *layout)
{
	uint8_t dw = layout->base_dw;
	uint8_t e = layout->ohc >> OHC_E_SHIFT;

	if (layout->ohc & OHC_A)
		layout->ohc_a = dw++;
	if (layout->ohc & OHC_B)
		layout->ohc_b = dw++;
	if (layout->ohc & OHC_C)
		layout->ohc_c = dw++;
	if (e)
		layout->ohc_e = dw;
	layout->header_dw = dw + ohc_e_dws[e];
}

enum tlp_error tlp_flit_layout(const void *buf, size_t size, struct tlp_flit_layout *layout)
{
	const struct tlp_type_info *info;
	uint32_t dw0;

	*layout = (struct tlp_flit_layout){ 0 };
	if (size < TLP_DW)
		return TLP_ERR_TRUNCATED;
	dw0 = tlp_get_dw(buf);
	layout->type = dw0 >> 24;
	layout->ohc = dw0 >> 16 & 0x1f;
	layout->ts = dw0 >> 13 & 7;
	layout->length = dw0 & 0x3ff ? dw0 & 0x3ff : TLP_MAX_LENGTH_DW;
	info = tlp_named_type_info(layout->type);
	if (!info)
		return TLP_ERR_TYPE;
	layout->base_dw = info->base_dw;
	lay_out_ohc(layout);
	layout->trailer_dw = trailer_dws[layout->ts];
	layout->payload_dw = info->flags & TLP_F_DATA ? layout->length : 0;
	return TLP_OK;
}

static void get_request(const uint8_t *dw, struct tlp *tlp, const struct tlp_type_info *info)
{
	uint32_t low;

	tlp->requester = tlp_get_dw(dw + 4) >> 16;
	if (!(info->flags & TLP_F_POSTED))
		tlp->tag = tlp_get_dw(dw + 4) & TLP_MAX_TAG;
	if (info->flags & TLP_F_64) {
		tlp->address = (uint64_t)tlp_get_dw(dw + 8) << 32;
		dw += TLP_DW;
	}
	low = tlp_get_dw(dw + 8);
	tlp->address |= low & ~3u;
	tlp->at = low & 3;
	if (!(info->flags & TLP_F_ATOMIC)) {
		tlp->first_be = TLP_ALL_BYTES;
		tlp->last_be = tlp->length > 1 ? TLP_ALL_BYTES : 0;
	}
}

static void get_completion(const uint8_t *dw, struct tlp *tlp)
{
	uint32_t dw1 = tlp_get_dw(dw + 4), dw2 = tlp_get_dw(dw + 8);

	tlp->completer = dw1 >> 16;
	tlp->tag = dw1 & TLP_MAX_TAG;
	tlp->requester = dw2 >> 16;
	tlp->lower_address = (dw1 >> 14 & 1) << 6 | (dw2 >> 12 & 0xf) << 2;
	tlp->byte_count = dw2 & 0xfff ? dw2 & 0xfff : TLP_MAX_PAYLOAD;
}

static void get_ohc_a(uint32_t dw, struct tlp *tlp, const struct tlp_type_info *info)
{
	if (info->flags & TLP_F_CPL) {
		tlp->lower_address |= dw >> 3 & 3;
		tlp->status = dw & 7;
	} else if (!(info->flags & TLP_F_ATOMIC)) {
		tlp->first_be = dw & 0xf;
		tlp->last_be = dw >> 4 & 0xf;
	}
}

static void get_ohc_b(uint32_t dw, struct tlp *tlp)
{
	uint16_t st = dw >> 8;

	switch (dw >> 4 & 3) {
	case TLP_HV_ST:
		tlp->hints = (struct tlp_hints){ TLP_HV_ST, dw >> 6 & 3, st & TLP_ST_MAX };
		break;
	case TLP_HV_ST_EXT:
		tlp->hints = (struct tlp_hints){ TLP_HV_ST_EXT, dw >> 6 & 3, st };
		break;
	}
	/* 2.2.7.1.1: AMA is reserved in requests whose address is not translated */
	tlp->av = (dw & 1) && tlp->at == 2;
	tlp->ama = tlp->av ? dw >> 1 & 7 : 0;
}

static void get_pasid(uint32_t dw, struct tlp_view *view)
{
	view->has_pasid = dw >> 30 & 1;
	if (!view->has_pasid)
		return;
	view->pmr = dw >> 29 & 1;
	view->er = dw >> 28 & 1;
	view->pasid = dw >> 8 & 0xfffff;
}

/* What all requests have in the same place; their Tag is reserved if they are posted (2.2.6.2) */
static void get_shared(const uint8_t *dw, struct tlp *tlp, const struct tlp_type_info *info)
{
	if (info->flags & TLP_F_NO_ID)
		return;
	tlp->requester = tlp_get_dw(dw + 4) >> 16;
	if (!(info->flags & TLP_F_POSTED))
		tlp->tag = tlp_get_dw(dw + 4) & TLP_MAX_TAG;
}

static void get_decoded(const uint8_t *dw, const struct tlp_flit_layout *layout,
			struct tlp_view *view, const struct tlp_type_info *info)
{
	const uint8_t *ohc_a = layout->ohc_a ? dw + layout->ohc_a * TLP_DW : NULL;
	struct tlp *tlp = &view->tlp;

	if (info->flags & TLP_F_CPL)
		get_completion(dw, tlp);
	else
		get_request(dw, tlp, info);
	if (ohc_a)
		get_ohc_a(tlp_get_dw(ohc_a), tlp, info);
	if (ohc_a && !(info->flags & (TLP_F_CPL | TLP_F_ATOMIC)))
		get_pasid(tlp_get_dw(ohc_a), view);
	if (layout->ohc_b && !(info->flags & TLP_F_CPL))
		get_ohc_b(tlp_get_dw(dw + layout->ohc_b * TLP_DW), tlp);
}

void tlp_flit_get_fields(const uint8_t *header, const struct tlp_flit_layout *layout,
			 struct tlp_view *view)
{
	const struct tlp_type_info *info = tlp_named_type_info(layout->type);

	view->tlp = (struct tlp){
		.type = layout->type,
		.tc = header[1] >> 5,
		.attr = header[2] >> 2 & 7,
		.ep = info && !(info->flags & TLP_F_NO_ID) && header[6] >> 7,
		.length = tlp_has_length(layout->type) ? layout->length : 0,
	};
	if (!info || info->base_dw < 2)
		return;
	view->has_tag = !(info->flags & TLP_F_MSG);
	view->tag = tlp_get_dw(header + 4) & TLP_MAX_TAG;
	if (info->flags & TLP_F_SHARED)
		get_shared(header, &view->tlp, info);
	else
		get_decoded(header, layout, view, info);
}
