// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <linux/pci_regs.h>
#include <vfio/tph.h>

#include "accelerator_regs.h"
#include "engine.h"
#include "tap.h"

void engine_open(struct engine *engine, const struct device *device)
{
	uint32_t command = device_read(device, PCI_COMMAND, 2);
	struct vfio_tph_reason reason;
	void *registers;

	if (vfio_tph_map_bar(device->vfio, ACC_REGISTER_BAR, 0, ACC_REGISTER_SIZE, &registers,
			     &reason))
		tap_bail_out("%s", reason.text);
	*engine = (struct engine){ .device = device, .registers = registers };
	device_write(device, PCI_COMMAND, command | PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
}

void engine_close(struct engine *engine)
{
	munmap((void *)engine->registers, ACC_REGISTER_SIZE);
}

static void put(const struct engine *engine, uint32_t offset, uint32_t value)
{
	engine->registers[offset / 4] = value;
}

static uint32_t get(const struct engine *engine, uint32_t offset)
{
	return engine->registers[offset / 4];
}

void engine_run(const struct engine *engine, const struct engine_job *job)
{
	put(engine, ACC_DMA_SOURCE, 0);
	put(engine, ACC_DMA_SOURCE + 4, 0);
	put(engine, ACC_DMA_DESTINATION, job->destination);
	put(engine, ACC_DMA_DESTINATION + 4, job->destination >> 32);
	put(engine, ACC_DMA_LENGTH, ENGINE_BYTES);
	put(engine, ACC_DMA_FLAGS, ACC_DMA_SOURCE_LOCAL | ACC_DMA_WRITE_HINTS);
	put(engine, ACC_DMA_ST, job->st);
	put(engine, ACC_DMA_VECTOR, job->vector);
	put(engine, ACC_DMA_PH, job->ph);
	put(engine, ACC_DMA_COMMAND, ACC_DMA_COMMAND_GO);
	while (!(get(engine, ACC_DMA_STATUS) & ACC_DMA_DONE))
		;
	if (get(engine, ACC_DMA_ERROR))
		tap_bail_out("%s: the engine says error %u", engine->device->bdf,
			     get(engine, ACC_DMA_ERROR));
}

uint64_t engine_memory_of(const char *variable)
{
	const char *bdf = getenv(variable);
	char path[PATH_MAX], line[128];
	uint64_t start = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", bdf ? bdf : "");
	file = fopen(path, "re");
	for (unsigned int bar = 0; file && bar <= ACC_MEMORY_BAR; bar++)
		if (!fgets(line, sizeof(line), file) || sscanf(line, "%" SCNx64, &start) != 1)
			start = 0;
	if (file)
		fclose(file);
	if (!start)
		tap_bail_out("%s has no memory on the bus", variable);
	return start;
}
