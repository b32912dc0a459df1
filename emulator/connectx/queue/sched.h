/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Scheduling elements: trees of senders. Inner nodes are transmit scheduling arbiters (TSARs),
 * leaves are queue groups, into which QPs and SQs are put. An element may have a limit, which all
 * below it together keep to on average.
 *
 * Nothing is queued here. When a QP sends a burst, each limited element on the way to the root is
 * in debt for as long as the burst takes at its limit. The QP sends its next burst when the last of
 * these debts is paid. So QPs below an element take turns, burst by burst, and each is at most one
 * burst ahead. Shares (bw_share) are stored but have no effect on the turns.
 */
#ifndef CONNECTX_SCHED_H
#define CONNECTX_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/command/cmd.h"

#define CX_SCHED_DEPTH		8	/* elements from the root to a leaf, both counted */
#define CX_SCHED_MAX_SHARE	100
#define CX_SCHED_BURST		(16U << 10) /* bytes that a QP below a limit sends at once */

struct qp;

struct sched_element {
	uint32_t number;
	uint8_t type;                 /* SCHEDULING_CONTEXT_ELEMENT_TYPE_TSAR or _QUEUE_GROUP */
	uint8_t depth;                /* 1: root */
	struct sched_element *parent; /* NULL: root */
	uint32_t share;
	uint32_t mbps;    /* 0: no limit */
	uint32_t users;   /* elements below it; of a queue group: QPs and SQs */
	uint64_t free_ns; /* when what has been sent through it is paid */
};

/** sched_limited() - Return: whether @group, which may be NULL, or any above it has a limit. */
bool sched_limited(const struct sched_element *group);

/**
 * sched_charge() - a queue of @group has sent.
 * @group: may be NULL: no element at all
 * @bytes: so many
 * @now: engine_now_ns()
 *
 * Return: when that queue may send again; 0 when nothing limits it.
 */
uint64_t sched_charge(struct sched_element *group, uint64_t bytes, uint64_t now);

/**
 * sched_replace() - put a queue into another group.
 * @place: the queue's; either may be NULL
 */
void sched_replace(struct sched_element **place, struct sched_element *group);

/**
 * sched_find_group() - the queue group that @cmd names.
 * @number: 0 is none
 *
 * Return: false when there is none of that number that it may name.
 */
bool sched_find_group(struct connectx *nic, const struct cmd *cmd, uint32_t number,
		      struct sched_element **group);

/**
 * sched_set_groups() - put @qp into those that @cmd names, struct mlx5_ifc_modify_qp_ext_in_bits.
 *
 * Return: MLX5_CMD_STAT_OK or the status.
 */
uint8_t sched_set_groups(struct connectx *nic, struct cmd *cmd, struct qp *qp);

/** sched_fill_caps() - what it has to say about itself in the group of QoS capabilities. */
void sched_fill_caps(void *qos);

/** queue_group_clear() - destroy all queue groups; QPs and SQs must be gone. */
void queue_group_clear(struct connectx *nic);

/** tsar_clear() - destroy all arbiters; queue groups must be gone. */
void tsar_clear(struct connectx *nic);

/* Of general_obj.c */
cmd_handler sched_create, sched_modify, sched_query, sched_destroy;

/* Behind the header of the general object; only users make these, so the kernel's has no layout. */
struct mlx5_ifc_sched_object_bits {
	u8 modify_field_select[0x40]; /* MODIFY_SCHEDULING_ELEMENT_IN_MODIFY_BITMASK_* */
	u8 scheduling_hierarchy[0x8];
	u8 reserved_at_48[0xb8];
	struct mlx5_ifc_scheduling_context_bits scheduling_context;
	u8 reserved_at_300[0x100];
};

struct mlx5_ifc_sched_object_in_bits {
	struct mlx5_ifc_general_obj_in_cmd_hdr_bits hdr;
	struct mlx5_ifc_sched_object_bits object;
};

struct mlx5_ifc_sched_object_out_bits {
	struct mlx5_ifc_general_obj_out_cmd_hdr_bits hdr;
	struct mlx5_ifc_sched_object_bits object;
};

/* Over qos_cap, where the kernel's header has no name for it. */
struct mlx5_ifc_qos_cap_users_bits {
	u8 reserved_at_0[0x21];
	u8 nic_qp_scheduling[0x1];
	u8 reserved_at_22[0x1e];
};

#endif
