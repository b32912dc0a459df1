// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "power.h"
#include "tap.h"

#define D0    0
#define D3HOT 3

static unsigned int control_at(const struct device *device)
{
	unsigned int cap = device_capability(device, PCI_CAP_ID_PM);

	if (!cap)
		tap_bail_out("%s has no Power Management capability", device->bdf);
	return cap + PCI_PM_CTRL;
}

bool power_sleeps(const struct device *device)
{
	uint32_t state = device_real(device, control_at(device), 2) & PCI_PM_CTRL_STATE_MASK;

	if (state != D0 && state != D3HOT)
		tap_bail_out("%s is in D%u", device->bdf, state);
	return state == D3HOT;
}

bool power_resets(const struct device *device)
{
	return !(device_real(device, control_at(device), 2) & PCI_PM_CTRL_NO_SOFT_RESET);
}

static void go_to(const struct device *device, uint32_t state)
{
	device_write(device, control_at(device), state, 2);
	if (power_sleeps(device) != (state == D3HOT))
		tap_bail_out("%s does not go to D%u", device->bdf, state);
}

void power_d3hot(const struct device *device)
{
	go_to(device, D3HOT);
}

void power_d0(const struct device *device)
{
	go_to(device, D0);
}

static void low_power(const struct device *device, uint32_t index)
{
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | index,
	};

	if (ioctl(device->fd, VFIO_DEVICE_FEATURE, &feature))
		tap_bail_out("%s: low power: %s", device->bdf, strerror(errno));
}

static bool suspended(const struct device *device)
{
	char path[PATH_MAX], status[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/power/runtime_status", device->bdf);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%15s", status) != 1)
		tap_bail_out("cannot read %s: %s", path, strerror(errno));
	fclose(file);
	return !strcmp(status, "suspended");
}

void power_wait(const struct device *device)
{
	while (!suspended(device))
		sched_yield();
	if (!power_sleeps(device))
		tap_bail_out("%s is suspended, and not in D3hot", device->bdf);
}

void power_entry(const struct device *device)
{
	low_power(device, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
	power_wait(device);
}

void power_exit(const struct device *device)
{
	low_power(device, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
}
