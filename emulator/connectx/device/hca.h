/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Bringing the function up and down, and the pages that firmware may ask the driver for. */
#ifndef CONNECTX_HCA_H
#define CONNECTX_HCA_H

#include "connectx/command/cmd.h"

cmd_handler hca_enable, hca_disable, hca_init, hca_teardown;
cmd_handler hca_query_issi, hca_set_issi, hca_query_adapter, hca_query_special_contexts;
cmd_handler hca_query_lag, hca_nop;
cmd_handler pages_query, pages_manage;

#endif
