// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* PathRecord: 15.2.5.16. Between any two ports there is one path, through the one switch. */
#include "ib/sa.h"
#include "util/macros.h"

#include <string.h>

#define PACKET_LIFE_TIME	12	/* 4.096 us << 12, 17 ms: a busy host is the slowest part */

enum {
	PATH_SERVICE_ID_HIGH,
	PATH_SERVICE_ID,
	PATH_DGID,
	PATH_SGID,
	PATH_DLID,
	PATH_SLID,
	PATH_RAW,
	PATH_RESERVED,
	PATH_FLOW_LABEL,
	PATH_HOP_LIMIT,
	PATH_TCLASS,
	PATH_REVERSIBLE,
	PATH_NUMBER,
	PATH_PKEY,
	PATH_QOS_CLASS,
	PATH_SL,
	PATH_MTU_SELECTOR,
	PATH_MTU,
	PATH_RATE_SELECTOR,
	PATH_RATE,
	PATH_LIFE_SELECTOR,
	PATH_LIFE,
	PATH_PREFERENCE,
};

/* Components that only the receiver of a path uses are returned as they were asked for. */
static const struct sa_component components[] = {
	[PATH_SERVICE_ID_HIGH] = { 8, SA_ANY },
	[PATH_SERVICE_ID] = { 56, SA_ANY },
	[PATH_DGID] = { 128, SA_EQUAL },
	[PATH_SGID] = { 128, SA_EQUAL },
	[PATH_DLID] = { 16, SA_EQUAL },
	[PATH_SLID] = { 16, SA_EQUAL },
	[PATH_RAW] = { 1, SA_EQUAL },
	[PATH_RESERVED] = { 3, SA_ANY },
	[PATH_FLOW_LABEL] = { 20, SA_ANY },
	[PATH_HOP_LIMIT] = { 8, SA_ANY },
	[PATH_TCLASS] = { 8, SA_ANY },
	[PATH_REVERSIBLE] = { 1, SA_ANY }, /* it is, which is more than was asked */
	[PATH_NUMBER] = { 7, SA_ANY },     /* how many are wanted */
	[PATH_PKEY] = { 16, SA_PKEY },
	[PATH_QOS_CLASS] = { 12, SA_ANY },
	[PATH_SL] = { 4, SA_EQUAL },
	[PATH_MTU_SELECTOR] = { 2, SA_SELECTOR },
	[PATH_MTU] = { 6, SA_SELECTED },
	[PATH_RATE_SELECTOR] = { 2, SA_SELECTOR },
	[PATH_RATE] = { 6, SA_SELECTED },
	[PATH_LIFE_SELECTOR] = { 2, SA_SELECTOR },
	[PATH_LIFE] = { 6, SA_SELECTED },
	[PATH_PREFERENCE] = { 8, SA_ANY },
};

static const struct sa_layout layout = { components, ARRAY_SIZE(components), 64 };

/* Flow label, traffic class and QoS class make no difference here, so all values are granted. */
static void grant(const struct sa_request *request, uint8_t *record)
{
	static const uint8_t wishes[] = {
		PATH_SERVICE_ID_HIGH, PATH_SERVICE_ID, PATH_FLOW_LABEL, PATH_TCLASS, PATH_QOS_CLASS,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(wishes); i++)
		if (sa_has(request, 1ULL << wishes[i]))
			sa_copy(&layout, record, request->wanted, wishes[i]);
}

static void offer(struct sa_table *table, const struct ib_port_attr *from,
		  const struct ib_port_attr *to)
{
	uint8_t record[SA_RECORD_MAX] = { 0 };

	ib_port_gid(to->port_guid, sa_at(&layout, record, PATH_DGID));
	ib_port_gid(from->port_guid, sa_at(&layout, record, PATH_SGID));
	sa_put(&layout, record, PATH_DLID, to->lid);
	sa_put(&layout, record, PATH_SLID, from->lid);
	sa_put(&layout, record, PATH_REVERSIBLE, 1);
	sa_put(&layout, record, PATH_PKEY, IB_PKEY_DEFAULT);
	sa_put(&layout, record, PATH_MTU_SELECTOR, SA_EXACTLY);
	sa_put(&layout, record, PATH_MTU, IB_MTU_4096);
	sa_put(&layout, record, PATH_RATE_SELECTOR, SA_EXACTLY);
	sa_put(&layout, record, PATH_RATE, IB_RATE_4X_NDR);
	sa_put(&layout, record, PATH_LIFE_SELECTOR, SA_EXACTLY);
	sa_put(&layout, record, PATH_LIFE, PACKET_LIFE_TIME);
	grant(table->request, record);
	sa_offer(table, record);
}

static void list(struct sa_table *table)
{
	const struct sa_request *request = table->request;
	struct ib_port_attr from, to;
	struct ib_port *a, *b;

	if (sa_has(request, 1ULL << PATH_NUMBER) && sa_get(&layout, request->wanted, PATH_NUMBER))
		table->limit = sa_get(&layout, request->wanted, PATH_NUMBER);
	TAILQ_FOREACH(a, request->sa->sw.ports, entry) {
		a->ops->describe(a, &from);
		TAILQ_FOREACH(b, request->sa->sw.ports, entry) {
			b->ops->describe(b, &to);
			if (from.up && to.up)
				offer(table, &from, &to);
		}
	}
}

const struct sa_attribute sa_path = { .id = SA_ATTR_PATH, .layout = &layout, .list = list };
