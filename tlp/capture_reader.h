/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reading captures of TLPs. Files are not trusted: whatever they hold, memory stays bounded
 * (CAPTURE_BLOCK_MAX, CAPTURE_LINKS_MAX) and what is wrong is said with its place.
 *
 * pcapng and pcap files of any writer are fine: either byte order, several sections, any
 * resolution of timestamps, packet blocks of all kinds; unknown blocks are passed over. A link
 * without a name is if0, if1, ... by its number in the section. A link whose type is neither
 * LINKTYPE_USER0 nor LINKTYPE_USER1 is an error: what its packets are is not known, and to skip
 * them would make counts wrong.
 */
#ifndef TLP_CAPTURE_READER_H
#define TLP_CAPTURE_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture.h"

#define CAPTURE_BLOCK_MAX (1u << 20)	/* bytes */
#define CAPTURE_LINKS_MAX 4096

struct capture_reader;

struct capture_record {
	const char *link; /* the link's name; valid until the reader is closed */
	uint32_t link_number;
	enum tlp_encoding encoding; /* of the link's packets */
	uint64_t time_ns;           /* since the epoch; 0 in simple packet blocks */
	uint32_t direction;         /* enum capture_direction, or 0: the file does not say */
	const uint8_t *data;        /* valid until the next call */
	uint32_t len;               /* captured bytes at @data */
	uint32_t wire_len;          /* bytes that the packet had */
	/*
	 * The packet's comments, each ending with a line feed: in a capture of softfabric, what
	 * happened since the packet before. NULL: none. Valid until the next call.
	 */
	const char *notes;
};

/* What a capture says of the packets of a link that it does not have. */
enum capture_account {
	CAPTURE_COUNTED,    /* statistics follow the link's packets: dropped is what they say */
	CAPTURE_UNCOUNTED,  /* nothing; many writers have no statistics */
	CAPTURE_UNFINISHED, /* nothing yet: softfabric still runs, or was killed */
};

struct capture_link {
	const char *name;  /* valid until the reader is closed */
	uint64_t recorded; /* packets of the link that were read so far */
	enum capture_account account;
	uint64_t dropped; /* packets of the link that are not in the file */
};

enum capture_status {
	CAPTURE_RECORD, /* *record is filled */
	CAPTURE_END,    /* the file ends after a whole block */
	CAPTURE_ERROR,  /* see capture_reader_error() */
};

/**
 * capture_reader_create() - read from @file, which the caller opens and closes; a pipe will do.
 *
 * Return: 0 or ENOMEM. That the file is no capture is found by the first capture_reader_next().
 */
int capture_reader_create(FILE *file, struct capture_reader **reader);

/**
 * capture_reader_follow() - at the end of the file ask @wait whether there may be more.
 * @wait: true: look again; false: it has ended here
 */
void capture_reader_follow(struct capture_reader *reader, bool (*wait)(void *data), void *data);

/**
 * capture_reader_next() - take the next packet.
 *
 * Return: CAPTURE_RECORD; after CAPTURE_END or CAPTURE_ERROR always the same again.
 */
enum capture_status capture_reader_next(struct capture_reader *reader,
					struct capture_record *record);

/**
 * capture_reader_link() - what is known by now of link number @index of the file, counted from 0
 * over all sections. All there is to know is known after CAPTURE_END.
 *
 * Return: true; false without that many links.
 */
bool capture_reader_link(const struct capture_reader *reader, uint32_t index,
			 struct capture_link *link);

/**
 * capture_reader_error() - Return: what is wrong, after CAPTURE_ERROR, with the offset of the block
 * in the file; never NULL.
 */
const char *capture_reader_error(const struct capture_reader *reader);

/** capture_reader_close() - free; NULL is fine. */
void capture_reader_close(struct capture_reader *reader);

#endif
