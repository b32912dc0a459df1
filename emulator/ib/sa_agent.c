// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Records that are an attribute of a port's agent (sma.h) behind what it is found by: a LID, and
 * which part of a table it is. 15.2.5.
 */
#include "ib/sa.h"

#include <string.h>

#include "ib/sma.h"
#include "util/macros.h"

#define EQ(bits)	{ bits, SA_EQUAL }
#define EQ4(bits)	EQ(bits), EQ(bits), EQ(bits), EQ(bits)
#define RESERVED(bits)	{ bits, SA_ANY }
#define LID		EQ(16)
#define BLOCK		EQ(512)	/* as a whole, of what has no components */

#define SM_INFO_BYTES	21

static const struct sa_component switch_info_components[] = {
	LID,    RESERVED(16), EQ(16),      EQ(16), EQ(16), EQ(16),
	EQ(8),  EQ(8),        EQ(8),       EQ(5),  EQ(1),  EQ(2), /* default ports, life time */
	EQ(16), EQ(16),       EQ(1),       EQ(1),  EQ(1),  EQ(1), /* enforcement */
	EQ(1),  RESERVED(3),  RESERVED(8), EQ(16),
};

static const struct sa_component linear_components[] = { LID, EQ(16), RESERVED(32), BLOCK };
static const struct sa_component multicast_components[] = { LID,   EQ(4),        RESERVED(3),
							    EQ(9), RESERVED(32), BLOCK };
static const struct sa_component sm_info_components[] = { LID,    RESERVED(16), EQ(64), EQ(64),
							  EQ(32), EQ(4),        EQ(4) };
static const struct sa_component guids_components[] = { LID,          EQ(8),   RESERVED(8),
							RESERVED(32), EQ4(64), EQ4(64) };
static const struct sa_component pkeys_components[] = { LID, EQ(16), EQ(8), RESERVED(24), BLOCK };

/*
 * The parts of a table, each a record: its number, of one byte or two, follows the LID. Where there
 * is one for each group of ports, the group's is in its upper 4 bits.
 */
struct parts {
	__be16 id;         /* of the agent's attribute */
	uint8_t offset;    /* of the attribute in a record */
	bool of_port;      /* a port's number follows, too */
	bool short_number; /* it is of one byte */
	uint16_t num;      /* at most; fewer of a port that has fewer */
	uint8_t ports;     /* groups of them */
};

static void identify(const struct parts *parts, uint8_t *record, const struct ib_port_attr *port,
		     unsigned int group, unsigned int part)
{
	const __be16 begin[] = { cpu_to_be16(port->lid), cpu_to_be16(group << 12 | part) };

	memcpy(record, begin, sizeof(begin));
	if (parts->short_number) {
		record[2] = part;
		record[3] = 0;
	}
	if (parts->of_port)
		record[4] = port->number;
}

static void list_port(struct sa_table *table, const struct parts *parts, const struct sma *sma)
{
	for (unsigned int group = 0; group < parts->ports; group++)
		for (unsigned int part = 0; part < parts->num; part++) {
			uint8_t record[SA_RECORD_MAX] = { 0 };

			identify(parts, record, sma->port, group, part);
			if (sma_get(sma, parts->id, group << 28 | part, record + parts->offset))
				break;
			sa_offer(table, record);
		}
}

static void list_parts(struct sa_table *table, const struct parts *parts)
{
	const struct ib_switch *sw = &table->request->sa->sw;
	struct ib_port_attr attr;
	const struct ib_port *port;

	TAILQ_FOREACH(port, sw->ports, entry) {
		struct sma sma = { .port = &attr, .sw = port->switch_port ? NULL : sw };

		port->ops->describe(port, &attr);
		if (attr.up)
			list_port(table, parts, &sma);
	}
}

#define RECORDS(of, record_id, record_bytes, ...)                                                  \
	static void list_##of(struct sa_table *table)                                              \
	{                                                                                          \
		static const struct parts parts = { __VA_ARGS__ };                                 \
                                                                                                   \
		list_parts(table, &parts);                                                         \
	}                                                                                          \
                                                                                                   \
	static const struct sa_layout of##_layout = {                                              \
		.components = of##_components,                                                     \
		.num = ARRAY_SIZE(of##_components),                                                \
		.bytes = record_bytes,                                                             \
	};                                                                                         \
                                                                                                   \
	const struct sa_attribute sa_##of = {                                                      \
		.id = record_id,                                                                   \
		.layout = &of##_layout,                                                            \
		.list = list_##of,                                                                 \
	}

RECORDS(switch_info, SA_ATTR_SWITCH_INFO, 4 + SWITCH_INFO_BYTES, .id = IB_SMP_ATTR_SWITCH_INFO,
	.offset = 4, .num = 1, .ports = 1);
RECORDS(sm_info, SA_ATTR_SM_INFO, 4 + SM_INFO_BYTES, .id = IB_SMP_ATTR_SM_INFO, .offset = 4,
	.num = 1, .ports = 1);
RECORDS(linear, SA_ATTR_LINEAR, 8 + IB_SMP_DATA_SIZE, .id = IB_SMP_ATTR_LINEAR_FORWARD_TABLE,
	.offset = 8, .num = IB_LID_MULTICAST / SWITCH_BLOCK_LIDS, .ports = 1);
RECORDS(multicast, SA_ATTR_MULTICAST, 8 + IB_SMP_DATA_SIZE, .id = IB_SMP_ATTR_MCAST_FORWARD_TABLE,
	.offset = 8, .num = GROUPS_MAX / SWITCH_BLOCK_MLIDS,
	.ports = SWITCH_PORTS / SWITCH_BLOCK_PORTS + 1);
RECORDS(guids, SA_ATTR_GUIDS, 8 + IB_SMP_DATA_SIZE, .id = IB_SMP_ATTR_GUID_INFO, .offset = 8,
	.short_number = true, .num = UINT8_MAX, .ports = 1);
RECORDS(pkeys, SA_ATTR_PKEYS, 8 + IB_SMP_DATA_SIZE, .id = IB_SMP_ATTR_PKEY_TABLE, .offset = 8,
	.of_port = true, .num = UINT16_MAX, .ports = 1);
