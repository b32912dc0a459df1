/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Counters of flows, which programs allocate by DevX and hand on to other processes. Rules name
 * them; this device steers no flows, so that all of them stay at 0. Counters by the many
 * (flow_counter_bulk_alloc) are not offered.
 */
#ifndef CONNECTX_FLOW_COUNTER_H
#define CONNECTX_FLOW_COUNTER_H

#include "connectx/command/cmd.h"

/** flow_counter_clear() - free all. */
void flow_counter_clear(struct connectx *nic);

cmd_handler flow_counter_alloc, flow_counter_dealloc, flow_counter_query;

#endif
