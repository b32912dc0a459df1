// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <endian.h>
#include <string.h>

#include "accelerator_ops.h"

unsigned int accelerator_op_st(uint8_t st)
{
	return st >> 4;
}

unsigned int accelerator_op_st_ext(uint16_t st_ext)
{
	return st_ext >> 8;
}

const char *accelerator_op_name(unsigned int op)
{
	switch (op) {
	case ACCELERATOR_STORE:
		return "store";
	case ACCELERATOR_ADD:
		return "add u32";
	case ACCELERATOR_XOR:
		return "xor u32";
	case ACCELERATOR_MAX:
		return "max u32";
	case ACCELERATOR_MIN:
		return "min u32";
	case ACCELERATOR_NOT:
		return "not";
	case ACCELERATOR_ADD_FLOAT:
		return "add float32";
	case ACCELERATOR_BYTE_SWAP:
		return "byte-swap u32";
	default:
		return "store (no such operation)";
	}
}

static uint32_t add_float(uint32_t old, uint32_t new)
{
	float a, b;

	memcpy(&a, &old, sizeof(a));
	memcpy(&b, &new, sizeof(b));
	a += b;
	memcpy(&old, &a, sizeof(old));
	return old;
}

static uint32_t apply_word(unsigned int op, uint32_t old, uint32_t new)
{
	switch (op) {
	case ACCELERATOR_ADD:
		return old + new;
	case ACCELERATOR_XOR:
		return old ^ new;
	case ACCELERATOR_MAX:
		return old > new ? old : new;
	case ACCELERATOR_MIN:
		return old < new ? old : new;
	case ACCELERATOR_NOT:
		return ~new;
	case ACCELERATOR_ADD_FLOAT:
		return add_float(old, new);
	case ACCELERATOR_BYTE_SWAP:
		return __builtin_bswap32(new);
	default:
		return new;
	}
}

void accelerator_apply(unsigned int op, uint32_t *memory, const uint32_t *data, size_t words)
{
	size_t i;

	for (i = 0; i < words; i++)
		memory[i] = htole32(apply_word(op, le32toh(memory[i]), le32toh(data[i])));
}
