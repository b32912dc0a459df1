/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of pci/ share. */
#ifndef PCI_INTERNAL_H
#define PCI_INTERNAL_H

#include "pci/function.h"

/** windows_update() - tell the fabric what BARs decode: by BARs, Command register and power. */
void windows_update(struct pci_function *fn);

/** express_update() - tell the fabric the sizes that Device Control asks for. */
void express_update(struct pci_function *fn);

/** power_written() - a write was made; @before: what pci_powered() said before it. */
void power_written(struct pci_function *fn, bool before);

/** power_resets() - whether that write was a return from D3hot that resets the function. */
bool power_resets(const struct pci_function *fn, bool before);

/** tph_accessed() - count an access to configuration space. */
void tph_accessed(struct pci_function *fn);

/** tph_written() - a write was made; @before: what pci_tph_requester() said before it. */
void tph_written(struct pci_function *fn, unsigned int before);

/** tph_reset() - configuration space is back at its initial state. */
void tph_reset(struct pci_function *fn);

/** msix_send_pending() - send what is pending and no longer masked. */
void msix_send_pending(struct pci_function *fn);

/** msix_reset() - nothing pending, table zero; event descriptors stay, the transport owns them. */
void msix_reset(struct pci_function *fn);

/**
 * msix_memory() - the table or the PBA as BAR contents.
 *
 * Return: where BAR bytes [offset, offset + len) are, or NULL when they are not all in one of both.
 */
uint8_t *msix_memory(struct pci_function *fn, unsigned int bar, uint64_t offset, size_t len,
		     bool *writable);

#endif
