// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Guest memory: which ranges can be mapped, and what an address leads to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fabric/fabric.h"

#define PAGE 4096

struct fixture {
	struct fabric *fabric;
	struct fabric_port *port;
	uint8_t host[8 * PAGE];
};

static int make_port(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	static const struct fabric_port_attr attr = { .name = "nic0" };

	f->fabric = fabric_create();
	f->port = fabric_port_create(f->fabric, &attr);
	fabric_port_set_bus_master(f->port, true);
	*state = f;
	return !f->port;
}

static int free_port(void **state)
{
	struct fixture *f = *state;

	fabric_port_destroy(f->port);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static void addresses_lead_into_their_mapping(void **state)
{
	struct fixture *f = *state;
	uint8_t *low = f->host, *high = f->host + PAGE;

	/* Out of order, with a gap, as a guest has it below 1 MiB. */
	assert_int_equal(fabric_map(f->port, 0xc0000, 2 * PAGE, high, true, true), 0);
	assert_int_equal(fabric_map(f->port, 0, PAGE, low, true, true), 0);
	assert_ptr_equal(fabric_ram(f->port, 0, PAGE, true), low);
	assert_ptr_equal(fabric_ram(f->port, PAGE - 1, 1, true), low + PAGE - 1);
	assert_null(fabric_ram(f->port, PAGE - 1, 2, true));
	assert_null(fabric_ram(f->port, PAGE, 1, false));
	assert_ptr_equal(fabric_ram(f->port, 0xc0000, 2 * PAGE, true), high);
	assert_ptr_equal(fabric_ram(f->port, 0xc1fff, 1, true), high + 2 * PAGE - 1);
	assert_null(fabric_ram(f->port, 0xc2000, 1, true));
	assert_null(fabric_ram(f->port, 0xbffff, 2, true));
	assert_null(fabric_ram(f->port, 0xc0000, UINT64_MAX, true));
}

static void rights_and_switches_are_honoured(void **state)
{
	struct fixture *f = *state;

	fabric_map(f->port, 0, PAGE, f->host, true, false);
	fabric_map(f->port, PAGE, PAGE, f->host, false, true);
	fabric_map(f->port, 2 * PAGE, PAGE, NULL, true, true);
	assert_non_null(fabric_ram(f->port, 0, 1, false));
	assert_null(fabric_ram(f->port, 0, 1, true));
	assert_null(fabric_ram(f->port, PAGE, 1, false));
	assert_non_null(fabric_ram(f->port, PAGE, 1, true));
	assert_null(fabric_ram(f->port, 2 * PAGE, 1, false));
	fabric_port_set_bus_master(f->port, false);
	assert_null(fabric_ram(f->port, 0, 1, false));
	fabric_port_set_bus_master(f->port, true);
	fabric_port_set_link(f->port, false);
	assert_null(fabric_ram(f->port, 0, 1, false));
}

static void ranges_do_not_overlap(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fabric_map(f->port, 2 * PAGE, 2 * PAGE, f->host, true, true), 0);
	assert_int_equal(fabric_map(f->port, PAGE, PAGE + 1, f->host, true, true), -EEXIST);
	assert_int_equal(fabric_map(f->port, 4 * PAGE - 1, 1, f->host, true, true), -EEXIST);
	assert_int_equal(fabric_map(f->port, 0, 8 * PAGE, f->host, true, true), -EEXIST);
	assert_int_equal(fabric_map(f->port, 0, 0, f->host, true, true), -EINVAL);
	assert_int_equal(fabric_map(f->port, UINT64_MAX, 2, f->host, true, true), -EINVAL);
	assert_int_equal(fabric_map(f->port, -(uint64_t)PAGE, PAGE, f->host, true, true), 0);
	assert_ptr_equal(fabric_ram(f->port, UINT64_MAX, 1, true), f->host + PAGE - 1);
	assert_int_equal(fabric_map(f->port, PAGE, PAGE, f->host, true, true), 0);
	assert_int_equal(fabric_map(f->port, 4 * PAGE, PAGE, f->host, true, true), 0);
}

static void whole_mappings_are_removed(void **state)
{
	struct fixture *f = *state;
	void *host = NULL;

	for (int i = 0; i < 4; i++)
		fabric_map(f->port, i * PAGE, PAGE, f->host + i * PAGE, true, true);
	assert_int_equal(fabric_unmap(f->port, PAGE / 2, 3 * PAGE - 1, &host), -EINVAL);
	/* The second one would be cut in two, so the first one stays as well. */
	assert_int_equal(fabric_unmap(f->port, PAGE, 2 * PAGE, &host), -EINVAL);
	assert_non_null(fabric_ram(f->port, PAGE, 1, true));
	assert_int_equal(fabric_unmap(f->port, PAGE, 2 * PAGE - 1, &host), 1);
	assert_ptr_equal(host, f->host + PAGE);
	assert_int_equal(fabric_unmap(f->port, PAGE, 2 * PAGE - 1, &host), 0);
	assert_null(fabric_ram(f->port, PAGE, 1, true));
	assert_non_null(fabric_ram(f->port, 2 * PAGE, 1, true));
	assert_int_equal(fabric_unmap(f->port, 0, UINT64_MAX, &host), 1);
	assert_int_equal(fabric_unmap(f->port, 0, UINT64_MAX, &host), 1);
	assert_int_equal(fabric_unmap(f->port, 0, UINT64_MAX, &host), 1);
	assert_int_equal(fabric_unmap(f->port, 0, UINT64_MAX, &host), 0);
	assert_null(fabric_ram(f->port, 2 * PAGE, 1, true));
}

static void mappings_are_bounded(void **state)
{
	struct fixture *f = *state;

	/* From both ends towards the middle: all places of insertion. */
	for (uint64_t i = 0; i < FABRIC_MAX_MAPPINGS; i++) {
		uint64_t slot = i % 2 ? 2 * FABRIC_MAX_MAPPINGS - i : i;

		assert_int_equal(fabric_map(f->port, slot * PAGE, PAGE, f->host, true, true), 0);
	}
	assert_int_equal(fabric_map(f->port, (uint64_t)PAGE * FABRIC_MAX_MAPPINGS, PAGE, f->host,
				    true, true),
			 -ENOSPC);
	for (uint64_t i = 0; i < FABRIC_MAX_MAPPINGS; i++) {
		uint64_t slot = i % 2 ? 2 * FABRIC_MAX_MAPPINGS - i : i;

		assert_non_null(fabric_ram(f->port, slot * PAGE, PAGE, true));
	}
}

#define PORT_TEST(name) cmocka_unit_test_setup_teardown(name, make_port, free_port)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PORT_TEST(addresses_lead_into_their_mapping),
		PORT_TEST(rights_and_switches_are_honoured),
		PORT_TEST(ranges_do_not_overlap),
		PORT_TEST(whole_mappings_are_removed),
		PORT_TEST(mappings_are_bounded),
	};

	return cmocka_run_group_tests_name("fabric_ram", tests, NULL, NULL);
}
