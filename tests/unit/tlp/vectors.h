/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Packets and their bytes, typed in from the layouts of the specification. */
#ifndef TESTS_TLP_VECTORS_H
#define TESTS_TLP_VECTORS_H

#include "tlp/tlp.h"

#define VECTOR_MAX 96

struct vector {
	const char *what;
	struct tlp tlp;     /* payload: set by tests, to the bytes after the header */
	unsigned int flags; /* for the encoder of flit mode */
	size_t header;      /* bytes without payload */
	uint8_t bytes[VECTOR_MAX];
};

/* In flit mode */
extern const struct vector vectors[];
extern const size_t num_vectors;

/* Outside of it */
extern const struct vector nonflit_vectors[];
extern const size_t num_nonflit_vectors;

#define PAYLOAD4  0xa0, 0xa1, 0xa2, 0xa3
#define PAYLOAD8  PAYLOAD4, 0xb0, 0xb1, 0xb2, 0xb3
#define PAYLOAD16 PAYLOAD8, 0xc0, 0xc1, 0xc2, 0xc3, 0xd0, 0xd1, 0xd2, 0xd3
#define PAYLOAD32 PAYLOAD16, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, \
		  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff

/* The first one: seen by a hardware analyzer between a ConnectX and an accelerator */
#define REFERENCE (&vectors[0])

/* Bytes of @vector in all */
size_t vector_size(const struct vector *vector);

#endif
