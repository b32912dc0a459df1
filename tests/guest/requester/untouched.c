// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * An owner that has not opted in has what it had before there was anything to opt in to: in each
 * stage, and again after a close that ended an opt-in, all of configuration space reads as the
 * rules of Linux 7.3 have it, and each write has the effect that these allow.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "rules.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"
#include "verdict.h"

/* Registers and the first entries, which accesses of all sizes are made to */
#define REGISTERS (PCI_TPH_BASE_SIZEOF + 8)

static struct rules rules;

static void expect(struct verdict *verdict, const char *what, unsigned int offset, unsigned int len,
		   uint32_t got, uint32_t due)
{
	if (got != due)
		verdict_wrong(verdict, "%s, %u bytes at 0x%x: 0x%x instead of 0x%x", what, len,
			      offset, got, due);
}

static void look(struct verdict *verdict, const struct device *device, unsigned int offset,
		 unsigned int len)
{
	uint32_t due = rules_read(&rules, offset, len, device_real(device, offset, len));

	expect(verdict, "read", offset, len, device_read(device, offset, len), due);
}

/* All bytes of [@first, @last) in accesses of @len bytes and more */
static void look_closely(struct verdict *verdict, const struct device *device, unsigned int first,
			 unsigned int last, unsigned int len)
{
	for (; len <= 4; len *= 2)
		for (unsigned int offset = first; offset + len <= last; offset += len)
			look(verdict, device, offset, len);
}

static void look_at_once(struct verdict *verdict, const struct device *device)
{
	uint8_t real[CONFIG_SIZE], bytes[CONFIG_SIZE];

	if (pread(device->sysfs, real, sizeof(real), 0) != sizeof(real) ||
	    pread(device->fd, bytes, sizeof(bytes), device->config) != sizeof(bytes))
		tap_bail_out("cannot read all of configuration space: %s", strerror(errno));
	for (unsigned int offset = 0; offset < CONFIG_SIZE; offset++)
		expect(verdict, "read", offset, 1, bytes[offset],
		       rules_read(&rules, offset, 1, real[offset]));
}

static void test_reads(const struct device *device, const char *when, bool all)
{
	struct verdict verdict = { 0 };

	if (all)
		look_at_once(&verdict, device);
	look_closely(&verdict, device, 0, PCI_STD_HEADER_SIZEOF, 1);
	look_closely(&verdict, device, device->tph, device->tph + REGISTERS, 1);
	look_closely(&verdict, device, device->tph, device_tph_end(device), 4);
	verdict_ok(&verdict, "%s: %s as always", when,
		   all ? "all of configuration space reads" : "header and TPH read");
}

/* What becomes of @value in the device, where it may go there */
static uint32_t reference(const struct device *device, unsigned int offset, unsigned int len,
			  uint32_t before, uint32_t value)
{
	uint32_t after;

	if (value == before)
		return before;
	device_set_real(device, offset, value, len);
	after = device_real(device, offset, len);
	device_set_real(device, offset, before, len);
	return after;
}

static void write_back(struct verdict *verdict, const struct device *device, unsigned int offset,
		       unsigned int len, uint32_t owners, uint32_t real)
{
	rules_write(&rules, offset, owners, len, real);
	device_write(device, offset, owners, len);
	expect(verdict, "the device when it is written back", offset, len,
	       device_real(device, offset, len), real);
}

static void write_and_look(struct verdict *verdict, const struct device *device,
			   unsigned int offset, unsigned int len, uint32_t value)
{
	uint32_t real = device_real(device, offset, len);
	uint32_t owners = rules_read(&rules, offset, len, real);
	uint32_t hidden = rules_get(rules.hidden, offset, len), due;

	value &= ~rules_get(rules.never, offset, len);
	due = reference(device, offset, len, real, rules_write(&rules, offset, value, len, real));
	device_write(device, offset, value, len);
	expect(verdict, "the device after a write", offset, len,
	       device_real(device, offset, len) & ~hidden, due & ~hidden);
	look(verdict, device, offset, len);
	if (due != real || rules_read(&rules, offset, len, real) != owners)
		write_back(verdict, device, offset, len, owners, real);
}

static void write_inverted(struct verdict *verdict, const struct device *device, unsigned int first,
			   unsigned int last)
{
	for (unsigned int offset = first; offset < last; offset += 4)
		write_and_look(verdict, device, offset, 4, ~device_real(device, offset, 4));
}

/* Where the kernel has something new: @value in accesses of @len bytes */
static void write_tph(struct verdict *verdict, const struct device *device, uint32_t value,
		      unsigned int len, unsigned int end)
{
	for (unsigned int at = device->tph; at + len <= end; at += len)
		write_and_look(verdict, device, at, len, value);
}

static void test_writes(const struct device *device, const char *when, bool all)
{
	static const uint32_t values[] = { 0xffffffff, 0x01010101 };
	struct verdict verdict = { 0 };

	write_inverted(&verdict, device, 0, all ? CONFIG_SIZE : PCI_STD_HEADER_SIZEOF);
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		write_tph(&verdict, device, values[i], 1, device->tph + REGISTERS);
		write_tph(&verdict, device, values[i], 2, device->tph + REGISTERS);
		write_tph(&verdict, device, values[i], 4,
			  all ? device_tph_end(device) : device->tph + REGISTERS);
	}
	verdict_ok(&verdict, "%s: %s does what it always did", when,
		   all ? "each write" : "a write to header or TPH");
}

/* @all takes seconds: once, where the kernel has most that it could do wrong. */
static void test_stage(struct device *device, unsigned int stage, bool all)
{
	char when[64];

	snprintf(when, sizeof(when), "%s, stage %u", device->bdf, stage);
	stage_set(stage);
	device_open(device);
	rules_init(&rules, device);
	test_reads(device, when, all);
	test_writes(device, when, all);
	device_close(device);
}

int main(void)
{
	unsigned int before = stage_set(0);
	struct devices devices;
	struct device device;

	devices_find(&devices);
	tap_plan(2 * (STAGES + devices.count - 1));
	device_find(&device, devices.requesters[0]);
	for (unsigned int stage = 0; stage < STAGES; stage++)
		test_stage(&device, stage, stage == STAGES - 1);
	device_put(&device);
	for (unsigned int i = 1; i < devices.count; i++) {
		device_find(&device, devices.requesters[i]);
		test_stage(&device, STAGES - 1, false);
		device_put(&device);
	}
	stage_set(before);
	return tap_status();
}
