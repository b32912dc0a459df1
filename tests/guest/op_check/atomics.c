// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * RDMA atomics on the accelerator's memory: an AtomicOp TLP with the published tag while the NIC
 * may send these, a read and a write with it while it may not; and the right sum either way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <infiniband/tph.h>
#include <linux/pci_regs.h>
#include <vfio/tph.h>

#include "accelerator/accelerator_regs.h"
#include "rc_pair.h"
#include "tap.h"

#define LENGTH	4096
#define OFFSET	24	/* of the 8 bytes in the memory */
#define ST	0x05	/* partition 5; operation 0, a store */
#define PH	1
#define ADD	0x100000001u

struct counts {
	uint64_t atomics, reads, writes, partition, ph;
};

static struct rc_pair pair;
static volatile uint8_t *registers, *memory;
static struct ibv_mr *local_mr, *remote_mr;
static uint64_t before;      /* what atomics return */
static int config;           /* of the NIC */
static unsigned int devctl2; /* in it */

static uint64_t get(unsigned int offset)
{
	return *(volatile uint64_t *)(registers + offset);
}

static struct counts counts(void)
{
	return (struct counts){
		get(ACC_ATOMICS),          get(ACC_READS),  get(ACC_WRITES),
		get(ACC_PARTITION_ST(ST)), get(ACC_PH(PH)),
	};
}

static void config_access(unsigned int offset, void *data, size_t len, bool write)
{
	ssize_t done = write ? pwrite(config, data, len, offset) : pread(config, data, len, offset);

	if (done != (ssize_t)len)
		tap_bail_out("configuration space of the NIC at %#x: %s", offset, strerror(errno));
}

static void open_config(void)
{
	char path[64];
	uint8_t cap, id;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", getenv("TPH_NIC0"));
	config = open(path, O_RDWR);
	if (config < 0)
		tap_bail_out("%s: %s", path, strerror(errno));
	config_access(PCI_CAPABILITY_LIST, &cap, 1, false);
	for (config_access(cap, &id, 1, false); id != PCI_CAP_ID_EXP;
	     config_access(cap, &id, 1, false)) {
		config_access(cap + PCI_CAP_LIST_NEXT, &cap, 1, false);
		if (!cap)
			tap_bail_out("the NIC has no PCI Express capability");
	}
	devctl2 = cap + PCI_EXP_DEVCTL2;
}

/* Returns what it was. */
static bool enable_atomics(bool on)
{
	uint16_t control, wanted;

	config_access(devctl2, &control, sizeof(control), false);
	wanted = (control & ~PCI_EXP_DEVCTL2_ATOMIC_REQ) | (on ? PCI_EXP_DEVCTL2_ATOMIC_REQ : 0);
	config_access(devctl2, &wanted, sizeof(wanted), true);
	return control & PCI_EXP_DEVCTL2_ATOMIC_REQ;
}

static void open_accelerator(void)
{
	const struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST, .st = ST, .ph = PH };
	struct ibv_tph_dmabuf_mr_attr attr = {
		.length = LENGTH,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_ATOMIC,
		.tph_namespace = IBV_TPH_NS_ST,
		.tph_flags = IBV_TPH_REQUIRE,
	};
	struct vfio_tph_device *accelerator;
	struct vfio_tph_reason reason;
	void *mapped[2];

	accelerator = vfio_tph_open(getenv("TPH_ACC0"), &reason);
	if (!accelerator ||
	    vfio_tph_map_bar(accelerator, ACC_REGISTER_BAR, 0, ACC_REGISTER_SIZE, &mapped[0],
			     &reason) ||
	    vfio_tph_map_bar(accelerator, ACC_MEMORY_BAR, 0, LENGTH, &mapped[1], &reason) ||
	    vfio_tph_export(accelerator, ACC_MEMORY_BAR, 0, LENGTH, &attr.fd, &reason) ||
	    vfio_tph_publish(accelerator, attr.fd, &tags, &reason))
		tap_bail_out("%s", reason.text);
	registers = mapped[0];
	memory = mapped[1];
	remote_mr = ibv_tph_reg_dmabuf_mr(pair.pd, &attr);
	if (!remote_mr)
		tap_bail_out("ibv_tph_reg_dmabuf_mr: %s", strerror(errno));
}

static void open_pair(void)
{
	struct rc_pair_attr attr = rc_pair_defaults;
	int err;

	attr.access |= IBV_ACCESS_REMOTE_ATOMIC;
	err = rc_pair_open_with(&pair, NULL, &attr);
	if (err)
		tap_bail_out("cannot %s: %s", pair.failed, strerror(err));
	local_mr = ibv_reg_mr(pair.pd, &before, sizeof(before), IBV_ACCESS_LOCAL_WRITE);
	if (!local_mr)
		tap_bail_out("ibv_reg_mr: %s", strerror(errno));
}

static void fetch_add(const char *how, uint64_t old)
{
	const struct ibv_sge local = {
		.addr = (uintptr_t)&before,
		.length = sizeof(before),
		.lkey = local_mr->lkey,
	};
	int result;

	*(volatile uint64_t *)(memory + OFFSET) = old;
	(void)memory[OFFSET]; /* the store has arrived when a load returns */
	result = rc_pair_fetch_add(&pair, &local, OFFSET, remote_mr->rkey, ADD);
	if (!tap_ok(!result && before == old, "%s: fetch-and-add returns what was there", how))
		tap_note("%s, %#llx", rc_pair_strerror(result), (unsigned long long)before);
	tap_ok(*(volatile uint64_t *)(memory + OFFSET) == old + ADD, "%s: the sum is there", how);
}

/* What came since @from must be this. */
static void expect(const char *how, struct counts from, struct counts more)
{
	struct counts now = counts();

	tap_ok(now.atomics - from.atomics == more.atomics && now.reads - from.reads == more.reads &&
		       now.writes - from.writes == more.writes,
	       "%s: %u AtomicOp, %u read, %u write", how, (unsigned int)more.atomics,
	       (unsigned int)more.reads, (unsigned int)more.writes);
	tap_ok(now.partition - from.partition == more.partition && now.ph - from.ph == more.ph,
	       "%s: all of them with tag and hint", how);
}

int main(void)
{
	struct counts from;
	bool enabled;

	tap_plan(8);
	open_config();
	open_pair();
	open_accelerator();
	enabled = enable_atomics(true);
	from = counts();
	fetch_add("AtomicOps enabled", UINT32_MAX);
	expect("AtomicOps enabled", from, (struct counts){ 1, 0, 0, 1, 1 });
	enable_atomics(false);
	from = counts();
	fetch_add("AtomicOps disabled", 7);
	expect("AtomicOps disabled", from, (struct counts){ 0, 1, 1, 2, 2 });
	enable_atomics(enabled);
	ibv_dereg_mr(remote_mr);
	ibv_dereg_mr(local_mr);
	rc_pair_close(&pair);
	return tap_status();
}
