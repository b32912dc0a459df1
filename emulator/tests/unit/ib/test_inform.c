// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Subscriptions to what happens in the subnet, and the reports: 13.4.8. */
#include <string.h>

#include "hosts.h"

enum { INFORM_INFO = 0x03, NOTICE = 0x02, REPORT = 0x06 };
enum { GENERIC = 22, SUBSCRIBE = 23, TRAP = 26, BYTES = 36 };
enum { NOTICE_TRAP = 4, NOTICE_LID = 6, NOTICE_GID = 16 };
enum { PORT_UP = 64, PORT_DOWN = 65, GROUP_CREATED = 66, GROUP_DELETED = 67, ALL = 0xffff };

static void inform(struct subnet *subnet, unsigned int host, bool subscribe, uint16_t trap,
		   uint16_t status)
{
	uint8_t info[BYTES] = { [GENERIC] = 1, [SUBSCRIBE] = subscribe };

	put_be(info + TRAP, 2, trap);
	sa_ask(subnet, host, SET, INFORM_INFO, 0, info, sizeof(info), status);
	subnet->host[host].received = 0;
}

/* The only one that this host got. */
static void expect_report(struct subnet *subnet, unsigned int host, uint16_t trap,
			  const uint8_t gid[16])
{
	const struct ib_packet *packet = &subnet->host[host].kept[0];

	assert_int_equal(subnet->host[host].received, 1);
	assert_int_equal(packet->mad[3], REPORT);
	assert_int_equal(packet->qpn, 1);
	assert_int_equal(get_be(packet->mad + ATTRIBUTE, 2), NOTICE);
	assert_int_equal(packet->mad[DATA], 0x84);
	assert_int_equal(get_be(packet->mad + DATA + NOTICE_TRAP, 2), trap);
	assert_int_equal(get_be(packet->mad + DATA + NOTICE_LID, 2), MANAGER_LID);
	assert_memory_equal(packet->mad + DATA + NOTICE_GID, gid, 16);
	subnet->host[host].received = 0;
}

static void ports_are_reported(void **state)
{
	struct subnet *subnet = *state;
	uint8_t gid[16];

	host_gid(1, gid);
	inform(subnet, 0, true, PORT_DOWN, 0);
	inform(subnet, 2, true, ALL, 0);
	host_link(subnet, 1, false);
	expect_report(subnet, 0, PORT_DOWN, gid);
	expect_report(subnet, 2, PORT_DOWN, gid);
	host_link(subnet, 1, true);
	assert_int_equal(subnet->host[0].received, 0);
	expect_report(subnet, 2, PORT_UP, gid);
}

static void groups_are_reported(void **state)
{
	static const uint8_t mgid[16] = { 0xff, 0x12, 0xa0, 0x1b, [15] = 4 };
	uint8_t member[52] = { [40] = 0xff, 0xff, [48] = 1 };
	struct subnet *subnet = *state;

	inform(subnet, 0, true, GROUP_CREATED, 0);
	inform(subnet, 0, true, GROUP_DELETED, 0);
	memcpy(member, mgid, sizeof(mgid));
	host_gid(1, member + 16);
	sa_ask(subnet, 1, SET, GROUP, 0x130c7, member, sizeof(member), 0);
	expect_report(subnet, 0, GROUP_CREATED, mgid);
	sa_ask(subnet, 1, DELETE, GROUP, 0x10003, member, sizeof(member), 0);
	expect_report(subnet, 0, GROUP_DELETED, mgid);
	sa_ask(subnet, 1, SET, GROUP, 0x130c7, member, sizeof(member), 0);
	subnet->host[0].received = 0;
	host_link(subnet, 1, false);
	expect_report(subnet, 0, GROUP_DELETED, mgid);
}

static void subscriptions_end(void **state)
{
	struct subnet *subnet = *state;

	inform(subnet, 0, false, ALL, 0x0200);
	inform(subnet, 0, true, ALL, 0);
	/* once more is no more */
	inform(subnet, 0, true, ALL, 0);
	inform(subnet, 1, false, ALL, 0x0200);
	inform(subnet, 0, false, PORT_UP, 0x0200);
	inform(subnet, 0, false, ALL, 0);
	host_link(subnet, 1, false);
	assert_int_equal(subnet->host[0].received, 0);
	/* of a port that goes down, as well */
	inform(subnet, 0, true, ALL, 0);
	host_link(subnet, 0, false);
	host_link(subnet, 0, true);
	host_link(subnet, 1, true);
	assert_int_equal(subnet->host[0].received, 0);
}

static void wrong_subscriptions_are_refused(void **state)
{
	uint8_t info[BYTES] = { [SUBSCRIBE] = 1 };
	struct subnet *subnet = *state;

	/* of a vendor's; neither yes nor no; not to be read */
	sa_ask(subnet, 0, SET, INFORM_INFO, 0, info, sizeof(info), 0x0200);
	info[GENERIC] = 1;
	info[SUBSCRIBE] = 2;
	sa_ask(subnet, 0, SET, INFORM_INFO, 0, info, sizeof(info), 0x0200);
	sa_ask(subnet, 0, GET, INFORM_INFO, 0, info, sizeof(info), 0x000c);
	sa_ask(subnet, 0, GET_TABLE, INFORM_INFO, 0, info, sizeof(info), 0x000c);
	for (unsigned int trap = 0; trap <= 256; trap++)
		inform(subnet, 0, true, 1000 + trap, trap < 256 ? 0 : 0x0100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subnet_setup, subnet_teardown)
	const struct CMUnitTest tests[] = {
		TEST(ports_are_reported),
		TEST(groups_are_reported),
		TEST(subscriptions_end),
		TEST(wrong_subscriptions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
