// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "vfio_user/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int ring_init(struct ring *ring)
{
	int err;

	*ring = (struct ring){ .space = -1 };
	ring->slots = calloc(RING_SLOTS, sizeof(*ring->slots));
	if (!ring->slots)
		return -ENOMEM;
	ring->space = eventfd(0, EFD_CLOEXEC);
	if (ring->space < 0) {
		err = -errno;
		free(ring->slots);
		return err;
	}
	return 0;
}

void ring_fini(struct ring *ring)
{
	while (!ring_empty(ring)) {
		message_free(ring_front(ring));
		ring_pop(ring);
	}
	close(ring->space);
	free(ring->slots);
}

static bool full(struct ring *ring)
{
	unsigned int tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	return tail - atomic_load_explicit(&ring->head, memory_order_acquire) == RING_SLOTS;
}

static void wait_for_space(struct ring *ring)
{
	uint64_t count;

	/* Pairs with ring_pop() and ring_close(): one of both sides sees what the other wrote. */
	atomic_store(&ring->producer_waits, true);
	while (full(ring) && !atomic_load(&ring->closed))
		if (read(ring->space, &count, sizeof(count)) < 0 && errno != EINTR)
			break;
	atomic_store(&ring->producer_waits, false);
}

bool ring_push(struct ring *ring, const struct vfio_user_message *message)
{
	unsigned int tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (full(ring))
		wait_for_space(ring);
	if (atomic_load_explicit(&ring->closed, memory_order_relaxed))
		return false;
	ring->slots[tail % RING_SLOTS] = *message;
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

static void wake_producer(struct ring *ring)
{
	uint64_t one = 1;

	/* It cannot fill up: the producer empties it whenever it waits. */
	if (write(ring->space, &one, sizeof(one)) < 0)
		return;
}

void ring_pop(struct ring *ring)
{
	unsigned int head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&ring->producer_waits, memory_order_relaxed))
		wake_producer(ring);
}

void ring_close(struct ring *ring)
{
	atomic_store(&ring->closed, true);
	wake_producer(ring);
}
