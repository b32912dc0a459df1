/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Queue counters: sets of event counts that QPs and DCTs name, so that the driver can tell what
 * happened to those of one port, one program or one QP. A count's place is its field of struct
 * mlx5_ifc_query_q_counter_out_bits.
 */
#ifndef CONNECTX_Q_COUNTER_H
#define CONNECTX_Q_COUNTER_H

#include <stdint.h>

#include "connectx/command/cmd.h"

struct connectx;

struct q_counter {
	uint32_t number;
	uint32_t values[MLX5_ST_SZ_DW(query_q_counter_out)]; /* host byte order */
};

/**
 * Q_COUNT() - count one event.
 * @set: a struct q_counter, or NULL: a queue that is in none
 * @field: of query_q_counter_out
 */
#define Q_COUNT(set, field)                                                                        \
	q_counter_add(set, MLX5_BYTE_OFF(query_q_counter_out, field) / sizeof(uint32_t))

static inline void q_counter_add(struct q_counter *set, unsigned int dword)
{
	if (set)
		set->values[dword]++;
}

/** q_counter_send_error() - a send WQE ends with @syndrome (enum cqe_syndrome). */
void q_counter_send_error(struct q_counter *set, uint8_t syndrome);

/** q_counter_recv_error() - a receive WQE ends with @syndrome. */
void q_counter_recv_error(struct q_counter *set, uint8_t syndrome);

/** q_counter_find() - Return: the set or NULL. */
struct q_counter *q_counter_find(struct connectx *nic, uint32_t number);

/** q_counter_clear() - free all; the queues must be gone. */
void q_counter_clear(struct connectx *nic);

cmd_handler q_counter_alloc, q_counter_dealloc, q_counter_query;

#endif
