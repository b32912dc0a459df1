// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What a capture of the fabric holds: the packets of both links, to the byte. */
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
#include "tlp/capture.h"
#include "tlp/capture_reader.h"

#define BAR_BASE 0x20e006000000u
#define BAR_SIZE 0x10000

struct fixture {
	struct fabric *fabric;
	struct fabric_port *nic, *acc;
	struct capture *capture;
	char path[64];
	FILE *file;
	struct capture_reader *reader;
};

static void mem_write(void *device, const struct fabric_request *req, const void *data)
{
}

static void mem_read(void *device, const struct fabric_request *req, void *data)
{
	memset(data, 0xab, req->len);
}

static const struct fabric_port_ops ops = { .mem_write = mem_write, .mem_read = mem_read };

/* One port is there before the capture starts, the other comes later. */
static int make_ports(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct fabric_port_attr nic = {
		.name = "nic0", .requester = 0x0400, .echo_st = true,
	};
	const struct fabric_port_attr acc = {
		.name = "acc0", .requester = 0x0020, .ops = &ops, .device = f,
	};

	strcpy(f->path, "/tmp/fabric_capture.XXXXXX");
	close(mkstemp(f->path));
	if (capture_create(f->path, 0, &f->capture))
		return -1;
	f->fabric = fabric_create();
	f->nic = fabric_port_create(f->fabric, &nic);
	if (fabric_set_capture(f->fabric, f->capture))
		return -1;
	f->acc = fabric_port_create(f->fabric, &acc);
	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_window(f->acc, 2, BAR_BASE, BAR_SIZE);
	*state = f;
	return 0;
}

static int free_ports(void **state)
{
	struct fixture *f = *state;

	capture_reader_close(f->reader);
	fclose(f->file);
	unlink(f->path);
	fabric_port_destroy(f->nic);
	fabric_port_destroy(f->acc);
	fabric_destroy(f->fabric);
	capture_close(f->capture);
	free(f);
	return 0;
}

static void open_capture(struct fixture *f)
{
	assert_int_equal(fabric_capture_flush(f->fabric), 0);
	f->file = fopen(f->path, "rb");
	assert_non_null(f->file);
	assert_int_equal(capture_reader_create(f->file, &f->reader), 0);
}

static void next_is(struct fixture *f, const char *link, uint32_t direction, const void *bytes,
		    size_t len)
{
	struct capture_record record;

	assert_int_equal(capture_reader_next(f->reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.link, link);
	assert_int_equal(record.direction, direction);
	assert_int_equal(record.len, len);
	assert_memory_equal(record.data, bytes, len);
}

static void ends(struct fixture *f)
{
	struct capture_record record;

	assert_int_equal(capture_reader_next(f->reader, &record), CAPTURE_END);
	assert_int_equal(fabric_port_counters(f->nic)->capture_errors, 0);
	assert_int_equal(fabric_port_counters(f->acc)->capture_errors, 0);
}

/* The case that a hardware analyzer saw: 8-bit tag 0xf0, hint 2, 32 bytes to 20e0_0600_0800. */
static void writes_are_as_an_analyzer_saw_them(void **state)
{
	struct fixture *f = *state;
	const struct tlp_hints hints = { .hv = TLP_HV_ST8, .ph = 2, .st = 0xf0 };
	uint8_t packet[20 + 32] = {
		0x60, 0x02, 0x00, 0x08, 0x04, 0x00, 0x00, 0xf0, 0x00, 0x00, 0x20, 0xe0,
		0x06, 0x00, 0x08, 0x00, 0x00, 0x00, 0xf0, 0x90,
	};
	uint8_t data[32];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = packet[20 + i] = i + 1;
	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, data, sizeof(data), &hints), 0);
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, packet, sizeof(packet));
	next_is(f, "acc0", CAPTURE_INBOUND, packet, sizeof(packet));
	ends(f);
}

static void decode_next(struct fixture *f, struct tlp *tlp)
{
	struct capture_record record;

	assert_int_equal(capture_reader_next(f->reader, &record), CAPTURE_RECORD);
	assert_int_equal(tlp_flit_decode(record.data, record.len, tlp), TLP_OK);
}

static void ragged_ends_have_byte_enables(void **state)
{
	struct fixture *f = *state;
	struct tlp tlp;

	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x803, "abcdef", 6, NULL), 0);
	open_capture(f);
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.address, BAR_BASE + 0x800);
		assert_int_equal(tlp.length, 3);
		assert_int_equal(tlp.first_be, 0x8);
		assert_int_equal(tlp.last_be, 0x1);
		assert_int_equal(tlp.hints.hv, TLP_HV_NONE);
		assert_memory_equal(tlp.payload, "\0\0\0abcdef\0\0\0", 12);
	}
	ends(f);
}

static void reads_and_their_completions(void **state)
{
	struct fixture *f = *state;
	const struct tlp_hints hints = { .hv = TLP_HV_ST16, .ph = 1, .st = 0x1234 };
	uint8_t data[200], expected[200];
	struct tlp tlp;

	memset(expected, 0xab, sizeof(expected));
	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x42, data, 200, &hints), 0);
	assert_int_equal(fabric_read(f->nic, BAR_BASE, data, 4, NULL), 0);
	open_capture(f);
	decode_next(f, &tlp);
	assert_int_equal(tlp.type, TLP_MRD64);
	assert_int_equal(tlp.requester, 0x0400);
	assert_int_equal(tlp.tag, 0);
	assert_int_equal(tlp.length, 51);
	assert_int_equal(tlp.first_be, 0xc);
	assert_int_equal(tlp.last_be, 0x3);
	assert_memory_equal(&tlp.hints, &hints, sizeof(hints));
	decode_next(f, &tlp);
	/* From 0x42 to the next multiple of 128, then the rest. */
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.type, TLP_CPLD);
		assert_int_equal(tlp.requester, 0x0400);
		assert_int_equal(tlp.completer, 0x0020);
		assert_int_equal(tlp.byte_count, 200);
		assert_int_equal(tlp.lower_address, 0x42);
		assert_int_equal(tlp.length, 16);
		assert_memory_equal((const uint8_t *)tlp.payload + 2, expected, 62);
	}
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.byte_count, 138);
		assert_int_equal(tlp.lower_address, 0);
	}
	decode_next(f, &tlp);
	decode_next(f, &tlp);
	assert_int_equal(tlp.byte_count, 10);
	assert_int_equal(tlp.length, 3);
	decode_next(f, &tlp);
	assert_int_equal(tlp.type, TLP_MRD64);
	assert_int_equal(tlp.tag, 1);
}

#define CAPTURE_TEST(name) cmocka_unit_test_setup_teardown(name, make_ports, free_ports)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(writes_are_as_an_analyzer_saw_them),
		CAPTURE_TEST(ragged_ends_have_byte_enables),
		CAPTURE_TEST(reads_and_their_completions),
	};

	return cmocka_run_group_tests_name("fabric_capture", tests, NULL, NULL);
}
