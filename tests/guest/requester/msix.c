// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A table of tags that is in the vector table of MSI-X: its entries come and go with the vectors.
 * They are looked at in the table itself; that the device's model does not see them is the machine's
 * affair, which keeps such tables to itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

#include "feature.h"
#include "power.h"
#include "sources.h"
#include "tap.h"
#include "tph_regs.h"
#include "vectors.h"

#define DMABUF	 VFIO_DEVICE_TPH_SRC_DMABUF
#define NONE	 VFIO_DEVICE_TPH_SRC_NONE
#define EXTENDED VFIO_DEVICE_TPH_EXTENDED

#define ENTRIES 16
#define VECTORS 8
#define FEWER	4

#define TAG SOURCE_ST_EXT

static uint32_t dests[ENTRIES];

/* The next test: how many entries are programmed? */
static void program(const struct device *device, uint32_t flags, unsigned int start,
		    unsigned int count, int due, const char *what)
{
	int got = feature_program(device, flags, start, count, dests);

	if (!tap_ok(got == due, "%s: %d of %u", what, due, count))
		tap_note("got %d", got);
}

/* The next test: entries [first, last) have the tag, the others none */
static void tags(const struct device *device, unsigned int first, unsigned int last,
		 const char *what)
{
	uint16_t got[ENTRIES];
	bool right = true;

	vectors_tags(device, ENTRIES, got);
	for (unsigned int i = 0; i < ENTRIES; i++)
		if (got[i] != (i >= first && i < last ? TAG : 0)) {
			tap_note("entry %u has 0x%x", i, got[i]);
			right = false;
		}
	tap_ok(right, "%s: tags are in entries [%u, %u)", what, first, last);
}

static void test_order(const struct device *device)
{
	program(device, DMABUF | EXTENDED, 0, 1, 0, "without vectors");
	tags(device, 0, 0, "without vectors");
	vectors_enable(device, VECTORS);
	tags(device, 0, 0, "with vectors");
	program(device, DMABUF | EXTENDED, 0, VECTORS, VECTORS, "with vectors");
	tags(device, 0, VECTORS, "with vectors");
	program(device, NONE, VECTORS - 1, 1, 1, "no tag for the last");
	tags(device, 0, VECTORS - 1, "no tag for the last");
	program(device, DMABUF | EXTENDED, VECTORS - 2, 4, 2, "beyond the vectors that there are");
	tags(device, 0, VECTORS, "beyond the vectors that there are");
	tap_ok(device_read(device, device->tph + PCI_TPH_CTRL, 4) == (1 | 3 << 8),
	       "after which TPH is still enabled");
}

static void test_vectors_go(const struct device *device)
{
	vectors_enable(device, 0);
	tags(device, 0, 0, "when the vectors are gone");
	program(device, DMABUF | EXTENDED, 0, 1, 0, "when the vectors are gone");
	vectors_enable(device, FEWER);
	tags(device, 0, 0, "when fewer are there again");
	vectors_enable(device, 0);
	vectors_enable(device, VECTORS);
	tags(device, 0, 0, "when they are there again");
	program(device, DMABUF | EXTENDED, 1, 2, 2, "when they are there again");
	tags(device, 1, 3, "when they are there again");
}

static void test_reset(const struct device *device)
{
	if (ioctl(device->fd, VFIO_DEVICE_RESET))
		tap_bail_out("cannot reset the device");
	tags(device, 1, 3, "after a reset");
	program(device, DMABUF | EXTENDED, 0, VECTORS, VECTORS, "after a reset");
	tags(device, 0, VECTORS, "after a reset");
}

static void test_d3hot(const struct device *device)
{
	power_d3hot(device);
	program(device, NONE, 0, 1, -EIO, "in D3hot");
	power_d0(device);
	tags(device, 0, VECTORS, "in D0 again");
	program(device, NONE, 0, 1, 1, "in D0 again");
	tags(device, 1, VECTORS, "in D0 again");
}

static void test_reopened(struct device *device)
{
	device_close(device);
	device_open(device);
	feature_opt_in(device);
	feature_enable(device, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	vectors_enable(device, VECTORS);
	tags(device, 0, 0, "when the device is opened again");
}

int main(void)
{
	unsigned int before = stage_set(1);
	struct sources sources;
	struct devices devices;
	struct device device;

	devices_find(&devices);
	sources_open(&sources, devices.other);
	for (unsigned int i = 0; i < ENTRIES; i++)
		dests[i] = sources.fds[SOURCE_BOTH];
	device_find(&device, devices.requesters[3]);
	device_open(&device);
	feature_opt_in(&device);
	feature_enable(&device, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	tap_plan(10 + 6 + 3 + 4 + 1);
	test_order(&device);
	test_vectors_go(&device);
	test_reset(&device);
	test_d3hot(&device);
	test_reopened(&device);
	device_close(&device);
	device_put(&device);
	sources_close(&sources);
	stage_set(before);
	return tap_status();
}
