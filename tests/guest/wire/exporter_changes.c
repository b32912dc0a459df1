// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Queue pairs write to the accelerator without pause while whoever owns it takes the memory away
 * and gives it again, puts it to sleep, resets it, publishes other hints, and closes it: through
 * one region and through eight of one dma-buf, which insist on their hints or do not. Half of the
 * queue pairs write all the time, and may fail where pages are missing for a moment; the others
 * rest meanwhile, and may not.
 *
 * Usage: wire_exporter [PASSES]: of all that, 52 rounds each, closing included. By default one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <infiniband/mlx5dv_tph.h>

#include "accelerator_ops.h"
#include "control.h"
#include "exporter.h"
#include "tap.h"
#include "traffic.h"
#include "util/macros.h"
#include "wire.h"

/* The hint that regions are registered with; their mkeys have no other. */
#define PH	1
/* Work requests of each stream after a change: more than are on their way at once */
#define AFTER	(2 * TRAFFIC_DEPTH)

struct config {
	unsigned int regions;
	bool require;
	const char *name;
};

static const struct config configs[] = {
	{ 1, false, "one region" },
	{ 1, true, "one region with REQUIRE" },
	{ TRAFFIC_STREAMS, false, "eight regions" },
	{ TRAFFIC_STREAMS, true, "eight regions with REQUIRE" },
};

struct test {
	int control;
	struct vfio_tph_device *accelerator;
	uint64_t bar_size;
	int dmabuf;
	volatile uint32_t *memory; /* what the streams write, as the CPU sees it */
	struct traffic traffic;
	const struct config *config;
	struct ibv_mr *mr[TRAFFIC_STREAMS];
	enum mlx5dv_tph_state state; /* that the regions are in */
	uint8_t st;                  /* and their tag */
	struct verdict outcome, states, data;
};

enum act {
	MOVE,        /* memory decoding off and on */
	SLEEP,       /* D3hot and D0 */
	VFIO_RESET,  /* by the device's ioctl: VFIO takes the memory away meanwhile */
	SYSFS_RESET, /* by the device's attribute: VFIO does not know */
};

/* What somebody publishes, and then does */
struct step {
	const char *what;
	bool publishes;
	struct vfio_tph_tags tags;
	enum act act;
	bool gone; /* no hints that the regions can carry are published any more */
};

#define ST	VFIO_TPH_TAG_ST
#define ST_EXT	VFIO_TPH_TAG_ST_EXT

static const struct step steps[] = {
	{ "memory off and on", .act = MOVE },
	{ "another tag", true, { ST, 0, 0xf2, PH }, MOVE, false },
	{ "tags in both namespaces", true, { ST | ST_EXT, 0x0203, 0x53, PH }, MOVE, false },
	{ "reset by VFIO", .act = VFIO_RESET },
	{ "another tag, reset by VFIO", true, { ST, 0, 0x04, PH }, VFIO_RESET, false },
	{ "another tag, reset by sysfs", true, { ST, 0, 0xf5, PH }, SYSFS_RESET, false },
	{ "D3hot and D0 after that", .act = SLEEP },
	{ "another hint", true, { ST, 0, 0xf5, PH + 1 }, MOVE, true },
	{ "the former hint", true, { ST, 0, 0x56, PH }, MOVE, false },
	{ "nothing published", true, { 0 }, MOVE, true },
	{ "the other namespace", true, { ST_EXT, 0x0207, 0, PH }, MOVE, true },
	{ "a tag again", true, { ST, 0, 0xf7, PH }, MOVE, false },
};

static const struct vfio_tph_tags first_tags = { ST, 0, 0x51, PH };

static void note_due(struct test *test, uint8_t st)
{
	const struct tlp_hints due = { .hv = TLP_HV_ST, .st = st, .ph = PH };

	wire_note_due(test->control, &due);
}

static void publish(struct test *test, const struct vfio_tph_tags *tags)
{
	struct vfio_tph_reason reason;

	if (vfio_tph_publish(test->accelerator, test->dmabuf, tags, &reason))
		tap_bail_out("%s", reason.text);
}

/*
 * What the owner does.
 */
static void move(struct test *test)
{
	int err = exporter_set_memory_enabled(test->accelerator, false);

	err = err ? err : exporter_set_memory_enabled(test->accelerator, true);
	if (err)
		tap_bail_out("cannot switch memory decoding: %s", strerror(err));
}

static void sleep_and_wake(struct test *test)
{
	int err = exporter_set_d3hot(test->accelerator, true);

	err = err ? err : exporter_set_d3hot(test->accelerator, false);
	if (err)
		tap_bail_out("cannot put the device into D3hot and back: %s", strerror(err));
}

static void vfio_reset(struct test *test)
{
	if (ioctl(vfio_tph_device_fd(test->accelerator), VFIO_DEVICE_RESET))
		tap_bail_out("VFIO_DEVICE_RESET: %s", strerror(errno));
}

static void sysfs_reset(struct test *test)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", getenv("TPH_ACC0"));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	control_expect_losses(test->control, true);
	if (fd < 0 || write(fd, "1", 1) != 1)
		tap_bail_out("%s: %s", path, strerror(errno));
	control_expect_losses(test->control, false);
	close(fd);
}

static void (*const acts[])(struct test *test) = {
	[MOVE] = move,
	[SLEEP] = sleep_and_wake,
	[VFIO_RESET] = vfio_reset,
	[SYSFS_RESET] = sysfs_reset,
};

struct doing {
	struct test *test;
	const struct step *step;
};

static void carry_out(void *arg)
{
	const struct doing *doing = arg;

	if (doing->step->publishes)
		publish(doing->test, &doing->step->tags);
	acts[doing->step->act](doing->test);
}

/*
 * What becomes of the streams.
 */
static void run_streams(struct test *test, unsigned int every)
{
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i += every)
		test->traffic.streams[i].running = true;
}

/*
 * Only where pages may be missing, or are refused, may a stream fail, and in one way; then it is
 * connected again.
 */
static void check_during(struct test *test, const char *what, bool may_fail)
{
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++) {
		enum ibv_wc_status failed = test->traffic.streams[i].failed;

		if (failed != IBV_WC_SUCCESS && (failed != IBV_WC_REM_ACCESS_ERR || !may_fail))
			verdict_wrong(&test->outcome, "%s: stream %u ends meanwhile with %s", what,
				      i, ibv_wc_status_str(failed));
	}
	traffic_revive(&test->traffic);
}

static void check_after(struct test *test, const char *what, enum ibv_wc_status expected,
			const uint64_t *succeeded)
{
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++) {
		struct traffic_stream *stream = &test->traffic.streams[i];
		bool went_on = stream->succeeded > succeeded[i];

		if (stream->failed != expected || went_on != (expected == IBV_WC_SUCCESS))
			verdict_wrong(&test->outcome, "%s: stream %u ends with %s, %llu succeeded",
				      what, i, ibv_wc_status_str(stream->failed),
				      (unsigned long long)(stream->succeeded - succeeded[i]));
	}
}

static void check_data(struct test *test, const char *what)
{
	uint32_t due[TRAFFIC_WORDS] = { 0 }, sent[TRAFFIC_WORDS];

	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++) {
		volatile uint32_t *memory = test->memory + (i * TRAFFIC_SLOT + TRAFFIC_START) / 4;

		for (unsigned int word = 0; word < TRAFFIC_WORDS; word++)
			sent[word] = traffic_word(i, test->traffic.streams[i].last, word);
		accelerator_apply(accelerator_op_st(test->st), due, sent, TRAFFIC_WORDS);
		for (unsigned int word = 0; word < TRAFFIC_WORDS; word++)
			if (memory[word] != due[word])
				verdict_wrong(&test->data,
					      "%s: stream %u, word %u is 0x%08x instead of 0x%08x",
					      what, i, word, memory[word], due[word]);
	}
}

static void check_states(struct test *test, const char *what)
{
	struct mlx5dv_tph_mr_info info;
	int err;

	for (unsigned int i = 0; i < test->config->regions; i++) {
		info = (struct mlx5dv_tph_mr_info){ 0 };
		err = mlx5dv_tph_query_mr(test->mr[i], &info);
		if (err || info.state != test->state || info.steering_tag != test->st)
			verdict_wrong(&test->states,
				      "%s: region %u: %s, state %u tag 0x%x instead of %u 0x%x",
				      what, i, strerror(err), info.state, info.steering_tag,
				      test->state, test->st);
	}
}

/* All write, and all end like that. */
static void expect_writes(struct test *test, const char *what, enum ibv_wc_status expected)
{
	uint64_t succeeded[TRAFFIC_STREAMS];

	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		succeeded[i] = test->traffic.streams[i].succeeded;
	run_streams(test, 1);
	traffic_write(&test->traffic, AFTER);
	traffic_drain(&test->traffic);
	check_after(test, what, expected, succeeded);
}

/* The same, and what more can be known after a change. */
static void write_and_check(struct test *test, const char *what)
{
	bool refused = test->state == MLX5DV_TPH_STATE_REFUSED;

	expect_writes(test, what, refused ? IBV_WC_REM_ACCESS_ERR : IBV_WC_SUCCESS);
	check_states(test, what);
	if (!refused)
		check_data(test, what);
	traffic_revive(&test->traffic);
}

/* A change comes with the next mapping: at once, but for a reset that nobody knows of */
static void follow(struct test *test, const struct step *step, uint8_t published)
{
	if (step->act == SYSFS_RESET)
		return;
	test->st = step->gone ? 0 : published;
	test->state = !step->gone           ? MLX5DV_TPH_STATE_IN_EFFECT :
		      test->config->require ? MLX5DV_TPH_STATE_REFUSED :
					      MLX5DV_TPH_STATE_DEGRADED;
}

/* Half of the streams write before, while and after @action is carried out. */
static void disturb(struct test *test, void (*action)(void *arg), void *arg)
{
	run_streams(test, 2);
	traffic_write(&test->traffic, 1);
	traffic_during(&test->traffic, action, arg);
	traffic_drain(&test->traffic);
}

static void perform(struct test *test, const struct step *step, uint8_t published)
{
	struct doing doing = { test, step };
	bool refused = test->state == MLX5DV_TPH_STATE_REFUSED;

	/* Before it is published, as regions without pages ask at any time. */
	note_due(test, step->gone ? 0 : published);
	disturb(test, carry_out, &doing);
	check_during(test, step->what, step->act != SYSFS_RESET || refused);
	follow(test, step, published);
	write_and_check(test, step->what);
}

/*
 * From the first region to the end of the device.
 */
static void open_exporter(struct test *test)
{
	struct vfio_tph_reason reason;
	void *memory;

	test->accelerator = exporter_open("TPH_ACC0");
	if (vfio_tph_bar_size(test->accelerator, EXPORTER_BAR, &test->bar_size, &reason) ||
	    vfio_tph_export(test->accelerator, EXPORTER_BAR, 0, TRAFFIC_BYTES, &test->dmabuf,
			    &reason) ||
	    vfio_tph_map_bar(test->accelerator, EXPORTER_BAR, 0, TRAFFIC_BYTES, &memory, &reason))
		tap_bail_out("%s", reason.text);
	test->memory = memory;
}

static void register_regions(struct test *test)
{
	unsigned int streams = TRAFFIC_STREAMS / test->config->regions;
	struct ibv_tph_dmabuf_mr_attr attr = {
		.length = (uint64_t)streams * TRAFFIC_SLOT,
		.fd = test->dmabuf,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		.tph_namespace = IBV_TPH_NS_AUTO,
		.tph_flags = test->config->require ? IBV_TPH_REQUIRE : 0,
	};

	note_due(test, first_tags.st);
	publish(test, &first_tags);
	test->st = first_tags.st;
	test->state = MLX5DV_TPH_STATE_IN_EFFECT;
	for (unsigned int i = 0; i < test->config->regions; i++) {
		attr.offset = attr.iova = i * attr.length;
		test->mr[i] = ibv_tph_reg_dmabuf_mr(test->traffic.streams[0].pair.pd, &attr);
		if (!test->mr[i])
			tap_bail_out("cannot register: %s", strerror(errno));
	}
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++) {
		test->traffic.streams[i].rkey = test->mr[i / streams]->rkey;
		wire_note_region(test->control, i, test->traffic.streams[i].rkey);
	}
}

static void close_accelerator(void *arg)
{
	vfio_tph_close(((struct test *)arg)->accelerator);
}

/* The memory is gone for good: all work fails, and the regions can still be destroyed. */
static void close_exporter(struct test *test)
{
	/* A mapping keeps the device open. */
	munmap((void *)test->memory, TRAFFIC_BYTES);
	disturb(test, close_accelerator, test);
	check_during(test, "device closed", true);
	expect_writes(test, "device closed", IBV_WC_REM_ACCESS_ERR);
	traffic_revive(&test->traffic);
	for (unsigned int i = 0; i < test->config->regions; i++)
		if (ibv_dereg_mr(test->mr[i]))
			tap_bail_out("cannot destroy a region: %s", strerror(errno));
	close(test->dmabuf);
}

static void run_config(struct test *test)
{
	uint8_t published = first_tags.st;

	open_exporter(test);
	register_regions(test);
	write_and_check(test, "registered");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].publishes)
			published = steps[i].tags.st;
		perform(test, &steps[i], published);
	}
	close_exporter(test);
}

static void test_config(struct test *test, const struct config *config, unsigned long passes)
{
	test->config = config;
	test->outcome = test->states = test->data = test->traffic.account = (struct verdict){ 0 };
	for (unsigned long pass = 0; pass < passes; pass++)
		run_config(test);
	verdict_ok(&test->traffic.account, "%s: each work request completes once, in its turn",
		   config->name);
	verdict_ok(&test->outcome, "%s: none fails but for missing pages", config->name);
	verdict_ok(&test->states, "%s: the query says what became of the hints", config->name);
	verdict_ok(&test->data, "%s: data are what the tags make of them", config->name);
}

/*
 * How often a region loses its pages, at least: by all changes but one, and not while it has none.
 * What happens after the last packet is not in the capture.
 */
static unsigned long moves_of(const struct config *config)
{
	unsigned long moves = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		moves += steps[i].act != SYSFS_RESET &&
			 !(config->require && i && steps[i - 1].gone);
	return moves;
}

static void test_wire(struct test *test, unsigned long passes)
{
	struct wire_report report;
	unsigned long moves = 0;

	wire_read(test->control, test->bar_size, &report);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
		moves += passes * configs[i].regions * moves_of(&configs[i]);
	tap_note("%lu rounds, %lu writes, %lu bare ones in %lu windows; pages gone %lu times",
		 passes * ARRAY_SIZE(configs) * (ARRAY_SIZE(steps) + 1), report.writes, report.bare,
		 report.windows, report.unmapped);
	verdict_ok(&report.pages, "on the wire: no write through a region without pages");
	verdict_ok(&report.hints, "on the wire: no hints but those of the last mapping");
	verdict_ok(&report.data, "on the wire: data are right");
	tap_ok(report.unmapped >= moves, "on the wire: pages were taken away %lu times or more",
	       moves);
}

int main(int argc, char **argv)
{
	unsigned long passes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	static struct test test;

	test.control = control_open();
	wire_note_begin(test.control);
	traffic_open(&test.traffic);
	tap_plan(ARRAY_SIZE(configs) * 4 + 4);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
		test_config(&test, &configs[i], passes);
	traffic_close(&test.traffic);
	test_wire(&test, passes);
	close(test.control);
	return tap_status();
}
