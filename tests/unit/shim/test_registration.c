// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Regions that are kept: by whom they are found, what is reported of them and when, with threads
 * and with children.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "shim/registration.h"
#include "shim/report.h"
#include "util/macros.h"

#define THREADS 4
#define ROUNDS 5000
#define CHILDREN 100
#define CHILD_TIMEOUT_S 60

static struct ibv_device device = { .name = "mlx5_0" };
static struct ibv_context context = { .device = &device };
static struct ibv_pd pd = { .context = &context };

/* What was reported last */
static const char *event;
static unsigned int events;
static struct registration reported;
static bool wanted;

static void note(const char *name, const struct registration *registration)
{
	__atomic_add_fetch(&events, 1, __ATOMIC_RELAXED);
	if (registration->process != getpid() || registration->call)
		return;
	event = name;
	reported = *registration;
}

bool report_wanted(void)
{
	return wanted;
}

void report_registered(const struct registration *registration)
{
	note("registered", registration);
}

void report_ended(const struct registration *registration)
{
	note("ended", registration);
}

void report_left(const struct registration *registration)
{
	note("left", registration);
}

void report_failed(const struct registration *registration)
{
	event = "failed";
	reported = *registration;
}

const char *__wrap_ibv_get_device_name(struct ibv_device *asked);
int __wrap_mlx5dv_tph_query_mr(struct ibv_mr *mr, struct mlx5dv_tph_mr_info *info);

const char *__wrap_ibv_get_device_name(struct ibv_device *asked)
{
	return asked->name;
}

/* Of each region something else: its lkey */
int __wrap_mlx5dv_tph_query_mr(struct ibv_mr *mr, struct mlx5dv_tph_mr_info *info)
{
	errno = EBUSY;
	info->steering_tag = mr->lkey;
	return 0;
}

static int setup(void **state)
{
	wanted = true;
	event = "";
	errno = 0;
	return 0;
}

static void made(struct ibv_mr *mr)
{
	struct registration asked = { .pd = &pd, .context = &context, .mr = mr };

	registration_done(&asked);
}

static void asserts(const char *expected, struct ibv_mr *mr, uint16_t tag)
{
	assert_string_equal(event, expected);
	assert_ptr_equal(reported.mr, mr);
	assert_string_equal(reported.device, "mlx5_0");
	assert_int_equal(reported.info.steering_tag, tag);
	assert_int_equal(errno, 0);
	event = "";
}

static void goes_from_beginning_to_end(void **state)
{
	struct ibv_mr one = { .lkey = 1, .rkey = 11 }, other = { .lkey = 2 };
	struct registration *registration;

	made(&one);
	asserts("registered", &one, 1);
	assert_int_equal(reported.rkey, 11);
	made(&other);
	asserts("registered", &other, 2);
	one.lkey = 3; /* what is in effect has changed since */
	registration = registration_take(&one);
	assert_string_equal(event, "");
	registration_ended(registration);
	asserts("ended", &one, 3);
	assert_int_equal(reported.lkey, 1);
	assert_null(registration_take(&one));
	registration_ended(registration_take(&other));
	asserts("ended", &other, 2);
}

static void keeps_what_is_put_back(void **state)
{
	struct ibv_mr mr = { .lkey = 4 };

	made(&mr);
	registration_put_back(registration_take(&mr));
	asserts("registered", &mr, 4);
	registration_ended(registration_take(&mr));
	asserts("ended", &mr, 4);
}

static void notices_that_one_has_gone(void **state)
{
	struct ibv_mr mr = { .lkey = 5 };

	made(&mr);
	events = 0;
	mr.lkey = 6;
	made(&mr);
	assert_int_equal(events, 2);
	asserts("left", &mr, 5);
	registration_ended(registration_take(&mr));
	asserts("ended", &mr, 6);
}

static void ends_each_once(void **state)
{
	struct ibv_mr mr = { .lkey = 7 };

	made(&mr);
	registration_end_all();
	asserts("left", &mr, 7);
	assert_null(registration_take(&mr));
	registration_end_all();
	assert_string_equal(event, "");
}

static void keeps_nothing_that_nobody_wants(void **state)
{
	struct registration failed = { .pd = &pd, .context = &context, .error = ENOSPC };
	struct ibv_mr mr = { .lkey = 8 };

	wanted = false;
	made(&mr);
	assert_string_equal(event, "");
	assert_null(registration_take(&mr));
	/* Why one fails is for the user to know all the same. */
	registration_done(&failed);
	asserts("failed", NULL, 0);
	assert_int_equal(reported.error, ENOSPC);
}

static void *come_and_go(void *failures)
{
	static const char other[] = "of a thread";
	struct ibv_mr *mrs = calloc(16, sizeof(*mrs));

	for (int i = 0; i < ROUNDS; i++) {
		struct registration asked = {
			.call = other,
			.pd = &pd,
			.context = &context,
			.mr = &mrs[i % 16],
		};
		struct registration *taken;

		registration_done(&asked);
		taken = registration_take(asked.mr);
		if (!taken || taken->mr != asked.mr)
			__atomic_add_fetch((int *)failures, 1, __ATOMIC_RELAXED);
		else
			registration_ended(taken);
	}
	free(mrs);
	return NULL;
}

static void start(pthread_t threads[static THREADS], void *(*run)(void *), void *argument)
{
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, argument), 0);
}

static void join(pthread_t threads[static THREADS])
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void serves_threads(void **state)
{
	pthread_t threads[THREADS];
	int failures = 0;

	events = 0;
	start(threads, come_and_go, &failures);
	join(threads);
	assert_int_equal(failures, 0);
	assert_int_equal(events, 2 * THREADS * ROUNDS);
}

static bool busy;

static void *look_for_nothing(void *unused)
{
	static struct ibv_mr none;

	while (__atomic_load_n(&busy, __ATOMIC_RELAXED))
		registration_take(&none);
	return NULL;
}

/* One whose parent's thread was in the middle of something; else an alarm ends it. */
static bool child_goes_on(void)
{
	static struct ibv_mr none;
	pid_t child = fork();
	int status;

	if (!child) {
		alarm(CHILD_TIMEOUT_S);
		registration_take(&none);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void serves_children_of_threads(void **state)
{
	pthread_t threads[THREADS];
	bool good = true;

	busy = true;
	start(threads, look_for_nothing, NULL);
	for (int i = 0; i < CHILDREN && good; i++)
		good = child_goes_on();
	__atomic_store_n(&busy, false, __ATOMIC_RELAXED);
	join(threads);
	assert_true(good);
}

/* A child has its parent's regions, too, and may destroy them, but does not leave them. */
static void tells_whose_they_are(void **state)
{
	struct ibv_mr mr = { .lkey = 9 };
	int status;
	pid_t child;

	made(&mr);
	events = 0;
	child = fork();
	if (!child) {
		registration_end_all();
		_exit(events);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	registration_ended(registration_take(&mr));
	asserts("ended", &mr, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(goes_from_beginning_to_end, setup),
		cmocka_unit_test_setup(keeps_what_is_put_back, setup),
		cmocka_unit_test_setup(notices_that_one_has_gone, setup),
		cmocka_unit_test_setup(ends_each_once, setup),
		cmocka_unit_test_setup(keeps_nothing_that_nobody_wants, setup),
		cmocka_unit_test_setup(serves_threads, setup),
		cmocka_unit_test_setup(serves_children_of_threads, setup),
		cmocka_unit_test_setup(tells_whose_they_are, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
