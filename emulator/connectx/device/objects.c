// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/device/objects.h"

#include <stddef.h>

#include "base/registry.h"
#include "connectx/command/pd.h"
#include "connectx/command/uctx.h"
#include "connectx/device/device.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/mkey.h"
#include "connectx/memory/psv.h"
#include "connectx/memory/umem.h"
#include "connectx/port/ah_mapping.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/dct.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/flow_counter.h"
#include "connectx/queue/mcg.h"
#include "connectx/queue/page_fault.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/rate.h"
#include "connectx/queue/reserved_qpn.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/sq.h"
#include "connectx/queue/srq.h"
#include "connectx/queue/uar.h"
#include "util/macros.h"

/* Numbers begin above 0, so that a field that was left zero names nothing. */
#define NUMBER_FIRST	1
#define QUEUE_GROUP_FIRST (NUMBER_FIRST + (1 << CX_LOG_MAX_TSAR)) /* TSARs come before */
#define QPN_FIRST	0x40	/* 0 and 1 are the management QPs of the wire */
#define SQN_FIRST	(2U << CX_LOG_MAX_QP)	/* behind those of QPs: doorbells name either */
#define DCTN_FIRST	(QPN_FIRST + (1 << CX_LOG_MAX_QP))
#define UARS		((MEMIC_START >> UAR_SHIFT) - UAR_FIRST)

/* A kind that is in a table of its own: its numbers are first .. first + size - 1. */
#define TABLE(member, first_number, numbers)                                                       \
	.table = offsetof(struct cx_device, member),                                               \
	.count = offsetof(struct cx_device, member.count), .first = first_number, .size = numbers

/* A kind that is kept in another way, and counted in @member. */
#define COUNTED(member) .count = offsetof(struct cx_device, member)

struct kind {
	const char *name; /* in the registry */
	size_t count;     /* where in the device they are counted: a uint64_t */
	size_t table;     /* where they are: a struct cx_table; 0: none */
	uint32_t first, size;
	void (*clear)(struct connectx *nic);
	/* whether any is the user context's, where no table knows; NULL: they have no owners */
	bool (*owned)(const struct connectx *nic, uint16_t uid);
};

/* In the order of destruction: what refers to others goes before them. */
static const struct kind kinds[] = {
	{ "mcg_attachment", COUNTED(queues.mcgs.attachments), .clear = mcg_clear },
	{ "qp", TABLE(queues.qps, QPN_FIRST, 1 << CX_LOG_MAX_QP), qp_clear },
	{ "sq", TABLE(queues.sqs, SQN_FIRST, 1 << CX_LOG_MAX_SQ), sq_clear },
	{ "queue_group", TABLE(queues.queue_groups, QUEUE_GROUP_FIRST, 1 << CX_LOG_MAX_QUEUE_GROUP),
	  queue_group_clear },
	{ "tsar", TABLE(queues.tsars, NUMBER_FIRST, 1 << CX_LOG_MAX_TSAR), tsar_clear },
	{ "dct", TABLE(queues.dcts, DCTN_FIRST, 1 << CX_LOG_MAX_DCT), dct_clear },
	{ "q_counter", TABLE(queues.q_counters, NUMBER_FIRST, CX_MAX_Q_COUNTERS), q_counter_clear },
	{ "flow_counter", TABLE(queues.flow_counters, NUMBER_FIRST, CX_MAX_FLOW_COUNTERS),
	  flow_counter_clear },
	{ "srq", TABLE(queues.srqs, NUMBER_FIRST, 1 << CX_LOG_MAX_SRQ), srq_clear },
	{ "cq", TABLE(queues.cqs, NUMBER_FIRST, 1 << CX_LOG_MAX_CQ), cq_clear },
	{ "eq", TABLE(queues.eqs, NUMBER_FIRST, CX_MAX_EQS), eq_clear },
	{ "mkey", TABLE(memory.mkeys.keys, MKEY_FIRST_INDEX, 1 << CX_LOG_MAX_MKEY), mkey_clear },
	{ "psv", TABLE(memory.psvs, NUMBER_FIRST, 1 << CX_LOG_MAX_PSV), psv_clear },
	{ "umem", TABLE(memory.umems, NUMBER_FIRST, 1 << CX_LOG_MAX_UMEM), umem_clear },
	{ "memic", COUNTED(memory.memic.count), .clear = memic_clear },
	{ "reserved_qpns", TABLE(queues.reserved_qpns, 0, 1 << CX_LOG_MAX_RESERVED),
	  reserved_qpn_clear },
	{ "ah_mapping", TABLE(ib.ah_mappings, NUMBER_FIRST, 1 << CX_LOG_MAX_AH_MAPPING),
	  ah_mapping_clear },
	{ "rate_limit", COUNTED(queues.rates.count), .clear = rate_clear, .owned = rate_owned },
	{ "pd", TABLE(nic.pds, NUMBER_FIRST, 1 << CX_LOG_MAX_PD), pd_clear },
	{ "xrcd", TABLE(nic.xrcds, NUMBER_FIRST, 1 << CX_LOG_MAX_XRCD), xrcd_clear },
	{ "transport_domain", TABLE(nic.tds, NUMBER_FIRST, 1 << CX_LOG_MAX_TD), td_clear },
	{ "uar", TABLE(queues.uars, UAR_FIRST, UARS), uar_clear },
	{ "user_context", TABLE(nic.uctxs, NUMBER_FIRST, 1 << CX_LOG_MAX_UCTX), uctx_clear },
};

static struct cx_table *kind_table(const struct connectx *nic, const struct kind *kind)
{
	struct cx_device *device = container_of(nic, struct cx_device, nic);

	return kind->table ? (struct cx_table *)((char *)device + kind->table) : NULL;
}

static const uint64_t *kind_count(const struct connectx *nic, const struct kind *kind)
{
	const struct cx_device *device = container_of(nic, struct cx_device, nic);

	return (const uint64_t *)((const char *)device + kind->count);
}

int objects_init(struct connectx *nic)
{
	int ret = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds) && !ret; i++)
		if (kinds[i].table)
			ret = cx_table_init(kind_table(nic, &kinds[i]), kinds[i].first,
					    kinds[i].size);
	return ret;
}

void objects_fini(struct connectx *nic)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].table)
			cx_table_fini(kind_table(nic, &kinds[i]));
}

int objects_register(struct connectx *nic)
{
	int ret = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds) && !ret; i++)
		ret = registry_add_value(nic->registry, REGISTRY_OBJECT, nic->attr.name,
					 kinds[i].name, kind_count(nic, &kinds[i]));
	return ret;
}

void objects_clear(struct connectx *nic)
{
	/* nobody answers what waits for the driver */
	page_faults_clear(&nic->queues->faults);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		kinds[i].clear(nic);
}

uint64_t objects_count(const struct connectx *nic)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		count += *kind_count(nic, &kinds[i]);
	return count;
}

static bool kind_owned(const struct connectx *nic, const struct kind *kind, uint16_t uid)
{
	if (kind->table)
		return cx_table_has_owner(kind_table(nic, kind), uid);
	return kind->owned && kind->owned(nic, uid);
}

bool objects_owned(const struct connectx *nic, uint16_t uid)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kind_owned(nic, &kinds[i], uid))
			return true;
	return false;
}
