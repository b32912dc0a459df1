// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What was programmed is in the requests that the device makes: the accelerator's engine writes to
 * another accelerator, which counts by namespace, tag and hint what arrives.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arrivals.h"
#include "control.h"
#include "engine.h"
#include "feature.h"
#include "path.h"
#include "sources.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define DMABUF	 VFIO_DEVICE_TPH_SRC_DMABUF
#define NONE	 VFIO_DEVICE_TPH_SRC_NONE
#define EXTENDED VFIO_DEVICE_TPH_EXTENDED
#define LITERAL	 VFIO_DEVICE_TPH_SRC_LITERAL

#define IV PCI_TPH_ST_IV_MODE
#define DS PCI_TPH_ST_DS_MODE

struct test {
	int control;
	struct sources sources;
	uint64_t memory;   /* that is written to */
	const char *model; /* whose it is */
	struct device device;
	struct engine engine;
};

static void start(struct test *test, const char *variable, unsigned int stage)
{
	device_find(&test->device, variable);
	feature_start(&test->device, stage, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_DISABLE);
	engine_open(&test->engine, &test->device);
}

static void end(struct test *test)
{
	engine_close(&test->engine);
	device_close(&test->device);
	device_put(&test->device);
}

/* The next test: what does a write arrive with? */
static void arrives(struct test *test, uint32_t st, uint32_t vector, const char *tph_namespace,
		    unsigned int tag, const char *what)
{
	const bool hints = strcmp(tph_namespace, "none");
	struct arrivals_kind due = { .st = tag, .ph = hints ? SOURCE_PH : 0, .writes = 1 };
	const struct engine_job job = { test->memory, st, vector, SOURCE_PH };
	struct arrivals before;

	snprintf(due.tph_namespace, sizeof(due.tph_namespace), "%s", tph_namespace);
	arrivals_take(test->control, test->model, &before);
	engine_run(&test->engine, &job);
	tap_ok(arrivals_only(test->control, test->model, &before, &due), "%s: %s 0x%x", what,
	       hints ? tph_namespace : "no hints", tag);
}

static void program(struct test *test, uint32_t flags, unsigned int index, uint32_t dest)
{
	int programmed = feature_program(&test->device, flags, index, 1, &dest);

	if (programmed != 1)
		tap_note("cannot program entry %u: %d", index, programmed);
}

/* Interrupt vector mode: the vector of the job is the index. */
static void test_iv(struct test *test, const char *variable, uint32_t requester)
{
	const uint32_t extended = requester == PCI_TPH_REQ_EXT_TPH ? EXTENDED : 0;
	const char *ns = extended ? "st_ext" : "st";
	const unsigned int tag = extended ? SOURCE_ST_EXT : SOURCE_ST;

	start(test, variable, 1);
	arrives(test, 0, 3, "none", 0, "before anything is enabled");
	feature_enable(&test->device, PCI_TPH_ST_NS_MODE, requester);
	arrives(test, 0, 3, ns, 0, "enabled without tags");
	feature_enable(&test->device, IV, requester);
	arrives(test, 0, 3, ns, 0, "interrupt vector mode, nothing programmed");
	program(test, DMABUF | extended, 3, test->sources.fds[SOURCE_BOTH]);
	arrives(test, 1, 3, ns, tag, "the entry of the vector");
	arrives(test, 3, 1, ns, 0, "the entry of another vector");
	program(test, NONE, 3, 0);
	arrives(test, 1, 3, ns, 0, "the entry without its tag");
	program(test, DMABUF | extended, 3, test->sources.fds[SOURCE_BOTH]);
	feature_disable(&test->device);
	arrives(test, 1, 3, "none", 0, "disabled");
	feature_enable(&test->device, IV, requester);
	arrives(test, 1, 3, ns, tag, "enabled again, the entry as it was");
	end(test);
}

/* Device specific mode with a table: the device names an entry. */
static void test_ds(struct test *test, const char *variable)
{
	start(test, variable, 2);
	feature_enable(&test->device, DS, PCI_TPH_REQ_EXT_TPH);
	program(test, DMABUF | EXTENDED, 9, test->sources.fds[SOURCE_BOTH]);
	arrives(test, 9, 0, "st_ext", SOURCE_ST_EXT, "the entry that the device names");
	arrives(test, 8, 9, "st_ext", 0, "another one, and the vector is none");
	feature_enable(&test->device, DS, PCI_TPH_REQ_TPH_ONLY);
	arrives(test, 9, 0, "st", 0, "8-bit tags enabled, nothing of a 16-bit one");
	program(test, DMABUF, 9, test->sources.fds[SOURCE_8_BIT]);
	arrives(test, 9, 0, "st", SOURCE_ST, "an 8-bit tag");
	feature_enable(&test->device, DS, PCI_TPH_REQ_EXT_TPH);
	arrives(test, 9, 0, "st_ext", 0, "16-bit tags enabled, nothing of an 8-bit one");
	end(test);
	start(test, variable, 3);
	feature_enable(&test->device, DS, PCI_TPH_REQ_EXT_TPH);
	program(test, LITERAL | EXTENDED, 63, 0x2f01);
	arrives(test, 63, 0, "st_ext", 0x2f01, "a literal tag in the last entry");
	end(test);
}

/* Device specific mode without a table: the owner has resolved the tag, and the device sends it. */
static void test_no_table(struct test *test, const char *variable)
{
	struct vfio_device_feature_tph_resolve resolved;
	int ret;

	start(test, variable, 2);
	feature_enable(&test->device, DS, PCI_TPH_REQ_TPH_ONLY);
	ret = feature_resolve(&test->device, DMABUF, test->sources.fds[SOURCE_BOTH], &resolved);
	tap_ok(!ret && resolved.ph == SOURCE_PH && resolved.st == SOURCE_ST,
	       "the tag of the memory is told");
	arrives(test, resolved.st, 0, "st", SOURCE_ST, "the tag that the device sends");
	end(test);
}

/* What a device does that nobody has open */
static void test_closed(struct test *test, const char *variable)
{
	start(test, variable, 1);
	feature_enable(&test->device, IV, PCI_TPH_REQ_EXT_TPH);
	program(test, DMABUF | EXTENDED, 3, test->sources.fds[SOURCE_BOTH]);
	arrives(test, 0, 3, "st_ext", SOURCE_ST_EXT, "before it is closed");
	end(test);
	start(test, variable, 1);
	arrives(test, 0, 3, "none", 0, "closed and opened");
	feature_enable(&test->device, IV, PCI_TPH_REQ_EXT_TPH);
	arrives(test, 0, 3, "st_ext", 0, "and enabled: no tag of before");
	end(test);
}

static const char *model_of(const char *variable)
{
	static char model[16];

	snprintf(model, sizeof(model), "acc%s", variable + strlen("TPH_ACC"));
	return model;
}

int main(void)
{
	static struct test test;
	unsigned int before = stage_set(0);
	struct devices devices;

	devices_find(&devices);
	test.control = control_open();
	test.model = model_of(devices.other);
	test.memory = engine_memory_of(devices.other);
	sources_open(&test.sources, devices.other);
	tap_plan(2 * 8 + 6 + 2 + 3);
	test_iv(&test, devices.requesters[0], PCI_TPH_REQ_EXT_TPH);
	test_iv(&test, devices.requesters[1], PCI_TPH_REQ_TPH_ONLY);
	test_ds(&test, devices.requesters[0]);
	test_no_table(&test, devices.requesters[2]);
	test_closed(&test, devices.requesters[0]);
	sources_close(&test.sources);
	close(test.control);
	stage_set(before);
	return tap_status();
}
