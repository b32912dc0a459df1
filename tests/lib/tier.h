/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How much a guest test does: there are seconds for it in the guest tier, minutes in debug. */
#ifndef TESTS_TIER_H
#define TESTS_TIER_H

/* One of the two, by $TPH_TIER; that of the guest tier when a test is run by hand. */
unsigned int tier_rounds(unsigned int guest, unsigned int debug);

#endif
