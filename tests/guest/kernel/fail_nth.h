/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Lets one of the kernel's next allocations for this thread fail: of slabs or of pages, those that
 * may sleep and those that may not. Needs a kernel with fault injection.
 */
#ifndef GUEST_KERNEL_FAIL_NTH_H
#define GUEST_KERNEL_FAIL_NTH_H

#include <stdbool.h>

/* These end the test when the kernel cannot do that. */
void fail_nth_open(void);
/* The @nth from now on, counted from 1 */
void fail_nth_set(unsigned int nth);
/* Ends it. Returns whether there were so many that one has failed. */
bool fail_nth_clear(void);
void fail_nth_close(void);

#endif
