/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How the transport makes itself known to the rooms below. */
#ifndef CONNECTX_TRANSPORT_H
#define CONNECTX_TRANSPORT_H

struct connectx;

/**
 * transport_init() - give QPs who sends and receives for them, and the port its agents.
 *
 * Return: 0, or -errno of the registry.
 */
int transport_init(struct connectx *nic);

#endif
