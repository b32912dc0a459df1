// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hex_line.h"
#include "hex_reader.h"

/* The longest packet in the widest notation ("0x60, ") and something in front of it */
#define LINE_ROOM 32768

struct hex_reader {
	FILE *file;
	enum tlp_encoding encoding;
	enum capture_status status;
	uint64_t number; /* of the line */
	struct complaint error;
	char text[LINE_ROOM];
	struct hex_line line;
};

struct hex_reader *hex_reader_create(FILE *file, enum tlp_encoding encoding)
{
	struct hex_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->file = file;
	reader->encoding = encoding;
	reader->status = CAPTURE_RECORD;
	return reader;
}

void hex_reader_destroy(struct hex_reader *reader)
{
	free(reader);
}

const char *hex_reader_error(const struct hex_reader *reader)
{
	return reader->error.text;
}

static enum capture_status fail(struct hex_reader *reader, const char *why)
{
	complain(&reader->error, "line %" PRIu64 ": %s", reader->number, why);
	return CAPTURE_ERROR;
}

/*
 * Read a line without its end. A NUL becomes a character that no line may have, so that it does not
 * cut the line.
 */
static enum capture_status read_line(struct hex_reader *reader)
{
	size_t len = 0;
	int byte;

	reader->number++;
	while ((byte = getc(reader->file)) != EOF && byte != '\n') {
		if (len + 1 == sizeof(reader->text))
			return fail(reader, "too long for a packet");
		reader->text[len++] = byte ? byte : '?';
	}
	reader->text[len] = '\0';
	if (ferror(reader->file))
		return fail(reader, strerror(errno));
	return byte == EOF && !len ? CAPTURE_END : CAPTURE_RECORD;
}

static enum capture_status read_packet(struct hex_reader *reader)
{
	struct complaint why;

	do {
		reader->status = read_line(reader);
	} while (reader->status == CAPTURE_RECORD && hex_line_empty(reader->text));
	if (reader->status == CAPTURE_RECORD &&
	    !hex_line_parse(reader->text, reader->encoding, &reader->line, &why))
		reader->status = fail(reader, why.text);
	return reader->status;
}

enum capture_status hex_reader_next(struct hex_reader *reader, struct packet *packet)
{
	if (reader->status != CAPTURE_RECORD || read_packet(reader) != CAPTURE_RECORD)
		return reader->status;
	packet->record = (struct capture_record){
		.link = "-",
		.encoding = reader->line.encoding,
		.data = reader->line.bytes,
		.len = reader->line.len,
		.wire_len = reader->line.len,
	};
	packet->line = reader->number;
	packet->header_log = reader->line.header_log;
	return CAPTURE_RECORD;
}
