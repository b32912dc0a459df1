// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Reading pcapng files, block by block. */
#include <byteswap.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture_reader_internal.h"
#include "pcapng.h"

#define MICROSECONDS 6		/* if_tsresol when the option is absent */

struct block {
	uint32_t type;
	uint32_t len; /* of the body */
	const uint8_t *body;
};

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

/* Take the option at @options, of which @len bytes are left. False at their end or if it is cut. */
static bool next_option(const struct capture_reader *reader, const uint8_t **options, uint32_t *len,
			struct option *option)
{
	uint32_t size;

	if (*len < 4)
		return false;
	option->code = capture_reader_get16(reader, *options);
	option->len = capture_reader_get16(reader, *options + 2);
	option->value = *options + 4;
	size = 4 + PCAPNG_PAD(option->len);
	if (option->code == PCAPNG_OPT_END || size > *len)
		return false;
	*options += size;
	*len -= size;
	return true;
}

/* A section header says, behind its length, which byte order the length is in. */
static enum capture_status learn_byte_order(struct capture_reader *reader, uint8_t *magic)
{
	uint32_t value;

	if (!capture_reader_read(reader, magic, sizeof(value)))
		return capture_reader_fail_short(reader, "its header");
	memcpy(&value, magic, sizeof(value));
	if (value != PCAPNG_BYTE_ORDER && bswap_32(value) != PCAPNG_BYTE_ORDER)
		return capture_reader_fail(reader, "no byte-order magic: not a pcapng file");
	reader->swapped = value != PCAPNG_BYTE_ORDER;
	return CAPTURE_RECORD;
}

static enum capture_status read_header(struct capture_reader *reader, uint8_t *header)
{
	size_t done;

	reader->offset = reader->next_offset;
	done = capture_reader_read_some(reader, header, 8);
	if (!done && !capture_reader_broken(reader) && reader->in_section)
		return CAPTURE_END;
	if (!done && !capture_reader_broken(reader))
		return capture_reader_fail(reader, "the file is empty");
	return done == 8 ? CAPTURE_RECORD : capture_reader_fail_short(reader, "a block header");
}

/*
 * Read the body and the trailing length. The first @have bytes of the body have been read already.
 */
static enum capture_status read_body(struct capture_reader *reader, struct block *block,
				     uint32_t total, uint32_t have)
{
	uint8_t trailer[4];

	if (!capture_reader_read(reader, reader->block + have, block->len - have))
		return capture_reader_fail_short(reader, "it");
	if (!capture_reader_read(reader, trailer, sizeof(trailer)))
		return capture_reader_fail_short(reader, "it");
	if (capture_reader_get32(reader, trailer) != total)
		return capture_reader_fail(reader, "its two lengths differ: %u and %u", total,
					   capture_reader_get32(reader, trailer));
	block->body = reader->block;
	return CAPTURE_RECORD;
}

static enum capture_status read_block(struct capture_reader *reader, struct block *block)
{
	enum capture_status status;
	uint8_t header[8], magic[4];
	uint32_t have = 0, total;

	status = read_header(reader, header);
	if (status != CAPTURE_RECORD)
		return status;
	block->type = capture_reader_get32(reader, header);
	if (block->type == PCAPNG_SECTION) {
		status = learn_byte_order(reader, magic);
		if (status != CAPTURE_RECORD)
			return status;
		have = sizeof(magic);
	} else if (!reader->in_section) {
		return capture_reader_fail(reader, "no section header: neither a pcapng nor a pcap "
						   "file; editcap -F pcapng OLD NEW makes one of "
						   "other captures, unpack what is compressed, and "
						   "give lines of hex with --hex");
	}
	total = capture_reader_get32(reader, header + 4);
	if (total % 4 || total < PCAPNG_BLOCK_MIN + have || total > CAPTURE_BLOCK_MAX)
		return capture_reader_fail(reader, "impossible length %u", total);
	block->len = total - PCAPNG_BLOCK_MIN;
	if (!capture_reader_room_for(reader, block->len))
		return capture_reader_fail(reader, "out of memory for %u bytes", block->len);
	if (have)
		memcpy(reader->block, magic, have);
	return read_body(reader, block, total, have);
}

static bool written_by_softfabric(const struct capture_reader *reader, const struct block *block)
{
	const uint8_t *options = block->body + 16;
	uint32_t len = block->len - 16;
	struct option option;

	while (next_option(reader, &options, &len, &option))
		if (option.code == PCAPNG_SHB_USERAPPL)
			return option.len == strlen(PCAPNG_WRITER) &&
			       !memcmp(option.value, PCAPNG_WRITER, option.len);
	return false;
}

static enum capture_status take_section(struct capture_reader *reader, const struct block *block)
{
	if (block->len < 16)
		return capture_reader_fail(reader, "section header of %u bytes", block->len);
	if (capture_reader_get16(reader, block->body + 4) != PCAPNG_MAJOR)
		return capture_reader_fail(reader, "pcapng version %u, known is %u",
					   capture_reader_get16(reader, block->body + 4),
					   PCAPNG_MAJOR);
	reader->in_section = true;
	reader->own = written_by_softfabric(reader, block);
	reader->first_link = reader->num_links;
	return CAPTURE_RECORD;
}

/* if_tsresol: 10^-n, or 2^-n if bit 7 is set. 0: finer than 64 bits can count. */
static uint64_t ticks_per_second(uint8_t resolution)
{
	uint64_t ticks = 1;

	if (resolution & 0x80)
		return (resolution & 0x7f) < 64 ? 1ull << (resolution & 0x7f) : 0;
	if (resolution > 19)
		return 0;
	while (resolution--)
		ticks *= 10;
	return ticks;
}

/* Names are shown on terminals: what is not printable becomes a dot. */
static void copy_name(struct link *link, const struct option *option)
{
	size_t len = option->len < CAPTURE_NAME_MAX ? option->len : CAPTURE_NAME_MAX;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = option->value[i];

		link->name[i] = byte > ' ' && byte < 0x7f ? byte : '.';
	}
	link->name[len] = '\0';
}

static void take_link_options(const struct capture_reader *reader, const struct block *block,
			      struct link *link)
{
	const uint8_t *options = block->body + 8;
	uint32_t len = block->len - 8;
	struct option option;

	while (next_option(reader, &options, &len, &option)) {
		if (option.code == PCAPNG_IF_NAME && option.len)
			copy_name(link, &option);
		else if (option.code == PCAPNG_IF_TSRESOL && option.len == 1)
			link->ticks_per_second = ticks_per_second(option.value[0]);
		else if (option.code == PCAPNG_IF_TSOFFSET && option.len == 8)
			link->offset_ns = capture_reader_get64(reader, option.value) * NS_PER_S;
	}
}

/*
 * What is known about missing packets of a link that has no statistics, or whose statistics are not
 * final.
 */
static enum capture_account no_account(const struct capture_reader *reader)
{
	return reader->own ? CAPTURE_UNFINISHED : CAPTURE_UNCOUNTED;
}

static enum capture_status take_link(struct capture_reader *reader, const struct block *block)
{
	struct link *link;

	if (block->len < 8)
		return capture_reader_fail(reader, "interface description of %u bytes", block->len);
	link = capture_reader_new_link(reader, capture_reader_get16(reader, block->body));
	if (!link)
		return CAPTURE_ERROR;
	link->snaplen = capture_reader_get32(reader, block->body + 4);
	link->ticks_per_second = ticks_per_second(MICROSECONDS);
	link->account = no_account(reader);
	take_link_options(reader, block, link);
	if (!link->ticks_per_second)
		return capture_reader_fail(reader, "resolution of timestamps out of range");
	return CAPTURE_RECORD;
}

static uint64_t to_ns(uint64_t time, uint64_t per_second)
{
	uint64_t fraction = time % per_second;

	return time / per_second * NS_PER_S + (unsigned __int128)fraction * NS_PER_S / per_second;
}

static uint32_t direction_of(const struct capture_reader *reader, const struct block *block,
			     uint32_t offset)
{
	const uint8_t *options = block->body + offset;
	uint32_t len = block->len - offset;
	struct option option;

	while (next_option(reader, &options, &len, &option))
		if (option.code == PCAPNG_EPB_FLAGS && option.len == 4)
			return capture_reader_get32(reader, option.value) & PCAPNG_EPB_DIRECTION;
	return 0;
}

/* Notes are shown on terminals, too, a line each. */
static size_t copy_note(char *notes, const struct option *option)
{
	for (uint32_t i = 0; i < option->len; i++) {
		uint8_t byte = option->value[i];

		notes[i] = byte >= ' ' && byte < 0x7f ? byte : '.';
	}
	notes[option->len] = '\n';
	return option->len + 1u;
}

/* Those of the packet block whose options are at @offset. */
static enum capture_status take_notes(struct capture_reader *reader, const struct block *block,
				      uint32_t offset, struct capture_record *record)
{
	const uint8_t *options = block->body + offset;
	uint32_t len = block->len - offset;
	struct option option;
	size_t used = 0;
	char *notes;

	while (next_option(reader, &options, &len, &option)) {
		if (option.code != PCAPNG_OPT_COMMENT)
			continue;
		/*
		 * An option takes more bytes than the line that is made of it, so the block's size
		 * is always enough.
		 */
		notes = used ? reader->notes : realloc(reader->notes, block->len);
		if (!notes)
			return capture_reader_fail(reader, "out of memory for comments");
		record->notes = reader->notes = notes;
		used += copy_note(notes + used, &option);
		notes[used] = '\0';
	}
	return CAPTURE_RECORD;
}

/* Link number @index of this section, or NULL after a failure. */
static struct link *link_at(struct capture_reader *reader, uint32_t index, const char *what)
{
	if (index < reader->num_links - reader->first_link)
		return reader->links[reader->first_link + index];
	capture_reader_fail(reader, "%s of link %u, which was not described", what, index);
	return NULL;
}

static enum capture_status fill_record(struct capture_reader *reader, const struct block *block,
				       uint32_t index, uint32_t head, struct capture_record *record)
{
	struct link *link = link_at(reader, index, "packet");

	if (!link)
		return CAPTURE_ERROR;
	if (record->len > block->len - head)
		return capture_reader_fail(reader, "%u bytes of packet do not fit into it",
					   record->len);
	link->recorded++;
	link->account = no_account(reader);
	record->link = link->name;
	record->link_number = index;
	record->encoding = link->encoding;
	record->data = block->body + head;
	return CAPTURE_RECORD;
}

static uint64_t time_at(const struct capture_reader *reader, const uint8_t *halves,
			const struct link *link)
{
	uint64_t time = (uint64_t)capture_reader_get32(reader, halves) << 32 |
			capture_reader_get32(reader, halves + 4);

	return to_ns(time, link->ticks_per_second) + link->offset_ns;
}

/*
 * Enhanced packet blocks, and the obsolete packet blocks. The latter have a link number of 16 bits
 * only; the other 16 bits count drops since the last packet, but only some writers filled them in
 * (appendix A), so they are ignored.
 */
static enum capture_status take_packet(struct capture_reader *reader, const struct block *block,
				       struct capture_record *record)
{
	const uint8_t *body = block->body;
	bool old = block->type == PCAPNG_OLD_PACKET;
	uint32_t index;

	if (block->len < 20)
		return capture_reader_fail(reader, "packet block of %u bytes", block->len);
	index = old ? capture_reader_get16(reader, body) : capture_reader_get32(reader, body);
	*record = (struct capture_record){
		.len = capture_reader_get32(reader, body + 12),
		.wire_len = capture_reader_get32(reader, body + 16),
	};
	if (fill_record(reader, block, index, 20, record) != CAPTURE_RECORD)
		return CAPTURE_ERROR;
	record->time_ns = time_at(reader, body + 4, reader->links[reader->first_link + index]);
	record->direction = direction_of(reader, block, 20 + PCAPNG_PAD(record->len));
	return take_notes(reader, block, 20 + PCAPNG_PAD(record->len), record);
}

/*
 * Simple packet blocks belong to the first link of the section and have no time. Only the snapshot
 * length tells how much of the packet was captured.
 */
static enum capture_status take_simple_packet(struct capture_reader *reader,
					      const struct block *block,
					      struct capture_record *record)
{
	const struct link *link = link_at(reader, 0, "packet");

	if (!link)
		return CAPTURE_ERROR;
	if (block->len < 4)
		return capture_reader_fail(reader, "packet block of %u bytes", block->len);
	*record = (struct capture_record){ .wire_len = capture_reader_get32(reader, block->body) };
	record->len = record->wire_len;
	if (link->snaplen && record->len > link->snaplen)
		record->len = link->snaplen;
	return fill_record(reader, block, 0, 4, record);
}

/* A statistics block counts all packets of its link up to that point. */
static enum capture_status take_statistics(struct capture_reader *reader, const struct block *block)
{
	const uint8_t *options = block->body + 12;
	struct option option;
	struct link *link;
	uint32_t len;

	if (block->len < 12)
		return capture_reader_fail(reader, "statistics of %u bytes", block->len);
	link = link_at(reader, capture_reader_get32(reader, block->body), "statistics");
	if (!link)
		return CAPTURE_ERROR;
	len = block->len - 12;
	link->dropped = 0;
	while (next_option(reader, &options, &len, &option)) {
		if ((option.code != PCAPNG_ISB_IFDROP && option.code != PCAPNG_ISB_OSDROP) ||
		    option.len != 8)
			continue;
		if (__builtin_add_overflow(link->dropped,
					   capture_reader_get64(reader, option.value),
					   &link->dropped))
			link->dropped = UINT64_MAX;
		link->account = CAPTURE_COUNTED;
	}
	return CAPTURE_RECORD;
}

/* CAPTURE_RECORD: go on, with *taken telling whether there is a record */
static enum capture_status take_block(struct capture_reader *reader, const struct block *block,
				      struct capture_record *record, bool *taken)
{
	switch (block->type) {
	case PCAPNG_SECTION:
		return take_section(reader, block);
	case PCAPNG_INTERFACE:
		return take_link(reader, block);
	case PCAPNG_PACKET:
	case PCAPNG_OLD_PACKET:
		*taken = true;
		return take_packet(reader, block, record);
	case PCAPNG_SIMPLE_PACKET:
		*taken = true;
		return take_simple_packet(reader, block, record);
	case PCAPNG_STATISTICS:
		return take_statistics(reader, block);
	default:
		return CAPTURE_RECORD;
	}
}

enum capture_status pcapng_next(struct capture_reader *reader, struct capture_record *record)
{
	enum capture_status status;
	struct block block = { 0 };
	bool taken = false;

	do {
		status = read_block(reader, &block);
		if (status == CAPTURE_RECORD)
			status = take_block(reader, &block, record, &taken);
	} while (status == CAPTURE_RECORD && !taken);
	return status;
}
