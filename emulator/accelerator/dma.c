// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "accelerator/dma.h"

#include <errno.h>
#include <string.h>

#include "accelerator/accelerator_regs.h"
#include "util/macros.h"
#include "util/range.h"

/* What is moved at once: a unit of the work's budget, and never more than one page of the bus. */
#define PIECE 4096

#define WORD(offset) (((offset) - ACC_DMA_SOURCE) / 4)

_Static_assert(WORD(ACC_DMA_COMMAND) == DMA_WORDS, "the words end before the command");

#define FLAGS                                                                                    \
	(ACC_DMA_SOURCE_LOCAL | ACC_DMA_DESTINATION_LOCAL | ACC_DMA_READ_HINTS |                 \
	 ACC_DMA_WRITE_HINTS | ACC_DMA_INTERRUPT)

/*
 * Jobs.
 */
static uint64_t pair(const struct dma *dma, uint64_t offset)
{
	const uint32_t *words = &dma->words[WORD(offset)];

	return words[0] | (uint64_t)words[1] << 32;
}

static struct dma_job latched(const struct dma *dma)
{
	uint32_t flags = dma->words[WORD(ACC_DMA_FLAGS)];

	return (struct dma_job){
		.source = {
			.address = pair(dma, ACC_DMA_SOURCE),
			.local = flags & ACC_DMA_SOURCE_LOCAL,
			.hints = flags & ACC_DMA_READ_HINTS,
		},
		.destination = {
			.address = pair(dma, ACC_DMA_DESTINATION),
			.local = flags & ACC_DMA_DESTINATION_LOCAL,
			.hints = flags & ACC_DMA_WRITE_HINTS,
		},
		.length = dma->words[WORD(ACC_DMA_LENGTH)],
		.flags = flags,
		.choice = {
			.st = dma->words[WORD(ACC_DMA_ST)],
			.vector = dma->words[WORD(ACC_DMA_VECTOR)],
			.ph = dma->words[WORD(ACC_DMA_PH)],
		},
	};
}

static const struct {
	uint32_t offset, min, max;
} limits[] = {
	{ ACC_DMA_LENGTH, 1, ACC_DMA_MAX_LENGTH },
	{ ACC_DMA_ST, 0, UINT16_MAX },
	{ ACC_DMA_PH, 0, TLP_PH_MAX },
	{ ACC_DMA_VECTOR, 0, ACC_VECTORS - 1 },
};

static bool words_valid(const struct dma *dma)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		uint32_t word = dma->words[WORD(limits[i].offset)];

		if (word < limits[i].min || word > limits[i].max)
			return false;
	}
	return !(dma->words[WORD(ACC_DMA_FLAGS)] & ~FLAGS);
}

static bool side_valid(const struct dma *dma, const struct dma_side *side, uint32_t length)
{
	if (side->local)
		return range_within(side->address, length, dma->memory_size);
	return length - 1 <= UINT64_MAX - side->address;
}

static void end(struct dma *dma, uint32_t error)
{
	dma->stalled = false;
	dma->status = ACC_DMA_DONE;
	dma->error = error;
	dma->counters.ended++;
	dma->counters.failed += error != ACC_DMA_OK;
	if (dma->job.flags & ACC_DMA_INTERRUPT)
		pci_msix_raise(dma->fn, dma->job.choice.vector);
}

static void go(struct dma *dma)
{
	struct dma_job *job = &dma->job;

	if (dma->status & ACC_DMA_BUSY) {
		dma->counters.dropped++;
		return;
	}
	*job = latched(dma);
	dma->moved = 0;
	dma->status = ACC_DMA_BUSY;
	dma->error = ACC_DMA_OK;
	if (words_valid(dma) && side_valid(dma, &job->source, job->length) &&
	    side_valid(dma, &job->destination, job->length))
		engine_work_schedule(&dma->work);
	else
		end(dma, ACC_DMA_INVALID);
}

static void stop(struct dma *dma)
{
	if (dma->status & ACC_DMA_BUSY)
		end(dma, ACC_DMA_STOPPED);
}

/*
 * Pieces.
 */
static uint32_t refusal(int err)
{
	switch (err) {
	case 0:
		return ACC_DMA_OK;
	case -EPERM:
		return ACC_DMA_NO_BUS_MASTER;
	case -ENETDOWN:
		return ACC_DMA_LINK_DOWN;
	case -ENXIO:
		return ACC_DMA_UNTRANSLATED;
	case -EREMOTEIO:
		return ACC_DMA_COMPLETER_ABORT;
	case -EBADMSG:
		return ACC_DMA_POISONED;
	default:
		return ACC_DMA_UNSUPPORTED;
	}
}

/* Cut at the pages of the bus, so that each TLP is as long as it may be. */
static uint32_t piece_length(const struct dma *dma)
{
	const struct dma_side *cut = &dma->job.destination;
	uint64_t left = dma->job.length - dma->moved, room;

	if (cut->local)
		cut = &dma->job.source;
	room = PIECE - (cut->address + dma->moved) % PIECE;
	return left < room ? left : room;
}

static struct tlp_hints hints_of(const struct dma *dma, const struct dma_side *side)
{
	return side->hints ? pci_tph_hints(dma->fn, &dma->job.choice) : (struct tlp_hints){ 0 };
}

static uint32_t fetch(struct dma *dma, void *data, uint32_t len)
{
	const struct dma_side *side = &dma->job.source;
	struct tlp_hints hints = hints_of(dma, side);
	uint64_t address = side->address + dma->moved;
	int err;

	if (side->local) {
		memcpy(data, dma->memory + address, len);
		return ACC_DMA_OK;
	}
	err = fabric_read(dma->fn->port, address, data, len, &hints);
	if (!err)
		dma->counters.read_bytes += len;
	return refusal(err);
}

/* Writes are posted: of one that is lost on its way nobody learns. */
static uint32_t deliver(struct dma *dma, const void *data, uint32_t len)
{
	const struct dma_side *side = &dma->job.destination;
	struct tlp_hints hints = hints_of(dma, side);
	uint64_t address = side->address + dma->moved;

	if (side->local) {
		memcpy(dma->memory + address, data, len);
		return ACC_DMA_OK;
	}
	if (fabric_write(dma->fn->port, address, data, len, &hints) == -ENXIO)
		return ACC_DMA_UNTRANSLATED;
	dma->counters.write_bytes += len;
	return ACC_DMA_OK;
}

/* What the device knows before it sends anything. */
static uint32_t bus_state(const struct dma *dma)
{
	if (dma->job.source.local && dma->job.destination.local)
		return ACC_DMA_OK;
	if (!pci_bus_master(dma->fn))
		return ACC_DMA_NO_BUS_MASTER;
	return fabric_port_link(dma->fn->port) ? ACC_DMA_OK : ACC_DMA_LINK_DOWN;
}

static void move_piece(struct dma *dma)
{
	uint32_t len = piece_length(dma), error = bus_state(dma);
	uint8_t data[PIECE];

	error = error ? error : fetch(dma, data, len);
	error = error ? error : deliver(dma, data, len);
	if (error) {
		end(dma, error);
		return;
	}
	dma->moved += len;
	if (dma->moved == dma->job.length)
		end(dma, ACC_DMA_OK);
}

static void next_piece(struct dma *dma)
{
	switch (fault_check(&dma->fault, 0)) {
	case FAULT_STALL:
		dma->stalled = true;
		break;
	case FAULT_FAIL:
		end(dma, dma->fault.value ? dma->fault.value : ACC_DMA_UNSUPPORTED);
		break;
	default:
		move_piece(dma);
	}
}

static bool runs(const struct dma *dma)
{
	return dma->status & ACC_DMA_BUSY && !dma->stalled;
}

static bool run(struct engine_work *work, unsigned int budget)
{
	struct dma *dma = container_of(work, struct dma, work);

	while (budget-- && runs(dma))
		next_piece(dma);
	return runs(dma);
}

static void released(struct fault_point *fault)
{
	struct dma *dma = container_of(fault, struct dma, fault);

	dma->stalled = false;
	if (runs(dma))
		engine_work_schedule(&dma->work);
}

/*
 * Life and registers.
 */
void dma_init(struct dma *dma, struct engine *engine, struct pci_function *fn, uint8_t *memory,
	      uint64_t memory_size)
{
	*dma = (struct dma){
		.fn = fn,
		.memory = memory,
		.memory_size = memory_size,
		.fault = {
			.name = "dma",
			.actions = FAULT_STALL | FAULT_FAIL,
			.released = released,
		},
	};
	engine_work_init(&dma->work, engine, run);
}

void dma_reset(struct dma *dma)
{
	engine_work_cancel(&dma->work);
	memset(dma->words, 0, sizeof(dma->words));
	dma->job = (struct dma_job){ 0 };
	dma->counters = (struct dma_counters){ 0 };
	dma->moved = 0;
	dma->status = 0;
	dma->error = ACC_DMA_OK;
	dma->stalled = false;
}

uint64_t dma_read(const struct dma *dma, uint64_t offset)
{
	switch (offset) {
	case ACC_DMA_VECTOR: /* in front of the command, which reads as zero */
		return dma->words[WORD(ACC_DMA_VECTOR)];
	case ACC_DMA_STATUS:
		return dma->status | (uint64_t)dma->error << 32;
	case ACC_DMA_MOVED:
		return dma->moved;
	case ACC_DMA_ENDED:
		return dma->counters.ended;
	case ACC_DMA_FAILED:
		return dma->counters.failed;
	case ACC_DMA_DROPPED:
		return dma->counters.dropped;
	case ACC_DMA_READ_BYTES:
		return dma->counters.read_bytes;
	case ACC_DMA_WRITE_BYTES:
		return dma->counters.write_bytes;
	}
	return offset >= ACC_DMA_SOURCE && offset < ACC_DMA_VECTOR ? pair(dma, offset) : 0;
}

void dma_write(struct dma *dma, uint64_t offset, uint32_t value)
{
	if (offset >= ACC_DMA_SOURCE && offset < ACC_DMA_COMMAND) {
		dma->words[WORD(offset)] = value;
		return;
	}
	if (offset != ACC_DMA_COMMAND)
		return;
	if (value & ACC_DMA_COMMAND_STOP)
		stop(dma);
	if (value & ACC_DMA_COMMAND_GO)
		go(dma);
}
