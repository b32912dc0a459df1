// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The TPH Requester capability of an owner that has opted in, register by register in each stage:
 * what shows, what can be written, what of it gets to the device; and that it is gone when the
 * device is closed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "feature.h"
#include "path.h"
#include "pieces.h"
#include "rules.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"
#include "verdict.h"

#define MODES		8	/* of the field, most of them reserved */
#define REQUESTERS	4
#define CONTROL(mode, requester) ((mode) | (requester) << 8)

static struct rules rules;

/* The modes that a stage has, where the device has them */
static const uint32_t stage_modes[STAGES] = {
	PCI_TPH_CAP_ST_NS,
	PCI_TPH_CAP_ST_NS | PCI_TPH_CAP_ST_IV,
	PCI_TPH_CAP_ST_NS | PCI_TPH_CAP_ST_IV | PCI_TPH_CAP_ST_DS,
	PCI_TPH_CAP_ST_NS | PCI_TPH_CAP_ST_IV | PCI_TPH_CAP_ST_DS,
};

static uint32_t due_cap(const struct device *device, unsigned int stage)
{
	uint32_t due = device->tph_cap & stage_modes[stage];

	if (!(due & (PCI_TPH_CAP_ST_IV | PCI_TPH_CAP_ST_DS)))
		return due;
	due |= device->tph_cap & (PCI_TPH_CAP_LOC_MASK | PCI_TPH_CAP_ST_MASK);
	if (path_allows(device, PCI_TPH_REQ_EXT_TPH))
		due |= PCI_TPH_CAP_EXT_TPH;
	return due;
}

/* What the control register is after a write of all of @value to it */
static uint32_t due_control(const struct device *device, unsigned int stage, uint32_t control,
			    uint32_t value)
{
	uint32_t mode = value & PCI_TPH_CTRL_MODE_SEL_MASK;
	uint32_t requester = (value & PCI_TPH_CTRL_REQ_EN_MASK) >> 8;

	if (!(due_cap(device, stage) & 1 << mode))
		mode = control & PCI_TPH_CTRL_MODE_SEL_MASK;
	if (!path_allows(device, requester))
		requester = (control & PCI_TPH_CTRL_REQ_EN_MASK) >> 8;
	return CONTROL(mode, requester);
}

static void expect(struct verdict *verdict, uint32_t got, uint32_t due, const char *what,
		   uint32_t of)
{
	if (got != due)
		verdict_wrong(verdict, "%s 0x%x: 0x%x instead of 0x%x", what, of, got, due);
}

/* While nothing is enabled, the mode may be anywhere. */
static void look_at_control(struct verdict *verdict, const struct device *device, uint32_t due,
			    const char *what, uint32_t of)
{
	uint32_t real = device_real(device, device->tph + PCI_TPH_CTRL, 4);

	expect(verdict, device_read(device, device->tph + PCI_TPH_CTRL, 4), due, what, of);
	if (!(due & PCI_TPH_CTRL_REQ_EN_MASK)) {
		real &= PCI_TPH_CTRL_REQ_EN_MASK;
		due = 0;
	}
	expect(verdict, real, due, "in the device after", of);
}

static void test_control(const struct device *device, unsigned int stage, const char *when)
{
	struct verdict verdict = { 0 };
	uint32_t due = 0;

	look_at_control(&verdict, device, 0, "opt-in", 0);
	/* All values, each after one with other modes and requesters: 13 and 32 have no divisor. */
	for (unsigned int i = 0; i < MODES * REQUESTERS; i++) {
		unsigned int of = i * 13 % (MODES * REQUESTERS);
		uint32_t value = CONTROL(of % MODES, of / MODES);

		due = due_control(device, stage, due, value);
		/* Reserved bits are for nobody to set */
		device_write(device, device->tph + PCI_TPH_CTRL, value | 0xfffffcf8, 4);
		look_at_control(&verdict, device, due, "write", value);
	}
	feature_disable(device);
	verdict_ok(&verdict, "%s: control takes what it may", when);
}

static void test_control_bytes(const struct device *device, unsigned int stage, const char *when)
{
	unsigned int at = device->tph + PCI_TPH_CTRL;
	struct verdict verdict = { 0 };
	uint32_t mode = stage ? PCI_TPH_ST_IV_MODE : 0, due = 0;

	device_write(device, at, mode, 1);
	due = due_control(device, stage, due, mode);
	look_at_control(&verdict, device, due, "a byte of mode", mode);
	device_write(device, at + 1, PCI_TPH_REQ_TPH_ONLY, 1);
	due = due_control(device, stage, due, CONTROL(due, PCI_TPH_REQ_TPH_ONLY));
	look_at_control(&verdict, device, due, "a byte of requester", 1);
	device_write(device, at + 2, 0xffff, 2);
	look_at_control(&verdict, device, due, "reserved bytes", 0xffff);
	device_write(device, at, CONTROL(0, 2), 2);
	due = due_control(device, stage, due, CONTROL(0, 2));
	look_at_control(&verdict, device, due, "two bytes", CONTROL(0, 2));
	device_write(device, at + 1, 0, 1);
	due = due_control(device, stage, due, due & PCI_TPH_CTRL_MODE_SEL_MASK);
	look_at_control(&verdict, device, due, "a byte of no requester", 0);
	verdict_ok(&verdict, "%s: control takes its bytes one by one", when);
}

/* What is not control reads as it must, whatever is written */
static void test_read_only(const struct device *device, unsigned int stage, const char *when)
{
	uint32_t header = device_real(device, device->tph, 4), cap = due_cap(device, stage);
	struct verdict verdict = { 0 };

	for (unsigned int at = device->tph; at < device_tph_end(device); at += 4) {
		unsigned int offset = at - device->tph;
		uint32_t due = offset == 0 ? header : offset == PCI_TPH_CAP ? cap : 0;
		uint32_t real = device_real(device, at, 4);

		/* Of the entries the first, and the last */
		if (offset == PCI_TPH_CTRL ||
		    (offset > PCI_TPH_BASE_SIZEOF && at + 4 < device_tph_end(device)))
			continue;
		expect(&verdict, device_read(device, at, 4), due, "at", offset);
		device_write(device, at, ~due, 4);
		expect(&verdict, device_read(device, at, 4), due, "after a write to", offset);
		expect(&verdict, device_real(device, at, 4), real, "in the device at", offset);
	}
	verdict_ok(&verdict, "%s: capability and entries read as they should, and stay", when);
}

static void test_elsewhere(const struct device *device, const char *when)
{
	struct verdict verdict = { 0 };

	for (unsigned int at = 0; at < CONFIG_SIZE; at += 4)
		if (at < device->tph || at >= device_tph_end(device))
			expect(&verdict, device_read(device, at, 4),
			       rules_read(&rules, at, 4, device_real(device, at, 4)), "at", at);
	verdict_ok(&verdict, "%s: all other configuration space reads as always", when);
}

static void test_closed(const struct device *device, const char *when)
{
	struct verdict verdict = { 0 };

	expect(&verdict, device_real(device, device->tph + PCI_TPH_CTRL, 4), 0, "at", PCI_TPH_CTRL);
	verdict_ok(&verdict, "%s: closed, the device has nothing of it", when);
}

static void test_reopened(struct device *device, const char *when)
{
	struct verdict verdict = { 0 };
	unsigned int at = device->tph;

	device_open(device);
	expect(&verdict, device_read(device, at + PCI_TPH_CAP, 4), device->tph_cap, "at", 4);
	feature_enable(device, 0, PCI_TPH_REQ_TPH_ONLY);
	look_at_control(&verdict, device, 0, "write", PCI_TPH_REQ_TPH_ONLY << 8);
	expect(&verdict, feature_program(device, VFIO_DEVICE_TPH_SRC_NONE, 0, 1, NULL), -EPERM,
	       "programming", 0);
	device_close(device);
	verdict_ok(&verdict, "%s: opened again, nobody has opted in", when);
}

static void test_stage(struct device *device, unsigned int stage, bool elsewhere)
{
	char when[64], before[96];

	snprintf(when, sizeof(when), "%s, stage %u", device->bdf, stage);
	stage_set(stage);
	device_open(device);
	rules_init(&rules, device);
	snprintf(before, sizeof(before), "%s, before the opt-in", when);
	pieces_test(device, false, before);
	tap_errno(-feature_opt_in(device), 0, "%s: opt in", when);
	test_control(device, stage, when);
	test_control_bytes(device, stage, when);
	test_read_only(device, stage, when);
	pieces_test(device, true, when);
	if (elsewhere)
		test_elsewhere(device, when);
	/* Enabled until the end */
	feature_enable(device, 0, PCI_TPH_REQ_TPH_ONLY);
	device_close(device);
	test_closed(device, when);
}

static void test_first(const char *variable)
{
	struct device device;

	device_find(&device, variable);
	for (unsigned int stage = 0; stage < STAGES; stage++)
		test_stage(&device, stage, stage == STAGES - 1);
	test_reopened(&device, device.bdf);
	device_put(&device);
}

/* The stages in which devices differ */
static void test_other(const char *variable)
{
	struct device device;

	device_find(&device, variable);
	test_stage(&device, 1, false);
	test_stage(&device, 2, false);
	device_put(&device);
}

#define COMPLETER "/sys/module/lab_root_port/parameters/tph_completer"

static void completer_set(unsigned int type)
{
	FILE *file = fopen(COMPLETER, "we");

	if (!file || fprintf(file, "%u", type) < 0 || fclose(file))
		tap_bail_out("cannot set " COMPLETER ": %s", strerror(errno));
}

/* Behind root ports that complete no hints, and those with 8-bit tags: path_allows() reads which */
static void test_completers(const char *variable)
{
	struct device device;

	device_find(&device, variable);
	for (unsigned int type = PCI_EXP_DEVCAP2_TPH_COMP_NONE;
	     type <= PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY; type++) {
		completer_set(type);
		tap_note("root ports that are completers of type %u", type);
		test_stage(&device, 2, false);
	}
	completer_set(PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH);
	device_put(&device);
}

static bool has_port(const char *variable)
{
	struct device device;
	bool has;

	device_find(&device, variable);
	has = path_has_port(&device);
	device_put(&device);
	return has;
}

#define POINTS_OF_STAGE (5 + 2 * PIECES_POINTS)

int main(void)
{
	unsigned int before = stage_set(0);
	struct devices devices;
	bool port;

	devices_find(&devices);
	port = has_port(devices.requesters[0]);
	tap_plan(POINTS_OF_STAGE * (STAGES + 2 * (devices.count - 1 + port)) + 2);
	test_first(devices.requesters[0]);
	for (unsigned int i = 1; i < devices.count; i++)
		test_other(devices.requesters[i]);
	if (port)
		test_completers(devices.requesters[0]);
	stage_set(before);
	return tap_status();
}
