// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The engine: its clock, and order and life of timers, work and descriptors. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/engine.h"
#include "base/timer_heap.h"
#include "util/macros.h"

#define MS 1000000ULL
#define DAYS (24ULL * 3600 * 1000 * MS)

static int make_engine(void **state)
{
	*state = engine_create();
	return !*state;
}

/* One whose time begins at zero, as on a machine that boots. */
static int make_engine_with_clock(void **state)
{
	if (make_engine(state))
		return -1;
	engine_set_clock(*state, 0);
	return 0;
}

static int free_engine(void **state)
{
	engine_destroy(*state);
	return 0;
}

/* Runs what is due until nothing is. */
static void settle(struct engine *engine)
{
	while (engine_poll(engine, 0) > 0)
		;
}

struct mark {
	struct engine_timer timer;
	int fired;
	uint64_t fired_ns; /* when it did last */
};

static void fire_mark(struct engine_timer *timer)
{
	struct mark *mark = container_of(timer, struct mark, timer);

	mark->fired++;
	mark->fired_ns = engine_now_ns(timer->engine);
}

static void arm_mark(struct mark *mark, struct engine *engine, uint64_t delay_ns)
{
	*mark = (struct mark){ 0 };
	engine_timer_init(&mark->timer, engine, fire_mark);
	assert_false(engine_timer_armed(&mark->timer));
	engine_timer_arm(&mark->timer, delay_ns);
	assert_true(engine_timer_armed(&mark->timer));
}

static void expect_fired(const struct mark *mark, uint64_t at_ns)
{
	assert_int_equal(mark->fired, 1);
	assert_int_equal(mark->fired_ns, at_ns);
	assert_false(engine_timer_armed(&mark->timer));
}

/* From boot on, and on a machine that has been up for longer than 32 bits of milliseconds say. */
static void timers_fire_in_order(void **state)
{
	static const uint64_t starts[] = { 0, 400 * DAYS };
	static const uint64_t delays[] = { 3 * MS, 1, 2 * MS + 1, 0 };
	static const int order[] = { 3, 1, 2, 0 };
	struct engine *engine = *state;
	struct mark marks[ARRAY_SIZE(delays)];

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		engine_set_clock(engine, starts[i]);
		for (size_t j = 0; j < ARRAY_SIZE(marks); j++)
			arm_mark(&marks[j], engine, delays[j]);
		for (size_t j = 0; j < ARRAY_SIZE(marks); j++) {
			assert_int_equal(engine_poll(engine, UINT64_MAX), 1);
			expect_fired(&marks[order[j]], starts[i] + delays[order[j]]);
		}
		assert_int_equal(engine_poll(engine, UINT64_MAX), 0);
		assert_int_equal(engine_now_ns(engine), starts[i] + 3 * MS);
	}
}

static void timers_can_be_cancelled_and_moved(void **state)
{
	struct engine *engine = *state;
	struct mark marks[2];

	arm_mark(&marks[0], engine, 1 * MS);
	arm_mark(&marks[1], engine, 1 * MS);
	engine_timer_cancel(&marks[0].timer);
	engine_timer_cancel(&marks[0].timer);
	engine_timer_arm(&marks[1].timer, 5 * MS);
	assert_int_equal(engine_poll(engine, 3 * MS), 0);
	assert_int_equal(engine_now_ns(engine), 3 * MS);
	engine_timer_arm(&marks[1].timer, 0);
	settle(engine);
	expect_fired(&marks[1], 3 * MS);
	assert_int_equal(marks[0].fired, 0);
}

/* A wait ends with what is waited for, with its time, or when there is nothing to wait for. */
static void waits_pass_the_time_they_take(void **state)
{
	struct engine *engine = *state;
	struct mark mark;

	arm_mark(&mark, engine, 10);
	assert_int_equal(engine_poll(engine, 0), 0);
	assert_int_equal(engine_now_ns(engine), 0);
	assert_int_equal(engine_poll(engine, 9), 0);
	assert_int_equal(engine_now_ns(engine), 9);
	assert_int_equal(engine_poll(engine, 9), 1);
	expect_fired(&mark, 10);
	assert_int_equal(engine_poll(engine, 9), 0);
	assert_int_equal(engine_now_ns(engine), 19);
	assert_int_equal(engine_poll(engine, UINT64_MAX), 0);
	assert_int_equal(engine_now_ns(engine), 19);
}

/* As when the process did not get to run: none is lost. */
static void overdue_timers_fire_at_once(void **state)
{
	struct engine *engine = *state;
	struct mark marks[2];

	arm_mark(&marks[0], engine, 2);
	arm_mark(&marks[1], engine, 1);
	engine_set_clock(engine, 50 * DAYS);
	assert_int_equal(engine_poll(engine, 0), 1);
	expect_fired(&marks[0], 50 * DAYS);
	expect_fired(&marks[1], 50 * DAYS);
}

static void deadline_past_the_end_of_the_clock_is_never(void **state)
{
	static const uint64_t delays[] = { UINT64_MAX, UINT64_MAX - 1, 9 };
	struct engine *engine = *state;
	struct mark mark;

	engine_set_clock(engine, UINT64_MAX - 9);
	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		arm_mark(&mark, engine, delays[i]);
		assert_int_equal(engine_poll(engine, UINT64_MAX), 0);
		assert_int_equal(engine_now_ns(engine), UINT64_MAX - 9);
		engine_timer_cancel(&mark.timer);
	}
	arm_mark(&mark, engine, 8);
	assert_int_equal(engine_poll(engine, UINT64_MAX), 1);
	expect_fired(&mark, UINT64_MAX - 1);
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void clock_is_the_machines_unless_it_is_set(void **state)
{
	struct engine *engine = *state;
	uint64_t before = monotonic_ns(), now = engine_now_ns(engine);
	struct mark mark;

	assert_in_range(now, before, monotonic_ns());
	arm_mark(&mark, engine, MS);
	while (!mark.fired)
		assert_return_code(engine_poll(engine, UINT64_MAX), 0);
	assert_in_range(mark.fired_ns, now + MS, monotonic_ns());
	engine_set_clock(engine, 1);
	assert_int_equal(engine_now_ns(engine), 1);
}

/* The heap against a sorted list, with removals from the middle. */
static void heap_keeps_order(void **state)
{
	enum { TIMERS = 2000 };
	struct engine_timer *root = NULL;
	struct engine_timer *timers = calloc(TIMERS, sizeof(*timers));
	uint64_t last = 0;
	int left = TIMERS;

	assert_non_null(timers);
	srandom(1);
	for (int i = 0; i < TIMERS; i++) {
		timers[i].deadline_ns = random() % 500;
		timer_heap_insert(&root, &timers[i]);
	}
	for (int i = 0; i < TIMERS; i += 3, left--)
		timer_heap_remove(&root, &timers[i]);
	for (; root; left--) {
		assert_true(root->deadline_ns >= last);
		assert_int_not_equal((root - timers) % 3, 0);
		last = root->deadline_ns;
		timer_heap_remove(&root, root);
	}
	assert_int_equal(left, 0);
	free(timers);
}

struct job {
	struct engine_work work;
	struct engine_work *cancel;
	int turns, runs;
	int *order;
	int *count;
	int id;
};

static bool run_job(struct engine_work *work, unsigned int budget)
{
	struct job *job = container_of(work, struct job, work);

	assert_int_equal(budget, ENGINE_WORK_BUDGET);
	job->runs++;
	job->order[(*job->count)++] = job->id;
	if (job->cancel)
		engine_work_cancel(job->cancel);
	return job->runs < job->turns;
}

static void work_runs_in_turn(void **state)
{
	struct engine *engine = *state;
	int order[16], count = 0;
	struct job jobs[2];

	for (int i = 0; i < 2; i++) {
		jobs[i] = (struct job){ .turns = 3, .order = order, .count = &count, .id = i };
		engine_work_init(&jobs[i].work, engine, run_job);
		engine_work_schedule(&jobs[i].work);
		engine_work_schedule(&jobs[i].work);
	}
	settle(engine);
	assert_int_equal(count, 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(order[i], i % 2);
	engine_work_schedule(&jobs[1].work);
	settle(engine);
	assert_int_equal(count, 7);
}

static void work_can_be_cancelled_while_it_runs(void **state)
{
	struct engine *engine = *state;
	int order[16], count = 0;
	struct job itself = { .turns = 5, .order = order, .count = &count, .id = 0 };
	struct job other = { .turns = 5, .order = order, .count = &count, .id = 1 };

	engine_work_init(&itself.work, engine, run_job);
	engine_work_init(&other.work, engine, run_job);
	itself.cancel = &itself.work;
	engine_work_schedule(&itself.work);
	settle(engine);
	assert_int_equal(itself.runs, 1);
	itself.cancel = &other.work;
	engine_work_schedule(&itself.work);
	engine_work_schedule(&other.work);
	settle(engine);
	assert_int_equal(other.runs, 0);
	assert_int_equal(itself.runs, 5);
}

struct watch {
	struct engine_fd watch;
	struct watch *remove;
	int calls;
};

static void count_ready(struct engine_fd *fd, uint32_t events)
{
	struct watch *watch = container_of(fd, struct watch, watch);

	assert_int_equal(events, EPOLLIN);
	watch->calls++;
	if (watch->remove) {
		engine_fd_remove(&watch->remove->watch);
		watch->remove = NULL;
	}
}

static void descriptors_are_level_triggered(void **state)
{
	struct engine *engine = *state;
	struct watch watch = { 0 };
	int fd = eventfd(1, EFD_NONBLOCK);

	assert_int_equal(engine_fd_add(&watch.watch, engine, fd, EPOLLIN, count_ready), 0);
	assert_int_equal(engine_poll(engine, 0), 1);
	assert_int_equal(engine_poll(engine, 0), 1);
	assert_int_equal(watch.calls, 2);
	assert_int_equal(engine_fd_set(&watch.watch, 0), 0);
	assert_int_equal(engine_poll(engine, 0), 0);
	assert_int_equal(engine_fd_set(&watch.watch, EPOLLIN), 0);
	assert_int_equal(engine_poll(engine, 0), 1);
	engine_fd_remove(&watch.watch);
	assert_int_equal(engine_poll(engine, 0), 0);
	close(fd);
	assert_int_equal(engine_fd_add(&watch.watch, engine, -1, EPOLLIN, count_ready), -EBADF);
}

/* There is no waiting while a descriptor has something to say. */
static void descriptors_come_before_later_timers(void **state)
{
	struct engine *engine = *state;
	struct watch watch = { 0 };
	int fd = eventfd(1, EFD_NONBLOCK);
	struct mark mark;

	arm_mark(&mark, engine, MS);
	assert_int_equal(engine_fd_add(&watch.watch, engine, fd, EPOLLIN, count_ready), 0);
	assert_int_equal(engine_poll(engine, UINT64_MAX), 1);
	assert_int_equal(watch.calls, 1);
	assert_int_equal(engine_now_ns(engine), 0);
	engine_fd_remove(&watch.watch);
	assert_int_equal(engine_poll(engine, UINT64_MAX), 1);
	expect_fired(&mark, MS);
	close(fd);
}

/* Whichever of two that are ready together comes first removes the other. */
static void removed_descriptors_are_not_called(void **state)
{
	struct engine *engine = *state;
	struct watch a = { 0 }, b = { 0 };
	int fds[2] = { eventfd(1, 0), eventfd(1, 0) };

	a.remove = &b;
	b.remove = &a;
	engine_fd_add(&a.watch, engine, fds[0], EPOLLIN, count_ready);
	engine_fd_add(&b.watch, engine, fds[1], EPOLLIN, count_ready);
	engine_poll(engine, 0);
	assert_int_equal(a.calls + b.calls, 1);
	engine_fd_remove(a.calls ? &a.watch : &b.watch);
	close(fds[0]);
	close(fds[1]);
}

/* Says that the engine runs. */
struct announcement {
	struct engine_work work;
	sem_t running;
};

static bool announce(struct engine_work *work, unsigned int budget)
{
	(void)budget;
	sem_post(&container_of(work, struct announcement, work)->running);
	return false;
}

static void *stop_engine(void *announcement)
{
	struct announcement *it = announcement;

	sem_wait(&it->running);
	engine_stop(it->work.engine);
	return NULL;
}

static void stops_from_another_thread(void **state)
{
	struct announcement it;
	pthread_t thread;

	engine_work_init(&it.work, *state, announce);
	assert_int_equal(sem_init(&it.running, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, stop_engine, &it), 0);
	engine_work_schedule(&it.work);
	assert_int_equal(engine_run(*state), 0);
	pthread_join(thread, NULL);
	sem_destroy(&it.running);
}

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, make_engine, free_engine)
#define CLOCK_TEST(name) cmocka_unit_test_setup_teardown(name, make_engine_with_clock, free_engine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLOCK_TEST(timers_fire_in_order),
		CLOCK_TEST(timers_can_be_cancelled_and_moved),
		CLOCK_TEST(waits_pass_the_time_they_take),
		CLOCK_TEST(overdue_timers_fire_at_once),
		CLOCK_TEST(deadline_past_the_end_of_the_clock_is_never),
		ENGINE_TEST(clock_is_the_machines_unless_it_is_set),
		cmocka_unit_test(heap_keeps_order),
		ENGINE_TEST(work_runs_in_turn),
		ENGINE_TEST(work_can_be_cancelled_while_it_runs),
		ENGINE_TEST(descriptors_are_level_triggered),
		CLOCK_TEST(descriptors_come_before_later_timers),
		ENGINE_TEST(removed_descriptors_are_not_called),
		ENGINE_TEST(stops_from_another_thread),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
