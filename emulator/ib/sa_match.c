// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/sa.h"

#include <string.h>

#define PKEY_BASE	0x7fff	/* all but the membership bit: 10.9.1.1 */

static unsigned int position(const struct sa_layout *layout, unsigned int component)
{
	unsigned int bit = 0;

	for (unsigned int i = 0; i < component; i++)
		bit += layout->components[i].bits;
	return bit;
}

static bool bit_get(const uint8_t *bytes, unsigned int bit)
{
	return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static void bit_put(uint8_t *bytes, unsigned int bit, bool value)
{
	uint8_t mask = 1 << (7 - bit % 8);

	bytes[bit / 8] = value ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask;
}

uint32_t sa_get(const struct sa_layout *layout, const uint8_t *record, unsigned int component)
{
	unsigned int bit = position(layout, component);
	uint32_t value = 0;

	for (unsigned int i = 0; i < layout->components[component].bits; i++)
		value = value << 1 | bit_get(record, bit + i);
	return value;
}

void sa_put(const struct sa_layout *layout, uint8_t *record, unsigned int component, uint32_t value)
{
	unsigned int bits = layout->components[component].bits;
	unsigned int bit = position(layout, component);

	for (unsigned int i = 0; i < bits; i++)
		bit_put(record, bit + i, value >> (bits - 1 - i) & 1);
}

uint8_t *sa_at(const struct sa_layout *layout, uint8_t *record, unsigned int component)
{
	return record + position(layout, component) / 8;
}

void sa_copy(const struct sa_layout *layout, uint8_t *to, const uint8_t *from,
	     unsigned int component)
{
	unsigned int bit = position(layout, component);

	for (unsigned int i = 0; i < layout->components[component].bits; i++)
		bit_put(to, bit + i, bit_get(from, bit + i));
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int bit, unsigned int bits)
{
	if (bit % 8 == 0 && bits % 8 == 0)
		return !memcmp(a + bit / 8, b + bit / 8, bits / 8);
	for (unsigned int i = 0; i < bits; i++)
		if (bit_get(a, bit + i) != bit_get(b, bit + i))
			return false;
	return true;
}

static bool selected(uint32_t selector, uint32_t wanted, uint32_t value)
{
	switch (selector) {
	case SA_GREATER:
		return value > wanted;
	case SA_LESS:
		return value < wanted;
	case SA_EXACTLY:
		return value == wanted;
	default: /* the best: there is only one, so it matches */
		return true;
	}
}

static bool component_matches(const struct sa_layout *layout, uint64_t mask, const uint8_t *wanted,
			      const uint8_t *record, unsigned int i)
{
	switch (layout->components[i].how) {
	case SA_ANY:
	case SA_SELECTOR:
		return true;
	case SA_SELECTED:
		return selected(mask & 1ULL << (i - 1) ? sa_get(layout, wanted, i - 1) : SA_EXACTLY,
				sa_get(layout, wanted, i), sa_get(layout, record, i));
	case SA_PKEY:
		return !((sa_get(layout, wanted, i) ^ sa_get(layout, record, i)) & PKEY_BASE);
	default:
		return same_bits(wanted, record, position(layout, i), layout->components[i].bits);
	}
}

bool sa_matches(const struct sa_layout *layout, uint64_t mask, const uint8_t *wanted,
		const uint8_t *record)
{
	for (unsigned int i = 0; i < layout->num; i++)
		if (mask & 1ULL << i && !component_matches(layout, mask, wanted, record, i))
			return false;
	return true;
}
