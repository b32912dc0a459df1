/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Event queues: rings of 64-byte entries (struct mlx5_eqe) with an MSI-X vector each.
 */
#ifndef CONNECTX_EQ_H
#define CONNECTX_EQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectx/command/buf.h"
#include "connectx/command/cmd.h"

enum eq_state {
	EQ_FIRED,      /* interrupt given, or never armed: posts go unannounced */
	EQ_ARMED,      /* the next post raises the vector */
	EQ_OVERFLOW,   /* full when something was to be posted; needs a new queue */
	EQ_UNWRITABLE, /* no memory where something was to be posted; the same */
};

struct eq {
	uint32_t eqn;
	enum eq_state state;
	struct cx_buf buf;
	uint8_t log_size;  /* entries */
	uint16_t vector;   /* MSI-X */
	uint32_t uar;      /* whose doorbells count */
	uint32_t producer; /* entries ever posted, modulo 2^32 */
	uint32_t consumer; /* entries ever consumed; 24 bits of it come with each doorbell */
	uint32_t users;    /* CQs that report here */
	uint64_t mask
		[4]; /* event types that are delivered here, type n is mask[n / 64] bit n % 64 */
};

/**
 * eq_post() - post one entry and interrupt if armed.
 * @type, @subtype: MLX5_EVENT_TYPE_*
 * @data: up to 28 bytes (union ev_data), the rest is zero
 *
 * Return: 0; -ENOSPC when the queue has overflowed; -EFAULT when its buffer is no memory, or was
 * none once. The event is lost then, as on the device.
 */
int eq_post(struct connectx *nic, struct eq *eq, uint8_t type, uint8_t subtype, const void *data,
	    size_t len);

/**
 * eq_post_async() - post to the queue that subscribed to @type.
 *
 * Return: as eq_post(); -ENOENT when nobody subscribed.
 */
int eq_post_async(struct connectx *nic, uint8_t type, uint8_t subtype, const void *data,
		  size_t len);

/** eq_event_qp() - the asynchronous event @type about the QP @number. */
void eq_event_qp(struct connectx *nic, uint8_t type, uint32_t number);

/** eq_event_dct() - the same about a DCT. */
void eq_event_dct(struct connectx *nic, uint8_t type, uint32_t dctn);

/** eq_takes_commands() - Return: whether any queue has subscribed to completions of commands. */
bool eq_takes_commands(const struct connectx *nic);

/** eq_event_command() - the command in @slot is complete. */
void eq_event_command(struct connectx *nic, unsigned int slot);

/** eq_doorbell() - the guest consumed up to @value's index; @arm for a new interrupt. */
void eq_doorbell(struct connectx *nic, uint32_t uar, uint32_t value, bool arm);

/** eq_find() - Return: the queue or NULL. */
struct eq *eq_find(struct connectx *nic, uint32_t eqn);

/** eq_clear() - destroy all. */
void eq_clear(struct connectx *nic);

cmd_handler eq_create, eq_destroy, eq_query;

#endif
