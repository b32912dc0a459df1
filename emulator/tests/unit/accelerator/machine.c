// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>

#include "util/macros.h"

static void take_request(struct machine *m, const struct fabric_request *req)
{
	assert_true(m->count < ARRAY_SIZE(m->requests));
	m->requests[m->count++] = *req;
}

static void peer_write(void *device, const struct fabric_request *req, const void *data)
{
	struct machine *m = device;

	take_request(m, req);
	memcpy(m->peer_memory + req->offset, data, req->len);
}

static void peer_read(void *device, const struct fabric_request *req, void *data)
{
	struct machine *m = device;

	take_request(m, req);
	memcpy(data, m->peer_memory + req->offset, req->len);
}

static const struct fabric_port_ops peer_ops = { .mem_write = peer_write, .mem_read = peer_read };

void machine_config_write(struct machine *m, unsigned int offset, uint32_t value, size_t len)
{
	assert_int_equal(pci_config_write(m->fn, offset, &value, len), 0);
}

static void make_accelerator(struct machine *m, const struct accelerator_attr *attr)
{
	m->accelerator = accelerator_create(m->engine, m->fabric, m->registry, attr);
	assert_non_null(m->accelerator);
	m->fn = accelerator_function(m->accelerator);
	m->local = m->fn->bars[ACC_MEMORY_BAR].memory;
	machine_config_write(m, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	assert_int_equal(fabric_map(m->fn->port, RAM, RAM_SIZE, m->ram, true, true), 0);
}

struct accelerator_attr machine_attr(void)
{
	struct accelerator_attr attr = accelerator_defaults;

	attr.name = "acc0";
	attr.memory_size = LOCAL_SIZE;
	return attr;
}

void machine_remake(struct machine *m, const struct accelerator_attr *attr)
{
	accelerator_destroy(m->accelerator);
	make_accelerator(m, attr);
}

int machine_make(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct accelerator_attr attr = machine_attr();

	m->engine = engine_create();
	m->fabric = fabric_create();
	m->registry = registry_create();
	m->ram = calloc(1, RAM_SIZE);
	m->peer = fabric_port_create(m->fabric, &(struct fabric_port_attr){ .name = "peer",
									    .ops = &peer_ops,
									    .device = m });
	fabric_port_set_window(m->peer, 2, PEER, PEER_SIZE);
	make_accelerator(m, &attr);
	*state = m;
	return 0;
}

int machine_free(void **state)
{
	struct machine *m = *state;

	accelerator_destroy(m->accelerator);
	fabric_port_destroy(m->peer);
	fabric_destroy(m->fabric);
	registry_destroy(m->registry);
	engine_destroy(m->engine);
	free(m->ram);
	free(m);
	return 0;
}

uint64_t machine_get(struct machine *m, uint64_t offset, size_t len)
{
	uint64_t value = 0;

	assert_int_equal(pci_bar_read(m->fn, ACC_REGISTER_BAR, offset, &value, len), 0);
	return value;
}

void machine_put(struct machine *m, uint64_t offset, uint64_t value, size_t len)
{
	assert_int_equal(pci_bar_write(m->fn, ACC_REGISTER_BAR, offset, &value, len), 0);
}

void machine_start(struct machine *m, const struct job *job)
{
	machine_put(m, ACC_DMA_SOURCE, job->source, 8);
	machine_put(m, ACC_DMA_DESTINATION, job->destination, 8);
	machine_put(m, ACC_DMA_LENGTH, job->length, 4);
	machine_put(m, ACC_DMA_FLAGS, job->flags, 4);
	machine_put(m, ACC_DMA_ST, job->st, 4);
	machine_put(m, ACC_DMA_PH, job->ph, 4);
	machine_put(m, ACC_DMA_VECTOR, job->vector, 4);
	m->count = 0;
	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_GO, 4);
}

void machine_turns(struct machine *m)
{
	while (engine_poll(m->engine, 0))
		;
}

void machine_expect_end(struct machine *m, uint32_t error)
{
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), ACC_DMA_DONE);
	assert_int_equal(machine_get(m, ACC_DMA_ERROR, 4), error);
}

void machine_run(struct machine *m, const struct job *job, uint32_t error)
{
	machine_start(m, job);
	machine_turns(m);
	machine_expect_end(m, error);
}

void machine_fill(uint8_t *bytes, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = seed + i * 7 + i / 251;
}

void machine_control(struct machine *m, uint32_t mode, uint32_t requester)
{
	machine_config_write(m, m->fn->tph_cap + PCI_TPH_CTRL, mode | requester << 8, 4);
}

void machine_set_entry(struct machine *m, unsigned int index, uint16_t st)
{
	machine_config_write(m, m->fn->tph_cap + PCI_TPH_BASE_SIZEOF + 2 * index, st, 2);
}
