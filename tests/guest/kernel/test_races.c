// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Registrations that something else comes into, with a NIC that the models make stall or fail: the
 * exporter changes the hints while the mkey is made, somebody publishes while the pages are mapped,
 * and a registration that fails gives the entry of the ST table back. Needs a NIC with 8 entries.
 *
 * The driver keeps mkeys with hints that are no longer in use, and these tests wait for new ones to
 * be made. So they begin with a driver that has none.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "entries.h"
#include "exporter.h"
#include "interrupted.h"
#include "rebind.h"
#include "tap.h"
#include "verbs.h"

/* MLX5_CMD_OP_CREATE_MKEY; MLX5_CMD_STAT_LIM_ERR, which the driver makes ENOMEM */
#define CREATE_MKEY	0x200
#define LIMIT_EXCEEDED	0x08

static const struct control_fault mkey_stalls = {
	.point = "command",
	.action = "stall",
	.key = CREATE_MKEY,
};
static const struct control_fault mkey_fails = {
	.point = "command",
	.action = "fail",
	.key = CREATE_MKEY,
	.value = LIMIT_EXCEEDED,
};
static const struct control_fault umr_stalls = { .point = "umr", .action = "stall" };

struct test {
	struct verbs verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
	uint64_t length;
	int control;
};

struct registration {
	struct test *test;
	pthread_t thread;
	struct verbs_mr mr;
	int err;
};

static void publish(struct test *test, uint8_t st, uint8_t ph)
{
	int err = exporter_publish(test->accelerator, test->dmabuf, st, ph);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
}

static int reg(struct test *test, struct verbs_mr *mr)
{
	const struct verbs_reg reg = {
		.fd = test->dmabuf,
		.length = test->length,
		.tph_namespace = IB_UVERBS_TPH_NS_AUTO,
		.tph_flags = IB_UVERBS_TPH_REQUIRE,
		.mandatory = true,
	};

	return verbs_reg(&test->verbs, &reg, mr);
}

static void *run(void *arg)
{
	struct registration *registration = arg;

	registration->err = reg(registration->test, &registration->mr);
	return NULL;
}

static void start(struct test *test, struct registration *registration)
{
	registration->test = test;
	pthread_create(&registration->thread, NULL, run, registration);
}

/* Two pages, so that it takes none of the mkeys that the others leave behind */
#define AGAIN_LENGTH	(2 * VERBS_LENGTH)
/* MLX5_IB_TPH_MAX_RESTARTS, and the first time */
#define AGAIN_TIMES	9

static void dereg(struct test *test, const struct verbs_mr *mr)
{
	int err = verbs_dereg(&test->verbs, mr);

	if (err)
		tap_bail_out("cannot destroy a region: %s", strerror(err));
}

static void test_changed(struct test *test)
{
	const struct verbs_hints expected = { .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					      .st = 0x20,
					      .ph = 3 };
	struct registration registration;
	struct mlx5_ib_tph_mr_info info;

	publish(test, 0x10, 1);
	control_fault(test->control, &mkey_stalls);
	start(test, &registration);
	control_wait_hit(test->control, "command");
	publish(test, expected.st, expected.ph);
	control_release(test->control, "command");
	pthread_join(registration.thread, NULL);
	if (!tap_errno(registration.err, 0, "other hints while the mkey is made"))
		return;
	verbs_expect(&test->verbs, &registration.mr, &expected, "the region has the new ones");
	tap_ok(!verbs_query(&test->verbs, &registration.mr, &info) && !info.revalidations,
	       "which is no revalidation");
	dereg(test, &registration.mr);
}

static void test_withdrawn(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph none = { .dmabuf_fd = test->dmabuf };
	struct registration registration;

	publish(test, 0x30, 0);
	control_fault(test->control, &mkey_stalls);
	start(test, &registration);
	control_wait_hit(test->control, "command");
	exporter_set(test->accelerator, &none);
	control_release(test->control, "command");
	pthread_join(registration.thread, NULL);
	tap_errno(registration.err, EOPNOTSUPP, "hints taken back while the mkey is made");
}

/* Each time the answer is in the mkey, the exporter has another one */
static void test_again(struct test *test)
{
	struct registration registration;
	struct vfio_tph_reason reason;
	int i, once = test->dmabuf;

	if (vfio_tph_export(test->accelerator, EXPORTER_BAR, 0, AGAIN_LENGTH, &test->dmabuf,
			    &reason))
		tap_bail_out("%s", reason.text);
	test->length = AGAIN_LENGTH;
	publish(test, 0xa0, 0);
	control_fault(test->control, &mkey_stalls);
	start(test, &registration);
	for (i = 1; i <= AGAIN_TIMES; i++) {
		control_wait_hit(test->control, "command");
		publish(test, 0xa0 + i, i % 4);
		if (i < AGAIN_TIMES)
			control_fault(test->control, &mkey_stalls);
	}
	control_release(test->control, "command");
	pthread_join(registration.thread, NULL);
	tap_errno(registration.err, EAGAIN, "other hints each time that an mkey is made");
	close(test->dmabuf);
	test->dmabuf = once;
	test->length = 0;
}

struct deregistration {
	struct test *test;
	const struct verbs_mr *mr;
	int err;
};

static void *run_dereg(void *arg)
{
	struct deregistration *deregistration = arg;

	deregistration->err = verbs_dereg(&deregistration->test->verbs, deregistration->mr);
	return NULL;
}

static void test_busy(struct test *test)
{
	struct deregistration deregistration = { .test = test };
	struct mlx5_ib_tph_mr_info info;
	struct verbs_mr mr;
	pthread_t thread;

	publish(test, 0x60, 1);
	if (reg(test, &mr))
		tap_bail_out("no region to destroy");
	deregistration.mr = &mr;
	control_fault(test->control, &umr_stalls);
	pthread_create(&thread, NULL, run_dereg, &deregistration);
	control_wait_hit(test->control, "umr");
	tap_errno(verbs_query(&test->verbs, &mr, &info), EBUSY,
		  "the query of a region that is being destroyed");
	control_release(test->control, "umr");
	pthread_join(thread, NULL);
	tap_errno(deregistration.err, 0, "which goes on");
	tap_errno(verbs_query(&test->verbs, &mr, &info), ENOENT, "until it is gone");
}

static int publish_other(void *arg)
{
	const struct test *test = arg;

	return exporter_publish(test->accelerator, test->dmabuf, 7, 0);
}

static void test_interrupted(struct test *test)
{
	struct registration registration;

	publish(test, 0x40, 1);
	control_fault(test->control, &umr_stalls);
	start(test, &registration);
	control_wait_hit(test->control, "umr");
	tap_errno(interrupted(publish_other, test), EINTR,
		  "a signal while a registration maps the pages");
	control_release(test->control, "umr");
	pthread_join(registration.thread, NULL);
	if (!tap_errno(registration.err, 0, "the registration goes on"))
		return;
	verbs_expect(&test->verbs, &registration.mr,
		     &(struct verbs_hints){ .source = MLX5_IB_TPH_SOURCE_EXPORTER,
					    .st = 0x40,
					    .ph = 1 },
		     "with the hints it found");
	dereg(test, &registration.mr);
}

static void expect_all_free(struct test *test, const char *what)
{
	const struct entries_user user = { &test->verbs, test->accelerator, test->dmabuf };

	entries_expect_free(&user, what);
}

static void test_no_mkey(struct test *test)
{
	struct verbs_mr mr;

	publish(test, 0x50, 2);
	control_fault(test->control, &mkey_fails);
	tap_errno(reg(test, &mr), ENOMEM, "the mkey cannot be made");
	control_release(test->control, "command");
	expect_all_free(test, "after that");
}

static void test_no_pages(struct test *test)
{
	struct registration registration;

	publish(test, 0x50, 2);
	control_fault(test->control, &mkey_stalls);
	start(test, &registration);
	control_wait_hit(test->control, "command");
	if (exporter_set_memory_enabled(test->accelerator, false))
		tap_bail_out("memory decoding cannot be switched off");
	control_release(test->control, "command");
	pthread_join(registration.thread, NULL);
	tap_errno(registration.err, ENODEV, "the memory is taken away while the mkey is made");
	if (exporter_set_memory_enabled(test->accelerator, true))
		tap_bail_out("memory decoding cannot be switched on");
	expect_all_free(test, "after that");
}

int main(void)
{
	struct test test = {};

	rebind("mlx5_core", getenv("TPH_NIC0"));
	verbs_open(&test.verbs, "mlx5_");
	test.accelerator = exporter_open("TPH_ACC0");
	test.dmabuf = exporter_export(test.accelerator);
	test.control = control_open();

	tap_plan(3 + 1 + 1 + 3 + 3 + 6);
	test_changed(&test);
	test_withdrawn(&test);
	test_again(&test);
	test_busy(&test);
	test_interrupted(&test);
	test_no_mkey(&test);
	test_no_pages(&test);

	close(test.control);
	verbs_close(&test.verbs);
	close(test.dmabuf);
	vfio_tph_close(test.accelerator);
	return tap_status();
}
