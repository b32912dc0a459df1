// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * While an entry of the NIC's table of tags is written its requester is disabled, and no request of
 * any region carries hints. Queue pairs write without pause while other regions are registered:
 * those with a new tag cost one such window each, whose length is counted; all others cost none.
 *
 * How many requests leave in a window depends on the machine. What does not: how many accesses to
 * configuration space it takes, that all requests in it are counted, and that none outside of it
 * lacks its hints.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <infiniband/mlx5dv_tph.h>

#include "control.h"
#include "exporter.h"
#include "tap.h"
#include "tier.h"
#include "traffic.h"
#include "wire.h"

/* Registrations with a new tag each; a process can have 24 of the 64 entries */
#define TAGS		20
/* The requester is disabled; then the kernel writes the entry, and enables the requester */
#define ACCESSES	2
#define MESSAGES	16	/* of each stream, while the requester is disabled by hand */

static const struct vfio_tph_tags traffic_tags = { VFIO_TPH_TAG_ST, 0, 0x51, 1 };

struct test {
	int control;
	struct vfio_tph_device *accelerator;
	uint64_t bar_size;
	int dmabuf, other; /* other: the one whose tag changes */
	struct traffic traffic;
	struct ibv_mr *mr, *regions[TAGS];
	uint8_t next;       /* tag that was not used before */
	long windows, tlps; /* the counters, at first */
};

static struct ibv_mr *reg(struct test *test, int dmabuf, uint64_t length,
			  const struct vfio_tph_tags *tags)
{
	struct ibv_tph_dmabuf_mr_attr attr = {
		.length = length,
		.fd = dmabuf,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		.tph_namespace = IBV_TPH_NS_AUTO,
		.tph_flags = IBV_TPH_REQUIRE,
	};
	struct vfio_tph_reason reason;
	struct ibv_mr *mr;

	if (vfio_tph_publish(test->accelerator, dmabuf, tags, &reason))
		tap_bail_out("%s", reason.text);
	mr = ibv_tph_reg_dmabuf_mr(test->traffic.streams[0].pair.pd, &attr);
	if (!mr)
		tap_bail_out("cannot register with tag 0x%x: %s", tags->st, strerror(errno));
	return mr;
}

static void dereg(struct ibv_mr *mr)
{
	if (ibv_dereg_mr(mr))
		tap_bail_out("cannot destroy a region: %s", strerror(errno));
}

static void open_all(struct test *test)
{
	const struct tlp_hints due = { .hv = TLP_HV_ST, .st = traffic_tags.st, .ph = 1 };
	struct vfio_tph_reason reason;

	test->control = control_open();
	wire_note_begin(test->control);
	test->windows = control_counter(test->control, "tph_windows");
	test->tlps = control_counter(test->control, "tph_window_tlps");
	traffic_open(&test->traffic);
	test->accelerator = exporter_open("TPH_ACC0");
	if (vfio_tph_bar_size(test->accelerator, EXPORTER_BAR, &test->bar_size, &reason) ||
	    vfio_tph_export(test->accelerator, EXPORTER_BAR, 0, TRAFFIC_BYTES, &test->dmabuf,
			    &reason))
		tap_bail_out("%s", reason.text);
	test->other = exporter_export(test->accelerator);
	wire_note_due(test->control, &due);
	test->mr = reg(test, test->dmabuf, TRAFFIC_BYTES, &traffic_tags);
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++) {
		test->traffic.streams[i].rkey = test->mr->rkey;
		wire_note_region(test->control, i, test->mr->rkey);
	}
}

static void close_all(struct test *test)
{
	dereg(test->mr);
	close(test->other);
	close(test->dmabuf);
	vfio_tph_close(test->accelerator);
	traffic_close(&test->traffic);
	close(test->control);
}

static struct ibv_mr *reg_tag(struct test *test, uint8_t st)
{
	return reg(test, test->other, EXPORTER_LENGTH,
		   &(struct vfio_tph_tags){ VFIO_TPH_TAG_ST, 0, st, 1 });
}

/* As many regions as there are tags; each time by @arg, a test, from its next tag on */
static void reg_all(void *arg)
{
	struct test *test = arg;

	for (unsigned int i = 0; i < TAGS; i++)
		test->regions[i] = reg_tag(test, test->next + i);
}

/* One after the other, each with a tag that a region has already, or that none has any more */
static void reg_each(void *arg)
{
	struct test *test = arg;

	for (unsigned int i = 0; i < TAGS; i++)
		dereg(reg_tag(test, test->next + i));
}

static void dereg_all(struct test *test)
{
	for (unsigned int i = 0; i < TAGS; i++)
		dereg(test->regions[i]);
}

static void run_all(struct test *test)
{
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		test->traffic.streams[i].running = true;
}

/* Next test: how many windows does it cost, with all streams writing? */
static void expect_windows(struct test *test, void (*action)(void *arg), long expected,
			   const char *what)
{
	long windows = control_counter(test->control, "tph_windows");
	long tlps = control_counter(test->control, "tph_window_tlps");

	run_all(test);
	traffic_write(&test->traffic, TRAFFIC_DEPTH);
	traffic_during(&test->traffic, action, test);
	traffic_drain(&test->traffic);
	windows = control_counter(test->control, "tph_windows") - windows;
	tlps = control_counter(test->control, "tph_window_tlps") - tlps;
	tap_ok(windows == expected, "%s: %ld windows", what, windows);
	tap_note("%ld writes left in them", tlps);
}

static void test_rounds(struct test *test, unsigned int rounds)
{
	long most;

	while (rounds--) {
		expect_windows(test, reg_all, TAGS, "regions with a new tag each");
		expect_windows(test, reg_each, 0, "regions with the tags of others");
		dereg_all(test);
		expect_windows(test, reg_each, 0, "regions with the tags of those that are gone");
		test->next += TAGS;
	}
	most = control_counter(test->control, "tph_window_most_accesses");
	tap_ok(most == ACCESSES, "a window takes %ld accesses to configuration space", most);
	tap_note("at most %ld writes left in one",
		 control_counter(test->control, "tph_window_most_tlps"));
}

/* As an administrator would */
static void set_requester(const char *value)
{
	char command[128];

	snprintf(command, sizeof(command), "setpci -s %s ECAP_TPH+8.l=%s:300", getenv("TPH_NIC0"),
		 value);
	if (system(command))
		tap_bail_out("%s fails", command);
}

static long completed(const struct test *test)
{
	long completed = 0;

	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		completed += test->traffic.streams[i].completed;
	return completed;
}

/* A window whose traffic is known */
static void test_by_hand(struct test *test)
{
	long tlps = control_counter(test->control, "tph_window_tlps");
	long messages = completed(test);

	set_requester("0");
	run_all(test);
	traffic_write(&test->traffic, MESSAGES);
	traffic_drain(&test->traffic);
	set_requester("100");
	messages = completed(test) - messages;
	tlps = control_counter(test->control, "tph_window_tlps") - tlps;
	if (!tap_ok(tlps == TRAFFIC_TLPS * messages,
		    "disabled by hand: all that leaves is counted"))
		tap_note("%ld writes for %ld messages", tlps, messages);
}

static void test_wire(struct test *test)
{
	long windows = control_counter(test->control, "tph_windows") - test->windows;
	long tlps = control_counter(test->control, "tph_window_tlps") - test->tlps;
	struct wire_report report;

	wire_read(test->control, test->bar_size, &report);
	tap_note("%lu writes, %lu of them in %lu windows; counted: %ld in %ld", report.writes,
		 report.bare, report.windows, tlps, windows);
	verdict_ok(&test->traffic.account, "each work request completes once, in its turn");
	tap_ok((long)report.windows == windows, "on the wire: as many windows as were counted");
	tap_ok((long)report.bare == tlps, "on the wire: as many writes in them as were counted");
	verdict_ok(&report.hints, "on the wire: no hints in a window, and all outside");
	verdict_ok(&report.pages, "on the wire: no write through a region without pages");
	verdict_ok(&report.data, "on the wire: data are right");
}

int main(void)
{
	unsigned int rounds = tier_rounds(2, 1);
	static struct test test = { .next = 0x80 };

	open_all(&test);
	tap_plan(rounds * 3 + 1 + 1 + 6);
	test_rounds(&test, rounds);
	test_by_hand(&test);
	test_wire(&test);
	close_all(&test);
	return tap_status();
}
