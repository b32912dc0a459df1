// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Completion queues, with what the data path calls. */
#include <string.h>

#include "connectx/device/device.h"
#include "connectx/queue/cq.h"
#include "guest_command.h"
#include "guest_queue.h"
#include "util/macros.h"

#define CQ_DOORBELL	0x20
#define EQ_UPDATE	0x48
#define SOLICITED_ONLY	(1U << 24)
#define NOWHERE		0xffffffffff000ULL	/* an address that is no memory */

static bool post_completion(struct guest *guest, const struct guest_cq *test, bool solicited)
{
	struct mlx5_cqe64 cqe = { .op_own = 2 << 4, .wqe_counter = cpu_to_be16(0x1234) };
	struct cq *cq = cq_find(guest->nic, test->cqn);

	assert_non_null(cq);
	return cq_post(guest->nic, cq, &cqe, solicited);
}

static void set_consumer(struct guest *guest, const struct guest_cq *cq, uint32_t consumer)
{
	*(__be32 *)guest_ptr(guest, cq->dbr) = cpu_to_be32(consumer & 0xffffff);
}

static void expect_completion_event(struct guest *guest, const struct guest_cq *cq)
{
	const struct mlx5_eqe *eqe = guest_event(guest);

	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_COMP);
	assert_int_equal(be32_to_cpu(eqe->data.comp.cqn), cq->cqn);
	guest_expect_no_event(guest);
}

static void cqe_owner_bit_turns_with_each_round(void **state)
{
	struct guest *guest = *state;
	const struct mlx5_cqe64 *cqe;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 2);
	cqe = guest_ptr(guest, cq.buf);
	for (uint32_t i = 0; i < 12; i++) {
		assert_true(post_completion(guest, &cq, false));
		assert_int_equal(cqe[i & 3].op_own, 2 << 4 | (i >> 2 & 1));
		assert_int_equal(be16_to_cpu(cqe[i & 3].wqe_counter), 0x1234);
		set_consumer(guest, &cq, i + 1);
	}
	guest_expect_no_event(guest);
}

static void cqe_says_when_it_was_written(void **state)
{
	struct guest *guest = *state;
	const struct mlx5_cqe64 *cqe;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 2);
	cqe = guest_ptr(guest, cq.buf);
	engine_set_clock(guest->engine, 0x123456789abcdef0);
	assert_true(post_completion(guest, &cq, false));
	assert_int_equal(be32_to_cpu(cqe->timestamp_h), 0x12345678);
	assert_int_equal(be32_to_cpu(cqe->timestamp_l), 0x9abcdef0);
}

/* The queue breaks now: one event with this syndrome, and QUERY_CQ says that status. */
static void expect_broken(struct guest *guest, const struct guest_cq *cq, uint8_t syndrome,
			  uint8_t status)
{
	COMMAND(query_cq, QUERY_CQ, 0);
	const struct mlx5_eqe *eqe;

	assert_false(post_completion(guest, cq, false));
	eqe = guest_event(guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_CQ_ERROR);
	assert_int_equal(be32_to_cpu(eqe->data.cq_err.cqn), cq->cqn);
	assert_int_equal(eqe->data.cq_err.syndrome, syndrome);
	assert_false(post_completion(guest, cq, false));
	guest_expect_no_event(guest);
	MLX5_SET(query_cq_in, in, cqn, cq->cqn);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(query_cq_out, out, cq_context.status), status);
}

static void expect_errors(struct guest *guest, uint64_t overruns, uint64_t access_errors,
			  uint64_t lost_writes)
{
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "cq_overruns"), overruns);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "cq_access_errors"),
			 access_errors);
	assert_int_equal(fabric_port_counters(guest->fn->port)->lost_writes, lost_writes);
}

static void overrun_is_reported_once(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 2);
	for (unsigned int i = 0; i < 4; i++)
		assert_true(post_completion(guest, &cq, false));
	expect_broken(guest, &cq, 1, 0x9);
	set_consumer(guest, &cq, 4);
	assert_false(post_completion(guest, &cq, false));
	guest_expect_no_event(guest);
	expect_errors(guest, 1, 0, 0);
}

/* An entry that has no memory to go to, in a queue that has room for it */
static void unwritable_cq_has_not_overrun(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 2);
	assert_true(post_completion(guest, &cq, false));
	cq_find(guest->nic, cq.cqn)->buf.page[0] = NOWHERE;
	expect_broken(guest, &cq, 2, 0xa);
	expect_errors(guest, 0, 1, 1);
}

/* Whether there is room cannot be known: nothing is written. */
static void unreadable_record_is_no_overrun(void **state)
{
	struct guest *guest = *state;
	uint64_t refused = fabric_port_counters(guest->fn->port)->refused;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 2);
	cq_find(guest->nic, cq.cqn)->dbr.address = NOWHERE;
	for (unsigned int i = 0; i < 4; i++)
		assert_true(post_completion(guest, &cq, false));
	expect_broken(guest, &cq, 2, 0xa);
	expect_errors(guest, 0, 1, 0);
	assert_int_equal(fabric_port_counters(guest->fn->port)->refused, refused + 2);
}

static void armed_cq_gives_one_event(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 4);
	post_completion(guest, &cq, false);
	guest_expect_no_event(guest);
	/* one that the guest has not seen when it arms: at once */
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 0, cq.cqn);
	expect_completion_event(guest, &cq);
	post_completion(guest, &cq, false);
	guest_expect_no_event(guest);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 2, cq.cqn);
	guest_expect_no_event(guest);
	post_completion(guest, &cq, false);
	expect_completion_event(guest, &cq);
}

static void cq_armed_for_solicited_waits_for_one(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 4);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, SOLICITED_ONLY, cq.cqn);
	post_completion(guest, &cq, false);
	guest_expect_no_event(guest);
	post_completion(guest, &cq, true);
	expect_completion_event(guest, &cq);
	/* told already, whether it has been seen or not */
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, SOLICITED_ONLY | 1, cq.cqn);
	guest_expect_no_event(guest);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, SOLICITED_ONLY | 2, cq.cqn);
	post_completion(guest, &cq, false);
	guest_expect_no_event(guest);
	post_completion(guest, &cq, true);
	expect_completion_event(guest, &cq);
	/* came while nobody had asked: at once, but only if not seen */
	post_completion(guest, &cq, true);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, SOLICITED_ONLY | 5, cq.cqn);
	guest_expect_no_event(guest);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, SOLICITED_ONLY | 4, cq.cqn);
	expect_completion_event(guest, &cq);
}

/*
 * What a CQ must say, entry by entry, in all orders of what the device and the guest can do.
 */
enum action { POST, POST_SOLICITED, POLL, ARM, ARM_SOLICITED, ACTIONS };

#define ORDER_LENGTH	6
#define LOG_ORDER_CQ	3	/* entries, as many as ever are in it */

struct expected {
	struct {
		bool solicited, told;
	} entry[ORDER_LENGTH];
	unsigned int entries, polled;
	enum cq_arm arm;
};

static bool expected_event(struct expected *expected)
{
	expected->arm = CQ_FIRED;
	for (unsigned int i = 0; i < expected->entries; i++)
		expected->entry[i].told = true;
	return true;
}

static bool expected_post(struct expected *expected, bool solicited)
{
	expected->entry[expected->entries].solicited = solicited;
	expected->entry[expected->entries++].told = false;
	if (expected->arm == CQ_FIRED || (expected->arm == CQ_SOLICITED && !solicited))
		return false;
	return expected_event(expected);
}

static bool expected_arm(struct expected *expected, enum cq_arm arm)
{
	expected->arm = arm;
	for (unsigned int i = expected->polled; i < expected->entries; i++)
		if (!expected->entry[i].told && (arm == CQ_ARMED || expected->entry[i].solicited))
			return expected_event(expected);
	return false;
}

/* Does @action to the CQ and to @expected; returns whether there must be an event. */
static bool act(struct guest *guest, const struct guest_cq *cq, uint32_t base,
		struct expected *expected, enum action action)
{
	uint32_t seen = base + expected->polled;

	switch (action) {
	case POST:
	case POST_SOLICITED:
		assert_true(post_completion(guest, cq, action == POST_SOLICITED));
		return expected_post(expected, action == POST_SOLICITED);
	case POLL:
		if (expected->polled < expected->entries)
			set_consumer(guest, cq, base + ++expected->polled);
		return false;
	case ARM:
		guest_doorbell(guest, guest->uar, CQ_DOORBELL, seen & 0xffffff, cq->cqn);
		return expected_arm(expected, CQ_ARMED);
	default:
		guest_doorbell(guest, guest->uar, CQ_DOORBELL, SOLICITED_ONLY | (seen & 0xffffff),
			       cq->cqn);
		return expected_arm(expected, CQ_SOLICITED);
	}
}

/* Takes the event that must be there, or sees that there is none. */
static void expect_event_if(struct guest *guest, const struct guest_cq *cq, bool event)
{
	if (event)
		expect_completion_event(guest, cq);
	else
		guest_expect_no_event(guest);
	guest_bar_write32(guest, (uint64_t)guest->uar * GUEST_PAGE + EQ_UPDATE,
			  guest->eqn << 24 | (guest->events & 0xffffff));
}

static void all_orders_of_post_poll_and_arm(void **state)
{
	struct guest *guest = *state;
	uint32_t base = 0, orders = 1;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, LOG_ORDER_CQ);
	for (unsigned int i = 0; i < ORDER_LENGTH; i++)
		orders *= ACTIONS;
	for (uint32_t order = 0; order < orders; order++) {
		struct expected expected = { .arm = CQ_FIRED };
		uint32_t rest = order;

		for (unsigned int i = 0; i < ORDER_LENGTH; i++, rest /= ACTIONS)
			expect_event_if(guest, &cq,
					act(guest, &cq, base, &expected, rest % ACTIONS));
		/* back to a CQ that is empty and not armed: ask, and be told of one more */
		if (expected.arm == CQ_FIRED)
			expect_event_if(guest, &cq, act(guest, &cq, base, &expected, ARM));
		if (expected.arm != CQ_FIRED) {
			post_completion(guest, &cq, true);
			expected.entries++;
			expect_event_if(guest, &cq, true);
		}
		base += expected.entries;
		set_consumer(guest, &cq, base);
	}
}

/*
 * Guests that sleep until an event comes. Completions may be posted between any two of their steps.
 */
struct sleeper {
	struct guest *guest;
	struct guest_cq cq;
	uint32_t posted, polled; /* ever */
	uint32_t when;           /* bit n: post before step n */
};

static void sleeper_step(struct sleeper *sleeper)
{
	if (sleeper->when & 1) {
		post_completion(sleeper->guest, &sleeper->cq, false);
		sleeper->posted++;
	}
	sleeper->when >>= 1;
}

static void sleeper_drain(struct sleeper *sleeper)
{
	for (;;) {
		sleeper_step(sleeper);
		if (sleeper->polled == sleeper->posted)
			return;
		set_consumer(sleeper->guest, &sleeper->cq, ++sleeper->polled);
	}
}

static void sleeper_arm(struct sleeper *sleeper)
{
	sleeper_step(sleeper);
	guest_doorbell(sleeper->guest, sleeper->guest->uar, CQ_DOORBELL, sleeper->polled & 0xffffff,
		       sleeper->cq.cqn);
}

static bool sleeper_wakes(struct sleeper *sleeper)
{
	bool event;

	sleeper_step(sleeper);
	event = guest_event(sleeper->guest);
	guest_bar_write32(sleeper->guest, (uint64_t)sleeper->guest->uar * GUEST_PAGE + EQ_UPDATE,
			  sleeper->guest->eqn << 24 | (sleeper->guest->events & 0xffffff));
	return event;
}

#define SLEEPER_STEPS	12

static void sleep_through_nothing(struct guest *guest, bool arm_first)
{
	struct sleeper sleeper = { .guest = guest };
	bool woken;

	guest_cq_sized(guest, &sleeper.cq, 4);
	sleeper_arm(&sleeper);
	for (uint32_t when = 1; when < 1 << SLEEPER_STEPS; when++) {
		sleeper.when = when;
		do {
			woken = sleeper_wakes(&sleeper);
			if (woken && arm_first)
				sleeper_arm(&sleeper);
			if (woken)
				sleeper_drain(&sleeper);
			if (woken && !arm_first)
				sleeper_arm(&sleeper);
		} while (woken || sleeper.when);
		assert_int_equal(sleeper.polled, sleeper.posted);
	}
}

/* ibv_req_notify_cq() and then all there is: what its manual page shows */
static void who_arms_and_polls_sleeps_through_nothing(void **state)
{
	sleep_through_nothing(*state, true);
}

/* the other way round, as the kernel's pollers do */
static void who_polls_and_arms_sleeps_through_nothing(void **state)
{
	sleep_through_nothing(*state, false);
}

/* One event, one completion: perftest's latency tools with -e. */
static void who_takes_one_at_each_event_gets_no_event_too_many(void **state)
{
	struct sleeper sleeper = { .guest = *state };

	guest_cq_sized(sleeper.guest, &sleeper.cq, 4);
	sleeper_arm(&sleeper);
	for (unsigned int i = 0; i < 20; i++) {
		sleeper.when = 1;
		assert_true(sleeper_wakes(&sleeper));
		/* the next may come before or after the guest has asked, and is told of once */
		sleeper.when = i & 1;
		sleeper_arm(&sleeper);
		set_consumer(sleeper.guest, &sleeper.cq, ++sleeper.polled);
		if (i & 1) {
			assert_true(sleeper_wakes(&sleeper));
			sleeper_arm(&sleeper);
			set_consumer(sleeper.guest, &sleeper.cq, ++sleeper.polled);
		}
		assert_false(sleeper_wakes(&sleeper));
		assert_int_equal(sleeper.polled, sleeper.posted);
	}
}

/* However long ago the last event was: half of all indices, and all of them. */
static void long_silence_hides_nothing(void **state)
{
	const uint64_t silences[] = { 0x7fffff, 0x800000, 0xffffff, 0x1000000, 0x1000001 };
	struct guest *guest = *state;
	struct guest_cq test;
	struct cq *cq;

	guest_cq_sized(guest, &test, 2);
	cq = cq_find(guest->nic, test.cqn);
	for (unsigned int i = 0; i < ARRAY_SIZE(silences); i++) {
		/* polled without an event in all that time */
		cq->producer = cq->last_notified + silences[i];
		set_consumer(guest, &test, cq->producer);
		assert_true(post_completion(guest, &test, false));
		guest_expect_no_event(guest);
		guest_doorbell(guest, guest->uar, CQ_DOORBELL, (cq->producer - 1) & 0xffffff,
			       test.cqn);
		expect_completion_event(guest, &test);
	}
}

/* The next that happens by itself is the event, at this time. */
static void expect_event_at(struct guest *guest, const struct guest_cq *cq, uint64_t at_ns)
{
	guest_expect_no_event(guest);
	assert_int_equal(engine_poll(guest->engine, UINT64_MAX), 1);
	assert_int_equal(engine_now_ns(guest->engine), at_ns);
	expect_completion_event(guest, cq);
}

static uint8_t moderate_cq(struct guest *guest, const struct guest_cq *cq, uint16_t period_us,
			   uint16_t count)
{
	COMMAND(modify_cq, MODIFY_CQ, 0);
	void *cqc = MLX5_ADDR_OF(modify_cq_in, in, cq_context);

	MLX5_SET(modify_cq_in, in, cqn, cq->cqn);
	MLX5_SET(modify_cq_in, in,
		 modify_field_select_resize_field_select.modify_field_select.modify_field_select,
		 3);
	MLX5_SET(cqc, cqc, cq_period, period_us);
	MLX5_SET(cqc, cqc, cq_max_count, count);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

#define PERIOD_US 4095		/* the longest */
#define PERIOD_NS (PERIOD_US * 1000ULL)
#define YEAR_NS (365ULL * 24 * 3600 * 1000000000)

static void moderated_cq_waits_for_the_count(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 4);
	assert_int_equal(moderate_cq(guest, &cq, PERIOD_US, 3), MLX5_CMD_STAT_OK);
	/* no period has begun before the first event, not even when the machine did just now */
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 0, cq.cqn);
	post_completion(guest, &cq, false);
	expect_completion_event(guest, &cq);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 1, cq.cqn);
	post_completion(guest, &cq, false);
	post_completion(guest, &cq, false);
	guest_expect_no_event(guest);
	post_completion(guest, &cq, false);
	expect_completion_event(guest, &cq);
}

static void moderated_cq_waits_for_the_period(void **state)
{
	static const uint64_t starts[] = { 0, YEAR_NS };
	struct guest *guest = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(starts); i++) {
		struct guest_cq cq;

		engine_set_clock(guest->engine, starts[i]);
		guest_cq_sized(guest, &cq, 4);
		assert_int_equal(moderate_cq(guest, &cq, PERIOD_US, 100), MLX5_CMD_STAT_OK);
		guest_doorbell(guest, guest->uar, CQ_DOORBELL, 0, cq.cqn);
		post_completion(guest, &cq, false);
		expect_completion_event(guest, &cq);
		/* unseen when armed, which moderation puts off too */
		engine_set_clock(guest->engine, starts[i] + PERIOD_NS - 1);
		post_completion(guest, &cq, false);
		guest_doorbell(guest, guest->uar, CQ_DOORBELL, 1, cq.cqn);
		expect_event_at(guest, &cq, starts[i] + PERIOD_NS);
	}
}

static void moderation_is_changed_under_way(void **state)
{
	struct guest *guest = *state;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 4);
	assert_int_equal(moderate_cq(guest, &cq, PERIOD_US, 100), MLX5_CMD_STAT_OK);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 0, cq.cqn);
	post_completion(guest, &cq, false);
	expect_completion_event(guest, &cq);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 1, cq.cqn);
	post_completion(guest, &cq, false);
	assert_int_equal(moderate_cq(guest, &cq, 100, 100), MLX5_CMD_STAT_OK);
	expect_event_at(guest, &cq, 100000);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 2, cq.cqn);
	post_completion(guest, &cq, false);
	guest_expect_no_event(guest);
	assert_int_equal(moderate_cq(guest, &cq, 0, 0), MLX5_CMD_STAT_OK);
	expect_completion_event(guest, &cq);
}

/* What a CQ may be made with beside its size. */
struct cq_mode {
	unsigned int stride, period_mode, compression, format, layout;
};

static uint8_t try_create_cq_of(struct guest *guest, struct guest_cq *cq, unsigned int log_size,
				const struct cq_mode *mode)
{
	COMMAND(create_cq, CREATE_CQ, 1);
	void *cqc = MLX5_ADDR_OF(create_cq_in, in, cq_context);
	__be64 *pas = MLX5_ADDR_OF(create_cq_in, in, pas);
	uint8_t status;

	cq->buf = guest_alloc(guest, GUEST_PAGE);
	cq->dbr = guest_alloc(guest, GUEST_PAGE);
	MLX5_SET(cqc, cqc, log_cq_size, log_size);
	MLX5_SET(cqc, cqc, uar_page, guest->uar);
	MLX5_SET(cqc, cqc, c_eqn_or_apu_element, guest->eqn);
	MLX5_SET64(cqc, cqc, dbr_addr, cq->dbr);
	MLX5_SET(cqc, cqc, cqe_sz, mode->stride);
	MLX5_SET(cqc, cqc, cq_period_mode, mode->period_mode);
	MLX5_SET(cqc, cqc, cqe_comp_en, mode->compression);
	MLX5_SET(cqc, cqc, mini_cqe_res_format, mode->format);
	MLX5_SET(cqc, cqc, cqe_compression_layout, mode->layout);
	*pas = cpu_to_be64(cq->buf);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	cq->cqn = MLX5_GET(create_cq_out, out, cqn);
	return status;
}

/* Of 128 bytes, the second half is the CQE; the first one is written in padded entries only. */
static void first_half_is_written_when_padded(void **state)
{
	struct guest *guest = *state;

	for (unsigned int stride = 1; stride <= 2; stride++) {
		const struct cq_mode mode = { .stride = stride };
		struct guest_cq cq;
		uint8_t *ring;

		assert_int_equal(try_create_cq_of(guest, &cq, 2, &mode), MLX5_CMD_STAT_OK);
		ring = guest_ptr(guest, cq.buf);
		memset(ring, 0xee, 4 * 128);
		assert_true(post_completion(guest, &cq, false));
		assert_true(post_completion(guest, &cq, false));
		for (unsigned int i = 0; i < 2; i++) {
			assert_int_equal(ring[i * 128], stride == 2 ? 0 : 0xee);
			assert_int_equal(ring[i * 128 + 63], stride == 2 ? 0 : 0xee);
			assert_int_equal(ring[i * 128 + 127], 2 << 4);
		}
		assert_int_equal(ring[2 * 128], 0xee);
	}
}

static void modes_that_are_not_there_are_refused(void **state)
{
	const struct cq_mode modes[] = {
		{ .stride = 3 },
		{ .period_mode = 2 },
		{ .compression = 1, .layout = 1 },
	};
	struct guest *guest = *state;
	struct guest_cq cq;

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		assert_int_equal(try_create_cq_of(guest, &cq, 2, &modes[i]),
				 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

/* Entries of a CQ that allows compression are whole, each in its place, whatever the format. */
static void compression_is_not_made_use_of(void **state)
{
	struct guest *guest = *state;

	for (unsigned int format = 0; format < 4; format++) {
		const struct cq_mode mode = { .compression = 1, .format = format };
		const struct mlx5_cqe64 *cqe;
		struct guest_cq cq;

		assert_int_equal(try_create_cq_of(guest, &cq, 3, &mode), MLX5_CMD_STAT_OK);
		cqe = guest_ptr(guest, cq.buf);
		for (unsigned int i = 0; i < 8; i++) {
			assert_true(post_completion(guest, &cq, false));
			/* with it, op_own has a format in bits 3:2 */
			assert_int_equal(cqe[i].op_own, 2 << 4);
			assert_int_equal(be16_to_cpu(cqe[i].wqe_counter), 0x1234);
		}
	}
}

static uint8_t set_period_mode(struct guest *guest, const struct guest_cq *cq, unsigned int mode)
{
	COMMAND(modify_cq, MODIFY_CQ, 0);

	MLX5_SET(modify_cq_in, in, cqn, cq->cqn);
	MLX5_SET(modify_cq_in, in,
		 modify_field_select_resize_field_select.modify_field_select.modify_field_select,
		 1 << 4);
	MLX5_SET(modify_cq_in, in, cq_context.cq_period_mode, mode);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static void period_may_begin_with_an_entry(void **state)
{
	const struct cq_mode mode = { .period_mode = MLX5_CQ_PERIOD_MODE_START_FROM_CQE };
	struct guest *guest = *state;
	struct guest_cq cq;

	assert_int_equal(try_create_cq_of(guest, &cq, 4, &mode), MLX5_CMD_STAT_OK);
	assert_int_equal(moderate_cq(guest, &cq, PERIOD_US, 100), MLX5_CMD_STAT_OK);
	/* there has never been an event, and yet the first waits; what follows it, no longer */
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 0, cq.cqn);
	engine_set_clock(guest->engine, 7);
	post_completion(guest, &cq, false);
	engine_set_clock(guest->engine, PERIOD_NS);
	post_completion(guest, &cq, false);
	expect_event_at(guest, &cq, PERIOD_NS + 7);
	/* an entry that is old enough when it is asked for does not wait again */
	post_completion(guest, &cq, false);
	engine_set_clock(guest->engine, 2 * PERIOD_NS + 7);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 2, cq.cqn);
	expect_completion_event(guest, &cq);
	/* back to the other mode, in which the last event counts */
	assert_int_equal(set_period_mode(guest, &cq, 2), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(set_period_mode(guest, &cq, MLX5_CQ_PERIOD_MODE_START_FROM_EQE),
			 MLX5_CMD_STAT_OK);
	engine_set_clock(guest->engine, 3 * PERIOD_NS);
	guest_doorbell(guest, guest->uar, CQ_DOORBELL, 3, cq.cqn);
	post_completion(guest, &cq, false);
	expect_event_at(guest, &cq, 3 * PERIOD_NS + 7);
}

/* Counters of completions are 24 bits wide: nothing may happen when they wrap. */
static void counters_wrap_at_24_bits(void **state)
{
	struct guest *guest = *state;
	struct guest_cq test;
	struct cq *cq;

	guest_cq_sized(guest, &test, 2);
	cq = cq_find(guest->nic, test.cqn);
	cq->producer = cq->consumer = cq->last_solicited = 0xfffffe;
	for (uint32_t i = 0; i < 8; i++) {
		guest_doorbell(guest, guest->uar, CQ_DOORBELL, (0xfffffe + i) & 0xffffff, test.cqn);
		guest_expect_no_event(guest);
		assert_true(post_completion(guest, &test, false));
		expect_completion_event(guest, &test);
		set_consumer(guest, &test, 0xfffffe + i + 1);
	}
}

static uint8_t resize_cq(struct guest *guest, const struct guest_cq *cq, unsigned int log_size,
			 uint64_t ring)
{
	COMMAND(modify_cq, MODIFY_CQ, 1);
	void *cqc = MLX5_ADDR_OF(modify_cq_in, in, cq_context);
	__be64 *pas = MLX5_ADDR_OF(modify_cq_in, in, pas);

	MLX5_SET(modify_cq_in, in, op_mod, 1);
	MLX5_SET(modify_cq_in, in, cqn, cq->cqn);
	MLX5_SET(modify_cq_in, in,
		 modify_field_select_resize_field_select.resize_field_select.resize_field_select,
		 7);
	MLX5_SET(cqc, cqc, log_cq_size, log_size);
	*pas = cpu_to_be64(ring);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static void resized_cq_goes_on_in_the_new_buffer(void **state)
{
	struct guest *guest = *state;
	uint64_t ring = guest_alloc(guest, GUEST_PAGE);
	const struct mlx5_cqe64 *old, *new = guest_ptr(guest, ring);
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 3);
	old = guest_ptr(guest, cq.buf);
	post_completion(guest, &cq, false);
	post_completion(guest, &cq, false);
	assert_int_equal(resize_cq(guest, &cq, 4, ring), MLX5_CMD_STAT_OK);
	assert_int_equal(old[2].op_own >> 4, 5);
	post_completion(guest, &cq, false);
	assert_int_equal(new[3].op_own >> 4, 2);
}

static void cq_is_not_resized_below_what_it_holds(void **state)
{
	struct guest *guest = *state;
	uint64_t ring = guest_alloc(guest, GUEST_PAGE);
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 3);
	for (unsigned int i = 0; i < 4; i++)
		post_completion(guest, &cq, false);
	assert_int_equal(resize_cq(guest, &cq, 2, ring), MLX5_CMD_STAT_BAD_SIZE_OUTS_CQES_ERR);
	assert_int_equal(resize_cq(guest, &cq, 23, ring), MLX5_CMD_STAT_BAD_PARAM_ERR);
	/* more entries than the one page holds */
	assert_int_equal(resize_cq(guest, &cq, 7, ring), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_true(post_completion(guest, &cq, false));
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(cqe_owner_bit_turns_with_each_round),
		TEST(cqe_says_when_it_was_written),
		TEST(overrun_is_reported_once),
		TEST(unwritable_cq_has_not_overrun),
		TEST(unreadable_record_is_no_overrun),
		TEST(armed_cq_gives_one_event),
		TEST(cq_armed_for_solicited_waits_for_one),
		TEST(all_orders_of_post_poll_and_arm),
		TEST(who_arms_and_polls_sleeps_through_nothing),
		TEST(who_polls_and_arms_sleeps_through_nothing),
		TEST(who_takes_one_at_each_event_gets_no_event_too_many),
		TEST(long_silence_hides_nothing),
		TEST(moderated_cq_waits_for_the_count),
		TEST(moderated_cq_waits_for_the_period),
		TEST(moderation_is_changed_under_way),
		TEST(first_half_is_written_when_padded),
		TEST(modes_that_are_not_there_are_refused),
		TEST(compression_is_not_made_use_of),
		TEST(period_may_begin_with_an_entry),
		TEST(counters_wrap_at_24_bits),
		TEST(resized_cq_goes_on_in_the_new_buffer),
		TEST(cq_is_not_resized_below_what_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
