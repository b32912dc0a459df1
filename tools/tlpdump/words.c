// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>

#include "words_internal.h"

#define DW 4
#define NS_PER_S 1000000000

uint32_t words_dw(const struct words *words, uint32_t index)
{
	const uint8_t *at = words->data + index * DW;

	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

void words_begin_line(const struct words *words, uint32_t index)
{
	const uint8_t *at = words->data + index * DW;

	fprintf(words->out, "%02X%02X%02X%02X -> ", at[3], at[2], at[1], at[0]);
}

void words_print_id(const struct words *words, const char *name, uint16_t id)
{
	fprintf(words->out, "%s=%Xh:%Xh.%Xh", name, id >> 8, id >> 3 & 0x1f, id & 7);
}

void words_print_type(const struct words *words, unsigned int type)
{
	const char *name = tlp_type_name(type);

	if (name)
		fprintf(words->out, "STP %s", name);
	else
		fprintf(words->out, "STP Type=%Xh", type);
}

void words_print_payload(const struct words *words, uint32_t first, uint32_t count)
{
	if (!words->payload)
		return;
	for (uint32_t i = first; i < first + count && i < words->dws; i++) {
		words_begin_line(words, i);
		fprintf(words->out, "Data[%u]\n", i - first);
	}
}

/* Number, link, direction, seconds since the capture's first packet; what is not in flit mode */
static void print_place(FILE *out, const struct packet *packet)
{
	bool before = packet->since_start_ns < 0;
	uint64_t ns = packet->since_start_ns;

	if (before)
		ns = -ns;
	fprintf(out, "#%" PRIu64 " %s %s %c%" PRIu64 ".%09" PRIu64 "%s\n", packet->number,
		packet->record.link, packet_direction(packet), before ? '-' : '+', ns / NS_PER_S,
		ns % NS_PER_S, packet->record.encoding == TLP_NONFLIT ? " non-flit" : "");
}

void words_print(FILE *out, const struct packet *packet, bool payload)
{
	const struct words words = {
		.out = out,
		.data = packet->record.data,
		.dws = packet->record.len / DW,
		.payload = payload,
	};

	print_place(out, packet);
	if (packet->record.encoding == TLP_NONFLIT)
		words_print_nonflit(&words);
	else
		words_print_flit(&words);
	if (packet->error)
		fprintf(out, "malformed: %s (%u bytes)\n", tlp_error_string(packet->error),
			packet->record.len);
	fputc('\n', out);
}
