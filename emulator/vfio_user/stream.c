// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "util/macros.h"
#include "vfio_user/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for the longest message, and for many short ones in one read. */
#define BUFFER_SIZE (2 * VFIO_USER_MAX_SIZE)

static bool version_valid(const void *body, uint32_t len)
{
	const struct vfio_user_version *version = body;
	size_t json = len - sizeof(*version);

	return !json || version->capabilities[json - 1] == '\0';
}

static bool read_valid(const void *body, uint32_t len)
{
	const struct vfio_user_region_access *access = body;

	return access->count <= VFIO_USER_MAX_DATA;
}

static bool write_valid(const void *body, uint32_t len)
{
	const struct vfio_user_region_access *access = body;

	return access->count == len - sizeof(*access);
}

static bool multi_valid(const void *body, uint32_t len)
{
	const struct vfio_user_write_multi *multi = body;

	if (multi->count > VFIO_USER_MAX_MULTI ||
	    len != sizeof(*multi) + multi->count * sizeof(multi->writes[0]))
		return false;
	for (uint64_t i = 0; i < multi->count; i++)
		if (multi->writes[i].count > sizeof(multi->writes[i].data))
			return false;
	return true;
}

/* SET_IRQS with booleans brings one byte a vector; this device knows no use for them. */
static const struct {
	uint32_t min_body, max_body;
	uint32_t max_fds;
	bool (*valid)(const void *body, uint32_t len);
} commands[] = {
	[VFIO_USER_VERSION] = { sizeof(struct vfio_user_version), 4096, 0, version_valid },
	[VFIO_USER_DMA_MAP] = { sizeof(struct vfio_user_dma_map), sizeof(struct vfio_user_dma_map),
				1, NULL },
	[VFIO_USER_DMA_UNMAP] = { sizeof(struct vfio_user_dma_unmap),
				  sizeof(struct vfio_user_dma_unmap), 0, NULL },
	[VFIO_USER_DEVICE_GET_INFO] = { sizeof(struct vfio_user_device_info), 64, 0, NULL },
	[VFIO_USER_DEVICE_GET_REGION_INFO] = { sizeof(struct vfio_user_region_info), 4096, 0,
					       NULL },
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = { sizeof(struct vfio_user_irq_info),
					    sizeof(struct vfio_user_irq_info), 0, NULL },
	[VFIO_USER_DEVICE_SET_IRQS] = { sizeof(struct vfio_user_irq_set), 4096, VFIO_USER_MAX_FDS,
					NULL },
	[VFIO_USER_REGION_READ] = { sizeof(struct vfio_user_region_access),
				    sizeof(struct vfio_user_region_access), 0, read_valid },
	[VFIO_USER_REGION_WRITE] = { sizeof(struct vfio_user_region_access), VFIO_USER_MAX_BODY, 0,
				     write_valid },
	[VFIO_USER_DEVICE_RESET] = { 0, 0, 0, NULL },
	[VFIO_USER_REGION_WRITE_MULTI] = { sizeof(struct vfio_user_write_multi), VFIO_USER_MAX_BODY,
					   0, multi_valid },
};

/* Returns 0 or the errno to answer with. */
static uint32_t check(const struct vfio_user_message *message, const void *body)
{
	uint16_t command = message->header.command;

	if (command >= ARRAY_SIZE(commands) ||
	    (!commands[command].min_body && command != VFIO_USER_DEVICE_RESET))
		return EOPNOTSUPP;
	if (message->body_len < commands[command].min_body ||
	    message->body_len > commands[command].max_body ||
	    message->fd_count > commands[command].max_fds)
		return EINVAL;
	if (commands[command].valid && !commands[command].valid(body, message->body_len))
		return EINVAL;
	return 0;
}

void message_free(struct vfio_user_message *message)
{
	for (unsigned int i = 0; i < message->fd_count; i++)
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	free(message->allocated);
}

int stream_init(struct vfio_user_stream *stream,
		void (*receive)(struct vfio_user_stream *stream, struct vfio_user_message *message))
{
	*stream = (struct vfio_user_stream){ .receive = receive };
	stream->buffer = malloc(BUFFER_SIZE);
	return stream->buffer ? 0 : -ENOMEM;
}

static void close_all(const int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		close(fds[i]);
}

void stream_fini(struct vfio_user_stream *stream)
{
	close_all(stream->fds, stream->fd_count);
	close_all(stream->arrived, stream->arrived_count);
	free(stream->buffer);
}

void *stream_space(struct vfio_user_stream *stream, size_t *room)
{
	*room = BUFFER_SIZE - stream->used;
	return stream->buffer + stream->used;
}

static int check_header(const struct vfio_user_header *header)
{
	if (header->size < sizeof(*header))
		return -EPROTO;
	/* This server sends no requests, so replies are invalid. */
	if ((header->flags & VFIO_USER_TYPE_MASK) != VFIO_USER_REQUEST)
		return -EPROTO;
	return header->size > VFIO_USER_MAX_SIZE ? -EMSGSIZE : 0;
}

/* Hand on the message at @bytes, which is whole, with the descriptors that are its own. */
static int deliver(struct vfio_user_stream *stream, const struct vfio_user_header *header,
		   const uint8_t *bytes)
{
	struct vfio_user_message message = {
		.header = *header,
		.body_len = header->size - sizeof(*header),
		.fd_count = stream->fd_count,
	};

	if (message.body_len > sizeof(message.short_body)) {
		message.allocated = malloc(message.body_len);
		if (!message.allocated)
			return -ENOMEM;
	}
	memcpy(message.fds, stream->fds, stream->fd_count * sizeof(*stream->fds));
	stream->fd_count = 0;
	memcpy(message_body(&message), bytes + sizeof(*header), message.body_len);
	message.error = check(&message, message_body(&message));
	stream->receive(stream, &message);
	return 0;
}

/* Find the whole messages at the start of the buffer: where they end and where the last starts. */
static int whole_messages(const struct vfio_user_stream *stream, size_t *end, size_t *last)
{
	struct vfio_user_header header;
	int err;

	*end = *last = 0;
	while (stream->used - *end >= sizeof(header)) {
		memcpy(&header, stream->buffer + *end, sizeof(header));
		err = check_header(&header);
		if (err)
			return err;
		if (header.size > stream->used - *end)
			break;
		*last = *end;
		*end += header.size;
	}
	return 0;
}

/* The descriptors that arrived last belong to the message that is delivered next. */
static int claim_arrived(struct vfio_user_stream *stream)
{
	if (stream->arrived_count > VFIO_USER_MAX_FDS - stream->fd_count)
		return -E2BIG;
	memcpy(stream->fds + stream->fd_count, stream->arrived,
	       stream->arrived_count * sizeof(*stream->fds));
	stream->fd_count += stream->arrived_count;
	stream->arrived_count = 0;
	return 0;
}

static int deliver_all(struct vfio_user_stream *stream)
{
	struct vfio_user_header header;
	size_t end, owner;
	int err;

	err = whole_messages(stream, &end, &owner);
	if (err)
		return err;
	/* The bytes that descriptors came with are the last ones. */
	if (end < stream->used)
		owner = end;
	for (size_t offset = 0; offset < end; offset += header.size) {
		memcpy(&header, stream->buffer + offset, sizeof(header));
		if (offset == owner)
			err = claim_arrived(stream);
		if (!err)
			err = deliver(stream, &header, stream->buffer + offset);
		if (err)
			return err;
	}
	stream->used -= end;
	memmove(stream->buffer, stream->buffer + end, stream->used);
	return claim_arrived(stream);
}

int stream_feed(struct vfio_user_stream *stream, size_t len, const int *fds, unsigned int fd_count)
{
	if (fd_count > VFIO_USER_MAX_FDS) {
		close_all(fds, fd_count);
		return -E2BIG;
	}
	if (fd_count)
		memcpy(stream->arrived, fds, fd_count * sizeof(*fds));
	stream->arrived_count = fd_count;
	stream->used += len;
	return deliver_all(stream);
}
