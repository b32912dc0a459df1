// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "feature.h"
#include "path.h"
#include "pieces.h"
#include "rules.h"
#include "state.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"
#include "verdict.h"

#define CONTROL_BITS (PCI_TPH_CTRL_MODE_SEL_MASK | PCI_TPH_CTRL_REQ_EN_MASK)

/* Header, capability, control and the first two entries: what a write can cross */
#define WINDOW 16

/* A value of control that it takes, each half of it too */
static uint32_t enabling(const struct device *device)
{
	uint32_t cap = device_read(device, device->tph + PCI_TPH_CAP, 4), mode = 0;

	if (cap & PCI_TPH_CAP_ST_IV)
		mode = PCI_TPH_ST_IV_MODE;
	else if (cap & PCI_TPH_CAP_ST_DS)
		mode = PCI_TPH_ST_DS_MODE;
	return path_allows(device, PCI_TPH_REQ_TPH_ONLY) ? mode | PCI_TPH_REQ_TPH_ONLY << 8 : mode;
}

/* Each register has something to be seen, and each entry something else, where that may be. */
static void fill(const struct device *device)
{
	int entries = device_entries(device);
	uint32_t tags[STATE_ENTRIES];

	for (unsigned int i = 0; i < ARRAY_SIZE(tags); i++)
		tags[i] = 0xff - i;
	device_write(device, device->tph + PCI_TPH_CTRL, enabling(device), 4);
	if (device_table(device) == PCI_TPH_LOC_CAP &&
	    feature_caps(device) & VFIO_DEVICE_TPH_CAP_LITERAL &&
	    feature_program(device, VFIO_DEVICE_TPH_SRC_LITERAL, 0, entries, tags) != entries)
		tap_bail_out("%s: cannot program all entries", device->bdf);
}

static void read_dwords(const struct device *device, uint8_t *bytes, unsigned int end)
{
	for (unsigned int at = device->tph; at < end; at += 4) {
		uint32_t dword = htole32(device_read(device, at, 4));

		memcpy(bytes + at, &dword, sizeof(dword));
	}
}

static void read_piece(struct verdict *verdict, const struct device *device, unsigned int at,
		       unsigned int len, uint32_t due)
{
	uint32_t got = device_read(device, at, len);

	if (got != due)
		verdict_wrong(verdict, "%u bytes at %u: 0x%x instead of 0x%x", len,
			      at - device->tph, got, due);
}

static void test_reads(const struct device *device, unsigned int end, const char *when)
{
	uint8_t dwords[CONFIG_SIZE], all[CONFIG_SIZE];
	const unsigned int first = device->tph;
	struct verdict verdict = { 0 };

	read_dwords(device, dwords, end);
	for (unsigned int len = 1; len <= 4; len++)
		for (unsigned int at = first; at + len <= end; at++)
			read_piece(&verdict, device, at, len, rules_get(dwords, at, len));
	if (pread(device->fd, all, end - first, device->config + first) != end - first ||
	    memcmp(all, dwords + first, end - first))
		verdict_wrong(&verdict, "%u bytes at once are others", end - first);
	verdict_ok(&verdict, "%s: reads the same in pieces", when);
}

struct writer {
	const struct device *device;
	bool opted_in;
	uint32_t due; /* in control */
	struct verdict verdict;
};

static void put_control(uint8_t *window, uint32_t value)
{
	value = htole32(value);
	memcpy(window + PCI_TPH_CTRL, &value, sizeof(value));
}

static void look(struct writer *writer, unsigned int at, unsigned int len)
{
	const struct device *device = writer->device;
	uint32_t got = device_read(device, device->tph + PCI_TPH_CTRL, 4);
	uint32_t real = device_real(device, device->tph + PCI_TPH_CTRL, 4);

	if (got != writer->due)
		verdict_wrong(&writer->verdict, "%u bytes to %u: 0x%x instead of 0x%x", len, at,
			      got, writer->due);
	/* While nothing is enabled, the mode may be anywhere. */
	if (writer->due & PCI_TPH_CTRL_REQ_EN_MASK ? real != got : real & PCI_TPH_CTRL_REQ_EN_MASK)
		verdict_wrong(&writer->verdict, "%u bytes to %u: 0x%x in the device", len, at,
			      real);
}

/* A piece of @control among ones, which nothing takes. */
static void write_piece(struct writer *writer, unsigned int at, unsigned int len, uint32_t control)
{
	uint8_t bytes[WINDOW], is[WINDOW];

	memset(bytes, 0xff, sizeof(bytes));
	put_control(bytes, control);
	put_control(is, writer->due);
	memcpy(is + at, bytes + at, len);
	if (writer->opted_in)
		writer->due = rules_get(is, PCI_TPH_CTRL, 4) & CONTROL_BITS;
	device_write(writer->device, writer->device->tph + at, rules_get(bytes, at, len), len);
	look(writer, at, len);
}

static void test_writes(const struct device *device, unsigned int end, bool opted_in,
			const char *when)
{
	struct writer writer = { .device = device, .opted_in = opted_in };
	uint32_t control = enabling(device);
	struct state state;

	feature_disable(device);
	state_take(device, &state);
	for (unsigned int len = 1; len <= 4; len++)
		for (unsigned int at = 0; device->tph + at + len <= end; at++) {
			write_piece(&writer, at, len, control);
			write_piece(&writer, at, len, 0);
		}
	if (!state_kept(device, &state))
		verdict_wrong(&writer.verdict, "more than control has changed");
	verdict_ok(&writer.verdict, "%s: takes the same in pieces", when);
}

void pieces_test(const struct device *device, bool opted_in, const char *when)
{
	unsigned int end = device_tph_end(device), window_end = device->tph + WINDOW;

	if (window_end > end)
		window_end = end;
	if (opted_in)
		fill(device);
	/* Before it, each access is one of the device, and entries are as other registers. */
	test_reads(device, opted_in ? end : window_end, when);
	test_writes(device, window_end, opted_in, when);
}
