// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Reading pcap files, the format before pcapng (draft-ietf-opsawg-pcap): a header that says what
 * its one link is, then packets. libpcap reads these, too, but the files beside them it does not:
 * of a pcapng file it has no links, directions or statistics, and takes one link type for all.
 */
#include <byteswap.h>
#include <string.h>

#include "capture_reader_internal.h"
#include "pcap.h"
#include "pcapng.h"

#define NS_PER_US 1000
#define VERSION_MAJOR 2

bool pcap_is_magic(uint32_t magic)
{
	return magic == PCAP_MICROSECONDS || magic == PCAP_NANOSECONDS ||
	       magic == bswap_32(PCAP_MICROSECONDS) || magic == bswap_32(PCAP_NANOSECONDS);
}

/* Magic, version, two fields that nobody fills in, snaplen, link type: section 4 */
static enum capture_status read_file_header(struct capture_reader *reader)
{
	uint8_t header[24];
	uint32_t magic;
	struct link *link;

	if (!capture_reader_read(reader, header, sizeof(header)))
		return capture_reader_fail_short(reader, "its header");
	memcpy(&magic, header, sizeof(magic));
	reader->swapped = magic != PCAP_MICROSECONDS && magic != PCAP_NANOSECONDS;
	if (reader->swapped)
		magic = bswap_32(magic);
	if (capture_reader_get16(reader, header + 4) != VERSION_MAJOR)
		return capture_reader_fail(reader, "pcap version %u, known is %u",
					   capture_reader_get16(reader, header + 4), VERSION_MAJOR);
	/* Above the link type is whether packets have a frame check sequence. */
	link = capture_reader_new_link(reader, capture_reader_get32(reader, header + 20) & 0xffff);
	if (!link)
		return CAPTURE_ERROR;
	link->account = CAPTURE_UNCOUNTED;
	reader->ns_per_tick = magic == PCAP_NANOSECONDS ? 1 : NS_PER_US;
	reader->in_section = true;
	return CAPTURE_RECORD;
}

enum capture_status pcap_next(struct capture_reader *reader, struct capture_record *record)
{
	struct link *link;
	uint8_t header[16];
	uint32_t len;
	size_t have;

	if (!reader->in_section && read_file_header(reader) != CAPTURE_RECORD)
		return reader->status;
	reader->offset = reader->next_offset;
	have = capture_reader_read_some(reader, header, sizeof(header));
	if (!have && !capture_reader_broken(reader))
		return CAPTURE_END;
	if (have != sizeof(header))
		return capture_reader_fail_short(reader, "a packet's header");
	len = capture_reader_get32(reader, header + 8);
	if (len > CAPTURE_BLOCK_MAX)
		return capture_reader_fail(reader, "impossible length %u", len);
	if (!capture_reader_room_for(reader, len))
		return capture_reader_fail(reader, "out of memory for %u bytes", len);
	if (!capture_reader_read(reader, reader->block, len))
		return capture_reader_fail_short(reader, "it");
	link = reader->links[0];
	link->recorded++;
	*record = (struct capture_record){
		.link = link->name,
		.encoding = link->encoding,
		.time_ns = (uint64_t)capture_reader_get32(reader, header) * NS_PER_S +
			   (uint64_t)capture_reader_get32(reader, header + 4) * reader->ns_per_tick,
		.data = reader->block,
		.len = len,
		.wire_len = capture_reader_get32(reader, header + 12),
	};
	return CAPTURE_RECORD;
}
