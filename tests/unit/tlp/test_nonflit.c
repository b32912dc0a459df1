// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec.h"
#include "same.h"
#include "util/macros.h"

/* Of every type that has them; below 256, 16-bit tags come back as the 8-bit tag they are. */
static void all_hints_come_back(void **state)
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
			assert_round_trip(TLP_NONFLIT, &tlp);
			if (st > TLP_ST_MAX)
				continue;
			tlp.hints.hv = TLP_HV_ST;
			assert_round_trip(TLP_NONFLIT, &tlp);
		}
	}
}

static void all_tags_come_back(void **state)
{
	struct tlp read = { .type = TLP_MRD64,
			    .length = 1,
			    .first_be = 0xf,
			    .address = 1ull << 40,
			    .hints = { TLP_HV_ST, 1, 0xff } };
	struct tlp completion = { .type = TLP_CPL, .byte_count = 4 };

	for (unsigned int tag = 0; tag <= TLP_MAX_TAG_NONFLIT; tag++) {
		read.tag = completion.tag = tag;
		assert_round_trip(TLP_NONFLIT, &read);
		assert_round_trip(TLP_NONFLIT, &completion);
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

#define MRD64(...) { .type = TLP_MRD64, .length = 2, .address = 1ull << 32, __VA_ARGS__ }
#define HINTS { TLP_HV_ST, 0, 1 }

static const struct bad_tlp bad_tlps[] = {
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
		assert_int_equal(decode_exact(TLP_NONFLIT, bytes, sizeof(bytes), &tlp), error);
	}
	assert_int_equal(known, 14);
	assert_int_equal(named, 14 + 26);
}

/* The number that is MRd32 in flit mode is none here, and the other way round. */
static void one_type_differs_between_modes(void **state)
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

	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.hints.hv, TLP_HV_NONE);
	assert_false(tlp.av);
	assert_int_equal(tlp.tag, 6);
	assert_int_equal(tlp.lower_address, 0);
}

static void byte_enables_are_implied_beside_hints(void **state)
{
	uint8_t bytes[12] = { 0x00, 0x01, 0, 2, 0, 0, 0, 0x31, 0, 0, 0x10, 0x02 };
	struct tlp tlp;

	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.hints.st, 0x31);
	assert_int_equal(tlp.first_be, 0xf);
	assert_int_equal(tlp.last_be, 0xf);
	bytes[3] = 1;
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
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
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, sizeof(bytes) - 1, &tlp),
			 TLP_ERR_TRUNCATED);
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
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, 44, &tlp), TLP_OK);
	bytes[12] = 0x91;
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, 44, &tlp), TLP_ERR_PREFIXES);
	bytes[12] = 0x8f;
	bytes[16] = 0x8f;
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, 44, &tlp), TLP_ERR_PREFIXES);
	bytes[12] = 0x91;
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, 44, &tlp), TLP_ERR_PREFIXES);
	/* nothing but prefixes */
	assert_int_equal(decode_exact(TLP_NONFLIT, bytes, 8, &tlp), TLP_ERR_TRUNCATED);
}

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

int main(void)
{
	struct codec codec = {
		.encoding = TLP_NONFLIT,
		.vectors = nonflit_vectors,
		.num_vectors = num_nonflit_vectors,
		.no_flags = TLP_FLIT_ECHO_ST,
		.bad_tlps = bad_tlps,
		.num_bad_tlps = ARRAY_SIZE(bad_tlps),
		.bad_bytes = bad_bytes,
		.num_bad_bytes = ARRAY_SIZE(bad_bytes),
	};
#define CODEC_TEST(name) cmocka_unit_test_prestate(name, &codec)
	const struct CMUnitTest tests[] = {
		CODEC_TEST(vectors_encode),
		CODEC_TEST(vectors_decode),
		CODEC_TEST(addresses_are_encoded_alone),
		CODEC_TEST(short_buffers_are_refused),
		CODEC_TEST(cut_and_overlong_packets_are_refused),
		cmocka_unit_test(all_hints_come_back),
		cmocka_unit_test(all_tags_come_back),
		CODEC_TEST(all_lengths_classes_and_attributes_come_back),
		CODEC_TEST(all_completions_come_back),
		cmocka_unit_test(small_16_bit_tags_lose_their_namespace),
		CODEC_TEST(bad_fields_are_refused),
		cmocka_unit_test(posted_requests_have_no_tag),
		CODEC_TEST(payload_must_be_there),
		cmocka_unit_test(unknown_types_are_refused),
		cmocka_unit_test(one_type_differs_between_modes),
		cmocka_unit_test(reserved_bits_are_ignored),
		cmocka_unit_test(without_th_there_are_no_hints),
		cmocka_unit_test(completions_have_no_hints),
		cmocka_unit_test(byte_enables_are_implied_beside_hints),
		cmocka_unit_test(other_prefixes_and_the_digest_are_skipped),
		cmocka_unit_test(prefixes_are_limited_and_in_order),
		CODEC_TEST(packets_against_the_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
