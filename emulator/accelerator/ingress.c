// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "accelerator/ingress.h"

#include <string.h>

#include "accelerator/accelerator_regs.h"
#include "accelerator/operations.h"

/*
 * What the hints of a request mean to this completer. All zero: nothing, the data are stored as
 * they come.
 */
struct meaning {
	unsigned int operation;
	uint64_t *operations; /* counter of the operation */
	uint64_t *partition;  /* counter of the cache partition */
};

static bool completes(const struct ingress *ingress, const struct tlp_hints *hints)
{
	switch (ingress->completer) {
	case PCI_TPH_COMPLETER_TPH:
		return hints->hv == TLP_HV_ST;
	case PCI_TPH_COMPLETER_EXT:
		return hints->hv == TLP_HV_ST || hints->hv == TLP_HV_ST_EXT;
	default:
		return false;
	}
}

static struct meaning interpret(struct ingress *ingress, const struct tlp_hints *hints)
{
	struct ingress_counters *counters = &ingress->counters;
	struct meaning meaning = { 0 };

	if (!completes(ingress, hints))
		return meaning;
	if (hints->hv == TLP_HV_ST) {
		meaning.operation = hints->st >> 4 & 0xf;
		meaning.operations = &counters->operation_st[meaning.operation];
		meaning.partition = &counters->partition_st[hints->st & 0xf];
	} else {
		meaning.operation = hints->st >> 8;
		meaning.operations = &counters->operation_st_ext[meaning.operation];
		meaning.partition = &counters->partition_st_ext[hints->st & 0xff];
	}
	return meaning;
}

static void count(struct ingress *ingress, const struct tlp_hints *hints,
		  const struct meaning *meaning)
{
	if (meaning->partition) {
		++*meaning->partition;
		ingress->counters.ph[hints->ph & 3]++;
	} else if (tlp_hints_valid(hints)) {
		ingress->counters.ignored_hints++;
	} else {
		ingress->counters.no_hints++;
	}
}

void ingress_write(struct ingress *ingress, const struct fabric_request *req, const void *data)
{
	struct meaning meaning = interpret(ingress, &req->hints);
	uint8_t *memory = ingress->memory + req->offset;

	ingress->counters.writes++;
	ingress->counters.write_bytes += req->len;
	count(ingress, &req->hints, &meaning);
	if (meaning.operations)
		++*meaning.operations;
	if (!operation_apply(meaning.operation, memory, req->offset % 4, data, req->len))
		ingress->counters.unknown_operation++;
}

void ingress_read(struct ingress *ingress, const struct fabric_request *req, void *data)
{
	struct meaning meaning = interpret(ingress, &req->hints);

	ingress->counters.reads++;
	count(ingress, &req->hints, &meaning);
	memcpy(data, ingress->memory + req->offset, req->len);
}

void ingress_atomic(struct ingress *ingress, const struct fabric_request *req,
		    const struct fabric_atomic *op, uint64_t *old)
{
	struct meaning meaning = interpret(ingress, &req->hints);
	void *memory = ingress->memory + req->offset;
	uint64_t *wide = memory;
	uint32_t *narrow = memory, seen;

	ingress->counters.atomics++;
	count(ingress, &req->hints, &meaning);
	if (req->len == sizeof(*wide)) {
		*old = __atomic_load_n(wide, __ATOMIC_RELAXED);
		while (!__atomic_compare_exchange_n(wide, old, fabric_atomic_result(op, *old),
						    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		return;
	}
	seen = __atomic_load_n(narrow, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(narrow, &seen, fabric_atomic_result(op, seen), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	*old = seen;
}
