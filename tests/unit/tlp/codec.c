// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "same.h"

enum tlp_error decode_exact(enum tlp_encoding encoding, const void *bytes, size_t size,
			    struct tlp *tlp)
{
	void *copy = malloc(size ? size : 1);
	enum tlp_error error;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	error = tlp_decode(encoding, copy, size, tlp);
	free(copy);
	return error;
}

static enum tlp_error encode(enum tlp_encoding encoding, const struct tlp *tlp, unsigned int flags,
			     void *bytes, size_t room, size_t *size)
{
	if (encoding == TLP_FLIT)
		return tlp_flit_encode(tlp, flags, bytes, room, size);
	return tlp_nonflit_encode(tlp, bytes, room, size);
}

void assert_round_trip(enum tlp_encoding encoding, const struct tlp *tlp)
{
	struct tlp expected = *tlp, decoded;
	uint8_t bytes[TLP_MAX_SIZE];
	size_t size;

	if (encoding == TLP_NONFLIT)
		expected.hints = tlp_nonflit_hints(tlp->hints);
	assert_int_equal(encode(encoding, tlp, 0, bytes, sizeof(bytes), &size), TLP_OK);
	assert_int_equal(tlp_decode(encoding, bytes, size, &decoded), TLP_OK);
	assert_same(&decoded, &expected);
	if (tlp_has_data(tlp->type))
		assert_memory_equal(decoded.payload, tlp->payload, tlp->length * 4);
	else
		assert_null(decoded.payload);
}

void vectors_encode(void **state)
{
	const struct codec *codec = *state;

	for (size_t i = 0; i < codec->num_vectors; i++) {
		const struct vector *vector = &codec->vectors[i];
		struct tlp tlp = vector->tlp;
		uint8_t bytes[VECTOR_MAX];
		size_t size = UNTOUCHED;

		print_message("# %s\n", vector->what);
		tlp.payload = tlp_has_data(tlp.type) ? vector->bytes + vector->header : NULL;
		assert_int_equal(encode(codec->encoding, &tlp, vector->flags, bytes, sizeof(bytes),
					&size),
				 TLP_OK);
		assert_int_equal(size, vector_size(vector));
		assert_memory_equal(bytes, vector->bytes, size);
		assert_int_equal(tlp_encode_header(codec->encoding, &tlp,
						   vector->flags | codec->no_flags, bytes,
						   vector->header, &size),
				 TLP_OK);
		assert_int_equal(size, vector->header);
		assert_memory_equal(bytes, vector->bytes, size);
	}
}

void vectors_decode(void **state)
{
	const struct codec *codec = *state;

	for (size_t i = 0; i < codec->num_vectors; i++) {
		const struct vector *vector = &codec->vectors[i];
		struct tlp tlp;

		print_message("# %s\n", vector->what);
		assert_int_equal(tlp_decode(codec->encoding, vector->bytes, vector_size(vector),
					    &tlp),
				 TLP_OK);
		assert_same(&tlp, &vector->tlp);
		if (tlp_has_data(tlp.type))
			assert_ptr_equal(tlp.payload, vector->bytes + vector->header);
		else
			assert_null(tlp.payload);
	}
}

/* The header of a request to another page becomes the vector's. */
static void address_is_encoded_alone(enum tlp_encoding encoding, const struct vector *vector)
{
	struct tlp other = vector->tlp;
	uint8_t bytes[TLP_MAX_HEADER];
	size_t size;

	if (tlp_is_completion(vector->tlp.type))
		return;
	print_message("# %s\n", vector->what);
	other.address ^= 4096;
	assert_int_equal(tlp_encode_header(encoding, &other, vector->flags, bytes, sizeof(bytes),
					   &size),
			 TLP_OK);
	assert_memory_not_equal(bytes, vector->bytes, vector->header);
	tlp_encode_address(encoding, &vector->tlp, bytes);
	assert_memory_equal(bytes, vector->bytes, vector->header);
}

void addresses_are_encoded_alone(void **state)
{
	const struct codec *codec = *state;

	for (size_t i = 0; i < codec->num_vectors; i++)
		address_is_encoded_alone(codec->encoding, &codec->vectors[i]);
}

void short_buffers_are_refused(void **state)
{
	const struct codec *codec = *state;

	for (size_t i = 0; i < codec->num_vectors; i++) {
		const struct vector *vector = &codec->vectors[i];
		struct tlp tlp = vector->tlp;

		tlp.payload = vector->bytes + vector->header;
		for (size_t room = 0; room < vector_size(vector); room++) {
			uint8_t *bytes = malloc(room ? room : 1);
			size_t size = UNTOUCHED;

			assert_non_null(bytes);
			assert_int_equal(encode(codec->encoding, &tlp, 0, bytes, room, &size),
					 TLP_ERR_SPACE);
			assert_int_equal(size, UNTOUCHED);
			free(bytes);
		}
	}
}

void cut_and_overlong_packets_are_refused(void **state)
{
	const struct codec *codec = *state;
	uint8_t bytes[VECTOR_MAX + 4];
	struct tlp tlp;

	for (size_t i = 0; i < codec->num_vectors; i++) {
		const struct vector *vector = &codec->vectors[i];
		size_t size = vector_size(vector);

		for (size_t len = 0; len < size; len++)
			assert_int_equal(decode_exact(codec->encoding, vector->bytes, len, &tlp),
					 TLP_ERR_TRUNCATED);
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, vector->bytes, size);
		for (size_t extra = 1; extra <= 4; extra++)
			assert_int_equal(decode_exact(codec->encoding, bytes, size + extra, &tlp),
					 TLP_ERR_TRAILING);
	}
}

void all_lengths_classes_and_attributes_come_back(void **state)
{
	static const uint8_t payload[TLP_MAX_PAYLOAD] = { 1, 2, 3 };
	const struct codec *codec = *state;
	struct tlp tlp = { .type = TLP_MWR64,
			   .first_be = 0xf,
			   .address = 1ull << 63,
			   .payload = payload };

	for (unsigned int length = 1; length <= TLP_MAX_LENGTH_DW; length++) {
		tlp.length = length;
		tlp.last_be = length > 1 ? 0xf : 0;
		tlp.tc = length % 8;
		tlp.attr = length / 8 % 8;
		tlp.at = length % 3;
		tlp.av = tlp.at == 2 && length % 2;
		tlp.ama = tlp.av ? length / 4 % 8 : 0;
		tlp.ep = length % 2;
		tlp.requester = length * 61;
		assert_round_trip(codec->encoding, &tlp);
	}
}

void all_completions_come_back(void **state)
{
	static const uint8_t payload[8] = { 1, 2, 3 };
	const struct codec *codec = *state;
	struct tlp tlp = { .type = TLP_CPLD,
			   .requester = 0x1234,
			   .completer = 0x4321,
			   .length = 2,
			   .payload = payload };

	for (unsigned int count = 1; count <= 4096; count++) {
		tlp.byte_count = count;
		tlp.lower_address = count % 128;
		assert_round_trip(codec->encoding, &tlp);
	}
	tlp.type = TLP_CPL;
	tlp.length = 0;
	for (unsigned int status = 0; status < 8; status++) {
		tlp.status = status;
		if (status <= TLP_STATUS_RRS || status == TLP_STATUS_CA)
			assert_round_trip(codec->encoding, &tlp);
	}
}

static void assert_not_encoded(const struct codec *codec, const struct tlp *tlp,
			       enum tlp_error error)
{
	uint8_t bytes[TLP_MAX_SIZE];
	size_t size = UNTOUCHED;

	assert_int_equal(encode(codec->encoding, tlp, 0, bytes, sizeof(bytes), &size), error);
	assert_int_equal(size, UNTOUCHED);
}

void bad_fields_are_refused(void **state)
{
	static const uint8_t payload[TLP_MAX_PAYLOAD];
	const struct codec *codec = *state;

	for (size_t i = 0; i < codec->num_bad_tlps; i++) {
		struct tlp tlp = codec->bad_tlps[i].tlp;

		print_message("# %s\n", codec->bad_tlps[i].what);
		tlp.payload = payload;
		assert_not_encoded(codec, &tlp, codec->bad_tlps[i].error);
	}
}

void payload_must_be_there(void **state)
{
	const struct tlp tlp = { .type = TLP_MWR32, .length = 1, .first_be = 0xf };

	assert_not_encoded(*state, &tlp, TLP_ERR_FIELD);
}

void packets_against_the_rules_are_refused(void **state)
{
	const struct codec *codec = *state;

	for (size_t i = 0; i < codec->num_bad_bytes; i++) {
		const struct bad_bytes *bad = &codec->bad_bytes[i];
		struct tlp tlp;

		print_message("# %s\n", bad->what);
		assert_int_equal(decode_exact(codec->encoding, bad->bytes, bad->size, &tlp),
				 bad->error);
	}
}
