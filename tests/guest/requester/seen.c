// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "control.h"
#include "path.h"
#include "seen.h"
#include "tap.h"
#include "tph_regs.h"
#include "util/macros.h"

static bool allowed(const struct device *device, unsigned int stage, uint32_t value)
{
	static const uint32_t modes[STAGES] = { 1, 3, 7, 7 };
	uint32_t mode = value & PCI_TPH_CTRL_MODE_SEL_MASK;
	uint32_t requester = (value & PCI_TPH_CTRL_REQ_EN_MASK) >> 8;

	return modes[stage] & device->tph_cap & 1u << mode && path_allows(device, requester) &&
	       !(value & ~(PCI_TPH_CTRL_MODE_SEL_MASK | PCI_TPH_CTRL_REQ_EN_MASK));
}

void seen_ok(int control, const char *model, const struct device *device, unsigned int stage,
	     const char *what)
{
	uint32_t seen[64];
	unsigned int count = control_tph(control, model, "seen", seen, ARRAY_SIZE(seen));
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < count; i++)
		if (!allowed(device, stage, seen[i])) {
			tap_note("control has been 0x%x", seen[i]);
			wrong++;
		}
	tap_ok(!wrong && count <= ARRAY_SIZE(seen),
	       "%s, stage %u, %s: the control register was never what it may not be", model, stage,
	       what);
	tap_note("it had %u values", count);
}
