// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* NodeRecord (15.2.5.2) and PortInfoRecord (15.2.5.3): what the ports' agents say, by LID. */
#include "ib/sa.h"

#include <string.h>

#include "ib/manager.h"
#include "ib/sma.h"
#include "util/macros.h"

#define EQ(bits)	{ bits, SA_EQUAL }
#define RESERVED(bits)	{ bits, SA_ANY }

#define LID_BYTES	2
#define NODE_INFO	4	/* offset in a NodeRecord; the description is behind it */
#define PORT_NUMBER	2	/* offsets in a PortInfoRecord */
#define PORT_INFO	4

static const struct sa_component node_components[] = {
	EQ(16),  RESERVED(16),                                 /* LID */
	EQ(8),   EQ(8),        EQ(8),  EQ(8),  EQ(64), EQ(64), /* versions, type, ports, GUIDs */
	EQ(64),  EQ(16),       EQ(16), EQ(32), EQ(8),  EQ(24), /* port GUID ... vendor */
	EQ(512),                                               /* NodeDescription */
};

static const struct sa_component
	port_components[] = {
		EQ(16),      EQ(8),       RESERVED(8), /* LID, port, options */
		EQ(64),      EQ(64),      EQ(16),      EQ(16),
		EQ(32),      EQ(16), /* M_Key ... DiagCode */
		EQ(16),      EQ(8),       EQ(8),       EQ(8),
		EQ(8), /* lease, port, widths */
		EQ(4),       EQ(4),       EQ(4),       EQ(4),
		EQ(2),       RESERVED(3), EQ(3),       EQ(4),
		EQ(4), /* speed ... LMC */
		EQ(4),       EQ(4),       EQ(4),       EQ(4),
		EQ(8),       EQ(8),       EQ(8),       EQ(4),
		EQ(4), /* MTU, SL, VLs, MTUCap */
		EQ(3),       EQ(5),       EQ(4),       EQ(1),
		EQ(1),       EQ(1),       EQ(1),              /* stall count ... filters */
		EQ(16),      EQ(16),      EQ(16),      EQ(8), /* violations, GUIDCap */
		EQ(1),       RESERVED(2), EQ(5),       RESERVED(3),
		EQ(5),       EQ(4),       EQ(4),       EQ(16),
		RESERVED(8), EQ(24),      EQ(16),      EQ(4),
		EQ(4),       RESERVED(3), EQ(5), /* CapabilityMask2, extended speeds */
	};

static const struct sa_layout node_layout = { node_components, ARRAY_SIZE(node_components), 108 };
static const struct sa_layout port_layout = { port_components, ARRAY_SIZE(port_components), 68 };

static void put_lid(uint8_t *record, uint16_t lid)
{
	const __be16 value = cpu_to_be16(lid);

	_Static_assert(sizeof(value) == LID_BYTES, "all records begin with it");
	memcpy(record, &value, sizeof(value));
}

static void list_nodes(struct sa_table *table)
{
	struct ib_port_attr attr;
	struct ib_node_info info;
	struct ib_port *port;

	TAILQ_FOREACH(port, table->request->sa->sw.ports, entry) {
		uint8_t record[SA_RECORD_MAX] = { 0 };

		port->ops->describe(port, &attr);
		if (!attr.up)
			continue;
		put_lid(record, attr.lid);
		sma_node_info(&attr, &info);
		memcpy(record + NODE_INFO, &info, sizeof(info));
		memcpy(record + NODE_INFO + sizeof(info), attr.description,
		       sizeof(attr.description));
		sa_offer(table, record);
	}
}

static void offer_port(struct sa_table *table, const struct ib_port_attr *attr, uint16_t lid)
{
	uint8_t record[SA_RECORD_MAX] = { 0 };

	put_lid(record, lid);
	record[PORT_NUMBER] = attr->number;
	sma_port_info(attr, record + PORT_INFO);
	sa_offer(table, record);
}

/* Those with a LID, and the other ends of their links. */
static void list_ports(struct sa_table *table)
{
	const struct ib_switch *sw = &table->request->sa->sw;
	struct ib_port_attr attr;
	struct ib_port *port;

	TAILQ_FOREACH(port, sw->ports, entry) {
		port->ops->describe(port, &attr);
		if (!attr.up)
			continue;
		offer_port(table, &attr, attr.lid);
		if (port->switch_port && switch_describe(sw, port->switch_port, &attr))
			offer_port(table, &attr, MANAGER_LID);
	}
}

const struct sa_attribute sa_node = {
	.id = SA_ATTR_NODE,
	.layout = &node_layout,
	.list = list_nodes,
};

const struct sa_attribute sa_port_info = {
	.id = SA_ATTR_PORT_INFO,
	.layout = &port_layout,
	.list = list_ports,
};
