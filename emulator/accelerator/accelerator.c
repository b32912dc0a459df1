// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "accelerator/accelerator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accelerator/accelerator_regs.h"
#include "accelerator/dma.h"
#include "accelerator/ingress.h"
#include "base/registry.h"
#include "util/macros.h"

/* What its peers may send in one TLP; guests set less. */
#define MAX_PAYLOAD 512

/* Table and pending bits of MSI-X have a BAR of their own. */
#define MSIX_SIZE 4096
#define MSIX_PBA  2048

struct accelerator {
	struct pci_function fn;
	struct ingress ingress;
	struct dma dma;
	struct registry *registry;
	uint64_t memory_size;
	int memfd;
};

static struct accelerator *from_function(struct pci_function *fn)
{
	return container_of(fn, struct accelerator, fn);
}

/* Rows of 64-bit registers, each an array of counters. */
static const struct {
	uint32_t offset, count;
	size_t counters;
} counter_rows[] = {
#define ROW(offset, count, member) { offset, count, offsetof(struct ingress_counters, member) }
	ROW(ACC_WRITES, 1, writes),
	ROW(ACC_WRITE_BYTES, 1, write_bytes),
	ROW(ACC_READS, 1, reads),
	ROW(ACC_NO_HINTS, 1, no_hints),
	ROW(ACC_IGNORED_HINTS, 1, ignored_hints),
	ROW(ACC_UNKNOWN_OPERATION, 1, unknown_operation),
	ROW(ACC_ATOMICS, 1, atomics),
	ROW(ACC_PH(0), 4, ph),
	ROW(ACC_PARTITION_ST(0), INGRESS_ST_CODES, partition_st),
	ROW(ACC_OPERATION_ST(0), INGRESS_ST_CODES, operation_st),
	ROW(ACC_PARTITION_ST_EXT(0), INGRESS_ST_EXT_CODES, partition_st_ext),
	ROW(ACC_OPERATION_ST_EXT(0), INGRESS_ST_EXT_CODES, operation_st_ext),
#undef ROW
};

/* The 64 bits at @offset, a multiple of 8. */
static uint64_t read_register(const struct accelerator *accelerator, uint64_t offset)
{
	const uint8_t *counters = (const uint8_t *)&accelerator->ingress.counters;

	switch (offset) {
	case ACC_ID:
		return ACC_ID_VALUE | (uint64_t)ACC_VERSION_VALUE << 32;
	case ACC_CAPS:
		return accelerator->ingress.completer;
	case ACC_MEMORY_SIZE:
		return accelerator->memory_size;
	}
	for (size_t i = 0; i < ARRAY_SIZE(counter_rows); i++) {
		uint64_t index = (offset - counter_rows[i].offset) / 8, value;

		if (offset < counter_rows[i].offset || index >= counter_rows[i].count)
			continue;
		memcpy(&value, counters + counter_rows[i].counters + 8 * index, sizeof(value));
		return value;
	}
	return dma_read(&accelerator->dma, offset);
}

static void bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
		     size_t len)
{
	uint64_t value;

	if (bar != ACC_REGISTER_BAR)
		return;
	value = read_register(from_function(fn), offset & ~UINT64_C(7)) >> offset % 8 * 8;
	/* An access that crosses into the next register reads zero there. */
	memcpy(data, &value, len < sizeof(value) ? len : sizeof(value));
}

static void write_register(struct accelerator *accelerator, uint64_t offset, uint32_t value)
{
	if (offset != ACC_CONTROL) {
		dma_write(&accelerator->dma, offset, value);
	} else if (value & ACC_CONTROL_CLEAR) {
		accelerator->ingress.counters = (struct ingress_counters){ 0 };
		accelerator->dma.counters = (struct dma_counters){ 0 };
	}
}

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	uint32_t value;

	if (bar != ACC_REGISTER_BAR || offset % sizeof(value) || len % sizeof(value))
		return;
	for (size_t i = 0; i < len; i += sizeof(value)) {
		memcpy(&value, (const uint8_t *)data + i, sizeof(value));
		write_register(from_function(fn), offset + i, value);
	}
}

static void peer_write(struct pci_function *fn, const struct fabric_request *req, const void *data)
{
	if (req->bar == ACC_MEMORY_BAR)
		ingress_write(&from_function(fn)->ingress, req, data);
	else
		pci_bar_write(fn, req->bar, req->offset, data, req->len);
}

static void peer_read(struct pci_function *fn, const struct fabric_request *req, void *data)
{
	if (req->bar == ACC_MEMORY_BAR)
		ingress_read(&from_function(fn)->ingress, req, data);
	else
		pci_bar_read(fn, req->bar, req->offset, data, req->len);
}

/* Registers have no AtomicOps. */
static bool peer_atomic(struct pci_function *fn, const struct fabric_request *req,
			const struct fabric_atomic *op, uint64_t *old)
{
	if (req->bar != ACC_MEMORY_BAR)
		return false;
	ingress_atomic(&from_function(fn)->ingress, req, op, old);
	return true;
}

static void reset(struct pci_function *fn)
{
	struct accelerator *accelerator = from_function(fn);

	accelerator->ingress.counters = (struct ingress_counters){ 0 };
	dma_reset(&accelerator->dma);
}

static const struct pci_function_ops function_ops = {
	.bar_read = bar_read,
	.bar_write = bar_write,
	.peer_write = peer_write,
	.peer_read = peer_read,
	.peer_atomic = peer_atomic,
	.reset = reset,
};

static const struct pci_identity identity = {
	.vendor = ACC_VENDOR_ID,
	.device = ACC_DEVICE_ID,
	.subsystem_vendor = ACC_VENDOR_ID,
	.subsystem = ACC_DEVICE_ID,
	.class_code = ACC_CLASS_CODE,
};

/*
 * The memfd is sealed, so that no process that gets the descriptor can shrink the memory while it
 * is in use here.
 */
static int make_memory(struct accelerator *accelerator)
{
	int err;

	accelerator->memfd = memfd_create("accelerator", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (accelerator->memfd < 0)
		return -errno;
	if (ftruncate(accelerator->memfd, accelerator->memory_size) ||
	    fcntl(accelerator->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto err_close;
	accelerator->ingress.memory = mmap(NULL, accelerator->memory_size, PROT_READ | PROT_WRITE,
					   MAP_SHARED, accelerator->memfd, 0);
	if (accelerator->ingress.memory != MAP_FAILED)
		return 0;
err_close:
	err = -errno;
	close(accelerator->memfd);
	return err;
}

static void free_memory(struct accelerator *accelerator)
{
	munmap(accelerator->ingress.memory, accelerator->memory_size);
	close(accelerator->memfd);
}

static int add_bars(struct accelerator *accelerator)
{
	const struct pci_bar registers = { .size = ACC_REGISTER_SIZE, .memfd = -1 };
	const struct pci_bar memory = {
		.size = accelerator->memory_size,
		.flags = PCI_BAR_64 | PCI_BAR_PREFETCH,
		.memory = accelerator->ingress.memory,
		.memfd = accelerator->memfd,
	};
	const struct pci_bar msix = { .size = MSIX_SIZE, .memfd = -1 };
	int err = pci_add_bar(&accelerator->fn, ACC_REGISTER_BAR, &registers);

	err = err ? err : pci_add_bar(&accelerator->fn, ACC_MEMORY_BAR, &memory);
	return err ? err : pci_add_bar(&accelerator->fn, ACC_MSIX_BAR, &msix);
}

static int add_tph(struct pci_function *fn, const struct accelerator_attr *attr)
{
	struct pci_tph_attr tph = attr->tph;

	if (tph.table == PCI_TPH_TABLE_NONE)
		tph.entries = 0;
	return attr->tph_requester ? pci_add_tph(fn, &tph) : 0;
}

static int build_function(struct accelerator *accelerator, const struct accelerator_attr *attr)
{
	const struct pci_express_attr express = {
		.max_payload = MAX_PAYLOAD,
		.completer = attr->completer,
		.atomic_completer = attr->atomics,
	};
	const struct pci_msix_attr msix = {
		.vectors = ACC_VECTORS,
		.bar = ACC_MSIX_BAR,
		.pba = MSIX_PBA,
	};
	struct pci_function *fn = &accelerator->fn;
	int err = add_bars(accelerator);

	err = err ? err : pci_add_express(fn, &express);
	err = err ? err : pci_add_msix(fn, &msix);
	err = err ? err : pci_add_power(fn, attr->soft_reset);
	return err ? err : add_tph(fn, attr);
}

static int register_values(struct accelerator *accelerator)
{
	struct ingress_counters *counters = &accelerator->ingress.counters;
	struct dma_counters *dma = &accelerator->dma.counters;
	const struct {
		const char *name;
		const uint64_t *value;
	} values[] = {
		{ "ingress_writes", &counters->writes },
		{ "ingress_write_bytes", &counters->write_bytes },
		{ "ingress_reads", &counters->reads },
		{ "ingress_atomics", &counters->atomics },
		{ "no_hints", &counters->no_hints },
		{ "ignored_hints", &counters->ignored_hints },
		{ "unknown_operation", &counters->unknown_operation },
		{ "ph0", &counters->ph[0] },
		{ "ph1", &counters->ph[1] },
		{ "ph2", &counters->ph[2] },
		{ "ph3", &counters->ph[3] },
		{ "dma_ended", &dma->ended },
		{ "dma_failed", &dma->failed },
		{ "dma_dropped", &dma->dropped },
		{ "dma_read_bytes", &dma->read_bytes },
		{ "dma_write_bytes", &dma->write_bytes },
	};
	const char *name = fabric_port_name(accelerator->fn.port);
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(values) && !err; i++)
		err = registry_add_value(accelerator->registry, REGISTRY_COUNTER, name,
					 values[i].name, values[i].value);
	err = err ? err : registry_add_fault(accelerator->registry, name, &accelerator->dma.fault);
	return err ? err : pci_function_register(&accelerator->fn, accelerator->registry, name);
}

/* Returns 0 or -errno. On failure nothing is undone; accelerator_create() does that. */
static int plug_in(struct accelerator *accelerator, struct fabric *fabric,
		   const struct accelerator_attr *attr)
{
	struct fabric_port_attr port = {
		.name = attr->name,
		.requester = attr->requester,
		.encoding = attr->encoding,
	};
	int err;

	err = pci_function_init(&accelerator->fn, fabric, &port, &identity, &function_ops);
	if (err)
		return err;
	err = build_function(accelerator, attr);
	if (!err)
		err = register_values(accelerator);
	if (err) {
		registry_remove(accelerator->registry, attr->name);
		pci_function_fini(&accelerator->fn);
	}
	return err;
}

struct accelerator *accelerator_create(struct engine *engine, struct fabric *fabric,
				       struct registry *registry,
				       const struct accelerator_attr *attr)
{
	struct accelerator *accelerator;
	int err;

	if (!accelerator_attr_valid(attr)) {
		errno = EINVAL;
		return NULL;
	}
	if (registry_has_device(registry, attr->name)) {
		errno = EEXIST;
		return NULL;
	}
	accelerator = calloc(1, sizeof(*accelerator));
	if (!accelerator)
		return NULL;
	accelerator->registry = registry;
	accelerator->memory_size = attr->memory_size;
	accelerator->ingress.completer = attr->completer;
	err = make_memory(accelerator);
	if (err)
		goto err_free;
	dma_init(&accelerator->dma, engine, &accelerator->fn, accelerator->ingress.memory,
		 accelerator->memory_size);
	err = plug_in(accelerator, fabric, attr);
	if (err)
		goto err_memory;
	return accelerator;

err_memory:
	free_memory(accelerator);
err_free:
	free(accelerator);
	errno = -err;
	return NULL;
}

void accelerator_destroy(struct accelerator *accelerator)
{
	if (!accelerator)
		return;
	dma_reset(&accelerator->dma);
	registry_remove(accelerator->registry, fabric_port_name(accelerator->fn.port));
	pci_function_fini(&accelerator->fn);
	free_memory(accelerator);
	free(accelerator);
}

struct pci_function *accelerator_function(struct accelerator *accelerator)
{
	return &accelerator->fn;
}
