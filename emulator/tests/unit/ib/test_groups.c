// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Ports join multicast groups and leave them, and the switch forwards by that: 15.2.5.17. */
#include <string.h>

#include "hosts.h"

enum { PORT_GID = 16, QKEY = 32, MLID = 36, MTU = 38, PKEY = 40, STATES = 48, BYTES = 52 };
enum {
	HAS_MGID = 1 << 0,
	HAS_PORT = 1 << 1,
	HAS_QKEY = 1 << 2,
	HAS_MTU_SELECTOR = 1 << 4,
	HAS_MTU = 1 << 5,
	HAS_TCLASS = 1 << 6,
	HAS_PKEY = 1 << 7,
	HAS_SL = 1 << 12,
	HAS_FLOW = 1 << 13,
	HAS_STATE = 1 << 16
};

#define JOIN	(HAS_MGID | HAS_PORT | HAS_STATE)
#define CREATE	(JOIN | HAS_QKEY | HAS_PKEY | HAS_SL | HAS_FLOW | HAS_TCLASS)
enum { FULL = 1, NON = 2, SEND_ONLY = 4, SEND_ONLY_FULL = 8 };

static const uint8_t mgid[16] = { 0xff, 0x12, 0xa0, 0x1b, [15] = 1 };
static const uint8_t broadcast[16] = {
	0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, [12] = 0xff, 0xff, 0xff, 0xff,
};

static void fill(uint8_t record[BYTES], const uint8_t *gid, unsigned int host, uint8_t states)
{
	memset(record, 0, BYTES);
	memcpy(record, gid, 16);
	host_gid(host, record + PORT_GID);
	put_be(record + QKEY, 4, 0x1234);
	put_be(record + PKEY, 2, 0xffff);
	record[STATES] = 2 << 4 | states;
}

/* The group's MLID. */
static uint16_t ask(struct subnet *subnet, uint8_t method, uint64_t mask, const uint8_t *gid,
		    unsigned int host, uint8_t states, uint16_t status)
{
	const uint8_t *answer;
	uint8_t record[BYTES];

	fill(record, gid, host, states);
	answer = sa_ask(subnet, host, method, GROUP, mask, record, sizeof(record), status);
	return get_be(answer + MLID, 2);
}

static bool reaches(struct subnet *subnet, uint16_t mlid, unsigned int host)
{
	return manager_forwards(subnet->manager, mlid, &subnet->host[host].port);
}

static void ip_broadcast_is_there(void **state)
{
	const uint8_t *answer;
	uint8_t record[BYTES];

	fill(record, broadcast, 0, FULL);
	answer = sa_ask(*state, 0, SET, GROUP, JOIN | HAS_PKEY, record, sizeof(record), 0);
	assert_int_equal(get_be(answer + QKEY, 4), 0x0b1b);
	assert_int_equal(get_be(answer + MLID, 2), 0xc000);
	assert_int_equal(answer[MTU], 2 << 6 | 5);
	assert_int_equal(answer[STATES], 2 << 4 | FULL);
	assert_true(reaches(*state, 0xc000, 0));
	assert_false(reaches(*state, 0xc000, 1));
	/* it stays when all have gone */
	ask(*state, DELETE, JOIN, broadcast, 0, FULL, 0);
	assert_false(reaches(*state, 0xc000, 0));
	ask(*state, SET, JOIN, broadcast, 1, FULL, 0);
	assert_true(reaches(*state, 0xc000, 1));
}

static void full_member_makes_a_group(void **state)
{
	uint16_t mlid;

	ask(*state, SET, JOIN, mgid, 0, FULL, 0x0600);
	ask(*state, SET, CREATE, mgid, 0, NON, 0x0200);
	mlid = ask(*state, SET, CREATE, mgid, 0, FULL, 0);
	assert_int_equal(mlid, 0xc001);
	/* now others need not say how it is made, but must not say otherwise */
	assert_int_equal(ask(*state, SET, JOIN, mgid, 1, NON, 0), mlid);
	assert_true(reaches(*state, mlid, 0));
	assert_true(reaches(*state, mlid, 1));
	assert_false(reaches(*state, mlid, 2));
	assert_false(reaches(*state, mlid + 1, 0));
}

static void attributes_must_agree(void **state)
{
	uint8_t record[BYTES];

	fill(record, mgid, 0, FULL);
	record[MTU] = 2 << 6 | 4;
	assert_int_equal(sa_ask(*state, 0, SET, GROUP, CREATE | HAS_MTU_SELECTOR | HAS_MTU, record,
				BYTES, 0)[MTU],
			 2 << 6 | 4);
	fill(record, mgid, 1, FULL);
	put_be(record + QKEY, 4, 0x4321);
	sa_ask(*state, 1, SET, GROUP, JOIN | HAS_QKEY, record, BYTES, 0x0200);
	record[MTU] = 2 << 6 | 5;
	sa_ask(*state, 1, SET, GROUP, JOIN | HAS_MTU_SELECTOR | HAS_MTU, record, BYTES, 0x0200);
	record[MTU] = 0 << 6 | 3;
	sa_ask(*state, 1, SET, GROUP, JOIN | HAS_MTU_SELECTOR | HAS_MTU, record, BYTES, 0);
}

static void impossible_groups_are_refused(void **state)
{
	uint8_t record[BYTES];

	fill(record, mgid, 0, FULL);
	record[MTU] = 0 << 6 | 5; /* above 4096 */
	sa_ask(*state, 0, SET, GROUP, CREATE | HAS_MTU_SELECTOR | HAS_MTU, record, BYTES, 0x0200);
	record[MTU] = 2 << 6 | 6;
	sa_ask(*state, 0, SET, GROUP, CREATE | HAS_MTU_SELECTOR | HAS_MTU, record, BYTES, 0x0200);
	put_be(record + PKEY, 2, 0x8001);
	sa_ask(*state, 0, SET, GROUP, CREATE, record, BYTES, 0x0200);
	fill(record, mgid, 0, 0); /* no state at all */
	sa_ask(*state, 0, SET, GROUP, CREATE, record, BYTES, 0x0200);
	fill(record, mgid, 9, FULL); /* nobody's port */
	sa_ask(*state, 0, SET, GROUP, CREATE, record, BYTES, 0x0500);
	fill(record, mgid, 0, FULL); /* no multicast GID */
	record[0] = 0xfe;
	sa_ask(*state, 0, SET, GROUP, CREATE, record, BYTES, 0x0500);
	assert_false(reaches(*state, 0xc001, 0));
}

static void senders_get_nothing(void **state)
{
	uint16_t mlid = ask(*state, SET, CREATE, mgid, 0, SEND_ONLY_FULL, 0);

	assert_int_equal(ask(*state, SET, JOIN, mgid, 1, SEND_ONLY, 0), mlid);
	assert_false(reaches(*state, mlid, 0));
	assert_false(reaches(*state, mlid, 1));
}

static void group_ends_with_its_last_full_member(void **state)
{
	struct subnet *subnet = *state;
	uint16_t mlid = ask(subnet, SET, CREATE, mgid, 0, FULL, 0);

	ask(subnet, SET, JOIN, mgid, 1, NON, 0);
	ask(subnet, DELETE, JOIN, mgid, 2, FULL, 0x0200);
	ask(subnet, DELETE, JOIN, mgid, 1, FULL, 0x0200);
	ask(subnet, DELETE, JOIN, mgid, 0, FULL, 0);
	assert_false(reaches(subnet, mlid, 1));
	ask(subnet, DELETE, JOIN, mgid, 1, NON, 0x0200);
	/* its LID is not given to the next at once */
	assert_int_not_equal(ask(subnet, SET, CREATE, mgid, 0, FULL, 0), mlid);
}

static void port_that_goes_down_leaves(void **state)
{
	struct subnet *subnet = *state;
	uint16_t mlid = ask(subnet, SET, CREATE, mgid, 0, FULL, 0);

	ask(subnet, SET, JOIN, mgid, 1, FULL, 0);
	host_link(subnet, 1, false);
	assert_true(reaches(subnet, mlid, 0));
	assert_false(reaches(subnet, mlid, 1));
	host_link(subnet, 0, false);
	assert_false(reaches(subnet, mlid, 0));
	host_link(subnet, 1, true);
	ask(subnet, SET, JOIN, mgid, 1, FULL, 0x0600);
}

static void manager_chooses_an_mgid(void **state)
{
	static const uint8_t none[16];
	const uint8_t *answer;
	uint8_t record[BYTES], first[16];

	fill(record, none, 0, FULL);
	answer = sa_ask(*state, 0, SET, GROUP, CREATE, record, BYTES, 0);
	memcpy(first, answer, sizeof(first));
	assert_int_equal(first[0], 0xff);
	answer = sa_ask(*state, 0, SET, GROUP, CREATE, record, BYTES, 0);
	assert_int_equal(answer[0], 0xff);
	assert_memory_not_equal(first, answer, 16);
}

static void groups_are_limited(void **state)
{
	struct subnet *subnet = *state;
	uint8_t gid[16];

	memcpy(gid, mgid, sizeof(gid));
	/* one is there from the beginning */
	for (unsigned int i = 1; i <= 1024; i++) {
		put_be(gid + 12, 4, i);
		subnet->host[0].received = 0;
		ask(subnet, SET, CREATE, gid, 0, FULL, i < 1024 ? 0 : 0x0100);
	}
	assert_true(reaches(subnet, 0xc3ff, 0));
	assert_false(reaches(subnet, 0xc400, 0));
	assert_false(reaches(subnet, 0xffff, 0));
	assert_false(reaches(subnet, 1, 0));
}

static void groups_can_be_listed(void **state)
{
	static const uint8_t nobody[16];
	const uint8_t *answer;
	uint8_t record[BYTES];

	ask(*state, SET, CREATE, mgid, 0, FULL, 0);
	fill(record, mgid, 1, 0);
	answer = sa_ask(*state, 1, GET, GROUP, HAS_MGID, record, BYTES, 0);
	assert_int_equal(get_be(answer + MLID, 2), 0xc001);
	/* who is in it, nobody learns */
	assert_memory_equal(answer + PORT_GID, nobody, 16);
	assert_int_equal(answer[STATES] & 0xf, 0);
}

static void nobody_joins_or_leaves_for_others(void **state)
{
	uint16_t mlid = ask(*state, SET, CREATE, mgid, 0, FULL, 0);
	uint8_t record[BYTES];

	fill(record, mgid, 0, FULL);
	sa_ask(*state, 1, DELETE, GROUP, JOIN, record, BYTES, 0x0200);
	assert_true(reaches(*state, mlid, 0));
	fill(record, mgid, 2, FULL);
	sa_ask(*state, 1, SET, GROUP, JOIN, record, BYTES, 0x0200);
	assert_false(reaches(*state, mlid, 2));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subnet_setup, subnet_teardown)
	const struct CMUnitTest tests[] = {
		TEST(ip_broadcast_is_there),
		TEST(full_member_makes_a_group),
		TEST(attributes_must_agree),
		TEST(impossible_groups_are_refused),
		TEST(senders_get_nothing),
		TEST(group_ends_with_its_last_full_member),
		TEST(port_that_goes_down_leaves),
		TEST(manager_chooses_an_mgid),
		TEST(groups_are_limited),
		TEST(groups_can_be_listed),
		TEST(nobody_joins_or_leaves_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
