/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Objects that are little more than a number: protection domains, XRC domains, transport domains.
 * Objects in a domain refer to it, and it cannot be freed while any does.
 */
#ifndef CONNECTX_PD_H
#define CONNECTX_PD_H

#include <stdint.h>

#include "connectx/command/cmd.h"

struct connectx;

struct domain {
	uint32_t number;
	uint32_t users; /* mkeys, QPs, SRQs in it */
};

/** pd_find() - Return: the protection domain or NULL. */
struct domain *pd_find(struct connectx *nic, uint32_t pdn);

/** xrcd_find() - Return: the XRC domain or NULL. */
struct domain *xrcd_find(struct connectx *nic, uint32_t xrcd);

/** pd_clear(), xrcd_clear(), td_clear() - free all domains of a kind. */
void pd_clear(struct connectx *nic);
void xrcd_clear(struct connectx *nic);
void td_clear(struct connectx *nic);

cmd_handler pd_alloc, pd_dealloc, xrcd_alloc, xrcd_dealloc, td_alloc, td_dealloc;

#endif
