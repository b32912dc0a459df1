// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The accelerator: what a peer's writes do to the memory, by tag, and what is counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "accelerator/accelerator.h"
#include "accelerator/accelerator_regs.h"
#include "base/engine.h"
#include "base/registry.h"
#include "util/macros.h"

#define BASE 0x20e000000000u
#define SIZE 0x10000

struct fixture {
	struct engine *engine;
	struct fabric *fabric;
	struct registry *registry;
	struct fabric_port *nic;
	struct accelerator *accelerator;
	struct pci_function *fn;
	uint8_t *memory;
};

static void config_write(struct fixture *f, unsigned int offset, uint32_t value)
{
	assert_int_equal(pci_config_write(f->fn, offset, &value, sizeof(value)), 0);
}

static struct fixture *make(enum pci_tph_completer completer)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct accelerator_attr attr = accelerator_defaults;

	attr.name = "acc0";
	attr.memory_size = SIZE;
	attr.completer = completer;
	f->engine = engine_create();
	f->fabric = fabric_create();
	f->registry = registry_create();
	f->nic = fabric_port_create(f->fabric, &(struct fabric_port_attr){ .name = "nic0" });
	f->accelerator = accelerator_create(f->engine, f->fabric, f->registry, &attr);
	assert_non_null(f->accelerator);
	f->fn = accelerator_function(f->accelerator);
	f->memory = f->fn->bars[ACC_MEMORY_BAR].memory;
	config_write(f, PCI_BASE_ADDRESS_2, (uint32_t)BASE);
	config_write(f, PCI_BASE_ADDRESS_3, BASE >> 32);
	config_write(f, PCI_COMMAND, PCI_COMMAND_MEMORY);
	fabric_port_set_bus_master(f->nic, true);
	return f;
}

static int make_ext(void **state)
{
	*state = make(PCI_TPH_COMPLETER_EXT);
	return 0;
}

static int make_tph(void **state)
{
	*state = make(PCI_TPH_COMPLETER_TPH);
	return 0;
}

static int make_none(void **state)
{
	*state = make(PCI_TPH_COMPLETER_NONE);
	return 0;
}

static int make_reserved(void **state)
{
	*state = make(PCI_TPH_COMPLETER_RESERVED);
	return 0;
}

static int free_all(void **state)
{
	struct fixture *f = *state;

	accelerator_destroy(f->accelerator);
	fabric_port_destroy(f->nic);
	fabric_destroy(f->fabric);
	registry_destroy(f->registry);
	engine_destroy(f->engine);
	free(f);
	return 0;
}

static uint64_t get(struct fixture *f, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(pci_bar_read(f->fn, ACC_REGISTER_BAR, offset, &value, 8), 0);
	return value;
}

static struct tlp_hints hints_st(uint8_t st, uint8_t ph)
{
	return (struct tlp_hints){ .hv = TLP_HV_ST, .ph = ph, .st = st };
}

static struct tlp_hints hints_st_ext(uint16_t st, uint8_t ph)
{
	return (struct tlp_hints){ .hv = TLP_HV_ST_EXT, .ph = ph, .st = st };
}

static void write_tagged(struct fixture *f, uint64_t offset, const void *data, size_t len,
			 struct tlp_hints hints)
{
	assert_int_equal(fabric_write(f->nic, BASE + offset, data, len, &hints), 0);
}

/* Memory 1, 3000000000, 0x3f800000 (1.0f); data 2, 4000000000, 0x40200000 (2.5f). */
static const struct {
	uint8_t operation;
	uint32_t result[3];
} operations[] = {
	{ 0x0, { 2, 4000000000, 0x40200000 } },
	{ 0x1, { 3, 2705032704, 0x7fa00000 } },
	{ 0x2, { 3, 3000000000 ^ 4000000000, 0x7fa00000 } },
	{ 0x3, { 2, 4000000000, 0x40200000 } },
	{ 0x4, { 1, 3000000000, 0x3f800000 } },
	{ 0x5, { 0xfffffffd, 294967295, 0xbfdfffff } },
	{ 0x7, { 2, 4000000000, 0x40200000 } },
	{ 0xe, { 2, 4000000000, 0x40200000 } },
	{ 0xf, { 0x02000000, 0x00286bee, 0x00002040 } },
};

static void tags_select_operations(void **state)
{
	struct fixture *f = *state;
	static const uint32_t before[3] = { 1, 3000000000, 0x3f800000 };
	static const uint32_t data[3] = { 2, 4000000000, 0x40200000 };

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		uint8_t operation = operations[i].operation;

		memcpy(f->memory + 64, before, sizeof(before));
		write_tagged(f, 64, data, sizeof(data), hints_st(operation << 4 | 3, 0));
		assert_memory_equal(f->memory + 64, operations[i].result, sizeof(before));
		assert_int_equal(get(f, ACC_OPERATION_ST(operation)), 1);
		memcpy(f->memory + 64, before, sizeof(before));
		write_tagged(f, 64, data, sizeof(data), hints_st_ext(operation << 8 | 0xfe, 0));
		assert_memory_equal(f->memory + 64, operations[i].result, sizeof(before));
		assert_int_equal(get(f, ACC_OPERATION_ST_EXT(operation)), 1);
	}
	assert_int_equal(get(f, ACC_PARTITION_ST(3)), ARRAY_SIZE(operations));
	assert_int_equal(get(f, ACC_PARTITION_ST_EXT(0xfe)), ARRAY_SIZE(operations));
	assert_int_equal(get(f, ACC_UNKNOWN_OPERATION), 4);
}

static void floats_are_added(void **state)
{
	struct fixture *f = *state;
	float memory[2] = { 1.5f, -2.25f }, data[2] = { 0.25f, 2.25f }, result[2] = { 1.75f, 0 };

	memcpy(f->memory, memory, sizeof(memory));
	write_tagged(f, 0, data, sizeof(data), hints_st(0x60, 0));
	assert_memory_equal(f->memory, result, sizeof(result));
}

/* 0x12f0 names operation 0x12 in one namespace and would be 0xf in the other. */
static void namespaces_are_not_confused(void **state)
{
	struct fixture *f = *state;

	write_tagged(f, 0, "abcd", 4, hints_st_ext(0x12f0, 0));
	assert_memory_equal(f->memory, "abcd", 4);
	assert_int_equal(get(f, ACC_UNKNOWN_OPERATION), 1);
	assert_int_equal(get(f, ACC_PARTITION_ST_EXT(0xf0)), 1);
	assert_int_equal(get(f, ACC_OPERATION_ST_EXT(0x12)), 1);
	write_tagged(f, 0, "abcd", 4, hints_st(0xf0, 0));
	assert_memory_equal(f->memory, "dcba", 4);
	write_tagged(f, 0, "abcd", 4, hints_st_ext(0x00f0, 0));
	assert_memory_equal(f->memory, "abcd", 4);
	write_tagged(f, 0, "abcd", 4, hints_st_ext(0x0ff0, 0));
	assert_memory_equal(f->memory, "dcba", 4);
}

/* Only words of which all bytes are written are operated on; a TLP is looked at by itself. */
static void ragged_ends_are_stored(void **state)
{
	struct fixture *f = *state;
	uint8_t data[300], expected[300];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	/* From 0x7d on: 3 bytes, words from 0x80, and 1 byte at the end. */
	memcpy(expected, data, 3);
	for (size_t i = 3; i + 4 <= 11; i += 4)
		for (size_t j = 0; j < 4; j++)
			expected[i + j] = data[i + 3 - j];
	expected[11] = data[11];
	write_tagged(f, 0x7d, data, 12, hints_st(0xf0, 0));
	assert_memory_equal(f->memory + 0x7d, expected, 12);
	assert_int_equal(f->memory[0x7c], 0);
	assert_int_equal(f->memory[0x89], 0);
	/* Less than a word, and across a word boundary without filling one. */
	write_tagged(f, 0x101, data, 2, hints_st(0xf0, 0));
	assert_memory_equal(f->memory + 0x101, data, 2);
	write_tagged(f, 0x201, data, 6, hints_st(0xf0, 0));
	assert_memory_equal(f->memory + 0x201, data, 6);
	/* Splitting into TLPs keeps words whole, wherever the write starts. */
	for (size_t i = 0; i < 300; i += 4)
		for (size_t j = 0; j < 4; j++)
			expected[i + j] = data[i + 3 - j];
	write_tagged(f, 0x37c, data, 300, hints_st(0xf0, 0));
	assert_memory_equal(f->memory + 0x37c, expected, 300);
}

static void counters_count_tlps(void **state)
{
	struct fixture *f = *state;
	uint8_t data[256] = { 0 };
	struct tlp_hints hints = hints_st(0x05, 3);

	write_tagged(f, 0, data, 256, hints_st(0x05, 2));
	write_tagged(f, 0, data, 4, hints_st_ext(0x0005, 1));
	assert_int_equal(fabric_write(f->nic, BASE, data, 4, NULL), 0);
	assert_int_equal(fabric_read(f->nic, BASE, data, 256, &hints), 0);
	assert_int_equal(get(f, ACC_WRITES), 4);
	assert_int_equal(get(f, ACC_WRITE_BYTES), 264);
	assert_int_equal(get(f, ACC_READS), 1);
	assert_int_equal(get(f, ACC_NO_HINTS), 1);
	assert_int_equal(get(f, ACC_PH(1)), 1);
	assert_int_equal(get(f, ACC_PH(2)), 2);
	assert_int_equal(get(f, ACC_PH(3)), 1);
	assert_int_equal(get(f, ACC_PARTITION_ST(5)), 3);
	assert_int_equal(get(f, ACC_OPERATION_ST(0)), 2);
	pci_bar_write(f->fn, ACC_REGISTER_BAR, ACC_CONTROL, &(uint32_t){ ACC_CONTROL_CLEAR }, 4);
	assert_int_equal(get(f, ACC_WRITES), 0);
	assert_int_equal(get(f, ACC_PARTITION_ST(5)), 0);
}

static void the_cpu_is_no_peer(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pci_bar_write(f->fn, ACC_MEMORY_BAR, 8, "abcd", 4), 0);
	assert_memory_equal(f->memory + 8, "abcd", 4);
	assert_int_equal(get(f, ACC_WRITES), 0);
}

static void tph_completer_ignores_the_other_namespace(void **state)
{
	struct fixture *f = *state;

	write_tagged(f, 0, "abcd", 4, hints_st_ext(0x0f00, 1));
	assert_memory_equal(f->memory, "abcd", 4);
	assert_int_equal(get(f, ACC_IGNORED_HINTS), 1);
	assert_int_equal(get(f, ACC_PH(1)), 0);
	write_tagged(f, 0, "abcd", 4, hints_st(0xf0, 1));
	assert_memory_equal(f->memory, "dcba", 4);
	assert_int_equal(get(f, ACC_CAPS) & ACC_CAPS_COMPLETER, 1);
	assert_int_equal(pci_config_get(f->fn, f->fn->express_cap + PCI_EXP_DEVCAP2, 4) >> 12 & 3,
			 1);
}

static void ignores_all_hints(struct fixture *f, unsigned int encoding)
{
	write_tagged(f, 0, "abcd", 4, hints_st_ext(0x0f00, 1));
	write_tagged(f, 0, "abcd", 4, hints_st(0xf0, 1));
	assert_memory_equal(f->memory, "abcd", 4);
	assert_int_equal(get(f, ACC_IGNORED_HINTS), 2);
	assert_int_equal(get(f, ACC_NO_HINTS), 0);
	assert_int_equal(get(f, ACC_CAPS) & ACC_CAPS_COMPLETER, encoding);
	assert_int_equal(pci_config_get(f->fn, f->fn->express_cap + PCI_EXP_DEVCAP2, 4) >> 12 & 3,
			 encoding);
}

static void no_completer_ignores_all_hints(void **state)
{
	ignores_all_hints(*state, 0);
}

static void reserved_completer_ignores_all_hints(void **state)
{
	ignores_all_hints(*state, 2);
}

static void registers_are_read_and_written(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[16] = { 0 };
	uint16_t half;

	assert_int_equal(get(f, ACC_ID), ACC_ID_VALUE | (uint64_t)ACC_VERSION_VALUE << 32);
	assert_int_equal(get(f, ACC_MEMORY_SIZE), SIZE);
	pci_bar_read(f->fn, ACC_REGISTER_BAR, ACC_ID + 2, &half, 2);
	assert_int_equal(half, ACC_ID_VALUE >> 16);
	pci_bar_write(f->fn, ACC_REGISTER_BAR, ACC_ID, bytes, 16);
	assert_int_equal(get(f, ACC_ID) & UINT32_MAX, ACC_ID_VALUE);
	assert_int_equal(get(f, ACC_REGISTER_SIZE - 8), 0);
	pci_bar_read(f->fn, ACC_REGISTER_BAR, ACC_ID, bytes, 16);
	assert_memory_equal(bytes, "TPHA", 4);
	assert_int_equal(bytes[8], 0);
}

static void reset_clears_counters_and_keeps_memory(void **state)
{
	struct fixture *f = *state;

	write_tagged(f, 0, "abcd", 4, hints_st(0x00, 1));
	pci_function_reset(f->fn);
	assert_int_equal(get(f, ACC_WRITES), 0);
	assert_int_equal(get(f, ACC_PH(1)), 0);
	assert_memory_equal(f->memory, "abcd", 4);
	assert_int_equal(fabric_write(f->nic, BASE, "abcd", 4, NULL), -EFAULT);
}

/* State 3 is D3hot. */
static void d3hot_keeps_counters_and_memory(void **state)
{
	struct fixture *f = *state;
	unsigned int control = f->fn->power_cap + PCI_PM_CTRL;

	write_tagged(f, 0, "abcd", 4, hints_st(0x00, 1));
	config_write(f, control, 3);
	assert_int_equal(fabric_write(f->nic, BASE, "efgh", 4, NULL), -EFAULT);
	config_write(f, control, 0);
	assert_memory_equal(f->memory, "abcd", 4);
	assert_int_equal(get(f, ACC_WRITES), 1);
	assert_int_equal(get(f, ACC_PH(1)), 1);
	assert_int_equal(fabric_write(f->nic, BASE, "efgh", 4, NULL), 0);
}

static void the_memory_cannot_be_taken_away(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ftruncate(f->fn->bars[ACC_MEMORY_BAR].memfd, 0), -1);
	assert_int_equal(errno, EPERM);
}

static void attributes_are_checked(void **state)
{
	struct fixture *f = *state;
	struct accelerator_attr attr = accelerator_defaults;

	attr.name = "acc0";
	assert_null(accelerator_create(f->engine, f->fabric, f->registry, &attr));
	assert_int_equal(errno, EEXIST);
	attr.name = "acc1";
	attr.memory_size = 3 << 20;
	assert_null(accelerator_create(f->engine, f->fabric, f->registry, &attr));
	assert_int_equal(errno, EINVAL);
	attr.memory_size = 32768;
	assert_null(accelerator_create(f->engine, f->fabric, f->registry, &attr));
	assert_int_equal(errno, EINVAL);
	assert_false(registry_has_device(f->registry, "acc1"));
}

static void options_are_checked(void **state)
{
	struct accelerator_attr attr = accelerator_defaults;
	char good[] = "a,size=1M,completer=tph,soft-reset=on,bdf=01:02.3", bad[] = "a,size=3M";
	const char *name;

	assert_int_equal(options_parse("--accelerator", good, accelerator_options, &attr, &name),
			 0);
	assert_int_equal(attr.memory_size, 1 << 20);
	assert_int_equal(attr.completer, PCI_TPH_COMPLETER_TPH);
	assert_true(attr.soft_reset);
	assert_int_equal(attr.requester, 0x0113);
	assert_int_equal(options_parse("--accelerator", bad, accelerator_options, &attr, &name),
			 -EINVAL);
}

/* The register is 0 where there is no capability (7.9.13.2). */
static const struct {
	const char *options;
	uint32_t capability;
} requesters[] = {
	{ "b", 0x003f0307 },
	{ "b,requester=none", 0 },
	{ "b,requester=tph,st-modes=ds,st-entries=16", 0x000f0205 },
	{ "b,requester=ext,st-modes=iv,st-table=msix,st-entries=1", 0x00000503 },
	{ "b,st-modes=none,st-table=none", 0x00000101 },
	{ "b,st-modes=both,st-table=capability", 0x003f0307 },
};

static uint32_t capability_with(struct fixture *f, const char *options)
{
	struct accelerator_attr attr = accelerator_defaults;
	struct accelerator *accelerator;
	const struct pci_function *fn;
	uint32_t capability = 0;
	char text[128];

	strcpy(text, options);
	assert_int_equal(options_parse("--accelerator", text, accelerator_options, &attr,
				       &attr.name),
			 0);
	accelerator = accelerator_create(f->engine, f->fabric, f->registry, &attr);
	assert_non_null(accelerator);
	fn = accelerator_function(accelerator);
	if (fn->tph_cap)
		capability = pci_config_get(fn, fn->tph_cap + PCI_TPH_CAP, 4);
	accelerator_destroy(accelerator);
	return capability;
}

static void options_make_the_tph_capability(void **state)
{
	static const char *const wrong[] = {
		"b,requester=on", "b,st-modes=iv+ds", "b,st-table=0",
		"b,st-entries=0", "b,st-entries=65",
	};
	struct accelerator_attr attr = accelerator_defaults;
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(requesters); i++)
		assert_int_equal(capability_with(f, requesters[i].options),
				 requesters[i].capability);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[64];
		const char *name;

		strcpy(text, wrong[i]);
		assert_int_equal(options_parse("--accelerator", text, accelerator_options, &attr,
					       &name),
				 -EINVAL);
	}
	/* A vector selects its tag in a table. */
	attr = accelerator_defaults;
	attr.name = "b";
	attr.tph.table = PCI_TPH_TABLE_NONE;
	assert_null(accelerator_create(f->engine, f->fabric, f->registry, &attr));
	assert_int_equal(errno, EINVAL);
}

/* At the memory's 64, 40 and then what the operations before left. */
static void requests_select_atomics(void **state)
{
	static const struct {
		struct fabric_atomic op;
		uint32_t len;
		uint64_t old, result;
	} cases[] = {
		{ { .type = TLP_FETCHADD64, .operand = 2 }, 8, 40, 42 },
		{ { .type = TLP_SWAP64, .operand = 0x100000000 - 1 }, 8, 42, 0xffffffff },
		{ { .type = TLP_FETCHADD64, .operand = 3 }, 4, 0xffffffff, 2 },
		{ { .type = TLP_CAS64, .operand = 7, .compare = 3 }, 8, 2, 2 },
		{ { .type = TLP_CAS64, .operand = 7, .compare = 2 }, 4, 2, 7 },
		{ { .type = TLP_FETCHADD64, .operand = -8 }, 8, 7, UINT64_MAX },
	};
	/* a tag whose operation would swap bytes, were it applied */
	const struct tlp_hints hints = hints_st(0xf3, 2);
	struct fixture *f = *state;
	uint64_t *target = (uint64_t *)(f->memory + 64), old;

	*target = 40;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(fabric_atomic(f->nic, BASE + 64, cases[i].len, &cases[i].op, &old,
					       &hints),
				 0);
		assert_true(old == cases[i].old);
		assert_true(*target == cases[i].result);
	}
	assert_int_equal(get(f, ACC_ATOMICS), ARRAY_SIZE(cases));
	assert_int_equal(get(f, ACC_PARTITION_ST(3)), ARRAY_SIZE(cases));
	assert_int_equal(get(f, ACC_PH(2)), ARRAY_SIZE(cases));
	assert_int_equal(get(f, ACC_OPERATION_ST(15)), 0);
	assert_int_equal(get(f, ACC_WRITES) + get(f, ACC_READS), 0);
}

static uint32_t completes_atomics(const struct pci_function *fn)
{
	return pci_config_get(fn, fn->express_cap + PCI_EXP_DEVCAP2, 4) &
	       (PCI_EXP_DEVCAP2_ATOMIC_COMP32 | PCI_EXP_DEVCAP2_ATOMIC_COMP64);
}

static void no_atomics_without_the_capability(void **state)
{
	const struct fabric_atomic op = { .type = TLP_SWAP64, .operand = 1 };
	struct accelerator_attr attr = accelerator_defaults;
	struct accelerator *accelerator;
	struct fixture *f = *state;
	struct pci_function *fn;
	uint64_t old;

	assert_int_equal(completes_atomics(f->fn),
			 PCI_EXP_DEVCAP2_ATOMIC_COMP32 | PCI_EXP_DEVCAP2_ATOMIC_COMP64);
	attr.name = "acc1";
	attr.memory_size = SIZE;
	attr.atomics = false;
	accelerator = accelerator_create(f->engine, f->fabric, f->registry, &attr);
	assert_non_null(accelerator);
	fn = accelerator_function(accelerator);
	assert_int_equal(completes_atomics(fn), 0);
	fabric_port_set_window(fn->port, ACC_MEMORY_BAR, BASE + SIZE, SIZE);
	assert_int_equal(fabric_atomic(f->nic, BASE + SIZE, 8, &op, &old, NULL), -EOPNOTSUPP);
	assert_int_equal(*(uint64_t *)fn->bars[ACC_MEMORY_BAR].memory, 0);
	accelerator_destroy(accelerator);
}

#define ACC_TEST(name, kind) cmocka_unit_test_setup_teardown(name, make_##kind, free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACC_TEST(tags_select_operations, ext),
		ACC_TEST(floats_are_added, ext),
		ACC_TEST(namespaces_are_not_confused, ext),
		ACC_TEST(ragged_ends_are_stored, ext),
		ACC_TEST(counters_count_tlps, ext),
		ACC_TEST(the_cpu_is_no_peer, ext),
		ACC_TEST(requests_select_atomics, ext),
		ACC_TEST(no_atomics_without_the_capability, ext),
		ACC_TEST(tph_completer_ignores_the_other_namespace, tph),
		ACC_TEST(no_completer_ignores_all_hints, none),
		ACC_TEST(reserved_completer_ignores_all_hints, reserved),
		ACC_TEST(registers_are_read_and_written, ext),
		ACC_TEST(reset_clears_counters_and_keeps_memory, ext),
		ACC_TEST(d3hot_keeps_counters_and_memory, ext),
		ACC_TEST(the_memory_cannot_be_taken_away, ext),
		ACC_TEST(attributes_are_checked, ext),
		ACC_TEST(options_make_the_tph_capability, ext),
		cmocka_unit_test(options_are_checked),
	};

	return cmocka_run_group_tests_name("accelerator", tests, NULL, NULL);
}
