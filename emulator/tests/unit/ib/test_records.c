// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What the subnet administrator has of the switch and of the tables of ports: 15.2.5. */
#include <string.h>

#include "hosts.h"

enum {
	SWITCH_INFO_RECORD = 0x14,
	LINEAR_RECORD = 0x15,
	MULTICAST_RECORD = 0x17,
	SM_INFO_RECORD = 0x18,
	LINK_RECORD = 0x20,
	GUID_RECORD = 0x30,
	PKEY_RECORD = 0x33
};
enum { NO_RECORDS = 0x0300, TOO_MANY = 0x0400, BAD_ATTRIBUTE = 0x0c };

/* Of the only record that has what @mask selects of @wanted. */
static const uint8_t *one(void **state, uint16_t attribute, uint64_t mask, const uint8_t wanted[8])
{
	return sa_ask(*state, 0, GET, attribute, mask, wanted, 8, 0);
}

static void none(void **state, uint16_t attribute, uint64_t mask, const uint8_t wanted[8])
{
	sa_ask(*state, 0, GET, attribute, mask, wanted, 8, NO_RECORDS);
}

static void links_are_recorded_both_ways(void **state)
{
	const uint8_t from_host[8] = { 0, 2 }, from_switch[8] = { 0xbf, 0xff, 2 };

	assert_memory_equal(one(state, LINK_RECORD, 1 << 0, from_host),
			    ((uint8_t[]){ 0, 2, 1, 2, 0xbf, 0xff }), 6);
	assert_memory_equal(one(state, LINK_RECORD, 1 << 0 | 1 << 1, from_switch),
			    ((uint8_t[]){ 0xbf, 0xff, 2, 1, 0, 2 }), 6);
	/* each host has one, and the switch one for each */
	sa_ask(*state, 0, GET, LINK_RECORD, 1 << 0, from_switch, 8, TOO_MANY);
	host_link(*state, 1, false);
	none(state, LINK_RECORD, 1 << 0, from_host);
	none(state, LINK_RECORD, 1 << 0 | 1 << 1, from_switch);
}

static void manager_is_recorded(void **state)
{
	const uint8_t host[8] = { 0, 1 };
	const uint8_t *record = one(state, SM_INFO_RECORD, 0, host);

	assert_int_equal(get_be(record, 4), 0xbfff0000);
	assert_int_equal(get_be(record + 4, 8), 0x0274706800ffff00);
	assert_int_equal(record[24], 3); /* priority 0, master */
	none(state, SM_INFO_RECORD, 1 << 0, host);
}

static void switch_is_recorded(void **state)
{
	const uint8_t host[8] = { 0, 1 };
	const uint8_t *record = one(state, SWITCH_INFO_RECORD, 0, host);

	assert_int_equal(get_be(record, 8), 0xbfff0000c0000000);
	assert_int_equal(get_be(record + 8, 4), 0x0400bfff);
	assert_int_equal(get_be(record + 20, 4), 0x0800c3ff);
	none(state, SWITCH_INFO_RECORD, 1 << 0, host);
}

static void guids_are_recorded(void **state)
{
	uint8_t wanted[8] = { 0, 3 };
	const uint8_t *record = one(state, GUID_RECORD, 1 << 0, wanted);

	assert_int_equal(get_be(record, 8), 0x0003000000000000);
	assert_int_equal(get_be(record + 8, 8), HOST_GUID + 2);
	assert_int_equal(get_be(record + 16, 8), 0);
	wanted[2] = 1;
	none(state, GUID_RECORD, 1 << 0 | 1 << 1, wanted);
}

static void pkeys_are_recorded(void **state)
{
	uint8_t wanted[8] = { 0, 3, 0, 0, 1 };
	const uint8_t *record = one(state, PKEY_RECORD, 1 << 0 | 1 << 1 | 1 << 2, wanted);

	assert_int_equal(get_be(record, 8), 0x0003000001000000);
	assert_int_equal(get_be(record + 8, 4), 0xffff0000);
	wanted[3] = 3; /* of 128 */
	assert_int_equal(get_be(one(state, PKEY_RECORD, 1 << 0 | 1 << 1, wanted) + 8, 4), 0);
	wanted[3] = 4;
	none(state, PKEY_RECORD, 1 << 0 | 1 << 1, wanted);
	wanted[3] = 0;
	wanted[4] = 0;
	none(state, PKEY_RECORD, 1 << 0 | 1 << 1 | 1 << 2, wanted);
}

static void forwarding_of_unicast_is_recorded(void **state)
{
	uint8_t wanted[8] = { 0xbf, 0xff, 0, 0 };
	const uint8_t *record = one(state, LINEAR_RECORD, 1 << 0 | 1 << 1, wanted);

	assert_int_equal(get_be(record, 8), 0xbfff000000000000);
	assert_int_equal(get_be(record + 8, 5), 0xff010203ff);
	put_be(wanted + 2, 2, 0xbfff / 64);
	assert_int_equal(one(state, LINEAR_RECORD, 1 << 1, wanted)[8 + 63], 0);
	put_be(wanted + 2, 2, 0xc000 / 64);
	none(state, LINEAR_RECORD, 1 << 1, wanted);
	put_be(wanted, 2, 1);
	none(state, LINEAR_RECORD, 1 << 0, wanted);
}

static void forwarding_of_multicast_is_recorded(void **state)
{
	uint8_t wanted[8] = { 0xbf, 0xff, 0, 0 };
	const uint64_t position = 1 << 1, block = 1 << 3;

	assert_int_equal(get_be(one(state, MULTICAST_RECORD, position | block, wanted), 8),
			 0xbfff000000000000);
	put_be(wanted + 2, 2, 4 << 12 | 31);
	assert_int_equal(get_be(one(state, MULTICAST_RECORD, position | block, wanted), 8),
			 0xbfff401f00000000);
	put_be(wanted + 2, 2, 32);
	none(state, MULTICAST_RECORD, block, wanted);
	put_be(wanted + 2, 2, 5 << 12);
	none(state, MULTICAST_RECORD, position, wanted);
}

/* Both ends of a link, the switch's by its LID. */
static void ports_of_the_switch_are_recorded(void **state)
{
	const uint8_t wanted[8] = { 0xbf, 0xff, 3 }, down[8] = { 0xbf, 0xff, 4 };
	const uint8_t *record = one(state, PORT_INFO, 1 << 0 | 1 << 1, wanted);

	assert_int_equal(get_be(record, 4), 0xbfff0300);
	assert_int_equal(get_be(record + 4 + 16, 4), 0); /* only port 0 has a LID */
	assert_int_equal(record[4 + 32] & 0xf, 4);
	none(state, PORT_INFO, 1 << 0 | 1 << 1, down);
}

static void records_are_nobodys_to_set(void **state)
{
	static const uint16_t attributes[] = { 0x14, 0x15, 0x17, 0x18, 0x20, 0x30, 0x33 };

	for (unsigned int i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		sa_ask(*state, 0, SET, attributes[i], 0, NULL, 0, BAD_ATTRIBUTE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subnet_setup, subnet_teardown)
	const struct CMUnitTest tests[] = {
		TEST(links_are_recorded_both_ways),
		TEST(manager_is_recorded),
		TEST(switch_is_recorded),
		TEST(guids_are_recorded),
		TEST(pkeys_are_recorded),
		TEST(forwarding_of_unicast_is_recorded),
		TEST(forwarding_of_multicast_is_recorded),
		TEST(ports_of_the_switch_are_recorded),
		TEST(records_are_nobodys_to_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
