// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/atomic.h"

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/memory/sg.h"
#include "connectx/memory/tph.h"

static uint64_t atomic_on_ram(uint64_t *target, const struct atomic_op *op)
{
	uint64_t old = op->compare;

	if (op->opcode == MLX5_OPCODE_ATOMIC_FA)
		return __atomic_fetch_add(target, op->swap_add, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(target, &old, op->swap_add, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return old;
}

static bool atomic_by_tlp(const struct sg *target, const struct access_span *span,
			  const struct atomic_op *op, uint64_t *old, struct sg_stop *stop)
{
	const struct fabric_atomic atomic = {
		.type = op->opcode == MLX5_OPCODE_ATOMIC_FA ? TLP_FETCHADD64 : TLP_CAS64,
		.operand = op->swap_add,
		.compare = op->compare,
	};
	struct tlp_hints hints = tph_hints(target->nic, span->mkey);

	if (!fabric_atomic(target->nic->port, span->address, ATOMIC_SIZE, &atomic, old, &hints))
		return true;
	return sg_refused(target, stop);
}

static bool atomic_on_bus(const struct sg *target, const struct atomic_op *op, uint64_t *old,
			  struct sg_stop *stop)
{
	struct sg from = *target, to = *target;
	uint64_t value = op->swap_add;

	if (!sg_gather(&from, old, ATOMIC_SIZE, stop)) {
		stop->end = target;
		return false;
	}
	if (op->opcode == MLX5_OPCODE_ATOMIC_FA)
		value += *old;
	else if (*old != op->compare)
		return true;
	return sg_scatter(&to, &value, ATOMIC_SIZE, stop);
}

bool atomic_execute(const struct sg *target, const struct atomic_op *op, uint64_t *old,
		    struct sg_stop *stop)
{
	struct access_span span;

	if (!sg_map(target, ATOMIC_SIZE, true, &span, stop))
		return false;
	/* the address is aligned within the key; on the bus it need not be, with a bad page list */
	if (span.len < ATOMIC_SIZE || span.address % ATOMIC_SIZE)
		return sg_refused(target, stop);
	if (!span.ram && pci_atomic_requester(&target->nic->fn))
		return atomic_by_tlp(target, &span, op, old, stop);
	if (!span.ram)
		return atomic_on_bus(target, op, old, stop);
	*old = atomic_on_ram(span.ram, op);
	return true;
}
