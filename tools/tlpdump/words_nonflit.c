// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Outside of flit mode */
#include "words_internal.h"

#define TPH_PREFIX 0x90
#define PASID_PREFIX 0x91

static void print_pasid(const struct words *words, uint32_t dw)
{
	fprintf(words->out, "PASID prefix PMR%c ER%c PASID=%Xh\n", words_sign(dw >> 21 & 1),
		words_sign(dw >> 20 & 1), dw & 0xfffff);
}

static void print_prefix(const struct words *words, uint32_t index)
{
	uint32_t dw = words_dw(words, index);

	words_begin_line(words, index);
	if (dw >> 24 == TPH_PREFIX)
		fprintf(words->out, "TPH prefix ST[15:8]=%Xh AMA=%u AV%c\n", dw >> 16 & 0xff,
			dw >> 13 & 7, words_sign(dw >> 12 & 1));
	else if (dw >> 24 == PASID_PREFIX)
		print_pasid(words, dw);
	else
		fprintf(words->out, "Prefix Type=%Xh\n", dw >> 24);
}

static void print_dw0(const struct words *words, const struct tlp_nonflit_layout *layout,
		      uint32_t dw)
{
	/* The number of an unknown type may be the name of another in flit mode. */
	words_print_type(words, words->view->name, layout->fmt_type);
	fprintf(words->out, " TC=%u TH%c TD%c EP%c Attr=%u AT=%u", dw >> 20 & 7,
		words_sign(layout->th), words_sign(layout->td), words_sign(dw >> 14 & 1),
		(dw >> 16 & 4) | (dw >> 12 & 3), dw >> 10 & 3);
	words_print_length(words, layout->length);
}

/* Tag[9:8] are in DW0. */
static unsigned int tag(uint32_t dw0, uint32_t low)
{
	return (dw0 >> 23 & 1) << 9 | (dw0 >> 19 & 1) << 8 | (low & 0xff);
}

static void print_request_dw1(const struct words *words, const struct tlp_nonflit_layout *layout,
			      uint32_t dw0, uint32_t dw)
{
	bool posted = tlp_is_posted(layout->type);

	words_print_id(words, "RID", dw >> 16);
	if (layout->th && posted)
		fprintf(words->out, " ST=%Xh", dw >> 8 & 0xff);
	else
		fprintf(words->out, " Tag=%Xh", tag(dw0, dw >> 8));
	if (layout->th && !posted)
		fprintf(words->out, " ST=%Xh\n", dw & 0xff);
	else
		fprintf(words->out, " LBE=%Xh FBE=%Xh\n", dw >> 4 & 0xf, dw & 0xf);
}

static void print_address(const struct words *words, const struct tlp_nonflit_layout *layout,
			  const char *name, uint32_t dw)
{
	fprintf(words->out, "%s=%08Xh", name, dw & ~3u);
	if (layout->th)
		fprintf(words->out, " PH=%u", dw & 3);
	fputc('\n', words->out);
}

static void print_request(const struct words *words, const struct tlp_nonflit_layout *layout,
			  unsigned int number, uint32_t dw)
{
	bool wide = layout->payload - layout->header == 4;

	if (number == 1)
		print_request_dw1(words, layout, words_dw(words, layout->header), dw);
	else if (!wide)
		print_address(words, layout, "Addr", dw);
	else if (number == 2)
		fprintf(words->out, "AddrH=%08Xh\n", dw);
	else
		print_address(words, layout, "AddrL", dw);
}

static void print_completion(const struct words *words, const struct tlp_nonflit_layout *layout,
			     unsigned int number, uint32_t dw)
{
	if (number == 1) {
		words_print_id(words, "CID", dw >> 16);
		fprintf(words->out, " Status=%u BCM%c BC=%u\n", dw >> 13 & 7,
			words_sign(dw >> 12 & 1), dw & 0xfff ? dw & 0xfff : TLP_MAX_PAYLOAD);
		return;
	}
	words_print_id(words, "RID", dw >> 16);
	fprintf(words->out, " Tag=%Xh LA=%Xh\n", tag(words_dw(words, layout->header), dw >> 8),
		dw & 0x7f);
}

/* Of types that are not decoded: what all requests share */
static void print_shared(const struct words *words, unsigned int number, uint32_t dw0, uint32_t dw)
{
	const struct tlp_view *view = words->view;

	if (number != 1 || !view->has_ids) {
		words_print_other(words, number, dw);
		return;
	}
	words_print_id(words, "RID", dw >> 16);
	fprintf(words->out, " Tag=%Xh", tag(dw0, dw >> 8));
	if (view->has_code)
		words_print_message(words);
	else
		fprintf(words->out, " LBE=%Xh FBE=%Xh", dw >> 4 & 0xf, dw & 0xf);
	fputc('\n', words->out);
}

static void print_header(const struct words *words, const struct tlp_nonflit_layout *layout)
{
	for (uint32_t i = layout->header; i < layout->payload && i < words->dws; i++) {
		unsigned int number = i - layout->header;
		uint32_t dw = words_dw(words, i);

		words_begin_line(words, i);
		if (!number)
			print_dw0(words, layout, dw);
		else if (!tlp_is_decoded(layout->type))
			print_shared(words, number, words_dw(words, layout->header), dw);
		else if (tlp_is_completion(layout->type))
			print_completion(words, layout, number, dw);
		else
			print_request(words, layout, number, dw);
	}
}

static void print_digest(const struct words *words, const struct tlp_nonflit_layout *layout)
{
	uint32_t at = layout->payload + layout->payload_dw;

	if (!layout->td || at >= words->dws)
		return;
	words_begin_line(words, at);
	fputs("ECRC\n", words->out);
}

void words_print_nonflit(const struct words *words)
{
	struct tlp_nonflit_layout layout;
	enum tlp_error error = tlp_nonflit_layout(words->data, 4 * words->dws, &layout);

	for (uint32_t i = 0; i < layout.header; i++)
		print_prefix(words, i);
	if (error == TLP_OK) {
		print_header(words, &layout);
		words_print_payload(words, layout.payload, layout.payload_dw);
		print_digest(words, &layout);
	} else if (error == TLP_ERR_TYPE) {
		words_begin_line(words, layout.header);
		print_dw0(words, &layout, words_dw(words, layout.header));
	}
}
