// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* A function's life, its BARs, and who may access them. */
#include "pci/function.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "pci/internal.h"
#include "util/macros.h"
#include "util/range.h"

/*
 * A TLP of a peer: the device may handle it itself; else it is an access to the BAR like those of
 * the CPU.
 */
static void peer_write(void *device, const struct fabric_request *req, const void *data)
{
	struct pci_function *fn = device;

	if (fn->ops->peer_write)
		fn->ops->peer_write(fn, req, data);
	else
		pci_bar_write(fn, req->bar, req->offset, data, req->len);
}

static void peer_read(void *device, const struct fabric_request *req, void *data)
{
	struct pci_function *fn = device;

	if (fn->ops->peer_read)
		fn->ops->peer_read(fn, req, data);
	else
		pci_bar_read(fn, req->bar, req->offset, data, req->len);
}

static bool peer_atomic(void *device, const struct fabric_request *req,
			const struct fabric_atomic *op, uint64_t *old)
{
	struct pci_function *fn = device;

	return fn->atomic_completer && fn->ops->peer_atomic(fn, req, op, old);
}

static const struct fabric_port_ops port_ops = {
	.mem_write = peer_write,
	.mem_read = peer_read,
	.mem_atomic = peer_atomic,
};

static void init_header(struct pci_function *fn, const struct pci_identity *identity)
{
	pci_config_init(fn, PCI_VENDOR_ID, 2, identity->vendor, 0);
	pci_config_init(fn, PCI_DEVICE_ID, 2, identity->device, 0);
	pci_config_init(fn, PCI_COMMAND, 2, 0,
			PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
				PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	pci_config_init(fn, PCI_CLASS_REVISION, 4, identity->revision | identity->class_code << 8,
			0);
	pci_config_init(fn, PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
	pci_config_init(fn, PCI_SUBSYSTEM_VENDOR_ID, 2, identity->subsystem_vendor, 0);
	pci_config_init(fn, PCI_SUBSYSTEM_ID, 2, identity->subsystem, 0);
	pci_config_init(fn, PCI_INTERRUPT_LINE, 1, 0, 0xff);
}

int pci_function_init(struct pci_function *fn, struct fabric *fabric,
		      const struct fabric_port_attr *attr, const struct pci_identity *identity,
		      const struct pci_function_ops *ops)
{
	struct fabric_port_attr port_attr = *attr;

	*fn = (struct pci_function){
		.ops = ops,
		.config_fault = { .name = "config", .actions = FAULT_FAIL },
	};
	port_attr.ops = &port_ops;
	port_attr.device = fn;
	fn->port = fabric_port_create(fabric, &port_attr);
	if (!fn->port)
		return -errno;
	for (unsigned int i = 0; i < PCI_BARS; i++)
		fn->bars[i].memfd = -1;
	init_header(fn, identity);
	return 0;
}

int pci_function_register(struct pci_function *fn, struct registry *registry, const char *device)
{
	const struct {
		const char *name;
		const uint64_t *value;
	} counters[] = {
		{ "tph_windows", &fn->tph_windows.count },
		{ "tph_window_tlps", &fn->tph_windows.tlps },
		{ "tph_window_most_tlps", &fn->tph_windows.most_tlps },
		{ "tph_window_most_accesses", &fn->tph_windows.most_accesses },
	};
	int err = registry_add_fault(registry, device, &fn->config_fault);

	err = err ? err : registry_add_fault(registry, device, fabric_port_read_fault(fn->port));
	for (size_t i = 0; i < ARRAY_SIZE(counters) && !err; i++)
		err = registry_add_value(registry, REGISTRY_COUNTER, device, counters[i].name,
					 counters[i].value);
	return err;
}

struct pci_function *pci_function_of(const struct fabric_port *port)
{
	return fabric_port_device(port, &port_ops);
}

void pci_function_fini(struct pci_function *fn)
{
	for (unsigned int i = 0; i < fn->msix.vectors; i++)
		pci_msix_set_eventfd(fn, i, -1);
	free(fn->msix.eventfds);
	free(fn->msix.entries);
	free(fn->msix.pending);
	fabric_port_destroy(fn->port);
}

static bool bar_valid(unsigned int index, const struct pci_bar *bar)
{
	bool wide = bar->flags & PCI_BAR_64;

	return index < PCI_BARS && bar->size >= 16 && !(bar->size & (bar->size - 1)) &&
	       (wide || bar->size <= UINT32_MAX) && (wide || !(bar->flags & PCI_BAR_PREFETCH)) &&
	       !(wide && index == PCI_BARS - 1);
}

/* The upper half of a 64-bit BAR takes a place too. */
static bool place_taken(const struct pci_function *fn, unsigned int index)
{
	return fn->bars[index].size ||
	       (index && fn->bars[index - 1].size && fn->bars[index - 1].flags & PCI_BAR_64);
}

int pci_add_bar(struct pci_function *fn, unsigned int index, const struct pci_bar *bar)
{
	unsigned int offset = PCI_BASE_ADDRESS_0 + 4 * index;
	uint64_t mask = ~(bar->size - 1);
	uint32_t type = 0;

	if (!bar_valid(index, bar))
		return -EINVAL;
	if (place_taken(fn, index) || (bar->flags & PCI_BAR_64 && place_taken(fn, index + 1)))
		return -EEXIST;
	fn->bars[index] = *bar;
	if (bar->flags & PCI_BAR_64)
		type |= PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (bar->flags & PCI_BAR_PREFETCH)
		type |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	pci_config_init(fn, offset, 4, type, mask);
	if (bar->flags & PCI_BAR_64)
		pci_config_init(fn, offset + 4, 4, 0, mask >> 32);
	return 0;
}

static bool access_valid(const struct pci_function *fn, unsigned int bar, uint64_t offset,
			 size_t len)
{
	return bar < PCI_BARS && range_within(offset, len, fn->bars[bar].size);
}

int pci_bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data, size_t len)
{
	const uint8_t *memory;
	bool writable;

	if (!access_valid(fn, bar, offset, len))
		return -EINVAL;
	if (!pci_powered(fn)) {
		memset(data, 0xff, len);
		return 0;
	}
	memory = msix_memory(fn, bar, offset, len, &writable);
	if (!memory && fn->bars[bar].memory)
		memory = (const uint8_t *)fn->bars[bar].memory + offset;
	if (memory) {
		memcpy(data, memory, len);
		return 0;
	}
	/* Registers that are not there read as zero. */
	memset(data, 0, len);
	if (fn->ops->bar_read)
		fn->ops->bar_read(fn, bar, offset, data, len);
	return 0;
}

int pci_bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		  size_t len)
{
	bool writable = true;
	uint8_t *memory;

	if (!access_valid(fn, bar, offset, len))
		return -EINVAL;
	if (!pci_powered(fn))
		return 0;
	memory = msix_memory(fn, bar, offset, len, &writable);
	if (!memory && fn->bars[bar].memory)
		memory = (uint8_t *)fn->bars[bar].memory + offset;
	if (memory && writable)
		memcpy(memory, data, len);
	else if (!memory && fn->ops->bar_write)
		fn->ops->bar_write(fn, bar, offset, data, len);
	return 0;
}

void pci_function_reset(struct pci_function *fn)
{
	memcpy(fn->config, fn->initial, sizeof(fn->config));
	tph_reset(fn);
	msix_reset(fn);
	windows_update(fn);
	if (fn->express_cap)
		express_update(fn);
	if (fn->ops->reset)
		fn->ops->reset(fn);
}
