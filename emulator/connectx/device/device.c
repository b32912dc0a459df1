// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The function on the bus: configuration space, BAR0 with the initialization segment and the UARs,
 * and reset.
 */
#include "connectx/device/device.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/device/caps.h"
#include "connectx/device/cmd_table.h"
#include "connectx/device/objects.h"
#include "connectx/port/port.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/uar.h"
#include "connectx/transport/transport.h"
#include "util/macros.h"

#define VENDOR_MELLANOX	0x15b3
#define DEVICE_CONNECTX7 0x1021
#define SUBSYSTEM	0x0001
#define CLASS_INFINIBAND 0x020700
#define MAX_PAYLOAD	512	/* bytes in a TLP */
#define BAR_UAR		0
#define BAR_MSIX	2
#define MSIX_PBA	0x2000	/* in BAR_MSIX, behind the table */
/*
 * The vendor-specific capability, a gateway to other address spaces of the device. Here it reports
 * each of them as not supported.
 */
#define VSC_BYTES	0x18

/* The initialization segment (struct mlx5_init_seg): numbers are those of a ConnectX-7 image. */
#define FW_MAJOR	28
#define FW_MINOR	99
#define FW_SUB		1
#define CMDIF_REV	5
#define HEALTH_PERIOD_NS 10000000	/* one step of the health counter */
#define CMDQ_ADDRESS_MASK (~0xfffULL)
/* nic_interface: bits 9:8 of the lower half of the queue's address; the driver's names. */
enum nic_interface { NIC_FULL = 0, NIC_DISABLED = 1, NIC_NO_DRAM = 2, NIC_SW_RESET = 7 };
#define NIC_INTERFACE(low) ((low) >> MLX5_NIC_IFC_OFFSET & 7)

/* A word of the segment. @now is the time of the whole access, so that its bytes are consistent. */
static uint32_t iseg_read(const struct cx_device *device, uint64_t offset, uint64_t now)
{
	switch (offset) {
	case offsetof(struct mlx5_init_seg, fw_rev):
		return FW_MINOR << 16 | FW_MAJOR;
	case offsetof(struct mlx5_init_seg, cmdif_rev_fw_sub):
		return CMDIF_REV << 16 | FW_SUB;
	case offsetof(struct mlx5_init_seg, cmdq_addr_h):
		return device->nic.cmd.address >> 32;
	case offsetof(struct mlx5_init_seg, cmdq_addr_l_sz):
		return (uint32_t)device->nic.cmd.address |
		       (uint32_t)device->interface << MLX5_NIC_IFC_OFFSET |
		       (uint32_t)CMD_LOG_SLOTS << 4 | CMD_LOG_STRIDE;
	case offsetof(struct mlx5_init_seg, health.fw_ver):
		return FW_MAJOR << 24 | FW_MINOR << 16 | FW_SUB;
	case offsetof(struct mlx5_init_seg, health_counter):
		return (now - device->health_zero_ns) / HEALTH_PERIOD_NS;
	case offsetof(struct mlx5_init_seg, internal_timer_h):
		return now >> 32;
	case offsetof(struct mlx5_init_seg, internal_timer_l):
		return now;
	default:
		/*
		 * All other fields read as zero, among them "initializing" (bit 31 clear: done),
		 * time-outs and the syndrome.
		 */
		return 0;
	}
}

static void bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
		     size_t len)
{
	struct cx_device *device = container_of(fn, struct cx_device, nic.fn);
	uint64_t now = engine_now_ns(device->nic.engine);
	uint8_t *bytes = data;

	memset(data, 0, len);
	if (bar != BAR_UAR)
		return;
	if (offset >= MEMIC_START)
		memic_read(&device->nic, offset, data, len);
	for (size_t i = 0; i < len && offset + i < sizeof(struct mlx5_init_seg); i++) {
		__be32 word = cpu_to_be32(iseg_read(device, (offset + i) & ~3ULL, now));

		bytes[i] = ((const uint8_t *)&word)[(offset + i) & 3];
	}
}

/* Return to the state before the first driver. What the bus has set up stays. */
static void device_quiesce(struct cx_device *device)
{
	struct connectx *nic = &device->nic;

	objects_clear(nic);
	subnet_forget(nic);
	cmd_reset(nic);
	caps_reset(nic);
	nic->state = HCA_DISABLED;
	device->issi = 0;
}

/*
 * The lower half of the command queue's address, which also holds the state of the interface that
 * the driver asks for. A new address means a new driver, so whatever its predecessor has left is
 * destroyed.
 */
static void cmdq_write(struct cx_device *device, uint32_t low)
{
	switch (NIC_INTERFACE(low)) {
	case NIC_SW_RESET:
		device_quiesce(device);
		device->interface = NIC_DISABLED;
		return;
	case NIC_DISABLED:
	case NIC_NO_DRAM:
		device->interface = NIC_INTERFACE(low);
		return;
	default:
		device_quiesce(device);
		device->interface = NIC_FULL;
		device->nic.cmd.address = ((uint64_t)device->cmdq_high << 32 | low) &
					  CMDQ_ADDRESS_MASK;
	}
}

static void iseg_write(struct cx_device *device, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case offsetof(struct mlx5_init_seg, cmdq_addr_h):
		device->cmdq_high = value;
		break;
	case offsetof(struct mlx5_init_seg, cmdq_addr_l_sz):
		cmdq_write(device, value);
		break;
	case offsetof(struct mlx5_init_seg, cmd_dbell):
		cmd_doorbell(&device->nic, value);
		break;
	}
}

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	struct cx_device *device = container_of(fn, struct cx_device, nic.fn);
	__be32 word;

	if (bar != BAR_UAR)
		return;
	if (offset >= MEMIC_START) {
		memic_write(&device->nic, offset, data, len);
	} else if (offset >= (uint64_t)UAR_FIRST << UAR_SHIFT) {
		uar_write(&device->nic, offset, data, len);
	} else if (len == sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		iseg_write(device, offset, be32_to_cpu(word));
	}
}

static void function_reset(struct pci_function *fn)
{
	struct cx_device *device = container_of(fn, struct cx_device, nic.fn);

	device_quiesce(device);
	/* Until there is a command queue: so a driver that was not asked learns of the reset. */
	device->interface = NIC_DISABLED;
	device->cmdq_high = 0;
	device->health_zero_ns = engine_now_ns(device->nic.engine);
}

static const struct pci_function_ops function_ops = {
	.bar_read = bar_read,
	.bar_write = bar_write,
	.reset = function_reset,
};

/* What the control socket shows. */
static int values_register(struct connectx *nic)
{
	const struct cx_device *device = cx_device(nic);
	const struct {
		enum registry_kind kind;
		const char *name;
		const uint64_t *value;
	} values[] = {
		{ REGISTRY_GAUGE, "dc_connections", &nic->queues->dc_connections },
		{ REGISTRY_GAUGE, "queue_pages", &nic->buf_pages },
		{ REGISTRY_GAUGE, "mkey_translation_bytes", &nic->memory->mkeys.xlt_bytes },
		{ REGISTRY_COUNTER, "commands", &nic->cmd.executed },
		{ REGISTRY_COUNTER, "commands_failed", &nic->cmd.failed },
		{ REGISTRY_COUNTER, "orphans", &device->orphans },
		{ REGISTRY_COUNTER, "doorbells", &nic->queues->counters.doorbells },
		{ REGISTRY_COUNTER, "doorbells_stray", &nic->queues->counters.stray_doorbells },
		{ REGISTRY_COUNTER, "cqes", &nic->queues->counters.cqes },
		{ REGISTRY_COUNTER, "eqes", &nic->queues->counters.eqes },
		{ REGISTRY_COUNTER, "cq_overruns", &nic->queues->counters.cq_overruns },
		{ REGISTRY_COUNTER, "eq_overruns", &nic->queues->counters.eq_overruns },
		{ REGISTRY_COUNTER, "cq_access_errors", &nic->queues->counters.cq_access_errors },
		{ REGISTRY_COUNTER, "eq_access_errors", &nic->queues->counters.eq_access_errors },
		{ REGISTRY_COUNTER, "wqes", &nic->requesters->wqes },
		{ REGISTRY_COUNTER, "messages", &nic->requesters->messages },
		{ REGISTRY_COUNTER, "message_bytes", &nic->requesters->bytes },
		{ REGISTRY_COUNTER, "retries", &nic->requesters->retries },
		{ REGISTRY_COUNTER, "rnr_naks", &nic->requesters->rnr_naks },
		{ REGISTRY_COUNTER, "wqe_errors", &nic->requesters->errors },
		{ REGISTRY_COUNTER, "page_faults", &nic->queues->faults.raised },
		{ REGISTRY_COUNTER, "page_faults_failed", &nic->queues->faults.failed },
	};
	int ret = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(values) && !ret; i++)
		ret = registry_add_value(nic->registry, values[i].kind, nic->attr.name,
					 values[i].name, values[i].value);
	return ret;
}

static int faults_register(struct connectx *nic)
{
	int ret;

	nic->queues->cq_fault = (struct fault_point){ .name = "completion", .actions = FAULT_FAIL };
	qp_init_faults(nic);
	ret = registry_add_fault(nic->registry, nic->attr.name, &nic->cmd.fault);
	ret = ret ? ret : registry_add_fault(nic->registry, nic->attr.name, &nic->queues->cq_fault);
	return ret ? ret :
		     registry_add_fault(nic->registry, nic->attr.name,
					&nic->queues->doorbell_fault);
}

/*
 * Configuration space.
 */
static int function_add_bars(struct pci_function *fn)
{
	const struct pci_bar uars = {
		.size = CX_BAR0_SIZE,
		.flags = PCI_BAR_64 | PCI_BAR_PREFETCH,
		.memfd = -1,
	};
	const struct pci_bar msix = {
		.size = CX_BAR2_SIZE,
		.flags = PCI_BAR_64 | PCI_BAR_PREFETCH,
		.memfd = -1,
	};
	const struct pci_msix_attr vectors = {
		.vectors = CX_VECTORS,
		.bar = BAR_MSIX,
		.table = 0,
		.pba = MSIX_PBA,
	};
	int ret = pci_add_bar(fn, BAR_UAR, &uars);

	ret = ret ? ret : pci_add_bar(fn, BAR_MSIX, &msix);
	return ret ? ret : pci_add_msix(fn, &vectors);
}

static int function_add_vsc(struct pci_function *fn)
{
	unsigned int offset = pci_add_capability(fn, PCI_CAP_ID_VNDR, VSC_BYTES);

	if (!offset)
		return -ENOSPC;
	pci_config_init(fn, offset + PCI_CAP_FLAGS, 1, VSC_BYTES, 0);
	return 0;
}

static int function_add_tph(struct pci_function *fn, const struct connectx_attr *attr)
{
	const struct pci_tph_attr tph = {
		.device_specific = true,
		.extended = attr->tph == CX_REQUESTER_EXTENDED,
		.table = attr->st_entries ? PCI_TPH_TABLE_CAPABILITY : PCI_TPH_TABLE_NONE,
		.entries = attr->st_entries,
	};

	return attr->tph == CX_REQUESTER_NONE ? 0 : pci_add_tph(fn, &tph);
}

static int function_init(struct connectx *nic, struct fabric *fabric)
{
	const struct pci_identity identity = {
		.vendor = VENDOR_MELLANOX,
		.device = DEVICE_CONNECTX7,
		.subsystem_vendor = VENDOR_MELLANOX,
		.subsystem = SUBSYSTEM,
		.class_code = CLASS_INFINIBAND,
	};
	const struct fabric_port_attr port = {
		.name = nic->attr.name,
		.requester = nic->attr.requester,
		.encoding = nic->attr.encoding,
		.echo_st = nic->attr.echo_st,
	};
	const struct pci_express_attr express = {
		.max_payload = MAX_PAYLOAD,
		.atomic_requester = true,
	};
	int ret = pci_function_init(&nic->fn, fabric, &port, &identity, &function_ops);

	if (ret)
		return ret;
	nic->port = nic->fn.port;
	ret = pci_add_express(&nic->fn, &express);
	ret = ret ? ret : function_add_bars(&nic->fn);
	ret = ret ? ret : function_add_vsc(&nic->fn);
	ret = ret ? ret : pci_add_serial(&nic->fn, nic->attr.guid);
	ret = ret ? ret : function_add_tph(&nic->fn, &nic->attr);
	ret = ret ? ret : pci_function_register(&nic->fn, nic->registry, nic->attr.name);
	if (ret)
		pci_function_fini(&nic->fn);
	return ret;
}

static const struct cmd_ops cmd_ops = {
	.find = cmd_op_find,
	.owned = objects_owned,
	.announced = eq_takes_commands,
	.announce = eq_event_command,
};

/* Everything except the PCI function, which is added last and removed first. */
static int parts_init(struct connectx *nic)
{
	int ret = objects_init(nic);

	ret = ret ? ret : memic_init(nic);
	ret = ret ? ret : page_faults_init(&nic->queues->faults, CX_MAX_FAULTS);
	cmd_init(nic, &cmd_ops);
	caps_init(nic);
	ret = ret ? ret : objects_register(nic);
	ret = ret ? ret : values_register(nic);
	ret = ret ? ret : faults_register(nic);
	ret = ret ? ret : transport_init(nic);
	ret = ret ? ret : port_init(nic);
	return ret ? ret : subnet_join(nic);
}

static void parts_fini(struct connectx *nic)
{
	subnet_leave(nic);
	registry_remove(nic->registry, nic->attr.name);
	cmd_fini(nic);
	page_faults_fini(&nic->queues->faults);
	memic_fini(nic);
	objects_fini(nic);
}

struct connectx *connectx_create(struct engine *engine, struct fabric *fabric,
				 struct registry *registry, const struct connectx_attr *attr)
{
	struct cx_device *device;
	struct connectx *nic;
	int ret;

	if (!connectx_attr_valid(attr)) {
		errno = EINVAL;
		return NULL;
	}
	device = calloc(1, sizeof(*device));
	if (!device)
		return NULL;
	device->health_zero_ns = engine_now_ns(engine);
	nic = &device->nic;
	nic->attr = *attr;
	nic->engine = engine;
	nic->registry = registry;
	nic->memory = &device->memory;
	nic->queues = &device->queues;
	nic->ib = &device->ib;
	nic->requesters = &device->requesters;
	ret = parts_init(nic);
	ret = ret ? ret : function_init(nic, fabric);
	if (!ret)
		return nic;
	parts_fini(nic);
	free(device);
	errno = -ret;
	return NULL;
}

void connectx_destroy(struct connectx *nic)
{
	port_fini(nic);
	objects_clear(nic);
	pci_function_fini(&nic->fn);
	parts_fini(nic);
	free(cx_device(nic));
}

struct pci_function *connectx_function(struct connectx *nic)
{
	return &nic->fn;
}
