/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What an accelerator gets from its peers, as softfabric's control socket counts it. */
#ifndef TESTS_ARRIVALS_H
#define TESTS_ARRIVALS_H

#include <stdbool.h>

#define ARRIVALS_KINDS 256

struct arrivals_kind {
	char tph_namespace[8]; /* "none", "st" or "st_ext" */
	unsigned int st, ph;
	long writes;
};

struct arrivals {
	unsigned int count;
	struct arrivals_kind kinds[ARRIVALS_KINDS];
};

/* All until now. @device is the model's name; ends the test when there are too many kinds. */
void arrivals_take(int control, const char *device, struct arrivals *arrivals);
/* Whether since @before there came writes of the kind @due, as many, and no others; says which. */
bool arrivals_only(int control, const char *device, const struct arrivals *before,
		   const struct arrivals_kind *due);

#endif
