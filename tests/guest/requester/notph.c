// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A kernel that was started with pci=notph: an owner may opt in, look, and select a mode; no
 * requests with hints can be enabled, by either interface, and so nothing be programmed.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "feature.h"
#include "tap.h"
#include "tph_regs.h"

static uint32_t real_control(const struct device *device)
{
	return device_real(device, device->tph + PCI_TPH_CTRL, 4);
}

/* The next test: the mode is selected, requests are not enabled, for whoever looks. */
static void stays_off(const struct device *device, uint32_t mode, uint32_t requester)
{
	uint32_t control;

	feature_enable(device, mode, requester);
	control = device_read(device, device->tph + PCI_TPH_CTRL, 4);
	if (!tap_ok(control == mode && !real_control(device),
		    "mode %u is selected, requester %u not enabled", mode, requester))
		tap_note("control reads as 0x%x, and is 0x%x", control, real_control(device));
}

static void test_features(struct device *device)
{
	const uint32_t tag = 1;

	feature_start(device, STAGES - 1, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_DISABLE);
	tap_ok(!(device_read(device, device->tph + PCI_TPH_CAP, 4) & PCI_TPH_CAP_EXT_TPH),
	       "the capability shows no requests with 16-bit tags");
	for (uint32_t mode = PCI_TPH_ST_NS_MODE; mode <= PCI_TPH_ST_DS_MODE; mode++) {
		stays_off(device, mode, PCI_TPH_REQ_TPH_ONLY);
		stays_off(device, mode, PCI_TPH_REQ_EXT_TPH);
	}
	tap_errno(-feature_program(device, VFIO_DEVICE_TPH_SRC_LITERAL, 0, 1, &tag), EINVAL,
		  "nothing is programmed");
	device_close(device);
}

static int operate(const struct device *device, uint32_t op, uint32_t mode)
{
	struct vfio_pci_tph tph = { .argsz = sizeof(tph), .mode = mode, .op = op };

	return ioctl(device->fd, VFIO_DEVICE_PCI_TPH, &tph) ? errno : 0;
}

static void test_older(struct device *device)
{
	device_open(device);
	tap_errno(operate(device, VFIO_DEVICE_TPH_ENABLE, PCI_TPH_ST_NS_MODE), EINVAL,
		  "the older ioctl enables no hints");
	tap_errno(operate(device, VFIO_DEVICE_TPH_ENABLE, PCI_TPH_ST_DS_MODE), EINVAL, "nor tags");
	tap_errno(operate(device, VFIO_DEVICE_TPH_SET_ST, 0), EPERM, "and was no opt-in");
	tap_errno(operate(device, VFIO_DEVICE_TPH_DISABLE, 0), 0, "what is off can be disabled");
	tap_ok(!real_control(device), "nothing of it is in the device");
	device_close(device);
}

int main(void)
{
	unsigned int before = stage_set(0);
	struct device device;

	device_find(&device, "TPH_ACC0");
	tap_plan(1 + 3 * 2 + 1 + 5);
	test_features(&device);
	test_older(&device);
	device_put(&device);
	stage_set(before);
	return tap_status();
}
