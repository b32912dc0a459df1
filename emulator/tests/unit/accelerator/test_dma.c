// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The DMA engine: what a job moves, how it ends, and what can happen to it meanwhile. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "machine.h"
#include "util/macros.h"

/* Where a job can read and write, each place at its own odd distance from a page. */
enum place { IN_LOCAL, IN_RAM, IN_PEER, PLACES };

#define SOURCE_AT      0x0ffd
#define DESTINATION_AT 0x6003
#define MOVED	       9001

static uint8_t *bytes_at(struct machine *m, enum place place, uint64_t offset)
{
	uint8_t *memory[PLACES] = { m->local, m->ram, m->peer_memory };

	return memory[place] + offset;
}

static const uint64_t base[PLACES] = { 0, RAM, PEER };

static void copies(struct machine *m, enum place from, enum place to)
{
	const struct job job = {
		.source = base[from] + SOURCE_AT,
		.destination = base[to] + DESTINATION_AT,
		.length = MOVED,
		.flags = (from == IN_LOCAL ? ACC_DMA_SOURCE_LOCAL : 0) |
			 (to == IN_LOCAL ? ACC_DMA_DESTINATION_LOCAL : 0),
	};
	uint8_t *source = bytes_at(m, from, SOURCE_AT);
	uint8_t *destination = bytes_at(m, to, DESTINATION_AT);

	memset(destination - 1, 0xee, MOVED + 2);
	machine_fill(source, MOVED, from * 3 + to);
	machine_run(m, &job, ACC_DMA_OK);
	assert_memory_equal(source, destination, MOVED);
	assert_int_equal(destination[-1], 0xee);
	assert_int_equal(destination[MOVED], 0xee);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), MOVED);
}

static void every_place_is_copied_to_every_place(void **state)
{
	struct machine *m = *state;

	for (enum place from = 0; from < PLACES; from++)
		for (enum place to = 0; to < PLACES; to++)
			copies(m, from, to);
	assert_int_equal(machine_get(m, ACC_DMA_ENDED, 8), 9);
	assert_int_equal(machine_get(m, ACC_DMA_FAILED, 8), 0);
	assert_int_equal(machine_get(m, ACC_DMA_READ_BYTES, 8), 6 * MOVED);
	assert_int_equal(machine_get(m, ACC_DMA_WRITE_BYTES, 8), 6 * MOVED);
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
	struct machine *m = *state;
	uint8_t *before = malloc(LOCAL_SIZE);

	machine_fill(m->local, LOCAL_SIZE, 1);
	memcpy(before, m->local, LOCAL_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong_jobs); i++) {
		machine_start(m, &wrong_jobs[i]);
		machine_expect_end(m, ACC_DMA_INVALID);
		machine_turns(m);
		assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), 0);
	}
	assert_memory_equal(m->local, before, LOCAL_SIZE);
	assert_int_equal(machine_get(m, ACC_DMA_FAILED, 8), ARRAY_SIZE(wrong_jobs));
	assert_int_equal(fabric_port_counters(m->fn->port)->refused, 0);
	free(before);
}

static void the_edges_are_no_mistakes(void **state)
{
	struct machine *m = *state;

	machine_run(m, &(struct job){ LOCAL_SIZE - 4, 0, 4, LOCAL, 0xffff, 3, ACC_VECTORS - 1 },
		    ACC_DMA_OK);
	machine_run(m, &(struct job){ 0, 0, LOCAL_SIZE, .flags = LOCAL }, ACC_DMA_OK);
	/* All of the bus is allowed; that nothing is there is another matter. */
	machine_run(m, &(struct job){ UINT64_MAX - 3, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNSUPPORTED);
}

static void reads_that_fail_end_the_job(void **state)
{
	struct machine *m = *state;

	machine_fill(m->ram, RAM_SIZE, 1);
	/* Two pages are there, behind them nothing. */
	machine_run(m,
		    &(struct job){ RAM + RAM_SIZE - 2 * PAGE, 0, 3 * PAGE,
				   .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNSUPPORTED);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), 2 * PAGE);
	assert_memory_equal(m->local, m->ram + RAM_SIZE - 2 * PAGE, 2 * PAGE);
	assert_int_equal(machine_get(m, ACC_DMA_READ_BYTES, 8), 2 * PAGE);
	/* Behind an IOMMU the address of a BAR says nothing. */
	fabric_map(m->fn->port, NOTHING, PAGE, NULL, true, true);
	machine_run(m, &(struct job){ NOTHING, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_UNTRANSLATED);
	machine_run(m, &(struct job){ 0, NOTHING, 4, .flags = ACC_DMA_SOURCE_LOCAL },
		    ACC_DMA_UNTRANSLATED);
	fabric_port_set_link(m->peer, false);
	machine_run(m, &(struct job){ PEER, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_LINK_DOWN);
}

/* Its own BARs are no peer's. */
static void own_memory_is_not_on_the_bus(void **state)
{
	struct machine *m = *state;

	machine_config_write(m, PCI_BASE_ADDRESS_2, NOTHING, 4);
	machine_config_write(m, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
	machine_run(m, &(struct job){ NOTHING, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL },
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
	struct machine *m = *state;

	memset(m->local, 0xee, 3 * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fault_arm(fabric_port_read_fault(m->peer), FAULT_FAIL, PAGE, cases[i].value, 0, 1);
		machine_run(m, &job, cases[i].error);
		assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), PAGE);
		assert_int_equal(m->local[PAGE - 1], 0);
		assert_int_equal(m->local[PAGE], 0xee);
	}
	machine_run(m, &job, ACC_DMA_OK);
}

static void writes_that_nobody_takes_are_lost(void **state)
{
	struct machine *m = *state;

	fabric_port_expect_losses(m->fn->port, true);
	machine_run(m, &(struct job){ 0, NOTHING, 4, .flags = ACC_DMA_SOURCE_LOCAL }, ACC_DMA_OK);
	assert_int_equal(fabric_port_counters(m->fn->port)->lost_writes, 1);
	fabric_port_set_link(m->peer, false);
	machine_run(m, &(struct job){ 0, PEER, 4, .flags = ACC_DMA_SOURCE_LOCAL }, ACC_DMA_OK);
	assert_int_equal(fabric_port_counters(m->fn->port)->lost_writes, 2);
}

static void nothing_is_sent_when_it_must_not(void **state)
{
	struct machine *m = *state;
	const struct job read = { PEER, 0, 4, .flags = ACC_DMA_DESTINATION_LOCAL };
	const struct job write = { 0, PEER, 4, .flags = ACC_DMA_SOURCE_LOCAL };

	machine_config_write(m, PCI_COMMAND, 0, 2);
	machine_run(m, &read, ACC_DMA_NO_BUS_MASTER);
	machine_run(m, &write, ACC_DMA_NO_BUS_MASTER);
	/* Its own memory is not behind the bus. */
	machine_run(m, &(struct job){ 0, PAGE, 4, .flags = LOCAL }, ACC_DMA_OK);
	machine_config_write(m, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	fabric_port_set_link(m->fn->port, false);
	machine_run(m, &read, ACC_DMA_LINK_DOWN);
	machine_run(m, &write, ACC_DMA_LINK_DOWN);
	assert_int_equal(m->count, 0);
	assert_int_equal(fabric_port_counters(m->fn->port)->lost_writes, 0);
}

/* The second piece reads what the first has written. */
static void overlaps_are_copied_in_order(void **state)
{
	struct machine *m = *state;
	uint8_t page[PAGE];

	machine_fill(m->local, 2 * PAGE, 1);
	memcpy(page, m->local, PAGE);
	machine_run(m, &(struct job){ 0, PAGE, 2 * PAGE, .flags = LOCAL }, ACC_DMA_OK);
	assert_memory_equal(m->local, page, PAGE);
	assert_memory_equal(m->local + PAGE, page, PAGE);
	assert_memory_equal(m->local + 2 * PAGE, page, PAGE);
	machine_fill(m->local, 2 * PAGE, 2);
	memcpy(page, m->local + 8, PAGE);
	machine_run(m, &(struct job){ 8, 0, PAGE, .flags = LOCAL }, ACC_DMA_OK);
	assert_memory_equal(m->local, page, PAGE);
}

static const struct job long_job = { 0, RAM, LOCAL_SIZE, .flags = ACC_DMA_SOURCE_LOCAL };

static void long_jobs_take_turns(void **state)
{
	struct machine *m = *state;

	machine_fill(m->local, LOCAL_SIZE, 1);
	machine_start(m, &long_job);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), 0);
	for (unsigned int turn = 1; turn < LOCAL_SIZE / TURN; turn++) {
		assert_int_equal(engine_poll(m->engine, 0), 1);
		assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), ACC_DMA_BUSY);
		assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), turn * TURN);
	}
	assert_int_equal(engine_poll(m->engine, 0), 1);
	machine_expect_end(m, ACC_DMA_OK);
	assert_memory_equal(m->ram, m->local, LOCAL_SIZE);
}

static void one_job_runs_at_a_time(void **state)
{
	struct machine *m = *state;

	machine_start(m, &long_job);
	engine_poll(m->engine, 0);
	/* Another one, which must wait: the first is what it was. */
	machine_start(m, &(struct job){ 0, PEER, 4, .flags = ACC_DMA_SOURCE_LOCAL });
	assert_int_equal(machine_get(m, ACC_DMA_DROPPED, 8), 1);
	machine_turns(m);
	machine_expect_end(m, ACC_DMA_OK);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), LOCAL_SIZE);
	assert_int_equal(machine_get(m, ACC_DMA_ENDED, 8), 1);
	assert_int_equal(m->count, 0);
	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_GO, 4);
	machine_turns(m);
	assert_int_equal(m->count, 1);
}

static void jobs_can_be_stopped(void **state)
{
	struct machine *m = *state;

	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP, 4);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), 0);
	machine_start(m, &long_job);
	engine_poll(m->engine, 0);
	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP, 4);
	machine_expect_end(m, ACC_DMA_STOPPED);
	machine_turns(m);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), TURN);
	/* Both at once: what ran is stopped, and another one begins. */
	machine_start(m, &long_job);
	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP | ACC_DMA_COMMAND_GO, 4);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), ACC_DMA_BUSY);
	machine_turns(m);
	machine_expect_end(m, ACC_DMA_OK);
	assert_int_equal(machine_get(m, ACC_DMA_ENDED, 8), 3);
	assert_int_equal(machine_get(m, ACC_DMA_FAILED, 8), 2);
	assert_int_equal(machine_get(m, ACC_DMA_DROPPED, 8), 0);
}

static void reset_stops_and_forgets(void **state)
{
	struct machine *m = *state;

	machine_start(m, &long_job);
	engine_poll(m->engine, 0);
	pci_function_reset(m->fn);
	assert_int_equal(engine_poll(m->engine, 0), 0);
	for (uint64_t offset = ACC_DMA_SOURCE; offset <= ACC_DMA_WRITE_BYTES; offset += 8)
		assert_int_equal(machine_get(m, offset, 8), 0);
	assert_int_equal(m->ram[TURN], 0);
	machine_config_write(m, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	machine_run(m, &long_job, ACC_DMA_OK);
}

static void a_job_can_lose_the_bus_in_its_middle(void **state)
{
	struct machine *m = *state;

	machine_start(m, &long_job);
	engine_poll(m->engine, 0);
	machine_config_write(m, PCI_COMMAND, 0, 2);
	machine_turns(m);
	machine_expect_end(m, ACC_DMA_NO_BUS_MASTER);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), TURN);
	assert_int_equal(machine_get(m, ACC_DMA_WRITE_BYTES, 8), TURN);
}

static void power(struct machine *m, uint32_t state)
{
	machine_config_write(m, m->fn->power_cap + PCI_PM_CTRL, state, 2);
}

/* State 3 is D3hot. The end of the job is there to be seen when it is over. */
static void a_job_that_needs_the_bus_ends_in_d3hot(void **state)
{
	struct machine *m = *state;

	machine_start(m, &long_job);
	engine_poll(m->engine, 0);
	power(m, 3);
	machine_turns(m);
	assert_int_equal(m->ram[TURN], 0);
	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_GO, 4);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), UINT32_MAX);
	power(m, 0);
	machine_expect_end(m, ACC_DMA_NO_BUS_MASTER);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), TURN);
	assert_int_equal(machine_get(m, ACC_DMA_ENDED, 8), 1);
	machine_run(m, &long_job, ACC_DMA_OK);
}

static void a_soft_reset_forgets_jobs(void **state)
{
	struct accelerator_attr attr = machine_attr();
	struct machine *m = *state;

	attr.soft_reset = true;
	machine_remake(m, &attr);
	machine_start(m, &long_job);
	engine_poll(m->engine, 0);
	power(m, 3);
	power(m, 0);
	assert_int_equal(engine_poll(m->engine, 0), 0);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 8), 0);
	assert_int_equal(machine_get(m, ACC_DMA_WRITE_BYTES, 8), 0);
}

static struct fault_point *fault(struct machine *m)
{
	return registry_find_fault(m->registry, "acc0", "dma");
}

static void faults_stall(void **state)
{
	struct machine *m = *state;

	assert_int_equal(fault_arm(fault(m), FAULT_STALL, FAULT_ANY_KEY, 0, 3, 1), 0);
	machine_start(m, &long_job);
	machine_turns(m);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), ACC_DMA_BUSY);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), 3 * PAGE);
	fault_release(fault(m));
	machine_turns(m);
	machine_expect_end(m, ACC_DMA_OK);
	/* A stalled job can be stopped, and the next one runs; a reset forgets it. */
	fault_arm(fault(m), FAULT_STALL, FAULT_ANY_KEY, 0, 0, 1);
	machine_start(m, &long_job);
	machine_turns(m);
	machine_put(m, ACC_DMA_COMMAND, ACC_DMA_COMMAND_STOP, 4);
	machine_expect_end(m, ACC_DMA_STOPPED);
	machine_run(m, &long_job, ACC_DMA_OK);
	fault_arm(fault(m), FAULT_STALL, FAULT_ANY_KEY, 0, 0, 1);
	machine_start(m, &long_job);
	machine_turns(m);
	pci_function_reset(m->fn);
	fault_release(fault(m));
	machine_turns(m);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 4), 0);
}

static void faults_end_jobs(void **state)
{
	struct machine *m = *state;

	fault_arm(fault(m), FAULT_FAIL, FAULT_ANY_KEY, ACC_DMA_POISONED, 1, 1);
	machine_run(m, &long_job, ACC_DMA_POISONED);
	assert_int_equal(machine_get(m, ACC_DMA_MOVED, 8), PAGE);
	fault_arm(fault(m), FAULT_FAIL, FAULT_ANY_KEY, 0, 0, 1);
	machine_run(m, &long_job, ACC_DMA_UNSUPPORTED);
	machine_run(m, &long_job, ACC_DMA_OK);
}

static void interrupts_come_at_the_end(void **state)
{
	struct job job = { 0, PAGE, 4, .flags = LOCAL | ACC_DMA_INTERRUPT, .vector = 5 };
	struct machine *m = *state;
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t events;

	machine_config_write(m, m->fn->msix.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	assert_int_equal(pci_msix_set_eventfd(m->fn, 5, fd), 0);
	machine_start(m, &job);
	assert_int_equal(read(fd, &events, 8), -1);
	machine_turns(m);
	assert_int_equal(read(fd, &events, 8), 8);
	assert_int_equal(events, 1);
	job.length = 0;
	machine_run(m, &job, ACC_DMA_INVALID);
	assert_int_equal(read(fd, &events, 8), 8);
	job = (struct job){ 0, PAGE, 4, .flags = LOCAL, .vector = 5 };
	machine_run(m, &job, ACC_DMA_OK);
	assert_int_equal(read(fd, &events, 8), -1);
	assert_int_equal(m->fn->msix.raised, 2);
}

static void registers_are_words(void **state)
{
	struct machine *m = *state;
	uint32_t words[10] = { PAGE, 0, 0, 0, 4, LOCAL, 0, 0, 0, ACC_DMA_COMMAND_GO };

	machine_put(m, ACC_DMA_SOURCE, 0x1122334455667788, 8);
	machine_put(m, ACC_DMA_SOURCE + 4, 0xaabbccdd, 4);
	machine_put(m, ACC_DMA_SOURCE + 2, 0, 2);
	machine_put(m, ACC_DMA_SOURCE + 2, 0, 4);
	assert_true(machine_get(m, ACC_DMA_SOURCE, 8) == 0xaabbccdd55667788);
	machine_put(m, ACC_DMA_ENDED, 7, 8);
	machine_put(m, ACC_DMA_STATUS, 7, 8);
	assert_int_equal(machine_get(m, ACC_DMA_ENDED, 8), 0);
	assert_int_equal(machine_get(m, ACC_DMA_STATUS, 8), 0);
	machine_put(m, ACC_DMA_VECTOR, 7, 4);
	assert_int_equal(machine_get(m, ACC_DMA_VECTOR, 8), 7);
	/* A whole job in one write, as a peer can send it */
	pci_bar_write(m->fn, ACC_REGISTER_BAR, ACC_DMA_SOURCE, words, sizeof(words));
	machine_turns(m);
	machine_expect_end(m, ACC_DMA_OK);
	machine_put(m, ACC_CONTROL, ACC_CONTROL_CLEAR, 4);
	assert_int_equal(machine_get(m, ACC_DMA_ENDED, 8), 0);
	assert_int_equal(machine_get(m, ACC_DMA_SOURCE, 8), PAGE);
}

#define DMA_TEST(name) cmocka_unit_test_setup_teardown(name, machine_make, machine_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DMA_TEST(every_place_is_copied_to_every_place),
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
		DMA_TEST(a_job_that_needs_the_bus_ends_in_d3hot),
		DMA_TEST(a_soft_reset_forgets_jobs),
		DMA_TEST(faults_stall),
		DMA_TEST(faults_end_jobs),
		DMA_TEST(interrupts_come_at_the_end),
		DMA_TEST(registers_are_words),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
