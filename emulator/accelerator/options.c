// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The device's options on the command line. */
#include "accelerator/accelerator.h"
#include "accelerator/accelerator_regs.h"
#include "fabric/options.h"
#include "util/number.h"

#define MIN_MEMORY (UINT64_C(64) << 10)
#define MAX_MEMORY (UINT64_C(64) << 30)

/* What fits into the capability, and there are as many vectors. */
#define MAX_ST_ENTRIES 64

_Static_assert(MAX_ST_ENTRIES <= ACC_VECTORS, "a table in MSI-X has an entry a vector at most");

const struct accelerator_attr accelerator_defaults = {
	.requester = 0x0020,
	.memory_size = UINT64_C(256) << 20,
	.completer = PCI_TPH_COMPLETER_EXT,
	.tph_requester = true,
	.tph = {
		.interrupt_vector = true,
		.device_specific = true,
		.extended = true,
		.table = PCI_TPH_TABLE_CAPABILITY,
		.entries = MAX_ST_ENTRIES,
	},
	.atomics = true,
};

static bool memory_size_valid(uint64_t size)
{
	return size >= MIN_MEMORY && size <= MAX_MEMORY && !(size & (size - 1));
}

bool accelerator_attr_valid(const struct accelerator_attr *attr)
{
	return memory_size_valid(attr->memory_size) && attr->tph.entries &&
	       attr->tph.entries <= MAX_ST_ENTRIES &&
	       (!attr->tph.interrupt_vector || attr->tph.table != PCI_TPH_TABLE_NONE);
}

static bool set_size(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;

	return size_parse(value, &accelerator->memory_size) &&
	       memory_size_valid(accelerator->memory_size);
}

static bool set_completer(void *attr, const char *value)
{
	static const struct option_choice choices[] = {
		{ "none", PCI_TPH_COMPLETER_NONE },
		{ "tph", PCI_TPH_COMPLETER_TPH },
		{ "ext", PCI_TPH_COMPLETER_EXT },
		{ "reserved", PCI_TPH_COMPLETER_RESERVED },
		{ 0 },
	};
	struct accelerator_attr *accelerator = attr;
	int completer;

	if (!option_choose(value, choices, &completer))
		return false;
	accelerator->completer = completer;
	return true;
}

static bool set_requester(void *attr, const char *value)
{
	enum { NONE, TPH, EXT };
	static const struct option_choice choices[] = {
		{ "none", NONE },
		{ "tph", TPH },
		{ "ext", EXT },
		{ 0 },
	};
	struct accelerator_attr *accelerator = attr;
	int requester;

	if (!option_choose(value, choices, &requester))
		return false;
	accelerator->tph_requester = requester != NONE;
	accelerator->tph.extended = requester == EXT;
	return true;
}

static bool set_st_modes(void *attr, const char *value)
{
	enum { IV = 1, DS = 2 };
	static const struct option_choice choices[] = {
		{ "none", 0 }, { "iv", IV }, { "ds", DS }, { "both", IV | DS }, { 0 },
	};
	struct accelerator_attr *accelerator = attr;
	int modes;

	if (!option_choose(value, choices, &modes))
		return false;
	accelerator->tph.interrupt_vector = modes & IV;
	accelerator->tph.device_specific = modes & DS;
	return true;
}

static bool set_st_table(void *attr, const char *value)
{
	static const struct option_choice choices[] = {
		{ "capability", PCI_TPH_TABLE_CAPABILITY },
		{ "msix", PCI_TPH_TABLE_MSIX },
		{ "none", PCI_TPH_TABLE_NONE },
		{ 0 },
	};
	struct accelerator_attr *accelerator = attr;
	int table;

	if (!option_choose(value, choices, &table))
		return false;
	accelerator->tph.table = table;
	return true;
}

static bool set_st_entries(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;
	uint64_t entries;

	if (!number_parse(value, 1, MAX_ST_ENTRIES, &entries))
		return false;
	accelerator->tph.entries = entries;
	return true;
}

static bool set_atomics(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;

	return option_bool(value, &accelerator->atomics);
}

static bool set_soft_reset(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;

	return option_bool(value, &accelerator->soft_reset);
}

static bool set_bdf(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;

	return option_bdf(value, &accelerator->requester);
}

static bool set_flit(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;

	return fabric_option_encoding(value, &accelerator->encoding);
}

const struct option_def accelerator_options[] = {
	{ "size", "64K..64G, a power of two", "memory in BAR2 (256M)", set_size },
	{ "completer", "none|tph|ext|reserved",
	  "TPH completer: none, 8-bit tags, 16-bit tags too (ext), the reserved encoding 10b: none",
	  set_completer },
	{ "requester", "none|tph|ext",
	  "TPH requester: none, 8-bit tags (tph), 16-bit tags too (ext)", set_requester },
	{ "st-modes", "none|iv|ds|both",
	  "ST modes beside No ST: interrupt-vector, device-specific (both)", set_st_modes },
	{ "st-table", "capability|msix|none",
	  "where the ST table is; none goes with st-modes=none or ds (capability)", set_st_table },
	{ "st-entries", "1..64", "size of the ST table, if there is one (64)", set_st_entries },
	{ "atomics", "on|off", "whether it completes AtomicOps (on)", set_atomics },
	{ "soft-reset", "on|off", "whether a return from D3hot to D0 resets it (off)",
	  set_soft_reset },
	{ "bdf", "BB:DD.F", "ID in requests; where the guest sees it (00:04.0)", set_bdf },
	{ "flit", "on|off", "whether the link is in flit mode (on)", set_flit },
	{ 0 },
};
