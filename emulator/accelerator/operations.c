// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "accelerator/operations.h"

#include <string.h>

#include "accelerator/accelerator_regs.h"
#include "util/macros.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lanes are little endian");

/* Data may come from any address of the guest's memory, so they may have any alignment. */
typedef uint32_t lane __attribute__((aligned(1), may_alias));

#define LANE_OPERATION(name, expression)						\
	static void name(lane *memory, const lane *data, size_t lanes)			\
	{										\
		for (size_t i = 0; i < lanes; i++) {					\
			uint32_t old = memory[i], new = data[i];			\
											\
			(void)old;							\
			memory[i] = (expression);					\
		}									\
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

LANE_OPERATION(add_lanes, old + new)
LANE_OPERATION(xor_lanes, old ^ new)
LANE_OPERATION(max_lanes, old > new ? old : new)
LANE_OPERATION(min_lanes, old < new ? old : new)
LANE_OPERATION(not_lanes, ~new)
LANE_OPERATION(float_lanes, add_float(old, new))
LANE_OPERATION(swap_lanes, __builtin_bswap32(new))

static void (*const operations[])(lane *memory, const lane *data, size_t lanes) = {
	[ACC_ADD_U32] = add_lanes,
	[ACC_XOR_U32] = xor_lanes,
	[ACC_MAX_U32] = max_lanes,
	[ACC_MIN_U32] = min_lanes,
	[ACC_NOT] = not_lanes,
	/* IEEE 754 single */
	[ACC_ADD_FLOAT] = float_lanes,
	[ACC_SWAP_U32] = swap_lanes,
};

bool operation_apply(unsigned int operation, uint8_t *memory, unsigned int misalign,
		     const uint8_t *data, size_t len)
{
	size_t head = -misalign % 4, lanes, tail;

	if (operation >= ARRAY_SIZE(operations) || !operations[operation]) {
		memcpy(memory, data, len);
		return operation == ACC_STORE;
	}
	if (head > len)
		head = len;
	lanes = (len - head) / 4;
	tail = head + 4 * lanes;
	memcpy(memory, data, head);
	operations[operation]((lane *)(memory + head), (const lane *)(data + head), lanes);
	memcpy(memory + tail, data + tail, len - tail);
	return true;
}
