/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A pairing heap of timers (Fredman, Sedgewick, Sleator, Tarjan 1986), the engine's private part:
 * intrusive, so that arming needs no memory and cannot fail, and cancelling needs no search.
 * *root is the timer with the earliest deadline, or NULL.
 */
#ifndef SOFTFABRIC_TIMER_HEAP_H
#define SOFTFABRIC_TIMER_HEAP_H

struct engine_timer;

/** timer_heap_insert() - put in a timer that is in no heap. */
void timer_heap_insert(struct engine_timer **root, struct engine_timer *timer);

/** timer_heap_remove() - take out a timer that is in this heap. */
void timer_heap_remove(struct engine_timer **root, struct engine_timer *timer);

#endif
