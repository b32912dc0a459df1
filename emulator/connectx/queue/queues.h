/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the device keeps of queues, and of what queues refer to. */
#ifndef CONNECTX_QUEUES_H
#define CONNECTX_QUEUES_H

#include <stdint.h>

#include "base/registry.h"
#include "connectx/command/nic.h"
#include "connectx/command/table.h"
#include "connectx/queue/mcg.h"
#include "connectx/queue/page_fault.h"
#include "connectx/queue/rate.h"

struct qp;
struct qp_requester_ops;
struct qp_responder_ops;

struct cx_queues {
	const struct qp_requester_ops *requester; /* of the transport: see qp.h */
	const struct qp_responder_ops *responder;

	struct cx_table uars;                /* struct uar */
	struct cx_table reserved_qpns;       /* struct reserved_qpns */
	struct cx_table tsars, queue_groups; /* struct sched_element: one number space */
	struct cx_table eqs;                 /* struct eq */
	struct cx_table cqs;                 /* struct cq */
	struct cx_table qps;                 /* struct qp */
	struct cx_table sqs;                 /* struct sq */
	struct cx_table srqs;                /* struct srq of every kind: one number space */
	struct cx_table dcts;                /* struct dct; their numbers are above those of QPs */
	struct cx_table q_counters;          /* struct q_counter */
	struct cx_table flow_counters;       /* struct flow_counter */
	struct rates rates;
	struct mcg_table mcgs;
	struct page_faults faults; /* what waits for PAGE_FAULT_RESUME */

	uint64_t max_qps;            /* as many as the driver has set in the capabilities */
	struct qp *special[2];       /* QP0 and QP1 of the port; NULL while the driver has none */
	uint64_t dc_connections;     /* of all DCTs */
	struct fault_point cq_fault; /* "completion", by CQ number */
	struct fault_point doorbell_fault; /* "doorbell", by QP number */

	struct {
		uint64_t doorbells;       /* of send queues */
		uint64_t stray_doorbells; /* to no object, or through the wrong UAR */
		uint64_t cqes, eqes;
		uint64_t cq_overruns, eq_overruns;
		uint64_t cq_access_errors, eq_access_errors;
	} counters;
};

#endif
