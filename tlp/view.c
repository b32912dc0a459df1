// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Decoding packets that may be incomplete, and on top of that decoding whole packets. */
#include <string.h>

#include "types.h"

/* Memory requests alone have hints (2.2.7.1.1). */
#define WITHOUT_HINTS (TLP_F_CPL | TLP_F_CFG | TLP_F_IO | TLP_F_MSG | TLP_F_NO_ID)

/* The longest header of either mode: prefixes and four DWs, or a header base and its OHC */
#define HEADER_ROOM TLP_MAX_HEADER
_Static_assert(HEADER_ROOM >= (TLP_MAX_LOCAL_PREFIXES + TLP_MAX_END_PREFIXES + 4) * TLP_DW,
	       "prefixes and header fit");

/* Where a packet's parts are in it, in bytes, whichever mode it is of */
struct extent {
	size_t dw0;        /* the first DW of the header, behind prefixes */
	size_t header_end; /* the end of the first DW, if the type has no name */
	size_t payload_end;
	size_t whole; /* the end of the trailer */
};

/* Copy the header, with zeroes for the bytes that are missing */
static void copy_header(uint8_t header[HEADER_ROOM], const uint8_t *buf, size_t size,
			const struct extent *extent)
{
	size_t len = size < extent->header_end ? size : extent->header_end;

	memset(header, 0, HEADER_ROOM);
	memcpy(header, buf, len);
}

static enum tlp_error view_flit(const uint8_t *buf, size_t size, struct tlp_view *view,
				struct extent *extent)
{
	struct tlp_flit_layout layout;
	enum tlp_error error = tlp_flit_layout(buf, size, &layout);
	uint8_t header[HEADER_ROOM];

	if (error && error != TLP_ERR_TYPE)
		return error;
	extent->header_end = (error ? 1 : layout.header_dw) * TLP_DW;
	extent->payload_end = extent->header_end + layout.payload_dw * TLP_DW;
	extent->whole = extent->payload_end + layout.trailer_dw * TLP_DW;
	view->type = layout.type;
	copy_header(header, buf, size, extent);
	tlp_flit_get_fields(header, &layout, view);
	return error;
}

static enum tlp_error view_nonflit(const uint8_t *buf, size_t size, struct tlp_view *view,
				   struct extent *extent)
{
	struct tlp_nonflit_layout layout;
	enum tlp_error error = tlp_nonflit_layout(buf, size, &layout);
	uint8_t header[HEADER_ROOM];

	if (error && error != TLP_ERR_TYPE)
		return error;
	extent->dw0 = layout.header * TLP_DW;
	extent->header_end = error ? extent->dw0 + TLP_DW : layout.payload * TLP_DW;
	extent->payload_end = extent->header_end + layout.payload_dw * TLP_DW;
	extent->whole = extent->payload_end + (error ? 0 : layout.td) * TLP_DW;
	view->type = error ? layout.fmt_type : layout.type;
	copy_header(header, buf, size, extent);
	tlp_nonflit_get_fields(header, &layout, view);
	return error;
}

/* AER logs four words; it is a whole packet if three are all that it has */
static bool is_fourth_word(enum tlp_encoding encoding, size_t size, const struct extent *extent)
{
	return encoding == TLP_NONFLIT && !extent->dw0 && extent->whole == 3 * TLP_DW &&
	       size == 4 * TLP_DW;
}

static size_t within(size_t at, size_t start, size_t end)
{
	if (at < start)
		return 0;
	return (at < end ? at : end) - start;
}

/* @have bytes at @buf are the packet's. */
static void view_parts(const uint8_t *buf, size_t have, const struct extent *extent,
		       struct tlp_view *view)
{
	if (have < extent->header_end)
		view->missing |= TLP_PART_HEADER;
	if (have < extent->payload_end && extent->payload_end > extent->header_end)
		view->missing |= TLP_PART_PAYLOAD;
	if (have < extent->whole && extent->whole > extent->payload_end)
		view->missing |= TLP_PART_TRAILER;
	view->payload_len = within(have, extent->header_end, extent->payload_end);
	if (view->payload_len)
		view->tlp.payload = buf + extent->header_end;
	view->trailer_len = extent->whole - extent->payload_end;
	if (view->trailer_len && have >= extent->whole)
		view->trailer = buf + extent->payload_end;
}

/* Types that are not decoded in full: where they are routed, or what a message is about */
static void view_shared(const uint8_t *buf, size_t have, const struct extent *extent,
			struct tlp_view *view)
{
	const struct tlp_type_info *info = tlp_named_type_info(view->type);
	const uint8_t *dw = buf + extent->dw0;

	/*
	 * The Message Code is in the same place in either mode. Byte 6 is the Tag outside of flit
	 * mode; in flit mode it holds EP and other bits.
	 */
	if (view->has_ids && (info->flags & TLP_F_MSG)) {
		view->has_code = true;
		view->code = dw[7];
	}
	if ((info->flags & TLP_F_CFG) && have >= extent->dw0 + 3 * TLP_DW) {
		view->has_destination = true;
		view->destination = tlp_get_dw(dw + 2 * TLP_DW) >> 16;
	}
}

/* Fields that lie behind the end of a cut header read as zero and must not be reported. */
static void view_fields(size_t have, const struct extent *extent, struct tlp_view *view)
{
	const struct tlp_type_info *info = tlp_named_type_info(view->type);
	size_t ids_end = extent->dw0 + (info->flags & TLP_F_CPL ? 3 : 2) * TLP_DW;

	view->has_ids = !(info->flags & TLP_F_NO_ID) && have >= ids_end;
	view->has_tag = view->has_tag && view->has_ids;
	view->decoded = tlp_is_decoded(view->type) && !(view->missing & TLP_PART_HEADER);
	view->has_hints = view->decoded || (info->flags & WITHOUT_HINTS);
	if (view->decoded)
		return;
	view->tlp.hints = (struct tlp_hints){ 0 };
	view->tlp.address = 0;
}

enum tlp_error tlp_view(enum tlp_encoding encoding, const void *buf, size_t size,
			unsigned int flags, struct tlp_view *view)
{
	struct extent extent = { 0 };
	enum tlp_error error;
	size_t have = size;

	*view = (struct tlp_view){ 0 };
	error = encoding == TLP_NONFLIT ? view_nonflit(buf, size, view, &extent) :
					  view_flit(buf, size, view, &extent);
	if (error == TLP_ERR_TRUNCATED) {
		view->missing = TLP_PART_HEADER;
		return TLP_OK;
	}
	view->has_dw0 = error != TLP_ERR_PREFIXES;
	if (error)
		return error;
	view->name = tlp_type_name(view->type);
	if ((flags & TLP_VIEW_HEADER_LOG) && have > extent.header_end)
		have = extent.header_end;
	view_parts(buf, have, &extent, view);
	view_fields(have, &extent, view);
	view_shared(buf, have, &extent, view);
	if (have > extent.whole)
		have = extent.whole;
	view->spare = size - have;
	if (view->spare && !(flags & TLP_VIEW_HEADER_LOG) &&
	    !is_fourth_word(encoding, size, &extent))
		return TLP_ERR_TRAILING;
	return view->decoded ? tlp_check(&view->tlp, tlp_type_info(view->type)) : TLP_OK;
}

enum tlp_error tlp_decode(enum tlp_encoding encoding, const void *buf, size_t size, struct tlp *tlp)
{
	struct tlp_view view;
	enum tlp_error error = tlp_view(encoding, buf, size, 0, &view);

	if (error == TLP_ERR_TYPE || error == TLP_ERR_PREFIXES)
		return error;
	if (view.has_dw0 && !tlp_is_decoded(view.type))
		return TLP_ERR_TYPE;
	if (view.missing)
		return TLP_ERR_TRUNCATED;
	if (view.spare)
		return TLP_ERR_TRAILING;
	*tlp = view.tlp;
	return error;
}

enum tlp_error tlp_flit_decode(const void *buf, size_t size, struct tlp *tlp)
{
	return tlp_decode(TLP_FLIT, buf, size, tlp);
}

enum tlp_error tlp_nonflit_decode(const void *buf, size_t size, struct tlp *tlp)
{
	return tlp_decode(TLP_NONFLIT, buf, size, tlp);
}
