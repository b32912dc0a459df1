// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>

#include "words.h"

#define DW 4
#define NS_PER_S 1000000000

struct words {
	FILE *out;
	const uint8_t *data;
	uint32_t dws;
	struct tlp_flit_layout layout;
};

static char sign(uint32_t bit)
{
	return bit ? '+' : '-';
}

/* The DW at @index as the specification numbers its bits: byte 0 is bits 31:24 */
static uint32_t dw_at(const struct words *words, uint32_t index)
{
	const uint8_t *at = words->data + index * DW;

	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static void begin_line(const struct words *words, uint32_t index)
{
	const uint8_t *at = words->data + index * DW;

	fprintf(words->out, "%02X%02X%02X%02X -> ", at[3], at[2], at[1], at[0]);
}

static void print_id(const struct words *words, const char *name, uint16_t id)
{
	fprintf(words->out, "%s=%Xh:%Xh.%Xh", name, id >> 8, id >> 3 & 0x1f, id & 7);
}

static void print_dw0(const struct words *words, uint32_t dw)
{
	const struct tlp_flit_layout *layout = &words->layout;
	const char *name = tlp_type_name(layout->type);

	if (name)
		fprintf(words->out, "STP %s", name);
	else
		fprintf(words->out, "STP Type=%Xh", layout->type);
	/* Length is reserved in Cpl */
	fprintf(words->out, " TC=%u OHC=%u TS=%u Attr=%u L=%u\n", dw >> 21 & 7, layout->ohc,
		layout->ts, dw >> 10 & 7, layout->type == TLP_CPL ? dw & 0x3ff : layout->length);
}

static void print_dw1(const struct words *words, uint32_t dw)
{
	bool completion = tlp_is_completion(words->layout.type);

	print_id(words, completion ? "CID" : "RID", dw >> 16);
	fprintf(words->out, " EP%c", sign(dw >> 15 & 1));
	if (completion)
		fprintf(words->out, " LA[6]=%u", dw >> 14 & 1);
	fprintf(words->out, " Tag=%Xh\n", dw & TLP_MAX_TAG);
}

static void print_completion_dw2(const struct words *words, uint32_t dw)
{
	print_id(words, "RID", dw >> 16);
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

static void print_base(const struct words *words, uint32_t index)
{
	uint32_t dw = dw_at(words, index);

	if (index == 0)
		print_dw0(words, dw);
	else if (index == 1)
		print_dw1(words, dw);
	else if (tlp_is_completion(words->layout.type))
		print_completion_dw2(words, dw);
	else if (words->layout.base_dw == 3)
		print_address(words, "Addr", dw);
	else if (index == 2)
		fprintf(words->out, "AddrH=%08Xh\n", dw);
	else
		print_address(words, "AddrL", dw);
}

static void print_ohc_a(const struct words *words, uint32_t dw)
{
	if (tlp_is_completion(words->layout.type)) {
		fprintf(words->out, "OHC-A5 DS=%Xh CS=%Xh DSV%c LA[1:0]=%u Status=%u\n", dw >> 24,
			dw >> 16 & 0xff, sign(dw >> 15 & 1), dw >> 3 & 3, dw & 7);
		return;
	}
	fprintf(words->out, "OHC-A1 NW%c PV%c PMR%c ER%c PASID=%Xh LBE=%Xh FBE=%Xh\n",
		sign(dw >> 31), sign(dw >> 30 & 1), sign(dw >> 29 & 1), sign(dw >> 28 & 1),
		dw >> 8 & 0xfffff, dw >> 4 & 0xf, dw & 0xf);
}

static void print_ohc_b(const struct words *words, uint32_t dw)
{
	fprintf(words->out, "OHC-B ST=%Xh PH=%u HV=%u AMA=%u AV%c\n", dw >> 8 & 0xffff, dw >> 6 & 3,
		dw >> 4 & 3, dw >> 1 & 7, sign(dw & 1));
}

/* OHC-C and OHC-E are there to be seen, and none of our business. */
static void print_ohc(const struct words *words, uint32_t index)
{
	const struct tlp_flit_layout *layout = &words->layout;

	if (index == layout->ohc_a)
		print_ohc_a(words, dw_at(words, index));
	else if (index == layout->ohc_b)
		print_ohc_b(words, dw_at(words, index));
	else
		fputs(index == layout->ohc_c ? "OHC-C\n" : "OHC-E\n", words->out);
}

static void print_header(const struct words *words)
{
	for (uint32_t i = 0; i < words->layout.header_dw && i < words->dws; i++) {
		begin_line(words, i);
		if (i < words->layout.base_dw)
			print_base(words, i);
		else
			print_ohc(words, i);
	}
}

static void print_payload(const struct words *words)
{
	uint32_t end = words->layout.header_dw + words->layout.payload_dw;

	for (uint32_t i = words->layout.header_dw; i < end && i < words->dws; i++) {
		begin_line(words, i);
		fprintf(words->out, "Data[%u]\n", i - words->layout.header_dw);
	}
}

static void print_trailer(const struct words *words)
{
	uint32_t start = words->layout.header_dw + words->layout.payload_dw;

	for (uint32_t i = start; i < start + words->layout.trailer_dw && i < words->dws; i++) {
		begin_line(words, i);
		fputs(words->layout.ts == 1 ? "ECRC\n" : "Trailer\n", words->out);
	}
}

/* Number, link, direction and seconds since the capture's first packet */
static void print_place(FILE *out, const struct packet *packet)
{
	bool before = packet->since_start_ns < 0;
	uint64_t ns = packet->since_start_ns;

	if (before)
		ns = -ns;
	fprintf(out, "#%" PRIu64 " %s %s %c%" PRIu64 ".%09" PRIu64 "\n", packet->number,
		packet->record.link, packet_direction(packet), before ? '-' : '+',
		ns / NS_PER_S, ns % NS_PER_S);
}

void words_print(FILE *out, const struct packet *packet, bool payload)
{
	struct words words = {
		.out = out,
		.data = packet->record.data,
		.dws = packet->record.len / DW,
	};

	print_place(out, packet);
	if (tlp_flit_layout(packet->record.data, packet->record.len, &words.layout) == TLP_OK) {
		print_header(&words);
		if (payload)
			print_payload(&words);
		print_trailer(&words);
	} else if (words.dws) {
		begin_line(&words, 0);
		print_dw0(&words, dw_at(&words, 0));
	}
	if (packet->error)
		fprintf(out, "malformed: %s (%u bytes)\n", tlp_error_string(packet->error),
			packet->record.len);
	fputc('\n', out);
}
