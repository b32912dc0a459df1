// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "pcapng.h"

#define BUFFER_SIZE (256 * 1024)
#define NOTES_SIZE (16 * 1024)
#define NANOSECONDS 9	/* if_tsresol: 10^-9 */

/* Counts of one link: all its packets, and those that are not in the file. */
struct statistics {
	uint64_t received, dropped;
	uint64_t first_ns, last_ns; /* valid if there were any */
};

struct capture {
	int fd;
	int error; /* the first one; nothing is written after it */
	uint32_t links;
	struct statistics *statistics; /* one a link */
	uint64_t max_bytes, bytes;
	uint32_t snaplen; /* 0: none */
	bool cut;         /* max_bytes was reached: every further packet is dropped */
	bool stated;      /* the statistics in the file are up to date */
	uint64_t packets, dropped;
	void (*waiting)(void *data); /* or NULL */
	void *waiting_data;
	size_t noted;        /* bytes of notes[]: comments of the next packet, as options */
	uint32_t notes_lost; /* notes that did not fit into notes[] */
	uint8_t notes[NOTES_SIZE];
	size_t used;
	uint8_t buffer[BUFFER_SIZE];
};

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		data += done;
		len -= done;
	}
	return 0;
}

static int write_buffer(struct capture *capture)
{
	if (!capture->error)
		capture->error = write_all(capture->fd, capture->buffer, capture->used);
	capture->used = 0;
	return capture->error;
}

/* make_room() has made sure that the whole block fits. */
static void put(struct capture *capture, const void *data, size_t len)
{
	if (len)
		memcpy(capture->buffer + capture->used, data, len);
	capture->used += len;
}

static void put32(struct capture *capture, uint32_t value)
{
	put(capture, &value, sizeof(value));
}

static void put_padding(struct capture *capture, size_t len)
{
	static const uint8_t zeros[3];

	put(capture, zeros, PCAPNG_PAD(len) - len);
}

static void put_option(struct capture *capture, uint16_t code, const void *value, uint16_t len)
{
	put(capture, &code, sizeof(code));
	put(capture, &len, sizeof(len));
	put(capture, value, len);
	put_padding(capture, len);
}

static size_t option_size(size_t len)
{
	return 4 + PCAPNG_PAD(len);
}

/* For a block of @len bytes. Returns 0 or the first write error. */
static int make_room(struct capture *capture, uint32_t len)
{
	if (BUFFER_SIZE - capture->used < len)
		write_buffer(capture);
	if (capture->error)
		return capture->error;
	if (!capture->used && capture->waiting)
		capture->waiting(capture->waiting_data);
	capture->bytes += len;
	return 0;
}

static int begin(struct capture *capture, uint32_t type, uint32_t len)
{
	int error = make_room(capture, len);

	if (error)
		return error;
	put32(capture, type);
	put32(capture, len);
	return 0;
}

static void end(struct capture *capture, uint32_t len)
{
	put32(capture, PCAPNG_OPT_END);
	put32(capture, len);
}

static int put_section(struct capture *capture)
{
	uint32_t len = PCAPNG_BLOCK_MIN + 16 + option_size(strlen(PCAPNG_WRITER)) + option_size(0);
	const uint16_t version[2] = { PCAPNG_MAJOR, PCAPNG_MINOR };
	const int64_t unknown_length = -1;
	int error;

	error = begin(capture, PCAPNG_SECTION, len);
	if (error)
		return error;
	put32(capture, PCAPNG_BYTE_ORDER);
	put(capture, version, sizeof(version));
	put(capture, &unknown_length, sizeof(unknown_length));
	put_option(capture, PCAPNG_SHB_USERAPPL, PCAPNG_WRITER, strlen(PCAPNG_WRITER));
	end(capture, len);
	return 0;
}

int capture_create(const char *path, uint64_t max_bytes, struct capture **result)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int error;

	if (!capture)
		return ENOMEM;
	capture->max_bytes = max_bytes;
	capture->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (capture->fd < 0) {
		error = errno;
		free(capture);
		return error;
	}
	error = put_section(capture);
	if (!error)
		error = write_buffer(capture);
	if (error) {
		capture_close(capture);
		return error;
	}
	*result = capture;
	return 0;
}

void capture_set_snaplen(struct capture *capture, uint32_t snaplen)
{
	capture->snaplen = snaplen;
}

void capture_set_waiting(struct capture *capture, void (*waiting)(void *data), void *data)
{
	capture->waiting = waiting;
	capture->waiting_data = data;
}

/* What a reader needs to know before it can decode a link's packets, for programs and for people */
static const struct {
	uint16_t link_type;
	const char *description;
} encodings[] = {
	[TLP_FLIT] = { LINKTYPE_USER0, "flit mode" },
	[TLP_NONFLIT] = { LINKTYPE_USER1, "non-flit mode" },
};

static int add_statistics(struct capture *capture)
{
	struct statistics *statistics;

	statistics = reallocarray(capture->statistics, capture->links + 1, sizeof(*statistics));
	if (!statistics)
		return ENOMEM;
	capture->statistics = statistics;
	statistics[capture->links] = (struct statistics){ 0 };
	return 0;
}

int capture_add_link(struct capture *capture, const char *name, enum tlp_encoding encoding,
		     uint32_t *link)
{
	const uint16_t link_type[2] = { encodings[encoding].link_type, 0 };
	const char *description = encodings[encoding].description;
	const uint8_t resolution = NANOSECONDS;
	size_t name_len = strlen(name), description_len = strlen(description);
	uint32_t len;
	int error;

	if (!name_len || name_len > CAPTURE_NAME_MAX)
		return EINVAL;
	len = PCAPNG_BLOCK_MIN + 8 + option_size(name_len) + option_size(description_len) +
	      option_size(1) + option_size(0);
	error = add_statistics(capture);
	if (!error)
		error = begin(capture, PCAPNG_INTERFACE, len);
	if (error)
		return error;
	put(capture, link_type, sizeof(link_type));
	put32(capture, capture->snaplen); /* 0: no limit to the length of packets */
	put_option(capture, PCAPNG_IF_NAME, name, name_len);
	put_option(capture, PCAPNG_IF_DESCRIPTION, description, description_len);
	put_option(capture, PCAPNG_IF_TSRESOL, &resolution, 1);
	end(capture, len);
	*link = capture->links++;
	capture->stated = false;
	return 0;
}

/* An Interface Statistics Block with all that put_statistics() has for it: section 4.6 */
#define STATISTICS_MAX (PCAPNG_BLOCK_MIN + 12 + 4 * (4 + 8) + 4)

static bool has_room(const struct capture *capture, uint64_t len)
{
	return !capture->max_bytes || capture->bytes + len <= capture->max_bytes;
}

/* Times are in two halves, the upper one first. */
static void put_time(struct capture *capture, uint64_t time_ns)
{
	put32(capture, time_ns >> 32);
	put32(capture, time_ns);
}

static void put_time_option(struct capture *capture, uint16_t code, uint64_t time_ns)
{
	const uint32_t halves[2] = { time_ns >> 32, time_ns };

	put_option(capture, code, halves, sizeof(halves));
}

static void put_statistics(struct capture *capture, uint32_t link)
{
	const struct statistics *statistics = &capture->statistics[link];
	uint32_t len = STATISTICS_MAX - (statistics->received ? 0 : 2 * option_size(8));

	if (begin(capture, PCAPNG_STATISTICS, len))
		return;
	put32(capture, link);
	put_time(capture, statistics->last_ns);
	if (statistics->received) {
		put_time_option(capture, PCAPNG_ISB_STARTTIME, statistics->first_ns);
		put_time_option(capture, PCAPNG_ISB_ENDTIME, statistics->last_ns);
	}
	put_option(capture, PCAPNG_ISB_IFRECV, &statistics->received, 8);
	put_option(capture, PCAPNG_ISB_IFDROP, &statistics->dropped, 8);
	end(capture, len);
}

static void put_all_statistics(struct capture *capture)
{
	for (uint32_t link = 0; link < capture->links; link++)
		put_statistics(capture, link);
	capture->stated = true;
}

int capture_flush(struct capture *capture)
{
	/* leave room for the final statistics, which capture_close() writes */
	if (!capture->stated && has_room(capture, 2ull * capture->links * STATISTICS_MAX))
		put_all_statistics(capture);
	return write_buffer(capture);
}

/* Room for the note that says how many notes were lost */
#define LAST_NOTE (4 + 32)

static void add_note(struct capture *capture, const char *text, uint16_t len)
{
	const uint16_t head[2] = { PCAPNG_OPT_COMMENT, len };
	uint8_t *note = capture->notes + capture->noted;

	memset(note, 0, option_size(len));
	memcpy(note, head, sizeof(head));
	memcpy(note + sizeof(head), text, len);
	capture->noted += option_size(len);
}

void capture_note(struct capture *capture, const char *text)
{
	size_t len = strnlen(text, CAPTURE_NOTE_MAX);

	if (!capture->notes_lost && capture->noted + option_size(len) <= NOTES_SIZE - LAST_NOTE)
		add_note(capture, text, len);
	else
		capture->notes_lost++;
}

/* Returns how much room the notes take in the block of the next packet. */
static uint32_t finish_notes(struct capture *capture)
{
	char text[LAST_NOTE - 4];

	if (capture->notes_lost)
		add_note(capture, text,
			 snprintf(text, sizeof(text), "%u notes are missing", capture->notes_lost));
	capture->notes_lost = 0;
	return capture->noted;
}

/* An Enhanced Packet Block around its packet: sections 4.3 and 3.5 */
struct packet_head {
	uint32_t type, len;
	uint32_t link;
	uint32_t time_high, time_low;
	uint32_t captured, original;
};

struct packet_tail {
	uint16_t flags_code, flags_len;
	uint32_t flags;
	uint32_t end;
	uint32_t len;
};

static bool is_packet(const struct capture *capture, uint32_t link, size_t header_len,
		      size_t payload_len)
{
	return link < capture->links && header_len <= CAPTURE_PACKET_MAX &&
	       payload_len <= CAPTURE_PACKET_MAX - header_len && header_len + payload_len;
}

/* Count a packet that needs @len bytes of the file. Returns whether it is dropped. */
static bool is_dropped(struct capture *capture, uint32_t link, uint64_t time_ns, uint32_t len)
{
	struct statistics *statistics = &capture->statistics[link];

	if (!statistics->received++)
		statistics->first_ns = time_ns;
	statistics->last_ns = time_ns;
	capture->stated = false;
	if (!has_room(capture, len + (uint64_t)capture->links * STATISTICS_MAX))
		capture->cut = true;
	if (capture->cut) {
		capture->noted = 0;
		statistics->dropped++;
		capture->dropped++;
	}
	return capture->cut;
}

/* As much of a packet of @whole bytes as is recorded */
static size_t cut_size(const struct capture *capture, size_t whole)
{
	return capture->snaplen && capture->snaplen < whole ? capture->snaplen : whole;
}

/*
 * Headers are a few DWs long, and so are payloads that a snapshot length has cut. Two overlapping
 * moves copy them faster than memcpy(), or the string instruction that compilers use instead of it.
 */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len >= 8 && len <= 16) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else if (len > 16 && len <= 32) {
		memcpy(to, from, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else if (len) {
		memcpy(to, from, len);
	}
}

/*
 * Build the record in the buffer itself, in one pass: with write(), this is where capturing spends
 * its time.
 */
static void put_record(struct capture *capture, const struct packet_head *head, const void *header,
		       size_t header_len, const void *payload, uint32_t direction)
{
	uint8_t *at = capture->buffer + capture->used;
	uint8_t *data = at + sizeof(*head), *notes = data + PCAPNG_PAD(head->captured);

	*(struct packet_head *)at = *head;
	/* Zero the last word: what the data do not overwrite of it is padding. */
	memset(notes - 4, 0, 4);
	copy_short(data, header, header_len);
	copy_short(data + header_len, payload, head->captured - header_len);
	if (capture->noted)
		memcpy(notes, capture->notes, capture->noted);
	*(struct packet_tail *)(notes + capture->noted) = (struct packet_tail){
		.flags_code = PCAPNG_EPB_FLAGS,
		.flags_len = sizeof(direction),
		.flags = direction,
		.end = PCAPNG_OPT_END,
		.len = head->len,
	};
	capture->used += head->len;
	capture->noted = 0;
	capture->packets++;
}

int capture_packet(struct capture *capture, uint32_t link, enum capture_direction direction,
		   uint64_t time_ns, const void *header, size_t header_len, const void *payload,
		   size_t payload_len)
{
	size_t whole = header_len + payload_len, size = cut_size(capture, whole);
	struct packet_head head = {
		.type = PCAPNG_PACKET,
		.link = link,
		.time_high = time_ns >> 32,
		.time_low = time_ns,
		.captured = size,
		.original = whole,
	};
	int error;

	if (!is_packet(capture, link, header_len, payload_len))
		return EINVAL;
	head.len = sizeof(head) + PCAPNG_PAD(size) + finish_notes(capture) +
		   sizeof(struct packet_tail);
	if (is_dropped(capture, link, time_ns, head.len))
		return 0;
	error = make_room(capture, head.len);
	if (error)
		return error;
	put_record(capture, &head, header, header_len < size ? header_len : size, payload,
		   direction);
	return 0;
}

uint64_t capture_packets(const struct capture *capture)
{
	return capture->packets;
}

uint64_t capture_dropped(const struct capture *capture)
{
	return capture->dropped;
}

int capture_close(struct capture *capture)
{
	int error;

	if (!capture)
		return 0;
	if (!capture->stated)
		put_all_statistics(capture);
	error = write_buffer(capture);
	if (close(capture->fd) && !error)
		error = errno;
	free(capture->statistics);
	free(capture);
	return error;
}
