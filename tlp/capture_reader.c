// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "capture_reader_internal.h"
#include "pcapng.h"
#include "util/macros.h"

enum capture_status capture_reader_fail(struct capture_reader *reader, const char *format, ...)
{
	int used = snprintf(reader->error, sizeof(reader->error), "%s at byte %" PRIu64 ": ",
			    reader->next == pcap_next ? "packet" : "block", reader->offset);
	va_list args;

	va_start(args, format);
	vsnprintf(reader->error + used, sizeof(reader->error) - used, format, args);
	va_end(args);
	reader->status = CAPTURE_ERROR;
	return CAPTURE_ERROR;
}

/* Never leave the block NULL, even if the first packet is empty: memcpy() must not get NULL. */
bool capture_reader_room_for(struct capture_reader *reader, uint32_t len)
{
	uint8_t *block;

	if (!len)
		len = 1;
	if (len <= reader->block_room)
		return true;
	block = realloc(reader->block, len);
	if (!block)
		return false;
	reader->block = block;
	reader->block_room = len;
	return true;
}

void capture_reader_follow(struct capture_reader *reader, bool (*wait)(void *data), void *data)
{
	reader->wait = wait;
	reader->wait_data = data;
}

/* Like fread(), but waits for more data at the end of a file that is being followed */
static size_t read_file(struct capture_reader *reader, uint8_t *to, size_t len)
{
	size_t done = fread(to, 1, len, reader->file);

	while (done < len && !ferror(reader->file) && reader->wait &&
	       reader->wait(reader->wait_data)) {
		clearerr(reader->file);
		done += fread(to + done, 1, len - done, reader->file);
	}
	return done;
}

size_t capture_reader_read_some(struct capture_reader *reader, void *to, size_t len)
{
	size_t ahead = len < reader->num_ahead ? len : reader->num_ahead;

	memcpy(to, reader->ahead, ahead);
	memmove(reader->ahead, reader->ahead + ahead, reader->num_ahead - ahead);
	reader->num_ahead -= ahead;
	ahead += read_file(reader, (uint8_t *)to + ahead, len - ahead);
	reader->next_offset += ahead;
	return ahead;
}

bool capture_reader_read(struct capture_reader *reader, void *to, size_t len)
{
	return capture_reader_read_some(reader, to, len) == len;
}

bool capture_reader_broken(const struct capture_reader *reader)
{
	return ferror(reader->file);
}

/* Tell why fread() returned less than was asked for. */
enum capture_status capture_reader_fail_short(struct capture_reader *reader, const char *where)
{
	if (ferror(reader->file))
		return capture_reader_fail(reader, "cannot read: %s", strerror(errno));
	return capture_reader_fail(reader, "the file ends within %s; was its writer interrupted?",
				   where);
}

static const struct {
	uint16_t type;
	enum tlp_encoding encoding;
} link_types[] = {
	{ LINKTYPE_USER0, TLP_FLIT },
	{ LINKTYPE_USER1, TLP_NONFLIT },
};

static bool encoding_of(uint16_t type, enum tlp_encoding *encoding)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_types); i++)
		if (link_types[i].type == type) {
			*encoding = link_types[i].encoding;
			return true;
		}
	return false;
}

static struct link *add_link(struct capture_reader *reader)
{
	struct link **links, *link;

	links = realloc(reader->links, (reader->num_links + 1) * sizeof(*links));
	if (!links)
		return NULL;
	reader->links = links;
	link = calloc(1, sizeof(*link));
	if (link)
		links[reader->num_links++] = link;
	return link;
}

struct link *capture_reader_new_link(struct capture_reader *reader, uint16_t type)
{
	enum tlp_encoding encoding;
	struct link *link;

	if (!encoding_of(type, &encoding)) {
		capture_reader_fail(
			reader,
			"link type %u instead of %u (USER0: TLPs in flit mode) or %u "
			"(USER1: outside of it); if TLPs it is, editcap -T user0 OLD NEW "
			"or -T user1 says so",
			type, LINKTYPE_USER0, LINKTYPE_USER1);
		return NULL;
	}
	if (reader->num_links >= CAPTURE_LINKS_MAX) {
		capture_reader_fail(reader, "more than %u links", CAPTURE_LINKS_MAX);
		return NULL;
	}
	link = add_link(reader);
	if (!link) {
		capture_reader_fail(reader, "out of memory for a link");
		return NULL;
	}
	link->encoding = encoding;
	snprintf(link->name, sizeof(link->name), "if%u",
		 reader->num_links - 1 - reader->first_link);
	return link;
}

/* What pcapng and pcap files begin with tells them apart. */
static enum capture_status learn_format(struct capture_reader *reader,
					struct capture_record *record)
{
	uint32_t magic = 0;

	reader->num_ahead = read_file(reader, reader->ahead, sizeof(reader->ahead));
	memcpy(&magic, reader->ahead, reader->num_ahead);
	reader->next = pcap_is_magic(magic) ? pcap_next : pcapng_next;
	return reader->next(reader, record);
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
	if (reader->status == CAPTURE_RECORD)
		reader->status = reader->next(reader, record);
	return reader->status;
}

int capture_reader_create(FILE *file, struct capture_reader **result)
{
	struct capture_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return ENOMEM;
	reader->file = file;
	reader->next = learn_format;
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
	free(reader->notes);
	free(reader);
}
