/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The InfiniBand port: its context, GIDs and P_Keys, its registers (ACCESS_REG), its counters and
 * the little of the subnet management agent that the driver asks for (MAD_IFC).
 */
#ifndef CONNECTX_PORT_H
#define CONNECTX_PORT_H

#include "connectx/cmd.h"

/** port_init() - by the device's configuration; link up. Return: 0, or -errno of the registry. */
int port_init(struct connectx *nic);

/** port_gid() - GID 0: the subnet prefix fe80::/64 and the port GUID. */
void port_gid(const struct connectx *nic, uint8_t gid[16]);

cmd_handler port_query_context, port_modify_context, port_query_gid, port_query_pkey;
cmd_handler port_query_vport_state, port_query_counters;
cmd_handler port_access_reg, port_mad_ifc, port_set_mad_demux;

#endif
