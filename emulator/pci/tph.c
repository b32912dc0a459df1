// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* TPH Requester capability: registers, ST table, and the hints that follow from them. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "pci/internal.h"

/* Entries: the in-capability table has 64 at most (7.9.13.2), MSI-X one for each vector. */
#define MAX_CAPABILITY_ENTRIES 64

/* In Vector Control of an MSI-X table entry (7.7.2.4): ST Lower 23:16, ST Upper 31:24. */
#define MSIX_ST_OFFSET (PCI_MSIX_ENTRY_VECTOR_CTRL + 2)

static const uint32_t table_location[] = {
	[PCI_TPH_TABLE_NONE] = PCI_TPH_LOC_NONE,
	[PCI_TPH_TABLE_CAPABILITY] = PCI_TPH_LOC_CAP,
	[PCI_TPH_TABLE_MSIX] = PCI_TPH_LOC_MSIX,
};

/* A vector selects its tag in a table: there must be one (6.17.3). */
static bool modes_valid(const struct pci_tph_attr *attr)
{
	return !attr->interrupt_vector || attr->table != PCI_TPH_TABLE_NONE;
}

static bool entries_valid(const struct pci_function *fn, const struct pci_tph_attr *attr)
{
	switch (attr->table) {
	case PCI_TPH_TABLE_NONE:
		return !attr->entries;
	case PCI_TPH_TABLE_CAPABILITY:
		return attr->entries && attr->entries <= MAX_CAPABILITY_ENTRIES;
	case PCI_TPH_TABLE_MSIX:
		return attr->entries && attr->entries <= fn->msix.vectors;
	}
	return false;
}

static uint32_t capability_register(const struct pci_tph_attr *attr)
{
	uint32_t value = PCI_TPH_CAP_ST_NS | table_location[attr->table];

	if (attr->interrupt_vector)
		value |= PCI_TPH_CAP_ST_IV;
	if (attr->device_specific)
		value |= PCI_TPH_CAP_ST_DS;
	if (attr->extended)
		value |= PCI_TPH_CAP_EXT_TPH;
	/* The field holds the index of the last entry. */
	if (attr->entries)
		value |= (attr->entries - 1) << PCI_TPH_CAP_ST_SHIFT;
	return value;
}

int pci_add_tph(struct pci_function *fn, const struct pci_tph_attr *attr)
{
	unsigned int in_cap = attr->table == PCI_TPH_TABLE_CAPABILITY ? attr->entries : 0, cap;
	uint32_t enable_bits = attr->extended ? 0x3 : 0x1;

	if (!modes_valid(attr) || !entries_valid(fn, attr))
		return -EINVAL;
	cap = pci_add_ext_capability(fn, PCI_EXT_CAP_ID_TPH, 1, PCI_TPH_BASE_SIZEOF + 2 * in_cap);
	if (!cap)
		return -ENOSPC;
	fn->tph_cap = cap;
	pci_config_init(fn, cap + PCI_TPH_CAP, 4, capability_register(attr), 0);
	pci_config_init(fn, cap + PCI_TPH_CTRL, 4, 0,
			PCI_TPH_CTRL_MODE_SEL_MASK | enable_bits << 8);
	for (unsigned int i = 0; i < in_cap; i++)
		pci_config_init(fn, cap + PCI_TPH_BASE_SIZEOF + 2 * i, 2, 0,
				attr->extended ? 0xffff : 0xff);
	pci_tph_control_forget(fn);
	return 0;
}

uint32_t pci_tph_control(const struct pci_function *fn)
{
	return fn->tph_cap ? pci_config_get(fn, fn->tph_cap + PCI_TPH_CTRL, 4) : 0;
}

/* All other bits are reserved, and read as zero. */
static uint32_t control_bit(uint32_t value)
{
	return UINT32_C(1) << ((value & PCI_TPH_CTRL_MODE_SEL_MASK) |
			       (value & PCI_TPH_CTRL_REQ_EN_MASK) >> 5);
}

bool pci_tph_control_seen(const struct pci_function *fn, uint32_t value)
{
	return !(value & ~(PCI_TPH_CTRL_MODE_SEL_MASK | PCI_TPH_CTRL_REQ_EN_MASK)) &&
	       fn->tph_controls & control_bit(value);
}

void pci_tph_control_forget(struct pci_function *fn)
{
	fn->tph_controls = control_bit(pci_tph_control(fn));
}

unsigned int pci_tph_requester(const struct pci_function *fn)
{
	unsigned int type = (pci_tph_control(fn) & PCI_TPH_CTRL_REQ_EN_MASK) >> 8;

	/* 10b is reserved: nothing is enabled by it. */
	return type == PCI_TPH_REQ_TPH_ONLY || type == PCI_TPH_REQ_EXT_TPH ? type :
									     PCI_TPH_REQ_DISABLE;
}

/* Requests to other devices, which are those that would carry hints */
static uint64_t requests_sent(const struct pci_function *fn)
{
	const struct fabric_counters *counters = fabric_port_counters(fn->port);

	return counters->tx_writes + counters->tx_reads + counters->tx_atomics;
}

void tph_accessed(struct pci_function *fn)
{
	if (fn->tph_windows.open)
		fn->tph_windows.accesses++;
}

static void window_open(struct pci_function *fn)
{
	struct pci_tph_windows *windows = &fn->tph_windows;

	windows->count++;
	windows->open = true;
	windows->sent = requests_sent(fn);
	windows->accesses = 0;
	fabric_note(fn->port, "TPH requester disabled");
}

static void window_close(struct pci_function *fn)
{
	struct pci_tph_windows *windows = &fn->tph_windows;
	uint64_t tlps = requests_sent(fn) - windows->sent;

	fabric_note(fn->port, "TPH requester enabled");
	if (!windows->open)
		return;
	windows->open = false;
	windows->tlps += tlps;
	if (tlps > windows->most_tlps)
		windows->most_tlps = tlps;
	if (windows->accesses > windows->most_accesses)
		windows->most_accesses = windows->accesses;
}

void tph_written(struct pci_function *fn, unsigned int before)
{
	bool was = before != PCI_TPH_REQ_DISABLE;
	bool is = pci_tph_requester(fn) != PCI_TPH_REQ_DISABLE;

	fn->tph_controls |= control_bit(pci_tph_control(fn));
	if (was && !is)
		window_open(fn);
	else if (!was && is)
		window_close(fn);
}

void tph_reset(struct pci_function *fn)
{
	fn->tph_windows.open = false;
	fn->tph_controls |= control_bit(pci_tph_control(fn));
}

static uint32_t capabilities(const struct pci_function *fn)
{
	return fn->tph_cap ? pci_config_get(fn, fn->tph_cap + PCI_TPH_CAP, 4) : 0;
}

/* The field holds the index of the last entry, which says nothing without a table. */
unsigned int pci_tph_entries(const struct pci_function *fn)
{
	uint32_t cap = capabilities(fn);

	return cap & PCI_TPH_CAP_LOC_MASK ?
		       ((cap & PCI_TPH_CAP_ST_MASK) >> PCI_TPH_CAP_ST_SHIFT) + 1 :
		       0;
}

uint16_t pci_tph_st(const struct pci_function *fn, unsigned int index)
{
	const uint8_t *entry;

	if (index >= pci_tph_entries(fn))
		return 0;
	switch (capabilities(fn) & PCI_TPH_CAP_LOC_MASK) {
	case PCI_TPH_LOC_CAP:
		return pci_config_get(fn, fn->tph_cap + PCI_TPH_BASE_SIZEOF + 2 * index, 2);
	case PCI_TPH_LOC_MSIX:
		entry = fn->msix.entries + index * PCI_MSIX_ENTRY_SIZE + MSIX_ST_OFFSET;
		return entry[0] | entry[1] << 8;
	default:
		return 0;
	}
}

static uint16_t selected_st(const struct pci_function *fn, const struct pci_tph_choice *choice)
{
	uint32_t cap = capabilities(fn);

	switch (pci_tph_control(fn) & PCI_TPH_CTRL_MODE_SEL_MASK) {
	case PCI_TPH_ST_IV_MODE:
		return cap & PCI_TPH_CAP_ST_IV ? pci_tph_st(fn, choice->vector) : 0;
	case PCI_TPH_ST_DS_MODE:
		if (!(cap & PCI_TPH_CAP_ST_DS))
			return 0;
		/* Without a table, devices choose tags themselves. */
		return cap & PCI_TPH_CAP_LOC_MASK ? pci_tph_st(fn, choice->st) : choice->st;
	default:
		return 0;
	}
}

struct tlp_hints pci_tph_hints(const struct pci_function *fn, const struct pci_tph_choice *choice)
{
	switch (pci_tph_requester(fn)) {
	case PCI_TPH_REQ_TPH_ONLY:
		return (struct tlp_hints){
			.hv = TLP_HV_ST,
			.ph = choice->ph,
			.st = selected_st(fn, choice) & 0xff,
		};
	case PCI_TPH_REQ_EXT_TPH:
		return (struct tlp_hints){
			.hv = TLP_HV_ST_EXT,
			.ph = choice->ph,
			.st = selected_st(fn, choice),
		};
	default:
		return (struct tlp_hints){ 0 };
	}
}
