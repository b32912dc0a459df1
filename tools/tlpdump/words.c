// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <string.h>

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

void words_print_type(const struct words *words, const char *name, unsigned int type)
{
	if (name)
		fprintf(words->out, "STP %s", name);
	else
		fprintf(words->out, "STP Type=%Xh", type);
}

void words_print_length(const struct words *words, unsigned int length)
{
	if (words->view->name && tlp_has_length(words->view->type))
		fprintf(words->out, " L=%u", length);
	fputc('\n', words->out);
}

void words_print_other(const struct words *words, uint32_t number, uint32_t dw)
{
	if (number == 2 && words->view->has_destination) {
		words_print_id(words, "Dest", dw >> 16);
		fprintf(words->out, " Reg=%Xh\n", dw & 0xffc);
	} else {
		fprintf(words->out, "DW%u\n", number);
	}
}

void words_print_message(const struct words *words)
{
	const char *name = tlp_message_name(words->view->code);

	fprintf(words->out, " Code=%02Xh", words->view->code);
	if (name)
		fprintf(words->out, " (%s)", name);
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

/* Link, direction, seconds since the capture's first packet */
static void print_capture(FILE *out, const struct packet *packet)
{
	bool before = packet->since_start_ns < 0;
	uint64_t ns = packet->since_start_ns;

	if (before)
		ns = -ns;
	fprintf(out, " %s %s %c%" PRIu64 ".%09" PRIu64, packet->record.link,
		packet_direction(packet), before ? '-' : '+', ns / NS_PER_S, ns % NS_PER_S);
}

/* Number, where it is from, and what is not in flit mode */
static void print_place(FILE *out, const struct packet *packet)
{
	fprintf(out, "#%" PRIu64, packet->number);
	if (packet->line)
		fprintf(out, " line %" PRIu64, packet->line);
	else
		print_capture(out, packet);
	fputs(packet->record.encoding == TLP_NONFLIT ? " non-flit\n" : "\n", out);
}

/* Words that follow the header in a log. The packet is malformed then, which is said elsewhere. */
static void print_spare(const struct words *words, const struct packet *packet)
{
	if (packet->error)
		return;
	for (uint32_t i = words->dws; i < packet->record.len / DW; i++) {
		words_begin_line(words, i);
		fputs("not of the packet\n", words->out);
	}
}

static void print_part(FILE *out, const char *comma, const char *name, uint32_t there,
		       uint32_t whole)
{
	if (there)
		fprintf(out, "%s%s (%u of %u bytes)", comma, name, whole - there, whole);
	else
		fprintf(out, "%s%s (%u bytes)", comma, name, whole);
}

/* A header that is cut needs no remark: its lines show where it ends. */
static void print_missing(FILE *out, const struct packet *packet)
{
	const struct tlp_view *view = &packet->view;
	const char *comma = "missing: ";

	if (view->missing & TLP_PART_HEADER) {
		fprintf(out, "%sheader from byte %u on", comma, packet->record.len);
		comma = ", ";
	}
	if (view->missing & TLP_PART_PAYLOAD) {
		print_part(out, comma, "payload", view->payload_len, view->tlp.length * DW);
		comma = ", ";
	}
	if (view->missing & TLP_PART_TRAILER)
		print_part(out, comma, packet_trailer_name(packet), 0, view->trailer_len);
	fputc('\n', out);
}

static void print_verdict(FILE *out, const struct packet *packet)
{
	const struct tlp_view *view = &packet->view;

	if (packet_malformed(packet))
		fprintf(out, "malformed: %s (%u bytes)\n", tlp_error_string(packet->error),
			packet->record.len);
	else if (packet->error == TLP_ERR_TYPE)
		fputs("not decoded: unknown type\n", out);
	else if (view->has_dw0 && !tlp_is_decoded(view->type))
		fputs("not decoded\n", out);
	if (view->missing)
		print_missing(out, packet);
}

void words_print(FILE *out, const struct packet *packet, bool payload)
{
	const struct words words = {
		.out = out,
		.data = packet->record.data,
		.view = &packet->view,
		.dws = (packet->record.len - packet->view.spare) / DW,
		.payload = payload,
	};

	print_place(out, packet);
	if (packet->record.encoding == TLP_NONFLIT)
		words_print_nonflit(&words);
	else
		words_print_flit(&words);
	print_spare(&words, packet);
	print_verdict(out, packet);
	fputc('\n', out);
}

void words_print_notes(FILE *out, const struct packet *packet)
{
	const char *note = packet->record.notes;

	if (!note)
		return;
	for (const char *end; (end = strchr(note, '\n')); note = end + 1)
		fprintf(out, "-- %.*s\n", (int)(end - note), note);
	fputc('\n', out);
}
