// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "same.h"
#include "util/macros.h"
#include "vectors.h"

#define UNTOUCHED 0x5aa5

/* Decoding from a copy of exactly this size lets AddressSanitizer see reads beyond it. */
static enum tlp_error decode_exact(const void *bytes, size_t size, struct tlp *tlp)
{
	void *copy = malloc(size ? size : 1);
	enum tlp_error error;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	error = tlp_nonflit_decode(copy, size, tlp);
	free(copy);
	return error;
}

/* What comes back is what was sent, as far as this encoding can say it. */
static void assert_round_trip(const struct tlp *tlp)
{
	struct tlp expected = *tlp, decoded;
	uint8_t bytes[TLP_MAX_SIZE];
	size_t size;

	expected.hints = tlp_nonflit_hints(tlp->hints);
	assert_int_equal(tlp_nonflit_encode(tlp, bytes, sizeof(bytes), &size), TLP_OK);
	assert_int_equal(tlp_nonflit_decode(bytes, size, &decoded), TLP_OK);
	assert_same(&decoded, &expected);
	if (tlp_has_data(tlp->type))
		assert_memory_equal(decoded.payload, tlp->payload, tlp->length * 4);
	else
		assert_null(decoded.payload);
}

static void vectors_encode(void **state)
{
	for (size_t i = 0; i < num_nonflit_vectors; i++) {
		const struct vector *vector = &nonflit_vectors[i];
		struct tlp tlp = vector->tlp;
		uint8_t bytes[VECTOR_MAX];
		size_t size = UNTOUCHED;

		print_message("# %s\n", vector->what);
		tlp.payload = tlp_has_data(tlp.type) ? vector->bytes + vector->header : NULL;
		assert_int_equal(tlp_nonflit_encode(&tlp, bytes, sizeof(bytes), &size), TLP_OK);
		assert_int_equal(size, vector_size(vector));
		assert_memory_equal(bytes, vector->bytes, size);
		assert_int_equal(tlp_encode_header(TLP_NONFLIT, &tlp, TLP_FLIT_ECHO_ST, bytes,
						   vector->header, &size),
				 TLP_OK);
		assert_int_equal(size, vector->header);
		assert_memory_equal(bytes, vector->bytes, size);
	}
}

static void vectors_decode(void **state)
{
	for (size_t i = 0; i < num_nonflit_vectors; i++) {
		const struct vector *vector = &nonflit_vectors[i];
		struct tlp tlp;

		print_message("# %s\n", vector->what);
		assert_int_equal(tlp_decode(TLP_NONFLIT, vector->bytes, vector_size(vector), &tlp),
				 TLP_OK);
		assert_same(&tlp, &vector->tlp);
		if (tlp_has_data(tlp.type))
			assert_ptr_equal(tlp.payload, vector->bytes + vector->header);
		else
			assert_null(tlp.payload);
	}
}

static void short_buffers_are_refused(void **state)
{
	for (size_t i = 0; i < num_nonflit_vectors; i++) {
		const struct vector *vector = &nonflit_vectors[i];
		struct tlp tlp = vector->tlp;

		tlp.payload = vector->bytes + vector->header;
		for (size_t room = 0; room < vector_size(vector); room++) {
			uint8_t *bytes = malloc(room ? room : 1);
			size_t size = UNTOUCHED;

			assert_non_null(bytes);
			assert_int_equal(tlp_nonflit_encode(&tlp, bytes, room, &size),
					 TLP_ERR_SPACE);
			assert_int_equal(size, UNTOUCHED);
			free(bytes);
		}
	}
}

static void cut_and_overlong_packets_are_refused(void **state)
{
	uint8_t bytes[VECTOR_MAX + 4];
	struct tlp tlp;

	for (size_t i = 0; i < num_nonflit_vectors; i++) {
		size_t size = vector_size(&nonflit_vectors[i]);

		for (size_t len = 0; len < size; len++)
			assert_int_equal(decode_exact(nonflit_vectors[i].bytes, len, &tlp),
					 TLP_ERR_TRUNCATED);
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, nonflit_vectors[i].bytes, size);
		for (size_t extra = 1; extra <= 4; extra++)
			assert_int_equal(decode_exact(bytes, size + extra, &tlp), TLP_ERR_TRAILING);
	}
}

/* Of every type that has them; below 256, 16-bit tags come back as the 8-bit tag they are. */
static void all_hints(void **state)
{
	static const enum tlp_type types[] = {
		TLP_MRD32, TLP_MRD64, TLP_MWR32, TLP_MWR64, TLP_DMWR32, TLP_SWAP32, TLP_FETCHADD64,
	};
	static const uint32_t payload = 0x12345678;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool atomic = types[i] == TLP_SWAP32 || types[i] == TLP_FETCHADD64;
		uint64_t address = tlp_type_for(types[i], 0) == types[i] ? 1u << 31 : 1ull << 40;
		struct tlp tlp = {
			.type = types[i],
			.length = 1,
			.first_be = atomic ? 0 : 0xf,
			.address = address,
			.payload = &payload,
		};

		for (unsigned int st = 0; st <= TLP_ST_EXT_MAX; st++) {
			tlp.hints = (struct tlp_hints){ TLP_HV_ST_EXT, st % 4, st };
			assert_round_trip(&tlp);
			if (st > TLP_ST_MAX)
				continue;
			tlp.hints.hv = TLP_HV_ST;
			assert_round_trip(&tlp);
		}
	}
}

static void all_tags(void **state)
{
	struct tlp read = { .type = TLP_MRD64,
			    .length = 1,
			    .first_be = 0xf,
			    .address = 1ull << 40,
			    .hints = { TLP_HV_ST, 1, 0xff } };
	struct tlp completion = { .type = TLP_CPL, .byte_count = 4 };

	for (unsigned int tag = 0; tag <= TLP_MAX_TAG_NONFLIT; tag++) {
		read.tag = completion.tag = tag;
		assert_round_trip(&read);
		assert_round_trip(&completion);
	}
}

static void all_lengths_classes_and_attributes(void **state)
{
	static const uint8_t payload[TLP_MAX_PAYLOAD] = { 1, 2, 3 };
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
		assert_round_trip(&tlp);
	}
}

static void all_completions(void **state)
{
	static const uint8_t payload[8] = { 1, 2, 3 };
	struct tlp tlp = { .type = TLP_CPLD,
			   .requester = 0x1234,
			   .completer = 0x4321,
			   .length = 2,
			   .payload = payload };

	for (unsigned int count = 1; count <= 4096; count++) {
		tlp.byte_count = count;
		tlp.lower_address = count % 128;
		assert_round_trip(&tlp);
	}
	tlp.type = TLP_CPL;
	tlp.length = 0;
	for (unsigned int status = 0; status < 8; status++) {
		tlp.status = status;
		if (status <= TLP_STATUS_RRS || status == TLP_STATUS_CA)
			assert_round_trip(&tlp);
	}
}

static void small_16_bit_tags_lose_their_namespace(void **state)
{
	struct tlp_hints hints;

	hints = tlp_nonflit_hints((struct tlp_hints){ TLP_HV_ST_EXT, 3, 0xff });
	assert_int_equal(hints.hv, TLP_HV_ST);
	assert_int_equal(hints.ph, 3);
	assert_int_equal(hints.st, 0xff);
	hints = tlp_nonflit_hints((struct tlp_hints){ TLP_HV_ST_EXT, 3, 0x100 });
	assert_int_equal(hints.hv, TLP_HV_ST_EXT);
	assert_int_equal(hints.st, 0x100);
	hints = tlp_nonflit_hints((struct tlp_hints){ 0 });
	assert_int_equal(hints.hv, TLP_HV_NONE);
}

struct bad {
	const char *what;
	struct tlp tlp;
	enum tlp_error error;
};

#define MRD64(...) { .type = TLP_MRD64, .length = 2, .address = 1ull << 32, __VA_ARGS__ }
#define HINTS { TLP_HV_ST, 0, 1 }

static const struct bad bad[] = {
	{ "type 0", { .type = 0, .length = 1 }, TLP_ERR_TYPE },
	{ "11-bit tag", MRD64(.first_be = 0xf, .last_be = 0xf, .tag = 0x400), TLP_ERR_FIELD },
	{ "11-bit tag of a completion",
	  { .type = TLP_CPL, .byte_count = 4, .tag = 0x400 },
	  TLP_ERR_FIELD },
	{ "reserved address type", MRD64(.first_be = 0xf, .last_be = 0xf, .at = 3), TLP_ERR_FIELD },
	{ "length 0", { .type = TLP_MWR32, .first_be = 0xf }, TLP_ERR_LENGTH },
	{ "reserved HV", MRD64(.first_be = 0xf, .last_be = 0xf, .hints = { 2, 0, 0 }),
	  TLP_ERR_HINTS },
	{ "read with hints and a ragged start",
	  MRD64(.first_be = 0xe, .last_be = 0xf, .hints = HINTS), TLP_ERR_BE },
	{ "read with hints and a ragged end",
	  MRD64(.first_be = 0xf, .last_be = 0x7, .hints = HINTS), TLP_ERR_BE },
	{ "zero-length read with hints",
	  { .type = TLP_MRD32, .length = 1, .hints = HINTS },
	  TLP_ERR_BE },
	{ "DMWr with hints and a ragged start",
	  { .type = TLP_DMWR32, .length = 1, .first_be = 1, .hints = HINTS },
	  TLP_ERR_BE },
	{ "beyond 4 KiB",
	  { .type = TLP_MRD64, .length = 2, .address = 0x100000ffc, .first_be = 0xf, .last_be = 1 },
	  TLP_ERR_4K },
};

static void bad_fields_are_refused(void **state)
{
	static const uint8_t payload[TLP_MAX_PAYLOAD];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t bytes[TLP_MAX_SIZE];
		struct tlp tlp = bad[i].tlp;
		size_t size = UNTOUCHED;

		print_message("# %s\n", bad[i].what);
		tlp.payload = payload;
		assert_int_equal(tlp_nonflit_encode(&tlp, bytes, sizeof(bytes), &size),
				 bad[i].error);
		assert_int_equal(size, UNTOUCHED);
	}
}

static void posted_requests_have_no_tag(void **state)
{
	struct tlp tlp = nonflit_vectors[0].tlp;
	uint8_t bytes[VECTOR_MAX];
	size_t size;

	tlp.tag = TLP_MAX_TAG;
	assert_int_equal(tlp_nonflit_encode_header(&tlp, bytes, sizeof(bytes), &size), TLP_OK);
	assert_memory_equal(bytes, nonflit_vectors[0].bytes, size);
	tlp.hints = (struct tlp_hints){ 0 };
	assert_int_equal(tlp_nonflit_encode_header(&tlp, bytes, sizeof(bytes), &size), TLP_OK);
	assert_int_equal(bytes[6], 0);
}

static void payload_must_be_there(void **state)
{
	struct tlp tlp = { .type = TLP_MWR32, .length = 1, .first_be = 0xf };
	uint8_t bytes[TLP_MAX_SIZE];
	size_t size = UNTOUCHED;

	assert_int_equal(tlp_nonflit_encode(&tlp, bytes, sizeof(bytes), &size), TLP_ERR_FIELD);
	assert_int_equal(size, UNTOUCHED);
}

/*
 * Of the 224 values that are no prefix, the decoder knows its 14, and says so of the others, 26 of
 * which have names.
 */
static void unknown_types_are_refused(void **state)
{
	unsigned int known = 0, named = 0;

	for (unsigned int type = 0; type < 256; type++) {
		uint8_t bytes[4] = { type, 0x01, 0x80, 1 };
		struct tlp_nonflit_layout layout;
		enum tlp_error error = tlp_nonflit_layout(bytes, sizeof(bytes), &layout);
		struct tlp tlp;

		if (type >> 5 == 4) {
			assert_int_equal(error, TLP_ERR_TRUNCATED);
			continue;
		}
		assert_int_equal(layout.fmt_type, type);
		assert_int_equal(layout.length, 1);
		assert_true(layout.th && layout.td);
		named += error == TLP_OK;
		if (error == TLP_OK && tlp_is_decoded(layout.type)) {
			known++;
			error = TLP_ERR_TRUNCATED;
		} else {
			error = TLP_ERR_TYPE;
		}
		assert_int_equal(decode_exact(bytes, sizeof(bytes), &tlp), error);
	}
	assert_int_equal(known, 14);
	assert_int_equal(named, 14 + 26);
}

/* The number that is MRd32 in flit mode is none here, and the other way round. */
static void the_one_type_that_differs(void **state)
{
	uint8_t bytes[12] = { 0x00, 0, 0, 1, 0, 0, 0, 0x0f, 0, 0, 0x10, 0 };
	struct tlp tlp;

	assert_int_equal(tlp_decode(TLP_NONFLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.type, TLP_MRD32);
	assert_int_equal(tlp_decode(TLP_FLIT, bytes, sizeof(bytes), &tlp), TLP_ERR_TYPE);
	bytes[0] = 0x03;
	assert_int_equal(tlp_decode(TLP_NONFLIT, bytes, sizeof(bytes), &tlp), TLP_ERR_TYPE);
	bytes[7] = 0;
	assert_int_equal(tlp_decode(TLP_FLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.type, TLP_MRD32);
}

static void reserved_bits_are_ignored(void **state)
{
	const struct vector *vector = &nonflit_vectors[1];
	uint8_t bytes[VECTOR_MAX];
	struct tlp tlp;

	memcpy(bytes, vector->bytes, sizeof(bytes));
	bytes[2] = 0xff; /* AMA and AV with an untranslated address, and reserved bits */
	bytes[3] = 0xff;
	bytes[5] |= 0x8a; /* T9, T8 of a posted request, and the bit that was LN */
	assert_int_equal(tlp_nonflit_decode(bytes, vector_size(vector), &tlp), TLP_OK);
	assert_same(&tlp, &vector->tlp);
}

/* 2.2.7.1.1: with TH clear PH is reserved, and a prefix says nothing about ST */
static void without_th_there_are_no_hints(void **state)
{
	const struct vector *vector = &nonflit_vectors[1];
	uint8_t bytes[VECTOR_MAX];
	struct tlp tlp;

	memcpy(bytes, vector->bytes, sizeof(bytes));
	bytes[5] &= ~1;
	assert_int_equal(tlp_nonflit_decode(bytes, vector_size(vector), &tlp), TLP_OK);
	assert_false(tlp_hints_valid(&tlp.hints));
	assert_int_equal(tlp.hints.st, 0);
	assert_int_equal(tlp.hints.ph, 0);
	assert_true(tlp.address == vector->tlp.address);
}

/* 2.2.9.1: TH is reserved in completions */
static void completions_have_no_hints(void **state)
{
	static const uint8_t bytes[] = {
		0x90, 0x12, 0xf0, 0x00, 0x0a, 0x01, 0x00, 0x00,
		0x03, 0x10, 0x00, 0x04, 0x04, 0x00, 0x06, 0x80,
	};
	struct tlp tlp;

	assert_int_equal(decode_exact(bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.hints.hv, TLP_HV_NONE);
	assert_false(tlp.av);
	assert_int_equal(tlp.tag, 6);
	assert_int_equal(tlp.lower_address, 0);
}

static void byte_enables_are_implied_beside_hints(void **state)
{
	uint8_t bytes[12] = { 0x00, 0x01, 0, 2, 0, 0, 0, 0x31, 0, 0, 0x10, 0x02 };
	struct tlp tlp;

	assert_int_equal(decode_exact(bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.hints.st, 0x31);
	assert_int_equal(tlp.first_be, 0xf);
	assert_int_equal(tlp.last_be, 0xf);
	bytes[3] = 1;
	assert_int_equal(decode_exact(bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.first_be, 0xf);
	assert_int_equal(tlp.last_be, 0);
}

static void other_prefixes_and_the_digest_are_skipped(void **state)
{
	/* vendor's local, PASID, TPH twice, of which the first counts; MWr32 with TD */
	static const uint8_t bytes[] = {
		0x8e, 1,    2,    3,    0x91, 4,    5,        6,    0x90, 0x12, 0,
		0,    0x90, 0x34, 0,    0,    0x40, 0x01,     0x80, 0x01, 0x00, 0x18,
		0xf0, 0x0f, 0xfe, 0xbf, 0x00, 0x10, PAYLOAD4, 0xec, 0xec, 0xec, 0xec,
	};
	struct tlp_nonflit_layout layout;
	struct tlp tlp;

	assert_int_equal(tlp_nonflit_decode(bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.hints.st, 0x12f0);
	assert_ptr_equal(tlp.payload, bytes + 28);
	assert_int_equal(decode_exact(bytes, sizeof(bytes) - 1, &tlp), TLP_ERR_TRUNCATED);
	assert_int_equal(tlp_nonflit_layout(bytes, 20, &layout), TLP_OK);
	assert_int_equal(layout.header, 4);
	assert_int_equal(layout.tph_prefix, 3);
	assert_int_equal(layout.payload, 7);
	assert_int_equal(layout.payload_dw, 1);
}

/* Four of each kind at most, local ones first (2.2.10) */
static void prefixes_are_limited_and_in_order(void **state)
{
	uint8_t bytes[9 * 4 + 12] = { 0 };
	struct tlp tlp;

	memcpy(bytes + 32, "\x00\x00\x00\x01\x00\x00\x00\x0f\x00\x00\x10\x00", 12);
	for (int i = 0; i < 8; i++)
		bytes[4 * i] = i < 4 ? 0x8f : 0x91;
	assert_int_equal(decode_exact(bytes, 44, &tlp), TLP_OK);
	bytes[12] = 0x91;
	assert_int_equal(decode_exact(bytes, 44, &tlp), TLP_ERR_PREFIXES);
	bytes[12] = 0x8f;
	bytes[16] = 0x8f;
	assert_int_equal(decode_exact(bytes, 44, &tlp), TLP_ERR_PREFIXES);
	bytes[12] = 0x91;
	assert_int_equal(decode_exact(bytes, 44, &tlp), TLP_ERR_PREFIXES);
	/* nothing but prefixes */
	assert_int_equal(decode_exact(bytes, 8, &tlp), TLP_ERR_TRUNCATED);
}

struct bad_bytes {
	const char *what;
	enum tlp_error error;
	size_t size;
	uint8_t bytes[48];
};

static const struct bad_bytes bad_bytes[] = {
	{ "last BE of one DW", TLP_ERR_BE, 16, { 0x40, 0, 0, 1, 0, 0, 0, 0x1f, 0, 0, 0x10, 0 } },
	{ "first BE 0 of two DWs",
	  TLP_ERR_BE,
	  20,
	  { 0x40, 0, 0, 2, 0, 0, 0, 0xf0, 0, 0, 0x10, 0 } },
	{ "last BE 0 of two DWs", TLP_ERR_BE, 20, { 0x40, 0, 0, 2, 0, 0, 0, 0x0f, 0, 0, 0x10, 0 } },
	{ "a write's byte enables count beside hints, too",
	  TLP_ERR_BE,
	  16,
	  { 0x40, 1, 0, 1, 0, 0, 0, 0x1f, 0, 0, 0x10, 0 } },
	{ "hole in the first of three DWs",
	  TLP_ERR_BE,
	  12,
	  { 0x00, 0, 0, 3, 0, 0, 0, 0xfd, 0, 0, 0x10, 0 } },
	{ "across 4 KiB", TLP_ERR_4K, 12, { 0x00, 0, 0, 2, 0, 0, 0, 0xff, 0, 0, 0x1f, 0xfc } },
	{ "FetchAdd of 3 DWs", TLP_ERR_LENGTH, 24, { 0x4c, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0x10, 0 } },
	{ "CAS of 1 DW", TLP_ERR_LENGTH, 16, { 0x4e, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x10, 0 } },
	{ "Swap of 8 bytes at 4", TLP_ERR_4K, 20, { 0x4d, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x10, 4 } },
};

static void packets_against_the_rules_are_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_bytes); i++) {
		struct tlp tlp;

		print_message("# %s\n", bad_bytes[i].what);
		assert_int_equal(decode_exact(bad_bytes[i].bytes, bad_bytes[i].size, &tlp),
				 bad_bytes[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_encode),
		cmocka_unit_test(vectors_decode),
		cmocka_unit_test(short_buffers_are_refused),
		cmocka_unit_test(cut_and_overlong_packets_are_refused),
		cmocka_unit_test(all_hints),
		cmocka_unit_test(all_tags),
		cmocka_unit_test(all_lengths_classes_and_attributes),
		cmocka_unit_test(all_completions),
		cmocka_unit_test(small_16_bit_tags_lose_their_namespace),
		cmocka_unit_test(bad_fields_are_refused),
		cmocka_unit_test(posted_requests_have_no_tag),
		cmocka_unit_test(payload_must_be_there),
		cmocka_unit_test(unknown_types_are_refused),
		cmocka_unit_test(the_one_type_that_differs),
		cmocka_unit_test(reserved_bits_are_ignored),
		cmocka_unit_test(without_th_there_are_no_hints),
		cmocka_unit_test(completions_have_no_hints),
		cmocka_unit_test(byte_enables_are_implied_beside_hints),
		cmocka_unit_test(other_prefixes_and_the_digest_are_skipped),
		cmocka_unit_test(prefixes_are_limited_and_in_order),
		cmocka_unit_test(packets_against_the_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
