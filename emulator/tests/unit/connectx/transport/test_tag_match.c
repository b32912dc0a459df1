// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Tag matching: messages to an XRQ, and changes to its list. */
#include <string.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/tag_list.h"
#include "connectx/queue/wqe.h"
#include "guest_command.h"
#include "tags.h"
#include "util/macros.h"

#define PAYLOAD		100U
#define LARGE		3000U	/* of several packets */

static struct tags tags;

static int setup(void **state)
{
	tags_create(*state = &tags, MLX5_XRQC_OFFLOAD_RNDV);
	return 0;
}

static int setup_without_rendezvous(void **state)
{
	tags_create(*state = &tags, 0);
	return 0;
}

static int teardown(void **state)
{
	tags_destroy(*state);
	return 0;
}

/*
 * Changes of the list.
 */
#define SYNC	WQE_TAG_SYNC
#define SIGNAL	WQE_TAG_COMPLETION

/* The next completion of the XRQ, as libmlx5 takes it to pieces. */
struct seen {
	uint8_t opcode, app, operation;
	uint16_t info, wqe;
	uint32_t bytes, user_index, qpn;
	uint8_t head[CQE_HEAD];
};

static struct seen next(struct tags *all)
{
	const uint8_t *cqe = (const void *)guest_poll(all->guest, &all->cq[1]);
	struct seen seen;

	assert_non_null(cqe);
	seen = (struct seen){
		.opcode = cqe[63] >> 4,
		.app = cqe[40],
		.operation = cqe[41],
		.info = cqe[42] << 8 | cqe[43],
		.wqe = cqe[60] << 8 | cqe[61],
		.bytes = be32_to_cpu(*(const __be32 *)(cqe + 44)),
		.user_index = be32_to_cpu(*(const __be32 *)(cqe + 32)),
		.qpn = be32_to_cpu(*(const __be32 *)(cqe + 56)) & 0xffffff,
	};
	memcpy(seen.head, cqe, sizeof(seen.head));
	return seen;
}

static struct seen expect(struct tags *all, uint8_t opcode, uint8_t operation)
{
	struct seen seen = next(all);

	assert_int_equal(seen.operation, operation);
	assert_int_equal(seen.opcode, opcode);
	assert_int_equal(seen.app, 1);
	assert_int_equal(seen.user_index, TAGS_USER_INDEX);
	return seen;
}

static void expect_nothing(struct tags *all)
{
	guest_expect_nothing(all->guest, &all->cq[1]);
}

/* What a change says: whether it was done, and the device's count. */
static void expect_change(struct tags *all, uint8_t operation, bool success, uint16_t count)
{
	struct seen seen = expect(all, CQE_NO_PACKET, operation);

	assert_int_equal(seen.qpn, all->command.qpn);
	assert_int_equal(seen.head[0], success ? 0x80 : 0);
	assert_int_equal(seen.head[4] << 8 | seen.head[5], count);
}

/* The buffer of this tag is entry @index; the next will be @index + 1. */
static void append(struct tags *all, uint16_t index, uint64_t tag, uint32_t len)
{
	tags_change(all, WQE_TAG_APPEND, 0, (index + 1) % (1 << TAGS_LOG), 0, tag, len);
}

/*
 * Messages.
 */
#define NO_TAG		TAG_HEADER_NO_TAG
#define RENDEZVOUS	TAG_HEADER_RENDEZVOUS
#define FINISHED	TAG_HEADER_FINISHED
#define EAGER		TAG_HEADER_EAGER

/* @len: with the header; the rest is a pattern */
static void send(struct tags *all, uint8_t operation, uint64_t tag, uint32_t len)
{
	uint8_t *message = guest_ptr(all->guest, all->from);
	struct guest_wqe wqe;

	guest_fill(message + 16, TAGS_SIZE - 16, 7);
	message[0] = operation;
	memcpy(message + 4, "user", 4);
	*(__be64 *)(message + 8) = cpu_to_be64(tag);
	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	guest_wqe_data(&wqe, all->from, all->key, len);
	guest_post(all->guest, &all->sender, &wqe, false);
}

static void announce(struct tags *all, uint64_t tag, uint32_t key, uint32_t len)
{
	uint8_t header[32] = { RENDEZVOUS, [4] = 'u', 's', 'e', 'r' };
	struct guest_wqe wqe;

	guest_fill(guest_ptr(all->guest, all->from), TAGS_SIZE, 9);
	*(__be64 *)(header + 8) = cpu_to_be64(tag);
	*(__be64 *)(header + 16) = cpu_to_be64(all->from);
	*(__be32 *)(header + 24) = cpu_to_be32(key);
	*(__be32 *)(header + 28) = cpu_to_be32(len);
	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	guest_wqe_inline(&wqe, header, sizeof(header));
	guest_post(all->guest, &all->sender, &wqe, false);
}

static void assert_header(const struct seen *seen, uint8_t operation, uint64_t tag)
{
	__be64 expected = cpu_to_be64(tag);

	assert_int_equal(seen->head[0], operation);
	assert_memory_equal(seen->head + 4, "user", 4);
	assert_memory_equal(seen->head + 8, &expected, sizeof(expected));
}

static void expect_sent(struct tags *all, uint16_t index)
{
	guest_expect(all->guest, &all->cq[0], CQE_REQ, index, 0);
}

static void message_goes_to_the_buffer_of_its_tag(void **state)
{
	struct tags *all = *state;
	uint8_t *to = guest_ptr(all->guest, all->to);
	struct seen seen;

	append(all, 0, 0x10, TAGS_SIZE);
	append(all, 1, 0x11, TAGS_SIZE);
	/* what the mask leaves out does not count */
	send(all, EAGER, 0xabc0011, 16 + PAYLOAD);
	seen = expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG);
	assert_int_equal(seen.info, 1);
	assert_int_equal(seen.bytes, PAYLOAD);
	assert_int_equal(seen.qpn, all->receiver.qpn);
	assert_header(&seen, EAGER, 0xabc0011);
	guest_assert_filled(to, PAYLOAD, 7);
	assert_int_equal(to[PAYLOAD], 0);
	expect_sent(all, 0);
	/* nothing but a header is a message, too */
	send(all, EAGER, 0x10, 16);
	seen = expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG);
	assert_int_equal(seen.info, 0);
	assert_int_equal(seen.bytes, 0);
	expect_sent(all, 1);
	expect_nothing(all);
}

static void first_buffer_of_equal_tags_is_first(void **state)
{
	struct tags *all = *state;

	/* all round the list, and on */
	for (unsigned int i = 0; i < 1 << TAGS_LOG; i++)
		append(all, i, 5, PAYLOAD);
	for (unsigned int i = 0; i < 2 << TAGS_LOG; i++) {
		send(all, EAGER, 5, 16 + PAYLOAD);
		assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG).info,
				 i % (1 << TAGS_LOG));
		expect_sent(all, i);
		append(all, i % (1 << TAGS_LOG), 5, PAYLOAD);
	}
}

static void message_without_data_needs_no_buffer(void **state)
{
	struct tags *all = *state;

	append(all, 0, 1, 0);
	send(all, EAGER, 1, 16);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG).bytes, 0);
	expect_sent(all, 0);
}

static void long_message_completes_twice(void **state)
{
	struct tags *all = *state;
	struct seen seen;

	append(all, 0, 1, TAGS_SIZE);
	send(all, EAGER, 1, 16 + LARGE);
	seen = expect(all, CQE_NO_PACKET, CQE_TAG_CONSUMED);
	assert_header(&seen, EAGER, 1);
	seen = expect(all, CQE_RESP_SEND, CQE_TAG_EXPECTED);
	assert_int_equal(seen.info, 0);
	assert_int_equal(seen.bytes, LARGE);
	assert_int_equal(seen.head[8 + 7], 0);
	guest_assert_filled(guest_ptr(all->guest, all->to), LARGE, 7);
	expect_sent(all, 0);
}

static void too_long_message_cancels_its_buffer(void **state)
{
	struct tags *all = *state;

	append(all, 0, 1, PAYLOAD - 1);
	send(all, EAGER, 1, 16 + PAYLOAD);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CANCELED).info, 0);
	guest_expect(all->guest, &all->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_INVAL_REQ);
	/* its number may be used again */
	for (unsigned int i = 1; i <= 1 << TAGS_LOG; i++)
		tags_change(all, WQE_TAG_APPEND, SIGNAL, (i + 1) % (1 << TAGS_LOG), 0, 1, PAYLOAD);
	for (unsigned int i = 1; i <= 1 << TAGS_LOG; i++)
		expect_change(all, CQE_TAG_APPEND, true, 0);
}

static void unexpected_message_waits_for_the_program(void **state)
{
	struct tags *all = *state;
	struct seen seen;

	append(all, 0, 1, TAGS_SIZE);
	/* nobody is ready for it, so it has not come yet */
	send(all, EAGER, 2, 16 + PAYLOAD);
	guest_run(all->guest);
	tags_post_waiting(all, 3);
	seen = expect(all, CQE_RESP_SEND, CQE_TAG_UNEXPECTED);
	assert_int_equal(seen.wqe, 0);
	assert_int_equal(seen.bytes, 16 + PAYLOAD);
	assert_int_equal(seen.head[8 + 7], 0);
	guest_assert_filled((uint8_t *)guest_ptr(all->guest, all->waiting) + 16, PAYLOAD, 7);
	expect_sent(all, 0);
	/* appended while the program has not reported it: matches nothing yet */
	tags_change(all, WQE_TAG_APPEND, SIGNAL | SYNC, 2, 0, 3, TAGS_SIZE);
	expect_change(all, CQE_TAG_APPEND, true, 1);
	send(all, EAGER, 3, 16 + PAYLOAD);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_UNEXPECTED).wqe, 1);
	expect_sent(all, 1);
	/* what was appended before goes on matching */
	send(all, EAGER, 1, 16 + PAYLOAD);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG).info, 0);
	expect_sent(all, 2);
	/* one reported of two, then both */
	tags_change(all, WQE_TAG_NOP, SIGNAL | SYNC, 0, 1, 0, 0);
	expect_change(all, CQE_TAG_NOOP, true, 2);
	send(all, EAGER, 3, 16 + PAYLOAD);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_UNEXPECTED).wqe, 2);
	expect_sent(all, 3);
	tags_change(all, WQE_TAG_NOP, SIGNAL | SYNC, 0, 3, 0, 0);
	expect_change(all, CQE_TAG_NOOP, true, 3);
	send(all, EAGER, 3, 16 + PAYLOAD);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG).info, 1);
	expect_sent(all, 4);
}

/* What has no tag goes through, whole, and is not counted. */
static void messages_without_tags(void **state)
{
	const struct {
		uint8_t operation;
		uint32_t len;
	} messages[] = {
		{ NO_TAG, 1 },      { NO_TAG, 16 + PAYLOAD }, { FINISHED, 32 }, { EAGER, 15 },
		{ RENDEZVOUS, 31 }, { RENDEZVOUS, 65 },       { 0xff, 16 },
	};
	struct tags *all = *state;

	append(all, 0, 1, TAGS_SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(messages); i++) {
		struct seen seen;

		tags_post_waiting(all, 1);
		send(all, messages[i].operation, 1, messages[i].len);
		seen = expect(all, CQE_RESP_SEND, CQE_TAG_NO_TAG);
		assert_int_equal(seen.bytes, messages[i].len);
		assert_int_equal(seen.wqe, i);
		assert_memory_equal(guest_ptr(all->guest, all->waiting),
				    guest_ptr(all->guest, all->from), messages[i].len);
		expect_sent(all, i);
	}
	tags_change(all, WQE_TAG_NOP, SIGNAL, 0, 0, 0, 0);
	expect_change(all, CQE_TAG_NOOP, true, 0);
}

static void announced_data_are_fetched(void **state)
{
	struct tags *all = *state;
	uint8_t *notice;
	struct seen seen;

	append(all, 0, 8, TAGS_SIZE);
	guest_post_recv(all->guest, &all->sender, all->waiting, all->key, TAGS_SIZE);
	announce(all, 8, all->key, LARGE);
	seen = expect(all, CQE_NO_PACKET, CQE_TAG_CONSUMED);
	assert_int_equal(seen.info, 0);
	assert_header(&seen, RENDEZVOUS, 8);
	seen = expect(all, CQE_RESP_SEND, CQE_TAG_EXPECTED);
	assert_int_equal(seen.info, 0);
	assert_int_equal(seen.bytes, LARGE);
	assert_int_equal(seen.head[8 + 7], 0);
	guest_assert_filled(guest_ptr(all->guest, all->to), LARGE, 9);
	/* the sender is told with its own header */
	expect_sent(all, 0);
	guest_expect(all->guest, &all->cq[0], CQE_RESP_SEND, 0, 0);
	notice = guest_ptr(all->guest, all->waiting);
	assert_int_equal(notice[0], FINISHED);
	assert_memory_equal(notice + 4, "user", 4);
	assert_int_equal(notice[15], 8);
	assert_int_equal(be32_to_cpu(*(__be32 *)(notice + 28)), LARGE);
	expect_nothing(all);
}

/* Until somebody takes the notice, the fetch is not over. */
static void notice_waits_for_its_receiver(void **state)
{
	struct tags *all = *state;

	append(all, 0, 8, TAGS_SIZE);
	announce(all, 8, all->key, 0);
	expect(all, CQE_NO_PACKET, CQE_TAG_CONSUMED);
	expect_nothing(all);
	/* nobody for longer than the retries last: what was matched is canceled */
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CANCELED).info, 0);
	expect_sent(all, 0);
}

static void data_that_cannot_be_fetched_are_canceled(void **state)
{
	struct tags *all = *state;

	append(all, 0, 8, TAGS_SIZE);
	append(all, 1, 8, TAGS_SIZE);
	announce(all, 8, all->key + 0x100, LARGE);
	announce(all, 8, all->key, LARGE);
	expect(all, CQE_NO_PACKET, CQE_TAG_CONSUMED);
	guest_run(all->guest);
	/* in whatever order the second announcement and the refusal come */
	for (unsigned int consumed = 1, canceled = 0; canceled < consumed;) {
		struct seen seen = next(all);

		if (seen.operation == CQE_TAG_CONSUMED)
			consumed++;
		else
			assert_int_equal(seen.operation, CQE_TAG_CANCELED);
		canceled += seen.operation == CQE_TAG_CANCELED;
	}
	assert_int_equal(qp_find(all->guest->nic, all->receiver.qpn)->state, MLX5_QP_STATE_ERR);
}

static void too_long_data_are_left_to_the_program(void **state)
{
	struct tags *all = *state;
	uint8_t *to = guest_ptr(all->guest, all->to);
	struct seen seen;

	append(all, 0, 8, LARGE - 1);
	announce(all, 8, all->key, LARGE);
	seen = expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG_SW);
	assert_header(&seen, RENDEZVOUS, 8);
	assert_int_equal(to[0], RENDEZVOUS);
	assert_int_equal(be32_to_cpu(*(__be32 *)(to + 28)), LARGE);
	expect_sent(all, 0);
	/* as much of the header as there is room for */
	append(all, 1, 8, 20);
	memset(to, 0xee, 64);
	announce(all, 8, all->key, LARGE);
	expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG_SW);
	assert_int_equal(to[15], 8);
	assert_int_equal(to[20], 0xee);
	expect_sent(all, 1);
	expect_nothing(all);
}

/* Room there would be, but the XRQ was made without the offload. */
static void without_offload_data_are_left_to_the_program(void **state)
{
	struct tags *all = *state;
	uint8_t *to = guest_ptr(all->guest, all->to);

	append(all, 0, 8, TAGS_SIZE);
	announce(all, 8, all->key, LARGE);
	expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG_SW);
	assert_int_equal(to[0], RENDEZVOUS);
	assert_int_equal(to[32], 0);
	expect_sent(all, 0);
	expect_nothing(all);
}

static void removed_tag_matches_nothing(void **state)
{
	struct tags *all = *state;

	append(all, 0, 1, TAGS_SIZE);
	append(all, 1, 1, TAGS_SIZE);
	tags_change(all, WQE_TAG_REMOVE, SIGNAL, 0, 0, 0, 0);
	expect_change(all, CQE_TAG_REMOVE, true, 0);
	send(all, EAGER, 1, 16 + PAYLOAD);
	assert_int_equal(expect(all, CQE_RESP_SEND, CQE_TAG_CONSUMED_MSG).info, 1);
	expect_sent(all, 0);
	/* too late, and never there */
	tags_change(all, WQE_TAG_REMOVE, SIGNAL, 1, 0, 0, 0);
	expect_change(all, CQE_TAG_REMOVE, false, 0);
	tags_change(all, WQE_TAG_REMOVE, SIGNAL, 0xffff, 0, 0, 0);
	expect_change(all, CQE_TAG_REMOVE, false, 0);
	/* nobody asked */
	tags_change(all, WQE_TAG_REMOVE, 0, 1, 0, 0, 0);
	expect_nothing(all);
}

static void expect_change_refused(struct tags *all)
{
	const struct mlx5_err_cqe *cqe = (const void *)guest_poll(all->guest, &all->cq[1]);

	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, CQE_REQ_ERR);
	assert_int_equal(cqe->syndrome, CQE_LOCAL_QP_OP);
}

static void number_in_use_is_not_appended(void **state)
{
	struct tags *all = *state;

	for (unsigned int i = 0; i < 1 << TAGS_LOG; i++)
		append(all, i, i, TAGS_SIZE);
	append(all, 0, 1, TAGS_SIZE);
	expect_change_refused(all);
}

static void number_beyond_the_list_is_not_appended(void **state)
{
	struct tags *all = *state;

	tags_change(all, WQE_TAG_APPEND, SIGNAL, 1 << TAGS_LOG, 0, 1, TAGS_SIZE);
	expect_change_refused(all);
}

static void unknown_change_is_refused(void **state)
{
	struct tags *all = *state;

	tags_change(all, 3, SIGNAL, 0, 0, 0, 0);
	expect_change_refused(all);
}

static void only_an_xrq_has_tags(void **state)
{
	struct tags *all = *state;
	struct guest_wqe wqe;

	guest_wqe(&wqe, WQE_OPCODE_TAG_MATCHING, 0, 0);
	wqe.len += sizeof(struct wqe_tag_seg);
	guest_post(all->guest, &all->sender, &wqe, false);
	guest_expect(all->guest, &all->cq[0], CQE_REQ_ERR, 0, CQE_LOCAL_QP_OP);
}

static void xrq_tells_how_far_it_is(void **state)
{
	struct tags *all = *state;
	COMMAND(query_xrq, QUERY_XRQ, 0);
	void *xrqc = MLX5_ADDR_OF(query_xrq_out, out, xrq_context);

	tags_post_waiting(all, 1);
	tags_change(all, WQE_TAG_APPEND, SYNC, 4, 9, 1, TAGS_SIZE);
	send(all, EAGER, 2, 16);
	expect(all, CQE_RESP_SEND, CQE_TAG_UNEXPECTED);
	MLX5_SET(query_xrq_in, in, xrqn, all->xrqn);
	guest_command(all->guest, in, sizeof(in), out, sizeof(out));
	assert_int_equal(MLX5_GET(xrqc, xrqc, state), MLX5_XRQC_STATE_GOOD);
	assert_int_equal(MLX5_GET(xrqc, xrqc, tag_matching_topology_context.append_next_index), 4);
	assert_int_equal(MLX5_GET(xrqc, xrqc, tag_matching_topology_context.sw_phase_cnt), 9);
	assert_int_equal(MLX5_GET(xrqc, xrqc, tag_matching_topology_context.hw_phase_cnt), 1);
	assert_int_equal(MLX5_GET(xrqc, xrqc, wq.hw_counter), 1);
}

static void xrq_is_destroyed_after_its_qps(void **state)
{
	struct tags *all = *state;
	COMMAND(destroy_xrq, DESTROY_XRQ, 0);

	append(all, 0, 8, TAGS_SIZE);
	announce(all, 8, all->key, LARGE);
	expect(all, CQE_NO_PACKET, CQE_TAG_CONSUMED);
	MLX5_SET(destroy_xrq_in, in, xrqn, all->xrqn);
	assert_int_equal(guest_try(all->guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_RES_BUSY);
	/* in the middle of a fetch, whose notice nobody takes */
	guest_qp_destroy(all->guest, &all->receiver);
	guest_qp_destroy(all->guest, &all->command);
	guest_command(all->guest, in, sizeof(in), out, sizeof(out));
	assert_int_equal(all->guest->nic->queues->srqs.count, 0);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(message_goes_to_the_buffer_of_its_tag),
		TEST(first_buffer_of_equal_tags_is_first),
		TEST(message_without_data_needs_no_buffer),
		TEST(long_message_completes_twice),
		TEST(too_long_message_cancels_its_buffer),
		TEST(unexpected_message_waits_for_the_program),
		TEST(messages_without_tags),
		TEST(announced_data_are_fetched),
		TEST(notice_waits_for_its_receiver),
		TEST(data_that_cannot_be_fetched_are_canceled),
		TEST(too_long_data_are_left_to_the_program),
		cmocka_unit_test_setup_teardown(without_offload_data_are_left_to_the_program,
						setup_without_rendezvous, teardown),
		TEST(removed_tag_matches_nothing),
		TEST(number_in_use_is_not_appended),
		TEST(number_beyond_the_list_is_not_appended),
		TEST(unknown_change_is_refused),
		TEST(only_an_xrq_has_tags),
		TEST(xrq_tells_how_far_it_is),
		TEST(xrq_is_destroyed_after_its_qps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
