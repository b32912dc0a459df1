/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Two QPs of one guest that are connected to each other, with a buffer on each side. */
#ifndef TESTS_CONNECTX_GUEST_TRANSFER_H
#define TESTS_CONNECTX_GUEST_TRANSFER_H

#include "guest_mkey.h"
#include "guest_wqe.h"

struct guest_transfer {
	struct guest *guest;
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	uint64_t local, remote; /* addresses, page aligned; local is filled, with seed 1 */
	uint32_t lkey, rkey;    /* of whole buffers, with all rights */
};

/* @size: of each buffer, bytes */
void guest_transfer_create(struct guest_transfer *transfer, uint64_t size);

/* A cmocka fixture: *state is the struct guest_transfer. */
int guest_transfer_teardown(void **state);

#endif
