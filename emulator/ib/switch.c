// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/switch.h"

#include <string.h>

#include "ib/groups.h"
#include "ib/manager.h"

#define DEVICE_ID	0xd2f0 /* of an NDR switch */
#define NO_PORT		0xff   /* what is for no port is dropped */
#define LIFE_TIME	18     /* LifeTimeValue: 4.096 us << 18 */
#define ENHANCED_PORT0	(1 << 3) /* port 0 has a manager, as no base port has */
#define LIDS		IB_LID_MULTICAST

struct ib_port *switch_find(const struct ib_switch *sw, unsigned int number)
{
	struct ib_port *port;

	TAILQ_FOREACH(port, sw->ports, entry)
		if (port->switch_port == number)
			break;
	return port;
}

void switch_plug(const struct ib_switch *sw, struct ib_port *port)
{
	uint8_t number = 1;

	while (switch_find(sw, number))
		number++;
	port->switch_port = number;
}

bool switch_describe(const struct ib_switch *sw, unsigned int number, struct ib_port_attr *attr)
{
	struct ib_port_attr peer = { .up = false };
	const struct ib_port *port = switch_find(sw, number);

	if (number > SWITCH_PORTS)
		return false;
	if (number && port)
		port->ops->describe(port, &peer);
	*attr = (struct ib_port_attr){
		.type = IB_NODE_SWITCH,
		.number = number,
		.ports = SWITCH_PORTS,
		.device_id = DEVICE_ID,
		.node_guid = MANAGER_GUID,
		.port_guid = MANAGER_GUID,
		.up = !number || peer.up,
		.description = "softfabric switch",
	};
	if (number)
		return true;
	/* only port 0 is an end of packets' ways */
	attr->manager = true;
	attr->guids = 1;
	attr->pkeys = 32;
	attr->lid = attr->manager_lid = MANAGER_LID;
	attr->cap_mask = IB_CAP_SM | IB_CAP_EXTENDED_SPEEDS | IB_CAP_MASK2;
	attr->cap_mask2 = IB_CAP2_HDR | IB_CAP2_NDR;
	return true;
}

void switch_info(uint8_t *data)
{
	const struct {
		__be16 linear_cap, random_cap, multicast_cap, linear_top;
		uint8_t default_port, multicast_primary, multicast_not_primary, life_time;
		__be16 lids_per_port, partition_cap;
		uint8_t enforcement, reserved;
		__be16 multicast_top;
	} info = {
		.linear_cap = cpu_to_be16(LIDS),
		.multicast_cap = cpu_to_be16(GROUPS_MAX),
		.linear_top = cpu_to_be16(LIDS - 1),
		.default_port = NO_PORT,
		.multicast_primary = NO_PORT,
		.multicast_not_primary = NO_PORT,
		.life_time = LIFE_TIME << 3,
		.enforcement = ENHANCED_PORT0,
		.multicast_top = cpu_to_be16(IB_LID_MULTICAST + GROUPS_MAX - 1),
	};

	_Static_assert(sizeof(info) == SWITCH_INFO_BYTES, "no holes");
	memcpy(data, &info, sizeof(info));
}

bool switch_linear(const struct ib_switch *sw, uint32_t block, uint8_t data[IB_SMP_DATA_SIZE])
{
	struct ib_port_attr attr;
	const struct ib_port *port;

	if (block >= LIDS / SWITCH_BLOCK_LIDS)
		return false;
	memset(data, NO_PORT, SWITCH_BLOCK_LIDS);
	TAILQ_FOREACH(port, sw->ports, entry) {
		port->ops->describe(port, &attr);
		if (attr.lid / SWITCH_BLOCK_LIDS == block)
			data[attr.lid % SWITCH_BLOCK_LIDS] = port->switch_port;
	}
	return true;
}

bool switch_multicast(const struct ib_switch *sw, uint32_t block, uint32_t position,
		      uint8_t data[IB_SMP_DATA_SIZE])
{
	__be16 masks[SWITCH_BLOCK_MLIDS];

	if (block >= GROUPS_MAX / SWITCH_BLOCK_MLIDS ||
	    position > SWITCH_PORTS / SWITCH_BLOCK_PORTS)
		return false;
	for (unsigned int i = 0; i < SWITCH_BLOCK_MLIDS; i++) {
		uint16_t mlid = IB_LID_MULTICAST + block * SWITCH_BLOCK_MLIDS + i, mask = 0;
		const struct ib_port *port;

		TAILQ_FOREACH(port, sw->ports, entry)
			if (port->switch_port / SWITCH_BLOCK_PORTS == position &&
			    groups_forward(sw->groups, mlid, port))
				mask |= 1U << port->switch_port % SWITCH_BLOCK_PORTS;
		masks[i] = cpu_to_be16(mask);
	}
	memcpy(data, masks, sizeof(masks));
	return true;
}
