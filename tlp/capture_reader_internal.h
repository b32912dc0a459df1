/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What readers of the formats share. Private to this folder. */
#ifndef TLP_CAPTURE_READER_INTERNAL_H
#define TLP_CAPTURE_READER_INTERNAL_H

#include <byteswap.h>
#include <string.h>

#include "capture_reader.h"

#define NS_PER_S 1000000000u

struct link {
	char name[CAPTURE_NAME_MAX + 1];
	enum tlp_encoding encoding;
	uint64_t ticks_per_second;
	uint64_t offset_ns; /* of its timestamps, modulo 2^64 */
	uint32_t snaplen;   /* 0: none */
	enum capture_account account;
	uint64_t recorded, dropped;
};

/* Links stay until the reader is closed, as records point to their names; a section has its own. */
struct capture_reader {
	FILE *file;
	enum capture_status (*next)(struct capture_reader *reader, struct capture_record *record);
	bool (*wait)(void *data); /* NULL: the file does not grow */
	void *wait_data;
	uint8_t ahead[4]; /* what was read to know the format, and is read again */
	uint32_t num_ahead;
	enum capture_status status;
	bool in_section, swapped;
	uint32_t ns_per_tick; /* of pcap files */
	bool own;             /* the section was written by capture.h */
	uint64_t offset;      /* of the block being read */
	uint64_t next_offset;
	struct link **links;
	uint32_t num_links, first_link;
	uint8_t *block; /* body of the block being read, without type and lengths */
	uint32_t block_room;
	char *notes; /* of the packet in it */
	char error[256];
};

/* Numbers in the byte order of the file */
static inline uint16_t capture_reader_get16(const struct capture_reader *reader, const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? bswap_16(value) : value;
}

static inline uint32_t capture_reader_get32(const struct capture_reader *reader, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? bswap_32(value) : value;
}

static inline uint64_t capture_reader_get64(const struct capture_reader *reader, const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? bswap_64(value) : value;
}

/* Keep what is wrong for capture_reader_error(). Returns CAPTURE_ERROR. */
__attribute__((format(printf, 2, 3))) enum capture_status capture_reader_fail(
	struct capture_reader *reader, const char *format, ...);

/* True: the next @len bytes are at @to. */
bool capture_reader_read(struct capture_reader *reader, void *to, size_t len);

/* The same, but takes fewer bytes if there are no more; returns how many */
size_t capture_reader_read_some(struct capture_reader *reader, void *to, size_t len);

/* Returns whether bytes are missing because of a read error, and not because the file ends. */
bool capture_reader_broken(const struct capture_reader *reader);

/*
 * After capture_reader_read() has returned false: fail with the reason; @where is the place to name
 * if the file ended there
 */
enum capture_status capture_reader_fail_short(struct capture_reader *reader, const char *where);

/* Have room for @len bytes at reader->block; false: no memory */
bool capture_reader_room_for(struct capture_reader *reader, uint32_t len);

/* A link of this type, named after its number in the section. NULL after capture_reader_fail(). */
struct link *capture_reader_new_link(struct capture_reader *reader, uint16_t type);

/* The next packet of a pcapng file, or of a pcap file, which begins with another magic number */
enum capture_status pcapng_next(struct capture_reader *reader, struct capture_record *record);
enum capture_status pcap_next(struct capture_reader *reader, struct capture_record *record);
bool pcap_is_magic(uint32_t magic);

#endif
