// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <linux/pci_regs.h>

#include "rules.h"
#include "tap.h"
#include "util/macros.h"

#define ALL 0xffffffff

/* A register that is not plainly readable and not writable; @cap 0 is the header */
struct rule {
	uint8_t cap;
	uint16_t offset;
	uint8_t len;
	uint32_t virt, writable, hidden, never;
};

static const struct rule register_rules[] = {
	{ 0, PCI_VENDOR_ID, 4, ALL, 0, 0, 0 },
	/* INTx is masked by the kernel, too */
	{ 0, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE, ALL, PCI_COMMAND_INTX_DISABLE, 0 },
	{ 0, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0, 0, 0 },
	{ 0, PCI_CACHE_LINE_SIZE, 2, 0, ALL, 0, 0 },
	{ 0, PCI_BIST, 1, 0, ALL, 0, 0 },
	{ 0, PCI_BASE_ADDRESS_0, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_BASE_ADDRESS_1, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_BASE_ADDRESS_2, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_BASE_ADDRESS_3, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_BASE_ADDRESS_4, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_BASE_ADDRESS_5, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_ROM_ADDRESS, 4, ALL, ALL, 0, 0 },
	{ 0, PCI_CAPABILITY_LIST, 1, ALL, 0, 0, 0 },
	{ 0, PCI_INTERRUPT_LINE, 1, ALL, ALL, 0, 0 },
	{ 0, PCI_INTERRUPT_PIN, 1, ALL, 0, 0, 0 },
	{ PCI_CAP_ID_PM, PCI_PM_PMC, 2, PCI_PM_CAP_PME_MASK, 0, 0, 0 },
	/* The kernel changes the state; what a device does in another one is none of this */
	{ PCI_CAP_ID_PM, PCI_PM_CTRL, 4, PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS,
	  ~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS | PCI_PM_CTRL_STATE_MASK), 0,
	  PCI_PM_CTRL_STATE_MASK },
	/* The size of read requests goes to the device by another way */
	{ PCI_CAP_ID_EXP, PCI_EXP_DEVCTL, 2,
	  PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ,
	  ~PCI_EXP_DEVCTL_PHANTOM, PCI_EXP_DEVCTL_READRQ, PCI_EXP_DEVCTL_BCR_FLR },
	{ PCI_CAP_ID_EXP, PCI_EXP_DEVCTL2, 2, 0, ~PCI_EXP_DEVCTL2_ARI, 0, 0 },
};

static void put(uint8_t *bytes, unsigned int offset, unsigned int len, uint32_t value)
{
	for (unsigned int i = 0; i < len; i++)
		bytes[offset + i] = value >> 8 * i;
}

uint32_t rules_get(const uint8_t *bytes, unsigned int offset, unsigned int len)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < len; i++)
		value |= (uint32_t)bytes[offset + i] << 8 * i;
	return value;
}

static void add_registers(struct rules *rules, const struct device *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(register_rules); i++) {
		const struct rule *rule = &register_rules[i];
		unsigned int at = rule->cap ? device_capability(device, rule->cap) : 0;

		if (rule->cap && !at)
			continue;
		at += rule->offset;
		put(rules->virt, at, rule->len, rule->virt);
		put(rules->writable, at, rule->len, rule->writable);
		put(rules->hidden, at, rule->len, rule->hidden);
		put(rules->never, at, rule->len, rule->never);
	}
}

/* A line of sysfs for each resource: first and last address, and flags */
static void add_bars(struct rules *rules, const struct device *device)
{
	uint64_t start, end, flags;
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", device->bdf);
	file = fopen(path, "re");
	for (unsigned int bar = 0; bar < 6; bar++) {
		unsigned int at = PCI_BASE_ADDRESS_0 + 4 * bar;
		uint32_t type = device_real(device, at, 4) & 0xf;

		if (!file ||
		    fscanf(file, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3)
			tap_bail_out("cannot read %s", path);
		if (!start)
			continue;
		put(rules->bars, at, 4, ~(end - start) & ~0xf);
		if (type & PCI_BASE_ADDRESS_MEM_TYPE_64)
			put(rules->bars, at + 4, 4, ~(end - start) >> 32);
	}
	fclose(file);
}

void rules_init(struct rules *rules, const struct device *device)
{
	*rules = (struct rules){ 0 };
	add_registers(rules, device);
	for (unsigned int i = 0; i < CONFIG_SIZE; i += 4)
		put(rules->kept, i, 4, device_real(device, i, 4));
	add_bars(rules, device);
}

static bool is_bar(unsigned int offset)
{
	return (offset >= PCI_BASE_ADDRESS_0 && offset < PCI_BASE_ADDRESS_5 + 4) ||
	       offset == PCI_ROM_ADDRESS;
}

uint32_t rules_read(const struct rules *rules, unsigned int offset, unsigned int len, uint32_t real)
{
	uint32_t virt = rules_get(rules->virt, offset, len);

	return (real & ~virt) | (rules_get(rules->kept, offset, len) & virt);
}

uint32_t rules_write(struct rules *rules, unsigned int offset, uint32_t value, unsigned int len,
		     uint32_t real)
{
	uint32_t virt = rules_get(rules->virt, offset, len);
	uint32_t writable = rules_get(rules->writable, offset, len);
	uint32_t kept = rules_get(rules->kept, offset, len), changes = writable & virt;

	if (is_bar(offset))
		changes &= rules_get(rules->bars, offset, len);
	put(rules->kept, offset, len, (kept & ~changes) | (value & changes));
	return (real & ~(writable & ~virt)) | (value & writable & ~virt);
}
