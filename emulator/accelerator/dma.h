/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The DMA engine: one job at a time, from and to the device's memory or the bus. Its registers, and
 * what a job is, are in accelerator_regs.h.
 *
 * A job goes on in turns of the device's thread, some pieces of up to 4 KiB in each. What the bus
 * refuses, how BARs lie and which hints are allowed is looked at for each piece.
 */
#ifndef ACCELERATOR_DMA_H
#define ACCELERATOR_DMA_H

#include "base/engine.h"
#include "pci/function.h"

/* Words of 32 bits that a program can read back: ACC_DMA_SOURCE to ACC_DMA_VECTOR */
#define DMA_WORDS	9

/* One end of a job. */
struct dma_side {
	uint64_t address; /* on the bus, or offset in the memory */
	bool local;       /* in the memory */
	bool hints;       /* requests carry hints */
};

struct dma_job {
	struct dma_side source, destination;
	uint32_t length, flags;
	struct pci_tph_choice choice;
};

struct dma_counters {
	uint64_t ended, failed, dropped;
	uint64_t read_bytes, write_bytes;
};

struct dma {
	struct pci_function *fn;
	uint8_t *memory;
	uint64_t memory_size;
	struct engine_work work;
	/* "dma": before each piece; failing ends the job, with an enum acc_dma_error as value */
	struct fault_point fault;
	bool stalled; /* by it */
	uint32_t words[DMA_WORDS];
	struct dma_job job; /* as it was started */
	uint64_t moved;
	uint32_t status, error;
	struct dma_counters counters;
};

/** dma_init() - an idle engine of @fn. Must precede accesses to registers. */
void dma_init(struct dma *dma, struct engine *engine, struct pci_function *fn, uint8_t *memory,
	      uint64_t memory_size);

/** dma_reset() - forget the job and all registers; the last call before memory or @fn go. */
void dma_reset(struct dma *dma);

/** dma_read() - the 64 bits at @offset in the register BAR, a multiple of 8; others' read as 0. */
uint64_t dma_read(const struct dma *dma, uint64_t offset);

/** dma_write() - a write of the word at @offset, a multiple of 4; others' are ignored. */
void dma_write(struct dma *dma, uint64_t offset, uint32_t value);

#endif
