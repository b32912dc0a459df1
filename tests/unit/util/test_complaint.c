// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/complaint.h"

/* What @say_it writes to stderr. */
static void assert_said(void (*say_it)(void), const char *expected)
{
	int saved = dup(STDERR_FILENO), file = memfd_create("stderr", 0);
	char text[256];
	ssize_t length;

	assert_true(saved >= 0 && file >= 0);
	dup2(file, STDERR_FILENO);
	say_it();
	dup2(saved, STDERR_FILENO);
	length = pread(file, text, sizeof(text) - 1, 0);
	close(file);
	close(saved);
	assert_true(length >= 0);
	text[length] = '\0';
	assert_string_equal(text, expected);
}

static void say_something(void)
{
	program_invocation_short_name = "tool";
	say("%s: %s; give %d", "--flag=x", "wrong", 42);
}

/* As it is, with nothing cut and no format taken from it. */
static void say_what_was_kept(void)
{
	struct complaint why;

	complain(&why, "--flag=%s", "100%s");
	say("%s", why.text);
}

static void each_complaint_is_one_line(void **state)
{
	assert_said(say_something, "tool: --flag=x: wrong; give 42\n");
	assert_said(say_what_was_kept, "tool: --flag=100%s\n");
}

static void complaints_are_kept_for_later(void **state)
{
	char many[2 * sizeof(((struct complaint *)0)->text)];
	struct complaint why;

	assert_false(complain(&why, "%s is %d", "this", 7));
	assert_string_equal(why.text, "this is 7");

	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_false(complain(&why, "%s", many));
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_complaint_is_one_line),
		cmocka_unit_test(complaints_are_kept_for_later),
	};

	return cmocka_run_group_tests_name("complaint", tests, NULL, NULL);
}
