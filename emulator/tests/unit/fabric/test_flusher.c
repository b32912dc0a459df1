// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* When what was recorded is in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "fabric/flusher.h"
#include "tlp/capture.h"

/* Sizes of blocks: tests/unit/tlp has their bytes. */
#define SECTION 48
#define LINK 56
#define PACKET 52
#define STATISTICS 76
#define STATISTICS_OF_NONE 52

struct fixture {
	struct engine *engine;
	struct capture *capture;
	struct flusher flusher;
	uint32_t link;
	char path[64];
};

static off_t file_size(const struct fixture *f)
{
	struct stat status;

	assert_int_equal(stat(f->path, &status), 0);
	return status.st_size;
}

/* The file as it is when the clock says @now_ns */
static off_t size_at(struct fixture *f, uint64_t now_ns)
{
	engine_set_clock(f->engine, now_ns);
	while (engine_poll(f->engine, 0) > 0)
		;
	return file_size(f);
}

static void record(struct fixture *f)
{
	assert_int_equal(capture_packet(f->capture, f->link, CAPTURE_INBOUND, 0, "abcde", 5, NULL,
					0),
			 0);
}

/* The clock begins at zero. */
static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/flusher.XXXXXX");
	close(mkstemp(f->path));
	f->engine = engine_create();
	engine_set_clock(f->engine, 0);
	if (capture_create(f->path, 0, &f->capture))
		return -1;
	flusher_init(&f->flusher, f->engine, f->capture);
	*state = f;
	return capture_add_link(f->capture, "acc0", TLP_FLIT, &f->link);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	flusher_fini(&f->flusher);
	capture_close(f->capture);
	engine_destroy(f->engine);
	unlink(f->path);
	free(f);
	return 0;
}

static void what_waits_is_written_after_the_delay(void **state)
{
	const off_t links = SECTION + LINK + STATISTICS_OF_NONE;
	struct fixture *f = *state;

	assert_int_equal(size_at(f, FLUSHER_DELAY_NS - 1), SECTION);
	assert_int_equal(size_at(f, FLUSHER_DELAY_NS), links);
	record(f);
	assert_int_equal(size_at(f, 2 * FLUSHER_DELAY_NS - 1), links);
	assert_int_equal(size_at(f, 2 * FLUSHER_DELAY_NS), links + PACKET + STATISTICS);
}

/* It is no later because more comes after it. */
static void the_oldest_decides(void **state)
{
	const off_t links = SECTION + LINK + STATISTICS_OF_NONE;
	struct fixture *f = *state;

	assert_int_equal(size_at(f, FLUSHER_DELAY_NS), links);
	record(f);
	assert_int_equal(size_at(f, 2 * FLUSHER_DELAY_NS - 1), links);
	record(f);
	assert_int_equal(size_at(f, 2 * FLUSHER_DELAY_NS), links + 2 * PACKET + STATISTICS);
}

/* An engine whose clock is set returns from waiting for ever when nothing is armed. */
static void nothing_is_armed_while_nothing_waits(void **state)
{
	struct fixture *f = *state;

	size_at(f, FLUSHER_DELAY_NS);
	assert_int_equal(engine_poll(f->engine, UINT64_MAX), 0);
	record(f);
	assert_int_equal(capture_flush(f->capture), 0);
	assert_int_equal(engine_poll(f->engine, UINT64_MAX), 1);
	assert_int_equal(engine_poll(f->engine, UINT64_MAX), 0);
	assert_int_equal(engine_now_ns(f->engine), 2 * FLUSHER_DELAY_NS);
	assert_int_equal(file_size(f), SECTION + LINK + STATISTICS_OF_NONE + PACKET + STATISTICS);
}

/* More than the buffer holds is written when it is full, without a look at the clock. */
static void a_full_buffer_does_not_wait(void **state)
{
	struct fixture *f = *state;
	const int packets = (256 * 1024 - LINK) / PACKET;
	const off_t full = SECTION + LINK + packets * PACKET;

	for (int i = 0; i < packets; i++)
		record(f);
	assert_int_equal(file_size(f), SECTION);
	record(f);
	assert_int_equal(file_size(f), full);
	assert_int_equal(size_at(f, FLUSHER_DELAY_NS), full + PACKET + STATISTICS);
}

static void after_the_end_nothing_fires(void **state)
{
	struct fixture *f = *state;

	record(f);
	flusher_fini(&f->flusher);
	record(f);
	assert_int_equal(size_at(f, 10 * FLUSHER_DELAY_NS), SECTION);
}

int main(void)
{
#define FLUSHER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		FLUSHER_TEST(what_waits_is_written_after_the_delay),
		FLUSHER_TEST(the_oldest_decides),
		FLUSHER_TEST(nothing_is_armed_while_nothing_waits),
		FLUSHER_TEST(a_full_buffer_does_not_wait),
		FLUSHER_TEST(after_the_end_nothing_fires),
	};

	return cmocka_run_group_tests_name("flusher", tests, NULL, NULL);
}
