// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Configuration space: what a guest's writes change, and what follows from it in the fabric. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "access.h"
#include "pci/function.h"
#include "util/macros.h"

struct fixture {
	struct fabric *fabric;
	struct pci_function fn, peer;
	unsigned int resets, config_writes;
	uint64_t last_offset;
	size_t last_len;
	uint8_t memory[4096];
};

static void bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
		     size_t len)
{
	memset(data, 0x40 + bar, len < 4 ? len : 4);
}

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	struct fixture *f = container_of(fn, struct fixture, fn);

	f->last_offset = offset;
	f->last_len = len;
}

static void config_written(struct pci_function *fn, unsigned int offset, unsigned int len)
{
	container_of(fn, struct fixture, fn)->config_writes++;
}

static void reset(struct pci_function *fn)
{
	container_of(fn, struct fixture, fn)->resets++;
}

static const struct pci_function_ops ops = {
	.bar_read = bar_read,
	.bar_write = bar_write,
	.config_written = config_written,
	.reset = reset,
};
static const struct pci_function_ops no_ops;

static const struct pci_identity identity = {
	.vendor = 0x15b3,
	.device = 0x1021,
	.subsystem_vendor = 0x15b3,
	.subsystem = 1,
	.revision = 3,
	.class_code = 0x020700,
};

static int make_function(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct fabric_port_attr port = { .name = "dev" }, peer = { .name = "peer" };
	const struct pci_bar registers = { .size = 1 << 20,
					   .flags = PCI_BAR_64 | PCI_BAR_PREFETCH };
	const struct pci_bar memory = { .size = 4096, .memory = f->memory };

	f->fabric = fabric_create();
	if (pci_function_init(&f->fn, f->fabric, &port, &identity, &ops) ||
	    pci_function_init(&f->peer, f->fabric, &peer, &identity, &no_ops) ||
	    pci_add_bar(&f->fn, 0, &registers) || pci_add_bar(&f->fn, 2, &memory) ||
	    pci_add_express(&f->fn, &(struct pci_express_attr){
					    .max_payload = 512,
					    .completer = PCI_TPH_COMPLETER_EXT,
				    }))
		return -1;
	*state = f;
	return 0;
}

static int free_function(void **state)
{
	struct fixture *f = *state;

	pci_function_fini(&f->fn);
	pci_function_fini(&f->peer);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static void header_identifies(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(access_get(&f->fn, PCI_VENDOR_ID, 4), 0x102115b3);
	assert_int_equal(access_get(&f->fn, PCI_CLASS_REVISION, 4), 0x02070003);
	assert_int_equal(access_get(&f->fn, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x000115b3);
	assert_int_equal(access_get(&f->fn, PCI_HEADER_TYPE, 1), 0);
	assert_int_equal(access_get(&f->fn, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	access_set(&f->fn, PCI_VENDOR_ID, 0, 4);
	assert_int_equal(access_get(&f->fn, PCI_VENDOR_ID, 4), 0x102115b3);
	assert_int_equal(f->config_writes, 1);
	assert_int_equal(pci_config_read(&f->fn, 4095, &(uint16_t){ 0 }, 2), -EINVAL);
	assert_int_equal(pci_config_read(&f->fn, UINT64_MAX, &(uint16_t){ 0 }, 2), -EINVAL);
	assert_int_equal(pci_config_write(&f->fn, 4096, &(uint16_t){ 0 }, 1), -EINVAL);
}

static void bars_tell_their_size(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 6; i++)
		access_set(&f->fn, PCI_BASE_ADDRESS_0 + 4 * i, UINT32_MAX, 4);
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_0, 4), 0xfff0000c);
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_1, 4), 0xffffffff);
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_2, 4), 0xfffff000);
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_3, 4), 0);
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_5, 4), 0);
}

/* Whether the peer reaches @addr. */
static bool reachable(struct fixture *f, uint64_t addr)
{
	fabric_port_set_bus_master(f->peer.port, true);
	return !fabric_check(f->peer.port, addr, 4, true);
}

static void bars_decode_when_memory_is_enabled(void **state)
{
	struct fixture *f = *state;
	const uint64_t base = 0x20e000000000;

	access_set(&f->fn, PCI_BASE_ADDRESS_0, (uint32_t)base, 4);
	access_set(&f->fn, PCI_BASE_ADDRESS_1, base >> 32, 4);
	assert_false(reachable(f, base));
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_true(reachable(f, base));
	assert_true(reachable(f, base + (1 << 20) - 4));
	assert_false(reachable(f, base + (1 << 20)));
	/* A BAR that has not been placed does not decode address 0. */
	assert_false(reachable(f, 0));
	access_set(&f->fn, PCI_BASE_ADDRESS_1, (base >> 32) + 1, 4);
	assert_false(reachable(f, base));
	assert_true(reachable(f, base + (UINT64_C(1) << 32)));
	access_set(&f->fn, PCI_COMMAND, 0, 2);
	assert_false(reachable(f, base + (UINT64_C(1) << 32)));
}

static void command_controls_bus_mastering(void **state)
{
	struct fixture *f = *state;
	uint8_t ram[16];

	fabric_map(f->fn.port, 0x1000, sizeof(ram), ram, true, true);
	assert_null(fabric_ram(f->fn.port, 0x1000, 4, true));
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	assert_true(pci_bus_master(&f->fn));
	assert_false(pci_memory_enabled(&f->fn));
	assert_non_null(fabric_ram(f->fn.port, 0x1000, 4, true));
	/* Reserved bits stay zero, the second byte alone changes nothing in the first. */
	access_set(&f->fn, PCI_COMMAND, 0xffff, 2);
	assert_int_equal(access_get(&f->fn, PCI_COMMAND, 2), 0x0546);
	access_set(&f->fn, PCI_COMMAND + 1, 0, 1);
	assert_int_equal(access_get(&f->fn, PCI_COMMAND, 2), 0x0146 & 0xff);
}

static void express_describes_an_integrated_endpoint(void **state)
{
	struct fixture *f = *state;
	unsigned int cap = access_get(&f->fn, PCI_CAPABILITY_LIST, 1);

	assert_int_equal(cap, f->fn.express_cap);
	assert_int_equal(access_get(&f->fn, cap, 2), PCI_CAP_ID_EXP);
	assert_int_equal(access_get(&f->fn, cap + PCI_EXP_FLAGS, 2), 0x0092);
	assert_int_equal(access_get(&f->fn, cap + PCI_EXP_DEVCAP, 4), 0x10008022);
	assert_int_equal(access_get(&f->fn, cap + PCI_EXP_DEVCTL, 2), 0x2810);
	assert_int_equal(access_get(&f->fn, cap + PCI_EXP_LNKCAP, 4), 0);
	assert_int_equal(access_get(&f->fn, cap + PCI_EXP_DEVCAP2, 4) >> 12 & 3, 3);
}

static unsigned int sizes_seen;

static void count_write(void *device, const struct fabric_request *req, const void *data)
{
	sizes_seen = req->len;
}

/* The payload size shows in the TLPs that the function sends. */
static void payload_size_is_limited_by_the_device(void **state)
{
	static const struct {
		uint16_t control;
		unsigned int expected;
	} cases[] = { { 0x00, 128 }, { 0x20, 256 }, { 0x40, 512 }, { 0xa0, 512 }, { 0xe0, 512 } };
	static const struct fabric_port_ops sink_ops = { .mem_write = count_write };
	struct fixture *f = *state;
	struct fabric_port *sink = fabric_port_create(f->fabric, &(struct fabric_port_attr){
									 .name = "sink",
									 .ops = &sink_ops,
								 });
	uint8_t data[4096] = { 0 };

	fabric_port_set_window(sink, 0, 0x100000, 0x10000);
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		access_set(&f->fn, f->fn.express_cap + PCI_EXP_DEVCTL, cases[i].control, 2);
		assert_int_equal(fabric_write(f->fn.port, 0x100000, data, 4096, NULL), 0);
		assert_int_equal(sizes_seen, cases[i].expected);
	}
	fabric_port_destroy(sink);
}

static void reset_restores_the_initial_state(void **state)
{
	struct fixture *f = *state;
	unsigned int control = f->fn.express_cap + PCI_EXP_DEVCTL;

	access_set(&f->fn, PCI_BASE_ADDRESS_2, 0xe0000000, 4);
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
	assert_true(reachable(f, 0xe0000000));
	access_set(&f->fn, control, 0, 2);
	assert_int_equal(f->resets, 0);
	access_set(&f->fn, control, PCI_EXP_DEVCTL_BCR_FLR, 2);
	assert_int_equal(f->resets, 1);
	assert_int_equal(access_get(&f->fn, control, 2), 0x2810);
	assert_int_equal(access_get(&f->fn, PCI_COMMAND, 2), 0);
	assert_false(reachable(f, 0xe0000000));
	/* All but the BARs: QEMU's copy of them stays, and what the guest reads is that. */
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_2, 4), 0xe0000000);
	access_set(&f->fn, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_true(reachable(f, 0xe0000000));
	/* The upper byte alone, too, but not its neighbour. */
	access_set(&f->fn, control + 1, PCI_EXP_DEVCTL_BCR_FLR >> 8, 1);
	assert_int_equal(f->resets, 2);
	access_set(&f->fn, control + 2, 0x80, 1);
	assert_int_equal(f->resets, 2);
	pci_function_reset(&f->fn);
	assert_int_equal(f->resets, 3);
	assert_int_equal(access_get(&f->fn, PCI_BASE_ADDRESS_2, 4), 0);
}

static void bar_accesses_are_checked(void **state)
{
	struct fixture *f = *state;
	uint64_t data = 0;

	assert_int_equal(pci_bar_read(&f->fn, 0, (1 << 20) - 8, &data, 8), 0);
	/* What the device does not answer reads as zero. */
	assert_int_equal(data, 0x40404040);
	assert_int_equal(pci_bar_read(&f->fn, 0, (1 << 20) - 7, &data, 8), -EINVAL);
	assert_int_equal(pci_bar_read(&f->fn, 0, UINT64_MAX - 3, &data, 8), -EINVAL);
	assert_int_equal(pci_bar_read(&f->fn, 1, 0, &data, 4), -EINVAL);
	assert_int_equal(pci_bar_read(&f->fn, 6, 0, &data, 4), -EINVAL);
	assert_int_equal(pci_bar_write(&f->fn, 0, 8, &data, 8), 0);
	assert_int_equal(f->last_offset, 8);
	assert_int_equal(f->last_len, 8);
	f->last_len = 0;
	assert_int_equal(pci_bar_write(&f->fn, 2, 4092, "wxyz", 4), 0);
	assert_memory_equal(f->memory + 4092, "wxyz", 4);
	assert_int_equal(pci_bar_write(&f->fn, 2, 4093, "wxyz", 4), -EINVAL);
	assert_int_equal(f->last_len, 0);
	assert_int_equal(pci_bar_read(&f->fn, 2, 4092, &data, 4), 0);
	assert_memory_equal(&data, "wxyz", 4);
}

static void bars_have_rules(void **state)
{
	struct fixture *f = *state;
	static const struct {
		unsigned int index;
		struct pci_bar bar;
		int result;
	} cases[] = {
		{ 3, { .size = 24 }, -EINVAL },
		{ 3, { .size = 8 }, -EINVAL },
		{ 3, { .size = UINT64_C(1) << 32 }, -EINVAL },
		{ 3, { .size = 4096, .flags = PCI_BAR_PREFETCH }, -EINVAL },
		{ 5, { .size = 4096, .flags = PCI_BAR_64 }, -EINVAL },
		{ 6, { .size = 4096 }, -EINVAL },
		{ 0, { .size = 4096 }, -EEXIST },
		{ 1, { .size = 4096 }, -EEXIST },
		{ 3, { .size = UINT64_C(1) << 36, .flags = PCI_BAR_64 }, 0 },
		{ 4, { .size = 4096 }, -EEXIST },
		{ 5, { .size = 16 }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(pci_add_bar(&f->peer, 0, &cases[6].bar), i ? -EEXIST : 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(pci_add_bar(&f->fn, cases[i].index, &cases[i].bar),
				 cases[i].result);
}

static void capabilities_are_chained_and_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned int first = f->fn.express_cap, vendor, full;

	vendor = pci_add_capability(&f->fn, PCI_CAP_ID_VNDR, 0x19);
	assert_int_equal(access_get(&f->fn, first + PCI_CAP_LIST_NEXT, 1), vendor);
	assert_int_equal(access_get(&f->fn, vendor, 2), PCI_CAP_ID_VNDR);
	full = pci_add_capability(&f->fn, PCI_CAP_ID_VNDR, 0x100 - (vendor + 0x1c));
	assert_int_equal(full, vendor + 0x1c);
	assert_int_equal(pci_add_capability(&f->fn, PCI_CAP_ID_VNDR, 2), 0);
	assert_int_equal(pci_add_serial(&f->fn, 0x1122334455667788), 0);
	assert_int_equal(access_get(&f->fn, 0x100, 4), 0x00010003);
	assert_int_equal(access_get(&f->fn, 0x104, 4), 0x55667788);
	assert_int_equal(access_get(&f->fn, 0x108, 4), 0x11223344);
	assert_int_equal(pci_add_ext_capability(&f->fn, 0x0b, 1, 0xef4), 0x10c);
	assert_int_equal(access_get(&f->fn, 0x100, 4), 0x10c10003);
	assert_int_equal(access_get(&f->fn, 0x10c, 4), 0x0001000b);
	assert_int_equal(pci_add_serial(&f->fn, 0), -ENOSPC);
}

#define PCI_TEST(name) cmocka_unit_test_setup_teardown(name, make_function, free_function)

static void reads_fail_where_armed(void **state)
{
	struct fixture *f = *state;
	uint32_t value;

	assert_int_equal(fault_arm(&f->fn.config_fault, FAULT_FAIL, PCI_VENDOR_ID, 0, 0, 1), 0);
	pci_config_read(&f->fn, PCI_CLASS_REVISION, &value, 4);
	assert_int_equal(value, 0x02070003);
	pci_config_read(&f->fn, PCI_VENDOR_ID, &value, 4);
	assert_int_equal(value, UINT32_MAX);
	pci_config_read(&f->fn, PCI_VENDOR_ID, &value, 4);
	assert_int_equal(value, 0x102115b3);
	assert_int_equal(fault_arm(&f->fn.config_fault, FAULT_STALL, PCI_VENDOR_ID, 0, 0, 1),
			 -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PCI_TEST(header_identifies),
		PCI_TEST(bars_tell_their_size),
		PCI_TEST(bars_decode_when_memory_is_enabled),
		PCI_TEST(command_controls_bus_mastering),
		PCI_TEST(express_describes_an_integrated_endpoint),
		PCI_TEST(payload_size_is_limited_by_the_device),
		PCI_TEST(reset_restores_the_initial_state),
		PCI_TEST(bar_accesses_are_checked),
		PCI_TEST(bars_have_rules),
		PCI_TEST(capabilities_are_chained_and_bounded),
		PCI_TEST(reads_fail_where_armed),
	};

	return cmocka_run_group_tests_name("pci_config", tests, NULL, NULL);
}
