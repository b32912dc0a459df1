/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What both encodings are tested for, each with its own vectors and tables. */
#ifndef TESTS_TLP_CODEC_H
#define TESTS_TLP_CODEC_H

#include "tlp/tlp.h"
#include "vectors.h"

#define UNTOUCHED 0x5aa5	/* what a size is before an encoder that must leave it */

/* A packet that must not be encoded. */
struct bad_tlp {
	const char *what;
	struct tlp tlp; /* payload: set by the test */
	enum tlp_error error;
};

/* Bytes that must not be decoded. */
struct bad_bytes {
	const char *what;
	enum tlp_error error;
	size_t size;
	uint8_t bytes[48];
};

struct codec {
	enum tlp_encoding encoding;
	const struct vector *vectors;
	size_t num_vectors;
	unsigned int no_flags; /* for the encoder, which must not heed them */
	const struct bad_tlp *bad_tlps;
	size_t num_bad_tlps;
	const struct bad_bytes *bad_bytes;
	size_t num_bad_bytes;
};

/* Decoding from a copy of exactly this size lets AddressSanitizer see reads beyond it. */
enum tlp_error decode_exact(enum tlp_encoding encoding, const void *bytes, size_t size,
			    struct tlp *tlp);
/* What comes back is what was sent, as far as this encoding can say it. */
void assert_round_trip(enum tlp_encoding encoding, const struct tlp *tlp);

/* Cases of cmocka; *state is the struct codec. */
void vectors_encode(void **state);
void vectors_decode(void **state);
void addresses_are_encoded_alone(void **state);
void short_buffers_are_refused(void **state);
void cut_and_overlong_packets_are_refused(void **state);
void all_lengths_classes_and_attributes_come_back(void **state);
void all_completions_come_back(void **state);
void bad_fields_are_refused(void **state);
void payload_must_be_there(void **state);
void packets_against_the_rules_are_refused(void **state);

#endif
