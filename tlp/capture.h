/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Captures of TLPs: a pcapng file with one interface a link, the bytes as they are on the wire,
 * timestamps in ns (IETF draft-ietf-opsawg-pcapng). The interface's link type says how its packets
 * are encoded: LINKTYPE_USER0 in flit mode, LINKTYPE_USER1 outside of it. What was noted between
 * two packets is in comments of the second one. At its end it says for each link how many packets
 * there were and how many of them it has not.
 *
 * A capture has no lock: it belongs to one thread at a time.
 */
#ifndef TLP_CAPTURE_H
#define TLP_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "tlp/tlp.h"

struct capture;

/* Seen from the device at the lower end of the link. */
enum capture_direction {
	CAPTURE_INBOUND = 1,  /* the device receives */
	CAPTURE_OUTBOUND = 2, /* the device sends */
};

/**
 * capture_create() - create the file @path, truncating an old one, and write its section header.
 * @max_bytes: the first packet that would make the file longer, statistics included, is dropped and
 *	counted, and so are all behind it: the file has a beginning without gaps. 0: no limit. Only
 *	headers of links that come too late may make it longer.
 *
 * Return: 0 or a positive errno: ENOMEM, or what open(2) and write(2) say.
 */
int capture_create(const char *path, uint64_t max_bytes, struct capture **capture);

/**
 * capture_set_snaplen() - record only the first @snaplen bytes of each packet, and how long it was.
 * @snaplen: 0, as it is at first: all
 *
 * To be called before the first capture_add_link(), which tells readers of it.
 */
void capture_set_snaplen(struct capture *capture, uint32_t snaplen);

/**
 * capture_set_waiting() - have @waiting called when something comes into the empty buffer, where it
 * waits for 256 KiB of its like, or for capture_flush().
 * @waiting: must not call the capture
 */
void capture_set_waiting(struct capture *capture, void (*waiting)(void *data), void *data);

#define CAPTURE_NAME_MAX 63

/**
 * capture_add_link() - announce a link; at any time.
 * @name: at most CAPTURE_NAME_MAX bytes; what tlpdump and Wireshark show as the interface
 * @encoding: of all its packets
 * @link: its number for capture_packet()
 *
 * Return: 0, EINVAL (name empty or too long), ENOMEM or the write error.
 */
int capture_add_link(struct capture *capture, const char *name, enum tlp_encoding encoding,
		     uint32_t *link);

#define CAPTURE_PACKET_MAX 8192

/**
 * capture_packet() - append one packet, @header and @payload back to back.
 * @time_ns: since the epoch
 *
 * Return: 0 (also when dropped because of max_bytes), EINVAL (no such link, or empty, or longer
 * than CAPTURE_PACKET_MAX), or the first write error of this capture, which is final.
 */
int capture_packet(struct capture *capture, uint32_t link, enum capture_direction direction,
		   uint64_t time_ns, const void *header, size_t header_len, const void *payload,
		   size_t payload_len);

#define CAPTURE_NOTE_MAX 255

/**
 * capture_note() - note what happens between the packet recorded last and the next one.
 * @text: one line; what is longer than CAPTURE_NOTE_MAX bytes is cut off
 *
 * It is a comment of the next packet, of whichever link; without one it is not in the file. Of what
 * is noted for one packet the first 16 KiB are kept, and then how many notes more there were.
 */
void capture_note(struct capture *capture, const char *text);

/**
 * capture_flush() - write out what is buffered, and each link's statistics so far if there is room
 * for them: after it, a reader of the file sees every packet and knows of those that are missing.
 *
 * Return: 0, or the first write error of this capture.
 */
int capture_flush(struct capture *capture);

/** capture_packets(), capture_dropped() - packets written; packets dropped by max_bytes. */
uint64_t capture_packets(const struct capture *capture);
uint64_t capture_dropped(const struct capture *capture);

/** capture_close() - write the rest and the statistics, close, free; NULL is fine. As flush. */
int capture_close(struct capture *capture);

#endif
