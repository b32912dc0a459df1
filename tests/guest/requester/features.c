// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Which operations each of the three features has, before and after the opt-in and in each stage,
 * how large its structure has to be, and what VFIO_DEVICE_FEATURE_TPH tells; and that a device
 * which is no requester has none of them.
 */
#include <errno.h>
#include <string.h>

#include "edge.h"
#include "feature.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE

#define TPH	VFIO_DEVICE_FEATURE_TPH
#define TPH_ST	VFIO_DEVICE_FEATURE_TPH_ST
#define RESOLVE	VFIO_DEVICE_FEATURE_TPH_RESOLVE

#define TPH_SIZE	sizeof(struct vfio_device_feature_tph)
#define TPH_ST_SIZE	sizeof(struct vfio_device_feature_tph_st)
#define RESOLVE_SIZE	sizeof(struct vfio_device_feature_tph_resolve)

struct call {
	uint32_t feature, operation;
	unsigned int size; /* of a structure that is all zero */
	int err[2];        /* at stage 0, and from stage 1 on */
};

/* Before the opt-in */
static const struct call before[] = {
	{ TPH, PROBE, 0, { 0, 0 } },
	{ TPH, PROBE | GET, 0, { 0, 0 } },
	{ TPH, PROBE | SET, 0, { 0, 0 } },
	{ TPH, PROBE | GET | SET, 0, { 0, 0 } },
	{ TPH, 0, TPH_SIZE, { EINVAL, EINVAL } },
	{ TPH, GET | SET, TPH_SIZE, { EINVAL, EINVAL } },
	{ TPH, GET, TPH_SIZE - 1, { EINVAL, EINVAL } },
	{ TPH, GET, 0, { EINVAL, EINVAL } },
	{ TPH, SET, TPH_SIZE - 1, { EINVAL, EINVAL } },
	{ TPH, SET, 0, { EINVAL, EINVAL } },
	{ TPH, GET, TPH_SIZE, { 0, 0 } },
	{ TPH_ST, PROBE, 0, { EOPNOTSUPP, 0 } },
	{ TPH_ST, PROBE | SET, 0, { EOPNOTSUPP, 0 } },
	{ TPH_ST, PROBE | GET, 0, { EINVAL, EINVAL } },
	{ TPH_ST, 0, TPH_ST_SIZE, { EINVAL, EINVAL } },
	{ TPH_ST, GET, TPH_ST_SIZE, { EINVAL, EINVAL } },
	{ TPH_ST, SET, TPH_ST_SIZE - 1, { EINVAL, EINVAL } },
	{ TPH_ST, SET, TPH_ST_SIZE, { EPERM, EPERM } },
	{ RESOLVE, PROBE, 0, { 0, 0 } },
	{ RESOLVE, PROBE | GET, 0, { 0, 0 } },
	{ RESOLVE, PROBE | SET, 0, { EINVAL, EINVAL } },
	{ RESOLVE, 0, RESOLVE_SIZE, { EINVAL, EINVAL } },
	{ RESOLVE, SET, RESOLVE_SIZE, { EINVAL, EINVAL } },
	{ RESOLVE, GET, RESOLVE_SIZE - 1, { EINVAL, EINVAL } },
	{ RESOLVE, GET, RESOLVE_SIZE, { EPERM, EPERM } },
};

/* The first opts in; another one, and a larger structure, are no different. */
static const struct call after[] = {
	{ TPH, SET, TPH_SIZE, { 0, 0 } },
	{ TPH, SET, TPH_SIZE, { 0, 0 } },
	{ TPH, SET, TPH_SIZE + 8, { 0, 0 } },
	{ TPH, GET, TPH_SIZE, { 0, 0 } },
	{ TPH, PROBE, 0, { 0, 0 } },
	{ TPH_ST, PROBE, 0, { EOPNOTSUPP, 0 } },
	{ TPH_ST, GET, TPH_ST_SIZE, { EINVAL, EINVAL } },
	{ TPH_ST, SET, TPH_ST_SIZE - 1, { EINVAL, EINVAL } },
	{ TPH_ST, SET, TPH_ST_SIZE, { EOPNOTSUPP, EINVAL } },
	{ RESOLVE, PROBE, 0, { 0, 0 } },
	{ RESOLVE, SET, RESOLVE_SIZE, { EINVAL, EINVAL } },
	{ RESOLVE, GET, RESOLVE_SIZE - 1, { EINVAL, EINVAL } },
	{ RESOLVE, GET, RESOLVE_SIZE, { EINVAL, EINVAL } },
};

static const char *name_of(uint32_t index)
{
	return index == TPH ? "TPH" : index == TPH_ST ? "TPH_ST" : "TPH_RESOLVE";
}

static void call_all(const struct device *device, unsigned int stage, const struct call *calls,
		     size_t count, const char *when)
{
	for (size_t i = 0; i < count; i++) {
		const struct call *call = &calls[i];
		uint8_t data[64] = { 0 };
		int ret = feature(device, call->operation, call->feature, data, call->size);

		tap_errno(ret < 0 ? -ret : 0, call->err[stage > 0],
			  "stage %u, %s: %s%s%sof %s with %u bytes: %s", stage, when,
			  call->operation & PROBE ? "PROBE " : "",
			  call->operation & GET ? "GET " : "", call->operation & SET ? "SET " : "",
			  name_of(call->feature), call->size, strerror(call->err[stage > 0]));
	}
}

/* What SET refuses leaves the device as it is for those who have not opted in. */
static void test_flags(const struct device *device, unsigned int stage)
{
	static const uint32_t flags[] = { 1, 2, 1u << 31, 0xffffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct vfio_device_feature_tph tph = { flags[i] };

		tap_errno(-feature(device, SET, TPH, &tph, sizeof(tph)), EINVAL,
			  "stage %u: opt in with flags 0x%x", stage, flags[i]);
	}
	tap_ok(feature_program(device, 0, 0, 0, NULL) == -EPERM, "stage %u: that was no opt-in",
	       stage);
}

static void test_caps(const struct device *device, unsigned int stage)
{
	uint32_t caps = feature_caps(device);

	tap_ok(!(caps & VFIO_DEVICE_TPH_CAP_LITERAL) == (stage < 3), "stage %u: literal tags %s",
	       stage, stage < 3 ? "are not to be had" : "may be used");
	tap_ok(!(caps & ~(VFIO_DEVICE_TPH_CAP_LITERAL | VFIO_DEVICE_TPH_CAP_CPU)),
	       "stage %u: no other bit is told", stage);
}

/* The structure is where nothing can be read, or not be written. */
static void test_memory(const struct device *device, unsigned int stage)
{
	struct vfio_device_feature *arg = edge(sizeof(*arg));

	arg->argsz = sizeof(*arg) + TPH_SIZE;
	arg->flags = SET | TPH;
	tap_errno(-feature_raw(device, arg), EFAULT, "stage %u: SET of no memory", stage);
	arg->flags = GET | TPH;
	tap_errno(-feature_raw(device, arg), EFAULT, "stage %u: GET to no memory", stage);
}

static void test_stage(struct device *device, unsigned int stage)
{
	stage_set(stage);
	device_open(device);
	call_all(device, stage, before, ARRAY_SIZE(before), "before the opt-in");
	test_caps(device, stage);
	test_flags(device, stage);
	test_memory(device, stage);
	call_all(device, stage, after, ARRAY_SIZE(after), "after it");
	test_caps(device, stage);
	device_close(device);
}

/* An opt-in that is made again does not undo what was enabled. */
static void test_again(struct device *device)
{
	struct state state;

	stage_set(1);
	device_open(device);
	feature_opt_in(device);
	feature_enable(device, PCI_TPH_ST_IV_MODE, PCI_TPH_REQ_EXT_TPH);
	feature_program(device, VFIO_DEVICE_TPH_SRC_NONE, 0, 1, NULL);
	state_take(device, &state);
	feature_opt_in(device);
	tap_ok(state_kept(device, &state) && state.real_control, "another opt-in undoes nothing");
	device_close(device);
}

/* The stage is that of the moment in which the device was opened. */
static void test_stage_of_open(struct device *device)
{
	stage_set(3);
	device_open(device);
	stage_set(0);
	tap_ok(feature_caps(device) & VFIO_DEVICE_TPH_CAP_LITERAL,
	       "an open device keeps its stage when the parameter falls");
	feature_opt_in(device);
	tap_ok(device_read(device, device->tph + PCI_TPH_CAP, 4) & PCI_TPH_CAP_ST_DS,
	       "and what it shows");
	device_close(device);
	device_open(device);
	stage_set(3);
	tap_ok(!(feature_caps(device) & VFIO_DEVICE_TPH_CAP_LITERAL), "and when it rises");
	device_close(device);
}

static const struct call no_requester[] = {
	{ TPH, PROBE, 0, { ENOTTY, ENOTTY } },
	{ TPH, 0, TPH_SIZE, { ENOTTY, ENOTTY } },
	{ TPH, GET, TPH_SIZE, { ENOTTY, ENOTTY } },
	{ TPH, SET, TPH_SIZE, { ENOTTY, ENOTTY } },
	{ TPH, SET, 0, { ENOTTY, ENOTTY } },
	{ TPH_ST, PROBE, 0, { ENOTTY, ENOTTY } },
	{ TPH_ST, GET, 0, { ENOTTY, ENOTTY } },
	{ TPH_ST, SET, TPH_ST_SIZE, { ENOTTY, ENOTTY } },
	{ RESOLVE, PROBE, 0, { ENOTTY, ENOTTY } },
	{ RESOLVE, SET, 0, { ENOTTY, ENOTTY } },
	{ RESOLVE, GET, RESOLVE_SIZE, { ENOTTY, ENOTTY } },
};

static void test_no_requester(const char *variable)
{
	struct device device;

	device_find(&device, variable);
	stage_set(3);
	device_open(&device);
	call_all(&device, 3, no_requester, ARRAY_SIZE(no_requester), "of a device without TPH");
	device_close(&device);
	device_put(&device);
}

int main(void)
{
	unsigned int before_test = stage_set(0);
	struct devices devices;
	struct device device;

	devices_find(&devices);
	tap_plan(STAGES * (ARRAY_SIZE(before) + ARRAY_SIZE(after) + 2 * 2 + 5 + 2) + 1 + 3 +
		 ARRAY_SIZE(no_requester));
	device_find(&device, devices.requesters[0]);
	for (unsigned int stage = 0; stage < STAGES; stage++)
		test_stage(&device, stage);
	test_again(&device);
	test_stage_of_open(&device);
	device_put(&device);
	test_no_requester(devices.other);
	stage_set(before_test);
	return tap_status();
}
