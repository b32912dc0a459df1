// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Device options: what is accepted, to the last character. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "options.h"
#include "util.h"

static void sizes(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t bytes;
	} cases[] = {
		{ "0", true, 0 }, { "4096", true, 4096 }, { "0x1000", true, 4096 },
		{ "64K", true, 65536 }, { "1m", true, 1 << 20 },
		{ "16G", true, 16ull << 30 },
		{ "17179869183G", true, 17179869183ull << 30 }, { "17179869184G", false, 0 },
		{ "18446744073709551616", false, 0 }, { "", false, 0 }, { "K", false, 0 },
		{ "-1", false, 0 }, { " 1", false, 0 }, { "1 K", false, 0 }, { "1KB", false, 0 },
		{ "1T", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = 0;

		if (option_size(cases[i].text, &bytes) != cases[i].valid)
			fail_msg("'%s'", cases[i].text);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void numbers(void **state)
{
	uint64_t number = 0;

	assert_true(option_number("0x10", 1, 16, &number));
	assert_int_equal(number, 16);
	assert_false(option_number("17", 1, 16, &number));
	assert_false(option_number("0", 1, 16, &number));
	assert_false(option_number("+1", 1, 16, &number));
	assert_false(option_number("1x", 1, 16, &number));
	assert_false(option_number("", 0, 16, &number));
	assert_int_equal(number, 16);
}

static void addresses(void **state)
{
	uint16_t id = 0;

	assert_true(option_bdf("00:03.0", &id));
	assert_int_equal(id, 0x0018);
	assert_true(option_bdf("ff:1f.7", &id));
	assert_int_equal(id, 0xffff);
	assert_false(option_bdf("00:20.0", &id));
	assert_false(option_bdf("00:00.8", &id));
	assert_false(option_bdf("00:03", &id));
	assert_false(option_bdf("00:03.0x", &id));
	assert_false(option_bdf("0000:00:03.0", &id));
	assert_false(option_bdf("", &id));
	assert_int_equal(id, 0xffff);
}

struct attr {
	bool echo;
	uint64_t size;
};

static bool set_echo(void *attr, const char *value)
{
	return option_bool(value, &((struct attr *)attr)->echo);
}

static bool set_size(void *attr, const char *value)
{
	return option_size(value, &((struct attr *)attr)->size);
}

static const struct option_def defs[] = {
	{ "echo", "on|off", "", set_echo },
	{ "size", "bytes", "", set_size },
	{ 0 },
};

/* Parse a copy, as options_parse() cuts it up. */
static int parse(const char *text, struct attr *attr)
{
	static char copy[128];
	const char *name;

	strcpy(copy, text);
	return options_parse("--test", copy, defs, attr, &name);
}

static void pairs(void **state)
{
	struct attr attr = { 0 };
	char text[] = "nic-0_a,echo=on,size=1K,size=2K";
	const char *name;

	assert_int_equal(options_parse("--test", text, defs, &attr, &name), 0);
	assert_string_equal(name, "nic-0_a");
	assert_true(attr.echo);
	assert_int_equal(attr.size, 2048);
	assert_int_equal(parse("nic0,echo=off", &attr), 0);
	assert_false(attr.echo);
	assert_int_equal(parse("nic0,echo", &attr), -EINVAL);
	assert_int_equal(parse("nic0,echo=yes", &attr), -EINVAL);
	assert_int_equal(parse("nic0,ech=on", &attr), -EINVAL);
	assert_int_equal(parse("nic0,", &attr), -EINVAL);
	assert_int_equal(parse("", &attr), -EINVAL);
	assert_int_equal(parse("a/b", &attr), -EINVAL);
	assert_int_equal(parse("a2345678901234567890123456789012", &attr), 0);
	assert_int_equal(parse("a23456789012345678901234567890123", &attr), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(addresses),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
