/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Capabilities: what is advertised, and what the driver set (QUERY_HCA_CAP, SET_HCA_CAP). */
#ifndef CONNECTX_CAPS_H
#define CONNECTX_CAPS_H

#include "connectx/command/cmd.h"

/** caps_init() - fill in by the device's configuration. */
void caps_init(struct connectx *nic);

/** caps_reset() - what the driver set is forgotten. */
void caps_reset(struct connectx *nic);

cmd_handler caps_query, caps_set;

#endif
