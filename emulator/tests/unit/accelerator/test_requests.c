// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Requests of the DMA engine: how a job is cut into them, and which hints they carry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "machine.h"
#include "tlp/capture.h"
#include "tlp/capture_reader.h"
#include "util/macros.h"

static void expect_requests(struct machine *m, const uint32_t (*requests)[2], unsigned int count)
{
	assert_int_equal(m->count, count);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(m->requests[i].offset, requests[i][0]);
		assert_int_equal(m->requests[i].len, requests[i][1]);
		assert_int_equal(m->requests[i].requester, accelerator_defaults.requester);
		assert_int_equal(m->requests[i].bar, 2);
	}
}

/* Payload 256, read requests of 1024 bytes. */
static void requests_are_as_long_as_they_may_be(void **state)
{
	static const uint32_t writes[][2] = {
		{ 0xf80, 0x80 },
		{ 0x1000, 0x100 },
		{ 0x1100, 0x100 },
		{ 0x1200, 0x4 },
	};
	static const uint32_t reads[][2] = { { 0xf80, 0x80 }, { 0x1000, 0x204 } };
	struct machine *m = *state;

	machine_config_write(m, m->fn->express_cap + PCI_EXP_DEVCTL, 1 << 5 | 3 << 12, 2);
	machine_run(m, &(struct job){ 4, PEER + 0xf80, 0x284, .flags = ACC_DMA_SOURCE_LOCAL },
		    ACC_DMA_OK);
	expect_requests(m, writes, ARRAY_SIZE(writes));
	machine_run(m, &(struct job){ PEER + 0xf80, 4, 0x284, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_OK);
	expect_requests(m, reads, ARRAY_SIZE(reads));
	/* However long the job is: the turns that it takes cut no request in two. */
	machine_run(m, &(struct job){ 4, PEER + 0xf80, 0x1084, .flags = ACC_DMA_SOURCE_LOCAL },
		    ACC_DMA_OK);
	assert_int_equal(m->count, 1 + 16 + 1);
	machine_run(m, &(struct job){ PEER + 0xf80, 4, 0x1084, .flags = ACC_DMA_DESTINATION_LOCAL },
		    ACC_DMA_OK);
	assert_int_equal(m->count, 1 + 4 + 1);
}

/* What follows from the control register, for a job with index 1 and vector 2, PH 3. */
static const struct {
	uint32_t mode, requester;
	struct tlp_hints hints;
} hints_due[] = {
	{ PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_DISABLE, { TLP_HV_NONE, 0, 0 } },
	{ PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_TPH_ONLY, { TLP_HV_ST, 3, 0 } },
	{ PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY, { TLP_HV_ST, 3, 0x22 } },
	{ PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY, { TLP_HV_ST, 3, 0x11 } },
	{ PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_EXT_TPH, { TLP_HV_ST_EXT, 3, 0 } },
	{ PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH, { TLP_HV_ST_EXT, 3, 0xa122 } },
	{ PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH, { TLP_HV_ST_EXT, 3, 0xa111 } },
};

static void expect_hints(struct machine *m, unsigned int index, const struct tlp_hints *hints)
{
	assert_int_equal(m->requests[index].hints.hv, hints->hv);
	assert_int_equal(m->requests[index].hints.ph, hints->ph);
	assert_int_equal(m->requests[index].hints.st, hints->st);
}

/* From one place in the peer to another: a read, then a write */
static struct job peer_to_peer(uint32_t flags)
{
	return (struct job){ PEER, PEER + PAGE, 64, .flags = flags, .st = 1, .ph = 3, .vector = 2 };
}

static void hints_are_those_of_the_capability(void **state)
{
	const struct job job = peer_to_peer(HINTS);
	struct machine *m = *state;

	machine_set_entry(m, 1, 0xa111);
	machine_set_entry(m, 2, 0xa122);
	for (size_t i = 0; i < ARRAY_SIZE(hints_due); i++) {
		machine_control(m, hints_due[i].mode, hints_due[i].requester);
		machine_run(m, &job, ACC_DMA_OK);
		assert_int_equal(m->count, 2);
		expect_hints(m, 0, &hints_due[i].hints);
		expect_hints(m, 1, &hints_due[i].hints);
	}
}

static void each_direction_asks_for_its_hints(void **state)
{
	static const struct tlp_hints none, due = { TLP_HV_ST_EXT, 3, 0xa111 };
	const struct job neither = peer_to_peer(0);
	const struct job reads = peer_to_peer(ACC_DMA_READ_HINTS);
	const struct job writes = peer_to_peer(ACC_DMA_WRITE_HINTS);
	struct machine *m = *state;

	machine_set_entry(m, 1, 0xa111);
	machine_control(m, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(m, &neither, ACC_DMA_OK);
	expect_hints(m, 0, &none);
	expect_hints(m, 1, &none);
	machine_run(m, &reads, ACC_DMA_OK);
	expect_hints(m, 0, &due);
	expect_hints(m, 1, &none);
	machine_run(m, &writes, ACC_DMA_OK);
	expect_hints(m, 0, &none);
	expect_hints(m, 1, &due);
}

static void without_a_table_jobs_have_the_tag_itself(void **state)
{
	static const struct tlp_hints narrow = { TLP_HV_ST, 3, 0xf0 };
	static const struct tlp_hints wide = { TLP_HV_ST_EXT, 3, 0x12f0 };
	struct job job = peer_to_peer(HINTS);
	struct accelerator_attr attr = machine_attr();
	struct machine *m = *state;

	attr.tph.table = PCI_TPH_TABLE_NONE;
	attr.tph.interrupt_vector = false;
	machine_remake(m, &attr);
	job.st = 0x12f0;
	machine_control(m, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	machine_run(m, &job, ACC_DMA_OK);
	expect_hints(m, 1, &narrow);
	machine_control(m, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(m, &job, ACC_DMA_OK);
	expect_hints(m, 1, &wide);
}

static void a_table_in_msix_has_the_tags(void **state)
{
	static const struct tlp_hints by_vector = { TLP_HV_ST_EXT, 3, 0xa122 };
	static const struct tlp_hints by_index = { TLP_HV_ST_EXT, 3, 0xa111 };
	const struct job job = peer_to_peer(HINTS);
	const uint32_t controls[] = { 0, 0xa1110000, 0xa1220001 };
	struct accelerator_attr attr = machine_attr();
	struct machine *m = *state;

	attr.tph.table = PCI_TPH_TABLE_MSIX;
	attr.tph.entries = 3;
	machine_remake(m, &attr);
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		pci_bar_write(m->fn, ACC_MSIX_BAR,
			      i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL, &controls[i],
			      4);
	machine_control(m, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(m, &job, ACC_DMA_OK);
	expect_hints(m, 1, &by_vector);
	machine_control(m, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(m, &job, ACC_DMA_OK);
	expect_hints(m, 1, &by_index);
}

static void without_the_capability_there_are_no_hints(void **state)
{
	static const struct tlp_hints none;
	const struct job job = peer_to_peer(HINTS);
	struct accelerator_attr attr = machine_attr();
	struct machine *m = *state;

	attr.tph_requester = false;
	machine_remake(m, &attr);
	assert_int_equal(m->fn->tph_cap, 0);
	machine_run(m, &job, ACC_DMA_OK);
	expect_hints(m, 0, &none);
	expect_hints(m, 1, &none);
}

static void expect_packet(struct capture_reader *reader, const char *link, const void *bytes,
			  size_t len)
{
	struct capture_record record;

	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.link, link);
	assert_int_equal(record.len, len);
	assert_memory_equal(record.data, bytes, len);
}

/*
 * DW0: Type, OHC (2: OHC-B), attributes, length. OHC-B: ST[15:8], ST[7:0], PH and HV (2.2.1.2,
 * table 2-13). The accelerator is 00:04.0. Its read asks for one DW, which comes with a completion.
 */
static void captures_have_its_requests(void **state)
{
	static const uint8_t write[] = {
		0x60, 0x02, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x20, 0xe0,
		0x06, 0x08, 0x00, 0x10, 0x00, 0x00, 0xf0, 0x90, 'a',  'b',  'c',  'd',
	};
	static const uint8_t read[] = {
		0x20, 0x02, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00,
		0x20, 0xe0, 0x06, 0x08, 0x00, 0x10, 0x00, 0x12, 0xf0, 0xb0,
	};
	struct machine *m = *state;
	char path[] = "/tmp/accelerator_dma.XXXXXX";
	struct capture_reader *reader;
	struct capture *capture;
	FILE *file;

	close(mkstemp(path));
	assert_int_equal(capture_create(path, 0, &capture), 0);
	assert_int_equal(fabric_set_capture(m->fabric, capture), 0);
	machine_set_entry(m, 9, 0x12f0);
	memcpy(m->local, "abcd", 4);
	machine_control(m, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_TPH_ONLY);
	machine_run(m,
		    &(struct job){ 0, PEER + 16, 4, .flags = ACC_DMA_SOURCE_LOCAL | HINTS, .st = 9,
				   .ph = 2 },
		    ACC_DMA_OK);
	machine_control(m, PCI_TPH_ST_DS_MODE, PCI_TPH_REQ_EXT_TPH);
	machine_run(m,
		    &(struct job){ PEER + 16, 8, 4, .flags = ACC_DMA_DESTINATION_LOCAL | HINTS,
				   .st = 9, .ph = 2 },
		    ACC_DMA_OK);
	assert_memory_equal(m->local + 8, "abcd", 4);
	fabric_set_capture(m->fabric, NULL);
	assert_int_equal(capture_close(capture), 0);
	file = fopen(path, "rb");
	assert_int_equal(capture_reader_create(file, &reader), 0);
	expect_packet(reader, "acc0", write, sizeof(write));
	expect_packet(reader, "peer", write, sizeof(write));
	expect_packet(reader, "acc0", read, sizeof(read));
	expect_packet(reader, "peer", read, sizeof(read));
	capture_reader_close(reader);
	fclose(file);
	unlink(path);
}

#define REQUEST_TEST(name) cmocka_unit_test_setup_teardown(name, machine_make, machine_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REQUEST_TEST(requests_are_as_long_as_they_may_be),
		REQUEST_TEST(hints_are_those_of_the_capability),
		REQUEST_TEST(each_direction_asks_for_its_hints),
		REQUEST_TEST(without_a_table_jobs_have_the_tag_itself),
		REQUEST_TEST(a_table_in_msix_has_the_tags),
		REQUEST_TEST(without_the_capability_there_are_no_hints),
		REQUEST_TEST(captures_have_its_requests),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
