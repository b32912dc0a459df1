// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The device's options on the command line. */
#include "accelerator/accelerator.h"
#include "fabric/options.h"
#include "util/number.h"

#define MIN_MEMORY (UINT64_C(64) << 10)
#define MAX_MEMORY (UINT64_C(64) << 30)

const struct accelerator_attr accelerator_defaults = {
	.requester = 0x0020,
	.memory_size = UINT64_C(256) << 20,
	.completer = PCI_TPH_COMPLETER_EXT,
	.atomics = true,
};

static bool memory_size_valid(uint64_t size)
{
	return size >= MIN_MEMORY && size <= MAX_MEMORY && !(size & (size - 1));
}

bool accelerator_attr_valid(const struct accelerator_attr *attr)
{
	return memory_size_valid(attr->memory_size);
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

static bool set_atomics(void *attr, const char *value)
{
	struct accelerator_attr *accelerator = attr;

	return option_bool(value, &accelerator->atomics);
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
	{ "atomics", "on|off", "whether it completes AtomicOps (on)", set_atomics },
	{ "bdf", "BB:DD.F", "ID in completions; where the guest sees it (00:04.0)", set_bdf },
	{ "flit", "on|off", "whether the link is in flit mode (on)", set_flit },
	{ 0 },
};
