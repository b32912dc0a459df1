// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/range.h"

#define TOP UINT64_MAX

static void ranges_within_others_are_found(void **state)
{
	assert_true(range_within(0, 0, 0));
	assert_true(range_within(0, 8, 8));
	assert_true(range_within(8, 0, 8));
	assert_true(range_within(0, TOP, TOP));
	assert_true(range_within(TOP, 0, TOP));
	assert_false(range_within(0, 9, 8));
	assert_false(range_within(1, 8, 8));
	assert_false(range_within(9, 0, 8));
	assert_false(range_within(TOP, 1, TOP));
	/* Sums that wrap round to something small. */
	assert_false(range_within(TOP, 2, 8));
	assert_false(range_within(2, TOP, 8));
	assert_false(range_within(TOP, TOP, TOP));
}

static void assert_overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len, bool expected)
{
	assert_int_equal(ranges_overlap(a, a_len, b, b_len), expected);
	assert_int_equal(ranges_overlap(b, b_len, a, a_len), expected);
}

static void overlapping_ranges_are_found(void **state)
{
	assert_overlap(0, 8, 0, 8, true);
	assert_overlap(0, 8, 7, 1, true);
	assert_overlap(0, 8, 2, 3, true);
	assert_overlap(0, 8, 8, 8, false);
	assert_overlap(TOP, 1, TOP, 1, true);
	assert_overlap(TOP - 1, 1, TOP, 1, false);
	assert_overlap(0, TOP, TOP - 1, 1, true);
	/* What is empty shares nothing, wherever it lies. */
	assert_overlap(4, 0, 0, 8, false);
	assert_overlap(4, 0, 4, 0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_within_others_are_found),
		cmocka_unit_test(overlapping_ranges_are_found),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
