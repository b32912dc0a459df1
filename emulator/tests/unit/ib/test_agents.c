// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The management agents of a port: what they tell, and what they refuse. */
#include <string.h>

#include "hosts.h"
#include "ib/pma.h"
#include "ib/sma.h"

enum { MODIFIER = 20, SMP_DATA = 64, PMA_DATA = 64 };
enum {
	NODE_DESCRIPTION = 0x10,
	NODE_INFO = 0x11,
	GUID_INFO = 0x14,
	SM_PORT_INFO = 0x15,
	PKEYS = 0x16,
	SL_TO_VL = 0x17,
	VL_ARBITRATION = 0x18,
	SM_INFO = 0x20
};
enum { COUNTERS = 0x12, COUNTERS_EXT = 0x1d };
enum { BAD_VERSION = 0x04, BAD_METHOD = 0x08, BAD_ATTRIBUTE = 0x0c, BAD_VALUE = 0x1c };

union mad {
	uint8_t bytes[256];
	struct ib_smp smp;
	struct ib_pma_mad pma;
};

static struct ib_port_attr port = {
	.type = IB_NODE_CA,
	.number = 1,
	.ports = 1,
	.guids = 8,
	.pkeys = 128,
	.device_id = 4129,
	.node_guid = 0x1122334455667788,
	.port_guid = 0x99aabbccddeeff00,
	.lid = 0x1234,
	.manager_lid = 0xbfff,
	.up = true,
	.cap_mask = 0x1c800,
	.cap_mask2 = 0x420,
	.pkey_violations = 3,
	.qkey_violations = 4,
	.description = "a port",
};

static void ask(union mad *mad, uint8_t class, uint8_t method, uint16_t attribute,
		uint32_t modifier)
{
	memset(mad, 0, sizeof(*mad));
	mad->bytes[0] = 1;
	mad->bytes[1] = class;
	mad->bytes[2] = 1;
	mad->bytes[3] = method;
	put_be(mad->bytes + ATTRIBUTE, 2, attribute);
	put_be(mad->bytes + MODIFIER, 4, modifier);
}

/* The attribute's bytes. */
static const uint8_t *sma(union mad *mad, uint8_t method, uint16_t attribute, uint32_t modifier,
			  uint16_t status)
{
	ask(mad, 0x01, method, attribute, modifier);
	assert_true(sma_answer(&(struct sma){ .port = &port }, &mad->smp));
	assert_int_equal(mad->bytes[3], method == SET ? 0x81 : method | RESPONSE);
	assert_int_equal(get_be(mad->bytes + STATUS, 2), status);
	return mad->bytes + SMP_DATA;
}

static void node_is_described(void **state)
{
	const uint8_t *data;
	union mad mad;

	data = sma(&mad, GET, NODE_INFO, 0, 0);
	assert_int_equal(data[2], 1);
	assert_int_equal(get_be(data + 12, 8), port.node_guid);
	assert_int_equal(get_be(data + 20, 8), port.port_guid);
	assert_int_equal(get_be(data + 28, 2), 128);
	assert_int_equal(get_be(data + 36, 4), 0x010002c9);
	assert_string_equal((const char *)sma(&mad, GET, NODE_DESCRIPTION, 0, 0), "a port");
}

static void port_is_described(void **state)
{
	const uint8_t *data;
	union mad mad;

	data = sma(&mad, GET, SM_PORT_INFO, 1, 0);
	assert_int_equal(get_be(data + 8, 8), 0xfe80000000000000);
	assert_int_equal(get_be(data + 16, 2), 0x1234);
	assert_int_equal(get_be(data + 18, 2), 0xbfff);
	assert_int_equal(get_be(data + 20, 4), 0x1c800);
	assert_int_equal(data[31], 2);       /* 4X */
	assert_int_equal(data[32] & 0xf, 4); /* active */
	assert_int_equal(data[33] >> 4, 5);  /* link up */
	assert_int_equal(data[36] >> 4, 5);  /* 4096 */
	assert_int_equal(get_be(data + 46, 2), 3);
	assert_int_equal(get_be(data + 48, 2), 4);
	assert_int_equal(data[50], 8);
	assert_int_equal(get_be(data + 60, 2), 0x420);
	assert_int_equal(data[62] >> 4, 8); /* NDR */
	port.up = false;
	data = sma(&mad, GET, SM_PORT_INFO, 0, 0);
	assert_int_equal(data[32] & 0xf, 1);
	assert_int_equal(data[33] >> 4, 2);
	port.up = true;
	sma(&mad, GET, SM_PORT_INFO, 2, BAD_VALUE);
}

static void tables_are_read(void **state)
{
	const uint8_t *data;
	union mad mad;

	assert_int_equal(get_be(sma(&mad, GET, GUID_INFO, 0, 0), 8), port.port_guid);
	sma(&mad, GET, GUID_INFO, 1, BAD_VALUE);
	sma(&mad, GET, GUID_INFO, 0x20000000, BAD_VALUE);
	assert_int_equal(get_be(sma(&mad, GET, PKEYS, 0, 0), 4), 0xffff0000);
	assert_int_equal(get_be(sma(&mad, GET, PKEYS, 3, 0), 4), 0);
	sma(&mad, GET, PKEYS, 4, BAD_VALUE);
	data = sma(&mad, GET, SL_TO_VL, 0, 0);
	assert_int_equal(data[0], 0x01);
	assert_int_equal(data[7], 0x23);
	data = sma(&mad, GET, VL_ARBITRATION, 1 << 16 | 1, 0);
	assert_int_equal(data[2], 1);
	assert_int_equal(data[3], 64);
	sma(&mad, GET, VL_ARBITRATION, 0, BAD_VALUE);
	sma(&mad, GET, VL_ARBITRATION, 5 << 16, BAD_VALUE);
}

static void only_the_manager_has_sm_info(void **state)
{
	union mad mad;

	sma(&mad, GET, SM_INFO, 0, BAD_ATTRIBUTE);
	port.manager = true;
	assert_int_equal(sma(&mad, GET, SM_INFO, 0, 0)[20], 3); /* priority 0, master */
	port.manager = false;
}

static void wrong_requests_are_refused(void **state)
{
	union mad mad;

	sma(&mad, SET, SM_PORT_INFO, 1, BAD_ATTRIBUTE);
	sma(&mad, GET, 0x7777, 1, BAD_ATTRIBUTE);
	sma(&mad, 0x05, SM_PORT_INFO, 1, BAD_METHOD);
	ask(&mad, 0x01, GET, NODE_INFO, 0);
	mad.bytes[2] = 2;
	assert_true(sma_answer(&(struct sma){ .port = &port }, &mad.smp));
	assert_int_equal(get_be(mad.bytes + STATUS, 2), BAD_VERSION);
	/* a response, and TrapRepress, are nobody's to answer */
	ask(&mad, 0x01, GET | RESPONSE, NODE_INFO, 0);
	assert_false(sma_answer(&(struct sma){ .port = &port }, &mad.smp));
	ask(&mad, 0x01, 0x07, NODE_INFO, 0);
	assert_false(sma_answer(&(struct sma){ .port = &port }, &mad.smp));
}

static struct ib_counts cleared;
static struct pma_port counted = { .number = 1, .cleared = &cleared };

static const uint8_t *pma(union mad *mad, uint8_t method, uint16_t attribute, uint8_t number,
			  uint16_t select, uint16_t status)
{
	ask(mad, 0x04, method, attribute, 0);
	mad->bytes[PMA_DATA + 1] = number;
	put_be(mad->bytes + PMA_DATA + 2, 2, select);
	assert_true(pma_answer(&counted, 1, &mad->pma));
	assert_int_equal(get_be(mad->bytes + STATUS, 2), status);
	return mad->bytes + PMA_DATA;
}

static int setup_counters(void **state)
{
	counted.counts.unicast = (struct ib_traffic){ 1, 4000, 3, 8000 };
	counted.counts.multicast = (struct ib_traffic){ 10, 400, 30, 800 };
	cleared = (struct ib_counts){ 0 };
	return 0;
}

static void counters_count(void **state)
{
	const uint8_t *data;
	union mad mad;

	assert_int_equal(get_be(pma(&mad, GET, CLASS_PORT_INFO, 0, 0, 0) + 2, 2), 1 << 8 | 1 << 9);
	data = pma(&mad, GET, COUNTERS, 1, 0, 0);
	assert_int_equal(data[1], 1);
	assert_int_equal(get_be(data + 24, 4), 1100); /* words sent */
	assert_int_equal(get_be(data + 28, 4), 2200);
	assert_int_equal(get_be(data + 32, 4), 11); /* packets */
	assert_int_equal(get_be(data + 36, 4), 33);
	data = pma(&mad, GET, COUNTERS_EXT, 0xff, 0, 0);
	assert_int_equal(get_be(data + 8, 8), 1100);
	assert_int_equal(get_be(data + 16, 8), 2200);
	assert_int_equal(get_be(data + 24, 8), 11);
	assert_int_equal(get_be(data + 32, 8), 33);
	assert_int_equal(get_be(data + 40, 8), 1);
	assert_int_equal(get_be(data + 48, 8), 3);
	assert_int_equal(get_be(data + 56, 8), 10);
	assert_int_equal(get_be(data + 64, 8), 30);
	/* the older counters stop at their end */
	counted.counts.unicast.xmit_bytes = UINT64_C(1) << 40;
	assert_int_equal(get_be(pma(&mad, GET, COUNTERS, 1, 0, 0) + 24, 4), UINT32_MAX);
}

static void selected_ones_are_cleared(void **state)
{
	const uint8_t *data;
	union mad mad;

	pma(&mad, SET, COUNTERS, 1, 1 << 12 | 1 << 15, 0);
	data = pma(&mad, GET, COUNTERS, 1, 0, 0);
	assert_int_equal(get_be(data + 24, 4), 0);
	assert_int_equal(get_be(data + 28, 4), 2200);
	assert_int_equal(get_be(data + 32, 4), 11);
	assert_int_equal(get_be(data + 36, 4), 0);
	/* the answer to the Set has what is left already */
	data = pma(&mad, SET, COUNTERS_EXT, 1, 1 << 1 | 1 << 2, 0);
	for (unsigned int offset = 8; offset < 40; offset += 8)
		assert_int_equal(get_be(data + offset, 8), 0);
	counted.counts.multicast.rcv_packets++;
	data = pma(&mad, GET, COUNTERS_EXT, 1, 0, 0);
	assert_int_equal(get_be(data + 32, 8), 1);
	assert_int_equal(get_be(data + 64, 8), 1);
}

static void wrong_requests_for_counters_are_refused(void **state)
{
	union mad mad;

	pma(&mad, GET, COUNTERS, 2, 0, BAD_VALUE);
	pma(&mad, GET, 0x10, 1, 0, BAD_ATTRIBUTE);
	pma(&mad, SET, CLASS_PORT_INFO, 1, 0, BAD_ATTRIBUTE);
	pma(&mad, 0x03, COUNTERS, 1, 0, BAD_METHOD);
	ask(&mad, 0x04, GET | RESPONSE, COUNTERS, 0);
	assert_false(pma_answer(&counted, 1, &mad.pma));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(node_is_described),
		cmocka_unit_test(port_is_described),
		cmocka_unit_test(tables_are_read),
		cmocka_unit_test(only_the_manager_has_sm_info),
		cmocka_unit_test(wrong_requests_are_refused),
		cmocka_unit_test_setup(counters_count, setup_counters),
		cmocka_unit_test_setup(selected_ones_are_cleared, setup_counters),
		cmocka_unit_test_setup(wrong_requests_for_counters_are_refused, setup_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
