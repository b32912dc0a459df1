/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory of the device, "MEMIC": the last part of BAR0. The driver cuts pages of it out for
 * processes, which map them, and for memory keys. Behind the memory BAR0 shows it again, once for
 * each atomic operation: what is read or written there happens to the memory by that operation.
 */
#ifndef CONNECTX_MEMIC_H
#define CONNECTX_MEMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectx/command/cmd.h"
#include "connectx/command/limits.h"

/* Numbers of operations; bits of memic_operations. The names are those of rdma-core's tests. */
enum memic_operation {
	MEMIC_INCREMENT,    /* a store adds to the byte */
	MEMIC_TEST_AND_SET, /* a load returns the byte, and leaves 1 there */
	MEMIC_OPERATIONS,
};

#define MEMIC_START	(CX_BAR0_SIZE - CX_MEMIC_BAR_SIZE) /* in BAR0 */
#define CX_MEMIC_BAR_SIZE ((1ULL + MEMIC_OPERATIONS) * CX_MEMIC_SIZE)
#define MEMIC_PAGE	4096u
#define MEMIC_PAGES	(CX_MEMIC_SIZE / MEMIC_PAGE)

/* What ALLOC_MEMIC gave out; ranges start in pages of their own. */
struct memic_range {
	uint32_t offset, len; /* in the memory; len 0: no range starts in this page */
	uint32_t pages;
	uint32_t users;     /* memory keys */
	uint8_t operations; /* that MODIFY_MEMIC has switched on: 1 << enum memic_operation */
};

struct memic {
	uint8_t *memory;                        /* CX_MEMIC_SIZE bytes */
	struct memic_range ranges[MEMIC_PAGES]; /* by their first page */
	uint64_t count;                         /* of ranges */
};

/** memic_init() - Return: 0 or -ENOMEM. */
int memic_init(struct connectx *nic);
void memic_fini(struct connectx *nic);

/** memic_clear() - free all ranges. */
void memic_clear(struct connectx *nic);

/**
 * memic_hold() - for a memory key.
 * @address: in BAR0, as all addresses of the command interface are
 *
 * Return: the range that [address, address + len) is part of, with one user more; NULL without.
 */
struct memic_range *memic_hold(struct connectx *nic, uint64_t address, uint64_t len);

/** memic_ptr() - Return: where @address, within a range that is held, is here. */
void *memic_ptr(const struct connectx *nic, uint64_t address);

/** memic_read()/memic_write() - a load or store at @offset of BAR0, at MEMIC_START or above. */
void memic_read(struct connectx *nic, uint64_t offset, void *data, size_t len);
void memic_write(struct connectx *nic, uint64_t offset, const void *data, size_t len);

/** memic_fill_caps() - the group of capabilities, struct mlx5_ifc_device_mem_cap_bits. */
void memic_fill_caps(void *cap);

cmd_handler memic_alloc, memic_dealloc, memic_modify;

#endif
