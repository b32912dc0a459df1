// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <err.h>
#include <inttypes.h>
#include <string.h>

#include "exercise.h"
#include "util/macros.h"

#define COUNTER 0x1008 /* 8 bytes, in no page's first ones */

/* What should be in the window. */
static uint8_t expected[WINDOW_LENGTH];

static void compare(const void *found, const void *right, size_t length, const char *what)
{
	const uint8_t *a = found, *b = right;
	size_t i;

	for (i = 0; i < length; i++)
		if (a[i] != b[i])
			errx(1, "%s: byte %#zx is %#04x and should be %#04x", what, i, a[i], b[i]);
}

static void put(struct transport *transport, const struct window *window, size_t offset,
		size_t length)
{
	uint8_t *local = transport->local;
	size_t i;

	for (i = offset; i < offset + length; i++)
		local[i] = expected[i] = i + i / 251 + length;
	transport->put(transport, offset, length);
	compare(window->memory, expected, WINDOW_LENGTH, "after a put");
}

static void get(struct transport *transport, size_t offset, size_t length)
{
	uint8_t *local = transport->local;

	memset(local, 0xa5, WINDOW_LENGTH);
	transport->get(transport, offset, length);
	compare(local + offset, expected + offset, length, "after a get");
}

static void expect(uint64_t found, uint64_t right, const char *what)
{
	if (found != right)
		errx(1, "%s found %#" PRIx64 " and should have %#" PRIx64, what, found, right);
}

/* The operations work on the processor's byte order. */
static void atomics(struct transport *transport, const struct window *window)
{
	const uint64_t start = 0x1122334455667788, add = 0x0101010101010101, other = 42;
	uint64_t now = start + add;

	memcpy(expected + COUNTER, &start, sizeof(start));
	memcpy(window->memory + COUNTER, &start, sizeof(start));
	expect(transport->fetch_add(transport, COUNTER, add), start, "fetch-and-add");
	expect(transport->compare_swap(transport, COUNTER, start, other), now,
	       "compare-and-swap of another value");
	expect(transport->compare_swap(transport, COUNTER, now, other), now, "compare-and-swap");
	memcpy(expected + COUNTER, &other, sizeof(other));
	compare(window->memory, expected, WINDOW_LENGTH, "after atomic operations");
}

void exercise(struct transport *transport, const struct window *window)
{
	static const struct {
		size_t offset, length;
	} spans[] = {
		{ 0, 1 }, { 4093, 7 }, { 0x2000, 4096 }, { 0x3011, 0x1abc }, { 0, WINDOW_LENGTH },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spans); i++)
		put(transport, window, spans[i].offset, spans[i].length);
	for (i = 0; i < ARRAY_SIZE(spans); i++)
		get(transport, spans[i].offset, spans[i].length);
	atomics(transport, window);
}
