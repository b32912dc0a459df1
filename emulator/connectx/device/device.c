// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The function on the bus: configuration space, BAR0 with the initialization segment and the UARs,
 * reset, and the tables of all objects.
 */
#include "connectx/device/device.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/pd.h"
#include "connectx/command/uctx.h"
#include "connectx/device/caps.h"
#include "connectx/device/cmd_table.h"
#include "connectx/memory/psv.h"
#include "connectx/memory/umem.h"
#include "connectx/port/ah_mapping.h"
#include "connectx/port/port.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/dct.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/flow_counter.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/reserved_qpn.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/sq.h"
#include "connectx/queue/srq.h"
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

	cx_objects_clear(nic);
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

/*
 * The objects of the guest.
 */
void cx_objects_clear(struct connectx *nic)
{
	page_faults_clear(&nic->queues->faults);
	mcg_clear(nic);
	qp_clear(nic);
	sq_clear(nic);
	sched_clear(nic);
	dct_clear(nic);
	q_counter_clear(nic);
	flow_counter_clear(nic);
	srq_clear(nic);
	cq_clear(nic);
	eq_clear(nic);
	mkey_table_clear(&nic->memory->mkeys);
	psv_clear(nic);
	umem_clear(nic);
	memic_clear(nic);
	reserved_qpn_clear(nic);
	ah_mapping_clear(nic);
	rate_clear(nic);
	pd_clear(nic);
	uar_clear(nic);
	uctx_clear(nic);
}

/* All tables of objects, by their place in struct cx_device. */
static const size_t object_tables[] = {
	offsetof(struct cx_device, queues.uars),
	offsetof(struct cx_device, nic.uctxs),
	offsetof(struct cx_device, memory.umems),
	offsetof(struct cx_device, memory.psvs),
	offsetof(struct cx_device, queues.reserved_qpns),
	offsetof(struct cx_device, ib.ah_mappings),
	offsetof(struct cx_device, queues.tsars),
	offsetof(struct cx_device, queues.queue_groups),
	/* domains */
	offsetof(struct cx_device, nic.pds),
	offsetof(struct cx_device, nic.xrcds),
	offsetof(struct cx_device, nic.tds),
	/* queues */
	offsetof(struct cx_device, queues.eqs),
	offsetof(struct cx_device, queues.cqs),
	offsetof(struct cx_device, queues.qps),
	offsetof(struct cx_device, queues.sqs),
	offsetof(struct cx_device, queues.dcts),
	offsetof(struct cx_device, queues.srqs),
	/* and what they use */
	offsetof(struct cx_device, memory.mkeys.keys),
	offsetof(struct cx_device, queues.q_counters),
	offsetof(struct cx_device, queues.flow_counters),
};

static const struct cx_table *object_table(const struct connectx *nic, unsigned int i)
{
	const struct cx_device *device = container_of(nic, struct cx_device, nic);

	return (const void *)((const char *)device + object_tables[i]);
}

uint64_t cx_objects_count(const struct connectx *nic)
{
	uint64_t count = nic->queues->mcgs.attachments + nic->memory->memic.count +
			 nic->queues->rates.count;

	for (unsigned int i = 0; i < ARRAY_SIZE(object_tables); i++)
		count += object_table(nic, i)->count;
	return count;
}

bool cx_objects_owned(const struct connectx *nic, uint16_t uid)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(object_tables); i++)
		if (cx_table_has_owner(object_table(nic, i), uid))
			return true;
	return rate_owned(nic, uid);
}

/* Numbers begin above 0, so that a field that was left zero refers to no object. */
#define NUMBER_FIRST	1
#define QUEUE_GROUP_FIRST (NUMBER_FIRST + (1 << CX_LOG_MAX_TSAR)) /* TSARs come before */
#define QPN_FIRST	0x40	/* 0 and 1 are the management QPs of the wire */
#define SQN_FIRST	(2U << CX_LOG_MAX_QP)	/* behind those of QPs: doorbells name either */
#define DCTN_FIRST	(QPN_FIRST + (1 << CX_LOG_MAX_QP))

static int tables_init(struct connectx *nic)
{
	int ret = cx_table_init(&nic->queues->uars, UAR_FIRST,
				(MEMIC_START >> UAR_SHIFT) - UAR_FIRST);

	ret = ret ? ret : cx_table_init(&nic->uctxs, NUMBER_FIRST, 1 << CX_LOG_MAX_UCTX);
	ret = ret ? ret : cx_table_init(&nic->memory->umems, NUMBER_FIRST, 1 << CX_LOG_MAX_UMEM);
	ret = ret ? ret : cx_table_init(&nic->memory->psvs, NUMBER_FIRST, 1 << CX_LOG_MAX_PSV);
	ret = ret ? ret : cx_table_init(&nic->queues->reserved_qpns, 0, 1 << CX_LOG_MAX_RESERVED);
	ret = ret ? ret :
		    cx_table_init(&nic->ib->ah_mappings, NUMBER_FIRST, 1 << CX_LOG_MAX_AH_MAPPING);
	ret = ret ? ret : cx_table_init(&nic->queues->tsars, NUMBER_FIRST, 1 << CX_LOG_MAX_TSAR);
	ret = ret ? ret :
		    cx_table_init(&nic->queues->queue_groups, QUEUE_GROUP_FIRST,
				  1 << CX_LOG_MAX_QUEUE_GROUP);
	ret = ret ? ret : cx_table_init(&nic->pds, NUMBER_FIRST, 1 << CX_LOG_MAX_PD);
	ret = ret ? ret : cx_table_init(&nic->xrcds, NUMBER_FIRST, 1 << CX_LOG_MAX_XRCD);
	ret = ret ? ret : cx_table_init(&nic->tds, NUMBER_FIRST, 1 << CX_LOG_MAX_TD);
	ret = ret ? ret : cx_table_init(&nic->queues->eqs, NUMBER_FIRST, CX_MAX_EQS);
	ret = ret ? ret : cx_table_init(&nic->queues->cqs, NUMBER_FIRST, 1 << CX_LOG_MAX_CQ);
	ret = ret ? ret : cx_table_init(&nic->queues->qps, QPN_FIRST, 1 << CX_LOG_MAX_QP);
	ret = ret ? ret : cx_table_init(&nic->queues->sqs, SQN_FIRST, 1 << CX_LOG_MAX_SQ);
	ret = ret ? ret : cx_table_init(&nic->queues->dcts, DCTN_FIRST, 1 << CX_LOG_MAX_DCT);
	ret = ret ? ret : cx_table_init(&nic->queues->srqs, NUMBER_FIRST, 1 << CX_LOG_MAX_SRQ);
	ret = ret ? ret : cx_table_init(&nic->queues->q_counters, NUMBER_FIRST, CX_MAX_Q_COUNTERS);
	ret = ret ? ret :
		    cx_table_init(&nic->queues->flow_counters, NUMBER_FIRST, CX_MAX_FLOW_COUNTERS);
	ret = ret ? ret : memic_init(nic);
	ret = ret ? ret :
		    mkey_table_init(&nic->memory->mkeys, 1 << CX_LOG_MAX_MKEY, CX_MAX_XLT_BYTES);
	return ret ? ret : page_faults_init(&nic->queues->faults, CX_MAX_FAULTS);
}

static void tables_fini(struct connectx *nic)
{
	page_faults_fini(&nic->queues->faults);
	mkey_table_fini(&nic->memory->mkeys);
	memic_fini(nic);
	cx_table_fini(&nic->queues->flow_counters);
	cx_table_fini(&nic->queues->q_counters);
	cx_table_fini(&nic->queues->srqs);
	cx_table_fini(&nic->queues->sqs);
	cx_table_fini(&nic->queues->dcts);
	cx_table_fini(&nic->queues->qps);
	cx_table_fini(&nic->queues->cqs);
	cx_table_fini(&nic->queues->eqs);
	cx_table_fini(&nic->tds);
	cx_table_fini(&nic->xrcds);
	cx_table_fini(&nic->pds);
	cx_table_fini(&nic->queues->queue_groups);
	cx_table_fini(&nic->queues->tsars);
	cx_table_fini(&nic->ib->ah_mappings);
	cx_table_fini(&nic->queues->reserved_qpns);
	cx_table_fini(&nic->memory->psvs);
	cx_table_fini(&nic->memory->umems);
	cx_table_fini(&nic->uctxs);
	cx_table_fini(&nic->queues->uars);
}

/* What the control socket shows. */
static int values_register(struct connectx *nic)
{
	const struct cx_device *device = cx_device(nic);
	const struct {
		enum registry_kind kind;
		const char *name;
		const uint64_t *value;
	} values[] = {
		{ REGISTRY_OBJECT, "uar", &nic->queues->uars.count },
		{ REGISTRY_OBJECT, "user_context", &nic->uctxs.count },
		{ REGISTRY_OBJECT, "umem", &nic->memory->umems.count },
		{ REGISTRY_OBJECT, "psv", &nic->memory->psvs.count },
		{ REGISTRY_OBJECT, "reserved_qpns", &nic->queues->reserved_qpns.count },
		{ REGISTRY_OBJECT, "ah_mapping", &nic->ib->ah_mappings.count },
		{ REGISTRY_OBJECT, "rate_limit", &nic->queues->rates.count },
		{ REGISTRY_OBJECT, "tsar", &nic->queues->tsars.count },
		{ REGISTRY_OBJECT, "queue_group", &nic->queues->queue_groups.count },
		{ REGISTRY_OBJECT, "pd", &nic->pds.count },
		{ REGISTRY_OBJECT, "xrcd", &nic->xrcds.count },
		{ REGISTRY_OBJECT, "transport_domain", &nic->tds.count },
		{ REGISTRY_OBJECT, "eq", &nic->queues->eqs.count },
		{ REGISTRY_OBJECT, "cq", &nic->queues->cqs.count },
		{ REGISTRY_OBJECT, "qp", &nic->queues->qps.count },
		{ REGISTRY_OBJECT, "sq", &nic->queues->sqs.count },
		{ REGISTRY_OBJECT, "dct", &nic->queues->dcts.count },
		{ REGISTRY_OBJECT, "srq", &nic->queues->srqs.count },
		{ REGISTRY_OBJECT, "q_counter", &nic->queues->q_counters.count },
		{ REGISTRY_OBJECT, "flow_counter", &nic->queues->flow_counters.count },
		{ REGISTRY_OBJECT, "mcg_attachment", &nic->queues->mcgs.attachments },
		{ REGISTRY_OBJECT, "memic", &nic->memory->memic.count },
		{ REGISTRY_OBJECT, "mkey", &nic->memory->mkeys.keys.count },
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
		{ REGISTRY_COUNTER, "tph_windows", &nic->fn.tph_windows.count },
		{ REGISTRY_COUNTER, "tph_window_tlps", &nic->fn.tph_windows.tlps },
		{ REGISTRY_COUNTER, "tph_window_most_tlps", &nic->fn.tph_windows.most_tlps },
		{ REGISTRY_COUNTER, "tph_window_most_accesses",
		  &nic->fn.tph_windows.most_accesses },
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
	ret = ret ? ret : registry_add_fault(nic->registry, nic->attr.name, &nic->fn.config_fault);
	if (ret)
		pci_function_fini(&nic->fn);
	return ret;
}

static const struct cmd_ops cmd_ops = {
	.find = cmd_op_find,
	.owned = cx_objects_owned,
	.announced = eq_takes_commands,
	.announce = eq_event_command,
};

/* Everything except the PCI function, which is added last and removed first. */
static int parts_init(struct connectx *nic)
{
	int ret = tables_init(nic);

	cmd_init(nic, &cmd_ops);
	caps_init(nic);
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
	tables_fini(nic);
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
	cx_objects_clear(nic);
	pci_function_fini(&nic->fn);
	parts_fini(nic);
	free(cx_device(nic));
}

struct pci_function *connectx_function(struct connectx *nic)
{
	return &nic->fn;
}
