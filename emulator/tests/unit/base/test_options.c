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

#include "base/options.h"
#include "util/number.h"

static void addresses_are_checked(void **state)
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
	return size_parse(value, &((struct attr *)attr)->size);
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

static void pairs_are_checked(void **state)
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
		cmocka_unit_test(addresses_are_checked),
		cmocka_unit_test(pairs_are_checked),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
