// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A device that is a TPH completer, bound to a variant of vfio-pci that exports no dma-bufs: PROBE
 * says that there is nothing to attach hints to. Needs an accelerator, and virtio_vfio_pci, which
 * takes any device that it is told to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exporter.h"
#include "tap.h"

#define VARIANT	"virtio_vfio_pci"

static void bind_to(const char *driver)
{
	char command[128];

	snprintf(command, sizeof(command), "vfio-bind \"$TPH_ACC0\" %s", driver);
	if (system(command))
		tap_bail_out("%s fails", command);
}

static void expect(uint32_t operation, int without, const char *what)
{
	const struct vfio_device_feature_dma_buf_tph data = { .dmabuf_fd = -1 };
	struct vfio_tph_device *device = exporter_open("TPH_ACC0");

	tap_errno(exporter_feature(device, operation, &data, sizeof(data)), without, "%s", what);
	vfio_tph_close(device);
}

int main(void)
{
	tap_plan(6);
	expect(VFIO_DEVICE_FEATURE_PROBE, 0, "PROBE, vfio-pci");
	bind_to(VARIANT);
	expect(VFIO_DEVICE_FEATURE_GET, EINVAL, "GET, " VARIANT);
	expect(VFIO_DEVICE_FEATURE_PROBE, EOPNOTSUPP, "PROBE, " VARIANT);
	expect(VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET, EOPNOTSUPP,
	       "PROBE of SET, " VARIANT);
	expect(VFIO_DEVICE_FEATURE_SET, EOPNOTSUPP, "SET, " VARIANT);
	bind_to("vfio-pci");
	expect(VFIO_DEVICE_FEATURE_SET, EBADF, "SET, vfio-pci again");
	return tap_status();
}
