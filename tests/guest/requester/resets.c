// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What was enabled and programmed outlives every kind of reset, in the device and as its owner
 * reads it, also a reset that comes while the owner has the device in D3hot; what its owner has not
 * opted in to, or has disabled, no reset brings.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control.h"
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

static void reset_by_ioctl(const struct device *device)
{
	if (ioctl(device->fd, VFIO_DEVICE_RESET))
		tap_bail_out("VFIO_DEVICE_RESET: %s", strerror(errno));
}

static void reset_by_config(const struct device *device)
{
	unsigned int at = device_capability(device, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;

	device_write(device, at, device_read(device, at, 2) | PCI_EXP_DEVCTL_BCR_FLR, 2);
}

/* An administrator's */
static void reset_by_sysfs(const struct device *device)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", device->bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		tap_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

static void low_power(const struct device *device)
{
	power_entry(device);
	power_exit(device);
}

/* Of all that is behind the device's port */
static void reset_bus(const struct device *device)
{
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	if (ioctl(device->fd, VFIO_DEVICE_PCI_HOT_RESET, &reset))
		tap_bail_out("VFIO_DEVICE_PCI_HOT_RESET: %s", strerror(errno));
}

/* What is behind no port has no bus to be reset with. */
static const struct {
	const char *name;
	void (*reset)(const struct device *device);
} all_kinds[] = {
	{ "VFIO_DEVICE_RESET", reset_by_ioctl },
	{ "a function level reset by its owner", reset_by_config },
	{ "an administrator's reset", reset_by_sysfs },
	{ "low power", low_power },
	{ "a hot reset", reset_bus },
};
static unsigned int kinds = ARRAY_SIZE(all_kinds);

/* In D0, or in D3hot, which ends with it. Says what it was. */
static const char *reset_as(const struct device *device, unsigned int kind, bool d3hot)
{
	static char name[64];

	if (d3hot)
		power_d3hot(device);
	all_kinds[kind].reset(device);
	if (power_sleeps(device))
		tap_bail_out("%s: %s leaves it in D3hot", device->bdf, all_kinds[kind].name);
	snprintf(name, sizeof(name), "%s%s", all_kinds[kind].name, d3hot ? " in D3hot" : "");
	return name;
}

/* Enabled, all is there at once. */
static void test_enabled(const struct device *device, const struct state *state, const char *what,
			 bool d3hot)
{
	for (unsigned int i = 0; i < kinds; i++) {
		const char *reset = reset_as(device, i, d3hot);

		tap_ok(state_kept(device, state), "%s: kept over %s", what, reset);
	}
}

/* Disabled, it stays so; a device does not look at its entries before it is enabled. */
static void test_disabled(const struct device *device, const struct state *state, const char *what,
			  bool d3hot)
{
	const unsigned int at = device->tph + PCI_TPH_CTRL;
	const char *reset;
	uint32_t control;

	for (unsigned int i = 0; i < kinds; i++) {
		feature_disable(device);
		control = device_read(device, at, 4);
		reset = reset_as(device, i, d3hot);
		tap_ok(device_read(device, at, 4) == control &&
			       !(device_real(device, at, 4) & PCI_TPH_CTRL_REQ_EN_MASK),
		       "%s: disabled over %s", what, reset);
		device_write(device, at, state->control, 4);
		tap_ok(state_kept(device, state), "%s: all is back when it is enabled", what);
	}
}

static void test_device(struct device *device, struct sources *sources, uint32_t mode,
			uint32_t requester)
{
	const uint32_t extended = requester == PCI_TPH_REQ_EXT_TPH ? EXTENDED : 0;
	const uint32_t dests[] = { sources->fds[SOURCE_BOTH], sources->fds[SOURCE_SILENT],
				   sources->fds[SOURCE_BOTH] };
	struct state state;
	char what[128];

	feature_start(device, 2, mode, requester);
	snprintf(what, sizeof(what), "%s, mode %u, requester %u", device->bdf, mode, requester);
	tap_ok(feature_program(device, DMABUF | extended, 1, 3, dests) == 3, "%s: programmed",
	       what);
	state_take(device, &state);
	for (unsigned int d3hot = 0; d3hot <= 1; d3hot++) {
		test_enabled(device, &state, what, d3hot);
		test_disabled(device, &state, what, d3hot);
	}
	device_close(device);
}

/* What comes back is what was there before this reset, not before another one. */
static void test_between(struct device *device, struct sources *sources)
{
	struct state state;

	feature_start(device, 1, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY);
	feature_program(device, DMABUF, 2, 1, &sources->fds[SOURCE_BOTH]);
	reset_by_ioctl(device);
	feature_program(device, VFIO_DEVICE_TPH_SRC_NONE, 2, 1, NULL);
	feature_program(device, DMABUF, 4, 1, &sources->fds[SOURCE_BOTH]);
	reset_by_config(device);
	state_take(device, &state);
	tap_ok(!state.entries[2] && state.entries[4] == SOURCE_ST,
	       "a second reset brings what was programmed after the first");
	device_close(device);
}

struct administrator {
	const struct device *device;
	atomic_bool done;
};

static void *administrate(void *arg)
{
	struct administrator *administrator = arg;

	reset_by_sysfs(administrator->device);
	administrator->done = true;
	return NULL;
}

#define ENTRY 2

/* Whether the device has forgotten the entry: it is reset, and Linux waits for it. */
static bool in_reset(int control)
{
	uint32_t entries[STATE_ENTRIES];

	control_tph(control, "acc0", "entries", entries, STATE_ENTRIES);
	return !entries[ENTRY];
}

/* A call of the owner's that begins in the middle of an administrator's reset. False: too late */
static bool call_during(struct device *device, struct sources *sources, int control)
{
	struct administrator administrator = { .device = device };
	pthread_t thread;
	bool met;

	if (pthread_create(&thread, NULL, administrate, &administrator))
		tap_bail_out("cannot start a thread");
	do {
		met = in_reset(control);
	} while (!met && !administrator.done);
	feature_program(device, DMABUF, ENTRY, 1, &sources->fds[SOURCE_BOTH]);
	pthread_join(thread, NULL);
	return met;
}

#define ROUNDS 3

static void test_during(struct device *device, struct sources *sources)
{
	int control = control_open();
	struct state state;
	uint32_t command;

	feature_start(device, 2, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY);
	feature_program(device, DMABUF, ENTRY, 1, &sources->fds[SOURCE_BOTH]);
	device_write(device, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
	command = device_real(device, PCI_COMMAND, 2);
	state_take(device, &state);
	for (unsigned int met = 0; met < ROUNDS;)
		met += call_during(device, sources, control);
	tap_ok(device_real(device, PCI_COMMAND, 2) == command,
	       "calls during an administrator's resets: the device still answers");
	tap_ok(state_kept(device, &state), "calls during an administrator's resets: all is there");
	close(control);
	device_close(device);
}

/* Who has not opted in has nothing that a reset could bring. */
static void test_no_opt_in(struct device *device)
{
	stage_set(3);
	device_open(device);
	for (unsigned int i = 0; i < kinds; i++) {
		all_kinds[i].reset(device);
		tap_ok(device_read(device, device->tph + PCI_TPH_CAP, 4) == device->tph_cap &&
			       !device_real(device, device->tph + PCI_TPH_CTRL, 4),
		       "no opt-in: %s brings nothing", all_kinds[i].name);
	}
	device_close(device);
}

#define POINTS (1 + 2 * 3 * kinds)

int main(void)
{
	unsigned int before = stage_set(0);
	struct device device, small;
	struct sources sources;
	struct devices devices;
	uint32_t largest;

	devices_find(&devices);
	sources_open(&sources, devices.other);
	device_find(&device, devices.requesters[0]);
	device_find(&small, devices.requesters[1]);
	kinds -= !path_has_port(&device);
	largest = path_allows(&device, PCI_TPH_REQ_EXT_TPH) ? PCI_TPH_REQ_EXT_TPH :
							      PCI_TPH_REQ_TPH_ONLY;
	tap_plan(3 * POINTS + 1 + 2 + kinds);
	test_device(&device, &sources, PCI_TPH_ST_IV_MODE, largest);
	test_device(&device, &sources, PCI_TPH_ST_DS_MODE, largest);
	test_device(&small, &sources, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY);
	test_between(&device, &sources);
	test_during(&device, &sources);
	test_no_opt_in(&device);
	device_put(&small);
	device_put(&device);
	sources_close(&sources);
	stage_set(before);
	return tap_status();
}
