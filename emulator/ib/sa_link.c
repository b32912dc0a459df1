// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* LinkRecord: 15.2.5.13. A link is of a port and the switch, and is two records, one each way. */
#include "ib/manager.h"
#include "ib/sa.h"
#include "util/macros.h"

enum { LINK_FROM_LID, LINK_FROM_PORT, LINK_TO_PORT, LINK_TO_LID };

static const struct sa_component components[] = {
	[LINK_FROM_LID] = { 16, SA_EQUAL },
	[LINK_FROM_PORT] = { 8, SA_EQUAL },
	[LINK_TO_PORT] = { 8, SA_EQUAL },
	[LINK_TO_LID] = { 16, SA_EQUAL },
};

static const struct sa_layout layout = { components, ARRAY_SIZE(components), 6 };

static void offer(struct sa_table *table, uint16_t from, uint8_t from_port, uint16_t to,
		  uint8_t to_port)
{
	uint8_t record[SA_RECORD_MAX] = { 0 };

	sa_put(&layout, record, LINK_FROM_LID, from);
	sa_put(&layout, record, LINK_FROM_PORT, from_port);
	sa_put(&layout, record, LINK_TO_PORT, to_port);
	sa_put(&layout, record, LINK_TO_LID, to);
	sa_offer(table, record);
}

static void list(struct sa_table *table)
{
	struct ib_port_attr attr;
	const struct ib_port *port;

	TAILQ_FOREACH(port, table->request->sa->sw.ports, entry) {
		port->ops->describe(port, &attr);
		/* port 0 has no link */
		if (!attr.up || !port->switch_port)
			continue;
		offer(table, MANAGER_LID, port->switch_port, attr.lid, attr.number);
		offer(table, attr.lid, attr.number, MANAGER_LID, port->switch_port);
	}
}

const struct sa_attribute sa_link = { .id = SA_ATTR_LINK, .layout = &layout, .list = list };
