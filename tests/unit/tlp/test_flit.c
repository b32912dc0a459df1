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

static void all_tags_and_hints_come_back(void **state)
{
	static const uint32_t payload = 0x12345678;
	struct tlp tlp = {
		.type = TLP_DMWR64,
		.length = 1,
		.first_be = 0xf,
		.address = 1ull << 40,
		.payload = &payload,
	};

	for (unsigned int tag = 0; tag <= TLP_MAX_TAG; tag++) {
		tlp.tag = tag;
		assert_round_trip(TLP_FLIT, &tlp);
	}
	for (unsigned int ph = 0; ph <= TLP_PH_MAX; ph++) {
		for (unsigned int st = 0; st <= TLP_ST_EXT_MAX; st++) {
			tlp.hints = (struct tlp_hints){ TLP_HV_ST_EXT, ph, st };
			assert_round_trip(TLP_FLIT, &tlp);
		}
		for (unsigned int st = 0; st <= TLP_ST_MAX; st++) {
			tlp.hints = (struct tlp_hints){ TLP_HV_ST, ph, st };
			assert_round_trip(TLP_FLIT, &tlp);
		}
	}
}

/* Entries are a good packet with one field changed: initializers are meant to be overridden. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define MWR64(...) { .type = TLP_MWR64, .length = 1, .first_be = 0xf, .address = 1ull << 32, \
		     __VA_ARGS__ }
#define CPLD(...) { .type = TLP_CPLD, .length = 1, .byte_count = 4, __VA_ARGS__ }

static const struct bad_tlp bad_tlps[] = {
	{ "type 0 is NOP", { .type = 0, .length = 1 }, TLP_ERR_TYPE },
	{ "type beyond a byte", { .type = 0x160, .length = 1 }, TLP_ERR_TYPE },
	{ "traffic class 8", MWR64(.tc = 8), TLP_ERR_FIELD },
	{ "attr 8", MWR64(.attr = 8), TLP_ERR_FIELD },
	{ "15-bit tag", MWR64(.tag = 0x4000), TLP_ERR_FIELD },
	{ "reserved address type", MWR64(.at = 3), TLP_ERR_FIELD },
	{ "address not of a DW", MWR64(.address = (1ull << 32) + 2), TLP_ERR_FIELD },
	{ "first BE of 5 bits", MWR64(.first_be = 0x1f), TLP_ERR_FIELD },
	{ "last BE of 5 bits", MWR64(.length = 2, .last_be = 0x1f), TLP_ERR_FIELD },
	{ "64-bit type, short address", MWR64(.address = 0xfffffffc), TLP_ERR_FIELD },
	{ "32-bit type, long address", MWR64(.type = TLP_MWR32), TLP_ERR_FIELD },
	{ "AMA of an untranslated address", MWR64(.av = true), TLP_ERR_FIELD },
	{ "AMA of 4 bits", MWR64(.av = true, .at = 2, .ama = 8), TLP_ERR_FIELD },
	{ "length 0", MWR64(.length = 0), TLP_ERR_LENGTH },
	{ "length 1025", MWR64(.length = 1025), TLP_ERR_LENGTH },
	{ "reserved HV", MWR64(.hints = { 2, 0, 0 }), TLP_ERR_HINTS },
	{ "HV of 3 bits", MWR64(.hints = { 5, 0, 0 }), TLP_ERR_HINTS },
	{ "8-bit namespace, ST 100h", MWR64(.hints = { TLP_HV_ST, 0, 0x100 }), TLP_ERR_HINTS },
	{ "PH 4", MWR64(.hints = { TLP_HV_ST_EXT, 4, 0 }), TLP_ERR_HINTS },
	{ "last BE of one DW", MWR64(.last_be = 1), TLP_ERR_BE },
	{ "beyond 4 KiB", MWR64(.address = 0x100000ffc, .length = 2, .last_be = 1), TLP_ERR_4K },
	{ "CplD of length 0", CPLD(.length = 0), TLP_ERR_LENGTH },
	{ "reserved status 3", CPLD(.status = 3), TLP_ERR_FIELD },
	{ "reserved status 5", CPLD(.status = 5), TLP_ERR_FIELD },
	{ "status of 4 bits", CPLD(.status = 8), TLP_ERR_FIELD },
	{ "byte count 0", CPLD(.byte_count = 0), TLP_ERR_FIELD },
	{ "byte count 4097", CPLD(.byte_count = 4097), TLP_ERR_FIELD },
	{ "lower address of 8 bits", CPLD(.lower_address = 128), TLP_ERR_FIELD },
};

/* Of all 256 types, the decoder knows 14, and says so of the others, 32 of which have names. */
static void unknown_types_are_refused(void **state)
{
	unsigned int known = 0, named = 0;

	for (unsigned int type = 0; type < 256; type++) {
		uint8_t bytes[4] = { type, 0, 0, 1 };
		struct tlp_flit_layout layout;
		struct tlp tlp;

		known += tlp_is_decoded(type);
		named += !!tlp_type_name(type);
		assert_int_equal(decode_exact(TLP_FLIT, bytes, sizeof(bytes), &tlp),
				 tlp_is_decoded(type) ? TLP_ERR_TRUNCATED : TLP_ERR_TYPE);
		assert_int_equal(tlp_flit_layout(bytes, sizeof(bytes), &layout),
				 tlp_type_name(type) ? TLP_OK : TLP_ERR_TYPE);
		assert_int_equal(layout.type, type);
		assert_int_equal(layout.length, 1);
	}
	assert_int_equal(known, 14);
	assert_int_equal(named, 14 + 32);
}

static void reserved_bits_are_ignored(void **state)
{
	uint8_t bytes[VECTOR_MAX];
	struct tlp tlp;

	memcpy(bytes, REFERENCE->bytes, sizeof(bytes));
	bytes[6] |= 0x7f;  /* R and Tag[13:8] of a posted request */
	bytes[7] = 0x12;   /* Tag[7:0] */
	bytes[16] = 0xff;  /* OHC-B byte 0 */
	bytes[17] = 0xee;  /* ST[15:8], not valid with HV 01b */
	bytes[19] |= 0x0e; /* AMA without AV */
	assert_int_equal(tlp_flit_decode(bytes, vector_size(REFERENCE), &tlp), TLP_OK);
	assert_same(&tlp, &REFERENCE->tlp);

	bytes[19] |= 0x01; /* AV with an untranslated address */
	assert_int_equal(tlp_flit_decode(bytes, vector_size(REFERENCE), &tlp), TLP_OK);
	assert_same(&tlp, &REFERENCE->tlp);
}

static void reserved_hv_means_no_hints(void **state)
{
	static const uint8_t none[] = { 0, 2 };
	uint8_t bytes[VECTOR_MAX];
	struct tlp tlp;

	memcpy(bytes, REFERENCE->bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(none); i++) {
		bytes[19] = 0x80 | none[i] << 4;
		assert_int_equal(tlp_flit_decode(bytes, vector_size(REFERENCE), &tlp), TLP_OK);
		assert_int_equal(tlp.hints.hv, TLP_HV_NONE);
		assert_int_equal(tlp.hints.st, 0);
		assert_int_equal(tlp.hints.ph, 0);
		assert_false(tlp_hints_valid(&tlp.hints));
	}
	assert_false(tlp_hints_valid(NULL));
}

/* 2.2.1.2: "When OHC-B is present on other TLPs, all OHC-B bits are Reserved" */
static void completions_have_no_hints(void **state)
{
	static const uint8_t bytes[] = {
		0x0a, 0x02, 0x00, 0x00, 0x03, 0x10, 0x00, 0x06,
		0x04, 0x00, 0x00, 0x04, 0x00, 0x00, 0xf0, 0x90,
	};
	struct tlp tlp;

	assert_int_equal(decode_exact(TLP_FLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.hints.hv, TLP_HV_NONE);
}

/* Table 2-15: an AtomicOp may come with OHC-A1, but not with byte enables */
static void atomics_have_no_byte_enables(void **state)
{
	static const uint8_t bytes[] = {
		0x4d, 0x01, 0x00, 0x01, 0x04, 0x00, 0x00, 0x02, 0x00, 0x00,
		0x10, 0x04, 0x00, 0x00, 0x00, 0x5a, 1,    2,    3,    4,
	};
	struct tlp tlp;

	assert_int_equal(decode_exact(TLP_FLIT, bytes, sizeof(bytes), &tlp), TLP_OK);
	assert_int_equal(tlp.first_be, 0);
	assert_int_equal(tlp.last_be, 0);
}

struct size_case {
	uint8_t code;
	uint8_t dws;
};

/* OHC-A, -B and -C are one DW each, OHC-E one, two or four; the payload is behind all of them. */
static void payload_follows_every_ohc(void **state)
{
	static const struct size_case e[] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 4 } };

	for (unsigned int abc = 0; abc < 8; abc++) {
		for (size_t i = 0; i < 4; i++) {
			uint8_t bytes[64] = { 0x40, e[i].code << 3 | abc, 0x00, 0x01 };
			unsigned int ohcs = (abc & 1) + (abc >> 1 & 1) + (abc >> 2) + e[i].dws;
			size_t header = 12 + ohcs * 4;
			struct tlp tlp;

			memset(bytes + header, 0xdd, 4);
			assert_int_equal(tlp_flit_decode(bytes, header + 4, &tlp), TLP_OK);
			assert_ptr_equal(tlp.payload, bytes + header);
			assert_int_equal(decode_exact(TLP_FLIT, bytes, header + 3, &tlp),
					 TLP_ERR_TRUNCATED);
			assert_int_equal(decode_exact(TLP_FLIT, bytes, header + 5, &tlp),
					 TLP_ERR_TRAILING);
		}
	}
}

static void trailers_are_counted(void **state)
{
	static const struct size_case ts[] = {
		{ 0, 0 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 6, 4 }, { 7, 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ts); i++) {
		uint8_t bytes[64] = { 0x40, 0x00, ts[i].code << 5, 0x01 };
		size_t size = 16 + ts[i].dws * 4;
		struct tlp_flit_layout layout;
		struct tlp tlp;

		assert_int_equal(tlp_flit_decode(bytes, size, &tlp), TLP_OK);
		assert_int_equal(decode_exact(TLP_FLIT, bytes, size - 1, &tlp), TLP_ERR_TRUNCATED);
		assert_int_equal(decode_exact(TLP_FLIT, bytes, size + 1, &tlp), TLP_ERR_TRAILING);
		assert_int_equal(tlp_flit_layout(bytes, 4, &layout), TLP_OK);
		assert_int_equal(layout.trailer_dw, ts[i].dws);
	}
}

static void layout_is_that_of_the_reference(void **state)
{
	struct tlp_flit_layout layout;

	assert_int_equal(tlp_flit_layout(REFERENCE->bytes, 3, &layout), TLP_ERR_TRUNCATED);
	assert_int_equal(tlp_flit_layout(REFERENCE->bytes, 4, &layout), TLP_OK);
	assert_int_equal(layout.type, TLP_MWR64);
	assert_int_equal(layout.ohc, 2);
	assert_int_equal(layout.ts, 0);
	assert_int_equal(layout.length, 8);
	assert_int_equal(layout.base_dw, 4);
	assert_int_equal(layout.ohc_a, 0);
	assert_int_equal(layout.ohc_b, 4);
	assert_int_equal(layout.ohc_c, 0);
	assert_int_equal(layout.ohc_e, 0);
	assert_int_equal(layout.header_dw, 5);
	assert_int_equal(layout.payload_dw, 8);
	assert_int_equal(layout.trailer_dw, 0);
}

static const struct bad_bytes bad_bytes[] = {
	{ "last BE of one DW",
	  TLP_ERR_BE,
	  20,
	  { 0x40, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0x1f } },
	{ "first BE 0 of two DWs",
	  TLP_ERR_BE,
	  24,
	  { 0x40, 0x01, 0, 2, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0xf0 } },
	{ "last BE 0 of two DWs",
	  TLP_ERR_BE,
	  24,
	  { 0x40, 0x01, 0, 2, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0x0f } },
	{ "hole in the first of three DWs",
	  TLP_ERR_BE,
	  16,
	  { 0x03, 0x01, 0, 3, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0xfd } },
	{ "across 4 KiB", TLP_ERR_4K, 12, { 0x03, 0x00, 0, 2, 0, 0, 0, 0, 0, 0, 0x1f, 0xfc } },
	{ "FetchAdd of 3 DWs",
	  TLP_ERR_LENGTH,
	  24,
	  { 0x4c, 0x00, 0, 3, 0, 0, 0, 0, 0, 0, 0x10, 0 } },
	{ "FetchAdd of 4 DWs",
	  TLP_ERR_LENGTH,
	  28,
	  { 0x4c, 0x00, 0, 4, 0, 0, 0, 0, 0, 0, 0x10, 0 } },
	{ "CAS of 1 DW", TLP_ERR_LENGTH, 16, { 0x4e, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 0x10, 0 } },
	{ "CAS of 6 DWs", TLP_ERR_LENGTH, 36, { 0x4e, 0x00, 0, 6, 0, 0, 0, 0, 0, 0, 0x10, 0 } },
	{ "Swap of 8 bytes at 4", TLP_ERR_4K, 20, { 0x4d, 0x00, 0, 2, 0, 0, 0, 0, 0, 0, 0x10, 4 } },
};

int main(void)
{
	struct codec codec = {
		.encoding = TLP_FLIT,
		.vectors = vectors,
		.num_vectors = num_vectors,
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
		cmocka_unit_test(all_tags_and_hints_come_back),
		CODEC_TEST(all_lengths_classes_and_attributes_come_back),
		CODEC_TEST(all_completions_come_back),
		CODEC_TEST(bad_fields_are_refused),
		CODEC_TEST(payload_must_be_there),
		cmocka_unit_test(unknown_types_are_refused),
		cmocka_unit_test(reserved_bits_are_ignored),
		cmocka_unit_test(reserved_hv_means_no_hints),
		cmocka_unit_test(completions_have_no_hints),
		cmocka_unit_test(atomics_have_no_byte_enables),
		cmocka_unit_test(payload_follows_every_ohc),
		cmocka_unit_test(trailers_are_counted),
		cmocka_unit_test(layout_is_that_of_the_reference),
		CODEC_TEST(packets_against_the_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
