// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Requests that nobody takes: what is counted, and what a person reads. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fabric/fabric.h"

#define MIB (UINT64_C(1) << 20)

struct fixture {
	struct fabric *fabric;
	struct fabric_port *nic, *acc;
	uint8_t ram[4096];
	FILE *said;    /* standard error of the test */
	int stderr_fd; /* the real one, meanwhile */
};

static void ignore_write(void *device, const struct fabric_request *req, const void *data)
{
}

static const struct fabric_port_ops ops = { .mem_write = ignore_write };

static int set_up(void **state)
{
	const struct fabric_port_attr nic = { .name = "nic0", .requester = 0x0018 };
	const struct fabric_port_attr acc = { .name = "acc0", .requester = 0x0020, .ops = &ops };
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->fabric = fabric_create();
	f->nic = fabric_port_create(f->fabric, &nic);
	f->acc = fabric_port_create(f->fabric, &acc);
	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_window(f->acc, 2, 256 * MIB, MIB);
	fabric_map(f->nic, 0, sizeof(f->ram), f->ram, true, false);
	f->said = tmpfile();
	f->stderr_fd = dup(STDERR_FILENO);
	*state = f;
	return !f->said || f->stderr_fd < 0 || dup2(fileno(f->said), STDERR_FILENO) < 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	dup2(f->stderr_fd, STDERR_FILENO);
	close(f->stderr_fd);
	fclose(f->said);
	fabric_port_destroy(f->nic);
	fabric_port_destroy(f->acc);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static void forget(struct fixture *f)
{
	assert_int_equal(ftruncate(fileno(f->said), 0), 0);
	rewind(f->said);
}

/* One line, or none: "" */
static void assert_said(struct fixture *f, const char *expected)
{
	char text[4096] = "", line[512] = "";

	if (*expected)
		snprintf(line, sizeof(line), "%s: %s\n", program_invocation_short_name, expected);
	rewind(f->said);
	text[fread(text, 1, sizeof(text) - 1, f->said)] = '\0';
	assert_string_equal(text, line);
	forget(f);
}

static void write_to(struct fixture *f, uint64_t addr, int expected)
{
	assert_int_equal(fabric_write(f->nic, addr, "12345678", 8, NULL), expected);
}

static void assert_counts(const struct fixture *f, uint64_t refused, uint64_t lost,
			  uint64_t unexpected)
{
	const struct fabric_counters *counters = fabric_port_counters(f->nic);

	assert_int_equal(counters->refused, refused);
	assert_int_equal(counters->lost_writes, lost);
	assert_int_equal(counters->unexpected_losses, unexpected);
}

static void each_reason_is_said_once_for_an_address_range(void **state)
{
	struct fixture *f = *state;

	write_to(f, 256 * MIB, 0);
	assert_said(f, "");
	write_to(f, 512 * MIB, -EFAULT);
	write_to(f, 512 * MIB + 8, -EFAULT);
	assert_said(f, "nic0: a posted write of 8 bytes at 0x20000000 went nowhere: "
		       "no memory and no BAR takes it there");
	write_to(f, 514 * MIB, -EFAULT);
	assert_said(f, "nic0: a posted write of 8 bytes at 0x20200000 went nowhere: "
		       "no memory and no BAR takes it there");
	fabric_port_set_link(f->acc, false);
	write_to(f, 256 * MIB, -ENETDOWN);
	assert_said(f, "nic0: a posted write of 8 bytes at 0x10000000 went nowhere: "
		       "a PCIe link on its way is down");
	fabric_port_set_bus_master(f->nic, false);
	write_to(f, 256 * MIB, -EPERM);
	write_to(f, 256 * MIB, -EPERM);
	assert_said(f, "nic0: a posted write of 8 bytes at 0x10000000 went nowhere: "
		       "the device is no bus master");
	assert_counts(f, 6, 6, 6);
}

/* A real bus would deliver it, so that its requester has to fail. */
static void what_qemu_does_not_say_is_not_lost(void **state)
{
	struct fixture *f = *state;
	uint8_t data[8];

	assert_int_equal(fabric_map(f->nic, 512 * MIB, MIB, NULL, true, true), 0);
	write_to(f, 512 * MIB, -ENXIO);
	assert_said(f,
		    "nic0: a posted write of 8 bytes at 0x20000000 went nowhere: it is behind an "
		    "IOMMU that translates, and QEMU does not say where in which BAR; "
		    "boot with iommu=pt, or put both below a switch");
	assert_int_equal(fabric_read(f->nic, 512 * MIB, data, sizeof(data), NULL), -ENXIO);
	assert_said(f, "nic0: a read of 8 bytes at 0x20000000 went nowhere: it is behind an "
		       "IOMMU that translates, and QEMU does not say where in which BAR; "
		       "boot with iommu=pt, or put both below a switch");
	assert_counts(f, 2, 0, 0);
	/* What is a BAR by its address stays one when its device does not decode it. */
	assert_int_equal(fabric_map(f->nic, 256 * MIB, MIB, NULL, true, true), 0);
	fabric_port_set_window(f->acc, 2, 512 * MIB, MIB);
	write_to(f, 256 * MIB, -EFAULT);
	write_to(f, 512 * MIB, 0);
	fabric_port_set_window(f->acc, 2, 0, 0);
	write_to(f, 512 * MIB, -EFAULT);
	assert_counts(f, 4, 2, 2);
}

/* A requester gets an answer to its read, and is not the fabric's to speak for. */
static void reads_are_not_lost(void **state)
{
	struct fixture *f = *state;
	uint8_t data[8];

	assert_int_equal(fabric_read(f->nic, 512 * MIB, data, sizeof(data), NULL), -EFAULT);
	assert_said(f, "");
	assert_counts(f, 1, 0, 0);
}

/* Queues and records are read and written in place: there is memory, or nothing comes of it. */
static void what_is_done_in_place_is_counted_as_well(void **state)
{
	struct fixture *f = *state;

	assert_null(fabric_ram(f->nic, 256 * MIB, 64, true));
	fabric_refused(f->nic, 256 * MIB, 64, true);
	assert_said(f, "nic0: a posted write of 64 bytes at 0x10000000 went nowhere: "
		       "the device needs the guest's memory there, in one piece");
	assert_null(fabric_ram(f->nic, 0, 64, true));
	fabric_refused(f->nic, 0, 64, true);
	assert_said(f, "nic0: a posted write of 64 bytes at 0x0 went nowhere: "
		       "no memory and no BAR takes it there");
	fabric_refused(f->nic, 512 * MIB, 4, false);
	fabric_refused(f->nic, 512 * MIB, 4, false);
	assert_said(f, "nic0: a read of 4 bytes at 0x20000000 went nowhere: "
		       "no memory and no BAR takes it there");
	assert_counts(f, 4, 2, 2);
}

static void there_is_an_end_to_reports(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < 7; i++)
		write_to(f, (512 + 2 * i) * MIB, -EFAULT);
	forget(f);
	write_to(f, 1024 * MIB, -EFAULT);
	assert_said(f, "nic0: a posted write of 8 bytes at 0x40000000 went nowhere: "
		       "no memory and no BAR takes it there; more are only counted");
	write_to(f, 2048 * MIB, -EFAULT);
	assert_said(f, "");
	assert_counts(f, 9, 9, 9);
}

static void expected_losses_are_counted_only(void **state)
{
	struct fixture *f = *state;

	fabric_port_expect_losses(f->nic, true);
	assert_true(fabric_port_losses_expected(f->nic));
	write_to(f, 512 * MIB, -EFAULT);
	assert_said(f, "");
	assert_counts(f, 1, 1, 0);
	fabric_port_expect_losses(f->nic, false);
	write_to(f, 512 * MIB, -EFAULT);
	assert_said(f, "nic0: a posted write of 8 bytes at 0x20000000 went nowhere: "
		       "no memory and no BAR takes it there");
	assert_counts(f, 2, 2, 1);
}

int main(void)
{
#define REFUSED_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		REFUSED_TEST(each_reason_is_said_once_for_an_address_range),
		REFUSED_TEST(what_qemu_does_not_say_is_not_lost),
		REFUSED_TEST(reads_are_not_lost),
		REFUSED_TEST(what_is_done_in_place_is_counted_as_well),
		REFUSED_TEST(there_is_an_end_to_reports),
		REFUSED_TEST(expected_losses_are_counted_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
