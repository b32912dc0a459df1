// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Tables in segments, their acknowledgements, and what may not be believed of these: 13.6. */
#include <string.h>

#include "hosts.h"
#include "util/macros.h"

enum { ACK = 2, STOP = 3, ABORT = 4 };
enum { ACTIVE = 1, FIRST = 2, LAST = 4 };
#define NODE_STRIDE	112	/* of a NodeRecord, 108 bytes, in units of 8 */
#define SEGMENT		200
#define CLASS_HEADER	20
#define SERVICES	8
#define RESEND_NS	1000000000ULL	/* the sender waits so long, */
#define RESENDS		3		/* and sends again so often */

static struct ib_packet asked;

static unsigned int segment(const struct ib_packet *packet)
{
	assert_int_equal(packet->mad[RMPP_TYPE], 1);
	assert_int_equal(packet->mad[3], GET_TABLE | RESPONSE);
	assert_true(packet->mad[RMPP_FLAGS] & ACTIVE);
	return get_be(packet->mad + RMPP_SEGMENT, 4);
}

static void acknowledge(struct subnet *subnet, uint8_t type, uint32_t number, uint32_t window)
{
	struct ib_packet packet = asked;

	packet.mad[24] = 1;
	packet.mad[RMPP_TYPE] = type;
	packet.mad[RMPP_FLAGS] = ACTIVE;
	put_be(packet.mad + RMPP_SEGMENT, 4, number);
	put_be(packet.mad + RMPP_LENGTH, 4, window);
	subnet_send(subnet, &packet);
}

/* Host 0 asks for a table of SERVICES records of 176 bytes, which are 8 segments. */
static void ask(struct subnet *subnet)
{
	uint8_t service[176] = { 0 };

	host_gid(0, service + 8);
	for (unsigned int i = 0; i < SERVICES; i++) {
		service[0] = i;
		sa_ask(subnet, 0, SET, SERVICE, 7, service, sizeof(service), 0);
	}
	subnet->host[0].received = 0;
	sa_request(&asked, 0, GET_TABLE, SERVICE, 0, NULL, 0);
	assert_non_null(subnet_send(subnet, &asked));
	assert_int_equal(subnet->host[0].received, 1);
}

static void nodes_come_in_segments(void **state)
{
	struct subnet *subnet = *state;
	const struct host *host = &subnet->host[0];
	uint8_t table[3 * SEGMENT];

	sa_request(&asked, 0, GET_TABLE, NODE, 0, NULL, 0);
	assert_non_null(subnet_send(subnet, &asked));
	/* the window is 1 until the receiver says more */
	assert_int_equal(host->received, 1);
	acknowledge(subnet, ACK, 1, 64);
	assert_int_equal(host->received, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(segment(&host->kept[i]), i + 1);
		memcpy(table + i * SEGMENT, host->kept[i].mad + DATA, SEGMENT);
	}
	assert_int_equal(host->kept[0].mad[RMPP_FLAGS] & 7, ACTIVE | FIRST);
	assert_int_equal(host->kept[1].mad[RMPP_FLAGS] & 7, ACTIVE);
	assert_int_equal(host->kept[2].mad[RMPP_FLAGS] & 7, ACTIVE | LAST);
	assert_int_equal(get_be(host->kept[0].mad + RMPP_LENGTH, 4),
			 4 * NODE_STRIDE + 3 * CLASS_HEADER);
	assert_int_equal(get_be(host->kept[2].mad + RMPP_LENGTH, 4),
			 4 * NODE_STRIDE - 2 * SEGMENT + CLASS_HEADER);
	assert_int_equal(get_be(host->kept[0].mad + RECORD_OFFSET, 2), NODE_STRIDE / 8);
	/* the manager's own and three hosts' */
	assert_int_equal(get_be(table, 2), MANAGER_LID);
	for (unsigned int i = 1; i <= HOSTS; i++)
		assert_int_equal(get_be(table + i * NODE_STRIDE, 2), i);
}

static void empty_table_is_one_segment(void **state)
{
	struct subnet *subnet = *state;
	const struct ib_packet *answer;

	sa_request(&asked, 0, GET_TABLE, SERVICE, 0, NULL, 0);
	answer = subnet_send(subnet, &asked);
	assert_non_null(answer);
	assert_int_equal(answer->mad[RMPP_FLAGS] & 7, ACTIVE | FIRST | LAST);
	assert_int_equal(get_be(answer->mad + RMPP_LENGTH, 4), CLASS_HEADER);
	assert_int_equal(get_be(answer->mad + STATUS, 2), 0);
}

static void window_is_kept(void **state)
{
	struct subnet *subnet = *state;
	struct host *host = &subnet->host[0];

	ask(subnet);
	acknowledge(subnet, ACK, 1, 3);
	assert_int_equal(host->received, 3);
	/* late and repeated ones change nothing */
	acknowledge(subnet, ACK, 0, 3);
	acknowledge(subnet, ACK, 1, 3);
	assert_int_equal(host->received, 3);
	acknowledge(subnet, ACK, 3, UINT32_MAX);
	assert_int_equal(host->received, 8);
	acknowledge(subnet, ACK, 8, 8);
	/* it is over: the same transaction can be asked again */
	assert_non_null(subnet_send(subnet, &asked));
}

static void asked_twice_is_answered_once(void **state)
{
	struct subnet *subnet = *state;

	ask(subnet);
	assert_null(subnet_send(subnet, &asked));
	/* another's acknowledgement is none */
	asked.slid = 2;
	acknowledge(subnet, ACK, 1, 8);
	assert_int_equal(subnet->host[0].received, 1);
}

static void receiver_ends_it(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t segment, window;
	} ends[] = {
		{ STOP, 0, 0 },         { ABORT, 0, 0 },
		{ 77, 0, 0 },           { ACK, 2, 8 }, /* of what was not sent */
		{ ACK, UINT32_MAX, 8 }, { ACK, 1, 0 }, /* a window that is behind */
	};
	struct subnet *subnet = *state;

	ask(subnet);
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++) {
		acknowledge(subnet, ends[i].type, ends[i].segment, ends[i].window);
		subnet->host[0].received = 0;
		acknowledge(subnet, ACK, 1, 8);
		assert_int_equal(subnet->host[0].received, 0);
		assert_non_null(subnet_send(subnet, &asked));
	}
}

/* What is due next. */
static void expect_due_at(struct subnet *subnet, uint64_t at_ns)
{
	assert_int_equal(engine_poll(subnet->engine, UINT64_MAX), 1);
	assert_int_equal(engine_now_ns(subnet->engine), at_ns);
}

static void lost_segments_are_sent_again(void **state)
{
	struct subnet *subnet = *state;
	struct host *host = &subnet->host[0];

	ask(subnet);
	expect_due_at(subnet, RESEND_NS);
	assert_int_equal(host->received, 2);
	assert_int_equal(segment(&host->kept[1]), 1);
	acknowledge(subnet, ACK, 1, 2);
	assert_int_equal(segment(&host->kept[2]), 2);
}

static void receiver_that_is_silent_is_given_up(void **state)
{
	struct subnet *subnet = *state;
	struct host *host = &subnet->host[0];

	ask(subnet);
	for (unsigned int i = 1; i <= RESENDS; i++) {
		expect_due_at(subnet, i * RESEND_NS);
		assert_int_equal(host->received, 1 + i);
		assert_int_equal(segment(&host->kept[i]), 1);
	}
	expect_due_at(subnet, (RESENDS + 1) * RESEND_NS);
	assert_int_equal(engine_poll(subnet->engine, UINT64_MAX), 0);
	assert_int_equal(host->received, 1 + RESENDS);
	/* it is over: the same transaction can be asked again */
	assert_non_null(subnet_send(subnet, &asked));
}

static void transfers_are_limited(void **state)
{
	struct subnet *subnet = *state;

	ask(subnet);
	for (unsigned int i = 1; i < 64; i++) {
		subnet->host[0].received = 0;
		sa_request(&asked, 0, GET_TABLE, SERVICE, 0, NULL, 0);
		assert_non_null(subnet_send(subnet, &asked));
	}
	sa_request(&asked, 0, GET_TABLE, SERVICE, 0, NULL, 0);
	assert_null(subnet_send(subnet, &asked));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subnet_setup, subnet_teardown)
	const struct CMUnitTest tests[] = {
		TEST(nodes_come_in_segments),
		TEST(empty_table_is_one_segment),
		TEST(window_is_kept),
		TEST(asked_twice_is_answered_once),
		TEST(receiver_ends_it),
		TEST(lost_segments_are_sent_again),
		TEST(receiver_that_is_silent_is_given_up),
		TEST(transfers_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
