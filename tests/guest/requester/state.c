// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "state.h"
#include "tap.h"
#include "tph_regs.h"

static unsigned int entries_of(const struct device *device)
{
	return device_table(device) == PCI_TPH_LOC_CAP ? device_entries(device) : 0;
}

void state_take(const struct device *device, struct state *state)
{
	*state = (struct state){
		.cap = device_read(device, device->tph + PCI_TPH_CAP, 4),
		.control = device_read(device, device->tph + PCI_TPH_CTRL, 4),
		.real_control = device_real(device, device->tph + PCI_TPH_CTRL, 4),
	};
	for (unsigned int i = 0; i < entries_of(device); i += 2) {
		uint32_t two = device_real(device, device->tph + PCI_TPH_BASE_SIZEOF + 2 * i, 4);

		state->entries[i] = two;
		state->entries[i + 1] = two >> 16;
	}
}

static bool same(uint32_t is, uint32_t was, const char *what, unsigned int index)
{
	if (is != was)
		tap_note("%s %u: 0x%x instead of 0x%x", what, index, is, was);
	return is == was;
}

static bool compare(const struct state *is, const struct state *was)
{
	bool kept = same(is->cap, was->cap, "capability", 0);

	kept &= same(is->control, was->control, "control", 0);
	kept &= same(is->real_control, was->real_control, "real control", 0);
	for (unsigned int i = 0; i < STATE_ENTRIES; i++)
		kept &= same(is->entries[i], was->entries[i], "entry", i);
	return kept;
}

bool state_kept(const struct device *device, const struct state *state)
{
	struct state now;

	state_take(device, &now);
	return compare(&now, state);
}

bool state_entries(const struct device *device, const struct state *state, unsigned int start,
		   unsigned int count, const uint16_t *tags, const char *what)
{
	struct state due = *state, now;

	for (unsigned int i = 0; i < count; i++)
		due.entries[start + i] = tags[i];
	state_take(device, &now);
	return tap_ok(compare(&now, &due), "%s: what is in the device", what);
}
