// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "base/engine.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/timer_heap.h"

/*
 * While there is work, poll descriptors only every so many turns. That is often enough that a guest
 * does not wait long when it reads a register; each poll costs a system call.
 */
#define TURNS_PER_POLL 4

#define EVENTS 16

struct engine {
	TAILQ_HEAD(, engine_work) run_queue;
	struct engine_timer *timers; /* root of the heap: the next one to fire */
	struct engine_work *running;
	bool clock_is_set;
	uint64_t set_ns; /* ... to this */
	struct epoll_event events[EVENTS];
	int event_count;
	unsigned int turns;
	int epoll;
	int wake; /* eventfd */
	struct engine_fd wake_watch;
	atomic_bool stopped;
};

uint64_t engine_now_ns(const struct engine *engine)
{
	struct timespec now;

	if (engine->clock_is_set)
		return engine->set_ns;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void engine_set_clock(struct engine *engine, uint64_t now_ns)
{
	engine->clock_is_set = true;
	engine->set_ns = now_ns;
}

/* The time @delay_ns from now, or the end of the clock. */
static uint64_t time_after(const struct engine *engine, uint64_t delay_ns)
{
	uint64_t now = engine_now_ns(engine);

	return delay_ns > UINT64_MAX - now ? UINT64_MAX : now + delay_ns;
}

static void wake_ready(struct engine_fd *watch, uint32_t events)
{
	uint64_t count;

	/* Only the wake-up itself matters; it is fine when a second reader finds nothing. */
	if (read(watch->fd, &count, sizeof(count)) < 0)
		return;
}

static void wake(struct engine *engine)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then the engine will wake up anyway. */
	if (write(engine->wake, &one, sizeof(one)) < 0)
		return;
}

struct engine *engine_create(void)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int err;

	if (!engine)
		return NULL;
	TAILQ_INIT(&engine->run_queue);
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (engine->epoll < 0)
		goto err_free;
	engine->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->wake < 0)
		goto err_epoll;
	err = engine_fd_add(&engine->wake_watch, engine, engine->wake, EPOLLIN, wake_ready);
	if (err) {
		errno = -err;
		goto err_wake;
	}
	return engine;

err_wake:
	close(engine->wake);
err_epoll:
	close(engine->epoll);
err_free:
	free(engine);
	return NULL;
}

void engine_destroy(struct engine *engine)
{
	if (!engine)
		return;
	close(engine->wake);
	close(engine->epoll);
	free(engine);
}

static bool fire_timers(struct engine *engine)
{
	struct engine_timer *timer = engine->timers;
	uint64_t now;

	if (!timer)
		return false;
	/*
	 * A timer that its callback arms without a delay fires in the next turn, not in this one.
	 */
	now = engine_now_ns(engine);
	if (timer->deadline_ns > now)
		return false;
	do {
		timer_heap_remove(&engine->timers, timer);
		timer->fire(timer);
		timer = engine->timers;
	} while (timer && timer->deadline_ns < now);
	return true;
}

static bool run_work(struct engine *engine)
{
	struct engine_work *work = TAILQ_FIRST(&engine->run_queue);
	bool more;

	if (!work)
		return false;
	engine_work_cancel(work);
	engine->running = work;
	more = work->run(work, ENGINE_WORK_BUDGET);
	/* Unless the item has cancelled itself: it may have been freed then. */
	if (engine->running && more)
		engine_work_schedule(work);
	engine->running = NULL;
	return true;
}

/* Wait for descriptors and dispatch them. Returns their number or -errno. */
static int poll_fds(struct engine *engine, uint64_t timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = timeout_ns / 1000000000,
		.tv_nsec = timeout_ns % 1000000000,
	};
	int count;

	count = epoll_pwait2(engine->epoll, engine->events, EVENTS,
			     timeout_ns == UINT64_MAX ? NULL : &timeout, NULL);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	engine->event_count = count;
	for (int i = 0; i < count; i++) {
		struct engine_fd *watch = engine->events[i].data.ptr;

		if (watch)
			watch->ready(watch, engine->events[i].events);
	}
	engine->event_count = 0;
	return count;
}

/* The time until the next timer is due, at most @limit_ns. */
static uint64_t time_left(const struct engine *engine, uint64_t limit_ns)
{
	uint64_t deadline = engine->timers ? engine->timers->deadline_ns : UINT64_MAX;
	uint64_t now, left;

	if (deadline == UINT64_MAX)
		return limit_ns;
	now = engine_now_ns(engine);
	left = deadline > now ? deadline - now : 0;
	return left < limit_ns ? left : limit_ns;
}

/* The same as poll_fds(), by the engine's clock. */
static int pass_time(struct engine *engine, uint64_t timeout_ns)
{
	int count;

	if (!engine->clock_is_set)
		return poll_fds(engine, timeout_ns);
	count = poll_fds(engine, 0);
	if (!count && timeout_ns != UINT64_MAX)
		engine->set_ns = time_after(engine, timeout_ns);
	return count;
}

/*
 * One turn: what is due, or else wait for descriptors, at most @timeout_ns. Returns whether a
 * callback ran, or -errno.
 */
static int turn(struct engine *engine, uint64_t timeout_ns)
{
	bool any = fire_timers(engine);
	int count;

	any |= run_work(engine);
	if (any && ++engine->turns % TURNS_PER_POLL)
		return 1;
	count = pass_time(engine, any ? 0 : time_left(engine, timeout_ns));
	return count < 0 ? count : any || count;
}

int engine_poll(struct engine *engine, uint64_t timeout_ns)
{
	int ret = turn(engine, timeout_ns);

	/* The wait may have ended because a timer is due. */
	return ret || !timeout_ns ? ret : turn(engine, 0);
}

int engine_run(struct engine *engine)
{
	int ret;

	/*
	 * Timers for retries and latencies run for a few microseconds, but the default slack of a
	 * thread is 50 us.
	 */
	prctl(PR_SET_TIMERSLACK, 1);
	while (!atomic_load_explicit(&engine->stopped, memory_order_relaxed)) {
		ret = turn(engine, UINT64_MAX);
		if (ret < 0)
			return ret;
	}
	return 0;
}

void engine_stop(struct engine *engine)
{
	int saved = errno;

	atomic_store(&engine->stopped, true);
	wake(engine);
	errno = saved;
}

void engine_timer_init(struct engine_timer *timer, struct engine *engine,
		       void (*fire)(struct engine_timer *timer))
{
	*timer = (struct engine_timer){ .fire = fire, .engine = engine };
}

void engine_timer_arm(struct engine_timer *timer, uint64_t delay_ns)
{
	engine_timer_cancel(timer);
	timer->deadline_ns = time_after(timer->engine, delay_ns);
	timer_heap_insert(&timer->engine->timers, timer);
}

void engine_timer_cancel(struct engine_timer *timer)
{
	if (timer->armed)
		timer_heap_remove(&timer->engine->timers, timer);
}

void engine_work_init(struct engine_work *work, struct engine *engine,
		      bool (*run)(struct engine_work *work, unsigned int budget))
{
	*work = (struct engine_work){ .run = run, .engine = engine };
}

void engine_work_schedule(struct engine_work *work)
{
	if (work->scheduled)
		return;
	work->scheduled = true;
	TAILQ_INSERT_TAIL(&work->engine->run_queue, work, entry);
}

void engine_work_cancel(struct engine_work *work)
{
	if (work->engine->running == work)
		work->engine->running = NULL;
	if (!work->scheduled)
		return;
	work->scheduled = false;
	TAILQ_REMOVE(&work->engine->run_queue, work, entry);
}

static int fd_control(struct engine_fd *watch, int operation)
{
	struct epoll_event event = { .events = watch->events, .data.ptr = watch };

	return epoll_ctl(watch->engine->epoll, operation, watch->fd, &event) ? -errno : 0;
}

int engine_fd_add(struct engine_fd *watch, struct engine *engine, int fd, uint32_t events,
		  void (*ready)(struct engine_fd *watch, uint32_t events))
{
	*watch = (struct engine_fd){
		.ready = ready,
		.engine = engine,
		.fd = fd,
		.events = events,
	};
	return fd_control(watch, EPOLL_CTL_ADD);
}

int engine_fd_set(struct engine_fd *watch, uint32_t events)
{
	if (watch->events == events)
		return 0;
	watch->events = events;
	return fd_control(watch, EPOLL_CTL_MOD);
}

void engine_fd_remove(struct engine_fd *watch)
{
	struct engine *engine = watch->engine;

	fd_control(watch, EPOLL_CTL_DEL);
	/* Events that were fetched together with the one being handled must not reach it either. */
	for (int i = 0; i < engine->event_count; i++)
		if (engine->events[i].data.ptr == watch)
			engine->events[i].data.ptr = NULL;
}
