// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A device whose owner puts it into D3hot: what is in it and what its owner reads stays as it is,
 * whatever is tried meanwhile and whether or not the device resets itself on its way back; what was
 * not there in D0 is not there afterwards; and who closes it in D3hot leaves nothing. A device that
 * the kernel puts there for its owner wakes at each call.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arrivals.h"
#include "control.h"
#include "engine.h"
#include "feature.h"
#include "path.h"
#include "power.h"
#include "sources.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define DMABUF	 VFIO_DEVICE_TPH_SRC_DMABUF
#define EXTENDED VFIO_DEVICE_TPH_EXTENDED

#define FIRST 1 /* of the entries that have a tag */
#define LAST  3

#define MODEL 16

struct test {
	int control;
	struct sources sources;
	uint64_t memory;    /* that is written to */
	char target[MODEL]; /* the model that has it */
	struct device device;
	char model[MODEL]; /* of the device */
	uint32_t mode, requester, extended;
	char what[64];
};

static int older(const struct test *test, uint32_t op)
{
	struct vfio_pci_tph tph = { .argsz = sizeof(tph), .mode = PCI_TPH_ST_NS_MODE, .op = op };

	return ioctl(test->device.fd, VFIO_DEVICE_PCI_TPH, &tph) ? -errno : 0;
}

/*
 * What is tried in D3hot.
 */
static int write_control(const struct test *test)
{
	feature_disable(&test->device);
	feature_enable(&test->device, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_TPH_ONLY);
	return 0;
}

static int program(const struct test *test)
{
	return feature_program(&test->device, DMABUF | test->extended, 0, 1,
			       &test->sources.fds[SOURCE_BOTH]);
}

static int program_none(const struct test *test)
{
	return feature_program(&test->device, VFIO_DEVICE_TPH_SRC_NONE, FIRST, 1, NULL);
}

static int older_enable(const struct test *test)
{
	return older(test, VFIO_DEVICE_TPH_ENABLE);
}

static int older_disable(const struct test *test)
{
	return older(test, VFIO_DEVICE_TPH_DISABLE);
}

static int opt_in(const struct test *test)
{
	return feature_opt_in(&test->device);
}

static int resolve(const struct test *test)
{
	struct vfio_device_feature_tph_resolve resolved;
	int ret = feature_resolve(&test->device, DMABUF | test->extended,
				  test->sources.fds[SOURCE_BOTH], &resolved);

	return ret ? ret : resolved.ph != SOURCE_PH;
}

struct attempt {
	const char *what;
	int (*make)(const struct test *test);
	int due;
};

static const struct attempt enabled[] = {
	{ "control is written", write_control, 0 },
	{ "an entry is programmed", program, -EIO },
	{ "an entry is cleared", program_none, -EIO },
	{ "enabled by the older ioctl", older_enable, -EIO },
	{ "disabled by the older ioctl", older_disable, -EIO },
	{ "opted in again", opt_in, 0 },
	{ "a hint is resolved", resolve, 0 },
};

/* Without TPH there is nothing to program, which is found out first. */
static const struct attempt disabled[] = {
	{ "control is written", write_control, 0 },
	{ "an entry is programmed", program, -EINVAL },
	{ "enabled by the older ioctl", older_enable, -EIO },
	{ "disabled by the older ioctl", older_disable, 0 },
};

static void try_all(const struct test *test, const struct attempt *attempts, size_t count,
		    const struct state *state, const char *when)
{
	for (size_t i = 0; i < count; i++) {
		int got = attempts[i].make(test);

		if (!tap_ok(got == attempts[i].due && state_kept(&test->device, state),
			    "%s, %s, D3hot, %s: %d, and nothing changes", test->what, when,
			    attempts[i].what, attempts[i].due))
			tap_note("%d", got);
	}
}

/* Whether the model's control register has been zero since it was told to forget */
static bool was_reset(const struct test *test)
{
	uint32_t seen[16];
	unsigned int count = control_tph(test->control, test->model, "seen", seen,
					 ARRAY_SIZE(seen));

	for (unsigned int i = 0; i < count && i < ARRAY_SIZE(seen); i++)
		if (!seen[i])
			return true;
	return false;
}

static void set_up(struct test *test, unsigned int stage)
{
	const uint32_t source = test->sources.fds[SOURCE_BOTH];
	const uint32_t dests[] = { source, source, source };

	feature_start(&test->device, stage, test->mode, test->requester);
	tap_ok(feature_program(&test->device, DMABUF | test->extended, FIRST, ARRAY_SIZE(dests),
			       dests) == ARRAY_SIZE(dests),
	       "%s: programmed", test->what);
}

static void test_enabled(struct test *test)
{
	const struct device *device = &test->device;
	struct state state;

	state_take(device, &state);
	control_tph_forget(test->control, test->model);
	power_d3hot(device);
	try_all(test, enabled, ARRAY_SIZE(enabled), &state, "enabled");
	tap_ok(!was_reset(test), "%s: nor has anything been written", test->what);
	power_d0(device);
	tap_ok(state_kept(device, &state), "%s: all is there in D0", test->what);
	tap_ok(was_reset(test) == power_resets(device),
	       power_resets(device) ? "%s: after a reset" : "%s: without a reset", test->what);
	tap_ok(program(test) == 1, "%s: and can be programmed", test->what);
	feature_program(device, VFIO_DEVICE_TPH_SRC_NONE, 0, 1, NULL);
}

static void test_disabled(struct test *test)
{
	const struct device *device = &test->device;
	struct state on, off;

	state_take(device, &on);
	feature_disable(device);
	state_take(device, &off);
	power_d3hot(device);
	try_all(test, disabled, ARRAY_SIZE(disabled), &off, "disabled");
	power_d0(device);
	tap_ok(!(device_real(device, device->tph + PCI_TPH_CTRL, 4) & PCI_TPH_CTRL_REQ_EN_MASK),
	       "%s, disabled: still so in D0", test->what);
	feature_enable(device, test->mode, test->requester);
	tap_ok(state_kept(device, &on), "%s: enabled, all is there", test->what);
}

/* Calls wake a device that the kernel put there, and it may sleep again behind them. */
static void test_low_power(struct test *test)
{
	const struct device *device = &test->device;
	const uint16_t tags[] = { test->extended ? SOURCE_ST_EXT : SOURCE_ST };
	struct state state;

	state_take(device, &state);
	power_entry(device);
	tap_ok(program(test) == 1, "%s, low power: programmed", test->what);
	power_exit(device);
	state_entries(device, &state, 0, 1, tags, "low power, and out of it");
}

/* The model's table is all zero */
static bool model_is_clear(const struct test *test)
{
	uint32_t entries[STATE_ENTRIES], wrong = 0;
	unsigned int count = control_tph(test->control, test->model, "entries", entries,
					 ARRAY_SIZE(entries));

	for (unsigned int i = 0; i < count && i < ARRAY_SIZE(entries); i++)
		wrong |= entries[i];
	return count && !wrong;
}

static void test_closed(struct test *test)
{
	struct device *device = &test->device;
	struct state state;
	uint32_t wrong = 0;

	power_d3hot(device);
	device_close(device);
	power_wait(device);
	tap_ok(!device_real(device, device->tph + PCI_TPH_CTRL, 4) && model_is_clear(test),
	       "%s, closed in D3hot: nothing is left", test->what);
	feature_start(device, 3, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_DISABLE);
	state_take(device, &state);
	for (unsigned int i = 0; i < STATE_ENTRIES; i++)
		wrong |= state.entries[i];
	tap_ok(!wrong && !state.control && !state.real_control && !power_sleeps(device),
	       "%s: nor does the next owner find anything", test->what);
	device_close(device);
}

static void test_opt_in(struct test *test, unsigned int stage)
{
	const uint32_t control = test->mode | test->requester << 8;
	struct device *device = &test->device;
	const unsigned int at = device->tph + PCI_TPH_CTRL;

	stage_set(stage);
	device_open(device);
	power_d3hot(device);
	tap_ok(!feature_opt_in(device) && !device_read(device, at, 4), "%s: opted in in D3hot",
	       test->what);
	feature_enable(device, test->mode, test->requester);
	power_d0(device);
	tap_ok(!device_read(device, at, 4) && !device_real(device, at, 4),
	       "%s: what was written in D3hot is lost", test->what);
	feature_enable(device, test->mode, test->requester);
	tap_ok(device_read(device, at, 4) == control && device_real(device, at, 4) == control,
	       "%s: and is taken in D0", test->what);
	device_close(device);
}

/* What the device sends when it is awake again is what it sent before. */
static void test_requests(struct test *test)
{
	struct arrivals_kind due = { .st = SOURCE_ST, .ph = SOURCE_PH, .writes = 1 };
	const struct engine_job job = { test->memory, LAST, LAST, SOURCE_PH };
	struct arrivals before;
	struct engine engine;

	snprintf(due.tph_namespace, sizeof(due.tph_namespace), "%s",
		 test->extended ? "st_ext" : "st");
	if (test->extended)
		due.st = SOURCE_ST_EXT;
	engine_open(&engine, &test->device);
	power_d3hot(&test->device);
	power_d0(&test->device);
	arrivals_take(test->control, test->target, &before);
	engine_run(&engine, &job);
	tap_ok(arrivals_only(test->control, test->target, &before, &due),
	       "%s: requests carry their tag again", test->what);
	engine_close(&engine);
}

struct run {
	unsigned int requester; /* of the machine's */
	unsigned int stage;
	uint32_t mode;
};

static const struct run runs[] = {
	{ 0, 1, PCI_TPH_ST_IV_MODE },
	{ 0, 2, PCI_TPH_ST_DS_MODE },
	{ 0, 3, PCI_TPH_ST_DS_MODE },
	{ 1, 1, PCI_TPH_ST_IV_MODE },
};

#define POINTS (1 + ARRAY_SIZE(enabled) + 4 + ARRAY_SIZE(disabled) + 2 + 2 + 1 + 2 + 3)

static void model_of(const char *variable, char model[MODEL])
{
	snprintf(model, MODEL, "acc%s", variable + strlen("TPH_ACC"));
}

static void test_run(struct test *test, const char *variable, const struct run *run)
{
	device_find(&test->device, variable);
	model_of(variable, test->model);
	test->mode = run->mode;
	test->requester = path_allows(&test->device, PCI_TPH_REQ_EXT_TPH) ? PCI_TPH_REQ_EXT_TPH :
									    PCI_TPH_REQ_TPH_ONLY;
	test->extended = test->requester == PCI_TPH_REQ_EXT_TPH ? EXTENDED : 0;
	snprintf(test->what, sizeof(test->what), "%s, stage %u, mode %u", test->device.bdf,
		 run->stage, run->mode);
	set_up(test, run->stage);
	test_enabled(test);
	test_disabled(test);
	test_low_power(test);
	test_requests(test);
	test_closed(test);
	test_opt_in(test, run->stage);
	device_put(&test->device);
}

int main(void)
{
	unsigned int before = stage_set(0);
	struct test test = { .control = control_open() };
	struct devices devices;

	devices_find(&devices);
	sources_open(&test.sources, devices.other);
	test.memory = engine_memory_of(devices.other);
	model_of(devices.other, test.target);
	tap_plan(ARRAY_SIZE(runs) * POINTS);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		test_run(&test, devices.requesters[runs[i].requester], &runs[i]);
	sources_close(&test.sources);
	close(test.control);
	stage_set(before);
	return tap_status();
}
