// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Configuration space: accesses, and what its registers control. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "pci/internal.h"
#include "util/range.h"

uint32_t pci_config_get(const struct pci_function *fn, unsigned int offset, unsigned int len)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < len; i++)
		value |= (uint32_t)fn->config[offset + i] << (8 * i);
	return value;
}

static void put(uint8_t *space, unsigned int offset, unsigned int len, uint32_t value)
{
	for (unsigned int i = 0; i < len; i++)
		space[offset + i] = value >> (8 * i);
}

void pci_config_set(struct pci_function *fn, unsigned int offset, unsigned int len, uint32_t value)
{
	put(fn->config, offset, len, value);
}

void pci_config_init(struct pci_function *fn, unsigned int offset, unsigned int len, uint32_t value,
		     uint32_t writable)
{
	put(fn->config, offset, len, value);
	put(fn->initial, offset, len, value);
	put(fn->writable, offset, len, writable);
}

bool pci_bus_master(const struct pci_function *fn)
{
	return pci_powered(fn) && pci_config_get(fn, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

bool pci_memory_enabled(const struct pci_function *fn)
{
	return pci_powered(fn) && pci_config_get(fn, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

static uint64_t bar_base(const struct pci_function *fn, unsigned int bar)
{
	unsigned int offset = PCI_BASE_ADDRESS_0 + 4 * bar;
	uint64_t base = pci_config_get(fn, offset, 4) & PCI_BASE_ADDRESS_MEM_MASK & UINT32_MAX;

	if (fn->bars[bar].flags & PCI_BAR_64)
		base |= (uint64_t)pci_config_get(fn, offset + 4, 4) << 32;
	return base;
}

void windows_update(struct pci_function *fn)
{
	bool enabled = pci_memory_enabled(fn);

	for (unsigned int i = 0; i < PCI_BARS; i++) {
		uint64_t base = fn->bars[i].size ? bar_base(fn, i) : 0;

		/* Zero means that nobody has placed the BAR yet. */
		fabric_port_set_window(fn->port, i, base, enabled && base ? fn->bars[i].size : 0);
	}
	fabric_port_set_bus_master(fn->port, pci_bus_master(fn));
}

static bool touches(unsigned int offset, unsigned int len, unsigned int reg, unsigned int reg_len)
{
	return ranges_overlap(offset, len, reg, reg_len);
}

/* Initiate Function Level Reset reads as zero and acts when one is written (7.5.3.4). */
static bool flr_requested(struct pci_function *fn, unsigned int offset, const uint8_t *data,
			  unsigned int len)
{
	unsigned int byte = fn->express_cap + PCI_EXP_DEVCTL + 1;

	return fn->express_cap && offset <= byte && byte < offset + len &&
	       data[byte - offset] & (PCI_EXP_DEVCTL_BCR_FLR >> 8);
}

/*
 * Function Level Reset, or a return from D3hot that does the same. QEMU answers reads of the BARs
 * from its own copy, which either leaves alone, as it does when the function behind it is a
 * kernel's VFIO device. So the guest finds nothing to restore and never writes them again: they
 * keep their value here, too.
 */
static void reset_all_but_bars(struct pci_function *fn)
{
	uint8_t bars[4 * PCI_BARS];

	memcpy(bars, fn->config + PCI_BASE_ADDRESS_0, sizeof(bars));
	pci_function_reset(fn);
	memcpy(fn->config + PCI_BASE_ADDRESS_0, bars, sizeof(bars));
}

int pci_config_read(struct pci_function *fn, uint64_t offset, void *data, size_t len)
{
	if (!range_within(offset, len, PCI_CONFIG_SIZE))
		return -EINVAL;
	tph_accessed(fn);
	if (fault_check(&fn->config_fault, offset) == FAULT_FAIL)
		memset(data, 0xff, len);
	else
		memcpy(data, fn->config + offset, len);
	return 0;
}

static void store(struct pci_function *fn, unsigned int offset, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t *byte = &fn->config[offset + i], mask = fn->writable[offset + i];

		*byte = (*byte & ~mask) | (data[i] & mask);
		*byte &= ~(data[i] & fn->write_clear[offset + i]);
	}
}

/* What follows from a write that was no reset; @powered: what pci_powered() said before it. */
static void written(struct pci_function *fn, unsigned int offset, size_t len, bool powered)
{
	bool power = pci_powered(fn) != powered;

	if (power || touches(offset, len, PCI_COMMAND, 2) ||
	    touches(offset, len, PCI_BASE_ADDRESS_0, 4 * PCI_BARS))
		windows_update(fn);
	if (fn->express_cap && touches(offset, len, fn->express_cap + PCI_EXP_DEVCTL, 2))
		express_update(fn);
	if (fn->msix.vectors && (power || touches(offset, len, fn->msix.cap + PCI_MSIX_FLAGS, 2)))
		msix_send_pending(fn);
	if (fn->ops->config_written)
		fn->ops->config_written(fn, offset, len);
}

int pci_config_write(struct pci_function *fn, uint64_t offset, const void *data, size_t len)
{
	unsigned int requester = pci_tph_requester(fn);
	bool powered = pci_powered(fn);

	if (!range_within(offset, len, PCI_CONFIG_SIZE))
		return -EINVAL;
	tph_accessed(fn);
	store(fn, offset, data, len);
	power_written(fn, powered);
	if (flr_requested(fn, offset, data, len) || power_resets(fn, powered)) {
		reset_all_but_bars(fn);
		return 0;
	}
	tph_written(fn, requester);
	written(fn, offset, len, powered);
	return 0;
}
