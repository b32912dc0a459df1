/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Multicast groups of one NIC: which QPs get the datagrams to which GID (ATTACH_TO_MCG and
 * DETACH_FROM_MCG). Whether a port gets them at all is for the subnet to say: see ib/groups.h.
 */
#ifndef CONNECTX_MCG_H
#define CONNECTX_MCG_H

#include <stdint.h>
#include <sys/queue.h>

#include "connectx/command/cmd.h"

struct connectx;
struct qp;

#define MCG_GID_BYTES	16
#define MCG_BUCKETS	256

/* A group that at least one QP is attached to. */
struct mcg {
	LIST_ENTRY(mcg) entry;
	uint8_t gid[MCG_GID_BYTES];
	uint32_t count, room;
	struct qp **qps; /* in the order they were attached */
};

struct mcg_table {
	LIST_HEAD(, mcg) bucket[MCG_BUCKETS]; /* zeroed: empty */
	uint64_t groups;
	uint64_t attachments; /* of all groups together; an object in the registry */
};

/** mcg_find() - Return: the group, or NULL when no QP is attached to @gid. */
const struct mcg *mcg_find(const struct connectx *nic, const uint8_t gid[MCG_GID_BYTES]);

/** mcg_clear() - detach all. */
void mcg_clear(struct connectx *nic);

cmd_handler mcg_attach, mcg_detach;

#endif
