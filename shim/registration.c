// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "registration.h"

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* A tree, ordered by the address of struct ibv_mr: caches of registrations keep many regions. */
static void *kept;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static void lock(void)
{
	pthread_mutex_lock(&kept_lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&kept_lock);
}

/* After fork(), initialise the lock in the child: another thread of the parent may have held it. */
static __attribute__((constructor)) void free_the_lock_of_children(void)
{
	pthread_atfork(lock, unlock, unlock);
}

static int compare(const void *a, const void *b)
{
	const struct registration *one = a, *other = b;

	return (one->mr > other->mr) - (one->mr < other->mr);
}

static void query(struct registration *registration)
{
	memset(&registration->info, 0, sizeof(registration->info));
	registration->query_error = mlx5dv_tph_query_mr(registration->mr, &registration->info);
}

/*
 * If there is an entry with this address, its region was destroyed without our knowledge, and its
 * memory was reused.
 */
static void keep(struct registration *registration)
{
	struct registration **place, *stale = NULL;

	lock();
	place = tsearch(registration, &kept, compare);
	if (place && *place != registration) {
		stale = *place;
		*place = registration;
	}
	unlock();
	if (stale)
		report_left(stale);
	free(stale);
}

static void note(const struct registration *asked)
{
	struct registration *registration = malloc(sizeof(*registration));

	/* Without memory to remember it the region works as well, but is not reported. */
	if (!registration)
		return;
	*registration = *asked;
	registration->lkey = asked->mr->lkey;
	registration->rkey = asked->mr->rkey;
	registration->process = getpid();
	query(registration);
	/* Report first: once it is kept, another thread may destroy it. */
	report_registered(registration);
	keep(registration);
}

void registration_done(struct registration *asked)
{
	int error = errno;

	strncpy(asked->device, ibv_get_device_name(asked->context->device),
		sizeof(asked->device) - 1);
	if (!asked->mr)
		report_failed(asked);
	else if (report_wanted())
		note(asked);
	errno = error;
}

struct registration *registration_take(struct ibv_mr *mr)
{
	const struct registration key = { .mr = mr };
	struct registration **place, *registration = NULL;
	int error = errno;

	lock();
	place = tfind(&key, &kept, compare);
	if (place) {
		registration = *place;
		tdelete(&key, &kept, compare);
	}
	unlock();
	if (registration)
		query(registration);
	errno = error;
	return registration;
}

void registration_ended(struct registration *registration)
{
	int error = errno;

	report_ended(registration);
	free(registration);
	errno = error;
}

void registration_put_back(struct registration *registration)
{
	int error = errno;

	keep(registration);
	errno = error;
}

static void leave(const void *node, VISIT visit, int depth)
{
	const struct registration *registration = *(struct registration *const *)node;

	if ((visit == postorder || visit == leaf) && registration->process == getpid())
		report_left(registration);
}

/*
 * Regions that a library destroys in its own destructor, which may run after this one, have been
 * reported here.
 */
void registration_end_all(void)
{
	lock();
	twalk(kept, leave);
	tdestroy(kept, free);
	kept = NULL;
	unlock();
}
