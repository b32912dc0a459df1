/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What was found wrong in many rounds of something that is one test. */
#ifndef TESTS_VERDICT_H
#define TESTS_VERDICT_H

#include <stdbool.h>

struct verdict {
	unsigned long wrong; /* how often */
	char first[256];     /* the first time */
};

/* Counts a fault, and keeps the words of the first one. */
void verdict_wrong(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The next test: was nothing wrong? */
bool verdict_ok(const struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
