// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Power Management capability (7.5.2): two states, and what a way between them does. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "pci/internal.h"

/* Of the PCI Bus Power Management Interface Specification, 1.2, as PCI Express wants it */
#define VERSION 3

/* Values of PCI_PM_CTRL_STATE_MASK; 1 and 2 are D1 and D2. */
#define D0    0
#define D3HOT 3

int pci_add_power(struct pci_function *fn, bool soft_reset)
{
	unsigned int cap = pci_add_capability(fn, PCI_CAP_ID_PM, PCI_PM_SIZEOF);

	if (!cap)
		return -ENOSPC;
	pci_config_init(fn, cap + PCI_PM_PMC, 2, VERSION, 0);
	pci_config_init(fn, cap + PCI_PM_CTRL, 2, soft_reset ? 0 : PCI_PM_CTRL_NO_SOFT_RESET,
			PCI_PM_CTRL_STATE_MASK);
	fn->power_cap = cap;
	return 0;
}

static uint32_t control(const struct pci_function *fn)
{
	return fn->power_cap ? pci_config_get(fn, fn->power_cap + PCI_PM_CTRL, 2) : D0;
}

bool pci_powered(const struct pci_function *fn)
{
	return (control(fn) & PCI_PM_CTRL_STATE_MASK) == D0;
}

/* A write of a state that the function does not have is discarded (7.5.2.2). */
void power_written(struct pci_function *fn, bool before)
{
	uint32_t value = control(fn), state = value & PCI_PM_CTRL_STATE_MASK;

	if (state == D0 || state == D3HOT)
		return;
	value = (value & ~PCI_PM_CTRL_STATE_MASK) | (before ? D0 : D3HOT);
	pci_config_set(fn, fn->power_cap + PCI_PM_CTRL, 2, value);
}

bool power_resets(const struct pci_function *fn, bool before)
{
	return !before && pci_powered(fn) && !(control(fn) & PCI_PM_CTRL_NO_SOFT_RESET);
}
