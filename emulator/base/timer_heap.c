// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "base/timer_heap.h"

#include <stddef.h>

#include "base/engine.h"

/* child: first child; next: right sibling; prev: left sibling, or the parent for a first child. */

/* Make the later of two roots the first child of the earlier one, which is returned. */
static struct engine_timer *meld(struct engine_timer *a, struct engine_timer *b)
{
	struct engine_timer *swap;

	if (!a || !b)
		return a ? a : b;
	if (b->deadline_ns < a->deadline_ns) {
		swap = a;
		a = b;
		b = swap;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Meld the siblings from @first on: in pairs from left to right, then the pairs from the right. */
static struct engine_timer *meld_siblings(struct engine_timer *first)
{
	struct engine_timer *pairs = NULL, *root = NULL;

	while (first) {
		struct engine_timer *a = first, *b = a->next, *pair;

		first = b ? b->next : NULL;
		a->prev = a->next = NULL;
		if (b)
			b->prev = b->next = NULL;
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct engine_timer *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		root = meld(root, pair);
	}
	return root;
}

void timer_heap_insert(struct engine_timer **root, struct engine_timer *timer)
{
	timer->child = timer->next = timer->prev = NULL;
	timer->armed = true;
	*root = meld(*root, timer);
}

void timer_heap_remove(struct engine_timer **root, struct engine_timer *timer)
{
	struct engine_timer *children = meld_siblings(timer->child);

	timer->child = NULL;
	timer->armed = false;
	if (timer == *root) {
		*root = children;
		return;
	}
	if (timer->prev->child == timer)
		timer->prev->child = timer->next;
	else
		timer->prev->next = timer->next;
	if (timer->next)
		timer->next->prev = timer->prev;
	*root = meld(*root, children);
}
