// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The engine: order and life of timers, work and descriptors. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine.h"
#include "timer_heap.h"
#include "util/macros.h"

#define MS 1000000

static int make_engine(void **state)
{
	*state = engine_create();
	return !*state;
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
	int id;
	int *log;
	int *count;
};

static void log_mark(struct engine_timer *timer)
{
	struct mark *mark = container_of(timer, struct mark, timer);

	mark->log[(*mark->count)++] = mark->id;
}

static void timers_fire_in_order(void **state)
{
	struct engine *engine = *state;
	const uint64_t delays[] = { 3 * MS, 1 * MS, 2 * MS };
	int log[8], count = 0;
	struct mark marks[3];
	uint64_t start = engine_now_ns();

	for (int i = 0; i < 3; i++) {
		marks[i] = (struct mark){ .id = i, .log = log, .count = &count };
		engine_timer_init(&marks[i].timer, engine, log_mark);
		assert_false(engine_timer_armed(&marks[i].timer));
		engine_timer_arm(&marks[i].timer, delays[i]);
		assert_true(engine_timer_armed(&marks[i].timer));
	}
	while (count < 3)
		assert_return_code(engine_poll(engine, UINT64_MAX), 0);
	assert_true(engine_now_ns() - start >= 3 * MS);
	assert_int_equal(log[0], 1);
	assert_int_equal(log[1], 2);
	assert_int_equal(log[2], 0);
	assert_false(engine_timer_armed(&marks[0].timer));
}

static void timers_can_be_cancelled_and_moved(void **state)
{
	struct engine *engine = *state;
	int log[8], count = 0;
	struct mark marks[2];

	for (int i = 0; i < 2; i++) {
		marks[i] = (struct mark){ .id = i, .log = log, .count = &count };
		engine_timer_init(&marks[i].timer, engine, log_mark);
		engine_timer_arm(&marks[i].timer, 1 * MS);
	}
	engine_timer_cancel(&marks[0].timer);
	engine_timer_cancel(&marks[0].timer);
	engine_timer_arm(&marks[1].timer, UINT64_MAX);
	assert_int_equal(engine_poll(engine, 3 * MS), 0);
	assert_int_equal(count, 0);
	engine_timer_arm(&marks[1].timer, 0);
	settle(engine);
	assert_int_equal(count, 1);
	assert_int_equal(log[0], 1);
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

static void *stop_engine(void *engine)
{
	usleep(1000);
	engine_stop(engine);
	return NULL;
}

static void stops_from_another_thread(void **state)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, stop_engine, *state), 0);
	assert_int_equal(engine_run(*state), 0);
	pthread_join(thread, NULL);
}

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, make_engine, free_engine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_TEST(timers_fire_in_order),
		ENGINE_TEST(timers_can_be_cancelled_and_moved),
		cmocka_unit_test(heap_keeps_order),
		ENGINE_TEST(work_runs_in_turn),
		ENGINE_TEST(work_can_be_cancelled_while_it_runs),
		ENGINE_TEST(descriptors_are_level_triggered),
		ENGINE_TEST(removed_descriptors_are_not_called),
		ENGINE_TEST(stops_from_another_thread),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
