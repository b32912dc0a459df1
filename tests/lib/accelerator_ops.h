/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the accelerator makes of a write, by its steering tag: the description of the model, written
 * down a second time so that one checks the other.
 */
#ifndef TESTS_ACCELERATOR_OPS_H
#define TESTS_ACCELERATOR_OPS_H

#include <stddef.h>
#include <stdint.h>

/* ST[7:4] in the 8-bit namespace, ST[15:8] in the 16-bit one. Others store. */
enum accelerator_op {
	ACCELERATOR_STORE = 0x0,
	ACCELERATOR_ADD = 0x1,
	ACCELERATOR_XOR = 0x2,
	ACCELERATOR_MAX = 0x3,
	ACCELERATOR_MIN = 0x4,
	ACCELERATOR_NOT = 0x5,
	ACCELERATOR_ADD_FLOAT = 0x6,
	ACCELERATOR_BYTE_SWAP = 0xf,
};

unsigned int accelerator_op_st(uint8_t st);
unsigned int accelerator_op_st_ext(uint16_t st_ext);
const char *accelerator_op_name(unsigned int op);

/* Words of memory, little endian: @memory becomes what it is after a write of @data. */
void accelerator_apply(unsigned int op, uint32_t *memory, const uint32_t *data, size_t words);

#endif /* TESTS_ACCELERATOR_OPS_H */
