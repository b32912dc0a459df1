/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A bounded ring of messages from one thread, the connection's, to another, the engine's. Pushing
 * and taking need no lock and no system call, except that a full ring puts its producer to sleep.
 */
#ifndef VFIO_USER_RING_H
#define VFIO_USER_RING_H

#include <stdatomic.h>
#include <stdbool.h>

#include "vfio_user/stream.h"

#define RING_SLOTS 512

struct ring {
	struct vfio_user_message *slots;
	int space;				/* eventfd: wakes the producer of a full ring */
	_Alignas(64) atomic_uint head;		/* next to take; the consumer's */
	_Alignas(64) atomic_uint tail;		/* next to fill; the producer's */
	atomic_bool producer_waits;
	atomic_bool closed;
};

/** ring_init() - Return: 0, -ENOMEM, or -errno of eventfd(2). */
int ring_init(struct ring *ring);

/** ring_fini() - free the ring, and the messages that nobody took. No thread may use it now. */
void ring_fini(struct ring *ring);

/** ring_push() - copy @message in, waiting for space. Return: false when the ring was closed. */
bool ring_push(struct ring *ring, const struct vfio_user_message *message);

/** ring_empty() - whether there is nothing to take. */
static inline bool ring_empty(struct ring *ring)
{
	return atomic_load_explicit(&ring->tail, memory_order_acquire) ==
	       atomic_load_explicit(&ring->head, memory_order_relaxed);
}

/** ring_front() - the next message, in place; the ring must not be empty. */
static inline struct vfio_user_message *ring_front(struct ring *ring)
{
	return &ring->slots[atomic_load_explicit(&ring->head, memory_order_relaxed) % RING_SLOTS];
}

/** ring_pop() - done with the message in front. */
void ring_pop(struct ring *ring);

/** ring_close() - refuse all further pushes and wake a waiting producer. From any thread. */
void ring_close(struct ring *ring);

#endif
