// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * VFIO_DEVICE_FEATURE_TPH_RESOLVE: what of a source each stage tells, by the device and what is
 * enabled in it, and each errno.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "edge.h"
#include "feature.h"
#include "path.h"
#include "sources.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"
#include "verdict.h"

#define DMABUF		VFIO_DEVICE_TPH_SRC_DMABUF
#define VOLATILE	VFIO_DEVICE_TPH_SRC_CPU_VOLATILE
#define PERSISTENT	VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT
#define EXTENDED	VFIO_DEVICE_TPH_EXTENDED
#define VALID_PH	VFIO_DEVICE_TPH_VALID_PH
#define VALID_ST	VFIO_DEVICE_TPH_VALID_ST

static struct sources sources;

struct selection {
	unsigned int stage;
	uint32_t mode, requester; /* as written; what a stage does not have stays as it was */
};

static void start(struct device *device, const struct selection *selection)
{
	feature_start(device, selection->stage, selection->mode, selection->requester);
}

/* Which namespaces' tags the stage lets out to this device: bit 0 8-bit, bit 1 16-bit ones */
static unsigned int tags_let_out(const struct device *device, const struct selection *selection)
{
	bool can_ds = device->tph_cap & PCI_TPH_CAP_ST_DS;
	bool extended = path_allows(device, PCI_TPH_REQ_EXT_TPH);

	if (selection->stage == 3)
		return 3;
	if (selection->stage < 2 || !can_ds || selection->mode != PCI_TPH_ST_DS_MODE)
		return 0;
	if (selection->requester == PCI_TPH_REQ_TPH_ONLY)
		return 1;
	if (selection->requester == PCI_TPH_REQ_EXT_TPH && extended)
		return 2;
	/* None is enabled: those that can be */
	return extended ? 3 : 1;
}

/* What of a source has a hint: who publishes one tag publishes one hint for it. */
static bool has_hint(enum source source, uint32_t extended)
{
	return source == SOURCE_BOTH || source == SOURCE_HINT ||
	       source == (extended ? SOURCE_16_BIT : SOURCE_8_BIT);
}

static void look(struct verdict *verdict, enum source source, int ret,
		 const struct vfio_device_feature_tph_resolve *got, uint8_t valid, uint16_t st)
{
	uint8_t ph = valid & VALID_PH ? SOURCE_PH : 0;

	if (ret)
		verdict_wrong(verdict, "%s: %s", source_name(source), strerror(-ret));
	else if (got->valid != valid || got->ph != ph || got->st != st)
		verdict_wrong(verdict, "%s: valid 0x%x ph %u st 0x%x instead of 0x%x %u 0x%x",
			      source_name(source), got->valid, got->ph, got->st, valid, ph, st);
}

static void resolve_all(const struct device *device, const struct selection *selection,
			uint32_t extended)
{
	bool out = tags_let_out(device, selection) & (extended ? 2 : 1);
	struct vfio_device_feature_tph_resolve resolved;
	struct verdict verdict = { 0 };

	for (enum source i = 0; i <= SOURCE_FOREIGN; i++) {
		uint16_t tag = out ? source_tag(i, extended) : 0;
		uint8_t valid = (has_hint(i, extended) ? VALID_PH : 0) | (tag ? VALID_ST : 0);
		int ret = feature_resolve(device, DMABUF | extended, sources.fds[i], &resolved);

		look(&verdict, i, ret, &resolved, valid, tag);
	}
	verdict_ok(&verdict, "%s, stage %u, mode %u, requester %u: %s of all dma-bufs", device->bdf,
		   selection->stage, selection->mode, selection->requester,
		   !out     ? "hints" :
		   extended ? "16-bit tags and hints" :
			      "8-bit tags and hints");
}

#define DS PCI_TPH_ST_DS_MODE
#define IV PCI_TPH_ST_IV_MODE

/* By stages, each of which costs opening the device */
static const struct selection selections[] = {
	{ 0, 0, 1 },  { 1, IV, 1 }, { 2, IV, 1 }, { 2, DS, 0 }, { 2, DS, 1 },
	{ 2, DS, 3 }, { 2, 0, 1 },  { 3, 0, 0 },  { 3, IV, 1 },
};

static unsigned int count_from(unsigned int stage)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(selections); i++)
		count += selections[i].stage >= stage;
	return count;
}

static void test_selection(const struct device *device, const struct selection *selection)
{
	feature_disable(device);
	feature_enable(device, selection->mode, selection->requester);
	resolve_all(device, selection, 0);
	resolve_all(device, selection, EXTENDED);
}

/* Below @first, devices do not differ. */
static void test_device(const char *variable, unsigned int first)
{
	struct device device;

	device_find(&device, variable);
	for (unsigned int i = 0; i < ARRAY_SIZE(selections); i++) {
		if (selections[i].stage < first)
			continue;
		if (!device.vfio)
			start(&device, &selections[i]);
		test_selection(&device, &selections[i]);
		if (i + 1 == ARRAY_SIZE(selections) ||
		    selections[i + 1].stage != selections[i].stage)
			device_close(&device);
	}
	device_put(&device);
}

struct refusal {
	const char *what;
	uint32_t flags;
	enum source source;
	int err;
};

static const struct refusal refusals[] = {
	{ "no source", 0, SOURCE_BOTH, EINVAL },
	{ "no source", EXTENDED, SOURCE_BOTH, EINVAL },
	{ "two sources", DMABUF | VOLATILE, SOURCE_BOTH, EINVAL },
	{ "two sources", VOLATILE | PERSISTENT | EXTENDED, SOURCE_BOTH, EINVAL },
	{ "no tag as source", VFIO_DEVICE_TPH_SRC_NONE, SOURCE_BOTH, EINVAL },
	{ "a literal tag as source", VFIO_DEVICE_TPH_SRC_LITERAL, SOURCE_BOTH, EINVAL },
	{ "a tag required", DMABUF | VFIO_DEVICE_TPH_REQUIRE_ST, SOURCE_BOTH, EINVAL },
	{ "an undefined bit", DMABUF | 1 << 7, SOURCE_BOTH, EINVAL },
	{ "an undefined bit", DMABUF | 1u << 31, SOURCE_BOTH, EINVAL },
	{ "all bits", 0xffffffff, SOURCE_BOTH, EINVAL },
	{ "no file", DMABUF, SOURCE_CLOSED, EBADF },
	{ "no dma-buf", DMABUF, SOURCE_FILE, EINVAL },
	{ "no dma-buf", DMABUF | EXTENDED, SOURCE_FILE, EINVAL },
};

/* What each is answered with where there are no tags of CPUs, and by every stage below 2 */
static const uint32_t cpus[] = { VOLATILE, PERSISTENT, VOLATILE | EXTENDED };

static void refuse(const struct device *device, uint32_t flags, uint32_t src, int err,
		   const char *what)
{
	struct vfio_device_feature_tph_resolve resolved;
	int ret = feature_resolve(device, flags, src, &resolved);
	bool kept = resolved.valid == 0xff && resolved.ph == 0xff && resolved.st == 0xffff;

	if (!tap_ok(ret == -err && kept, "flags 0x%x, %s: %s, and nothing is told", flags, what,
		    strerror(err)))
		tap_note("returned %d (%s)", ret, strerror(-ret));
}

static void refuse_structures(const struct device *device)
{
	struct vfio_device_feature_tph_resolve *resolve = edge(sizeof(*resolve));
	struct vfio_device_feature *arg = edge(sizeof(*arg));

	arg->argsz = sizeof(*arg) + sizeof(*resolve);
	arg->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_TPH_RESOLVE;
	tap_errno(-feature_raw(device, arg), EFAULT, "no structure");
	arg->argsz--;
	tap_errno(-feature_raw(device, arg), EINVAL, "argsz one byte short");

	arg = edge(sizeof(*arg) + sizeof(*resolve));
	arg->argsz = sizeof(*arg) + sizeof(*resolve);
	arg->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_TPH_RESOLVE;
	resolve->flags = DMABUF;
	resolve->src = sources.fds[SOURCE_BOTH];
	edge_protect(false);
	tap_errno(-feature_raw(device, arg), EFAULT, "a structure that is read only");
	edge_protect(true);
}

static void test_refusals(const char *variable)
{
	const struct selection open = { 3, 0, PCI_TPH_REQ_TPH_ONLY }, low = { 1, 0, 1 };
	struct device device;
	bool has_cpus;

	device_find(&device, variable);
	stage_set(3);
	device_open(&device);
	has_cpus = feature_caps(&device) & VFIO_DEVICE_TPH_CAP_CPU;
	refuse(&device, DMABUF, sources.fds[SOURCE_BOTH], EPERM, "no opt-in");
	refuse(&device, 0, 0, EPERM, "no opt-in, no source");
	device_close(&device);

	start(&device, &open);
	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++)
		refuse(&device, refusals[i].flags, sources.fds[refusals[i].source], refusals[i].err,
		       refusals[i].what);
	refuse_structures(&device);
	for (unsigned int i = 0; i < ARRAY_SIZE(cpus); i++)
		refuse(&device, cpus[i], 1u << 20, has_cpus ? EINVAL : EOPNOTSUPP, "no such CPU");
	device_close(&device);

	start(&device, &low);
	for (unsigned int i = 0; i < ARRAY_SIZE(cpus); i++)
		refuse(&device, cpus[i], 0, EOPNOTSUPP, "a CPU, at stage 1");
	device_close(&device);
	device_put(&device);
}

/* What is told changes nothing. */
static void test_no_change(const char *variable)
{
	const struct selection selection = { 3, IV, PCI_TPH_REQ_EXT_TPH };
	struct vfio_device_feature_tph_resolve resolved;
	const uint32_t tag = 0x77;
	struct device device;
	struct state state;

	device_find(&device, variable);
	start(&device, &selection);
	feature_program(&device, VFIO_DEVICE_TPH_SRC_LITERAL | EXTENDED, 1, 1, &tag);
	state_take(&device, &state);
	for (enum source i = 0; i < SOURCES; i++)
		feature_resolve(&device, DMABUF | EXTENDED, sources.fds[i], &resolved);
	tap_ok(state_kept(&device, &state) && state.entries[1] == tag,
	       "asking changes nothing in the device");
	device_close(&device);
	device_put(&device);
}

int main(void)
{
	unsigned int before = stage_set(0);
	struct devices devices;

	devices_find(&devices);
	sources_open(&sources, devices.other);
	tap_plan(2 * (count_from(0) + (devices.count - 1) * count_from(2)) + 2 +
		 ARRAY_SIZE(refusals) + 3 + 2 * ARRAY_SIZE(cpus) + 1);
	for (unsigned int i = 0; i < devices.count; i++)
		test_device(devices.requesters[i], i ? 2 : 0);
	test_refusals(devices.requesters[0]);
	test_no_change(devices.requesters[0]);
	sources_close(&sources);
	stage_set(before);
	return tap_status();
}
