/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The accelerator's DMA engine, as its owner has it; accelerator_regs.h has its registers. */
#ifndef GUEST_REQUESTER_ENGINE_H
#define GUEST_REQUESTER_ENGINE_H

#include <stdint.h>

#include "device.h"

#define ENGINE_BYTES 64 /* of a job: one request */

struct engine {
	const struct device *device;
	volatile uint32_t *registers;
};

/* A write of ENGINE_BYTES from the device's own memory, with hints where these are enabled */
struct engine_job {
	uint64_t destination; /* on the bus */
	uint32_t st;          /* in device specific mode the index, or the tag without a table */
	uint32_t vector;      /* in interrupt vector mode the index */
	uint32_t ph;
};

/* Of an open device, which becomes bus master by it */
void engine_open(struct engine *engine, const struct device *device);
void engine_close(struct engine *engine);
/* Ends the test when the job fails. */
void engine_run(const struct engine *engine, const struct engine_job *job);

/* Where the memory of another accelerator is on the bus, without an IOMMU */
uint64_t engine_memory_of(const char *variable);

#endif
