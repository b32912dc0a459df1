// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Each allocation in turn fails that the kernel makes for an opt-in and for programming entries:
 * the call says ENOMEM, nothing has changed, and another try succeeds. Needs a kernel with fault
 * injection. That no memory is lost is for kmemleak to say.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fail_nth.h"
#include "feature.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

/* More than any of them makes */
#define MOST_ALLOCATIONS 100

#define ENTRIES 64
#define TAG	0x1234

struct operation {
	const char *what;
	void (*prepare)(struct device *device);
	int (*run)(const struct device *device);
	int due; /* what it returns */
	bool (*is_done)(const struct device *device);
};

static bool has_opted_in(const struct device *device)
{
	return feature_program(device, VFIO_DEVICE_TPH_SRC_NONE, 0, 1, NULL) != -EPERM;
}

static int run_older(const struct device *device)
{
	struct vfio_pci_tph tph = {
		.argsz = sizeof(tph),
		.mode = PCI_TPH_ST_DS_MODE,
		.op = VFIO_DEVICE_TPH_ENABLE,
	};

	return ioctl(device->fd, VFIO_DEVICE_PCI_TPH, &tph) ? -errno : 0;
}

static bool is_enabled(const struct device *device)
{
	const uint32_t control = PCI_TPH_ST_DS_MODE | PCI_TPH_REQ_EXT_TPH << 8;

	return has_opted_in(device) &&
	       device_real(device, device->tph + PCI_TPH_CTRL, 4) == control;
}

static void open_enabled(struct device *device)
{
	feature_start(device, STAGES - 1, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
}

static int run_program(const struct device *device)
{
	uint32_t tags[ENTRIES];

	for (unsigned int i = 0; i < ENTRIES; i++)
		tags[i] = TAG;
	return feature_program(device, VFIO_DEVICE_TPH_SRC_LITERAL | VFIO_DEVICE_TPH_EXTENDED, 0,
			       ENTRIES, tags);
}

static bool are_programmed(const struct device *device)
{
	struct state state;
	unsigned int tagged = 0;

	state_take(device, &state);
	for (unsigned int i = 0; i < ENTRIES; i++)
		tagged += state.entries[i] == TAG;
	return tagged == ENTRIES;
}

static const struct operation operations[] = {
	{ "opting in", device_open, feature_opt_in, 0, has_opted_in },
	{ "the older ioctl's ENABLE", device_open, run_older, 0, is_enabled },
	{ "programming 64 entries", open_enabled, run_program, ENTRIES, are_programmed },
};

/* Returns whether the @nth allocation was there to fail, and sets *@right. */
static bool fails(struct device *device, const struct operation *operation, unsigned int nth,
		  bool *right)
{
	struct state state;
	bool failed;
	int ret;

	operation->prepare(device);
	state_take(device, &state);
	fail_nth_set(nth);
	ret = operation->run(device);
	failed = fail_nth_clear();
	if (failed && ret == -ENOMEM)
		*right = state_kept(device, &state) && !operation->is_done(device) &&
			 operation->run(device) == operation->due;
	else
		*right = ret == operation->due;
	*right = *right && operation->is_done(device);
	if (!*right)
		tap_note("%s, allocation %u: %s", operation->what, nth,
			 ret < 0 ? strerror(-ret) : "done");
	device_close(device);
	return failed;
}

static void sweep(struct device *device, const struct operation *operation)
{
	unsigned int nth = 0, wrong = 0;
	bool failed, right;

	do {
		failed = fails(device, operation, ++nth, &right);
		wrong += !right;
	} while (failed && nth < MOST_ALLOCATIONS);
	tap_ok(!failed && !wrong && nth > 1, "%s: each of %u allocations fails", operation->what,
	       nth - 1);
}

int main(void)
{
	unsigned int before = stage_set(STAGES - 1);
	struct device device;

	device_find(&device, "TPH_ACC0");
	fail_nth_open();
	tap_plan(ARRAY_SIZE(operations));
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++)
		sweep(&device, &operations[i]);
	fail_nth_close();
	device_put(&device);
	stage_set(before);
	return tap_status();
}
