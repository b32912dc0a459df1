/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Packets and their bytes in flit mode, typed in from the layouts of the specification. */
#ifndef TESTS_TLP_VECTORS_H
#define TESTS_TLP_VECTORS_H

#include "tlp/tlp.h"

#define VECTOR_MAX 96

struct vector {
	const char *what;
	struct tlp tlp;		/* payload: set by tests, to the bytes after the header */
	unsigned int flags;	/* for the encoder */
	size_t header;		/* bytes without payload */
	uint8_t bytes[VECTOR_MAX];
};

extern const struct vector vectors[];
extern const size_t num_vectors;

/* The first one: seen by a hardware analyzer between a ConnectX and an accelerator */
#define REFERENCE (&vectors[0])

/* Bytes of @vector in all */
size_t vector_size(const struct vector *vector);

#endif
