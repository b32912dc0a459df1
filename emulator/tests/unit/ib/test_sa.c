// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What the subnet administrator answers about ports and paths, and what it refuses. */
#include <string.h>

#include "hosts.h"
#include "util/macros.h"

/* PathRecord: 15.2.5.16 */
enum {
	PATH_DGID = 8,
	PATH_SGID = 24,
	PATH_DLID = 40,
	PATH_SLID = 42,
	PATH_TCLASS = 48,
	PATH_NUMBER = 49,
	PATH_PKEY = 50,
	PATH_MTU = 54,
	PATH_RATE = 55,
	PATH_LIFE = 56,
	PATH_BYTES = 64
};
enum {
	HAS_DGID = 1 << 2,
	HAS_SGID = 1 << 3,
	HAS_DLID = 1 << 4,
	HAS_SLID = 1 << 5,
	HAS_TCLASS = 1 << 10,
	HAS_NUMBER = 1 << 12,
	HAS_PKEY = 1 << 13,
	HAS_MTU_SELECTOR = 1 << 16,
	HAS_MTU = 1 << 17
};

static void class_is_described(void **state)
{
	const uint8_t *info = sa_ask(*state, 0, GET, CLASS_PORT_INFO, 0, NULL, 0, 0);

	assert_int_equal(info[0], 1);
	assert_int_equal(info[1], 2);
	/* 27 bits of CapabilityMask2, of which 12 is send-only full members, and RespTimeValue */
	assert_int_equal(get_be(info + 4, 4) >> 5, 1 << 12);
}

static void path_leads_between_gids(void **state)
{
	uint8_t wanted[PATH_BYTES] = { [PATH_NUMBER] = 0x81, [PATH_TCLASS] = 0x12 };
	const uint8_t *path;

	host_gid(1, wanted + PATH_DGID);
	host_gid(0, wanted + PATH_SGID);
	put_be(wanted + PATH_PKEY, 2, 0x7fff);
	path = sa_ask(*state, 0, GET, PATH,
		      HAS_DGID | HAS_SGID | HAS_NUMBER | HAS_PKEY | HAS_TCLASS, wanted,
		      sizeof(wanted), 0);
	assert_int_equal(get_be(path + PATH_DLID, 2), 2);
	assert_int_equal(get_be(path + PATH_SLID, 2), 1);
	assert_int_equal(get_be(path + PATH_PKEY, 2), 0xffff);
	assert_int_equal(path[PATH_MTU], 2 << 6 | 5);
	assert_int_equal(path[PATH_RATE], 2 << 6 | 21);
	assert_int_equal(path[PATH_LIFE], 2 << 6 | 12);
	assert_int_equal(path[PATH_TCLASS], 0x12);
	assert_int_equal(path[PATH_NUMBER], 0x80);
	assert_memory_equal(path + PATH_DGID, wanted + PATH_DGID, 32);
}

static void missing_paths_are_told(void **state)
{
	struct subnet *subnet = *state;
	uint8_t wanted[PATH_BYTES] = { 0 };

	host_gid(1, wanted + PATH_DGID);
	host_gid(0, wanted + PATH_SGID);
	/* an MTU above the largest; one of exactly 1024; above 1024 there is one */
	wanted[PATH_MTU] = 0 << 6 | 5;
	sa_ask(subnet, 0, GET, PATH, HAS_DGID | HAS_SGID | HAS_MTU_SELECTOR | HAS_MTU, wanted,
	       sizeof(wanted), 0x0300);
	wanted[PATH_MTU] = 3;
	sa_ask(subnet, 0, GET, PATH, HAS_DGID | HAS_SGID | HAS_MTU, wanted, sizeof(wanted), 0x0300);
	sa_ask(subnet, 0, GET, PATH, HAS_DGID | HAS_SGID | HAS_MTU_SELECTOR | HAS_MTU, wanted,
	       sizeof(wanted), 0);
	/* another partition */
	put_be(wanted + PATH_PKEY, 2, 0x8001);
	sa_ask(subnet, 0, GET, PATH, HAS_DGID | HAS_SGID | HAS_PKEY, wanted, sizeof(wanted),
	       0x0300);
	/* a port that is down */
	subnet->host[1].attr.up = false;
	sa_ask(subnet, 0, GET, PATH, HAS_DGID | HAS_SGID, wanted, sizeof(wanted), 0x0300);
}

static void path_must_be_one(void **state)
{
	uint8_t wanted[PATH_BYTES] = { 0 };

	put_be(wanted + PATH_SLID, 2, 1);
	sa_ask(*state, 0, GET, PATH, HAS_SLID, wanted, sizeof(wanted), 0x0400);
	wanted[PATH_NUMBER] = 1;
	sa_ask(*state, 0, GET, PATH, HAS_SLID | HAS_NUMBER, wanted, sizeof(wanted), 0);
}

static void nodes_and_ports_are_listed(void **state)
{
	uint8_t wanted[2] = { 0, 3 };
	const uint8_t *node = sa_ask(*state, 0, GET, NODE, 1 << 0, wanted, 2, 0), *port;

	assert_int_equal(get_be(node, 2), 3);
	assert_int_equal(node[6], 1);                          /* a CA ... */
	assert_int_equal(node[7], 1);                          /* ... of one port */
	assert_int_equal(get_be(node + 24, 8), HOST_GUID + 2); /* port GUID */
	assert_int_equal(get_be(node + 34, 2), 4129);
	assert_string_equal((const char *)node + 44, "host");
	port = sa_ask(*state, 0, GET, PORT_INFO, 1 << 0, wanted, 2, 0);
	assert_int_equal(port[2], 1);
	assert_int_equal(get_be(port + 4 + 16, 2), 3); /* LID, master's LID */
	assert_int_equal(get_be(port + 4 + 18, 2), MANAGER_LID);
	assert_int_equal(port[4 + 32] & 0xf, 4); /* active */
}

/* ServiceRecord: 15.2.5.14 */
static void services_come_and_go(void **state)
{
	struct subnet *subnet = *state;
	uint8_t service[176] = { [7] = 5 };
	const uint64_t name = 1 << 0 | 1 << 1 | 1 << 2;

	host_gid(1, service + 8);
	put_be(service + 24, 2, 0xffff);
	strcpy((char *)service + 48, "a service");
	sa_ask(subnet, 0, GET, SERVICE, 1 << 0, service, sizeof(service), 0x0300);
	sa_ask(subnet, 1, SET, SERVICE, 1 << 0, service, sizeof(service), 0x0600);
	sa_ask(subnet, 1, SET, SERVICE, name, service, sizeof(service), 0);
	assert_memory_equal(sa_ask(subnet, 0, GET, SERVICE, 1 << 0, service, sizeof(service), 0),
			    service, sizeof(service));
	sa_ask(subnet, 1, DELETE, SERVICE, name, service, sizeof(service), 0);
	sa_ask(subnet, 1, DELETE, SERVICE, name, service, sizeof(service), 0x0300);
	/* one whose port goes down is gone */
	sa_ask(subnet, 1, SET, SERVICE, name, service, sizeof(service), 0);
	host_link(subnet, 1, false);
	host_link(subnet, 1, true);
	sa_ask(subnet, 0, GET, SERVICE, 1 << 0, service, sizeof(service), 0x0300);
	/* nobody's */
	service[23] = 99;
	sa_ask(subnet, 1, SET, SERVICE, name, service, sizeof(service), 0x0500);
}

static void services_are_limited(void **state)
{
	struct subnet *subnet = *state;
	uint8_t service[176] = { 0 };

	host_gid(0, service + 8);
	for (unsigned int i = 0; i <= 256; i++) {
		put_be(service, 8, i);
		subnet->host[0].received = 0;
		sa_ask(subnet, 0, SET, SERVICE, 7, service, sizeof(service), i < 256 ? 0 : 0x0100);
	}
}

static void bad_headers_are_refused(void **state)
{
	static const struct {
		uint8_t offset, value;
		uint16_t status;
	} cases[] = {
		{ 0, 2, 0x04 },    /* base version */
		{ 2, 1, 0x04 },    /* class version */
		{ 3, 0x0f, 0x08 }, /* method */
		{ 3, SET, 0x0c },  /* a path is nobody's to set */
		{ ATTRIBUTE + 1, 0x99, 0x0c },
	};
	struct subnet *subnet = *state;
	const struct ib_packet *answer;
	struct ib_packet packet;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		sa_request(&packet, 0, GET, PATH, 0, NULL, 0);
		packet.mad[cases[i].offset] = cases[i].value;
		answer = subnet_send(subnet, &packet);
		assert_non_null(answer);
		assert_int_equal(get_be(answer->mad + STATUS, 2), cases[i].status);
	}
}

static void other_packets_are_not_answered(void **state)
{
	struct subnet *subnet = *state;
	struct ib_packet packet;

	sa_request(&packet, 0, GET | RESPONSE, PATH, 0, NULL, 0);
	assert_null(subnet_send(subnet, &packet));
	/* a class that nobody serves */
	sa_request(&packet, 0, GET, PATH, 0, NULL, 0);
	packet.mad[1] = 0x07;
	assert_null(subnet_send(subnet, &packet));
	/* the class at the other QP */
	sa_request(&packet, 0, GET, PATH, 0, NULL, 0);
	packet.qpn = 0;
	assert_null(subnet_send(subnet, &packet));
}

/* The engine has others to serve, too. */
static void floods_are_answered_piece_by_piece(void **state)
{
	enum { REQUESTS = 40, TURN_MAX = 8 };
	struct subnet *subnet = *state;
	struct host *host = &subnet->host[0];
	struct ib_packet packet;

	for (unsigned int i = 0; i < REQUESTS; i++) {
		sa_request(&packet, 0, GET, PATH, 0, NULL, 0);
		manager_receive(subnet->manager, &subnet->host[0].port, &packet);
	}
	for (unsigned int before = 0; before < REQUESTS; before = host->received) {
		assert_int_equal(engine_poll(subnet->engine, 0), 1);
		assert_in_range(host->received - before, 1, TURN_MAX);
	}
}

static void answers_go_back_the_way_they_came(void **state)
{
	struct subnet *subnet = *state;
	const struct ib_packet *answer;
	struct ib_packet packet;

	sa_request(&packet, 0, GET, CLASS_PORT_INFO, 0, NULL, 0);
	packet.grh = true;
	packet.source_qpn = 0x123;
	packet.sl = 3;
	host_gid(0, packet.sgid);
	host_gid(7, packet.dgid);
	answer = subnet_send(subnet, &packet);
	assert_true(answer->grh);
	assert_int_equal(answer->qpn, 0x123);
	assert_int_equal(answer->source_qpn, 1);
	assert_int_equal(answer->sl, 3);
	assert_memory_equal(answer->dgid, packet.sgid, 16);
	assert_memory_equal(answer->sgid, packet.dgid, 16);
}

/* More than fit between two turns of the engine are lost, and the others answered. */
static void inbox_is_limited(void **state)
{
	struct subnet *subnet = *state;
	struct ib_packet packet;

	sa_request(&packet, 0, GET | RESPONSE, PATH, 0, NULL, 0);
	for (unsigned int i = 0; i < 300; i++)
		manager_receive(subnet->manager, &subnet->host[0].port, &packet);
	sa_request(&packet, 0, GET, CLASS_PORT_INFO, 0, NULL, 0);
	assert_null(subnet_send(subnet, &packet));
	assert_non_null(subnet_send(subnet, &packet));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subnet_setup, subnet_teardown)
	const struct CMUnitTest tests[] = {
		TEST(class_is_described),
		TEST(path_leads_between_gids),
		TEST(missing_paths_are_told),
		TEST(path_must_be_one),
		TEST(nodes_and_ports_are_listed),
		TEST(services_come_and_go),
		TEST(services_are_limited),
		TEST(bad_headers_are_refused),
		TEST(other_packets_are_not_answered),
		TEST(answers_go_back_the_way_they_came),
		TEST(inbox_is_limited),
		TEST(floods_are_answered_piece_by_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
