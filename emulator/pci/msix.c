// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* MSI-X: capability, table and pending bits, sending. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci/internal.h"
#include "util/range.h"

static size_t pba_size(unsigned int vectors)
{
	return (vectors + 63) / 64 * 8;
}

static bool attr_valid(const struct pci_function *fn, const struct pci_msix_attr *attr)
{
	uint64_t table_size, pending_size = pba_size(attr->vectors);

	if (!attr->vectors || attr->vectors > PCI_MAX_VECTORS || attr->bar >= PCI_BARS)
		return false;
	table_size = attr->vectors * PCI_MSIX_ENTRY_SIZE;
	return !(attr->table % 8) && !(attr->pba % 8) &&
	       range_within(attr->table, table_size, fn->bars[attr->bar].size) &&
	       range_within(attr->pba, pending_size, fn->bars[attr->bar].size) &&
	       !ranges_overlap(attr->table, table_size, attr->pba, pending_size);
}

static int allocate(struct pci_msix *msix, unsigned int vectors)
{
	msix->eventfds = malloc(vectors * sizeof(*msix->eventfds));
	msix->entries = calloc(vectors, PCI_MSIX_ENTRY_SIZE);
	msix->pending = calloc(1, pba_size(vectors));
	if (!msix->eventfds || !msix->entries || !msix->pending) {
		free(msix->eventfds);
		free(msix->entries);
		free(msix->pending);
		*msix = (struct pci_msix){ 0 };
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < vectors; i++)
		msix->eventfds[i] = -1;
	return 0;
}

int pci_add_msix(struct pci_function *fn, const struct pci_msix_attr *attr)
{
	struct pci_msix *msix = &fn->msix;
	unsigned int cap;
	int err;

	if (!attr_valid(fn, attr))
		return -EINVAL;
	err = allocate(msix, attr->vectors);
	if (err)
		return err;
	msix->vectors = attr->vectors;
	msix->bar = attr->bar;
	msix->table = attr->table;
	msix->pba = attr->pba;
	msix_reset(fn);
	cap = pci_add_capability(fn, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
	if (!cap)
		return -ENOSPC;
	msix->cap = cap;
	pci_config_init(fn, cap + PCI_MSIX_FLAGS, 2, attr->vectors - 1,
			PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	pci_config_init(fn, cap + PCI_MSIX_TABLE, 4, attr->table | attr->bar, 0);
	pci_config_init(fn, cap + PCI_MSIX_PBA, 4, attr->pba | attr->bar, 0);
	return 0;
}

static bool sendable(const struct pci_function *fn, unsigned int vector)
{
	uint32_t flags = pci_config_get(fn, fn->msix.cap + PCI_MSIX_FLAGS, 2);

	return pci_powered(fn) && flags & PCI_MSIX_FLAGS_ENABLE &&
	       !(flags & PCI_MSIX_FLAGS_MASKALL) && fn->msix.eventfds[vector] >= 0;
}

static void send_interrupt(struct pci_msix *msix, unsigned int vector)
{
	uint64_t one = 1;

	msix->pending[vector / 64] &= ~(UINT64_C(1) << vector % 64);
	/* A full eventfd has signalled its reader already. */
	if (write(msix->eventfds[vector], &one, sizeof(one)) == sizeof(one))
		msix->raised++;
}

void pci_msix_raise(struct pci_function *fn, unsigned int vector)
{
	if (vector >= fn->msix.vectors)
		return;
	if (sendable(fn, vector))
		send_interrupt(&fn->msix, vector);
	else
		fn->msix.pending[vector / 64] |= UINT64_C(1) << vector % 64;
}

static void send_if_pending(struct pci_function *fn, unsigned int vector)
{
	if (fn->msix.pending[vector / 64] & UINT64_C(1) << vector % 64 && sendable(fn, vector))
		send_interrupt(&fn->msix, vector);
}

void msix_send_pending(struct pci_function *fn)
{
	for (unsigned int i = 0; i < fn->msix.vectors; i++)
		send_if_pending(fn, i);
}

void msix_reset(struct pci_function *fn)
{
	struct pci_msix *msix = &fn->msix;

	if (!msix->vectors)
		return;
	memset(msix->pending, 0, pba_size(msix->vectors));
	memset(msix->entries, 0, msix->vectors * PCI_MSIX_ENTRY_SIZE);
	for (unsigned int i = 0; i < msix->vectors; i++)
		msix->entries[i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL] =
			PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

uint8_t *msix_memory(struct pci_function *fn, unsigned int bar, uint64_t offset, size_t len,
		     bool *writable)
{
	struct pci_msix *msix = &fn->msix;
	uint64_t table_size = (uint64_t)msix->vectors * PCI_MSIX_ENTRY_SIZE;

	if (!msix->vectors || bar != msix->bar)
		return NULL;
	*writable = true;
	if (offset >= msix->table && range_within(offset - msix->table, len, table_size))
		return msix->entries + (offset - msix->table);
	*writable = false;
	if (offset >= msix->pba && range_within(offset - msix->pba, len, pba_size(msix->vectors)))
		return (uint8_t *)msix->pending + (offset - msix->pba);
	return NULL;
}

int pci_msix_set_eventfd(struct pci_function *fn, unsigned int vector, int fd)
{
	struct pci_msix *msix = &fn->msix;

	if (vector >= msix->vectors) {
		if (fd >= 0)
			close(fd);
		return -EINVAL;
	}
	if (msix->eventfds[vector] >= 0)
		close(msix->eventfds[vector]);
	msix->eventfds[vector] = fd;
	send_if_pending(fn, vector);
	return 0;
}
