// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "tap.h"
#include "tph_regs.h"

/* Link Status 2, "Flit Mode Status" */
#define LNKSTA2_FLIT 0x0400

/* PCI_EXP_TYPE_*; an endpoint's where there is no such capability */
static uint32_t type_of(const struct device *function)
{
	unsigned int express = device_capability(function, PCI_CAP_ID_EXP);

	if (!express)
		return PCI_EXP_TYPE_LEG_END;
	return (device_real(function, express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4;
}

static bool is_port(const struct device *function)
{
	uint32_t type = type_of(function);

	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_UPSTREAM ||
	       type == PCI_EXP_TYPE_DOWNSTREAM;
}

static bool handles(const struct device *port, uint32_t requester)
{
	unsigned int express = device_capability(port, PCI_CAP_ID_EXP);
	uint32_t cap = device_real(port, express + PCI_EXP_DEVCAP2, 4);
	uint32_t completer = (cap & PCI_EXP_DEVCAP2_TPH_COMP_MASK) >> 12;
	bool is_root = type_of(port) == PCI_EXP_TYPE_ROOT_PORT;

	if (requester == PCI_TPH_REQ_TPH_ONLY)
		return !is_root || completer == PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY ||
		       completer == PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH;
	if (is_root && completer != PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH)
		return false;
	return cap & PCI_EXP_DEVCAP2_EE_PREFIX ||
	       device_real(port, express + PCI_EXP_LNKSTA2, 2) & LNKSTA2_FLIT;
}

static int open_config(const char *directory)
{
	int function = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int config = function < 0 ? -1 : openat(function, "config", O_RDONLY | O_CLOEXEC);

	close(function);
	return config;
}

/* In sysfs a function's directory is in that of the port above it. */
static bool ports_handle(const struct device *device, uint32_t requester)
{
	char link[PATH_MAX], path[PATH_MAX];
	bool all = true;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", device->bdf);
	if (!realpath(link, path))
		tap_bail_out("%s: %s", link, strerror(errno));
	for (*strrchr(path, '/') = '\0'; all; *strrchr(path, '/') = '\0') {
		struct device port = { .sysfs = open_config(path) };

		if (port.sysfs < 0)
			break;
		if (is_port(&port))
			all = handles(&port, requester);
		close(port.sysfs);
	}
	return all;
}

bool path_allows(const struct device *device, uint32_t requester)
{
	if (requester == PCI_TPH_REQ_DISABLE)
		return true;
	if (requester != PCI_TPH_REQ_TPH_ONLY && requester != PCI_TPH_REQ_EXT_TPH)
		return false;
	if (requester == PCI_TPH_REQ_EXT_TPH && !(device->tph_cap & PCI_TPH_CAP_EXT_TPH))
		return false;
	return ports_handle(device, requester);
}

bool path_has_port(const struct device *device)
{
	return type_of(device) != PCI_EXP_TYPE_RC_END;
}
