/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The device as its own files see it: one structure that holds the tables of all objects.
 */
#ifndef CONNECTX_DEVICE_H
#define CONNECTX_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/mlx5/device.h>

#include "base/engine.h"
#include "base/registry.h"
#include "connectx/command/cmd.h"
#include "connectx/command/limits.h"
#include "connectx/command/table.h"
#include "connectx/device/connectx.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/mkey.h"
#include "connectx/queue/mcg.h"
#include "connectx/queue/page_fault.h"
#include "connectx/queue/rate.h"
#include "connectx/transport/requester.h"
#include "ib/port.h"
#include "pci/function.h"

/* How far the driver has brought the function up (hca.c). */
enum hca_state {
	HCA_DISABLED, /* since reset or DISABLE_HCA */
	HCA_ENABLED,  /* ENABLE_HCA: capabilities can be queried and set */
	HCA_UP,       /* INIT_HCA: objects can be made */
};

/* Capability groups that can be asked for; caps.c. */
#define CX_CAP_GROUPS 6

struct cx_caps {
	uint8_t max[CX_CAP_GROUPS][MLX5_UN_SZ_BYTES(hca_cap_union)];
	uint8_t cur[CX_CAP_GROUPS][MLX5_UN_SZ_BYTES(hca_cap_union)];
};

struct qp;

struct cx_port {
	struct ib_port port; /* how the subnet's manager sees it */
	uint16_t lid, sm_lid;
	uint64_t guid;
	bool link;                    /* up: plugged in, wanted and trained */
	bool plugged;                 /* a switch in the registry */
	bool wanted;                  /* admin_status of PAOS */
	struct engine_timer training; /* armed while the link trains */
	struct registry_switch sw;
	char node_description[64];
	uint32_t cap_mask; /* IB CapabilityMask */
	uint16_t cap_mask2;
	struct qp *special[2]; /* QP0 and QP1; NULL while the driver has none */
	uint32_t qkey_violations, pkey_violations;
	struct ib_traffic unicast, multicast; /* of all services together */
};

struct connectx {
	struct connectx_attr attr;
	struct pci_function fn;
	struct fabric_port *port; /* fn.port */
	struct engine *engine;
	struct registry *registry;

	enum hca_state state;
	uint16_t issi;
	uint8_t interface;       /* nic_interface in the initialization segment */
	uint32_t cmdq_high;      /* upper half of the command queue's address, last written */
	bool memory_faults;      /* SET_HCA_CAP: mem_page_fault scheme on */
	uint64_t health_zero_ns; /* the health counter counts from here */
	struct cmd_queue cmd;
	struct cx_caps *caps;
	struct cx_port ib; /* the one port */

	struct cx_table uars;          /* struct uar */
	struct cx_table uctxs;         /* struct uctx */
	struct cx_table umems;         /* struct umem */
	struct cx_table psvs;          /* struct psv */
	struct cx_table reserved_qpns; /* struct reserved_qpns */
	struct cx_table ah_mappings;   /* struct ah_mapping */
	struct rates rates;
	struct cx_table tsars, queue_groups; /* struct sched_element: one number space */
	struct cx_table pds, xrcds, tds;     /* struct domain */
	struct cx_table eqs;                 /* struct eq */
	struct cx_table cqs;                 /* struct cq */
	struct cx_table qps;                 /* struct qp */
	struct cx_table sqs;                 /* struct sq */
	struct cx_table srqs;                /* struct srq of every kind: one number space */
	struct cx_table dcts;                /* struct dct; their numbers are above those of QPs */
	struct cx_table q_counters;          /* struct q_counter */
	struct cx_table flow_counters;       /* struct flow_counter */
	struct mcg_table mcgs;
	struct memic memic;
	struct mkey_table mkeys;
	struct page_faults faults;    /* what waits for PAGE_FAULT_RESUME */
	struct requesters requesters; /* what the data path shares between QPs */

	uint64_t dc_connections;           /* of all DCTs */
	uint64_t buf_pages;                /* in the page lists of all queues */
	struct fault_point cq_fault;       /* "completion", by CQ number */
	struct fault_point doorbell_fault; /* "doorbell", by QP number */

	struct {
		uint64_t orphans;         /* objects that TEARDOWN_HCA found still there */
		uint64_t doorbells;       /* of send queues */
		uint64_t stray_doorbells; /* to no object, or through the wrong UAR */
		uint64_t cqes, eqes;
		uint64_t cq_overruns, eq_overruns;
		uint64_t cq_access_errors, eq_access_errors;
	} counters;
};

/** cx_ram() - see fabric_ram(). */
static inline void *cx_ram(struct connectx *nic, uint64_t addr, uint64_t len, bool write)
{
	return fabric_ram(nic->port, addr, len, write);
}

/** cx_refused() - see fabric_refused(). */
static inline void cx_refused(struct connectx *nic, uint64_t addr, uint64_t len, bool write)
{
	fabric_refused(nic->port, addr, len, write);
}

/** connectx_attr_valid() - Return: whether all fields are within their ranges. */
bool connectx_attr_valid(const struct connectx_attr *attr);

/** cx_objects_clear() - destroy all objects of the guest, in the order of dependence. */
void cx_objects_clear(struct connectx *nic);

/** cx_objects_count() - Return: how many there are, of all kinds. */
uint64_t cx_objects_count(const struct connectx *nic);

/** cx_objects_owned() - Return: whether any object, of any kind, is the user context @uid's. */
bool cx_objects_owned(const struct connectx *nic, uint16_t uid);

#endif
