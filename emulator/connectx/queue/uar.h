/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * User access regions: the 4 KiB pages of BAR0 through which doorbells are rung, one for each
 * process, and what is at which offset in them.
 */
#ifndef CONNECTX_UAR_H
#define CONNECTX_UAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectx/command/cmd.h"
#include "connectx/queue/wqe.h"

struct connectx;

#define UAR_SHIFT	12
#define UAR_FIRST	16	/* BAR0 begins with the initialization segment, of 3 pages */

struct uar {
	uint32_t number;
	uint32_t users; /* EQs, CQs, QPs and SQs that take their doorbells here */
	bool returned;  /* DEALLOC_UAR was called: it only serves its remaining users */

	/* A WQE on its way through BlueFlame to a queue that takes it from there. */
	struct {
		uint32_t sqn;     /* of an SQ; 0: none */
		uint32_t have;    /* bytes of the block that have come, in order */
		uint32_t in_page; /* of its first byte */
		uint8_t block[WQE_BASIC_BLOCK];
	} burst;
};

/** uar_find() - Return: the region or NULL. */
struct uar *uar_find(struct connectx *nic, uint32_t number);

/** uar_named() - Return: the region @number that @cmd may name, or NULL. */
struct uar *uar_named(struct connectx *nic, const struct cmd *cmd, uint32_t number);

/** uar_hold() - one more user. */
void uar_hold(struct connectx *nic, uint32_t number);

/** uar_release() - one user less; a region that was returned goes with its last user. */
void uar_release(struct connectx *nic, uint32_t number);

/** uar_write() - a store to BAR0 above the initialization segment. */
void uar_write(struct connectx *nic, uint64_t offset, const void *data, size_t len);

/** uar_clear() - free all. */
void uar_clear(struct connectx *nic);

cmd_handler uar_alloc, uar_dealloc;

#endif
