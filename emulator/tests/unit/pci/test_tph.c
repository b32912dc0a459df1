// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The TPH Requester capability, and the hints that its registers lead to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "pci/function.h"
#include "util/macros.h"

#define VECTORS 4

struct fixture {
	struct fabric *fabric;
	struct pci_function fn;
};

static int make_function(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	static const struct pci_function_ops no_ops;
	const struct pci_identity identity = { .vendor = 1 };
	const struct pci_msix_attr msix = { .vectors = VECTORS, .bar = 2, .pba = 0x800 };

	f->fabric = fabric_create();
	if (pci_function_init(&f->fn, f->fabric, &(struct fabric_port_attr){ .name = "dev" },
			      &identity, &no_ops) ||
	    pci_add_bar(&f->fn, 2, &(struct pci_bar){ .size = 4096 }) ||
	    pci_add_msix(&f->fn, &msix))
		return -1;
	*state = f;
	return 0;
}

static int free_function(void **state)
{
	struct fixture *f = *state;

	pci_function_fini(&f->fn);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static void add(struct fixture *f, enum pci_tph_table table, unsigned int entries, bool extended)
{
	const struct pci_tph_attr attr = {
		.interrupt_vector = true,
		.device_specific = true,
		.extended = extended,
		.table = table,
		.entries = entries,
	};

	assert_int_equal(pci_add_tph(&f->fn, &attr), 0);
}

static uint32_t get(struct fixture *f, unsigned int offset, size_t len)
{
	uint32_t value = 0;

	pci_config_read(&f->fn, f->fn.tph_cap + offset, &value, len);
	return value;
}

static void set(struct fixture *f, unsigned int offset, uint32_t value, size_t len)
{
	pci_config_write(&f->fn, f->fn.tph_cap + offset, &value, len);
}

static void enable(struct fixture *f, uint32_t mode, uint32_t type)
{
	set(f, PCI_TPH_CTRL, mode | type << 8, 4);
}

static void expect_chosen(struct fixture *f, const struct pci_tph_choice *choice,
			  struct tlp_hints expected)
{
	struct tlp_hints got = pci_tph_hints(&f->fn, choice);

	assert_int_equal(got.hv, expected.hv);
	assert_int_equal(got.ph, expected.ph);
	assert_int_equal(got.st, expected.st);
}

/* @index: of the ST table, in either mode that has one */
static void expect(struct fixture *f, unsigned int index, uint8_t ph, struct tlp_hints expected)
{
	const struct pci_tph_choice choice = { .st = index, .vector = index, .ph = ph };

	expect_chosen(f, &choice, expected);
}

static void registers_are_in_the_capability(void **state)
{
	struct fixture *f = *state;

	add(f, PCI_TPH_TABLE_CAPABILITY, 64, true);
	assert_int_equal(get(f, 0, 4), 0x00010017);
	assert_int_equal(get(f, PCI_TPH_CAP, 4), 0x003f0307);
	assert_int_equal(get(f, PCI_TPH_CTRL, 4), 0);
	set(f, PCI_TPH_CTRL, UINT32_MAX, 4);
	assert_int_equal(get(f, PCI_TPH_CTRL, 4), 0x307);
	set(f, PCI_TPH_BASE_SIZEOF + 2 * 63, 0xabcd, 2);
	assert_int_equal(pci_tph_st(&f->fn, 63), 0xabcd);
	assert_int_equal(pci_tph_st(&f->fn, 62), 0);
	assert_int_equal(pci_tph_st(&f->fn, 64), 0);
	assert_int_equal(pci_tph_entries(&f->fn), 64);
	set(f, PCI_TPH_BASE_SIZEOF + 2 * 64, 0xabcd, 2);
	assert_int_equal(get(f, PCI_TPH_BASE_SIZEOF + 2 * 64, 2), 0);
}

static void eight_bit_requesters_have_eight_bit_entries(void **state)
{
	struct fixture *f = *state;

	add(f, PCI_TPH_TABLE_CAPABILITY, 2, false);
	assert_int_equal(get(f, PCI_TPH_CAP, 4), 0x00010207);
	set(f, PCI_TPH_BASE_SIZEOF, 0xabcd, 2);
	assert_int_equal(pci_tph_st(&f->fn, 0), 0xcd);
	set(f, PCI_TPH_CTRL, UINT32_MAX, 4);
	assert_int_equal(pci_tph_requester(&f->fn), PCI_TPH_REQ_TPH_ONLY);
}

static void hints_follow_type_and_mode(void **state)
{
	struct fixture *f = *state;
	const struct tlp_hints none = { 0 };

	add(f, PCI_TPH_TABLE_CAPABILITY, 8, true);
	set(f, PCI_TPH_BASE_SIZEOF + 2 * 5, 0x12f0, 2);
	expect(f, 5, 2, none);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	expect(f, 5, 2, (struct tlp_hints){ .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 });
	expect(f, 4, 3, (struct tlp_hints){ .hv = TLP_HV_ST, .ph = 3 });
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	expect(f, 5, 1, (struct tlp_hints){ .hv = TLP_HV_ST_EXT, .ph = 1, .st = 0x12f0 });
	enable(f, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	expect(f, 5, 0, (struct tlp_hints){ .hv = TLP_HV_ST_EXT, .st = 0x12f0 });
	enable(f, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_EXT_TPH);
	expect(f, 5, 2, (struct tlp_hints){ .hv = TLP_HV_ST_EXT, .ph = 2 });
	/* Reserved mode and reserved type. */
	enable(f, 7, PCI_TPH_REQ_EXT_TPH);
	expect(f, 5, 2, (struct tlp_hints){ .hv = TLP_HV_ST_EXT, .ph = 2 });
	enable(f, PCI_TPH_ST_DS_MODE, 2);
	assert_int_equal(pci_tph_requester(&f->fn), PCI_TPH_REQ_DISABLE);
	expect(f, 5, 2, none);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	pci_function_reset(&f->fn);
	expect(f, 5, 2, none);
	assert_int_equal(pci_tph_st(&f->fn, 5), 0);
}

static void disabling_writes_are_counted(void **state)
{
	struct fixture *f = *state;

	add(f, PCI_TPH_TABLE_CAPABILITY, 8, true);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE);
	assert_int_equal(f->fn.tph_windows.count, 0);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	set(f, PCI_TPH_BASE_SIZEOF, 0x42, 2);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	assert_int_equal(f->fn.tph_windows.count, 0);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE);
	assert_int_equal(f->fn.tph_windows.count, 1);
	/* The reserved type enables nothing. */
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	enable(f, PCI_TPH_ST_DS_MODE, 2);
	assert_int_equal(f->fn.tph_windows.count, 2);
	/* Nobody writes the register when the function is reset. */
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	pci_function_reset(&f->fn);
	assert_int_equal(f->fn.tph_windows.count, 2);
}

#define CONTROL_VALUES 32 /* of mode and type */

static void expect_seen(struct fixture *f, const uint32_t *values, size_t count)
{
	size_t seen = 0;

	for (unsigned int i = 0; i < CONTROL_VALUES; i++)
		seen += pci_tph_control_seen(&f->fn, i % 8 | i / 8 << 8);
	assert_int_equal(seen, count);
	for (size_t i = 0; i < count; i++)
		assert_true(pci_tph_control_seen(&f->fn, values[i]));
}

static void control_values_are_remembered(void **state)
{
	static const uint32_t at_first[] = { 0 }, written[] = { 0, 0x102, 0x305, 0x300 };
	static const uint32_t afterwards[] = { 0x300, 0 }, at_last[] = { 0 };
	struct fixture *f = *state;

	add(f, PCI_TPH_TABLE_CAPABILITY, 8, true);
	expect_seen(f, at_first, ARRAY_SIZE(at_first));
	set(f, PCI_TPH_CTRL, 0xfffffd02, 4);
	set(f, PCI_TPH_CTRL, 0x305, 4);
	set(f, PCI_TPH_CTRL, 0, 1);
	assert_int_equal(pci_tph_control(&f->fn), 0x300);
	expect_seen(f, written, ARRAY_SIZE(written));
	/* Bits that the register does not have are no values of it. */
	assert_false(pci_tph_control_seen(&f->fn, 0x8102));
	pci_tph_control_forget(&f->fn);
	pci_function_reset(&f->fn);
	expect_seen(f, afterwards, ARRAY_SIZE(afterwards));
	pci_tph_control_forget(&f->fn);
	expect_seen(f, at_last, ARRAY_SIZE(at_last));
}

static void ignore_write(void *device, const struct fabric_request *req, const void *data)
{
}

static void send_tlps(struct fixture *f, unsigned int count)
{
	while (count--)
		assert_int_equal(fabric_write(f->fn.port, 0x1000, "1234", 4, NULL), 0);
}

static void expect_windows(struct fixture *f, uint64_t tlps, uint64_t most, uint64_t accesses)
{
	assert_int_equal(f->fn.tph_windows.tlps, tlps);
	assert_int_equal(f->fn.tph_windows.most_tlps, most);
	assert_int_equal(f->fn.tph_windows.most_accesses, accesses);
}

static void windows_tell_what_was_sent_in_them(void **state)
{
	static const struct fabric_port_ops ops = { .mem_write = ignore_write };
	struct fixture *f = *state;
	struct fabric_port *peer;

	peer = fabric_port_create(f->fabric,
				  &(struct fabric_port_attr){ .name = "peer", .ops = &ops });
	fabric_port_set_window(peer, 0, 0x1000, 0x1000);
	add(f, PCI_TPH_TABLE_CAPABILITY, 8, true);
	fabric_port_set_bus_master(f->fn.port, true);
	send_tlps(f, 1);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	send_tlps(f, 1);
	expect_windows(f, 0, 0, 0);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE);
	send_tlps(f, 5);
	expect_windows(f, 0, 0, 0);
	get(f, PCI_TPH_CAP, 4);
	set(f, PCI_TPH_BASE_SIZEOF, 0x42, 2);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	expect_windows(f, 5, 5, 3);
	send_tlps(f, 1);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE);
	send_tlps(f, 2);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	expect_windows(f, 7, 5, 3);
	/* One that a reset ends is none that a driver made for a write of its table. */
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE);
	pci_function_reset(&f->fn);
	fabric_port_set_bus_master(f->fn.port, true);
	send_tlps(f, 9);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	expect_windows(f, 7, 5, 3);
	fabric_port_destroy(peer);
}

static void modes_the_device_lacks_select_nothing(void **state)
{
	struct fixture *f = *state;
	const struct pci_tph_attr attr = {
		.device_specific = true,
		.table = PCI_TPH_TABLE_CAPABILITY,
		.entries = 2,
	};

	assert_int_equal(pci_add_tph(&f->fn, &attr), 0);
	set(f, PCI_TPH_BASE_SIZEOF, 0x42, 2);
	enable(f, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY);
	expect(f, 0, 1, (struct tlp_hints){ .hv = TLP_HV_ST, .ph = 1 });
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	expect(f, 0, 1, (struct tlp_hints){ .hv = TLP_HV_ST, .ph = 1, .st = 0x42 });
}

static void each_mode_has_its_own_choice(void **state)
{
	const struct pci_tph_choice choice = { .st = 1, .vector = 2, .ph = 3 };
	struct fixture *f = *state;

	add(f, PCI_TPH_TABLE_CAPABILITY, 3, true);
	set(f, PCI_TPH_BASE_SIZEOF + 2, 0x1111, 2);
	set(f, PCI_TPH_BASE_SIZEOF + 4, 0x2222, 2);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	expect_chosen(f, &choice, (struct tlp_hints){ TLP_HV_ST_EXT, 3, 0x1111 });
	enable(f, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	expect_chosen(f, &choice, (struct tlp_hints){ TLP_HV_ST_EXT, 3, 0x2222 });
	enable(f, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_EXT_TPH);
	expect_chosen(f, &choice, (struct tlp_hints){ TLP_HV_ST_EXT, 3, 0 });
}

static void without_a_table_the_index_is_the_tag(void **state)
{
	const struct pci_tph_attr attr = { .device_specific = true };
	struct fixture *f = *state;

	assert_int_equal(pci_add_tph(&f->fn, &attr), 0);
	assert_int_equal(get(f, PCI_TPH_CAP, 4), 0x00000005);
	enable(f, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	expect(f, 0xf0, 2, (struct tlp_hints){ .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 });
	assert_int_equal(pci_tph_st(&f->fn, 0xf0), 0);
	assert_int_equal(pci_tph_entries(&f->fn), 0);
}

static void a_table_in_msix_is_in_vector_control(void **state)
{
	struct fixture *f = *state;
	uint32_t vector_control = 0x56780001;

	add(f, PCI_TPH_TABLE_MSIX, VECTORS, true);
	assert_int_equal(get(f, PCI_TPH_CAP, 4), 0x00030507);
	pci_bar_write(&f->fn, 2, 16 * 3 + PCI_MSIX_ENTRY_VECTOR_CTRL, &vector_control, 4);
	assert_int_equal(pci_tph_st(&f->fn, 3), 0x5678);
	enable(f, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	expect(f, 3, 0, (struct tlp_hints){ .hv = TLP_HV_ST_EXT, .st = 0x5678 });
	expect(f, 4, 0, (struct tlp_hints){ .hv = TLP_HV_ST_EXT });
}

static void attributes_are_checked(void **state)
{
	struct fixture *f = *state;
	static const struct pci_tph_attr wrong[] = {
		{ .table = PCI_TPH_TABLE_NONE, .entries = 1 },
		{ .table = PCI_TPH_TABLE_CAPABILITY, .entries = 0 },
		{ .table = PCI_TPH_TABLE_CAPABILITY, .entries = 65 },
		{ .table = PCI_TPH_TABLE_MSIX, .entries = VECTORS + 1 },
		{ .table = PCI_TPH_TABLE_MSIX, .entries = 0 },
		{ .table = PCI_TPH_TABLE_NONE, .interrupt_vector = true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(pci_add_tph(&f->fn, &wrong[i]), -EINVAL);
	assert_int_equal(pci_tph_requester(&f->fn), PCI_TPH_REQ_DISABLE);
	expect(f, 0, 3, (struct tlp_hints){ 0 });
}

#define PCI_TEST(name) cmocka_unit_test_setup_teardown(name, make_function, free_function)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PCI_TEST(registers_are_in_the_capability),
		PCI_TEST(eight_bit_requesters_have_eight_bit_entries),
		PCI_TEST(hints_follow_type_and_mode),
		PCI_TEST(disabling_writes_are_counted),
		PCI_TEST(control_values_are_remembered),
		PCI_TEST(windows_tell_what_was_sent_in_them),
		PCI_TEST(modes_the_device_lacks_select_nothing),
		PCI_TEST(each_mode_has_its_own_choice),
		PCI_TEST(without_a_table_the_index_is_the_tag),
		PCI_TEST(a_table_in_msix_is_in_vector_control),
		PCI_TEST(attributes_are_checked),
	};

	return cmocka_run_group_tests_name("pci_tph", tests, NULL, NULL);
}
