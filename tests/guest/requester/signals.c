// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Sources whose importer holds the reservation lock, for as long as the NIC's model stalls the
 * mapping of a region: a signal ends the wait for it, with nothing programmed, or only what comes
 * before.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "exporter.h"
#include "feature.h"
#include "interrupted.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "verbs.h"

#define DMABUF VFIO_DEVICE_TPH_SRC_DMABUF

#define ST 0x51

enum { HELD, FREE, DMABUFS };

static struct verbs verbs;
static struct device device;
static uint32_t dmabufs[DMABUFS];

static void *reg(void *arg)
{
	const struct verbs_reg reg = {
		.fd = dmabufs[HELD],
		.tph_namespace = VERBS_NO_ATTR,
		.tph_flags = VERBS_NO_ATTR,
	};
	int *err = arg;
	struct verbs_mr mr;

	*err = verbs_reg(&verbs, &reg, &mr);
	if (!*err)
		*err = verbs_dereg(&verbs, &mr);
	return NULL;
}

static int resolve(void *arg)
{
	struct vfio_device_feature_tph_resolve resolved;

	return feature_resolve(&device, DMABUF, dmabufs[HELD], &resolved);
}

static int program(void *arg)
{
	return feature_program(&device, DMABUF, 0, 1, &dmabufs[HELD]);
}

static int program_two(void *arg)
{
	const uint32_t dests[] = { dmabufs[FREE], dmabufs[HELD] };

	return feature_program(&device, DMABUF, 0, 2, dests);
}

static void test_interrupted(void)
{
	const uint16_t tags[] = { ST };
	struct state state;

	state_take(&device, &state);
	tap_errno(-interrupted(resolve, NULL), EINTR, "a signal while a source is resolved");
	tap_errno(-interrupted(program, NULL), EINTR, "a signal while the first is programmed");
	tap_ok(state_kept(&device, &state), "after which nothing has changed");
	tap_ok(interrupted(program_two, NULL) == 1, "a signal while the second is: one");
	state_entries(&device, &state, 0, 1, tags, "after that");
}

static void open_all(void)
{
	feature_start(&device, 3, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_TPH_ONLY);
	for (unsigned int i = 0; i < DMABUFS; i++) {
		dmabufs[i] = exporter_export(device.vfio);
		if (exporter_publish(device.vfio, dmabufs[i], ST, 1))
			tap_bail_out("cannot publish");
	}
	verbs_open(&verbs, "mlx5_");
}

int main(void)
{
	const struct control_fault umr_stalls = { .point = "umr", .action = "stall" };
	unsigned int before = stage_set(3);
	int control = control_open(), err;
	pthread_t registration;

	device_find(&device, "TPH_ACC0");
	open_all();
	tap_plan(6);
	control_fault(control, &umr_stalls);
	pthread_create(&registration, NULL, reg, &err);
	control_wait_hit(control, "umr");
	test_interrupted();
	control_release(control, "umr");
	pthread_join(registration, NULL);
	tap_errno(err, 0, "the importer goes on");
	verbs_close(&verbs);
	for (unsigned int i = 0; i < DMABUFS; i++)
		close(dmabufs[i]);
	device_close(&device);
	device_put(&device);
	close(control);
	stage_set(before);
	return tap_status();
}
