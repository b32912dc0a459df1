/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The InfiniBand subnet: which ports there are, by LID, and whether a packet gets from one to
 * another. All NICs of the process are on one subnet, with a switch between them that loses
 * nothing and takes no time, and has the subnet's manager built in.
 */
#ifndef CONNECTX_SUBNET_H
#define CONNECTX_SUBNET_H

#include <stdbool.h>
#include <stdint.h>

struct connectx;
struct ib_packet;

/** subnet_join() - plug the port of @nic in. Return: 0; -EEXIST when its LID is taken; -ENOMEM. */
int subnet_join(struct connectx *nic);

/** subnet_leave() - unplug it; harmless when it has not joined. */
void subnet_leave(struct connectx *nic);

/**
 * subnet_route() - the NIC that a packet from @nic to @lid arrives at, @nic itself included.
 *
 * Return: the NIC, or NULL when no port has that LID, or one of the two links is down.
 */
struct connectx *subnet_route(struct connectx *nic, uint16_t lid);

/** subnet_next() - walk all NICs, NULL first and after the last. */
struct connectx *subnet_next(const struct connectx *nic);

/**
 * subnet_forwards() - whether a multicast packet from @from to @mlid gets to @to.
 *
 * To others by the groups that the manager has let them join; back to a port itself always, which
 * is its own doing and not the switch's.
 */
bool subnet_forwards(const struct connectx *from, uint16_t mlid, const struct connectx *to);

/** subnet_manage() - @packet from @nic is for the manager. */
void subnet_manage(struct connectx *nic, const struct ib_packet *packet);

/** subnet_link_changed() - the link of @nic went up or down, as nic->ib says. */
void subnet_link_changed(struct connectx *nic);

/** subnet_forget() - what @nic has joined and offered, the manager drops. */
void subnet_forget(struct connectx *nic);

#endif
