// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest_transfer.h"

void guest_transfer_create(struct guest_transfer *transfer, uint64_t size)
{
	struct guest *guest = guest_create();

	*transfer = (struct guest_transfer){ .guest = guest };
	guest_pair(guest, transfer->qp, transfer->cq);
	transfer->local = guest_alloc(guest, size);
	transfer->remote = guest_alloc(guest, size);
	transfer->lkey = guest_mr(guest, transfer->local, size, GUEST_ACCESS);
	transfer->rkey = guest_mr(guest, transfer->remote, size, GUEST_ACCESS);
	guest_fill(guest_ptr(guest, transfer->local), size, 1);
}

int guest_transfer_teardown(void **state)
{
	struct guest_transfer *transfer = *state;

	guest_destroy(transfer->guest);
	return 0;
}
