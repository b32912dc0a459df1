// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Requests of a device: where they land, in which pieces, with which hints, and what is counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fabric/fabric.h"

#define PAGE 4096
#define BAR_BASE 0x20e006000000u
#define BAR_SIZE (4 * PAGE)

struct fixture {
	struct fabric *fabric;
	struct fabric_port *nic, *acc;
	uint8_t ram[2 * PAGE];
	uint8_t bar[BAR_SIZE];
	/* the requests that the accelerator saw: "bar+offset:len/hv,ph,st " */
	char log[4096];
};

static void note(struct fixture *f, const struct fabric_request *req)
{
	sprintf(f->log + strlen(f->log), "%u+%x:%u/%u,%u,%x ", req->bar, (unsigned int)req->offset,
		req->len, req->hints.hv, req->hints.ph, req->hints.st);
	assert_int_equal(req->requester, 0x0018);
}

static void mem_write(void *device, const struct fabric_request *req, const void *data)
{
	struct fixture *f = device;

	note(f, req);
	memcpy(f->bar + req->offset, data, req->len);
}

static void mem_read(void *device, const struct fabric_request *req, void *data)
{
	struct fixture *f = device;

	note(f, req);
	memcpy(data, f->bar + req->offset, req->len);
}

static const struct fabric_port_ops ops = { .mem_write = mem_write, .mem_read = mem_read };

static int make_ports(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct fabric_port_attr nic = { .name = "nic0", .requester = 0x0018 };
	const struct fabric_port_attr acc = {
		.name = "acc0",
		.requester = 0x0020,
		.ops = &ops,
		.device = f,
	};

	f->fabric = fabric_create();
	f->nic = fabric_port_create(f->fabric, &nic);
	f->acc = fabric_port_create(f->fabric, &acc);
	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_window(f->acc, 2, BAR_BASE, BAR_SIZE);
	fabric_map(f->nic, 0, PAGE, f->ram, true, true);
	fabric_map(f->nic, PAGE, PAGE, f->ram + PAGE, true, false);
	*state = f;
	return !f->nic || !f->acc;
}

static int free_ports(void **state)
{
	struct fixture *f = *state;

	fabric_port_destroy(f->nic);
	fabric_port_destroy(f->acc);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static const struct tlp_hints st_hints = { .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 };

static void fill(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = i * 7 + 1;
}

static void writes_are_cut_at_the_payload_size(void **state)
{
	struct fixture *f = *state;
	uint8_t data[512];

	fill(data, sizeof(data));
	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, data, 256, &st_hints), 0);
	assert_string_equal(f->log, "2+800:128/1,2,f0 2+880:128/1,2,f0 ");
	assert_memory_equal(f->bar + 0x800, data, 256);
	f->log[0] = '\0';
	fabric_port_set_sizes(f->nic, 256, 512);
	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0xff, data, 300, NULL), 0);
	assert_string_equal(f->log, "2+ff:1/0,0,0 2+100:256/0,0,0 2+200:43/0,0,0 ");
	assert_memory_equal(f->bar + 0xff, data, 300);
}

static void no_request_crosses_a_page(void **state)
{
	struct fixture *f = *state;
	uint8_t data[PAGE];

	fill(data, sizeof(data));
	fabric_port_set_sizes(f->nic, 4096, 4096);
	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0xffc, data, PAGE, NULL), 0);
	assert_string_equal(f->log, "2+ffc:4/0,0,0 2+1000:4092/0,0,0 ");
	f->log[0] = '\0';
	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0xffc, data, PAGE, NULL), 0);
	assert_string_equal(f->log, "2+ffc:4/0,0,0 2+1000:4092/0,0,0 ");
}

static void reads_are_cut_at_the_request_size(void **state)
{
	struct fixture *f = *state;
	uint8_t data[1024], got[1024];

	fill(data, sizeof(data));
	memcpy(f->bar + 0x10, data, sizeof(data));
	fabric_port_set_sizes(f->nic, 128, 512);
	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x10, got, 1024, &st_hints), 0);
	assert_string_equal(f->log, "2+10:496/1,2,f0 2+200:512/1,2,f0 2+400:16/1,2,f0 ");
	assert_memory_equal(got, data, sizeof(data));
	/* Completions come in the completer's payload size, 128 here. */
	assert_int_equal(fabric_port_counters(f->nic)->rx_completions, 4 + 4 + 1);
	assert_int_equal(fabric_port_counters(f->acc)->tx_completions, 9);
}

static void memory_is_reached_without_tlps(void **state)
{
	struct fixture *f = *state;
	uint8_t data[PAGE], got[PAGE];

	fill(data, sizeof(data));
	assert_int_equal(fabric_write(f->nic, 0, data, PAGE, &st_hints), 0);
	assert_memory_equal(f->ram, data, PAGE);
	assert_int_equal(fabric_read(f->nic, 16, got, PAGE, NULL), 0);
	assert_memory_equal(got, data + 16, PAGE - 16);
	assert_int_equal(fabric_port_counters(f->nic)->ram_write_bytes, PAGE);
	assert_int_equal(fabric_port_counters(f->nic)->ram_read_bytes, PAGE);
	assert_int_equal(fabric_port_counters(f->nic)->tx_writes, 0);
	assert_string_equal(f->log, "");
	/* Moving within memory, ranges overlapping. */
	assert_int_equal(fabric_write(f->nic, 1, f->ram, 100, NULL), 0);
	assert_memory_equal(f->ram + 1, data, 100);
}

static void a_refused_request_changes_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t data[2 * PAGE] = { 1 };

	/* The second page is read-only; behind the BAR there is nothing. */
	assert_int_equal(fabric_write(f->nic, 0, data, 2 * PAGE, NULL), -EFAULT);
	assert_int_equal(f->ram[0], 0);
	assert_int_equal(fabric_write(f->nic, BAR_BASE + BAR_SIZE - 4, data, 8, NULL), -EFAULT);
	assert_int_equal(f->bar[BAR_SIZE - 4], 0);
	assert_int_equal(fabric_read(f->nic, 2 * PAGE, data, 1, NULL), -EFAULT);
	assert_int_equal(fabric_read(f->nic, UINT64_MAX, data, 2, NULL), -EFAULT);
	assert_int_equal(fabric_check(f->nic, 0, 2 * PAGE, true), -EFAULT);
	assert_int_equal(fabric_check(f->nic, 0, 2 * PAGE, false), 0);
	assert_int_equal(fabric_check(f->nic, BAR_BASE, BAR_SIZE, true), 0);
	/* A device does not reach its own BAR over the fabric. */
	fabric_port_set_bus_master(f->acc, true);
	assert_int_equal(fabric_write(f->acc, BAR_BASE, data, 4, NULL), -EFAULT);
	assert_string_equal(f->log, "");
	assert_int_equal(fabric_port_counters(f->nic)->refused, 4);
}

static void switches_are_honoured(void **state)
{
	struct fixture *f = *state;
	uint8_t data[4] = { 0 };

	fabric_port_set_bus_master(f->nic, false);
	assert_int_equal(fabric_write(f->nic, BAR_BASE, data, 4, NULL), -EPERM);
	assert_int_equal(fabric_read(f->nic, 0, data, 4, NULL), -EPERM);
	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_link(f->nic, false);
	assert_int_equal(fabric_write(f->nic, 0, data, 4, NULL), -ENETDOWN);
	fabric_port_set_link(f->nic, true);
	fabric_port_set_link(f->acc, false);
	assert_int_equal(fabric_write(f->nic, BAR_BASE, data, 4, NULL), -ENETDOWN);
	assert_int_equal(fabric_write(f->nic, 0, data, 4, NULL), 0);
	fabric_port_set_link(f->acc, true);
	fabric_port_set_window(f->acc, 2, BAR_BASE, 0);
	assert_int_equal(fabric_write(f->nic, BAR_BASE, data, 4, NULL), -EFAULT);
}

/* QEMU maps the BARs of other devices for a device too, without memory behind them. */
static void a_mapping_without_memory_is_routed(void **state)
{
	struct fixture *f = *state;
	uint8_t data[4] = { 1, 2, 3, 4 };

	assert_int_equal(fabric_map(f->nic, BAR_BASE, BAR_SIZE, NULL, true, true), 0);
	assert_int_equal(fabric_write(f->nic, BAR_BASE, data, 4, NULL), 0);
	assert_memory_equal(f->bar, data, 4);
}

static void hints_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct tlp_hints ext = { .hv = TLP_HV_ST_EXT, .ph = 1, .st = 0xf0 };
	const struct fabric_hint_count *counts;
	uint8_t data[256] = { 0 };
	unsigned int count;

	fabric_write(f->nic, BAR_BASE, data, 256, &st_hints);
	fabric_write(f->nic, BAR_BASE, data, 4, NULL);
	fabric_write(f->nic, BAR_BASE, data, 4, &ext);
	fabric_write(f->nic, BAR_BASE, data, 4, &st_hints);
	fabric_read(f->nic, BAR_BASE, data, 4, &st_hints);
	counts = fabric_port_hint_counts(f->acc, &count);
	assert_int_equal(count, 3);
	assert_memory_equal(&counts[0].hints, &st_hints, sizeof(st_hints));
	assert_int_equal(counts[0].writes, 3);
	assert_int_equal(counts[0].write_bytes, 260);
	assert_int_equal(counts[0].reads, 1);
	assert_int_equal(counts[0].read_bytes, 4);
	assert_int_equal(counts[1].hints.hv, TLP_HV_NONE);
	assert_int_equal(counts[1].writes, 1);
	assert_memory_equal(&counts[2].hints, &ext, sizeof(ext));
	assert_int_equal(fabric_port_counters(f->acc)->rx_writes, 5);
	assert_int_equal(fabric_port_counters(f->acc)->rx_write_bytes, 268);
	assert_int_equal(fabric_port_counters(f->nic)->tx_writes, 5);
	fabric_port_hint_counts(f->nic, &count);
	assert_int_equal(count, 0);
}

static void the_table_of_hints_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct tlp_hints hints = { .hv = TLP_HV_ST_EXT };
	const struct fabric_hint_count *counts;
	unsigned int count;

	/* Twice over, and far apart, so that the look-up itself is tested. */
	for (int i = 0; i < 2 * (FABRIC_MAX_HINT_COUNTS + 5); i++) {
		hints.st = i % (FABRIC_MAX_HINT_COUNTS + 5) * 61;
		assert_int_equal(fabric_write(f->nic, BAR_BASE, "1234", 4, &hints), 0);
		f->log[0] = '\0';
	}
	counts = fabric_port_hint_counts(f->acc, &count);
	assert_int_equal(count, FABRIC_MAX_HINT_COUNTS);
	assert_int_equal(fabric_port_counters(f->acc)->hints_lost, 2 * 5);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(counts[i].hints.st, (uint16_t)(i * 61));
		assert_int_equal(counts[i].writes, 2);
	}
}

static void names_are_unique(void **state)
{
	struct fixture *f = *state;
	struct fabric_port_attr attr = { .name = "nic0" };
	char name[100];

	assert_null(fabric_port_create(f->fabric, &attr));
	assert_int_equal(errno, EEXIST);
	attr.name = "";
	assert_null(fabric_port_create(f->fabric, &attr));
	assert_int_equal(errno, EINVAL);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	attr.name = name;
	assert_null(fabric_port_create(f->fabric, &attr));
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(fabric_next_port(f->fabric, NULL), f->nic);
	assert_ptr_equal(fabric_next_port(f->fabric, f->nic), f->acc);
	assert_null(fabric_next_port(f->fabric, f->acc));
}

#define ROUTE_TEST(name) cmocka_unit_test_setup_teardown(name, make_ports, free_ports)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROUTE_TEST(writes_are_cut_at_the_payload_size),
		ROUTE_TEST(no_request_crosses_a_page),
		ROUTE_TEST(reads_are_cut_at_the_request_size),
		ROUTE_TEST(memory_is_reached_without_tlps),
		ROUTE_TEST(a_refused_request_changes_nothing),
		ROUTE_TEST(switches_are_honoured),
		ROUTE_TEST(a_mapping_without_memory_is_routed),
		ROUTE_TEST(hints_are_counted),
		ROUTE_TEST(the_table_of_hints_is_bounded),
		ROUTE_TEST(names_are_unique),
	};

	return cmocka_run_group_tests_name("fabric_route", tests, NULL, NULL);
}
