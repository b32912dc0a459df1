// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tlp/tlp.h"
#include "util/macros.h"

/* Whether byte @i of the request is enabled, counted from the request's DW-aligned start. */
static bool enabled(const struct tlp *tlp, unsigned int i)
{
	if (i / 4 == 0)
		return tlp->first_be >> i & 1;
	if (i / 4 == tlp->length - 1u)
		return tlp->last_be >> i % 4 & 1;
	return i / 4 < tlp->length;
}

static void span_enables_exactly_its_bytes(void **state)
{
	for (unsigned int start = 0; start < 8; start++) {
		for (unsigned int len = 1; len <= 64; len++) {
			struct tlp tlp = { .type = TLP_MWR64 };
			unsigned int skip = start % 4;

			tlp_set_span(&tlp, (1ull << 40) + start, len);
			assert_true(tlp.address == (1ull << 40) + start - skip);
			assert_int_equal(tlp.length, (skip + len + 3) / 4);
			for (unsigned int i = 0; i < 80; i++)
				assert_int_equal(enabled(&tlp, i), i >= skip && i < skip + len);
		}
	}
}

static void span_can_be_encoded(void **state)
{
	static const uint8_t payload[TLP_MAX_PAYLOAD];
	uint8_t bytes[TLP_MAX_SIZE];
	struct tlp tlp = { .type = TLP_MWR64, .payload = payload };
	size_t size;

	for (unsigned int start = 0; start < 4096; start++) {
		tlp_set_span(&tlp, (1ull << 40) + start, 4096 - start);
		assert_int_equal(tlp_flit_encode(&tlp, 0, bytes, sizeof(bytes), &size), TLP_OK);
		tlp_set_span(&tlp, (1ull << 40) + start, 1);
		assert_int_equal(tlp_flit_encode(&tlp, 0, bytes, sizeof(bytes), &size), TLP_OK);
	}
}

/* Each of the 256 pairs, for one, two and three DWs, against the sentences of 2.2.5.1 */
static void assert_byte_enables(unsigned int length, uint64_t address,
				bool (*legal)(unsigned int first, unsigned int last))
{
	struct tlp tlp = { .type = TLP_MRD64, .length = length, .address = address };
	uint8_t bytes[TLP_MAX_HEADER];
	size_t size;

	for (unsigned int pair = 0; pair < 256; pair++) {
		tlp.first_be = pair & 0xf;
		tlp.last_be = pair >> 4;
		assert_int_equal(tlp_flit_encode_header(&tlp, 0, bytes, sizeof(bytes), &size),
				 legal(pair & 0xf, pair >> 4) ? TLP_OK : TLP_ERR_BE);
	}
}

static bool legal_one(unsigned int first, unsigned int last)
{
	return last == 0;
}

static bool legal_quad(unsigned int first, unsigned int last)
{
	return first && last;
}

static bool legal_run(unsigned int first, unsigned int last)
{
	bool up = first == 15 || first == 14 || first == 12 || first == 8;
	bool down = last == 15 || last == 7 || last == 3 || last == 1;

	return up && down;
}

static void byte_enables_follow_the_rules(void **state)
{
	assert_byte_enables(1, 1ull << 40, legal_one);
	assert_byte_enables(2, 1ull << 40, legal_quad);
	assert_byte_enables(2, (1ull << 40) + 4, legal_run);
	assert_byte_enables(3, 1ull << 40, legal_run);
}

/* Every length up to 9 DWs, against table 2-15 */
static void assert_operands(enum tlp_type type, const char *legal)
{
	struct tlp tlp = { .type = type, .address = 1ull << 40 };
	uint8_t bytes[TLP_MAX_HEADER];
	size_t size;

	for (unsigned int length = 1; length <= 9; length++) {
		tlp.length = length;
		assert_int_equal(tlp_flit_encode_header(&tlp, 0, bytes, sizeof(bytes), &size),
				 legal[length] == 'y' ? TLP_OK : TLP_ERR_LENGTH);
	}
}

static void atomics_take_architected_operands(void **state)
{
	assert_operands(TLP_FETCHADD64, " yynnnnnnn");
	assert_operands(TLP_SWAP64, " yynnnnnnn");
	assert_operands(TLP_CAS64, " nynynnnyn");
}

/* An operand of n bytes starts at a multiple of n; for CAS it is half of the payload. */
static void atomics_are_aligned(void **state)
{
	static const struct {
		enum tlp_type type;
		unsigned int length, align;
	} cases[] = {
		{ TLP_FETCHADD64, 1, 4 }, { TLP_FETCHADD64, 2, 8 }, { TLP_SWAP64, 2, 8 },
		{ TLP_CAS64, 2, 4 },      { TLP_CAS64, 4, 8 },      { TLP_CAS64, 8, 16 },
	};
	uint8_t bytes[TLP_MAX_HEADER];
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tlp tlp = { .type = cases[i].type, .length = cases[i].length };

		for (unsigned int offset = 0; offset < 32; offset += 4) {
			tlp.address = (1ull << 40) + offset;
			assert_int_equal(tlp_flit_encode_header(&tlp, 0, bytes, sizeof(bytes),
								&size),
					 offset % cases[i].align ? TLP_ERR_4K : TLP_OK);
		}
	}
}

static void types_follow_the_address(void **state)
{
	static const struct {
		enum tlp_type narrow, wide;
	} pairs[] = {
		{ TLP_MRD32, TLP_MRD64 },   { TLP_MWR32, TLP_MWR64 },
		{ TLP_DMWR32, TLP_DMWR64 }, { TLP_FETCHADD32, TLP_FETCHADD64 },
		{ TLP_SWAP32, TLP_SWAP64 }, { TLP_CAS32, TLP_CAS64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		assert_int_equal(tlp_type_for(pairs[i].wide, 0xffffffff), pairs[i].narrow);
		assert_int_equal(tlp_type_for(pairs[i].narrow, 0xffffffff), pairs[i].narrow);
		assert_int_equal(tlp_type_for(pairs[i].narrow, 0x100000000), pairs[i].wide);
		assert_int_equal(tlp_type_for(pairs[i].wide, 0x100000000), pairs[i].wide);
	}
	assert_int_equal(tlp_type_for(TLP_CPLD, 0x100000000), TLP_CPLD);
}

static void types_have_names_and_properties(void **state)
{
	static const struct {
		enum tlp_type type;
		const char *name;
		bool data, completion, posted, length;
	} types[] = {
		{ TLP_MRD32, "MRd32", false, false, false, true },
		{ TLP_MRD64, "MRd64", false, false, false, true },
		{ TLP_MWR32, "MWr32", true, false, true, true },
		{ TLP_MWR64, "MWr64", true, false, true, true },
		{ TLP_CPL, "Cpl", false, true, false, false },
		{ TLP_CPLD, "CplD", true, true, false, true },
		{ TLP_FETCHADD32, "FetchAdd32", true, false, false, true },
		{ TLP_FETCHADD64, "FetchAdd64", true, false, false, true },
		{ TLP_SWAP32, "Swap32", true, false, false, true },
		{ TLP_SWAP64, "Swap64", true, false, false, true },
		{ TLP_CAS32, "CAS32", true, false, false, true },
		{ TLP_CAS64, "CAS64", true, false, false, true },
		{ TLP_DMWR32, "DMWr32", true, false, false, true },
		{ TLP_DMWR64, "DMWr64", true, false, false, true },
		/* decoded in part */
		{ TLP_NOP, "NOP", false, false, false, false },
		{ TLP_CFGRD0, "CfgRd0", false, false, false, true },
		{ TLP_CFGWR1, "CfgWr1", true, false, false, true },
		{ 0x22, "UIOMRd", false, false, false, true },
		{ TLP_MSG + 7, "Msg", false, false, true, false },
		{ TLP_MSGD, "MsgD", true, false, true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		assert_string_equal(tlp_type_name(types[i].type), types[i].name);
		assert_int_equal(tlp_has_data(types[i].type), types[i].data);
		assert_int_equal(tlp_is_completion(types[i].type), types[i].completion);
		assert_int_equal(tlp_is_posted(types[i].type), types[i].posted);
		assert_int_equal(tlp_has_length(types[i].type), types[i].length);
		assert_int_equal(tlp_is_decoded(types[i].type), i < 14);
	}
	assert_null(tlp_type_name(0x38));
	assert_null(tlp_type_name(256));
	assert_false(tlp_has_data(0xff));
}

static void every_error_has_a_sentence(void **state)
{
	for (unsigned int error = 0; error <= TLP_ERR_PREFIXES; error++)
		assert_string_not_equal(tlp_error_string(error), "unknown error");
	assert_string_equal(tlp_error_string(TLP_ERR_PREFIXES + 1), "unknown error");
}

static void messages_have_names(void **state)
{
	assert_string_equal(tlp_message_name(0x10), "LTR");
	assert_string_equal(tlp_message_name(0x33), "ERR_FATAL");
	assert_null(tlp_message_name(0x34));
	assert_null(tlp_message_name(0x100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span_enables_exactly_its_bytes),
		cmocka_unit_test(span_can_be_encoded),
		cmocka_unit_test(byte_enables_follow_the_rules),
		cmocka_unit_test(atomics_take_architected_operands),
		cmocka_unit_test(atomics_are_aligned),
		cmocka_unit_test(types_follow_the_address),
		cmocka_unit_test(types_have_names_and_properties),
		cmocka_unit_test(messages_have_names),
		cmocka_unit_test(every_error_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
