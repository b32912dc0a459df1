// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The switch: what its agent tells, and how it takes directed routes through it. */
#include <string.h>

#include "hosts.h"

#define PERMISSIVE	0xffff

/* Offsets in a directed-route SMP: 14.2.1.2. Its status has the direction in front. */
enum {
	HOP_POINTER = 6,
	HOP_COUNT = 7,
	MODIFIER = 20,
	DR_SLID = 32,
	DR_DLID = 34,
	SMP_DATA = 64,
	INITIAL_PATH = 128,
	RETURN_PATH = 192
};
enum { BACK = 0x8000 };
enum {
	NODE_INFO = 0x11,
	SWITCH_INFO = 0x12,
	SM_PORT_INFO = 0x15,
	PKEYS = 0x16,
	SL_TO_VL = 0x17,
	VL_ARBITRATION = 0x18,
	LINEAR = 0x19,
	RANDOM = 0x1a,
	MULTICAST = 0x1b
};
enum { BAD_ATTRIBUTE = 0x0c, BAD_VALUE = 0x1c };

static struct ib_packet smp(uint8_t class, uint8_t method, uint16_t attribute, uint32_t modifier)
{
	struct ib_packet packet = {
		.slid = 1,
		.dlid = class == 0x01 ? MANAGER_LID : PERMISSIVE,
		.mad = { 1, class, 1, method },
	};

	put_be(packet.mad + ATTRIBUTE, 2, attribute);
	put_be(packet.mad + MODIFIER, 4, modifier);
	put_be(packet.mad + DR_SLID, 4, 0xffffffff);
	return packet;
}

/* As it leaves host 0, whose only port is the first of the path. */
static struct ib_packet directed(uint16_t attribute, uint8_t hops, uint8_t second)
{
	struct ib_packet packet = smp(0x81, GET, attribute, 0);

	packet.mad[HOP_POINTER] = 1;
	packet.mad[HOP_COUNT] = hops;
	packet.mad[INITIAL_PATH + 1] = 1;
	packet.mad[INITIAL_PATH + 2] = second;
	return packet;
}

/* The attribute's bytes, asked by LID. */
static const uint8_t *ask(struct subnet *subnet, uint8_t method, uint16_t attribute,
			  uint32_t modifier, uint16_t status)
{
	struct ib_packet packet = smp(0x01, method, attribute, modifier);
	const struct ib_packet *answer = subnet_send(subnet, &packet);

	assert_non_null(answer);
	assert_int_equal(answer->slid, MANAGER_LID);
	assert_int_equal(answer->dlid, 1);
	assert_int_equal(answer->mad[3], 0x81);
	assert_int_equal(get_be(answer->mad + STATUS, 2), status);
	return answer->mad + SMP_DATA;
}

static void route_ends_at_the_switch(void **state)
{
	struct ib_packet packet = directed(NODE_INFO, 1, 0);
	const struct ib_packet *answer = subnet_send(*state, &packet);

	assert_non_null(answer);
	assert_int_equal(answer->slid, PERMISSIVE);
	assert_int_equal(answer->dlid, PERMISSIVE);
	assert_int_equal(answer->qpn, 0);
	assert_int_equal(answer->mad[3], 0x81);
	assert_int_equal(get_be(answer->mad + STATUS, 2), BACK);
	assert_int_equal(answer->mad[HOP_POINTER], 1);
	assert_int_equal(answer->mad[RETURN_PATH + 1], 1);
	assert_int_equal(answer->mad[SMP_DATA + 2], 2);  /* a switch */
	assert_int_equal(answer->mad[SMP_DATA + 3], 64); /* of so many ports */
	assert_int_equal(answer->mad[SMP_DATA + 36], 1); /* that it came through */
}

static void route_goes_through_the_switch_and_back(void **state)
{
	struct subnet *subnet = *state;
	struct ib_packet packet = directed(NODE_INFO, 2, 3), answer;
	const struct ib_packet *back;

	assert_null(subnet_send(subnet, &packet));
	assert_int_equal(subnet->host[1].received, 0);
	assert_int_equal(subnet->host[2].received, 1);
	answer = subnet->host[2].kept[0];
	assert_int_equal(answer.slid, PERMISSIVE);
	assert_int_equal(answer.mad[HOP_POINTER], 2);
	assert_int_equal(answer.mad[RETURN_PATH + 1], 1);
	/* what the host's own agent makes of it: 14.2.2.2 and 14.2.2.3 */
	answer.slid = 3;
	answer.mad[3] |= RESPONSE;
	answer.mad[RETURN_PATH + 2] = 1;
	put_be(answer.mad + STATUS, 2, BACK | BAD_VALUE);
	assert_null(subnet_send(subnet, &answer));
	assert_int_equal(subnet->host[0].received, 1);
	back = &subnet->host[0].kept[0];
	assert_int_equal(back->mad[HOP_POINTER], 1);
	assert_int_equal(get_be(back->mad + STATUS, 2), BACK | BAD_VALUE);
}

/* By LID to the switch, then a hop, and back by LID. */
static void route_may_begin_or_end_with_a_lid(void **state)
{
	struct subnet *subnet = *state;
	struct ib_packet packet = directed(NODE_INFO, 1, 0);
	const struct ib_packet *kept;

	packet.dlid = MANAGER_LID;
	packet.mad[HOP_POINTER] = 0;
	packet.mad[INITIAL_PATH + 1] = 2;
	put_be(packet.mad + DR_SLID, 2, 1);
	assert_null(subnet_send(subnet, &packet));
	kept = &subnet->host[1].kept[0];
	assert_int_equal(subnet->host[1].received, 1);
	assert_int_equal(kept->mad[HOP_POINTER], 1);
	packet = *kept;
	packet.slid = 2;
	packet.mad[3] |= RESPONSE;
	packet.mad[RETURN_PATH + 1] = 1;
	put_be(packet.mad + STATUS, 2, BACK);
	assert_null(subnet_send(subnet, &packet));
	kept = &subnet->host[0].kept[0];
	assert_int_equal(subnet->host[0].received, 1);
	assert_int_equal(kept->mad[HOP_POINTER], 0);
	assert_int_equal(kept->slid, MANAGER_LID);
	assert_int_equal(kept->dlid, 1);
	/* a hop to the switch, and on by LID */
	packet = directed(NODE_INFO, 1, 0);
	put_be(packet.mad + DR_DLID, 2, 3);
	assert_null(subnet_send(subnet, &packet));
	kept = &subnet->host[2].kept[0];
	assert_int_equal(subnet->host[2].received, 1);
	assert_int_equal(kept->mad[HOP_POINTER], 2);
	assert_int_equal(kept->dlid, 3);
	/* that LID may be the switch's own */
	put_be(packet.mad + DR_DLID, 2, MANAGER_LID);
	kept = subnet_send(subnet, &packet);
	assert_non_null(kept);
	assert_int_equal(get_be(kept->mad + STATUS, 2), BACK);
}

static void wrong_routes_are_dropped(void **state)
{
	static const struct {
		uint8_t pointer, count, out;
		uint16_t status;
	} wrong[] = {
		{ 3, 1, 1, 0 },     /* pointer behind the end */
		{ 255, 255, 1, 0 }, /* more hops than there can be */
		{ 1, 64, 1, 0 },     { 0, 64, 1, 0 },   { 1, 2, 0, 0 }, /* out of port 0 */
		{ 1, 2, 4, 0 },  /* out of one that nothing is plugged into */
		{ 1, 2, 65, 0 }, /* out of one that is not there */
		{ 1, 2, 255, 0 },    { 4, 2, 1, BACK }, { 0, 2, 1, BACK },
		{ 1, 2, 1, BACK }, /* to a manager at the switch */
		{ 64, 64, 1, BACK },
	};
	struct ib_packet down = directed(NODE_INFO, 2, 2);
	struct subnet *subnet = *state;

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ib_packet packet = directed(NODE_INFO, wrong[i].count, wrong[i].out);

		packet.mad[HOP_POINTER] = wrong[i].pointer;
		put_be(packet.mad + STATUS, 2, wrong[i].status);
		assert_null(subnet_send(subnet, &packet));
	}
	host_link(subnet, 1, false);
	assert_null(subnet_send(subnet, &down));
	for (unsigned int i = 0; i < HOSTS; i++)
		assert_int_equal(subnet->host[i].received, 0);
}

static void answers_are_not_answered(void **state)
{
	struct ib_packet packet = directed(NODE_INFO, 1, 0);

	packet.mad[3] = GET | RESPONSE;
	assert_null(subnet_send(*state, &packet));
	packet = smp(0x01, GET | RESPONSE, NODE_INFO, 0);
	assert_null(subnet_send(*state, &packet));
	/* nor what is routed by LID to no LID */
	packet = smp(0x01, GET, NODE_INFO, 0);
	packet.dlid = PERMISSIVE;
	assert_null(subnet_send(*state, &packet));
}

static void switch_is_described(void **state)
{
	static const uint8_t info[20] = {
		0xc0, 0x00, 0,    0,    0x04, 0x00,       /* unicast, random, multicast entries */
		0xbf, 0xff, 0xff, 0xff, 0xff, 0x90, 0, 0, /* top, default ports, life time */
		0,    0,    0x08, 0,    0xc3, 0xff,       /* enhanced port 0, multicast top */
	};
	const uint8_t *data = ask(*state, GET, SWITCH_INFO, 0, 0);

	assert_memory_equal(data, info, sizeof(info));
	assert_int_equal(ask(*state, GET, NODE_INFO, 0, 0)[36], 1);
	ask(*state, SET, SWITCH_INFO, 0, BAD_ATTRIBUTE);
	ask(*state, GET, RANDOM, 0, BAD_ATTRIBUTE);
}

static void each_port_of_the_switch_is_described(void **state)
{
	const uint8_t *data = ask(*state, GET, SM_PORT_INFO, 0, 0);

	assert_int_equal(get_be(data + 16, 4), 0xbfffbfff);
	assert_int_equal(get_be(data + 20, 4), 1 << 1 | 1 << 14 | 1 << 15);
	assert_int_equal(data[32] & 0xf, 4);
	assert_int_equal(data[50], 1);
	data = ask(*state, GET, SM_PORT_INFO, 2, 0);
	assert_int_equal(get_be(data + 16, 8), 0); /* LID, manager's, capabilities */
	assert_int_equal(data[28], 1);             /* that was asked */
	assert_int_equal(data[32] & 0xf, 4);
	assert_int_equal(data[33] >> 4, 5);
	host_link(*state, 1, false);
	data = ask(*state, GET, SM_PORT_INFO, 2, 0);
	assert_int_equal(data[32] & 0xf, 1);
	assert_int_equal(data[33] >> 4, 2);
	assert_int_equal(ask(*state, GET, SM_PORT_INFO, 64, 0)[32] & 0xf, 1);
	ask(*state, GET, SM_PORT_INFO, 65, BAD_VALUE);
	ask(*state, GET, SM_PORT_INFO, 0x100, BAD_VALUE);
}

static void tables_are_of_its_ports(void **state)
{
	assert_int_equal(get_be(ask(*state, GET, PKEYS, 0, 0), 4), 0xffff0000);
	ask(*state, GET, PKEYS, 1, BAD_VALUE);
	ask(*state, GET, PKEYS, 1 << 16, BAD_VALUE);
	ask(*state, GET, SL_TO_VL, 64 << 8 | 64, 0);
	ask(*state, GET, SL_TO_VL, 65 << 8, BAD_VALUE);
	ask(*state, GET, SL_TO_VL, 65, BAD_VALUE);
	ask(*state, GET, VL_ARBITRATION, 1 << 16 | 64, 0);
	ask(*state, GET, VL_ARBITRATION, 1 << 16 | 65, BAD_VALUE);
}

static void unicast_is_forwarded_by_lid(void **state)
{
	struct subnet *subnet = *state;
	const uint8_t *data = ask(subnet, GET, LINEAR, 0, 0);

	assert_int_equal(get_be(data, 5), 0xff010203ff);
	assert_int_equal(data[63], 0xff);
	assert_int_equal(ask(subnet, GET, LINEAR, 0xbfff / 64, 0)[63], 0);
	ask(subnet, GET, LINEAR, 0xc000 / 64, BAD_VALUE);
	ask(subnet, GET, LINEAR, 0x10000, BAD_VALUE);
	/* one that is plugged in again gets the first port that is free */
	manager_remove(subnet->manager, &subnet->host[1].port);
	assert_int_equal(get_be(ask(subnet, GET, LINEAR, 0, 0), 5), 0xff01ff03ff);
	manager_add(subnet->manager, &subnet->host[1].port);
	assert_int_equal(get_be(ask(subnet, GET, LINEAR, 0, 0), 5), 0xff010203ff);
}

/* 52 bytes of a MCMemberRecord: an MGID, the host's GID, Q_Key, P_Key and how it joins. */
static void join(struct subnet *subnet, unsigned int index, uint8_t join_state)
{
	uint8_t record[52] = { 0xff, 0x12, 0xa0, 0x1b, [15] = 9 };

	host_gid(index, record + 16);
	put_be(record + 32, 4, 0x1234);
	put_be(record + 40, 2, 0xffff);
	record[48] = join_state;
	sa_ask(subnet, index, SET, GROUP, 0x130c7, record, sizeof(record), 0);
}

static void multicast_is_forwarded_by_group(void **state)
{
	const uint8_t *data;

	/* the first group is IP's; one that only sends gets nothing */
	join(*state, 0, 1);
	join(*state, 1, 4);
	join(*state, 2, 2);
	data = ask(*state, GET, MULTICAST, 0, 0);
	assert_int_equal(get_be(data, 4), 1 << 1 | 1 << 3);
	assert_int_equal(get_be(ask(*state, GET, MULTICAST, 1u << 28, 0), 8), 0);
	ask(*state, GET, MULTICAST, 4u << 28 | 31, 0);
	ask(*state, GET, MULTICAST, 5u << 28, BAD_VALUE);
	ask(*state, GET, MULTICAST, 32, BAD_VALUE);
}

/* Words and packets of one of its ports: 16.1.3.5. */
static void counted(struct subnet *subnet, uint8_t method, uint8_t port, const uint32_t wanted[4])
{
	const struct ib_packet *answer;
	struct ib_packet packet = {
		.slid = 1,
		.dlid = MANAGER_LID,
		.source_qpn = 5,
		.qpn = 1,
		.mad = { 1, 0x04, 1, method, [ATTRIBUTE + 1] = 0x12 },
	};

	packet.mad[SMP_DATA + 1] = port;
	put_be(packet.mad + SMP_DATA + 2, 2, 0xf000);
	answer = subnet_send(subnet, &packet);
	assert_non_null(answer);
	assert_int_equal(answer->qpn, 5);
	assert_int_equal(answer->source_qpn, 1);
	assert_int_equal(get_be(answer->mad + STATUS, 2), wanted ? 0 : BAD_VALUE);
	for (unsigned int i = 0; wanted && i < 4; i++)
		assert_int_equal(get_be(answer->mad + SMP_DATA + 24 + 4 * i, 4), wanted[i]);
}

static void ports_count_what_their_links_carry(void **state)
{
	struct subnet *subnet = *state;

	subnet->host[0].counts.unicast = (struct ib_traffic){ 1, 40, 3, 80 };
	subnet->host[2].counts.multicast = (struct ib_traffic){ 5, 400, 7, 800 };
	counted(subnet, GET, 1, (const uint32_t[]){ 20, 10, 3, 1 });
	counted(subnet, GET, 2, (const uint32_t[]){ 0, 0, 0, 0 });
	counted(subnet, GET, 64, (const uint32_t[]){ 0, 0, 0, 0 });
	counted(subnet, GET, 65, NULL);
	/* port 0: the five requests until now, and four answers */
	counted(subnet, GET, 0, (const uint32_t[]){ 4 * 64, 5 * 64, 4, 5 });
	counted(subnet, SET, 0, (const uint32_t[]){ 0, 0, 0, 0 });
	/* all ports: one answer, and the request for this */
	counted(subnet, GET, 0xff, (const uint32_t[]){ 220 + 64, 110 + 64, 11, 7 });
	/* those of one port do not clear those of the other end of its link */
	counted(subnet, SET, 1, (const uint32_t[]){ 0, 0, 0, 0 });
	assert_int_equal(subnet->host[0].counts.unicast.xmit_packets, 1);
	subnet->host[0].counts.unicast.rcv_packets++;
	counted(subnet, GET, 1, (const uint32_t[]){ 0, 0, 1, 0 });
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subnet_setup, subnet_teardown)
	const struct CMUnitTest tests[] = {
		TEST(route_ends_at_the_switch),
		TEST(route_goes_through_the_switch_and_back),
		TEST(route_may_begin_or_end_with_a_lid),
		TEST(wrong_routes_are_dropped),
		TEST(answers_are_not_answered),
		TEST(switch_is_described),
		TEST(each_port_of_the_switch_is_described),
		TEST(tables_are_of_its_ports),
		TEST(unicast_is_forwarded_by_lid),
		TEST(multicast_is_forwarded_by_group),
		TEST(ports_count_what_their_links_carry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
