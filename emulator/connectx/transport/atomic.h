/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Atomic operations on 8 bytes behind a memory key. On memory of the guest they are atomic towards
 * its CPUs. On a peer's BAR they are AtomicOp TLPs if the function may send these (AtomicOp
 * Requester Enable), and then atomic towards whatever the peer promises. Without, they are a read
 * and a write, atomic towards other operations of the NIC: what the verbs call ATOMIC_HCA.
 */
#ifndef CONNECTX_ATOMIC_H
#define CONNECTX_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

struct sg;
struct sg_stop;

#define ATOMIC_SIZE	8

/* Values are in host byte order, which is the guest's. */
struct atomic_op {
	uint8_t opcode; /* MLX5_OPCODE_ATOMIC_CS or MLX5_OPCODE_ATOMIC_FA */
	uint64_t swap_add, compare;
};

/**
 * atomic_execute() - carry out @op on the 8 bytes that come next in @target, which stays there.
 * @old: what was there before
 *
 * Return: true; false with @stop filled in.
 */
bool atomic_execute(const struct sg *target, const struct atomic_op *op, uint64_t *old,
		    struct sg_stop *stop);

#endif
