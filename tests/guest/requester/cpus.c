// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Tags of CPUs, which firmware tells at the root port: programmed, told, and in the older ioctl.
 * Needs the lab's machine with root ports; lab.d/firmware/steering.asl has the tags.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "feature.h"
#include "path.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"
#include "vectors.h"

#define VOLATILE	VFIO_DEVICE_TPH_SRC_CPU_VOLATILE
#define PERSISTENT	VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT
#define REQUIRE		VFIO_DEVICE_TPH_REQUIRE_ST
#define EXTENDED	VFIO_DEVICE_TPH_EXTENDED

#define NO_CPU	4096	/* no machine of the lab has so many */

#define IV PCI_TPH_ST_IV_MODE
#define DS PCI_TPH_ST_DS_MODE

static uint16_t tag_of(uint32_t flags, unsigned int cpu)
{
	uint16_t kind = flags & VOLATILE ? 0x40 : 0x80;

	return flags & EXTENDED ? (kind + 1) << 8 | cpu : kind + cpu;
}

static uint32_t requester_of(uint32_t flags)
{
	return flags & EXTENDED ? PCI_TPH_REQ_EXT_TPH : PCI_TPH_REQ_TPH_ONLY;
}

/* Next two tests: how many entries from 4 on are programmed, and what is in the device then */
static void program(const struct device *device, uint32_t flags, unsigned int count,
		    const uint32_t *cpus, int due)
{
	uint16_t tags[4];
	struct state state;
	char what[128];
	int got;

	for (int i = 0; i < due; i++)
		tags[i] = tag_of(flags, cpus[i]);
	snprintf(what, sizeof(what), "flags 0x%x, %u CPUs from %u on", flags, count, cpus[0]);
	state_take(device, &state);
	got = feature_program(device, flags, 4, count, cpus);
	if (!tap_ok(got == due, "%s: %d", what, due))
		tap_note("got %d", got);
	state_entries(device, &state, 4, due, tags, what);
}

static void test_kind(const struct device *device, uint32_t kind)
{
	static const uint32_t all[] = { 0, 1, NO_CPU, 0 };

	program(device, kind, 2, all, 2);
	program(device, kind | REQUIRE, 1, all + 1, 1);
	program(device, kind, 4, all, 2);
	program(device, kind, 2, all + 2, 0);
}

static void test_program(struct device *device, uint32_t extended)
{
	feature_start(device, 1, IV, requester_of(extended));
	test_kind(device, VOLATILE | extended);
	test_kind(device, PERSISTENT | extended);
	device_close(device);
}

/* A requester has one namespace, and CPUs tags in both. */
static void test_namespaces(struct device *device)
{
	const uint32_t cpu = 0;

	feature_start(device, 1, IV, PCI_TPH_REQ_TPH_ONLY);
	tap_errno(-feature_program(device, VOLATILE | EXTENDED, 0, 1, &cpu), EOPNOTSUPP,
		  "tags of 16 bits for requests with 8");
	device_close(device);
}

/* The next test: is the tag told, and no hint? */
static void told(const struct device *device, uint32_t flags, unsigned int cpu, uint16_t tag,
		 const char *when)
{
	struct vfio_device_feature_tph_resolve got;
	int ret = feature_resolve(device, flags, cpu, &got);

	if (!tap_ok(!ret && got.valid == (tag ? VFIO_DEVICE_TPH_VALID_ST : 0) && !got.ph &&
			    got.st == tag,
		    "%s, flags 0x%x, CPU %u: 0x%x is told", when, flags, cpu, tag))
		tap_note("%s: valid 0x%x ph %u st 0x%x", strerror(-ret), got.valid, got.ph, got.st);
}

static const uint32_t kinds[] = { VOLATILE, PERSISTENT, VOLATILE | EXTENDED,
				  PERSISTENT | EXTENDED };

static void enable(const struct device *device, uint32_t mode, uint32_t requester)
{
	feature_disable(device);
	feature_enable(device, mode, requester);
}

static void resolve_kind(const struct device *device, uint32_t kind)
{
	bool can = path_allows(device, requester_of(kind));

	enable(device, IV, PCI_TPH_REQ_TPH_ONLY);
	told(device, kind, 1, 0, "interrupt vector mode");
	enable(device, DS, PCI_TPH_REQ_DISABLE);
	told(device, kind, 1, can ? tag_of(kind, 1) : 0, "nothing enabled");
	enable(device, DS, PCI_TPH_REQ_TPH_ONLY);
	told(device, kind, 0, kind & EXTENDED ? 0 : tag_of(kind, 0), "8-bit tags enabled");
}

static void test_resolve(struct device *device)
{
	struct vfio_device_feature_tph_resolve got;

	feature_start(device, 2, 0, PCI_TPH_REQ_DISABLE);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		resolve_kind(device, kinds[i]);
	device_close(device);
	feature_start(device, 3, 0, PCI_TPH_REQ_DISABLE);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		told(device, kinds[i], 1, tag_of(kinds[i], 1), "stage 3");
		tap_errno(-feature_resolve(device, kinds[i], NO_CPU, &got), EINVAL,
			  "flags 0x%x, no such CPU", kinds[i]);
	}
	device_close(device);
}

static int operate(const struct device *device, uint32_t op)
{
	struct vfio_pci_tph tph = { .argsz = sizeof(tph), .mode = DS, .op = op };

	return ioctl(device->fd, VFIO_DEVICE_PCI_TPH, &tph) ? errno : 0;
}

static int set_st(const struct device *device, uint32_t cpu, uint8_t type, uint16_t index)
{
	struct vfio_pci_tph tph = {
		.argsz = sizeof(tph),
		.op = VFIO_DEVICE_TPH_SET_ST,
		.ent = { .cpu_id = cpu, .mem_type = type, .rsvd = 0xff, .index = index },
	};

	return ioctl(device->fd, VFIO_DEVICE_PCI_TPH, &tph) ? errno : 0;
}

/* Its caller may ask for the tags of those CPUs only that it may run on. */
static void test_affinity(const struct device *device)
{
	cpu_set_t all, first;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	tap_errno(set_st(device, 1, 0, 4), EINVAL, "a CPU that the caller may not run on");
	tap_errno(set_st(device, 0, 0, 4), 0, "and the one that it may run on");
	sched_setaffinity(0, sizeof(all), &all);
	tap_errno(set_st(device, 1, 0, 4), 0, "and that one when it may again");
}

/* The older ioctl chooses the namespace itself: the larger one that can be. */
static void test_older(struct device *device)
{
	uint32_t extended = path_allows(device, PCI_TPH_REQ_EXT_TPH) ? EXTENDED : 0;
	const uint16_t tags[] = { tag_of(VOLATILE | extended, 1),
				  tag_of(PERSISTENT | extended, 0) };
	struct state state;

	stage_set(2);
	device_open(device);
	tap_errno(operate(device, VFIO_DEVICE_TPH_ENABLE), 0, "the older ioctl enables");
	state_take(device, &state);
	tap_errno(set_st(device, 1, VFIO_TPH_MEM_TYPE_VMEM, 2), 0, "volatile memory near CPU 1");
	tap_errno(set_st(device, 0, VFIO_TPH_MEM_TYPE_PMEM, 3), 0, "persistent near CPU 0");
	state_entries(device, &state, 2, 2, tags, "the older ioctl");
	state_take(device, &state);
	tap_errno(set_st(device, 0, 0, device_entries(device)), EINVAL, "an entry behind the end");
	tap_errno(set_st(device, NO_CPU, 0, 0), EINVAL, "no such CPU");
	tap_errno(set_st(device, 0, 0, 0xffff), EINVAL, "the last number that an entry can have");
	tap_ok(state_kept(device, &state), "which changes nothing");
	test_affinity(device);
	operate(device, VFIO_DEVICE_TPH_DISABLE);
	tap_errno(set_st(device, 0, 0, 0), EINVAL, "TPH is off");
	device_close(device);
}

#define VECTORS 8

/* The next test: vector 2 has this tag, and no other one has any */
static void in_vectors(const struct device *device, uint16_t tag, const char *what)
{
	uint16_t tags[VECTORS];
	bool right = true;

	vectors_tags(device, VECTORS, tags);
	for (unsigned int i = 0; i < VECTORS; i++)
		if (tags[i] != (i == 2 ? tag : 0)) {
			tap_note("vector %u has 0x%x", i, tags[i]);
			right = false;
		}
	tap_ok(right, "%s: what the vectors have", what);
}

/* The next test: vector 2 near CPU 1 */
static void set_vector(const struct device *device, int err, const char *when)
{
	tap_errno(set_st(device, 1, VFIO_TPH_MEM_TYPE_VMEM, 2), err,
		  "the older ioctl, a table in MSI-X, %s", when);
}

/* Entries there come and go with the interrupt vectors. */
static void test_older_in_vectors(struct device *device)
{
	struct state state;

	stage_set(2);
	device_open(device);
	operate(device, VFIO_DEVICE_TPH_ENABLE);
	state_take(device, &state);
	set_vector(device, ENXIO, "no vectors");
	in_vectors(device, 0, "no vectors");
	vectors_enable(device, 2);
	set_vector(device, ENXIO, "a vector too few");
	in_vectors(device, 0, "a vector too few");
	tap_ok(state_kept(device, &state), "after which TPH is still enabled");
	vectors_enable(device, VECTORS);
	set_vector(device, 0, "with vectors");
	in_vectors(device, tag_of(VOLATILE | EXTENDED, 1), "with vectors");
	vectors_enable(device, 0);
	set_vector(device, ENXIO, "when they are gone");
	device_close(device);
}

int main(void)
{
	unsigned int before = stage_set(0);
	struct devices devices;
	struct device device;
	bool extended;

	devices_find(&devices);
	device_find(&device, devices.requesters[0]);
	extended = path_allows(&device, PCI_TPH_REQ_EXT_TPH);
	tap_plan(1 + 16 * (1 + extended) + 1 + ARRAY_SIZE(kinds) * 5 + 12 + 8);
	device_open(&device);
	tap_ok(feature_caps(&device) & VFIO_DEVICE_TPH_CAP_CPU, "firmware has tags of CPUs");
	device_close(&device);
	test_program(&device, 0);
	if (extended)
		test_program(&device, EXTENDED);
	test_namespaces(&device);
	test_resolve(&device);
	test_older(&device);
	device_put(&device);
	device_find(&device, devices.requesters[2]);
	test_older_in_vectors(&device);
	device_put(&device);
	stage_set(before);
	return tap_status();
}
