/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The command interface: 32 slots in guest memory, rung through the initialization segment.
 *
 * cmd.c brings the input together out of the slot and its mailboxes, checks it and calls the
 * handler of the opcode; cmd.c then writes the output back and completes the command. Handlers
 * know nothing of slots and mailboxes. They are in all rooms, so that the table of opcodes is in
 * the last (device/cmd_table.c), and given to the command interface.
 *
 * To add a command: write its handler in the file of the object it is about, declare it in that
 * file's header, add one line to that table.
 */
#ifndef CONNECTX_CMD_H
#define CONNECTX_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/mlx5/device.h>

#include "base/registry.h"
#include "connectx/command/table.h"

struct connectx;

/* A command that is being executed. */
struct cmd {
	const void *in;   /* struct mlx5_ifc_<name>_in_bits */
	uint32_t in_len;  /* bytes at in; at least what the table asks for */
	void *out;        /* struct mlx5_ifc_<name>_out_bits; zero before the handler runs */
	uint32_t out_len; /* bytes at out; at least what the table asks for */
	uint16_t opcode;
	uint16_t uid;      /* the user context that it is for (uctx.h), or CX_UID_* */
	uint32_t syndrome; /* goes out with a status that is not OK */
};

/**
 * cmd_fail() - what handlers return when something is wrong.
 * @status: MLX5_CMD_STAT_*
 * @syndrome: tells apart the reasons for the same status; drivers print it. CMD_SYNDROME() makes
 *	one that leads to the line in the source.
 */
static inline uint8_t cmd_fail(struct cmd *cmd, uint8_t status, uint32_t syndrome)
{
	cmd->syndrome = syndrome;
	return status;
}

/* Syndromes of this model: the opcode in the upper, the source line in the lower half. */
#define CMD_SYNDROME(cmd) ((uint32_t)(cmd)->opcode << 16 | (__LINE__ & 0xffff))
#define CMD_FAIL(cmd, stat) cmd_fail(cmd, MLX5_CMD_STAT_##stat, CMD_SYNDROME(cmd))

/*
 * Whether a user context sent the command, or the driver on behalf of a user: such commands are not
 * trusted.
 */
static inline bool cmd_from_user(const struct cmd *cmd)
{
	return cmd->uid != CX_UID_DRIVER && cmd->uid != CX_UID_SHARED;
}

/** cmd_find() - Return: the object that @cmd names, or NULL if it is not there or not for it. */
static inline void *cmd_find(const struct cmd *cmd, const struct cx_table *table, uint32_t number)
{
	return cx_table_get_for(table, number, cmd->uid);
}

/** cmd_add() - see cx_table_add(); the object belongs to whom @cmd is for. */
static inline int64_t cmd_add(const struct cmd *cmd, struct cx_table *table, void *object)
{
	return cx_table_add_for(table, object, cmd->uid);
}

/**
 * cmd_handler - execute one command.
 *
 * Return: MLX5_CMD_STAT_OK, or the status by CMD_FAIL(). On failure nothing has changed, and
 * cmd->out is not looked at.
 */
typedef uint8_t cmd_handler(struct connectx *nic, struct cmd *cmd);

struct cmd_op {
	uint16_t opcode;          /* MLX5_CMD_OP_* */
	const char *name;         /* as in the enum */
	uint32_t min_in, min_out; /* bytes; shorter ones end in BAD_INP_LEN or BAD_OUTP_LEN */
	cmd_handler *handler;
};

/* What the command interface needs of the rooms above. */
struct cmd_ops {
	/** find() - Return: the entry of @opcode, or NULL when the device does not know it. */
	const struct cmd_op *(*find)(uint16_t opcode);
	/** owned() - Return: whether any object, of any kind, is the user context @uid's. */
	bool (*owned)(const struct connectx *nic, uint16_t uid);
	/** announced() - Return: whether an event queue takes completions, or the driver polls. */
	bool (*announced)(const struct connectx *nic);
	/** announce() - post the completion of the command in @slot. */
	void (*announce)(struct connectx *nic, unsigned int slot);
};

#define CMD_LOG_SLOTS	5
#define CMD_SLOTS	(1 << CMD_LOG_SLOTS)	/* MLX5_MAX_COMMANDS; the last is for pages */
#define CMD_LOG_STRIDE	6	/* sizeof(struct mlx5_cmd_layout) */

/* The interface of one device. */
struct cmd_queue {
	const struct cmd_ops *ops;
	uint64_t address;  /* of slot 0; 0: not set up */
	uint32_t busy;     /* slots that are waiting for a fault to be lifted */
	uint8_t *in, *out; /* buffers, grown on demand */
	uint32_t in_size, out_size;
	struct fault_point fault;  /* "command", by opcode; stalls or fails, default INT_ERR */
	uint64_t executed, failed; /* in the registry */
};

/** cmd_init() - prepare the queue and its fault point; the address comes from the driver. */
void cmd_init(struct connectx *nic, const struct cmd_ops *ops);

/** cmd_fini() - free the buffers. */
void cmd_fini(struct connectx *nic);

/** cmd_reset() - forget the queue's address and what is stalled. */
void cmd_reset(struct connectx *nic);

/** cmd_doorbell() - the guest rang for the slots in @vector. */
void cmd_doorbell(struct connectx *nic, uint32_t vector);

#endif
