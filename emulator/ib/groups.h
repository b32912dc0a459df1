/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The multicast groups of a subnet: their attributes and members, and where the switch forwards
 * their packets accordingly. IBA vol. 1, 10.5 and 15.2.5.17.
 */
#ifndef IB_GROUPS_H
#define IB_GROUPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ib/port.h"

#define GROUPS_MAX	1024		/* as many as there are multicast LIDs handed out */
#define GROUP_RECORD	52		/* bytes of a MCMemberRecord */

/* JoinState: bits of a member. */
enum {
	GROUP_FULL = 1 << 0,
	GROUP_NON = 1 << 1,
	GROUP_SEND_ONLY = 1 << 2,
	GROUP_SEND_ONLY_FULL = 1 << 3,
	GROUP_STATES = 0xf,
};

struct group_member {
	LIST_ENTRY(group_member) entry;
	const struct ib_port *port;
	uint8_t states;
};

struct group {
	uint16_t mlid;
	bool permanent;               /* stays when its last member has gone */
	uint8_t record[GROUP_RECORD]; /* what is the same for all members; begins with the MGID */
	LIST_HEAD(, group_member) members;
};

struct groups {
	struct group *by_mlid[GROUPS_MAX]; /* from IB_LID_MULTICAST on */
	unsigned int next;                 /* where to look for a free one */
	uint32_t made;                     /* by MGIDs that the administrator chose */
};

/** groups_fini() - free all. */
void groups_fini(struct groups *groups);

/** groups_find() - Return: the group, or NULL. */
struct group *groups_find(const struct groups *groups, const uint8_t mgid[IB_GID_BYTES]);

/**
 * groups_create() - make a group that nobody is in.
 * @record: its attributes; an MGID of 0 is replaced by one that is not in use
 *
 * Return: the group with an MLID of its own; NULL when there are GROUPS_MAX, or no memory.
 */
struct group *groups_create(struct groups *groups, const uint8_t record[GROUP_RECORD]);

/**
 * groups_delete_empty() - free the group unless it is permanent or has a full member.
 *
 * Return: whether it is gone.
 */
bool groups_delete_empty(struct groups *groups, struct group *group);

/** group_join() - Return: the states that @port then has; 0 without memory. */
uint8_t group_join(struct group *group, const struct ib_port *port, uint8_t states);

/** group_leave() - Return: the states that @port gave up; 0 when it had none of them. */
uint8_t group_leave(struct group *group, const struct ib_port *port, uint8_t states);

/** groups_forward() - Return: whether what is sent to @mlid gets to @port. */
bool groups_forward(const struct groups *groups, uint16_t mlid, const struct ib_port *port);

#endif
