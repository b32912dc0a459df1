/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * An accelerator with guest memory and a peer with memory, for tests of its DMA engine: what starts
 * jobs, runs turns of the engine, and looks at what comes of them.
 */
#ifndef ACCELERATOR_MACHINE_H
#define ACCELERATOR_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "accelerator/accelerator.h"
#include "accelerator/accelerator_regs.h"
#include "base/engine.h"
#include "base/registry.h"

#define LOCAL_SIZE 0x100000
#define RAM	   0x40000000u
#define RAM_SIZE   0x200000
#define PEER	   0x20e006080000u
#define PEER_SIZE  0x10000
#define NOTHING	   0x50000000u
#define PAGE	   4096
#define TURN	   (ENGINE_WORK_BUDGET * PAGE) /* what is moved in one */

struct machine {
	struct engine *engine;
	struct fabric *fabric;
	struct registry *registry;
	struct accelerator *accelerator;
	struct pci_function *fn;
	struct fabric_port *peer;
	uint8_t *local, *ram;
	uint8_t peer_memory[PEER_SIZE];
	struct fabric_request requests[256]; /* that the peer got */
	unsigned int count;
};

struct job {
	uint64_t source, destination;
	uint32_t length, flags, st, ph, vector;
};

#define LOCAL (ACC_DMA_SOURCE_LOCAL | ACC_DMA_DESTINATION_LOCAL)
#define HINTS (ACC_DMA_READ_HINTS | ACC_DMA_WRITE_HINTS)

/** machine_make()/machine_free() - for cmocka; the device is as its defaults are, but small. */
int machine_make(void **state);
int machine_free(void **state);

/** machine_attr() - of the device that machine_make() makes. */
struct accelerator_attr machine_attr(void);

/** machine_remake() - another device in its place. */
void machine_remake(struct machine *m, const struct accelerator_attr *attr);

void machine_config_write(struct machine *m, unsigned int offset, uint32_t value, size_t len);

/** machine_get()/machine_put() - a register in BAR0, of up to 8 bytes. */
uint64_t machine_get(struct machine *m, uint64_t offset, size_t len);
void machine_put(struct machine *m, uint64_t offset, uint64_t value, size_t len);

/** machine_control() - select an ST mode (PCI_TPH_ST_*) and a requester type (PCI_TPH_REQ_*). */
void machine_control(struct machine *m, uint32_t mode, uint32_t requester);

/** machine_set_entry() - of the ST table in the capability. */
void machine_set_entry(struct machine *m, unsigned int index, uint16_t st);

/** machine_start() - write all registers of a job, and GO; m->requests begin anew. */
void machine_start(struct machine *m, const struct job *job);

/** machine_turns() - until nothing has anything to do. */
void machine_turns(struct machine *m);

/** machine_expect_end() - a job has ended, by @error (enum acc_dma_error). */
void machine_expect_end(struct machine *m, uint32_t error);

/** machine_run() - start a job, and expect its end. */
void machine_run(struct machine *m, const struct job *job, uint32_t error);

/** machine_fill() - bytes that are others for each @seed, and in each page. */
void machine_fill(uint8_t *bytes, size_t len, unsigned int seed);

#endif
