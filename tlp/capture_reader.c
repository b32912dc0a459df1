// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "capture_reader_internal.h"

enum capture_status capture_reader_fail(struct capture_reader *reader, const char *format, ...)
{
	int used = snprintf(reader->error, sizeof(reader->error), "block at byte %" PRIu64 ": ",
			    reader->offset);
	va_list args;

	va_start(args, format);
	vsnprintf(reader->error + used, sizeof(reader->error) - used, format, args);
	va_end(args);
	reader->status = CAPTURE_ERROR;
	return CAPTURE_ERROR;
}

bool capture_reader_room_for(struct capture_reader *reader, uint32_t len)
{
	uint8_t *block;

	if (len <= reader->block_room)
		return true;
	block = realloc(reader->block, len);
	if (!block)
		return false;
	reader->block = block;
	reader->block_room = len;
	return true;
}

bool capture_reader_read(struct capture_reader *reader, void *to, size_t len)
{
	size_t done = fread(to, 1, len, reader->file);

	reader->next_offset += done;
	return done == len;
}

/* fread() came back short: why? */
enum capture_status capture_reader_fail_short(struct capture_reader *reader, const char *where)
{
	if (ferror(reader->file))
		return capture_reader_fail(reader, "cannot read: %s", strerror(errno));
	return capture_reader_fail(reader, "the file ends within %s; was its writer interrupted?",
				   where);
}

bool capture_reader_link(const struct capture_reader *reader, uint32_t index,
			 struct capture_link *link)
{
	const struct link *found;

	if (index >= reader->num_links)
		return false;
	found = reader->links[index];
	*link = (struct capture_link){
		.name = found->name,
		.recorded = found->recorded,
		.account = found->account,
		.dropped = found->dropped,
	};
	return true;
}

enum capture_status capture_reader_next(struct capture_reader *reader,
					struct capture_record *record)
{
	return pcapng_next(reader, record);
}

int capture_reader_create(FILE *file, struct capture_reader **result)
{
	struct capture_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return ENOMEM;
	reader->file = file;
	reader->status = CAPTURE_RECORD;
	*result = reader;
	return 0;
}

const char *capture_reader_error(const struct capture_reader *reader)
{
	return reader->error;
}

void capture_reader_close(struct capture_reader *reader)
{
	if (!reader)
		return;
	for (uint32_t i = 0; i < reader->num_links; i++)
		free(reader->links[i]);
	free(reader->links);
	free(reader->block);
	free(reader);
}
