// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * VFIO_DEVICE_FEATURE_TPH_ST: what is programmed from which source, how far a run of entries comes
 * when one fails, and each errno, after which nothing has changed. The device's own registers tell.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "edge.h"
#include "exporter.h"
#include "feature.h"
#include "sources.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

#define DMABUF		VFIO_DEVICE_TPH_SRC_DMABUF
#define NONE		VFIO_DEVICE_TPH_SRC_NONE
#define REQUIRE		VFIO_DEVICE_TPH_REQUIRE_ST
#define VOLATILE	VFIO_DEVICE_TPH_SRC_CPU_VOLATILE
#define PERSISTENT	VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT
#define EXTENDED	VFIO_DEVICE_TPH_EXTENDED
#define LITERAL		VFIO_DEVICE_TPH_SRC_LITERAL

#define MAX_ENTRIES 64

static struct sources sources;

/* Opens it in @stage for a requester that can be programmed, as far as the stage lets it. */
static void start(struct device *device, unsigned int stage, uint32_t requester)
{
	uint32_t mode = device->tph_cap & PCI_TPH_CAP_ST_IV ? PCI_TPH_ST_IV_MODE :
							      PCI_TPH_ST_DS_MODE;

	feature_start(device, stage, stage ? mode : PCI_TPH_ST_NS_MODE, requester);
}

/* Next test: an error that changes nothing */
static void refuse(const struct device *device, int got, const struct state *state, int err,
		   const char *what)
{
	bool kept = state_kept(device, state);

	if (!tap_ok(got == -err && kept, "%s: %s, and nothing changes", what, strerror(err)))
		tap_note("returned %d (%s)", got, got < 0 ? strerror(-got) : "entries");
}

struct refusal {
	const char *what;
	uint32_t flags;
	uint16_t start, count;
	uint32_t dest; /* all of them */
	int err;
};

static void refuse_all(const struct device *device, const struct refusal *refusals, size_t count)
{
	uint32_t dests[MAX_ENTRIES + 1];
	struct state state;

	state_take(device, &state);
	for (size_t i = 0; i < count; i++) {
		const struct refusal *refusal = &refusals[i];
		char what[128];

		for (unsigned int j = 0; j < ARRAY_SIZE(dests); j++)
			dests[j] = refusal->dest;
		snprintf(what, sizeof(what), "flags 0x%x, %s", refusal->flags, refusal->what);
		refuse(device,
		       feature_program(device, refusal->flags, refusal->start, refusal->count,
				       dests),
		       &state, refusal->err, what);
	}
}

/* Those that depend on nothing but the arguments; of a device with 64 entries */
static const struct refusal wrong[] = {
	{ "no source", 0, 0, 1, 0, EINVAL },
	{ "no source", EXTENDED, 0, 1, 0, EINVAL },
	{ "no source", EXTENDED | REQUIRE, 0, 1, 0, EINVAL },
	{ "two sources", DMABUF | NONE, 0, 1, 0, EINVAL },
	{ "two sources", DMABUF | LITERAL | EXTENDED, 0, 1, 0, EINVAL },
	{ "two sources", VOLATILE | PERSISTENT | EXTENDED, 0, 1, 0, EINVAL },
	{ "two sources", NONE | VOLATILE, 0, 1, 0, EINVAL },
	{ "all sources", DMABUF | NONE | VOLATILE | PERSISTENT | LITERAL, 0, 1, 0, EINVAL },
	{ "bits that have no meaning without a tag", NONE | REQUIRE, 0, 1, 0, EINVAL },
	{ "bits that have no meaning without a tag", NONE | EXTENDED, 0, 1, 0, EINVAL },
	{ "an undefined bit", NONE | 1 << 7, 0, 1, 0, EINVAL },
	{ "an undefined bit", NONE | 1u << 31, 0, 1, 0, EINVAL },
	{ "all bits", 0xffffffff, 0, 1, 0, EINVAL },
	{ "no entry", NONE, 0, 0, 0, EINVAL },
	{ "no entry at the end", NONE, 64, 0, 0, EINVAL },
	{ "one entry behind the end", NONE, 64, 1, 0, EINVAL },
	{ "two entries at the end", NONE, 63, 2, 0, EINVAL },
	{ "one entry more than there are", NONE, 0, 65, 0, EINVAL },
	{ "as many entries as a number can say", NONE, 0, 0xffff, 0, EINVAL },
	{ "entries that end where they begin", NONE, 0xffff, 0xffff, 0, EINVAL },
	{ "entries whose end wraps to 0", NONE, 0xffff, 1, 0, EINVAL },
	{ "entries whose end wraps to 1", NONE, 2, 0xffff, 0, EINVAL },
};

/* Firmware of this machine tells none; of the one of cpus.c it does. */
static const struct refusal no_cpu[] = {
	{ "no tags of CPUs", VOLATILE | EXTENDED, 0, 1, 0, EOPNOTSUPP },
	{ "no tags of CPUs", PERSISTENT | EXTENDED, 0, 1, 0, EOPNOTSUPP },
	{ "no tags of CPUs", VOLATILE | EXTENDED | REQUIRE, 0, 1, 1u << 31, EOPNOTSUPP },
};

static const struct refusal no_literal[] = {
	{ "no literal tags", LITERAL | EXTENDED, 0, 1, 1, EOPNOTSUPP },
	{ "no literal tags, too large", LITERAL | EXTENDED, 0, 1, 0x10000, EOPNOTSUPP },
};

static void refuse_structures(const struct device *device)
{
	struct vfio_device_feature_tph_st st;
	struct vfio_device_feature *arg = edge(sizeof(*arg));
	uint32_t *last = edge(sizeof(*last));
	struct state state;

	state_take(device, &state);
	arg->argsz = sizeof(*arg) + sizeof(st);
	arg->flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_TPH_ST;
	refuse(device, feature_raw(device, arg), &state, EFAULT, "no structure");
	arg->argsz--;
	refuse(device, feature_raw(device, arg), &state, EINVAL, "argsz one byte short");

	refuse(device, feature_program(device, DMABUF | EXTENDED, 0, 1, NULL), &state, EFAULT,
	       "no dests");
	*last = sources.fds[SOURCE_BOTH];
	refuse(device, feature_program(device, DMABUF | EXTENDED, 0, 2, last), &state, EFAULT,
	       "half of dests");
}

/* Requests are of one namespace. */
static void refuse_namespaces(struct device *device)
{
	const struct refusal other[] = {
		{ "tags of the other namespace", DMABUF, 0, 1, sources.fds[SOURCE_BOTH],
		  EOPNOTSUPP },
		{ "tags of the other namespace", LITERAL, 0, 1, 1, EOPNOTSUPP },
	};

	refuse_all(device, other, ARRAY_SIZE(other));
}

static void test_refusals_of_arguments(struct device *device)
{
	start(device, 1, PCI_TPH_REQ_EXT_TPH);
	if (feature_program(device, DMABUF | EXTENDED, 0, 1, &sources.fds[SOURCE_BOTH]) != 1)
		tap_bail_out("nothing can be programmed, so nothing could be lost");
	refuse_all(device, wrong, ARRAY_SIZE(wrong));
	refuse_all(device, no_literal, ARRAY_SIZE(no_literal));
	refuse_all(device, no_cpu, ARRAY_SIZE(no_cpu));
	refuse_structures(device);
	device_close(device);
}

static void test_refusals_of_literals(struct device *device)
{
	static const struct refusal literals[] = {
		{ "a tag of 17 bits", LITERAL | EXTENDED, 0, 1, 0x10000, EINVAL },
		{ "the largest number", LITERAL | EXTENDED, 0, 1, 0xffffffff, EINVAL },
		{ "a tag of 9 bits", LITERAL, 0, 1, 0x100, EINVAL },
	};
	const uint32_t last[] = { 1, 2, 3, 0x10000 };
	struct state state;

	start(device, 3, PCI_TPH_REQ_EXT_TPH);
	refuse_all(device, literals, ARRAY_SIZE(literals));
	state_take(device, &state);
	refuse(device, feature_program(device, LITERAL | EXTENDED, 0, 4, last), &state, EINVAL,
	       "the last of four tags is too large");
	refuse_namespaces(device);
	device_close(device);
}

static void test_refusals_of_state(struct device *device)
{
	const struct refusal off[] = {
		{ "TPH is off", NONE, 0, 1, 0, EINVAL },
		{ "TPH is off", DMABUF | EXTENDED, 0, 1, sources.fds[SOURCE_BOTH], EINVAL },
		{ "TPH is off", LITERAL | EXTENDED, 0, 1, 1, EINVAL },
		{ "TPH is off, no dma-buf", DMABUF | EXTENDED, 0, 1, sources.fds[SOURCE_CLOSED],
		  EINVAL },
	};
	const struct refusal stage_0[] = {
		{ "stage 0", NONE, 0, 1, 0, EOPNOTSUPP },
		{ "stage 0, no source", 0, 0, 1, 0, EOPNOTSUPP },
		{ "stage 0, no entry", NONE, 0, 0, 0, EOPNOTSUPP },
	};
	const struct refusal before[] = {
		{ "no opt-in", NONE, 0, 1, 0, EPERM },
		{ "no opt-in, no source", 0, 0, 1, 0, EPERM },
	};

	start(device, 3, PCI_TPH_REQ_DISABLE);
	refuse_all(device, off, ARRAY_SIZE(off));
	feature_enable(device, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_EXT_TPH);
	refuse_all(device, off, ARRAY_SIZE(off));
	device_close(device);
	start(device, 0, PCI_TPH_REQ_EXT_TPH);
	refuse_all(device, stage_0, ARRAY_SIZE(stage_0));
	device_close(device);
	device_open(device);
	refuse_all(device, before, ARRAY_SIZE(before));
	device_close(device);
}

/* Next two tests: how many are programmed, and what is in the device afterwards */
static void program(const struct device *device, uint32_t flags, unsigned int start,
		    unsigned int count, const uint32_t *dests, int due, const uint16_t *tags,
		    const char *what)
{
	struct state state;
	int got;

	state_take(device, &state);
	got = feature_program(device, flags, start, count, dests);
	if (!tap_ok(got == due, "%s: %d of %u", what, due, count))
		tap_note("got %d", got);
	state_entries(device, &state, start, due, tags, what);
}

/* Each kind of dma-buf, by itself and required */
static void test_dmabufs(const struct device *device, uint32_t extended)
{
	static const bool is_source[SOURCES] = {
		[SOURCE_BOTH] = true, [SOURCE_8_BIT] = true,  [SOURCE_16_BIT] = true,
		[SOURCE_HINT] = true, [SOURCE_SILENT] = true, [SOURCE_FOREIGN] = true,
	};
	char what[128];

	for (enum source i = 0; i < SOURCES; i++) {
		uint16_t tag = source_tag(i, extended);

		snprintf(what, sizeof(what), "%s, %s", source_name(i),
			 extended ? "16-bit" : "8-bit");
		program(device, DMABUF | extended, 1, 1, &sources.fds[i], is_source[i], &tag, what);
		snprintf(what, sizeof(what), "%s, %s, required", source_name(i),
			 extended ? "16-bit" : "8-bit");
		program(device, DMABUF | extended | REQUIRE, 1, 1, &sources.fds[i], tag != 0, &tag,
			what);
	}
}

/* How far a run of entries comes: the one that fails is where it ends */
static void test_runs(const struct device *device, uint32_t extended)
{
	static const enum source run[] = { SOURCE_BOTH, SOURCE_SILENT, SOURCE_CLOSED, SOURCE_BOTH };
	const uint16_t tag = source_tag(SOURCE_BOTH, extended);
	const uint16_t tags[] = { tag, 0 };
	uint32_t dests[ARRAY_SIZE(run)];

	for (unsigned int i = 0; i < ARRAY_SIZE(run); i++)
		dests[i] = sources.fds[run[i]];
	program(device, DMABUF | extended, 0, 4, dests, 2, tags, "the third has no file");
	program(device, DMABUF | extended | REQUIRE, 0, 4, dests, 1, tags,
		"the second has no tag, and needs one");
	program(device, DMABUF | extended, 0, 2, dests + 2, 0, tags, "the first has no file");
}

/* All entries, the last, and which of them lose their tag */
static void test_edges(const struct device *device, uint32_t extended)
{
	unsigned int entries = device_entries(device);
	static const uint16_t zero[MAX_ENTRIES];
	uint32_t dests[MAX_ENTRIES];
	uint16_t tags[MAX_ENTRIES];

	for (unsigned int i = 0; i < entries; i++) {
		dests[i] = sources.fds[SOURCE_BOTH];
		tags[i] = source_tag(SOURCE_BOTH, extended);
	}
	program(device, DMABUF | extended, 0, entries, dests, entries, tags, "all entries");
	program(device, NONE, entries - 1, 1, NULL, 1, zero, "no tag for the last");
	program(device, NONE, 0, 1, NULL, 1, zero, "no tag for the first");
	program(device, DMABUF | extended, entries - 1, 1, dests, 1, tags, "the last entry");
	program(device, NONE, 1, entries - 2, dests, entries - 2, zero, "no tags between");
	program(device, NONE, 0, entries, NULL, entries, zero, "no tags at all");
}

/* Who may program any tag may see what is programmed. */
static void test_reading(const struct device *device, unsigned int stage)
{
	const unsigned int first = device->tph + PCI_TPH_BASE_SIZEOF;
	unsigned int differ = 0, tagged = 0;

	for (unsigned int i = 0; i < device_entries(device); i++) {
		uint32_t real = device_real(device, first + 2 * i, 2);

		differ += device_read(device, first + 2 * i, 2) != (stage == 3 ? real : 0);
		tagged += real != 0;
	}
	tap_ok(!differ && tagged, "entries read as %s", stage == 3 ? "they are" : "zero");
}

static void test_literals(const struct device *device, uint32_t extended)
{
	const uint32_t max = extended ? 0xffff : 0xff, dests[] = { 1, 0, max };
	const uint16_t tags[] = { 1, 0, max };

	program(device, LITERAL | extended, 1, 3, dests, 3, tags, "literal tags");
	program(device, LITERAL | extended | REQUIRE, 1, 3, dests, 1, tags,
		"literal tags, one of which is none");
	program(device, LITERAL | extended | REQUIRE, 1, 2, dests + 1, 0, tags,
		"literal tags, the first of which is none");
}

#define POINTS_OF_SOURCES (2 * 2 * SOURCES + 2 * 3 + 1 + 2 * 6)

static void test_sources(struct device *device, unsigned int stage, uint32_t requester)
{
	uint32_t extended = requester == PCI_TPH_REQ_EXT_TPH ? EXTENDED : 0;

	tap_note("%s, stage %u, requester %u", device->bdf, stage, requester);
	start(device, stage, requester);
	test_dmabufs(device, extended);
	test_runs(device, extended);
	test_reading(device, stage);
	test_edges(device, extended);
	if (stage == 3)
		test_literals(device, extended);
	device_close(device);
}

/* A device's own memory: it is the owner of both sides, and nothing waits for itself. */
static void test_own(struct device *device)
{
	const struct vfio_device_feature_dma_buf_tph set = {
		.dmabuf_fd = exporter_export(device->vfio),
		.flags = VFIO_DMA_BUF_TPH_ST_EXT,
		.steering_tag_ext = 0x4321,
	};
	const uint32_t dest = set.dmabuf_fd;
	const uint16_t tag = 0x4321;

	if (exporter_set(device->vfio, &set))
		tap_bail_out("cannot publish for its own memory");
	program(device, DMABUF | EXTENDED, 0, 1, &dest, 1, &tag, "its own memory");
	close(dest);
}

/* However many entries there are, requests go without hints once */
static void test_window(const struct device *device)
{
	int control = control_open();
	long windows = control_counter_of(control, "acc0", "tph_windows");
	uint32_t dests[MAX_ENTRIES];

	for (unsigned int i = 0; i < MAX_ENTRIES; i++)
		dests[i] = sources.fds[SOURCE_BOTH];
	feature_program(device, DMABUF | EXTENDED, 0, device_entries(device), dests);
	windows = control_counter_of(control, "acc0", "tph_windows") - windows;
	if (!tap_ok(windows == 1, "all entries are written in one window"))
		tap_note("%ld windows", windows);
	close(control);
}

static void test_batch(struct device *device)
{
	start(device, 1, PCI_TPH_REQ_EXT_TPH);
	test_window(device);
	test_own(device);
	device_close(device);
}

static void refuse_without_table(struct device *device)
{
	static const struct refusal refusals[] = {
		{ "a device without a table", NONE, 0, 1, 0, EINVAL },
		{ "a device without a table", LITERAL, 0, 1, 1, EINVAL },
	};

	start(device, 3, PCI_TPH_REQ_TPH_ONLY);
	refuse_all(device, refusals, ARRAY_SIZE(refusals));
	device_close(device);
}

#define POINTS_OF_REFUSALS \
	(ARRAY_SIZE(wrong) + ARRAY_SIZE(no_literal) + ARRAY_SIZE(no_cpu) + 4 + 6 + 8 + 3 + 2 + 2)

int main(void)
{
	struct device device, small, without_table;
	unsigned int before = stage_set(0);
	struct devices devices;

	devices_find(&devices);
	sources_open(&sources, devices.other);
	device_find(&device, devices.requesters[0]);
	device_find(&small, devices.requesters[1]);
	device_find(&without_table, devices.requesters[2]);
	tap_plan(POINTS_OF_REFUSALS + 3 * POINTS_OF_SOURCES + 6 + 3);
	test_refusals_of_arguments(&device);
	test_refusals_of_literals(&device);
	test_refusals_of_state(&device);
	refuse_without_table(&without_table);
	test_sources(&device, 1, PCI_TPH_REQ_EXT_TPH);
	test_sources(&device, 3, PCI_TPH_REQ_TPH_ONLY);
	test_sources(&small, 1, PCI_TPH_REQ_TPH_ONLY);
	test_batch(&device);
	device_put(&without_table);
	device_put(&small);
	device_put(&device);
	sources_close(&sources);
	stage_set(before);
	return tap_status();
}
