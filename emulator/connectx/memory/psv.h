/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Protection signature values: what the signature of a block starts with. A memory key with
 * signatures names one for each of its domains (signature.h), and a SET_PSV request writes it.
 */
#ifndef CONNECTX_PSV_H
#define CONNECTX_PSV_H

#include "connectx/command/cmd.h"

struct domain;

struct psv {
	uint32_t index;
	struct domain *pd;
	uint64_t seed; /* transient signature: guard first, in the upper bits */
};

/** psv_clear() - destroy all. */
void psv_clear(struct connectx *nic);

cmd_handler psv_create, psv_destroy;

#endif
