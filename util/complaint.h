/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * How our programs say on stderr what is wrong: "PROGRAM: what failed: why; what to do about it",
 * the program under the name by which it was called.
 */
#ifndef UTIL_COMPLAINT_H
#define UTIL_COMPLAINT_H

#include <stdarg.h>
#include <stdbool.h>

/** say() - one such line; @format is what follows the name, without the newline. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vsay(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* The same, kept for a caller that knows whether and where to say it. */
struct complaint {
	char text[1024];
};

/**
 * complain() - fill in @why; a text that is too long is cut.
 *
 * Return: always false, so that a check that failed can be written as `return complain(why, ...)`.
 */
bool complain(struct complaint *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
