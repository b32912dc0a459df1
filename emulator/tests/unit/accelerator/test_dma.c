// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The DMA engine: what a job moves, the requests it makes, their hints, and how it ends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "accelerator/accelerator.h"
#include "accelerator/accelerator_regs.h"
#include "base/engine.h"
#include "base/registry.h"
#include "tlp/capture.h"
#include "tlp/capture_reader.h"
#include "util/macros.h"

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

static void take_request(struct machine *f, const struct fabric_request *req)
{
	assert_true(f->count < ARRAY_SIZE(f->requests));
	f->requests[f->count++] = *req;
}

static void peer_write(void *device, const struct fabric_request *req, const void *data)
{
	struct machine *f = device;

	take_request(f, req);
	memcpy(f->peer_memory + req->offset, data, req->len);
}

static void peer_read(void *device, const struct fabric_request *req, void *data)
{
	struct machine *f = device;

	take_request(f, req);
	memcpy(data, f->peer_memory + req->offset, req->len);
}

static const struct fabric_port_ops peer_ops = { .mem_write = peer_write, .mem_read = peer_read };

static void machine_config_write(struct machine *f, unsigned int offset, uint32_t value, size_t len)
{
	assert_int_equal(pci_config_write(f->fn, offset, &value, len), 0);
}

static void make_accelerator(struct machine *f, const struct accelerator_attr *attr)
{
	f->accelerator = accelerator_create(f->engine, f->fabric, f->registry, attr);
	assert_non_null(f->accelerator);
	f->fn = accelerator_function(f->accelerator);
	f->local = f->fn->bars[ACC_MEMORY_BAR].memory;
	machine_config_write(f, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	assert_int_equal(fabric_map(f->fn->port, RAM, RAM_SIZE, f->ram, true, true), 0);
}

static struct accelerator_attr machine_attr(void)
{
	struct accelerator_attr attr = accelerator_defaults;

	attr.name = "acc0";
	attr.memory_size = LOCAL_SIZE;
	return attr;
}

static void machine_remake(struct machine *f, const struct accelerator_attr *attr)
{
	accelerator_destroy(f->accelerator);
	make_accelerator(f, attr);
}

static int machine_make(void **state)
{
	struct machine *f = calloc(1, sizeof(*f));
	const struct accelerator_attr attr = machine_attr();

	f->engine = engine_create();
	f->fabric = fabric_create();
	f->registry = registry_create();
	f->ram = calloc(1, RAM_SIZE);
	f->peer = fabric_port_create(f->fabric, &(struct fabric_port_attr){ .name = "peer",
									    .ops = &peer_ops,
									    .device = f });
	fabric_port_set_window(f->peer, 2, PEER, PEER_SIZE);
	make_accelerator(f, &attr);
	*state = f;
	return 0;
}

static int machine_free(void **state)
{
	struct machine *f = *state;

	accelerator_destroy(f->accelerator);
	fabric_port_destroy(f->peer);
	fabric_destroy(f->fabric);
	registry_destroy(f->registry);
	engine_destroy(f->engine);
	free(f->ram);
	free(f);
	return 0;
}

static uint64_t machine_get(struct machine *f, uint64_t offset, size_t len)
{
	uint64_t value = 0;

	assert_int_equal(pci_bar_read(f->fn, ACC_REGISTER_BAR, offset, &value, len), 0);
	return value;
}

static void machine_put(struct machine *f, uint64_t offset, uint64_t value, size_t len)
{
	assert_int_equal(pci_bar_write(f->fn, ACC_REGISTER_BAR, offset, &value, len), 0);
}

static void machine_start(struct machine *f, const struct job *job)
{
	machine_put(f, ACC_DMA_SOURCE, job->source, 8);
	machine_put(f, ACC_DMA_DESTINATION, job->destination, 8);
	machine_put(f, ACC_DMA_LENGTH, job->length, 4);
	machine_put(f, ACC_DMA_FLAGS, job->flags, 4);
	machine_put(f, ACC_DMA_ST, job->st, 4);
	machine_put(f, ACC_DMA_PH, job->ph, 4);
	machine_put(f, ACC_DMA_VECTOR, job->vector, 4);
	f->count = 0;
	machine_put(f, ACC_DMA_COMMAND, ACC_DMA_COMMAND_GO, 4);
}

static void machine_turns(struct machine *f)
{
	while (engine_poll(f->engine, 0))
		;
}

static void machine_expect_end(struct machine *f, uint32_t error)
{
	assert_int_equal(machine_get(f, ACC_DMA_STATUS, 4), ACC_DMA_DONE);
	assert_int_equal(machine_get(f, ACC_DMA_ERROR, 4), error);
}

/* Starts a job and waits for its end. */
static void machine_run(struct machine *f, const struct job *job, uint32_t error)
{
	machine_start(f, job);
	machine_turns(f);
	machine_expect_end(f, error);
}

static void machine_fill(uint8_t *bytes, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = seed + i * 7 + i / 251;
}

static void machine_control(struct machine *f, uint32_t mode, uint32_t requester)
{
	machine_config_write(f, f->fn->tph_cap + PCI_TPH_CTRL, mode | requester << 8, 4);
}

static void machine_set_entry(struct machine *f, unsigned int index, uint16_t st)
{
	machine_config_write(f, f->fn->tph_cap + PCI_TPH_BASE_SIZEOF + 2 * index, st, 2);
}

/* Where a job can read and write, each place at its own odd distance from a page. */
enum place { IN_LOCAL, IN_RAM, IN_PEER, PLACES };

#define SOURCE_AT      0x0ffd
#define DESTINATION_AT 0x6003
#define MOVED	       9001

static uint8_t *bytes_at(struct machine *f, enum place place, uint64_t offset)
{
	uint8_t *memory[PLACES] = { f->local, f->ram, f->peer_memory };

	return memory[place] + offset;
}

static const uint64_t base[PLACES] = { 0, RAM, PEER };

static void copies(struct machine *f, enum place from, enum place to)
{
	const struct job job = {
		.source = base[from] + SOURCE_AT,
		.destination = base[to] + DESTINATION_AT,
		.length = MOVED,
		.flags = (from == IN_LOCAL ? ACC_DMA_SOURCE_LOCAL : 0) |
			 (to == IN_LOCAL ? ACC_DMA_DESTINATION_LOCAL : 0),
	};
	uint8_t *source = bytes_at(f, from, SOURCE_AT);
	uint8_t *destination = bytes_at(f, to, DESTINATION_AT);

	memset(destination - 1, 0xee, MOVED + 2);
	machine_fill(source, MOVED, from * 3 + to);
	machine_run(f, &job, ACC_DMA_OK);
	assert_memory_equal(source, destination, MOVED);
	assert_int_equal(destination[-1], 0xee);
	assert_int_equal(destination[MOVED], 0xee);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), MOVED);
}

static void every_place_is_copied_to_every_place(void **state)
{
	struct machine *f = *state;

	for (enum place from = 0; from < PLACES; from++)
		for (enum place to = 0; to < PLACES; to++)
			copies(f, from, to);
	assert_int_equal(machine_get(f, ACC_DMA_ENDED, 8), 9);
	assert_int_equal(machine_get(f, ACC_DMA_FAILED, 8), 0);
	assert_int_equal(machine_get(f, ACC_DMA_READ_BYTES, 8), 6 * MOVED);
	assert_int_equal(machine_get(f, ACC_DMA_WRITE_BYTES, 8), 6 * MOVED);
}

static void expect_requests(struct machine *f, const uint32_t (*requests)[2], unsigned int count)
{
	assert_int_equal(f->count, count);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(f->requests[i].offset, requests[i][0]);
		assert_int_equal(f->requests[i].len, requests[i][1]);
		assert_int_equal(f->requests[i].requester, accelerator_defaults.requester);
		assert_int_equal(f->requests[i].bar, 2);
	}
}

/* Payload 256, read requests of 1024 bytes. */
static void requests_are_as_long_as_they_may_be(void **state)
{
	static const uint32_t writes[][2] = {
		{ 0xf80, 0x80 },
		{ 0x1000, 0x100 },
		{ 0x1100, 0x100 },
		{ 0x1200, 0x4 },
	};
	static const uint32_t reads[][2] = { { 0xf80, 0x80 }, { 0x1000, 0x204 } };
	struct machine *f = *state;

	machine_config_write(f, f->fn->express_cap + PCI_EXP_DEVCTL, 1 << 5 | 3 << 12, 2);
	machine_run(f, &(struct job){ 4, PEER + 0xf80, 0x284, .flags = ACC_DMA_SOURCE_LOCAL },
		    ACC_DMA_OK);
	expect_requests(f, writes, ARRAY_SIZE(writes));
	machine_run(f, &(struct job){ PEER + 0xf80, 4, 0x284, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_OK);
	expect_requests(f, reads, ARRAY_SIZE(reads));
	/* However long the job is: the turns that it takes cut no request in two. */
	machine_run(f, &(struct job){ 4, PEER + 0xf80, 0x1084, .flags = ACC_DMA_SOURCE_LOCAL },
		    ACC_DMA_OK);
	assert_int_equal(f->count, 1 + 16 + 1);
	machine_run(f, &(struct job){ PEER + 0xf80, 4, 0x1084, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_OK);
	assert_int_equal(f->count, 1 + 4 + 1);
}

/* What follows from the control register, for a job with index 1 and vector 2, PH 3. */
static const struct {
	uint32_t mode, requester;
	struct tlp_hints hints;
} hints_due[] = {
	{ PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE, { TLP_HV_NONE, 0, 0 } },
	{ PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_TPH_ONLY, { TLP_HV_ST, 3, 0 } },
	{ PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY, { TLP_HV_ST, 3, 0x22 } },
	{ PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY, { TLP_HV_ST, 3, 0x11 } },
	{ PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_EXT_TPH, { TLP_HV_ST_EXT, 3, 0 } },
	{ PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH, { TLP_HV_ST_EXT, 3, 0xa122 } },
	{ PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH, { TLP_HV_ST_EXT, 3, 0xa111 } },
};

static void expect_hints(struct machine *f, unsigned int index, const struct tlp_hints *hints)
{
	assert_int_equal(f->requests[index].hints.hv, hints->hv);
	assert_int_equal(f->requests[index].hints.ph, hints->ph);
	assert_int_equal(f->requests[index].hints.st, hints->st);
}

/* From one place in the peer to another: a read, then a write */
static struct job peer_to_peer(uint32_t flags)
{
	return (struct job){ PEER, PEER + PAGE, 64, .flags = flags, .st = 1, .ph = 3, .vector = 2 };
}

static void hints_are_those_of_the_capability(void **state)
{
	const struct job job = peer_to_peer(HINTS);
	struct machine *f = *state;

	machine_set_entry(f, 1, 0xa111);
	machine_set_entry(f, 2, 0xa122);
	for (size_t i = 0; i < ARRAY_SIZE(hints_due); i++) {
		machine_control(f, hints_due[i].mode, hints_due[i].requester);
		machine_run(f, &job, ACC_DMA_OK);
		assert_int_equal(f->count, 2);
		expect_hints(f, 0, &hints_due[i].hints);
		expect_hints(f, 1, &hints_due[i].hints);
	}
}

static void each_direction_asks_for_its_hints(void **state)
{
	static const struct tlp_hints none, due = { TLP_HV_ST_EXT, 3, 0xa111 };
	const struct job neither = peer_to_peer(0);
	const struct job reads = peer_to_peer(ACC_DMA_READ_HINTS);
	const struct job writes = peer_to_peer(ACC_DMA_WRITE_HINTS);
	struct machine *f = *state;

	machine_set_entry(f, 1, 0xa111);
	machine_control(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(f, &neither, ACC_DMA_OK);
	expect_hints(f, 0, &none);
	expect_hints(f, 1, &none);
	machine_run(f, &reads, ACC_DMA_OK);
	expect_hints(f, 0, &due);
	expect_hints(f, 1, &none);
	machine_run(f, &writes, ACC_DMA_OK);
	expect_hints(f, 0, &none);
	expect_hints(f, 1, &due);
}

static void without_a_table_jobs_have_the_tag_itself(void **state)
{
	static const struct tlp_hints narrow = { TLP_HV_ST, 3, 0xf0 };
	static const struct tlp_hints wide = { TLP_HV_ST_EXT, 3, 0x12f0 };
	struct job job = peer_to_peer(HINTS);
	struct accelerator_attr attr = machine_attr();
	struct machine *f = *state;

	attr.tph.table = PCI_TPH_TABLE_NONE;
	attr.tph.interrupt_vector = false;
	machine_remake(f, &attr);
	job.st = 0x12f0;
	machine_control(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	machine_run(f, &job, ACC_DMA_OK);
	expect_hints(f, 1, &narrow);
	machine_control(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(f, &job, ACC_DMA_OK);
	expect_hints(f, 1, &wide);
}

static void a_table_in_msix_has_the_tags(void **state)
{
	static const struct tlp_hints by_vector = { TLP_HV_ST_EXT, 3, 0xa122 };
	static const struct tlp_hints by_index = { TLP_HV_ST_EXT, 3, 0xa111 };
	const struct job job = peer_to_peer(HINTS);
	const uint32_t controls[] = { 0, 0xa1110000, 0xa1220001 };
	struct accelerator_attr attr = machine_attr();
	struct machine *f = *state;

	attr.tph.table = PCI_TPH_TABLE_MSIX;
	attr.tph.entries = 3;
	machine_remake(f, &attr);
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		pci_bar_write(f->fn, ACC_MSIX_BAR,
			      i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL, &controls[i],
			      4);
	machine_control(f, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(f, &job, ACC_DMA_OK);
	expect_hints(f, 1, &by_vector);
	machine_control(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(f, &job, ACC_DMA_OK);
	expect_hints(f, 1, &by_index);
}

static void without_the_capability_there_are_no_hints(void **state)
{
	static const struct tlp_hints none;
	const struct job job = peer_to_peer(HINTS);
	struct accelerator_attr attr = machine_attr();
	struct machine *f = *state;

	attr.tph_requester = false;
	machine_remake(f, &attr);
	assert_int_equal(f->fn->tph_cap, 0);
	machine_run(f, &job, ACC_DMA_OK);
	expect_hints(f, 0, &none);
	expect_hints(f, 1, &none);
}

static const struct job wrong_jobs[] = {
	{ 0, PAGE, 0, .flags = LOCAL },
	{ RAM, RAM, ACC_DMA_MAX_LENGTH + 1, .flags = 0 },
	{ 0, PAGE, 4, .flags = LOCAL | 0x20 },
	{ 0, PAGE, 4, .flags = LOCAL, .st = 0x10000 },
	{ 0, PAGE, 4, .flags = LOCAL, .ph = 4 },
	{ 0, PAGE, 4, .flags = LOCAL, .ph = 0x100 },
	{ 0, PAGE, 4, .flags = LOCAL, .vector = ACC_VECTORS },
	{ LOCAL_SIZE - 3, PAGE, 4, .flags = LOCAL },
	{ 0, LOCAL_SIZE, 1, .flags = LOCAL },
	{ UINT64_MAX - 1, 0, 4, .flags = LOCAL },
	{ UINT64_MAX - 2, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
	{ 0, UINT64_MAX - 2, 4, .flags = ACC_DMA_SOURCE_LOCAL },
};

static void wrong_jobs_move_nothing(void **state)
{
	struct machine *f = *state;
	uint8_t *before = malloc(LOCAL_SIZE);

	machine_fill(f->local, LOCAL_SIZE, 1);
	memcpy(before, f->local, LOCAL_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong_jobs); i++) {
		machine_start(f, &wrong_jobs[i]);
		machine_expect_end(f, ACC_DMA_INVALID);
		machine_turns(f);
		assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), 0);
	}
	assert_memory_equal(f->local, before, LOCAL_SIZE);
	assert_int_equal(machine_get(f, ACC_DMA_FAILED, 8), ARRAY_SIZE(wrong_jobs));
	assert_int_equal(fabric_port_counters(f->fn->port)->refused, 0);
	free(before);
}

static void the_edges_are_no_mistakes(void **state)
{
	struct machine *f = *state;

	machine_run(f, &(struct job){ LOCAL_SIZE - 4, 0, 4, LOCAL, 0xffff, 3, ACC_VECTORS - 1 },
		    ACC_DMA_OK);
	machine_run(f, &(struct job){ 0, 0, LOCAL_SIZE, .flags = LOCAL }, ACC_DMA_OK);
	/* All of the bus is allowed; that nothing is there is another matter. */
	machine_run(f, &(struct job){ UINT64_MAX - 3, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNSUPPORTED);
}

static void reads_that_fail_end_the_job(void **state)
{
	struct machine *f = *state;

	machine_fill(f->ram, RAM_SIZE, 1);
	/* Two pages are there, behind them nothing. */
	machine_run(f,
		    &(struct job){ RAM + RAM_SIZE - 2 * PAGE, 0, 3 * PAGE,
				   .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNSUPPORTED);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), 2 * PAGE);
	assert_memory_equal(f->local, f->ram + RAM_SIZE - 2 * PAGE, 2 * PAGE);
	assert_int_equal(machine_get(f, ACC_DMA_READ_BYTES, 8), 2 * PAGE);
	/* Behind an IOMMU the address of a BAR says nothing. */
	fabric_map(f->fn->port, NOTHING, PAGE, NULL, true, true);
	machine_run(f, &(struct job){ NOTHING, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNTRANSLATED);
	machine_run(f, &(struct job){ 0, NOTHING, 4, .flags = ACC_DMA_SOURCE_LOCAL },
		    ACC_DMA_UNTRANSLATED);
	fabric_port_set_link(f->peer, false);
	machine_run(f, &(struct job){ PEER, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_LINK_DOWN);
}

/* Its own BARs are no peer's. */
static void own_memory_is_not_on_the_bus(void **state)
{
	struct machine *f = *state;

	machine_config_write(f, PCI_BASE_ADDRESS_2, NOTHING, 4);
	machine_config_write(f, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
	machine_run(f, &(struct job){ NOTHING, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNSUPPORTED);
}

static void completions_say_why_reads_fail(void **state)
{
	static const struct {
		uint8_t value;
		uint32_t error;
	} cases[] = {
		{ 0, ACC_DMA_UNSUPPORTED },
		{ TLP_STATUS_UR, ACC_DMA_UNSUPPORTED },
		{ TLP_STATUS_CA, ACC_DMA_COMPLETER_ABORT },
		{ FABRIC_READ_POISONED, ACC_DMA_POISONED },
	};
	const struct job job = { PEER, 0, 3 * PAGE, .flags = ACC_DMA_DESTINATION_LOCAL };
	struct machine *f = *state;

	memset(f->local, 0xee, 3 * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fault_arm(fabric_port_read_fault(f->peer), FAULT_FAIL, PAGE, cases[i].value, 0, 1);
		machine_run(f, &job, cases[i].error);
		assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), PAGE);
		assert_int_equal(f->local[PAGE - 1], 0);
		assert_int_equal(f->local[PAGE], 0xee);
	}
	machine_run(f, &job, ACC_DMA_OK);
}

static void writes_that_nobody_takes_are_lost(void **state)
{
	struct machine *f = *state;

	fabric_port_expect_losses(f->fn->port, true);
	machine_run(f, &(struct job){ 0, NOTHING, 4, .flags = ACC_DMA_SOURCE_LOCAL }, ACC_DMA_OK);
	assert_int_equal(fabric_port_counters(f->fn->port)->lost_writes, 1);
	fabric_port_set_link(f->peer, false);
	machine_run(f, &(struct job){ 0, PEER, 4, .flags = ACC_DMA_SOURCE_LOCAL }, ACC_DMA_OK);
	assert_int_equal(fabric_port_counters(f->fn->port)->lost_writes, 2);
}

static void nothing_is_sent_when_it_must_not(void **state)
{
	struct machine *f = *state;
	const struct job read = { PEER, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL };
	const struct job write = { 0, PEER, 4, .flags = ACC_DMA_SOURCE_LOCAL };

	machine_config_write(f, PCI_COMMAND, 0, 2);
	machine_run(f, &read, ACC_DMA_NO_BUS_MASTER);
	machine_run(f, &write, ACC_DMA_NO_BUS_MASTER);
	/* Its own memory is not behind the bus. */
	machine_run(f, &(struct job){ 0, PAGE, 4, .flags = LOCAL }, ACC_DMA_OK);
	machine_config_write(f, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	fabric_port_set_link(f->fn->port, false);
	machine_run(f, &read, ACC_DMA_LINK_DOWN);
	machine_run(f, &write, ACC_DMA_LINK_DOWN);
	assert_int_equal(f->count, 0);
	assert_int_equal(fabric_port_counters(f->fn->port)->lost_writes, 0);
}

/* The second piece reads what the first has written. */
static void overlaps_are_copied_in_order(void **state)
{
	struct machine *f = *state;
	uint8_t page[PAGE];

	machine_fill(f->local, 2 * PAGE, 1);
	memcpy(page, f->local, PAGE);
	machine_run(f, &(struct job){ 0, PAGE, 2 * PAGE, .flags = LOCAL }, ACC_DMA_OK);
	assert_memory_equal(f->local, page, PAGE);
	assert_memory_equal(f->local + PAGE, page, PAGE);
	assert_memory_equal(f->local + 2 * PAGE, page, PAGE);
	machine_fill(f->local, 2 * PAGE, 2);
	memcpy(page, f->local + 8, PAGE);
	machine_run(f, &(struct job){ 8, 0, PAGE, .flags = LOCAL }, ACC_DMA_OK);
	assert_memory_equal(f->local, page, PAGE);
}

static const struct job long_job = { 0, RAM, LOCAL_SIZE, .flags = ACC_DMA_SOURCE_LOCAL };

static void long_jobs_take_turns(void **state)
{
	struct machine *f = *state;

	machine_fill(f->local, LOCAL_SIZE, 1);
	machine_start(f, &long_job);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), 0);
	for (unsigned int turn = 1; turn < LOCAL_SIZE / TURN; turn++) {
		assert_int_equal(engine_poll(f->engine, 0), 1);
		assert_int_equal(machine_get(f, ACC_DMA_STATUS, 4), ACC_DMA_BUSY);
		assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), turn * TURN);
	}
	assert_int_equal(engine_poll(f->engine, 0), 1);
	machine_expect_end(f, ACC_DMA_OK);
	assert_memory_equal(f->ram, f->local, LOCAL_SIZE);
}

static void one_job_runs_at_a_time(void **state)
{
	struct machine *f = *state;

	machine_start(f, &long_job);
	engine_poll(f->engine, 0);
	/* Another one, which must wait: the first is what it was. */
	machine_start(f, &(struct job){ 0, PEER, 4, .flags = ACC_DMA_SOURCE_LOCAL });
	assert_int_equal(machine_get(f, ACC_DMA_DROPPED, 8), 1);
	machine_turns(f);
	machine_expect_end(f, ACC_DMA_OK);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), LOCAL_SIZE);
	assert_int_equal(machine_get(f, ACC_DMA_ENDED, 8), 1);
	assert_int_equal(f->count, 0);
	machine_put(f, ACC_DMA_COMMAND, ACC_DMA_COMMAND_GO, 4);
	machine_turns(f);
	assert_int_equal(f->count, 1);
}

static void jobs_can_be_stopped(void **state)
{
	struct machine *f = *state;

	machine_put(f, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP, 4);
	assert_int_equal(machine_get(f, ACC_DMA_STATUS, 4), 0);
	machine_start(f, &long_job);
	engine_poll(f->engine, 0);
	machine_put(f, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP, 4);
	machine_expect_end(f, ACC_DMA_STOPPED);
	machine_turns(f);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), TURN);
	/* Both at once: what ran is stopped, and another one begins. */
	machine_start(f, &long_job);
	machine_put(f, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP | ACC_DMA_COMMAND_GO, 4);
	assert_int_equal(machine_get(f, ACC_DMA_STATUS, 4), ACC_DMA_BUSY);
	machine_turns(f);
	machine_expect_end(f, ACC_DMA_OK);
	assert_int_equal(machine_get(f, ACC_DMA_ENDED, 8), 3);
	assert_int_equal(machine_get(f, ACC_DMA_FAILED, 8), 2);
	assert_int_equal(machine_get(f, ACC_DMA_DROPPED, 8), 0);
}

static void reset_stops_and_forgets(void **state)
{
	struct machine *f = *state;

	machine_start(f, &long_job);
	engine_poll(f->engine, 0);
	pci_function_reset(f->fn);
	assert_int_equal(engine_poll(f->engine, 0), 0);
	for (uint64_t offset = ACC_DMA_SOURCE; offset <= ACC_DMA_WRITE_BYTES; offset += 8)
		assert_int_equal(machine_get(f, offset, 8), 0);
	assert_int_equal(f->ram[TURN], 0);
	machine_config_write(f, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	machine_run(f, &long_job, ACC_DMA_OK);
}

static void a_job_can_lose_the_bus_in_its_middle(void **state)
{
	struct machine *f = *state;

	machine_start(f, &long_job);
	engine_poll(f->engine, 0);
	machine_config_write(f, PCI_COMMAND, 0, 2);
	machine_turns(f);
	machine_expect_end(f, ACC_DMA_NO_BUS_MASTER);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), TURN);
	assert_int_equal(machine_get(f, ACC_DMA_WRITE_BYTES, 8), TURN);
}

static struct fault_point *fault(struct machine *f)
{
	return registry_find_fault(f->registry, "acc0", "dma");
}

static void faults_stall(void **state)
{
	struct machine *f = *state;

	assert_int_equal(fault_arm(fault(f), FAULT_STALL, FAULT_ANY_KEY, 0, 3, 1), 0);
	machine_start(f, &long_job);
	machine_turns(f);
	assert_int_equal(machine_get(f, ACC_DMA_STATUS, 4), ACC_DMA_BUSY);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), 3 * PAGE);
	fault_release(fault(f));
	machine_turns(f);
	machine_expect_end(f, ACC_DMA_OK);
	/* A stalled job can be stopped, and the next one runs; a reset forgets it. */
	fault_arm(fault(f), FAULT_STALL, FAULT_ANY_KEY, 0, 0, 1);
	machine_start(f, &long_job);
	machine_turns(f);
	machine_put(f, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP, 4);
	machine_expect_end(f, ACC_DMA_STOPPED);
	machine_run(f, &long_job, ACC_DMA_OK);
	fault_arm(fault(f), FAULT_STALL, FAULT_ANY_KEY, 0, 0, 1);
	machine_start(f, &long_job);
	machine_turns(f);
	pci_function_reset(f->fn);
	fault_release(fault(f));
	machine_turns(f);
	assert_int_equal(machine_get(f, ACC_DMA_STATUS, 4), 0);
}

static void faults_end_jobs(void **state)
{
	struct machine *f = *state;

	fault_arm(fault(f), FAULT_FAIL, FAULT_ANY_KEY, ACC_DMA_POISONED, 1, 1);
	machine_run(f, &long_job, ACC_DMA_POISONED);
	assert_int_equal(machine_get(f, ACC_DMA_MOVED, 8), PAGE);
	fault_arm(fault(f), FAULT_FAIL, FAULT_ANY_KEY, 0, 0, 1);
	machine_run(f, &long_job, ACC_DMA_UNSUPPORTED);
	machine_run(f, &long_job, ACC_DMA_OK);
}

static void interrupts_come_at_the_end(void **state)
{
	struct job job = { 0, PAGE, 4, .flags = LOCAL | ACC_DMA_INTERRUPT, .vector = 5 };
	struct machine *f = *state;
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t events;

	machine_config_write(f, f->fn->msix.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	assert_int_equal(pci_msix_set_eventfd(f->fn, 5, fd), 0);
	machine_start(f, &job);
	assert_int_equal(read(fd, &events, 8), -1);
	machine_turns(f);
	assert_int_equal(read(fd, &events, 8), 8);
	assert_int_equal(events, 1);
	job.length = 0;
	machine_run(f, &job, ACC_DMA_INVALID);
	assert_int_equal(read(fd, &events, 8), 8);
	job = (struct job){ 0, PAGE, 4, .flags = LOCAL, .vector = 5 };
	machine_run(f, &job, ACC_DMA_OK);
	assert_int_equal(read(fd, &events, 8), -1);
	assert_int_equal(f->fn->msix.raised, 2);
}

static void registers_are_words(void **state)
{
	struct machine *f = *state;
	uint32_t words[10] = { PAGE, 0, 0, 0, 4, LOCAL, 0, 0, 0, ACC_DMA_COMMAND_GO };

	machine_put(f, ACC_DMA_SOURCE, 0x1122334455667788, 8);
	machine_put(f, ACC_DMA_SOURCE + 4, 0xaabbccdd, 4);
	machine_put(f, ACC_DMA_SOURCE + 2, 0, 2);
	machine_put(f, ACC_DMA_SOURCE + 2, 0, 4);
	assert_true(machine_get(f, ACC_DMA_SOURCE, 8) == 0xaabbccdd55667788);
	machine_put(f, ACC_DMA_ENDED, 7, 8);
	machine_put(f, ACC_DMA_STATUS, 7, 8);
	assert_int_equal(machine_get(f, ACC_DMA_ENDED, 8), 0);
	assert_int_equal(machine_get(f, ACC_DMA_STATUS, 8), 0);
	machine_put(f, ACC_DMA_VECTOR, 7, 4);
	assert_int_equal(machine_get(f, ACC_DMA_VECTOR, 8), 7);
	/* A whole job in one write, as a peer can send it */
	pci_bar_write(f->fn, ACC_REGISTER_BAR, ACC_DMA_SOURCE, words, sizeof(words));
	machine_turns(f);
	machine_expect_end(f, ACC_DMA_OK);
	machine_put(f, ACC_CONTROL, ACC_CONTROL_CLEAR, 4);
	assert_int_equal(machine_get(f, ACC_DMA_ENDED, 8), 0);
	assert_int_equal(machine_get(f, ACC_DMA_SOURCE, 8), PAGE);
}

static void expect_packet(struct capture_reader *reader, const char *link, const void *bytes,
			  size_t len)
{
	struct capture_record record;

	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.link, link);
	assert_int_equal(record.len, len);
	assert_memory_equal(record.data, bytes, len);
}

/*
 * DW0: Type, OHC (2: OHC-B), attributes, length. OHC-B: ST[15:8], ST[7:0], PH and HV (2.2.1.2,
 * table 2-13). The accelerator is 00:04.0. Its read asks for one DW, which comes with a completion.
 */
static void captures_have_its_requests(void **state)
{
	static const uint8_t write[] = {
		0x60, 0x02, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x20, 0xe0,
		0x06, 0x08, 0x00, 0x10, 0x00, 0x00, 0xf0, 0x90, 'a',  'b',  'c',  'd',
	};
	static const uint8_t read[] = {
		0x20, 0x02, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00,
		0x20, 0xe0, 0x06, 0x08, 0x00, 0x10, 0x00, 0x12, 0xf0, 0xb0,
	};
	struct machine *f = *state;
	char path[] = "/tmp/accelerator_dma.XXXXXX";
	struct capture_reader *reader;
	struct capture *capture;
	FILE *file;

	close(mkstemp(path));
	assert_int_equal(capture_create(path, 0, &capture), 0);
	assert_int_equal(fabric_set_capture(f->fabric, capture), 0);
	machine_set_entry(f, 9, 0x12f0);
	memcpy(f->local, "abcd", 4);
	machine_control(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	machine_run(f,
		    &(struct job){ 0, PEER + 16, 4, .flags = ACC_DMA_SOURCE_LOCAL | HINTS, .st = 9,
				   .ph = 2 },
		    ACC_DMA_OK);
	machine_control(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(f,
		    &(struct job){ PEER + 16, 8, 4, .flags = ACC_DMA_DESTINATION_LOCAL | HINTS,
				   .st = 9, .ph = 2 },
		    ACC_DMA_OK);
	assert_memory_equal(f->local + 8, "abcd", 4);
	fabric_set_capture(f->fabric, NULL);
	assert_int_equal(capture_close(capture), 0);
	file = fopen(path, "rb");
	assert_int_equal(capture_reader_create(file, &reader), 0);
	expect_packet(reader, "acc0", write, sizeof(write));
	expect_packet(reader, "peer", write, sizeof(write));
	expect_packet(reader, "acc0", read, sizeof(read));
	expect_packet(reader, "peer", read, sizeof(read));
	capture_reader_close(reader);
	fclose(file);
	unlink(path);
}

#define DMA_TEST(name) cmocka_unit_test_setup_teardown(name, machine_make, machine_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DMA_TEST(every_place_is_copied_to_every_place),
		DMA_TEST(requests_are_as_long_as_they_may_be),
		DMA_TEST(hints_are_those_of_the_capability),
		DMA_TEST(each_direction_asks_for_its_hints),
		DMA_TEST(without_a_table_jobs_have_the_tag_itself),
		DMA_TEST(a_table_in_msix_has_the_tags),
		DMA_TEST(without_the_capability_there_are_no_hints),
		DMA_TEST(wrong_jobs_move_nothing),
		DMA_TEST(the_edges_are_no_mistakes),
		DMA_TEST(reads_that_fail_end_the_job),
		DMA_TEST(own_memory_is_not_on_the_bus),
		DMA_TEST(completions_say_why_reads_fail),
		DMA_TEST(writes_that_nobody_takes_are_lost),
		DMA_TEST(nothing_is_sent_when_it_must_not),
		DMA_TEST(overlaps_are_copied_in_order),
		DMA_TEST(long_jobs_take_turns),
		DMA_TEST(one_job_runs_at_a_time),
		DMA_TEST(jobs_can_be_stopped),
		DMA_TEST(reset_stops_and_forgets),
		DMA_TEST(a_job_can_lose_the_bus_in_its_middle),
		DMA_TEST(faults_stall),
		DMA_TEST(faults_end_jobs),
		DMA_TEST(interrupts_come_at_the_end),
		DMA_TEST(registers_are_words),
		DMA_TEST(captures_have_its_requests),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
