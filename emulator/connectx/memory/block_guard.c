// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/block_guard.h"

#define T10_POLYNOMIAL		0x8bb7
/* The other polynomials are bit-reversed. */
#define CRC32_POLYNOMIAL	0xedb88320ULL
#define CRC32C_POLYNOMIAL	0x82f63b78ULL
#define CRC64_XP10_POLYNOMIAL	0x9a6c9329ac4bc9b5ULL

/* Tables are indexed by half a byte: they are so small that they are built again for each block. */
#define HALF_BITS	4
#define HALF_VALUES	(1 << HALF_BITS)
#define HALF_MASK	(HALF_VALUES - 1)

static uint16_t guard_t10_crc(uint16_t crc, const uint8_t *data, size_t len)
{
	uint16_t table[HALF_VALUES];

	for (unsigned int i = 0; i < HALF_VALUES; i++) {
		table[i] = i << (16 - HALF_BITS);
		for (unsigned int bit = 0; bit < HALF_BITS; bit++)
			table[i] = table[i] << 1 ^ (table[i] & 0x8000 ? T10_POLYNOMIAL : 0);
	}
	for (; len; len--) {
		crc ^= *data++ << 8;
		crc = crc << HALF_BITS ^ table[crc >> (16 - HALF_BITS)];
		crc = crc << HALF_BITS ^ table[crc >> (16 - HALF_BITS)];
	}
	return crc;
}

static uint64_t guard_reflected(uint64_t polynomial, uint64_t crc, const uint8_t *data, size_t len)
{
	uint64_t table[HALF_VALUES];

	for (unsigned int i = 0; i < HALF_VALUES; i++) {
		table[i] = i;
		for (unsigned int bit = 0; bit < HALF_BITS; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
	}
	for (; len; len--) {
		crc ^= *data++;
		crc = crc >> HALF_BITS ^ table[crc & HALF_MASK];
		crc = crc >> HALF_BITS ^ table[crc & HALF_MASK];
	}
	return crc;
}

static uint16_t guard_checksum(uint16_t seed, const uint8_t *data, size_t len)
{
	uint64_t sum = seed;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint64_t guard_compute(enum guard_kind kind, uint64_t seed, const void *data, size_t len)
{
	switch (kind) {
	case GUARD_NONE:
		return 0;
	case GUARD_T10_CRC:
		return guard_t10_crc(seed, data, len);
	case GUARD_T10_CHECKSUM:
		return guard_checksum(seed, data, len);
	case GUARD_CRC32:
		return guard_reflected(CRC32_POLYNOMIAL, (uint32_t)seed, data, len) ^ UINT32_MAX;
	case GUARD_CRC32C:
		return guard_reflected(CRC32C_POLYNOMIAL, (uint32_t)seed, data, len) ^ UINT32_MAX;
	case GUARD_CRC64_XP10:
		return guard_reflected(CRC64_XP10_POLYNOMIAL, seed, data, len) ^ UINT64_MAX;
	}
	return 0;
}
