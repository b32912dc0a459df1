/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The engine: the one thread that owns all device state.
 *
 * Everything that a device does happens in a callback of its engine: a timer that expired, a work
 * item that has something to do, a file descriptor that became readable. Callbacks never run at
 * the same time and never nest, so device code needs no lock. In return a callback must not block,
 * and work that may take long is cut into pieces (see struct engine_work).
 *
 * Only engine_stop() may be called from another thread, or from a signal handler.
 */
#ifndef SOFTFABRIC_ENGINE_H
#define SOFTFABRIC_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct engine;

/**
 * engine_create() - make an engine.
 *
 * Return: the engine, or NULL with errno of epoll_create1(2), eventfd(2) or ENOMEM.
 */
struct engine *engine_create(void);

/** engine_destroy() - free an engine that is not running; what is still armed is forgotten. */
void engine_destroy(struct engine *engine);

/**
 * engine_run() - run callbacks until engine_stop().
 *
 * Return: 0 after engine_stop(), or -errno of epoll_wait(2).
 */
int engine_run(struct engine *engine);

/**
 * engine_poll() - run what is due now, once; for tests and for programs with a loop of their own.
 * @timeout_ns: how long to wait when nothing is due, 0 not at all, UINT64_MAX for ever
 *
 * Return: 1 when a callback ran, 0 when none did, or -errno of epoll_wait(2).
 */
int engine_poll(struct engine *engine, uint64_t timeout_ns);

/** engine_stop() - make engine_run() return soon; from any thread or signal handler. */
void engine_stop(struct engine *engine);

/**
 * engine_now_ns() - the engine's time: CLOCK_MONOTONIC in nanoseconds, read anew at every call,
 * unless engine_set_clock() has set it.
 *
 * It may be any number, zero too: the clock begins when the machine boots. So a span is the
 * difference of two times, and no span is subtracted from one.
 */
uint64_t engine_now_ns(const struct engine *engine);

/*
 * engine_set_clock() - have the caller set the time, from now on and for good; for tests.
 * @now_ns: what engine_now_ns() returns; in later calls, not less than before
 *
 * An engine with such a clock never sleeps, and engine_run() is not for it. Where engine_poll()
 * would wait for a timer, the clock jumps to its deadline, or to the end of the time-out if that is
 * earlier. Where it would wait forever, because no timer is armed, it returns. So everything
 * happens at an exact time, however busy the machine is.
 */
void engine_set_clock(struct engine *engine, uint64_t now_ns);

/*
 * Timers. Embed one in the object it belongs to. They fire once, in the order of their deadlines,
 * never early; no call can fail.
 */
struct engine_timer {
	void (*fire)(struct engine_timer *timer);
	uint64_t deadline_ns;
	struct engine *engine;
	/* private to the engine: a node of its pairing heap */
	struct engine_timer *child, *next, *prev;
	bool armed;
};

/** engine_timer_init() - prepare a timer; it is not armed. */
void engine_timer_init(struct engine_timer *timer, struct engine *engine,
		       void (*fire)(struct engine_timer *timer));

/**
 * engine_timer_arm() - fire @delay_ns from now; an armed timer gets the new deadline.
 * @delay_ns: where it leads past the end of the clock, as UINT64_MAX always does: never
 */
void engine_timer_arm(struct engine_timer *timer, uint64_t delay_ns);

/** engine_timer_cancel() - disarm; harmless when not armed. Must precede freeing the object. */
void engine_timer_cancel(struct engine_timer *timer);

/** engine_timer_armed() - whether the timer will still fire. */
static inline bool engine_timer_armed(const struct engine_timer *timer)
{
	return timer->armed;
}

/*
 * Work: something that goes on until it has nothing left to do, such as a send queue. Scheduled
 * items run in turn; new messages from the guest and expired timers are looked at in between.
 *
 * run() does at most about @budget units (1 unit: one small WQE or 4 KiB of data) and says whether
 * there is more to do: true keeps it scheduled, false takes it off until engine_work_schedule().
 * It may schedule or cancel any item, itself included.
 */
struct engine_work {
	bool (*run)(struct engine_work *work, unsigned int budget);
	struct engine *engine;
	/* private to the engine */
	TAILQ_ENTRY(engine_work) entry;
	bool scheduled;
};

#define ENGINE_WORK_BUDGET 64

/** engine_work_init() - prepare an item; it is not scheduled. */
void engine_work_init(struct engine_work *work, struct engine *engine,
		      bool (*run)(struct engine_work *work, unsigned int budget));

/** engine_work_schedule() - have run() called soon; harmless when already scheduled. */
void engine_work_schedule(struct engine_work *work);

/** engine_work_cancel() - take off the run queue. Must precede freeing the object. */
void engine_work_cancel(struct engine_work *work);

/*
 * File descriptors, level-triggered: ready() is called with EPOLLIN, EPOLLOUT, EPOLLHUP or
 * EPOLLERR bits for as long as the condition holds.
 */
struct engine_fd {
	void (*ready)(struct engine_fd *watch, uint32_t events);
	struct engine *engine;
	int fd;
	uint32_t events;
};

/**
 * engine_fd_add() - watch @fd for @events (EPOLL* bits).
 *
 * Return: 0, or -errno of epoll_ctl(2).
 */
int engine_fd_add(struct engine_fd *watch, struct engine *engine, int fd, uint32_t events,
		  void (*ready)(struct engine_fd *watch, uint32_t events));

/** engine_fd_set() - watch for other @events; 0 pauses. Return: 0, or -errno of epoll_ctl(2). */
int engine_fd_set(struct engine_fd *watch, uint32_t events);

/** engine_fd_remove() - stop watching; before close(2) of the descriptor. */
void engine_fd_remove(struct engine_fd *watch);

#endif
