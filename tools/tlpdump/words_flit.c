// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Flit mode */
#include "words_internal.h"

static void print_dw0(const struct words *words, const struct tlp_flit_layout *layout, uint32_t dw)
{
	words_print_type(words, tlp_type_name(layout->type), layout->type);
	fprintf(words->out, " TC=%u OHC=%u TS=%u Attr=%u", dw >> 21 & 7, layout->ohc, layout->ts,
		dw >> 10 & 7);
	words_print_length(words, layout->length);
}

static void print_dw1(const struct words *words, const struct tlp_flit_layout *layout, uint32_t dw)
{
	bool completion = tlp_is_completion(layout->type);

	words_print_id(words, completion ? "CID" : "RID", dw >> 16);
	fprintf(words->out, " EP%c", words_sign(dw >> 15 & 1));
	if (completion)
		fprintf(words->out, " LA[6]=%u", dw >> 14 & 1);
	fprintf(words->out, " Tag=%Xh\n", dw & TLP_MAX_TAG);
}

static void print_completion_dw2(const struct words *words, uint32_t dw)
{
	words_print_id(words, "RID", dw >> 16);
	fprintf(words->out, " LA[5:2]=%Xh BC=%u\n", dw >> 12 & 0xf,
		dw & 0xfff ? dw & 0xfff : TLP_MAX_PAYLOAD);
}

static void print_address(const struct words *words, const char *name, uint32_t dw)
{
	fprintf(words->out, "%s=%08Xh", name, dw & ~3u);
	if (dw & 3)
		fprintf(words->out, " AT=%u", dw & 3);
	fputc('\n', words->out);
}

/* Of types that are not decoded: what all requests share */
static void print_shared(const struct words *words, uint32_t index, uint32_t dw)
{
	const struct tlp_view *view = words->view;

	if (index != 1 || !view->has_ids) {
		words_print_other(words, index, dw);
		return;
	}
	words_print_id(words, "RID", dw >> 16);
	fprintf(words->out, " EP%c", words_sign(dw >> 15 & 1));
	if (view->has_code)
		words_print_message(words);
	else if (!tlp_is_posted(view->type))
		fprintf(words->out, " Tag=%Xh", dw & TLP_MAX_TAG);
	fputc('\n', words->out);
}

static void print_base(const struct words *words, const struct tlp_flit_layout *layout,
		       uint32_t index)
{
	uint32_t dw = words_dw(words, index);

	if (index == 0)
		print_dw0(words, layout, dw);
	else if (!tlp_is_decoded(layout->type))
		print_shared(words, index, dw);
	else if (index == 1)
		print_dw1(words, layout, dw);
	else if (tlp_is_completion(layout->type))
		print_completion_dw2(words, dw);
	else if (layout->base_dw == 3)
		print_address(words, "Addr", dw);
	else if (index == 2)
		fprintf(words->out, "AddrH=%08Xh\n", dw);
	else
		print_address(words, "AddrL", dw);
}

static void print_ohc_a(const struct words *words, const struct tlp_flit_layout *layout,
			uint32_t dw)
{
	if (!tlp_is_decoded(layout->type)) {
		fputs("OHC-A\n", words->out);
		return;
	}
	if (tlp_is_completion(layout->type)) {
		fprintf(words->out, "OHC-A5 DS=%Xh CS=%Xh DSV%c LA[1:0]=%u Status=%u\n", dw >> 24,
			dw >> 16 & 0xff, words_sign(dw >> 15 & 1), dw >> 3 & 3, dw & 7);
		return;
	}
	fprintf(words->out, "OHC-A1 NW%c PV%c PMR%c ER%c PASID=%Xh LBE=%Xh FBE=%Xh\n",
		words_sign(dw >> 31), words_sign(dw >> 30 & 1), words_sign(dw >> 29 & 1),
		words_sign(dw >> 28 & 1), dw >> 8 & 0xfffff, dw >> 4 & 0xf, dw & 0xf);
}

static void print_ohc_b(const struct words *words, uint32_t dw)
{
	fprintf(words->out, "OHC-B ST=%Xh PH=%u HV=%u AMA=%u AV%c\n", dw >> 8 & 0xffff, dw >> 6 & 3,
		dw >> 4 & 3, dw >> 1 & 7, words_sign(dw & 1));
}

/* OHC-C and OHC-E are shown, but not decoded. */
static void print_ohc(const struct words *words, const struct tlp_flit_layout *layout,
		      uint32_t index)
{
	if (index == layout->ohc_a)
		print_ohc_a(words, layout, words_dw(words, index));
	else if (index == layout->ohc_b)
		print_ohc_b(words, words_dw(words, index));
	else
		fputs(index == layout->ohc_c ? "OHC-C\n" : "OHC-E\n", words->out);
}

static void print_header(const struct words *words, const struct tlp_flit_layout *layout)
{
	for (uint32_t i = 0; i < layout->header_dw && i < words->dws; i++) {
		words_begin_line(words, i);
		if (i < layout->base_dw)
			print_base(words, layout, i);
		else
			print_ohc(words, layout, i);
	}
}

static void print_trailer(const struct words *words, const struct tlp_flit_layout *layout)
{
	uint32_t start = layout->header_dw + layout->payload_dw;

	for (uint32_t i = start; i < start + layout->trailer_dw && i < words->dws; i++) {
		words_begin_line(words, i);
		fputs(layout->ts == 1 ? "ECRC\n" : "Trailer\n", words->out);
	}
}

void words_print_flit(const struct words *words)
{
	struct tlp_flit_layout layout;

	if (tlp_flit_layout(words->data, 4 * words->dws, &layout) == TLP_OK) {
		print_header(words, &layout);
		words_print_payload(words, layout.header_dw, layout.payload_dw);
		print_trailer(words, &layout);
	} else if (words->dws) {
		words_begin_line(words, 0);
		print_dw0(words, &layout, words_dw(words, 0));
	}
}
