// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Reads of the capability that fail, as all ones, while its owner enables, programs, resets and
 * disables: nothing of such a read gets into the device, and afterwards all is to be had again.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control.h"
#include "feature.h"
#include "seen.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define LITERAL (VFIO_DEVICE_TPH_SRC_LITERAL | VFIO_DEVICE_TPH_EXTENDED)

#define TAG 0x1357
#define SKIP_MAX 4 /* reads of one register that one of the calls makes */

static void enable(const struct device *device)
{
	feature_enable(device, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
}

static void program(const struct device *device)
{
	const uint32_t tag = TAG;

	feature_program(device, LITERAL, 2, 1, &tag);
}

static void reset(const struct device *device)
{
	ioctl(device->fd, VFIO_DEVICE_RESET);
}

static void (*const calls[])(const struct device *device) = { enable, program, reset,
							      feature_disable };

static void call_all(const struct device *device, int control, const struct control_fault *fault)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		control_fault(control, fault);
		calls[i](device);
		control_release_of(control, fault->device, fault->point);
	}
	feature_disable(device);
	enable(device);
	program(device);
}

static void test_register(const struct device *device, int control, unsigned int offset,
			  const char *name)
{
	const uint16_t tags[] = { TAG };
	struct state state = { 0 };

	control_tph_forget(control, "acc0");
	for (unsigned int skip = 0; skip <= SKIP_MAX; skip++) {
		const struct control_fault fault = {
			.device = "acc0",
			.point = "config",
			.action = "fail",
			.key = device->tph + offset,
			.skip = skip,
		};

		call_all(device, control, &fault);
	}
	seen_ok(control, "acc0", device, 3, name);
	state.cap = device_read(device, device->tph + PCI_TPH_CAP, 4);
	state.control = state.real_control = PCI_TPH_ST_IV_MODE | PCI_TPH_REQ_EXT_TPH << 8;
	state_entries(device, &state, 2, 1, tags, name);
}

int main(void)
{
	unsigned int before = stage_set(0);
	int control = control_open();
	struct device device;

	device_find(&device, "TPH_ACC0");
	feature_start(&device, 3, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_DISABLE);
	tap_plan(4);
	test_register(&device, control, PCI_TPH_CAP, "capability reads as all ones");
	test_register(&device, control, PCI_TPH_CTRL, "control reads as all ones");
	device_close(&device);
	device_put(&device);
	close(control);
	stage_set(before);
	return tap_status();
}
