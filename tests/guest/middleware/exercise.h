/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Puts, gets and atomic operations on the accelerator's memory, each compared byte by byte with what
 * has to be there, whatever middleware carries them.
 */
#ifndef GUEST_MIDDLEWARE_EXERCISE_H
#define GUEST_MIDDLEWARE_EXERCISE_H

#include <stddef.h>
#include <stdint.h>

#include "window.h"

/* How one middleware does it. Each call returns when done, or ends the program. */
struct transport {
	void *local; /* WINDOW_LENGTH bytes, from and to which it moves */
	/* @offset and @length are those of both sides. */
	void (*put)(struct transport *transport, size_t offset, size_t length);
	void (*get)(struct transport *transport, size_t offset, size_t length);
	/* On 8 bytes at @offset of the window; they return what was there before. */
	uint64_t (*fetch_add)(struct transport *transport, size_t offset, uint64_t add);
	uint64_t (*compare_swap)(struct transport *transport, size_t offset, uint64_t compare,
				 uint64_t swap);
};

/* Ends the program when a byte of @window is not what it should be. */
void exercise(struct transport *transport, const struct window *window);

#endif
