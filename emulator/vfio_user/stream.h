/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * From a stream of bytes to checked messages. No sockets here, so that a fuzzer or a test can feed
 * it.
 */
#ifndef VFIO_USER_STREAM_H
#define VFIO_USER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "vfio_user/protocol.h"

/* Bodies of register accesses fit in here; the others are allocated. */
#define MESSAGE_INLINE 48

/*
 * A request. Its sizes have been checked: the body has all the fields that its command defines, and
 * as much data as they say. What they mean has not been checked.
 */
struct vfio_user_message {
	struct vfio_user_header header;
	uint32_t body_len;
	/* errno to answer with, without looking at the body: sizes were wrong; else 0 */
	uint32_t error;
	uint32_t fd_count;
	int fds[VFIO_USER_MAX_FDS]; /* -1: taken */
	uint8_t *allocated;         /* NULL: body in short_body */
	uint8_t short_body[MESSAGE_INLINE] __attribute__((aligned(8)));
};

static inline void *message_body(struct vfio_user_message *message)
{
	return message->allocated ? message->allocated : message->short_body;
}

/** message_free() - close file descriptors that nobody took (set to -1) and free the body. */
void message_free(struct vfio_user_message *message);

struct vfio_user_stream {
	/** receive() - gets each message in turn, and with it what message_free() frees. */
	void (*receive)(struct vfio_user_stream *stream, struct vfio_user_message *message);
	uint8_t *buffer; /* bytes of messages that are not whole yet */
	size_t used;
	int fds[VFIO_USER_MAX_FDS]; /* belong to the message that is not whole yet */
	unsigned int fd_count;
	int arrived[VFIO_USER_MAX_FDS]; /* came with the bytes fed last */
	unsigned int arrived_count;
};

/** stream_init() - Return: 0 or -ENOMEM. */
int stream_init(struct vfio_user_stream *stream,
		void (*receive)(struct vfio_user_stream *stream,
				struct vfio_user_message *message));

/** stream_fini() - free, and close descriptors of an unfinished message. */
void stream_fini(struct vfio_user_stream *stream);

/** stream_space() - where to put received bytes: *room of them, at least 1. */
void *stream_space(struct vfio_user_stream *stream, size_t *room);

/**
 * stream_feed() - @len bytes have been put into stream_space(), with @fd_count descriptors.
 *
 * Takes the descriptors over. They belong to the last message that starts in these bytes, or to
 * the one that goes on in them: a UNIX socket ends a read behind data with descriptors. After an
 * error only stream_fini() may follow.
 * Return: 0, or, when nothing sensible can come any more: -EPROTO (size or type of a message
 * impossible), -EMSGSIZE (message too long), -E2BIG (too many descriptors), -ENOMEM.
 */
int stream_feed(struct vfio_user_stream *stream, size_t len, const int *fds, unsigned int fd_count);

#endif
