// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Framing: messages out of a stream of bytes, whose sizes are right, with their descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/macros.h"
#include "vfio_user/stream.h"

#define MAX_MESSAGES 2000

static struct vfio_user_message messages[MAX_MESSAGES];
static unsigned int message_count;

static void keep_message(struct vfio_user_stream *stream, struct vfio_user_message *message)
{
	assert_true(message_count < MAX_MESSAGES);
	messages[message_count++] = *message;
}

static int make_stream(void **state)
{
	static struct vfio_user_stream stream;

	message_count = 0;
	*state = &stream;
	return stream_init(&stream, keep_message);
}

static int free_stream(void **state)
{
	for (unsigned int i = 0; i < message_count; i++)
		message_free(&messages[i]);
	stream_fini(*state);
	return 0;
}

static int feed_fds(struct vfio_user_stream *stream, const void *bytes, size_t len, const int *fds,
		    unsigned int fd_count)
{
	size_t room;
	void *space = stream_space(stream, &room);

	assert_true(len <= room);
	memcpy(space, bytes, len);
	return stream_feed(stream, len, fds, fd_count);
}

static int feed(struct vfio_user_stream *stream, const void *bytes, size_t len)
{
	return feed_fds(stream, bytes, len, NULL, 0);
}

/* A message of @command with @body in a static buffer; returns its size. */
static size_t build(uint8_t *buffer, uint16_t id, uint16_t command, const void *body, size_t len)
{
	const struct vfio_user_header header = {
		.id = id,
		.command = command,
		.size = sizeof(header) + len,
	};

	memcpy(buffer, &header, sizeof(header));
	if (len)
		memcpy(buffer + sizeof(header), body, len);
	return header.size;
}

static void messages_come_out_however_they_are_cut(void **state)
{
	struct vfio_user_stream *stream = *state;
	const struct vfio_user_region_access read = { .offset = 8, .region = 0, .count = 4 };
	uint8_t bytes[256];
	size_t len = 0;

	for (int i = 0; i < 3; i++)
		len += build(bytes + len, i, VFIO_USER_REGION_READ, &read, sizeof(read));
	len += build(bytes + len, 3, VFIO_USER_DEVICE_RESET, NULL, 0);
	for (size_t step = 1; step <= len; step++) {
		message_count = 0;
		for (size_t offset = 0; offset < len; offset += step) {
			size_t part = len - offset < step ? len - offset : step;

			assert_int_equal(feed(stream, bytes + offset, part), 0);
		}
		assert_int_equal(message_count, 4);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(messages[i].header.id, i);
			assert_int_equal(messages[i].error, 0);
			assert_int_equal(messages[i].body_len, sizeof(read));
			assert_memory_equal(message_body(&messages[i]), &read, sizeof(read));
		}
		assert_int_equal(messages[3].header.command, VFIO_USER_DEVICE_RESET);
		assert_int_equal(messages[3].body_len, 0);
	}
}

static void the_longest_message_fits(void **state)
{
	struct vfio_user_stream *stream = *state;
	struct vfio_user_region_access write = { .count = VFIO_USER_MAX_DATA };
	uint8_t *bytes = calloc(1, VFIO_USER_MAX_SIZE + 1), *body = calloc(1, VFIO_USER_MAX_BODY);
	struct vfio_user_header *header = (void *)bytes;
	size_t len;

	memcpy(body, &write, sizeof(write));
	body[VFIO_USER_MAX_BODY - 1] = 0x77;
	len = build(bytes, 1, VFIO_USER_REGION_WRITE, body, VFIO_USER_MAX_BODY);
	assert_int_equal(len, VFIO_USER_MAX_SIZE);
	/* Begun at the end of a buffer that holds another one. */
	assert_int_equal(feed(stream, bytes, len - 1), 0);
	assert_int_equal(feed(stream, bytes + len - 1, 1), 0);
	assert_int_equal(message_count, 1);
	assert_int_equal(messages[0].error, 0);
	assert_memory_equal(message_body(&messages[0]), body, VFIO_USER_MAX_BODY);
	header->size++;
	assert_int_equal(feed(stream, bytes, sizeof(*header)), -EMSGSIZE);
	free(bytes);
	free(body);
}

static void impossible_headers_end_the_stream(void **state)
{
	static const struct {
		struct vfio_user_header header;
		int result;
	} cases[] = {
		{ { .command = VFIO_USER_DEVICE_RESET, .size = 15 }, -EPROTO },
		{ { .command = VFIO_USER_DEVICE_RESET, .size = 0 }, -EPROTO },
		{ { .command = VFIO_USER_DEVICE_RESET, .size = 16, .flags = 1 }, -EPROTO },
		{ { .command = VFIO_USER_DEVICE_RESET, .size = 16, .flags = 2 }, -EPROTO },
		{ { .command = VFIO_USER_DEVICE_RESET, .size = UINT32_MAX }, -EMSGSIZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_user_stream stream;

		assert_int_equal(stream_init(&stream, keep_message), 0);
		assert_int_equal(feed(&stream, &cases[i].header, sizeof(cases[i].header)),
				 cases[i].result);
		assert_int_equal(message_count, 0);
		stream_fini(&stream);
	}
}

static void wrong_sizes_are_answered_with_an_error(void **state)
{
	struct vfio_user_stream *stream = *state;
	const struct vfio_user_region_access read = { .count = VFIO_USER_MAX_DATA + 1 };
	struct {
		struct vfio_user_region_access access;
		uint8_t data[8];
	} write = {
		.access = { .count = 7 },
	};
	struct {
		uint64_t count;
		struct vfio_user_write writes[2];
	} multi = {
		.count = 2,
		.writes = { { .count = 8 }, { .count = 9 } },
	};
	const struct {
		uint32_t version;
		char json[4];
	} version = { .json = "{}x" };
	static const uint8_t zeros[5000];
	const struct {
		uint16_t command;
		const void *body;
		size_t len;
		uint32_t error;
	} cases[] = {
		{ VFIO_USER_VERSION, zeros, 3, EINVAL },
		{ VFIO_USER_VERSION, &version, 7, EINVAL },
		{ VFIO_USER_VERSION, &version, 4, 0 },
		{ VFIO_USER_VERSION, zeros, 4097, EINVAL },
		{ VFIO_USER_DMA_MAP, zeros, 31, EINVAL },
		{ VFIO_USER_DMA_MAP, zeros, 33, EINVAL },
		{ VFIO_USER_DMA_UNMAP, zeros, 23, EINVAL },
		{ VFIO_USER_DEVICE_GET_INFO, zeros, 15, EINVAL },
		{ VFIO_USER_DEVICE_GET_REGION_INFO, zeros, 31, EINVAL },
		{ VFIO_USER_DEVICE_GET_REGION_INFO, zeros, 80, 0 },
		{ VFIO_USER_DEVICE_GET_IRQ_INFO, zeros, 15, EINVAL },
		{ VFIO_USER_DEVICE_SET_IRQS, zeros, 19, EINVAL },
		{ VFIO_USER_REGION_READ, zeros, 15, EINVAL },
		{ VFIO_USER_REGION_READ, &read, 16, EINVAL },
		{ VFIO_USER_REGION_WRITE, &write, 24, EINVAL },
		{ VFIO_USER_REGION_WRITE, &write, 23, 0 },
		{ VFIO_USER_REGION_WRITE, &write, 15, EINVAL },
		{ VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi), EINVAL },
		{ VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi) - 1, EINVAL },
		{ VFIO_USER_REGION_WRITE_MULTI, zeros, 8, 0 },
		{ VFIO_USER_DEVICE_RESET, zeros, 1, EINVAL },
		{ VFIO_USER_DEVICE_GET_REGION_IO_FDS, zeros, 16, EOPNOTSUPP },
		{ VFIO_USER_DMA_READ, zeros, 16, EOPNOTSUPP },
		{ 0, zeros, 0, EOPNOTSUPP },
		{ 14, zeros, 0, EOPNOTSUPP },
		{ 16, zeros, 0, EOPNOTSUPP },
		{ UINT16_MAX, zeros, 0, EOPNOTSUPP },
	};
	uint8_t bytes[8192];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = build(bytes, i, cases[i].command, cases[i].body, cases[i].len);

		assert_int_equal(feed(stream, bytes, len), 0);
		assert_int_equal(message_count, i + 1);
		if (messages[i].error != cases[i].error)
			fail_msg("case %zu: %u", i, messages[i].error);
	}
}

static void multi_counts_do_not_overflow(void **state)
{
	struct vfio_user_stream *stream = *state;
	uint64_t count = (UINT64_MAX / sizeof(struct vfio_user_write)) + 1;
	uint8_t bytes[64];
	size_t len = build(bytes, 0, VFIO_USER_REGION_WRITE_MULTI, &count, sizeof(count));

	assert_int_equal(feed(stream, bytes, len), 0);
	assert_int_equal(messages[0].error, EINVAL);
}

static void descriptors_go_to_their_message(void **state)
{
	struct vfio_user_stream *stream = *state;
	const struct vfio_user_dma_map map = { .argsz = 32 };
	uint8_t bytes[256];
	size_t reset, first, second;
	int fd = eventfd(0, 0), other = eventfd(0, 0);

	/* In one read: a message without, then one with the descriptor. */
	reset = build(bytes, 0, VFIO_USER_DEVICE_RESET, NULL, 0);
	first = build(bytes + reset, 1, VFIO_USER_DMA_MAP, &map, sizeof(map));
	assert_int_equal(feed_fds(stream, bytes, reset + first, &fd, 1), 0);
	assert_int_equal(messages[0].fd_count, 0);
	assert_int_equal(messages[1].fd_count, 1);
	assert_int_equal(messages[1].fds[0], fd);
	/* Its message is not whole yet, and its rest comes with the next one and its descriptor. */
	fd = eventfd(0, 0);
	second = build(bytes + reset + first, 2, VFIO_USER_DMA_MAP, &map, sizeof(map));
	assert_int_equal(feed_fds(stream, bytes, reset + 20, &fd, 1), 0);
	assert_int_equal(message_count, 3);
	assert_int_equal(messages[2].fd_count, 0);
	assert_int_equal(feed_fds(stream, bytes + reset + 20, first - 20 + second, &other, 1), 0);
	assert_int_equal(message_count, 5);
	assert_int_equal(messages[3].fd_count, 1);
	assert_int_equal(messages[3].fds[0], fd);
	assert_int_equal(messages[4].fd_count, 1);
	assert_int_equal(messages[4].fds[0], other);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void unwanted_descriptors_are_closed(void **state)
{
	struct vfio_user_stream *stream = *state, other;
	const struct vfio_user_dma_map map = { .argsz = 32 };
	int fds[VFIO_USER_MAX_FDS + 1], fd = eventfd(0, 0);
	uint8_t bytes[64];
	size_t len = build(bytes, 0, VFIO_USER_DEVICE_RESET, NULL, 0);

	assert_int_equal(feed_fds(stream, bytes, len, &fd, 1), 0);
	assert_int_equal(messages[0].error, EINVAL);
	message_free(&messages[0]);
	message_count = 0;
	assert_false(is_open(fd));
	/* Too many in one go, too many for one message, and those of a message that never ends. */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = eventfd(0, 0);
	assert_int_equal(stream_init(&other, keep_message), 0);
	assert_int_equal(feed_fds(&other, bytes, 4, fds, VFIO_USER_MAX_FDS + 1), -E2BIG);
	stream_fini(&other);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		assert_false(is_open(fds[i]));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = eventfd(0, 0);
	len = build(bytes, 0, VFIO_USER_DMA_MAP, &map, sizeof(map));
	assert_int_equal(stream_init(&other, keep_message), 0);
	assert_int_equal(feed_fds(&other, bytes, 4, fds, VFIO_USER_MAX_FDS), 0);
	assert_int_equal(feed_fds(&other, bytes + 4, 4, fds + VFIO_USER_MAX_FDS, 1), -E2BIG);
	stream_fini(&other);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		assert_false(is_open(fds[i]));
	assert_int_equal(message_count, 0);
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, make_stream, free_stream)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STREAM_TEST(messages_come_out_however_they_are_cut),
		STREAM_TEST(the_longest_message_fits),
		STREAM_TEST(impossible_headers_end_the_stream),
		STREAM_TEST(wrong_sizes_are_answered_with_an_error),
		STREAM_TEST(multi_counts_do_not_overflow),
		STREAM_TEST(descriptors_go_to_their_message),
		STREAM_TEST(unwanted_descriptors_are_closed),
	};

	return cmocka_run_group_tests_name("vfio_user_stream", tests, NULL, NULL);
}
