/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Capabilities: what is advertised, and what the driver set (QUERY_HCA_CAP, SET_HCA_CAP). */
#ifndef CONNECTX_CAPS_H
#define CONNECTX_CAPS_H

#include "connectx/command/cmd.h"

/** caps_init() - allocate, and fill in by the device's configuration. Return: 0 or -ENOMEM. */
int caps_init(struct connectx *nic);
void caps_fini(struct connectx *nic);

/** caps_reset() - what the driver set is forgotten. */
void caps_reset(struct connectx *nic);

/** caps_max_qps() - Return: how many QPs the driver may make, by what it set. */
uint64_t caps_max_qps(const struct connectx *nic);

cmd_handler caps_query, caps_set;

#endif
