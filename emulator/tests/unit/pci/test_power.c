// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* D3hot: who is answered there, what is sent, and what a return to D0 finds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "access.h"
#include "pci/function.h"
#include "util/macros.h"

#define BASE  0xe0000000
#define D0    0
#define D3HOT 3

struct fixture {
	struct fabric *fabric;
	struct pci_function fn, peer;
	unsigned int resets, writes;
	uint8_t memory[4096], ram[16];
};

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	container_of(fn, struct fixture, fn)->writes++;
}

static void reset(struct pci_function *fn)
{
	container_of(fn, struct fixture, fn)->resets++;
}

static const struct pci_function_ops ops = { .bar_write = bar_write, .reset = reset };
static const struct pci_function_ops no_ops;

static int build(struct fixture *f, bool soft_reset)
{
	static const struct pci_express_attr express = { .max_payload = 512 };
	static const struct pci_msix_attr msix = { .vectors = 2, .bar = 4, .pba = 0x800 };
	static const struct pci_tph_attr tph = {
		.device_specific = true,
		.table = PCI_TPH_TABLE_CAPABILITY,
		.entries = 4,
	};
	const struct pci_bar memory = { .size = 4096, .memory = f->memory };

	return pci_add_bar(&f->fn, 0, &(struct pci_bar){ .size = 4096 }) ||
	       pci_add_bar(&f->fn, 2, &memory) ||
	       pci_add_bar(&f->fn, 4, &(struct pci_bar){ .size = 4096 }) ||
	       pci_add_express(&f->fn, &express) || pci_add_msix(&f->fn, &msix) ||
	       pci_add_power(&f->fn, soft_reset) || pci_add_tph(&f->fn, &tph);
}

static int make(void **state, bool soft_reset)
{
	const struct pci_identity identity = { .vendor = 1 };
	struct fixture *f = calloc(1, sizeof(*f));

	f->fabric = fabric_create();
	if (pci_function_init(&f->fn, f->fabric, &(struct fabric_port_attr){ .name = "dev" },
			      &identity, &ops) ||
	    pci_function_init(&f->peer, f->fabric, &(struct fabric_port_attr){ .name = "peer" },
			      &identity, &no_ops) ||
	    build(f, soft_reset))
		return -1;
	fabric_port_set_bus_master(f->peer.port, true);
	fabric_map(f->fn.port, 0x1000, sizeof(f->ram), f->ram, true, true);
	*state = f;
	return 0;
}

static int make_kept(void **state)
{
	return make(state, false);
}

static int make_reset(void **state)
{
	return make(state, true);
}

static int free_fixture(void **state)
{
	struct fixture *f = *state;

	pci_function_fini(&f->fn);
	pci_function_fini(&f->peer);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static void power(struct fixture *f, uint32_t state)
{
	access_set(&f->fn, f->fn.power_cap + PCI_PM_CTRL, state, 2);
}

/* All of a function that a driver sets up */
static void set_up(struct fixture *f)
{
	access_set(&f->fn, PCI_BASE_ADDRESS_2, BASE, 4);
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
	access_set(&f->fn, f->fn.msix.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	access_set(&f->fn, f->fn.tph_cap + PCI_TPH_BASE_SIZEOF + 2, 0x5a, 2);
	access_set(&f->fn, f->fn.tph_cap + PCI_TPH_CTRL,
		   PCI_TPH_ST_DS_MODE | PCI_TPH_REQ_TPH_ONLY << 8, 4);
}

static bool reachable(struct fixture *f)
{
	return !fabric_check(f->peer.port, BASE, 4, true);
}

static void capability_has_two_states(void **state)
{
	struct fixture *f = *state;
	unsigned int cap = f->fn.power_cap;

	assert_int_equal(access_get(&f->fn, cap, 1), PCI_CAP_ID_PM);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_PMC, 2), 0x0003);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_CTRL, 4), PCI_PM_CTRL_NO_SOFT_RESET);
	/* PME and the data register are not there, nor are D1 and D2. */
	access_set(&f->fn, cap + PCI_PM_CTRL, 0xfffffffd, 4);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_CTRL, 4), PCI_PM_CTRL_NO_SOFT_RESET);
	power(f, 2);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_CTRL, 2), PCI_PM_CTRL_NO_SOFT_RESET);
	power(f, D3HOT);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_CTRL, 2),
			 PCI_PM_CTRL_NO_SOFT_RESET | D3HOT);
	power(f, 1);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_CTRL, 2),
			 PCI_PM_CTRL_NO_SOFT_RESET | D3HOT);
	assert_false(pci_powered(&f->fn));
	power(f, D0);
	assert_int_equal(access_get(&f->fn, cap + PCI_PM_CTRL, 2), PCI_PM_CTRL_NO_SOFT_RESET);
	assert_true(pci_powered(&f->fn));
}

static void without_the_capability_it_is_in_d0(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->peer.power_cap, 0);
	assert_true(pci_powered(&f->peer));
}

static void configuration_space_answers_in_d3hot(void **state)
{
	struct fixture *f = *state;

	set_up(f);
	power(f, D3HOT);
	assert_int_equal(access_get(&f->fn, PCI_VENDOR_ID, 2), 1);
	assert_int_equal(access_get(&f->fn, PCI_COMMAND, 2),
			 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(pci_tph_control(&f->fn), PCI_TPH_ST_DS_MODE | PCI_TPH_REQ_TPH_ONLY << 8);
	assert_int_equal(pci_tph_st(&f->fn, 1), 0x5a);
}

static void bars_do_not_answer_in_d3hot(void **state)
{
	struct fixture *f = *state;
	uint32_t value = 0;

	set_up(f);
	memset(f->memory, 0x33, sizeof(f->memory));
	assert_true(reachable(f));
	power(f, D3HOT);
	assert_false(reachable(f));
	for (unsigned int bar = 0; bar <= 4; bar += 2) {
		assert_int_equal(pci_bar_read(&f->fn, bar, 0, &value, 4), 0);
		assert_int_equal(value, UINT32_MAX);
		assert_int_equal(pci_bar_write(&f->fn, bar, 0, &(uint32_t){ 0 }, 4), 0);
	}
	/* Memory is enabled all the time. */
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_false(reachable(f));
	power(f, D0);
	assert_true(reachable(f));
	assert_int_equal(f->writes, 0);
	assert_int_equal(pci_bar_read(&f->fn, 2, 0, &value, 4), 0);
	assert_int_equal(value, 0x33333333);
	assert_int_equal(pci_bar_read(&f->fn, 4, PCI_MSIX_ENTRY_VECTOR_CTRL, &value, 4), 0);
	assert_int_equal(value, PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static void nothing_is_sent_in_d3hot(void **state)
{
	struct fixture *f = *state;
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t count;

	set_up(f);
	assert_int_equal(pci_msix_set_eventfd(&f->fn, 1, fd), 0);
	assert_non_null(fabric_ram(f->fn.port, 0x1000, 4, true));
	power(f, D3HOT);
	assert_false(pci_bus_master(&f->fn));
	assert_null(fabric_ram(f->fn.port, 0x1000, 4, true));
	pci_msix_raise(&f->fn, 1);
	assert_int_equal(read(fd, &count, sizeof(count)), -1);
	power(f, D0);
	assert_true(pci_bus_master(&f->fn));
	assert_non_null(fabric_ram(f->fn.port, 0x1000, 4, true));
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 1);
}

static void a_return_without_soft_reset_keeps_all(void **state)
{
	struct fixture *f = *state;
	uint8_t before[PCI_CONFIG_SIZE];

	set_up(f);
	memcpy(before, f->fn.config, sizeof(before));
	power(f, D3HOT);
	power(f, D0);
	assert_memory_equal(f->fn.config, before, sizeof(before));
	assert_int_equal(f->resets, 0);
}

static void a_return_with_soft_reset_keeps_bars_alone(void **state)
{
	struct fixture *f = *state;
	uint8_t initial[PCI_CONFIG_SIZE];

	memcpy(initial, f->fn.config, sizeof(initial));
	assert_int_equal(access_get(&f->fn, f->fn.power_cap + PCI_PM_CTRL, 2), 0);
	set_up(f);
	memcpy(initial + PCI_BASE_ADDRESS_2, f->fn.config + PCI_BASE_ADDRESS_2, 4);
	power(f, D0);
	power(f, D3HOT);
	power(f, D3HOT);
	assert_int_equal(f->resets, 0);
	assert_int_equal(pci_tph_st(&f->fn, 1), 0x5a);
	power(f, D0);
	assert_int_equal(f->resets, 1);
	assert_memory_equal(f->fn.config, initial, sizeof(initial));
	assert_false(reachable(f));
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_true(reachable(f));
}

static void function_level_reset_ends_d3hot(void **state)
{
	struct fixture *f = *state;

	set_up(f);
	power(f, D3HOT);
	access_set(&f->fn, f->fn.express_cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
	assert_int_equal(f->resets, 1);
	assert_true(pci_powered(&f->fn));
	assert_int_equal(pci_tph_control(&f->fn), 0);
}

static void there_is_room_or_an_error(void **state)
{
	struct fixture *f = *state;

	while (pci_add_capability(&f->peer, PCI_CAP_ID_VNDR, 8))
		;
	assert_int_equal(pci_add_power(&f->peer, false), -ENOSPC);
	assert_true(pci_powered(&f->peer));
}

#define KEPT(name)  cmocka_unit_test_setup_teardown(name, make_kept, free_fixture)
#define RESET(name) cmocka_unit_test_setup_teardown(name, make_reset, free_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT(capability_has_two_states),
		KEPT(without_the_capability_it_is_in_d0),
		KEPT(configuration_space_answers_in_d3hot),
		KEPT(bars_do_not_answer_in_d3hot),
		KEPT(nothing_is_sent_in_d3hot),
		KEPT(a_return_without_soft_reset_keeps_all),
		RESET(a_return_with_soft_reset_keeps_bars_alone),
		RESET(function_level_reset_ends_d3hot),
		KEPT(there_is_room_or_an_error),
	};

	return cmocka_run_group_tests_name("pci_power", tests, NULL, NULL);
}
