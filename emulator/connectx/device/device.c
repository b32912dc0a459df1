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
#include "util/macros.h"

#define VENDOR_MELLANOX	0x15b3
#define DEVICE_CONNECTX7 0x1021
#define SUBSYSTEM	0x0001
#define CLASS_INFINIBAND 0x020700
#define MAX_PAYLOAD	512	/* bytes in a TLP */
#define BAR_UAR		0
#define BAR_MSIX	2
#define MSIX_PBA	0x2000	/* in BAR_MSIX, behind the table */
/* The vendor's gateway to its own address spaces: here it says of each that it is not there. */
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

/* A word of it; @now: the time of the whole access, whose bytes have to fit together. */
static uint32_t iseg_read(const struct connectx *nic, uint64_t offset, uint64_t now)
{
	switch (offset) {
	case offsetof(struct mlx5_init_seg, fw_rev):
		return FW_MINOR << 16 | FW_MAJOR;
	case offsetof(struct mlx5_init_seg, cmdif_rev_fw_sub):
		return CMDIF_REV << 16 | FW_SUB;
	case offsetof(struct mlx5_init_seg, cmdq_addr_h):
		return nic->cmd.address >> 32;
	case offsetof(struct mlx5_init_seg, cmdq_addr_l_sz):
		return (uint32_t)nic->cmd.address |
		       (uint32_t)nic->interface << MLX5_NIC_IFC_OFFSET |
		       (uint32_t)CMD_LOG_SLOTS << 4 | CMD_LOG_STRIDE;
	case offsetof(struct mlx5_init_seg, health.fw_ver):
		return FW_MAJOR << 24 | FW_MINOR << 16 | FW_SUB;
	case offsetof(struct mlx5_init_seg, health_counter):
		return (now - nic->health_zero_ns) / HEALTH_PERIOD_NS;
	case offsetof(struct mlx5_init_seg, internal_timer_h):
		return now >> 32;
	case offsetof(struct mlx5_init_seg, internal_timer_l):
		return now;
	default:
		/* Among them: initializing (bit 31 clear: done), no time-outs, no syndrome. */
		return 0;
	}
}

static void bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
		     size_t len)
{
	struct connectx *nic = container_of(fn, struct connectx, fn);
	uint64_t now = engine_now_ns(nic->engine);
	uint8_t *bytes = data;

	memset(data, 0, len);
	if (bar != BAR_UAR)
		return;
	if (offset >= MEMIC_START)
		memic_read(nic, offset, data, len);
	for (size_t i = 0; i < len && offset + i < sizeof(struct mlx5_init_seg); i++) {
		__be32 word = cpu_to_be32(iseg_read(nic, (offset + i) & ~3ULL, now));

		bytes[i] = ((const uint8_t *)&word)[(offset + i) & 3];
	}
}

/* Back to the state before the first driver; the bus keeps what it set up. */
static void device_quiesce(struct connectx *nic)
{
	cx_objects_clear(nic);
	subnet_forget(nic);
	cmd_reset(nic);
	caps_reset(nic);
	nic->state = HCA_DISABLED;
	nic->issi = 0;
}

/*
 * The lower half of the command queue's address: also where the driver says what it wants of the
 * interface. A new address is a new driver, whatever its predecessor left behind.
 */
static void cmdq_write(struct connectx *nic, uint32_t low)
{
	switch (NIC_INTERFACE(low)) {
	case NIC_SW_RESET:
		device_quiesce(nic);
		nic->interface = NIC_DISABLED;
		return;
	case NIC_DISABLED:
	case NIC_NO_DRAM:
		nic->interface = NIC_INTERFACE(low);
		return;
	default:
		device_quiesce(nic);
		nic->interface = NIC_FULL;
		nic->cmd.address = ((uint64_t)nic->cmdq_high << 32 | low) & CMDQ_ADDRESS_MASK;
	}
}

static void iseg_write(struct connectx *nic, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case offsetof(struct mlx5_init_seg, cmdq_addr_h):
		nic->cmdq_high = value;
		break;
	case offsetof(struct mlx5_init_seg, cmdq_addr_l_sz):
		cmdq_write(nic, value);
		break;
	case offsetof(struct mlx5_init_seg, cmd_dbell):
		cmd_doorbell(nic, value);
		break;
	}
}

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	struct connectx *nic = container_of(fn, struct connectx, fn);
	__be32 word;

	if (bar != BAR_UAR)
		return;
	if (offset >= MEMIC_START) {
		memic_write(nic, offset, data, len);
	} else if (offset >= (uint64_t)UAR_FIRST << UAR_SHIFT) {
		uar_write(nic, offset, data, len);
	} else if (len == sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		iseg_write(nic, offset, be32_to_cpu(word));
	}
}

static void function_reset(struct pci_function *fn)
{
	struct connectx *nic = container_of(fn, struct connectx, fn);

	device_quiesce(nic);
	nic->interface = NIC_FULL;
	nic->cmdq_high = 0;
	nic->health_zero_ns = engine_now_ns(nic->engine);
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
	page_faults_clear(&nic->faults);
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
	mkey_table_clear(&nic->mkeys);
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

/* All tables of objects, by their place in struct connectx. */
static const size_t object_tables[] = {
	offsetof(struct connectx, uars),
	offsetof(struct connectx, uctxs),
	offsetof(struct connectx, umems),
	offsetof(struct connectx, psvs),
	offsetof(struct connectx, reserved_qpns),
	offsetof(struct connectx, ah_mappings),
	offsetof(struct connectx, tsars),
	offsetof(struct connectx, queue_groups),
	/* domains */
	offsetof(struct connectx, pds),
	offsetof(struct connectx, xrcds),
	offsetof(struct connectx, tds),
	/* queues */
	offsetof(struct connectx, eqs),
	offsetof(struct connectx, cqs),
	offsetof(struct connectx, qps),
	offsetof(struct connectx, sqs),
	offsetof(struct connectx, dcts),
	offsetof(struct connectx, srqs),
	/* and what they use */
	offsetof(struct connectx, mkeys.keys),
	offsetof(struct connectx, q_counters),
	offsetof(struct connectx, flow_counters),
};

static const struct cx_table *object_table(const struct connectx *nic, unsigned int i)
{
	return (const void *)((const char *)nic + object_tables[i]);
}

uint64_t cx_objects_count(const struct connectx *nic)
{
	uint64_t count = nic->mcgs.attachments + nic->memic.count + nic->rates.count;

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

/* Numbers begin above 0, so that a field that was left zero names nothing. */
#define NUMBER_FIRST	1
#define QUEUE_GROUP_FIRST (NUMBER_FIRST + (1 << CX_LOG_MAX_TSAR)) /* TSARs come before */
#define QPN_FIRST	0x40	/* 0 and 1 are the management QPs of the wire */
#define SQN_FIRST	(2U << CX_LOG_MAX_QP)	/* behind those of QPs: doorbells name either */
#define DCTN_FIRST	(QPN_FIRST + (1 << CX_LOG_MAX_QP))

static int tables_init(struct connectx *nic)
{
	int ret = cx_table_init(&nic->uars, UAR_FIRST, (MEMIC_START >> UAR_SHIFT) - UAR_FIRST);

	ret = ret ? ret : cx_table_init(&nic->uctxs, NUMBER_FIRST, 1 << CX_LOG_MAX_UCTX);
	ret = ret ? ret : cx_table_init(&nic->umems, NUMBER_FIRST, 1 << CX_LOG_MAX_UMEM);
	ret = ret ? ret : cx_table_init(&nic->psvs, NUMBER_FIRST, 1 << CX_LOG_MAX_PSV);
	ret = ret ? ret : cx_table_init(&nic->reserved_qpns, 0, 1 << CX_LOG_MAX_RESERVED);
	ret = ret ? ret :
		    cx_table_init(&nic->ah_mappings, NUMBER_FIRST, 1 << CX_LOG_MAX_AH_MAPPING);
	ret = ret ? ret : cx_table_init(&nic->tsars, NUMBER_FIRST, 1 << CX_LOG_MAX_TSAR);
	ret = ret ? ret :
		    cx_table_init(&nic->queue_groups, QUEUE_GROUP_FIRST,
				  1 << CX_LOG_MAX_QUEUE_GROUP);
	ret = ret ? ret : cx_table_init(&nic->pds, NUMBER_FIRST, 1 << CX_LOG_MAX_PD);
	ret = ret ? ret : cx_table_init(&nic->xrcds, NUMBER_FIRST, 1 << CX_LOG_MAX_XRCD);
	ret = ret ? ret : cx_table_init(&nic->tds, NUMBER_FIRST, 1 << CX_LOG_MAX_TD);
	ret = ret ? ret : cx_table_init(&nic->eqs, NUMBER_FIRST, CX_MAX_EQS);
	ret = ret ? ret : cx_table_init(&nic->cqs, NUMBER_FIRST, 1 << CX_LOG_MAX_CQ);
	ret = ret ? ret : cx_table_init(&nic->qps, QPN_FIRST, 1 << CX_LOG_MAX_QP);
	ret = ret ? ret : cx_table_init(&nic->sqs, SQN_FIRST, 1 << CX_LOG_MAX_SQ);
	ret = ret ? ret : cx_table_init(&nic->dcts, DCTN_FIRST, 1 << CX_LOG_MAX_DCT);
	ret = ret ? ret : cx_table_init(&nic->srqs, NUMBER_FIRST, 1 << CX_LOG_MAX_SRQ);
	ret = ret ? ret : cx_table_init(&nic->q_counters, NUMBER_FIRST, CX_MAX_Q_COUNTERS);
	ret = ret ? ret : cx_table_init(&nic->flow_counters, NUMBER_FIRST, CX_MAX_FLOW_COUNTERS);
	ret = ret ? ret : memic_init(nic);
	ret = ret ? ret : mkey_table_init(&nic->mkeys, 1 << CX_LOG_MAX_MKEY, CX_MAX_XLT_BYTES);
	return ret ? ret : page_faults_init(&nic->faults, CX_MAX_FAULTS);
}

static void tables_fini(struct connectx *nic)
{
	page_faults_fini(&nic->faults);
	mkey_table_fini(&nic->mkeys);
	memic_fini(nic);
	cx_table_fini(&nic->flow_counters);
	cx_table_fini(&nic->q_counters);
	cx_table_fini(&nic->srqs);
	cx_table_fini(&nic->sqs);
	cx_table_fini(&nic->dcts);
	cx_table_fini(&nic->qps);
	cx_table_fini(&nic->cqs);
	cx_table_fini(&nic->eqs);
	cx_table_fini(&nic->tds);
	cx_table_fini(&nic->xrcds);
	cx_table_fini(&nic->pds);
	cx_table_fini(&nic->queue_groups);
	cx_table_fini(&nic->tsars);
	cx_table_fini(&nic->ah_mappings);
	cx_table_fini(&nic->reserved_qpns);
	cx_table_fini(&nic->psvs);
	cx_table_fini(&nic->umems);
	cx_table_fini(&nic->uctxs);
	cx_table_fini(&nic->uars);
}

/* What the control socket shows. */
static int values_register(struct connectx *nic)
{
	const struct {
		enum registry_kind kind;
		const char *name;
		const uint64_t *value;
	} values[] = {
		{ REGISTRY_OBJECT, "uar", &nic->uars.count },
		{ REGISTRY_OBJECT, "user_context", &nic->uctxs.count },
		{ REGISTRY_OBJECT, "umem", &nic->umems.count },
		{ REGISTRY_OBJECT, "psv", &nic->psvs.count },
		{ REGISTRY_OBJECT, "reserved_qpns", &nic->reserved_qpns.count },
		{ REGISTRY_OBJECT, "ah_mapping", &nic->ah_mappings.count },
		{ REGISTRY_OBJECT, "rate_limit", &nic->rates.count },
		{ REGISTRY_OBJECT, "tsar", &nic->tsars.count },
		{ REGISTRY_OBJECT, "queue_group", &nic->queue_groups.count },
		{ REGISTRY_OBJECT, "pd", &nic->pds.count },
		{ REGISTRY_OBJECT, "xrcd", &nic->xrcds.count },
		{ REGISTRY_OBJECT, "transport_domain", &nic->tds.count },
		{ REGISTRY_OBJECT, "eq", &nic->eqs.count },
		{ REGISTRY_OBJECT, "cq", &nic->cqs.count },
		{ REGISTRY_OBJECT, "qp", &nic->qps.count },
		{ REGISTRY_OBJECT, "sq", &nic->sqs.count },
		{ REGISTRY_OBJECT, "dct", &nic->dcts.count },
		{ REGISTRY_OBJECT, "srq", &nic->srqs.count },
		{ REGISTRY_OBJECT, "q_counter", &nic->q_counters.count },
		{ REGISTRY_OBJECT, "flow_counter", &nic->flow_counters.count },
		{ REGISTRY_OBJECT, "mcg_attachment", &nic->mcgs.attachments },
		{ REGISTRY_OBJECT, "memic", &nic->memic.count },
		{ REGISTRY_OBJECT, "mkey", &nic->mkeys.keys.count },
		{ REGISTRY_GAUGE, "dc_connections", &nic->dc_connections },
		{ REGISTRY_GAUGE, "queue_pages", &nic->buf_pages },
		{ REGISTRY_GAUGE, "mkey_translation_bytes", &nic->mkeys.xlt_bytes },
		{ REGISTRY_COUNTER, "commands", &nic->cmd.executed },
		{ REGISTRY_COUNTER, "commands_failed", &nic->cmd.failed },
		{ REGISTRY_COUNTER, "orphans", &nic->counters.orphans },
		{ REGISTRY_COUNTER, "doorbells", &nic->counters.doorbells },
		{ REGISTRY_COUNTER, "doorbells_stray", &nic->counters.stray_doorbells },
		{ REGISTRY_COUNTER, "cqes", &nic->counters.cqes },
		{ REGISTRY_COUNTER, "eqes", &nic->counters.eqes },
		{ REGISTRY_COUNTER, "cq_overruns", &nic->counters.cq_overruns },
		{ REGISTRY_COUNTER, "eq_overruns", &nic->counters.eq_overruns },
		{ REGISTRY_COUNTER, "cq_access_errors", &nic->counters.cq_access_errors },
		{ REGISTRY_COUNTER, "eq_access_errors", &nic->counters.eq_access_errors },
		{ REGISTRY_COUNTER, "wqes", &nic->requesters.wqes },
		{ REGISTRY_COUNTER, "messages", &nic->requesters.messages },
		{ REGISTRY_COUNTER, "message_bytes", &nic->requesters.bytes },
		{ REGISTRY_COUNTER, "retries", &nic->requesters.retries },
		{ REGISTRY_COUNTER, "rnr_naks", &nic->requesters.rnr_naks },
		{ REGISTRY_COUNTER, "wqe_errors", &nic->requesters.errors },
		{ REGISTRY_COUNTER, "page_faults", &nic->faults.raised },
		{ REGISTRY_COUNTER, "page_faults_failed", &nic->faults.failed },
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

	nic->cq_fault = (struct fault_point){ .name = "completion", .actions = FAULT_FAIL };
	qp_init_faults(nic);
	ret = registry_add_fault(nic->registry, nic->attr.name, &nic->cmd.fault);
	ret = ret ? ret : registry_add_fault(nic->registry, nic->attr.name, &nic->cq_fault);
	return ret ? ret : registry_add_fault(nic->registry, nic->attr.name, &nic->doorbell_fault);
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

/* Everything but the function, which goes last on the way up and first on the way down. */
static int parts_init(struct connectx *nic)
{
	int ret = tables_init(nic);

	cmd_init(nic);
	ret = ret ? ret : caps_init(nic);
	ret = ret ? ret : values_register(nic);
	ret = ret ? ret : faults_register(nic);
	ret = ret ? ret : requesters_init(nic);
	ret = ret ? ret : port_init(nic);
	return ret ? ret : subnet_join(nic);
}

static void parts_fini(struct connectx *nic)
{
	subnet_leave(nic);
	registry_remove(nic->registry, nic->attr.name);
	cmd_fini(nic);
	caps_fini(nic);
	tables_fini(nic);
}

struct connectx *connectx_create(struct engine *engine, struct fabric *fabric,
				 struct registry *registry, const struct connectx_attr *attr)
{
	struct connectx *nic;
	int ret;

	if (!connectx_attr_valid(attr)) {
		errno = EINVAL;
		return NULL;
	}
	nic = calloc(1, sizeof(*nic));
	if (!nic)
		return NULL;
	nic->attr = *attr;
	nic->engine = engine;
	nic->registry = registry;
	nic->health_zero_ns = engine_now_ns(engine);
	ret = parts_init(nic);
	ret = ret ? ret : function_init(nic, fabric);
	if (!ret)
		return nic;
	parts_fini(nic);
	free(nic);
	errno = -ret;
	return NULL;
}

void connectx_destroy(struct connectx *nic)
{
	port_fini(nic);
	cx_objects_clear(nic);
	pci_function_fini(&nic->fn);
	parts_fini(nic);
	free(nic);
}

struct pci_function *connectx_function(struct connectx *nic)
{
	return &nic->fn;
}
