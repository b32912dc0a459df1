/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Taking an input apart: what is missing at its end reads as zeros. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
	const uint8_t *data;
	size_t left;
};

static inline bool input_ended(const struct input *input)
{
	return !input->left;
}

/* Up to @len bytes where they are; *taken of them there are. */
static inline const uint8_t *input_bytes(struct input *input, size_t len, size_t *taken)
{
	const uint8_t *bytes = input->data;

	*taken = len < input->left ? len : input->left;
	input->data += *taken;
	input->left -= *taken;
	return bytes;
}

/* A little-endian number of up to 8 bytes */
static inline uint64_t input_number(struct input *input, size_t len)
{
	uint64_t number = 0;
	size_t taken;
	const uint8_t *bytes = input_bytes(input, len, &taken);

	for (size_t i = 0; i < taken; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

#endif
