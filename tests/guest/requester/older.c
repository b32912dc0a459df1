// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * VFIO_DEVICE_PCI_TPH, the ioctl that poll-mode drivers were written to: each errno, after which
 * nothing has changed, the affinity of its caller, and such a program from its begin to its end.
 * Firmware here has no tags of CPUs; where it has, cpus.c goes on.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "edge.h"
#include "feature.h"
#include "path.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define ENABLE	VFIO_DEVICE_TPH_ENABLE
#define DISABLE VFIO_DEVICE_TPH_DISABLE
#define SET_ST	VFIO_DEVICE_TPH_SET_ST

#define SIZE	sizeof(struct vfio_pci_tph)
#define DS	PCI_TPH_ST_DS_MODE
#define IV	PCI_TPH_ST_IV_MODE
#define NO_CPU	0xffffffff

static int older(const struct device *device, struct vfio_pci_tph *tph)
{
	return ioctl(device->fd, VFIO_DEVICE_PCI_TPH, tph) ? errno : 0;
}

static int set_st(const struct device *device, uint32_t cpu, uint8_t type, uint16_t index)
{
	struct vfio_pci_tph tph = {
		.argsz = SIZE,
		.op = SET_ST,
		.ent = { .cpu_id = cpu, .mem_type = type, .index = index },
	};

	return older(device, &tph);
}

static int operate(const struct device *device, uint32_t op, uint32_t mode)
{
	struct vfio_pci_tph tph = { .argsz = SIZE, .mode = mode, .op = op };

	return older(device, &tph);
}

struct refusal {
	const char *what;
	uint32_t argsz, mode, op;
	uint32_t cpu;
	uint8_t type;
	uint16_t index;
	int err;
};

/* The next tests: errors that change nothing */
static void refuse_all(const struct device *device, const struct refusal *refusals, size_t count,
		       const char *when)
{
	struct state state;

	state_take(device, &state);
	for (size_t i = 0; i < count; i++) {
		const struct refusal *refusal = &refusals[i];
		struct vfio_pci_tph tph = {
			.argsz = refusal->argsz,
			.mode = refusal->mode,
			.op = refusal->op,
			.ent = { .cpu_id = refusal->cpu,
				 .mem_type = refusal->type,
				 .index = refusal->index },
		};
		int err = older(device, &tph);

		if (!tap_ok(err == refusal->err && state_kept(device, &state),
			    "%s, %s: %s, and nothing changes", when, refusal->what,
			    strerror(refusal->err)))
			tap_note("%s", strerror(err));
	}
}

/* Whatever was done before; the size is that of the ioctl which has the same number, too */
static const struct refusal always[] = {
	{ "no size", 0, DS, ENABLE, 0, 0, 0, EINVAL },
	{ "a byte less", SIZE - 1, DS, ENABLE, 0, 0, 0, EINVAL },
	{ "a byte more", SIZE + 1, DS, ENABLE, 0, 0, 0, EINVAL },
	{ "the size of another ioctl", 8, 0, DISABLE, 0, 0, 0, EINVAL },
	{ "a size with its top bit", 1u << 31 | SIZE, 0, DISABLE, 0, 0, 0, EINVAL },
	{ "an unknown operation", SIZE, 0, 3, 0, 0, 0, EINVAL },
	{ "an unknown operation", SIZE, DS, 0xffffffff, 0, 0, 0, EINVAL },
	{ "interrupt vector mode", SIZE, IV, ENABLE, 0, 0, 0, EINVAL },
	{ "a reserved mode", SIZE, 3, ENABLE, 0, 0, 0, EINVAL },
	{ "a mode with its top bit", SIZE, 1u << 31, ENABLE, 0, 0, 0, EINVAL },
	{ "a CPU that is none", SIZE, 0, SET_ST, NO_CPU, 0, 0, EINVAL },
	{ "a CPU that is not there", SIZE, 0, SET_ST, 4096, 0, 0, EINVAL },
	{ "a memory type that is none", SIZE, 0, SET_ST, 0, 2, 0, EINVAL },
	{ "a memory type that is none", SIZE, 0, SET_ST, 0, 0xff, 0, EINVAL },
};

static const struct refusal before[] = {
	{ "no opt-in", SIZE, 0, SET_ST, 0, 0, 0, EPERM },
};

static const struct refusal below[] = {
	{ "device specific mode", SIZE, DS, ENABLE, 0, 0, 0, EOPNOTSUPP },
};

static const struct refusal enabled[] = {
	{ "enabled a second time", SIZE, DS, ENABLE, 0, 0, 0, EBUSY },
	{ "enabled a second time", SIZE, 0, ENABLE, 0, 0, 0, EBUSY },
};

static const struct refusal no_cpus[] = {
	{ "no tags of CPUs", SIZE, 0, SET_ST, 0, 0, 0, EOPNOTSUPP },
	{ "no tags of CPUs", SIZE, 0, SET_ST, 0, 1, 0xffff, EOPNOTSUPP },
};

static void test_memory(const struct device *device)
{
	uint32_t *argsz = edge(sizeof(*argsz));

	tap_errno(older(device, edge(0)), EFAULT, "no structure");
	*argsz = SIZE;
	tap_errno(older(device, edge(sizeof(*argsz))), EFAULT, "nothing behind its size");
	*argsz = SIZE - 1;
	tap_errno(older(device, edge(sizeof(*argsz))), EINVAL,
		  "its size, wrong, and nothing behind it");
}

static uint32_t due_control(const struct device *device, uint32_t mode)
{
	uint32_t requester = path_allows(device, PCI_TPH_REQ_EXT_TPH) ? PCI_TPH_REQ_EXT_TPH :
									PCI_TPH_REQ_TPH_ONLY;

	return mode | requester << 8;
}

/* The next test: what the device has, and its owner reads */
static void control(const struct device *device, uint32_t due, const char *what)
{
	uint32_t got = device_read(device, device->tph + PCI_TPH_CTRL, 4);
	uint32_t real = device_real(device, device->tph + PCI_TPH_CTRL, 4);

	if (!tap_ok((got & PCI_TPH_CTRL_REQ_EN_MASK) == (due & PCI_TPH_CTRL_REQ_EN_MASK) &&
			    (real & PCI_TPH_CTRL_REQ_EN_MASK) == (due & PCI_TPH_CTRL_REQ_EN_MASK) &&
			    (!due || (got == due && real == due)),
		    "%s", what))
		tap_note("control 0x%x, in the device 0x%x, instead of 0x%x", got, real, due);
}

static void test_affinity(const struct device *device)
{
	cpu_set_t all, first;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (CPU_COUNT(&all) < 2 || sched_setaffinity(0, sizeof(first), &first))
		tap_bail_out("this machine has no second CPU to keep away from");
	tap_errno(set_st(device, 1, 0, 0), EINVAL, "a CPU that the caller may not run on");
	tap_errno(set_st(device, 0, 0, 0), EOPNOTSUPP, "and the one that it may run on");
	sched_setaffinity(0, sizeof(all), &all);
}

static void test_stage(struct device *device, unsigned int stage)
{
	bool ds = stage >= 2;

	stage_set(stage);
	device_open(device);
	tap_note("stage %u", stage);
	refuse_all(device, always, ARRAY_SIZE(always), "before the opt-in");
	refuse_all(device, before, ARRAY_SIZE(before), "before the opt-in");
	test_memory(device);
	if (!ds)
		refuse_all(device, below, ARRAY_SIZE(below), "before the opt-in");
	tap_errno(operate(device, DISABLE, 0), 0, "disabled without having been enabled");
	tap_errno(operate(device, ENABLE, ds ? DS : 0), 0, "enabled");
	control(device, due_control(device, ds ? DS : 0), "which is what the device has");
	refuse_all(device, enabled + !ds, ARRAY_SIZE(enabled) - !ds, "enabled");
	refuse_all(device, always, ARRAY_SIZE(always), "enabled");
	refuse_all(device, no_cpus, ARRAY_SIZE(no_cpus), "enabled");
	tap_errno(operate(device, DISABLE, 0), 0, "disabled");
	control(device, 0, "and so is the device");
	tap_errno(operate(device, DISABLE, 0), 0, "disabled again");
	device_close(device);
}

#define POINTS_OF_STAGE \
	(2 * ARRAY_SIZE(always) + ARRAY_SIZE(before) + 3 + 3 + ARRAY_SIZE(enabled) + \
	 ARRAY_SIZE(no_cpus) + 3)

/* The other interface sees what this one does, and the other way round. */
static void test_both(struct device *device)
{
	stage_set(3);
	device_open(device);
	operate(device, ENABLE, 0);
	tap_ok(feature_program(device, VFIO_DEVICE_TPH_SRC_NONE, 0, 1, NULL) == -EINVAL,
	       "enabled without tags, TPH_ST programs nothing");
	feature_enable(device, IV, PCI_TPH_REQ_TPH_ONLY);
	control(device, IV | PCI_TPH_REQ_TPH_ONLY << 8, "ENABLE was an opt-in: control is its own");
	tap_errno(operate(device, ENABLE, DS), EBUSY, "what is enabled there cannot be here");
	operate(device, DISABLE, 0);
	control(device, 0, "but be disabled");
	device_close(device);
}

/* As poll-mode drivers have it, at each start: enable, one entry for each queue, disable */
static void test_program(struct device *device)
{
	unsigned int failed = 0;

	stage_set(2);
	device_open(device);
	tap_errno(operate(device, ENABLE, DS), 0, "a program enables");
	for (unsigned int queue = 0; queue < 8; queue++)
		failed += set_st(device, queue % 2, 0, queue) != 0;
	tap_ok(failed == 8, "entries for its queues are not to be had here, which ends nothing");
	tap_errno(operate(device, DISABLE, 0), 0, "and it disables");
	device_close(device);
}

static void test_no_requester(const char *variable)
{
	static const struct refusal refusals[] = {
		{ "a wrong size", SIZE - 1, 0, ENABLE, 0, 0, 0, EINVAL },
		{ "enable", SIZE, DS, ENABLE, 0, 0, 0, ENOTTY },
		{ "disable", SIZE, 0, DISABLE, 0, 0, 0, ENOTTY },
		{ "an unknown operation", SIZE, 0, 3, 0, 0, 0, ENOTTY },
	};
	struct device device;

	device_find(&device, variable);
	stage_set(3);
	device_open(&device);
	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct vfio_pci_tph tph = {
			.argsz = refusals[i].argsz,
			.mode = refusals[i].mode,
			.op = refusals[i].op,
		};

		tap_errno(older(&device, &tph), refusals[i].err, "a device without TPH, %s",
			  refusals[i].what);
	}
	device_close(&device);
	device_put(&device);
}

int main(void)
{
	unsigned int stage_before = stage_set(0);
	struct devices devices;
	struct device device;

	devices_find(&devices);
	device_find(&device, devices.requesters[0]);
	tap_plan(3 * POINTS_OF_STAGE + 2 + 4 + 3 + 4);
	for (unsigned int stage = 0; stage < 3; stage++)
		test_stage(&device, stage);
	stage_set(2);
	device_open(&device);
	operate(&device, ENABLE, DS);
	test_affinity(&device);
	device_close(&device);
	test_both(&device);
	test_program(&device);
	device_put(&device);
	test_no_requester(devices.other);
	stage_set(stage_before);
	return tap_status();
}
