/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Test results in the Test Anything Protocol, for guest tests in C: say how many there are, report
 * each, return what tap_status() says.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>

void tap_plan(unsigned int tests);
/* Reports the next test. Returns @passed. */
bool tap_ok(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The next test could not run, and why. */
void tap_skip(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line of explanation. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Nothing more can be tested: says why and exits with failure. */
void tap_bail_out(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* The next test: is @got, an errno, the @expected one? */
bool tap_errno(int got, int expected, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The exit status: 0 when as many tests as planned were reported, and none of them failed. */
int tap_status(void);

#endif /* TESTS_TAP_H */
