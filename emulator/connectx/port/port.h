/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The InfiniBand port: its context, GIDs and P_Keys, its registers (ACCESS_REG) and its counters.
 */
#ifndef CONNECTX_PORT_H
#define CONNECTX_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"
#include "base/registry.h"
#include "connectx/command/nic.h"
#include "ib/port.h"

struct cx_port {
	struct connectx *nic;
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
	uint32_t qkey_violations, pkey_violations;
	struct ib_counts counts;  /* of all services together */
	struct ib_counts cleared; /* what they were when they were cleared last */

	struct cx_table ah_mappings; /* struct ah_mapping */
};

/** port_init() - by the device's configuration; link up. Return: 0, or -errno of the registry. */
int port_init(struct connectx *nic);

/** port_start() - INIT_HCA: let the link come up, after the time to train if there is one. */
void port_start(struct connectx *nic);

/** port_fini() - the device goes. */
void port_fini(struct connectx *nic);

/** port_gid() - GID 0: the link-local subnet prefix and the port GUID. */
void port_gid(const struct connectx *nic, uint8_t gid[16]);

/** port_pkey() - Return: P_Key @index; 0 for an entry that is not in use or not there. */
uint16_t port_pkey(const struct connectx *nic, unsigned int index);

cmd_handler port_query_context, port_modify_context, port_query_gid, port_query_pkey;
cmd_handler port_query_counters;
cmd_handler port_access_reg;

#endif
