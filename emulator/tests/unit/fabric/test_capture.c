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

#include "base/registry.h"
#include "fabric/fabric.h"
#include "tlp/capture.h"
#include "tlp/capture_reader.h"

#define BAR_BASE 0x20e006000000u
#define BAR_SIZE 0x10000

struct fixture {
	struct fabric *fabric;
	struct fabric_port *nic, *acc;
	struct fabric_request last; /* as acc got it */
	unsigned int atomics;       /* that acc got */
	struct capture *capture;
	char path[64];
	FILE *file;
	struct capture_reader *reader;
};

static void mem_write(void *device, const struct fabric_request *req, const void *data)
{
	((struct fixture *)device)->last = *req;
}

/* Each byte reads as its offset. */
static void mem_read(void *device, const struct fabric_request *req, void *data)
{
	((struct fixture *)device)->last = *req;
	for (uint32_t i = 0; i < req->len; i++)
		((uint8_t *)data)[i] = req->offset + i;
}

/* Answers the first one only. */
static bool mem_atomic(void *device, const struct fabric_request *req,
		       const struct fabric_atomic *op, uint64_t *old)
{
	struct fixture *f = device;

	f->last = *req;
	*old = 0x1122334455667788;
	return !f->atomics++;
}

static const struct fabric_port_ops ops = {
	.mem_write = mem_write,
	.mem_read = mem_read,
	.mem_atomic = mem_atomic,
};

/* One port is there before the capture starts, the other comes later. */
static int make_links(void **state, enum tlp_encoding nic_link, enum tlp_encoding acc_link)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct fabric_port_attr nic = {
		.name = "nic0",
		.requester = 0x0400,
		.echo_st = true,
		.encoding = nic_link,
	};
	const struct fabric_port_attr acc = {
		.name = "acc0",
		.requester = 0x0020,
		.ops = &ops,
		.device = f,
		.encoding = acc_link,
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

static int make_ports(void **state)
{
	return make_links(state, TLP_FLIT, TLP_FLIT);
}

static int make_nonflit(void **state)
{
	return make_links(state, TLP_NONFLIT, TLP_NONFLIT);
}

static int make_nonflit_acc(void **state)
{
	return make_links(state, TLP_FLIT, TLP_NONFLIT);
}

static int make_nonflit_nic(void **state)
{
	return make_links(state, TLP_NONFLIT, TLP_FLIT);
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
	assert_int_equal(capture_flush(f->capture), 0);
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
	const struct tlp_hints hints = { .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 };
	uint8_t packet[20 + 32] = {
		0x60, 0x02, 0x00, 0x08, 0x04, 0x00, 0x00, 0xf0, 0x00, 0x00,
		0x20, 0xe0, 0x06, 0x00, 0x08, 0x00, 0x00, 0x00, 0xf0, 0x90,
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
	assert_int_equal(tlp_decode(record.encoding, record.data, record.len, tlp), TLP_OK);
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

/* The next packet is a write of @len bytes at @address, which are numbered from @first on. */
static void next_write_is(struct fixture *f, enum tlp_type type, uint64_t address, size_t len,
			  uint8_t first, const struct tlp_hints *hints)
{
	unsigned int head = address % 4;
	struct tlp tlp;

	decode_next(f, &tlp);
	assert_int_equal(tlp.type, type);
	assert_true(tlp.address == address - head);
	assert_int_equal(tlp.length, (head + len + 3) / 4);
	assert_int_equal(tlp.first_be, 0xf << head & 0xf);
	assert_int_equal(tlp.requester, 0x0400);
	assert_memory_equal(&tlp.hints, hints, sizeof(*hints));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(((const uint8_t *)tlp.payload)[head + i], (uint8_t)(first + i));
}

/* Of 128 bytes at most; each has its own address and payload, on both links. */
static void writes_become_runs_of_packets(void **state)
{
	const struct tlp_hints hints = { .hv = TLP_HV_ST_EXT, .ph = 2, .st = 0x12f0 };
	struct fixture *f = *state;
	uint8_t data[126 + 3 * 128 + 10];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	assert_int_equal(fabric_write(f->nic, BAR_BASE + 2, data, sizeof(data), &hints), 0);
	open_capture(f);
	for (int hop = 0; hop < 2; hop++)
		next_write_is(f, TLP_MWR64, BAR_BASE + 2, 126, 0, &hints);
	for (int i = 0; i < 3; i++)
		for (int hop = 0; hop < 2; hop++)
			next_write_is(f, TLP_MWR64, BAR_BASE + 128 + i * 128, 128, 126 + i * 128,
				      &hints);
	for (int hop = 0; hop < 2; hop++)
		next_write_is(f, TLP_MWR64, BAR_BASE + 512, 10, (uint8_t)510, &hints);
	ends(f);
}

static void a_run_across_4_gib_changes_its_type(void **state)
{
	const struct tlp_hints hints = { .hv = TLP_HV_ST, .ph = 1, .st = 0x21 };
	struct fixture *f = *state;
	uint8_t data[3 * 128];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	fabric_port_set_window(f->acc, 2, 0xffffff00, 0x200);
	assert_int_equal(fabric_write(f->nic, 0xffffff00, data, sizeof(data), &hints), 0);
	open_capture(f);
	for (int i = 0; i < 3; i++)
		for (int hop = 0; hop < 2; hop++)
			next_write_is(f, i < 2 ? TLP_MWR32 : TLP_MWR64, 0xffffff00 + i * 128ull,
				      128, i * 128, &hints);
	ends(f);
}

static void reads_come_with_their_completions(void **state)
{
	struct fixture *f = *state;
	const struct tlp_hints hints = { .hv = TLP_HV_ST_EXT, .ph = 1, .st = 0x1234 };
	uint8_t data[200], expected[200];
	struct tlp tlp;

	for (size_t i = 0; i < sizeof(expected); i++)
		expected[i] = 0x42 + i;
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

/* @type, with @status, of a read of @len bytes at 0x42; on both links */
static void next_completion_is(struct fixture *f, enum tlp_type type, enum tlp_status status,
			       uint32_t len, bool poisoned)
{
	struct tlp tlp;

	for (int hop = 0; hop < 2; hop++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.type, type);
		assert_int_equal(tlp.status, status);
		assert_int_equal(tlp.requester, 0x0400);
		assert_int_equal(tlp.completer, 0x0020);
		assert_int_equal(tlp.byte_count, len);
		assert_int_equal(tlp.lower_address, 0x42);
		assert_int_equal(tlp.ep, poisoned);
	}
}

static void next_is_a_read(struct fixture *f)
{
	struct tlp tlp;

	for (int hop = 0; hop < 2; hop++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.type, TLP_MRD64);
	}
}

/* Of reads by two TLPs, the first fails, and the second is not sent. */
static void reads_fail_by_their_completions(void **state)
{
	struct fixture *f = *state;
	struct fault_point *fault = fabric_port_read_fault(f->acc);
	uint64_t offset = 0x1042;
	uint8_t data[0x200];

	fault_arm(fault, FAULT_FAIL, FAULT_ANY_KEY, TLP_STATUS_CA, 0, 1);
	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x1e42, data, 0x1d0, NULL), -EREMOTEIO);
	fault_arm(fault, FAULT_FAIL, FAULT_ANY_KEY, 0, 0, 1);
	assert_int_equal(fabric_read(f->nic, BAR_BASE + offset, data, 8, NULL), -EFAULT);
	fault_arm(fault, FAULT_FAIL, offset, FABRIC_READ_POISONED, 0, 1);
	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x42, data, 8, NULL), 0);
	assert_int_equal(fabric_read(f->nic, BAR_BASE + offset, data, 8, NULL), -EBADMSG);
	assert_int_equal(fabric_port_counters(f->nic)->refused, 3);
	assert_int_equal(fabric_port_counters(f->nic)->rx_completions, 4);
	open_capture(f);
	next_is_a_read(f);
	next_completion_is(f, TLP_CPL, TLP_STATUS_CA, 0x1be, false);
	next_is_a_read(f);
	next_completion_is(f, TLP_CPL, TLP_STATUS_UR, 8, false);
	next_is_a_read(f);
	next_completion_is(f, TLP_CPLD, TLP_STATUS_SC, 8, false);
	next_is_a_read(f);
	next_completion_is(f, TLP_CPLD, TLP_STATUS_SC, 8, true);
	ends(f);
}

/* Of the 16-bit namespace */
static const struct tlp_hints wide_hints = { .hv = TLP_HV_ST_EXT, .ph = 2, .st = 0x12f0 };

#define MEMORY 0x100000000u

/* The root complex may act upon hints; its end of the link is no link of a device. */
static void requests_to_memory_are_captured_if_they_have_hints(void **state)
{
	const struct tlp_hints hints = { .hv = TLP_HV_ST, .ph = 2, .st = 0x41 };
	struct fixture *f = *state;
	uint8_t memory[0x1000], data[256];
	struct tlp tlp;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	assert_int_equal(fabric_map(f->nic, MEMORY, sizeof(memory), memory, true, true), 0);
	assert_int_equal(fabric_write(f->nic, MEMORY, data, 4, NULL), 0);
	assert_int_equal(fabric_read(f->nic, MEMORY, data, 4, NULL), 0);
	assert_int_equal(fabric_write(f->nic, MEMORY + 0x7e, data, 134, &hints), 0);
	assert_int_equal(fabric_read(f->nic, MEMORY + 0x7e, data, 6, &hints), 0);
	fabric_moved(f->nic, MEMORY, data, 4, true, NULL);
	fabric_moved(f->nic, MEMORY, data, 4, true, &hints);
	open_capture(f);
	next_write_is(f, TLP_MWR64, MEMORY + 0x7e, 2, 0, &hints);
	next_write_is(f, TLP_MWR64, MEMORY + 0x80, 128, 2, &hints);
	next_write_is(f, TLP_MWR64, MEMORY + 0x100, 4, 130, &hints);
	decode_next(f, &tlp);
	assert_int_equal(tlp.type, TLP_MRD64);
	assert_int_equal(tlp.length, 2);
	assert_int_equal(tlp.first_be, 0xc);
	assert_memory_equal(&tlp.hints, &hints, sizeof(hints));
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.type, TLP_CPLD);
		assert_int_equal(tlp.requester, 0x0400);
		assert_int_equal(tlp.completer, 0);
		assert_int_equal(tlp.byte_count, i ? 4 : 6);
	}
	next_write_is(f, TLP_MWR64, MEMORY, 4, 0, &hints);
	ends(f);
	assert_int_equal(fabric_port_counters(f->nic)->tx_writes, 0);
	assert_int_equal(fabric_port_counters(f->nic)->tx_reads, 0);
}

/* Whole DWs are asked for. */
static void so_are_they_outside_of_flit_mode(void **state)
{
	struct fixture *f = *state;
	uint8_t memory[0x1000] = "\x1\x2\x3\x4\x5\x6\x7\x8", data[8];
	struct tlp tlp;

	assert_int_equal(fabric_map(f->nic, MEMORY, sizeof(memory), memory, true, true), 0);
	assert_int_equal(fabric_read(f->nic, MEMORY + 1, data, 4, &wide_hints), 0);
	open_capture(f);
	decode_next(f, &tlp);
	assert_int_equal(tlp.type, TLP_MRD64);
	assert_int_equal(tlp.length, 2);
	assert_memory_equal(&tlp.hints, &wide_hints, sizeof(wide_hints));
	decode_next(f, &tlp);
	assert_int_equal(tlp.type, TLP_CPLD);
	assert_int_equal(tlp.byte_count, 8);
	assert_int_equal(tlp.lower_address, 0);
	assert_memory_equal(tlp.payload, "\0\x2\x3\x4\x5\0\0\0", 8);
	ends(f);
}

/* The write that a hardware analyzer saw in flit mode, with a tag of wide_hints */
#define FLIT_WRITE(hv, st_high) \
	0x60, 0x02, 0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0xe0, \
	0x06, 0x00, 0x08, 0x00, 0x00, (st_high), 0xf0, 0x80 | (hv) << 4, 'a', 'b', 'c', 'd'
#define NONFLIT_WRITE \
	0x60, 0x01, 0x00, 0x01, 0x04, 0x00, 0xf0, 0x0f, 0x00, 0x00, 0x20, 0xe0, \
	0x06, 0x00, 0x08, 0x02, 'a', 'b', 'c', 'd'

static void writes_are_captured_outside_of_flit_mode(void **state)
{
	static const uint8_t wide[] = { 0x90, 0x12, 0x00, 0x00, NONFLIT_WRITE };
	static const uint8_t narrow[] = { NONFLIT_WRITE };
	const struct tlp_hints hints = { .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 };
	struct fixture *f = *state;

	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, "abcd", 4, &wide_hints), 0);
	assert_memory_equal(&f->last.hints, &wide_hints, sizeof(wide_hints));
	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, "abcd", 4, &hints), 0);
	assert_memory_equal(&f->last.hints, &hints, sizeof(hints));
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, wide, sizeof(wide));
	next_is(f, "acc0", CAPTURE_INBOUND, wide, sizeof(wide));
	next_is(f, "nic0", CAPTURE_OUTBOUND, narrow, sizeof(narrow));
	next_is(f, "acc0", CAPTURE_INBOUND, narrow, sizeof(narrow));
	ends(f);
}

static void flit_to_nonflit_is_translated(void **state)
{
	static const uint8_t sent[] = {
		0x60, 0x02, 0x00, 0x01, 0x04, 0x00, 0x00, 0xf0, 0x00, 0x00, 0x20, 0xe0,
		0x06, 0x00, 0x08, 0x00, 0x00, 0x12, 0xf0, 0xb0, 'a',  'b',  'c',  'd',
	};
	static const uint8_t received[] = { 0x90, 0x12, 0x00, 0x00, NONFLIT_WRITE };
	struct fixture *f = *state;

	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, "abcd", 4, &wide_hints), 0);
	assert_memory_equal(&f->last.hints, &wide_hints, sizeof(wide_hints));
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, sent, sizeof(sent));
	next_is(f, "acc0", CAPTURE_INBOUND, received, sizeof(received));
	ends(f);
}

static void nonflit_to_flit_is_translated(void **state)
{
	static const uint8_t sent[] = { 0x90, 0x12, 0x00, 0x00, NONFLIT_WRITE };
	static const uint8_t received[] = { FLIT_WRITE(TLP_HV_ST_EXT, 0x12) };
	struct fixture *f = *state;

	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, "abcd", 4, &wide_hints), 0);
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, sent, sizeof(sent));
	next_is(f, "acc0", CAPTURE_INBOUND, received, sizeof(received));
	ends(f);
}

/* 00F0h and F0h are the same bits where there is no HV to tell them apart. */
static void a_small_wide_tag_arrives_as_8_bits(void **state)
{
	static const uint8_t sent[] = { NONFLIT_WRITE };
	static const uint8_t received[] = { FLIT_WRITE(TLP_HV_ST, 0) };
	const struct tlp_hints small = { .hv = TLP_HV_ST_EXT, .ph = 2, .st = 0xf0 };
	const struct tlp_hints arrives = { .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 };
	const struct fabric_hint_count *counts;
	struct fixture *f = *state;
	unsigned int count;

	assert_int_equal(fabric_write(f->nic, BAR_BASE + 0x800, "abcd", 4, &small), 0);
	assert_memory_equal(&f->last.hints, &arrives, sizeof(arrives));
	counts = fabric_port_hint_counts(f->acc, &count);
	assert_int_equal(count, 1);
	assert_memory_equal(&counts[0].hints, &arrives, sizeof(arrives));
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, sent, sizeof(sent));
	next_is(f, "acc0", CAPTURE_INBOUND, received, sizeof(received));
	ends(f);
}

/* Completions are translated as well, and have no hints in either mode. */
static void reads_are_captured_outside_of_flit_mode(void **state)
{
	static const uint8_t request[] = {
		0x90, 0x12, 0x00, 0x00, 0x20, 0x01, 0x00, 0x01, 0x04, 0x00,
		0x00, 0xf0, 0x00, 0x00, 0x20, 0xe0, 0x06, 0x00, 0x08, 0x02,
	};
	static const uint8_t completion[] = {
		0x4a, 0x00, 0x00, 0x01, 0x00, 0x20, 0x00, 0x04,
		0x04, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03,
	};
	struct fixture *f = *state;
	uint8_t data[4];

	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x800, data, 4, &wide_hints), 0);
	assert_memory_equal(&f->last.hints, &wide_hints, sizeof(wide_hints));
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, request, sizeof(request));
	next_is(f, "acc0", CAPTURE_INBOUND, request, sizeof(request));
	next_is(f, "acc0", CAPTURE_OUTBOUND, completion, sizeof(completion));
	next_is(f, "nic0", CAPTURE_INBOUND, completion, sizeof(completion));
	ends(f);
}

/* With hints no byte enables can be said: whole DWs are read, what was not asked for is dropped. */
static void ragged_reads_with_hints_become_whole(void **state)
{
	uint8_t data[8] = { 0 };
	struct fixture *f = *state;
	struct tlp tlp;

	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x43, data, 6, &wide_hints), 0);
	assert_memory_equal(data, "\x43\x44\x45\x46\x47\x48\0\0", 8);
	assert_int_equal(f->last.offset, 0x40);
	assert_int_equal(f->last.len, 12);
	assert_int_equal(fabric_read(f->nic, BAR_BASE + 0x43, data, 6, NULL), 0);
	assert_int_equal(f->last.offset, 0x43);
	assert_int_equal(f->last.len, 6);
	open_capture(f);
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.hints.st, 0x12f0);
		assert_int_equal(tlp.address, BAR_BASE + 0x40);
		assert_int_equal(tlp.length, 3);
		assert_int_equal(tlp.first_be, 0xf);
		assert_int_equal(tlp.last_be, 0xf);
	}
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.byte_count, 12);
		assert_int_equal(tlp.lower_address, 0x40);
	}
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.first_be, 0x8);
		assert_int_equal(tlp.last_be, 0x1);
	}
	for (int i = 0; i < 2; i++) {
		decode_next(f, &tlp);
		assert_int_equal(tlp.byte_count, 6);
		assert_int_equal(tlp.lower_address, 0x43);
	}
	ends(f);
}

#define ATOMIC_PAYLOAD 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01
#define ATOMIC_OLD 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11

static const struct fabric_atomic fetch_add = {
	.type = TLP_FETCHADD64,
	.operand = 0x0123456789abcdef,
};
static const struct fabric_atomic compare_and_swap = {
	.type = TLP_CAS64,
	.operand = 0x44332211,
	.compare = 0xddccbbaa,
};

/* 2.2.7, 2.2.9: OHC-B with the hints; the answer has neither them nor a lower address. */
static void atomics_are_captured_in_flit_mode(void **state)
{
	static const uint8_t request[] = {
		0x6c, 0x02, 0x00, 0x02, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,           0x20,
		0xe0, 0x06, 0x00, 0x08, 0x08, 0x00, 0x12, 0xf0, 0xb0, ATOMIC_PAYLOAD,
	};
	static const uint8_t completion[] = {
		0x4a, 0x00, 0x00, 0x02, 0x00, 0x20, 0x00, 0x00, 0x04, 0x00, 0x00, 0x08, ATOMIC_OLD,
	};
	/* refused: OHC-A5 with the status Unsupported Request */
	static const uint8_t narrow[] = {
		0x6e, 0x02, 0x00, 0x02, 0x04, 0x00, 0x00, 0x01, 0x00, 0x00, 0x20, 0xe0, 0x06, 0x00,
		0x08, 0x0c, 0x00, 0x12, 0xf0, 0xb0, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44,
	};
	static const uint8_t unsupported[] = {
		0x0a, 0x01, 0x00, 0x00, 0x00, 0x20, 0x00, 0x01,
		0x04, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01,
	};
	struct fixture *f = *state;
	uint64_t old;

	assert_int_equal(fabric_atomic(f->nic, BAR_BASE + 0x808, 8, &fetch_add, &old, &wide_hints),
			 0);
	assert_true(old == 0x1122334455667788);
	assert_int_equal(f->last.offset, 0x808);
	assert_int_equal(f->last.len, 8);
	assert_memory_equal(&f->last.hints, &wide_hints, sizeof(wide_hints));
	assert_int_equal(fabric_atomic(f->nic, BAR_BASE + 0x80c, 4, &compare_and_swap, &old,
				       &wide_hints),
			 -EOPNOTSUPP);
	assert_int_equal(fabric_port_counters(f->nic)->tx_atomics, 2);
	assert_int_equal(fabric_port_counters(f->acc)->rx_atomics, 2);
	assert_int_equal(fabric_port_counters(f->nic)->refused, 1);
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, request, sizeof(request));
	next_is(f, "acc0", CAPTURE_INBOUND, request, sizeof(request));
	next_is(f, "acc0", CAPTURE_OUTBOUND, completion, sizeof(completion));
	next_is(f, "nic0", CAPTURE_INBOUND, completion, sizeof(completion));
	next_is(f, "nic0", CAPTURE_OUTBOUND, narrow, sizeof(narrow));
	next_is(f, "acc0", CAPTURE_INBOUND, narrow, sizeof(narrow));
	next_is(f, "acc0", CAPTURE_OUTBOUND, unsupported, sizeof(unsupported));
	next_is(f, "nic0", CAPTURE_INBOUND, unsupported, sizeof(unsupported));
	ends(f);
}

/* Table 2-19: ST[7:0] in the place of byte enables, PH below the address, ST[15:8] in a prefix. */
static void atomics_are_captured_outside_of_flit_mode(void **state)
{
	static const uint8_t request[] = {
		0x90, 0x12, 0x00, 0x00, 0x6c, 0x01, 0x00, 0x02, 0x04, 0x00,           0x00,
		0xf0, 0x00, 0x00, 0x20, 0xe0, 0x06, 0x00, 0x08, 0x0a, ATOMIC_PAYLOAD,
	};
	static const uint8_t completion[] = {
		0x4a, 0x00, 0x00, 0x02, 0x00, 0x20, 0x00, 0x08, 0x04, 0x00, 0x00, 0x00, ATOMIC_OLD,
	};
	struct fixture *f = *state;
	uint64_t old;

	assert_int_equal(fabric_atomic(f->nic, BAR_BASE + 0x808, 8, &fetch_add, &old, &wide_hints),
			 0);
	assert_memory_equal(&f->last.hints, &wide_hints, sizeof(wide_hints));
	open_capture(f);
	next_is(f, "nic0", CAPTURE_OUTBOUND, request, sizeof(request));
	next_is(f, "acc0", CAPTURE_INBOUND, request, sizeof(request));
	next_is(f, "acc0", CAPTURE_OUTBOUND, completion, sizeof(completion));
	next_is(f, "nic0", CAPTURE_INBOUND, completion, sizeof(completion));
	ends(f);
}

/* What is not aligned, not there, or memory of the guest never becomes a TLP. */
static void impossible_atomics_are_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t ram[64] = { 0 };
	uint64_t old;

	assert_int_equal(fabric_map(f->nic, 0x1000, sizeof(ram), ram, true, true), 0);
	assert_int_equal(fabric_atomic(f->nic, BAR_BASE + 4, 8, &fetch_add, &old, NULL), -EFAULT);
	assert_int_equal(fabric_atomic(f->nic, BAR_BASE + BAR_SIZE, 8, &fetch_add, &old, NULL),
			 -EFAULT);
	assert_int_equal(fabric_atomic(f->nic, 0x1000, 8, &fetch_add, &old, NULL), -EFAULT);
	fabric_port_set_bus_master(f->nic, false);
	assert_int_equal(fabric_atomic(f->nic, BAR_BASE, 8, &fetch_add, &old, NULL), -EPERM);
	assert_int_equal(f->atomics, 0);
	open_capture(f);
	ends(f);
}

#define LINKS_TEST(name, make) cmocka_unit_test_setup_teardown(name, make, free_ports)
#define CAPTURE_TEST(name) LINKS_TEST(name, make_ports)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(writes_are_as_an_analyzer_saw_them),
		CAPTURE_TEST(ragged_ends_have_byte_enables),
		CAPTURE_TEST(writes_become_runs_of_packets),
		LINKS_TEST(writes_become_runs_of_packets, make_nonflit),
		LINKS_TEST(writes_become_runs_of_packets, make_nonflit_acc),
		LINKS_TEST(writes_become_runs_of_packets, make_nonflit_nic),
		CAPTURE_TEST(a_run_across_4_gib_changes_its_type),
		LINKS_TEST(a_run_across_4_gib_changes_its_type, make_nonflit_acc),
		CAPTURE_TEST(reads_come_with_their_completions),
		CAPTURE_TEST(reads_fail_by_their_completions),
		CAPTURE_TEST(requests_to_memory_are_captured_if_they_have_hints),
		LINKS_TEST(so_are_they_outside_of_flit_mode, make_nonflit),
		LINKS_TEST(writes_are_captured_outside_of_flit_mode, make_nonflit),
		LINKS_TEST(flit_to_nonflit_is_translated, make_nonflit_acc),
		LINKS_TEST(nonflit_to_flit_is_translated, make_nonflit_nic),
		LINKS_TEST(a_small_wide_tag_arrives_as_8_bits, make_nonflit_nic),
		LINKS_TEST(reads_are_captured_outside_of_flit_mode, make_nonflit),
		LINKS_TEST(ragged_reads_with_hints_become_whole, make_nonflit),
		LINKS_TEST(ragged_reads_with_hints_become_whole, make_nonflit_acc),
		CAPTURE_TEST(atomics_are_captured_in_flit_mode),
		LINKS_TEST(atomics_are_captured_outside_of_flit_mode, make_nonflit),
		CAPTURE_TEST(impossible_atomics_are_refused),
	};

	return cmocka_run_group_tests_name("fabric_capture", tests, NULL, NULL);
}
