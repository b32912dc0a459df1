/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Management datagrams of the NIC's port: those that the driver hands to the port's agents
 * (MAD_IFC), and those that go to management QPs.
 */
#ifndef CONNECTX_MAD_H
#define CONNECTX_MAD_H

#include "connectx/command/cmd.h"

struct message;
struct wqe_av;

/** mad_port_init() - make the port one that the manager can ask and answer. */
void mad_port_init(struct connectx *nic);

/** mad_is_management() - Return: whether @av is the address of a management QP, of any port. */
bool mad_is_management(const struct wqe_av *av);

/**
 * mad_send() - to the manager, or to another NIC's port or the same one's: there its performance
 * agent answers what is for it, and the management QP gets the rest.
 *
 * To the manager, what is no management datagram by its length or key is lost.
 */
void mad_send(struct connectx *nic, const struct wqe_av *av, const struct message *message,
	      const void *data);

cmd_handler mad_ifc;

#endif
