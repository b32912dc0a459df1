// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Tags of CPUs, from the firmware to the wire: a DMA handle asks for one, a region of the guest's
 * memory is made with the handle, and each read and write of it carries the tag. The tags are those
 * of lab.d/firmware/steering.asl. Needs NICs behind root ports: nic0 sends 8-bit tags, nic1 16-bit
 * ones.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "control.h"
#include "handle.h"
#include "rc_pair.h"
#include "seen.h"
#include "tap.h"
#include "uverbs.h"
#include "util/macros.h"

#define PAGE	4096
#define PH	2

static const struct row {
	const char *name;
	uint32_t cpu;
	enum handle_memory memory;
	uint16_t st, st_ext;
} rows[] = {
	{ "CPU 0, volatile memory", 0, HANDLE_VOLATILE, 0x40, 0x4100 },
	{ "CPU 1, volatile memory", 1, HANDLE_VOLATILE, 0x41, 0x4101 },
	{ "CPU 0, persistent memory", 0, HANDLE_PERSISTENT, 0x80, 0x8100 },
	{ "CPU 1, persistent memory", 1, HANDLE_PERSISTENT, 0x81, 0x8101 },
};

#define ROWS	ARRAY_SIZE(rows)

/* A region has a page that is read and one that is written. */
enum { SOURCE, TARGET, PAGES };

struct nic {
	const char *link, *address; /* in the capture; a variable of the environment */
	bool extended;
	uint16_t requester;
	struct rc_pair pair;
	struct verbs verbs;
	uint8_t *memory; /* PAGES for each row */
	struct seen seen[ROWS][PAGES];
};

static void *page_of(const struct nic *nic, unsigned int row, unsigned int page)
{
	return nic->memory + (PAGES * row + page) * PAGE;
}

static uint16_t tag_of(const struct nic *nic, const struct row *row)
{
	return nic->extended ? row->st_ext : row->st;
}

/* The name of its RDMA device; it is overwritten by the next call. */
static const char *rdma_device(const char *bdf)
{
	static char name[64];
	struct dirent *entry = NULL;
	char path[128];
	DIR *directory;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/infiniband", bdf);
	directory = opendir(path);
	do
		entry = directory ? readdir(directory) : NULL;
	while (entry && *entry->d_name == '.');
	if (!entry)
		tap_bail_out("no RDMA device in %s", path);
	snprintf(name, sizeof(name), "%.60s", entry->d_name);
	closedir(directory);
	return name;
}

static void open_nic(struct nic *nic)
{
	const char *bdf = getenv(nic->address);
	unsigned int bus, device, function;
	int err;

	if (!bdf || sscanf(bdf, "%*x:%x:%x.%x", &bus, &device, &function) != 3)
		tap_bail_out("%s is no address; this test needs a machine with two NICs",
			     nic->address);
	nic->requester = bus << 8 | device << 3 | function;
	err = rc_pair_open(&nic->pair, rdma_device(bdf));
	if (err)
		tap_bail_out("%s of %s: %s", nic->pair.failed, bdf, strerror(err));
	nic->verbs.context = nic->pair.context;
	nic->verbs.pd = nic->pair.pd;
	if (tph_uverbs_get_driver(nic->pair.context->cmd_fd, &nic->verbs.driver_id))
		tap_bail_out("%s has no driver", bdf);
	nic->memory = mmap(NULL, ROWS * PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (nic->memory == MAP_FAILED)
		tap_bail_out("no memory: %s", strerror(errno));
}

static void close_nic(struct nic *nic)
{
	munmap(nic->memory, ROWS * PAGES * PAGE);
	rc_pair_close(&nic->pair);
}

static void expect_query(struct nic *nic, const struct row *row, const struct verbs_mr *mr)
{
	uint32_t name_space = nic->extended ? IB_UVERBS_TPH_NS_ST_EXT : IB_UVERBS_TPH_NS_ST;
	struct mlx5_ib_tph_mr_info info = {};
	int err = verbs_query(&nic->verbs, mr, &info);

	if (!tap_ok(!err && info.source == MLX5_IB_TPH_SOURCE_DMAH &&
			    info.tph_namespace == name_space &&
			    info.steering_tag == tag_of(nic, row) && info.ph == PH,
		    "%s: %s: the region has the tag", nic->link, row->name))
		tap_note("query: %s, source %u, namespace %u, tag %#x, ph %u", strerror(err),
			 info.source, info.tph_namespace, info.steering_tag, info.ph);
}

/* What is due on the wire: a page is known by its address as long as it is registered. */
static void note_page(struct nic *nic, unsigned int row, unsigned int page)
{
	nic->seen[row][page] = (struct seen){
		.link = nic->link,
		.page = seen_page(page_of(nic, row, page)),
		.requester = nic->requester,
		.due = { .hv = nic->extended ? TLP_HV_ST_EXT : TLP_HV_ST,
			 .st = tag_of(nic, &rows[row]),
			 .ph = PH },
	};
}

/* From one page of the region to the other one */
static void copy(struct nic *nic, unsigned int row, const struct verbs_mr *mr)
{
	struct ibv_sge local = {
		.addr = (uintptr_t)page_of(nic, row, SOURCE),
		.length = PAGE,
		.lkey = mr->lkey,
	};
	int result;

	memset(page_of(nic, row, SOURCE), 0x30 + row, PAGE);
	result = rc_pair_transfer(&nic->pair, IBV_WR_RDMA_WRITE, &local,
				  (uintptr_t)page_of(nic, row, TARGET), mr->rkey);
	tap_ok(!result && !memcmp(page_of(nic, row, SOURCE), page_of(nic, row, TARGET), PAGE),
	       "%s: %s: data arrive", nic->link, rows[row].name);
}

static void test_row(struct nic *nic, unsigned int row)
{
	const struct handle_attr attr = {
		.cpu = rows[row].cpu,
		.memory = rows[row].memory,
		.ph = PH,
	};
	struct handle_region region;
	int err = handle_reg(&nic->verbs, &attr, page_of(nic, row, 0), PAGES * PAGE, &region);

	if (!tap_errno(err, 0, "%s: %s: a handle by %s", nic->link, rows[row].name, handle_maker))
		tap_bail_out("nothing to look at without a handle");
	expect_query(nic, &rows[row], &region.mr);
	for (unsigned int page = 0; page < PAGES; page++)
		note_page(nic, row, page);
	copy(nic, row, &region.mr);
	handle_dereg(&nic->verbs, &region);
}

static void expect_refusal(struct nic *nic, uint32_t cpu, int expected, const char *what)
{
	const struct handle_attr attr = { .cpu = cpu, .ph = PH };
	struct handle_region region;

	tap_errno(handle_reg(&nic->verbs, &attr, nic->memory, PAGE, &region), expected, "%s", what);
}

static void test_refusals(struct nic *nic)
{
	cpu_set_t all, first;

	expect_refusal(nic, 4095, EINVAL, "no handle of a CPU that is not there");
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_getaffinity(0, sizeof(all), &all) || sched_setaffinity(0, sizeof(first), &first))
		tap_bail_out("cannot stay on CPU 0: %s", strerror(errno));
	expect_refusal(nic, 1, EPERM, "none of one that the program may not run on");
	sched_setaffinity(0, sizeof(all), &all);
}

static void expect_seen(const struct nic *nic, unsigned int row)
{
	const struct seen *source = &nic->seen[row][SOURCE], *target = &nic->seen[row][TARGET];

	if (tap_ok(source->read == PAGE && !source->written && !source->wrong &&
			   target->written == PAGE && !target->read && !target->wrong,
		   "%s: %s: each read and write has the tag", nic->link, rows[row].name))
		return;
	tap_note("%u bytes read, %u written", source->read, target->written);
	for (unsigned int page = 0; page < PAGES; page++)
		if (nic->seen[row][page].wrong)
			tap_note("%u other requests, the last of 0x%04x with hv %u st 0x%x ph %u",
				 nic->seen[row][page].wrong, nic->seen[row][page].last.requester,
				 nic->seen[row][page].last.hints.hv,
				 nic->seen[row][page].last.hints.st,
				 nic->seen[row][page].last.hints.ph);
}

int main(void)
{
	static struct nic nics[] = {
		{ .link = "nic0", .address = "TPH_NIC0" },
		{ .link = "nic1", .address = "TPH_NIC1", .extended = true },
	};
	int control = control_open();

	tap_plan(ARRAY_SIZE(nics) * ROWS * 4 + 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(nics); i++) {
		open_nic(&nics[i]);
		for (unsigned int row = 0; row < ROWS; row++)
			test_row(&nics[i], row);
		seen_read(control, &nics[i].seen[0][0], ROWS * PAGES);
		for (unsigned int row = 0; row < ROWS; row++)
			expect_seen(&nics[i], row);
	}
	test_refusals(&nics[0]);
	for (unsigned int i = 0; i < ARRAY_SIZE(nics); i++)
		close_nic(&nics[i]);
	return tap_status();
}
