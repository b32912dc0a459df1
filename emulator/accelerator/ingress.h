/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The ingress block: counts each request of a peer by its tag, and applies the operation that the
 * tag selects to what is written.
 */
#ifndef ACCELERATOR_INGRESS_H
#define ACCELERATOR_INGRESS_H

#include "pci/function.h"

#define INGRESS_ST_CODES	16
#define INGRESS_ST_EXT_CODES	256

struct ingress_counters {
	uint64_t writes, write_bytes, reads, atomics;
	uint64_t no_hints, ignored_hints, unknown_operation;
	uint64_t ph[4];
	uint64_t partition_st[INGRESS_ST_CODES], operation_st[INGRESS_ST_CODES];
	uint64_t partition_st_ext[INGRESS_ST_EXT_CODES], operation_st_ext[INGRESS_ST_EXT_CODES];
};

struct ingress {
	enum pci_tph_completer completer;
	uint8_t *memory;
	struct ingress_counters counters;
};

/** ingress_write() - land a peer's write to the memory. */
void ingress_write(struct ingress *ingress, const struct fabric_request *req, const void *data);

/** ingress_read() - answer a peer's read of the memory; tags of reads only count. */
void ingress_read(struct ingress *ingress, const struct fabric_request *req, void *data);

/**
 * ingress_atomic() - carry out a peer's AtomicOp, atomically towards the guest's CPUs, too; as the
 * request names its operation itself, its tag only counts. See mem_atomic() in fabric.h.
 */
void ingress_atomic(struct ingress *ingress, const struct fabric_request *req,
		    const struct fabric_atomic *op, uint64_t *old);

#endif
