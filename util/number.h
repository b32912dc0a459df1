/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Numbers as people write them on command lines, whole: no sign, no space, nothing behind. */
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * number_parse() - a number in C's notation: decimal, 0x... or 0...
 * @number: written only when it lies in [@min, @max]
 *
 * Return: whether @text is one, and does.
 */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/**
 * size_parse() - bytes: a number, and K, M or G (or k, m, g) behind it for powers of 1024.
 * @bytes: written only when @text is one
 *
 * Return: whether @text is one, of at most 64 bits.
 */
bool size_parse(const char *text, uint64_t *bytes);

#endif
