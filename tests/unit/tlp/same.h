/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TESTS_TLP_SAME_H
#define TESTS_TLP_SAME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tlp/tlp.h"

/* Every field but the payload */
static inline void assert_same(const struct tlp *a, const struct tlp *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->tc, b->tc);
	assert_int_equal(a->attr, b->attr);
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->ep, b->ep);
	assert_int_equal(a->requester, b->requester);
	assert_int_equal(a->tag, b->tag);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->first_be, b->first_be);
	assert_int_equal(a->last_be, b->last_be);
	assert_true(a->address == b->address);
	assert_int_equal(a->hints.hv, b->hints.hv);
	assert_int_equal(a->hints.ph, b->hints.ph);
	assert_int_equal(a->hints.st, b->hints.st);
	assert_int_equal(a->av, b->av);
	assert_int_equal(a->ama, b->ama);
	assert_int_equal(a->completer, b->completer);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->byte_count, b->byte_count);
	assert_int_equal(a->lower_address, b->lower_address);
}

#endif
