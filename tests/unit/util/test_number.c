// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/macros.h"
#include "util/number.h"

#define UNTOUCHED 0x5a5a

static void sizes_are_parsed(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t bytes;
	} rows[] = {
		{ "0", true, 0 },
		{ "4096", true, 4096 },
		{ "0x1000", true, 4096 },
		{ "64K", true, 65536 },
		{ "1m", true, 1 << 20 },
		{ "0x10k", true, 16384 },
		{ "16G", true, 16ull << 30 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18014398509481983K", true, 18014398509481983ull << 10 },
		{ "18014398509481984K", false, 0 },
		{ "17179869183G", true, 17179869183ull << 30 },
		{ "17179869184G", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "", false, 0 },
		{ "K", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 K", false, 0 },
		{ "1KB", false, 0 },
		{ "1T", false, 0 },
		{ "0x", false, 0 },
		{ "1.5M", false, 0 },
	};
	uint64_t bytes;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bytes = UNTOUCHED;
		if (size_parse(rows[i].text, &bytes) != rows[i].valid)
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(bytes, rows[i].valid ? rows[i].bytes : UNTOUCHED);
	}
}

static void numbers_are_parsed(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		bool valid;
		uint64_t number;
	} rows[] = {
		{ "0x10", 1, 16, true, 16 },
		{ "0X0f", 0, 16, true, 15 },
		{ "010", 0, 16, true, 8 },
		{ "1", 1, 16, true, 1 },
		{ "0", 1, 16, false, 0 },
		{ "17", 1, 16, false, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX, UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, false, 0 },
		{ "0x10000000000000000", 0, UINT64_MAX, false, 0 },
		{ "", 0, 16, false, 0 },
		{ "+1", 0, 16, false, 0 },
		{ "-0", 0, 16, false, 0 },
		{ " 1", 0, 16, false, 0 },
		{ "1 ", 0, 16, false, 0 },
		{ "1x", 0, 16, false, 0 },
		{ "0x", 0, 16, false, 0 },
		{ "09", 0, 16, false, 0 },
		{ "1K", 0, 9999, false, 0 },
		{ "ten", 0, 16, false, 0 },
	};
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		number = UNTOUCHED;
		if (number_parse(rows[i].text, rows[i].min, rows[i].max, &number) != rows[i].valid)
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(number, rows[i].valid ? rows[i].number : UNTOUCHED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_parsed),
		cmocka_unit_test(numbers_are_parsed),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
