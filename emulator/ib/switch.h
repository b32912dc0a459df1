/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The switch that all ports of a subnet hang on: its ports, and where it forwards what. Port 0 is
 * the manager's; the others are numbered in the order in which they were plugged in.
 */
#ifndef IB_SWITCH_H
#define IB_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include <rdma/ib_smi.h>

#include "ib/port.h"

struct groups;

#define SWITCH_PORTS		64
#define SWITCH_INFO_BYTES	20
#define SWITCH_BLOCK_LIDS	64	/* of a LinearForwardingTable */
#define SWITCH_BLOCK_MLIDS	32	/* of a MulticastForwardingTable, each for so many ports: */
#define SWITCH_BLOCK_PORTS	16

struct ib_switch {
	const struct ib_ports *ports; /* its own among them, and those at the ends of its links */
	const struct groups *groups;
};

/** switch_plug() - give @port the lowest number that is free. There are SWITCH_PORTS. */
void switch_plug(const struct ib_switch *sw, struct ib_port *port);

/** switch_find() - Return: what is at the end of a link, or behind port 0; NULL for nothing. */
struct ib_port *switch_find(const struct ib_switch *sw, unsigned int number);

/** switch_describe() - one of its own ports. Return: whether there is one of that number. */
bool switch_describe(const struct ib_switch *sw, unsigned int number, struct ib_port_attr *attr);

/** switch_info() - SwitchInfo: 14.2.5.4. @data: SWITCH_INFO_BYTES, as in a datagram */
void switch_info(uint8_t *data);

/** switch_linear() - a block of unicast LIDs: 14.2.5.9. Return: whether it exists. */
bool switch_linear(const struct ib_switch *sw, uint32_t block, uint8_t data[IB_SMP_DATA_SIZE]);

/**
 * switch_multicast() - a block of multicast LIDs, for SWITCH_BLOCK_PORTS ports: 14.2.5.11.
 * @position: of the first port, in units of as many
 *
 * Return: whether it exists.
 */
bool switch_multicast(const struct ib_switch *sw, uint32_t block, uint32_t position,
		      uint8_t data[IB_SMP_DATA_SIZE]);

#endif
