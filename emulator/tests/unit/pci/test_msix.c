// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* MSI-X: when an interrupt is sent, kept, or lost. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "pci/function.h"
#include "util/macros.h"

#define VECTORS 70

struct fixture {
	struct fabric *fabric;
	struct pci_function fn;
};

static int make_function(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	static const struct pci_function_ops no_ops;
	const struct pci_identity identity = { .vendor = 1 };
	const struct pci_msix_attr msix = {
		.vectors = VECTORS,
		.bar = 2,
		.table = 0,
		.pba = 0x2000,
	};

	f->fabric = fabric_create();
	if (pci_function_init(&f->fn, f->fabric, &(struct fabric_port_attr){ .name = "dev" },
			      &identity, &no_ops) ||
	    pci_add_bar(&f->fn, 2, &(struct pci_bar){ .size = 0x4000 }) ||
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

static void control(struct fixture *f, uint16_t value)
{
	pci_config_write(&f->fn, f->fn.msix.cap + PCI_MSIX_FLAGS, &value, sizeof(value));
}

static uint64_t pending(struct fixture *f, unsigned int word)
{
	uint64_t bits = 0;

	assert_int_equal(pci_bar_read(&f->fn, 2, 0x2000 + 8 * word, &bits, 8), 0);
	return bits;
}

/* How often @fd was signalled since the last call. */
static uint64_t signalled(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void capability_describes_the_table(void **state)
{
	struct fixture *f = *state;
	uint32_t words[3];

	pci_config_read(&f->fn, f->fn.msix.cap, words, sizeof(words));
	assert_int_equal(words[0], (VECTORS - 1) << 16 | PCI_CAP_ID_MSIX);
	assert_int_equal(words[1], 0 | 2);
	assert_int_equal(words[2], 0x2000 | 2);
	control(f, 0xffff);
	pci_config_read(&f->fn, f->fn.msix.cap, words, sizeof(words));
	assert_int_equal(words[0] >> 16, (VECTORS - 1) | 0xc000);
}

static void enabled_vectors_are_sent(void **state)
{
	struct fixture *f = *state;
	int fd = eventfd(0, EFD_NONBLOCK);

	control(f, PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(pci_msix_set_eventfd(&f->fn, 69, fd), 0);
	pci_msix_raise(&f->fn, 69);
	pci_msix_raise(&f->fn, 69);
	assert_int_equal(signalled(fd), 2);
	assert_int_equal(pending(f, 1), 0);
	assert_int_equal(f->fn.msix.raised, 2);
	pci_msix_raise(&f->fn, VECTORS);
	assert_int_equal(f->fn.msix.raised, 2);
}

static void masked_vectors_are_kept(void **state)
{
	struct fixture *f = *state;
	int fd = eventfd(0, EFD_NONBLOCK);

	pci_msix_set_eventfd(&f->fn, 65, dup(fd));
	pci_msix_raise(&f->fn, 65);
	pci_msix_raise(&f->fn, 65);
	assert_int_equal(signalled(fd), 0);
	assert_int_equal(pending(f, 1), 1 << 1);
	control(f, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	assert_int_equal(signalled(fd), 0);
	control(f, PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(signalled(fd), 1);
	assert_int_equal(pending(f, 1), 0);
	/* The transport masks a single vector by taking its descriptor away. */
	pci_msix_set_eventfd(&f->fn, 65, -1);
	pci_msix_raise(&f->fn, 65);
	assert_int_equal(pending(f, 1), 1 << 1);
	pci_msix_set_eventfd(&f->fn, 65, dup(fd));
	assert_int_equal(signalled(fd), 1);
	close(fd);
}

static void reset_forgets_what_was_kept(void **state)
{
	struct fixture *f = *state;
	int fd = eventfd(0, EFD_NONBLOCK);

	pci_msix_set_eventfd(&f->fn, 0, fd);
	pci_msix_raise(&f->fn, 0);
	assert_int_equal(pending(f, 0), 1);
	pci_function_reset(&f->fn);
	assert_int_equal(pending(f, 0), 0);
	control(f, PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(signalled(fd), 0);
	pci_msix_raise(&f->fn, 0);
	assert_int_equal(signalled(fd), 1);
}

static void descriptors_are_taken_over(void **state)
{
	struct fixture *f = *state;
	int first = eventfd(0, EFD_NONBLOCK), second = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(pci_msix_set_eventfd(&f->fn, VECTORS, dup(first)), -EINVAL);
	pci_msix_set_eventfd(&f->fn, 3, first);
	pci_msix_set_eventfd(&f->fn, 3, second);
	assert_int_equal(close(first), -1);
	assert_int_equal(errno, EBADF);
}

static void the_table_is_memory_and_pending_bits_are_not(void **state)
{
	struct fixture *f = *state;
	uint32_t value = 0x12345678;

	assert_int_equal(pci_bar_read(&f->fn, 2, 16 * 69 + PCI_MSIX_ENTRY_VECTOR_CTRL, &value, 4),
			 0);
	assert_int_equal(value, PCI_MSIX_ENTRY_CTRL_MASKBIT);
	value = 0xabcd1234;
	pci_bar_write(&f->fn, 2, 16, &value, 4);
	value = 0;
	pci_bar_read(&f->fn, 2, 16, &value, 4);
	assert_int_equal(value, 0xabcd1234);
	pci_bar_write(&f->fn, 2, 0x2000, &value, 4);
	assert_int_equal(pending(f, 0), 0);
	/* Behind the table, and across its end, there is nothing. */
	pci_bar_read(&f->fn, 2, 16 * VECTORS - 2, &value, 4);
	assert_int_equal(value, 0);
}

static void attributes_are_checked(void **state)
{
	struct fixture *f = *state;
	static const struct pci_msix_attr wrong[] = {
		{ .vectors = 0, .bar = 2, .pba = 0x2000 },
		{ .vectors = PCI_MAX_VECTORS + 1, .bar = 2, .pba = 0x2000 },
		{ .vectors = 1, .bar = 6, .pba = 0x2000 },
		{ .vectors = 1, .bar = 1, .pba = 0x2000 },
		{ .vectors = 1, .bar = 2, .table = 4, .pba = 0x2000 },
		{ .vectors = 1, .bar = 2, .table = 0x3ff8, .pba = 0x2000 },
		{ .vectors = 1, .bar = 2, .table = 0, .pba = 0x4000 },
		{ .vectors = 2, .bar = 2, .table = 0, .pba = 24 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(pci_add_msix(&f->fn, &wrong[i]), -EINVAL);
}

#define PCI_TEST(name) cmocka_unit_test_setup_teardown(name, make_function, free_function)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PCI_TEST(capability_describes_the_table),
		PCI_TEST(enabled_vectors_are_sent),
		PCI_TEST(masked_vectors_are_kept),
		PCI_TEST(reset_forgets_what_was_kept),
		PCI_TEST(descriptors_are_taken_over),
		PCI_TEST(the_table_is_memory_and_pending_bits_are_not),
		PCI_TEST(attributes_are_checked),
	};

	return cmocka_run_group_tests_name("pci_msix", tests, NULL, NULL);
}
