// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/command/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/command/uctx.h"
#include "util/macros.h"

/*
 * The delivery status (status_own[7:1]): whether the command could be read and answered, as opposed
 * to its own status.
 */
enum delivery {
	DELIVERY_OK = 0x00,
	DELIVERY_TOKEN = 0x02,     /* a mailbox belongs to another command */
	DELIVERY_BLOCK_NUM = 0x03, /* mailboxes out of order */
	DELIVERY_OUT_PTR = 0x04,   /* unaligned, or no memory */
	DELIVERY_IN_PTR = 0x05,
	DELIVERY_FIRMWARE = 0x06, /* the device cannot: out of memory */
	DELIVERY_IN_LENGTH = 0x07,
	DELIVERY_OUT_LENGTH = 0x08,
	DELIVERY_TYPE = 0x10, /* descriptor of another type */
};

#define OWNER_HW	0x1	/* status_own[0] */
#define INLINE_BYTES	16	/* of input and of output that lie in the descriptor itself */
#define BLOCK_BYTES	MLX5_CMD_DATA_BLOCK_SIZE
#define BLOCK_ALIGN	512
#define HEADER_BYTES	8	/* status and syndrome, opcode and op_mod: every command has them */

static bool buffer_grow(uint8_t **buffer, uint32_t *size, uint32_t needed)
{
	uint8_t *grown;

	if (needed <= *size)
		return true;
	grown = realloc(*buffer, needed);
	if (!grown)
		return false;
	*buffer = grown;
	*size = needed;
	return true;
}

/* A chain of mailboxes; each block is checked when it is reached. */
struct chain {
	struct connectx *nic;
	uint64_t address; /* of the next block */
	uint32_t number;  /* that it must have */
	uint8_t token;
	bool output;
};

static enum delivery chain_next(struct chain *chain, struct mlx5_cmd_prot_block **block)
{
	enum delivery bad_ptr = chain->output ? DELIVERY_OUT_PTR : DELIVERY_IN_PTR;

	if (chain->address % BLOCK_ALIGN)
		return bad_ptr;
	*block = cx_ram(chain->nic, chain->address, sizeof(**block), chain->output);
	if (!*block)
		return bad_ptr;
	if ((*block)->token != chain->token)
		return DELIVERY_TOKEN;
	if (be32_to_cpu((*block)->block_num) != chain->number)
		return DELIVERY_BLOCK_NUM;
	chain->address = be64_to_cpu((*block)->next);
	chain->number++;
	return DELIVERY_OK;
}

static enum delivery fetch_input(struct connectx *nic, const struct mlx5_cmd_layout *slot,
				 uint32_t len)
{
	struct chain chain = {
		.nic = nic,
		.address = be64_to_cpu(slot->in_ptr),
		.token = slot->token,
	};
	uint8_t *in;

	if (len < INLINE_BYTES || len > CX_MAX_CMD_BYTES)
		return DELIVERY_IN_LENGTH;
	if (!buffer_grow(&nic->cmd.in, &nic->cmd.in_size, len))
		return DELIVERY_FIRMWARE;
	in = nic->cmd.in;
	memcpy(in, slot->in, INLINE_BYTES);
	for (uint32_t done = INLINE_BYTES; done < len; done += BLOCK_BYTES) {
		struct mlx5_cmd_prot_block *block;
		enum delivery delivery = chain_next(&chain, &block);

		if (delivery)
			return delivery;
		memcpy(in + done, block->data, len - done < BLOCK_BYTES ? len - done : BLOCK_BYTES);
	}
	return DELIVERY_OK;
}

static enum delivery store_output(struct connectx *nic, struct mlx5_cmd_layout *slot, uint32_t len)
{
	struct chain chain = {
		.nic = nic,
		.address = be64_to_cpu(slot->out_ptr),
		.token = slot->token,
		.output = true,
	};
	const uint8_t *out = nic->cmd.out;

	memcpy(slot->out, out, INLINE_BYTES);
	for (uint32_t done = INLINE_BYTES; done < len; done += BLOCK_BYTES) {
		struct mlx5_cmd_prot_block *block;
		enum delivery delivery = chain_next(&chain, &block);

		if (delivery)
			return delivery;
		memcpy(block->data, out + done,
		       len - done < BLOCK_BYTES ? len - done : BLOCK_BYTES);
	}
	return DELIVERY_OK;
}

/* Which commands are allowed before INIT_HCA; all others make or use objects. */
static bool op_allowed(const struct connectx *nic, uint16_t opcode)
{
	switch (opcode) {
	case MLX5_CMD_OP_ENABLE_HCA:
	case MLX5_CMD_OP_QUERY_ISSI:
	case MLX5_CMD_OP_NOP:
		return true;
	case MLX5_CMD_OP_DISABLE_HCA:
	case MLX5_CMD_OP_SET_ISSI:
	case MLX5_CMD_OP_QUERY_PAGES:
	case MLX5_CMD_OP_MANAGE_PAGES:
	case MLX5_CMD_OP_QUERY_HCA_CAP:
	case MLX5_CMD_OP_SET_HCA_CAP:
	case MLX5_CMD_OP_QUERY_ADAPTER:
	case MLX5_CMD_OP_ACCESS_REG:
	case MLX5_CMD_OP_INIT_HCA:
	case MLX5_CMD_OP_TEARDOWN_HCA:
		return nic->state >= HCA_ENABLED;
	default:
		return nic->state == HCA_UP;
	}
}

static uint8_t dispatch(struct connectx *nic, struct cmd *cmd, enum fault_action fault)
{
	const struct cmd_op *op = nic->cmd.ops->find(cmd->opcode);

	if (!op)
		return CMD_FAIL(cmd, BAD_OP_ERR);
	if (cmd->in_len < op->min_in)
		return CMD_FAIL(cmd, BAD_INP_LEN_ERR);
	if (cmd->out_len < op->min_out)
		return CMD_FAIL(cmd, BAD_OUTP_LEN_ERR);
	if (!op_allowed(nic, cmd->opcode))
		return CMD_FAIL(cmd, BAD_SYS_STATE_ERR);
	if (cmd_from_user(cmd) && !uctx_find(nic, cmd->uid))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (fault == FAULT_FAIL) {
		uint8_t status = nic->cmd.fault.value;

		return cmd_fail(cmd, status ? status : MLX5_CMD_STAT_INT_ERR, CMD_SYNDROME(cmd));
	}
	return op->handler(nic, cmd);
}

static enum delivery execute(struct connectx *nic, struct mlx5_cmd_layout *slot,
			     enum fault_action fault)
{
	struct cmd cmd = {
		.in_len = be32_to_cpu(slot->inlen),
		.out_len = be32_to_cpu(slot->outlen),
	};
	enum delivery delivery;
	uint8_t status;

	if (slot->type != MLX5_PCI_CMD_XPORT)
		return DELIVERY_TYPE;
	delivery = fetch_input(nic, slot, cmd.in_len);
	if (delivery)
		return delivery;
	if (cmd.out_len < HEADER_BYTES || cmd.out_len > CX_MAX_CMD_BYTES)
		return DELIVERY_OUT_LENGTH;
	/* The inline part is stored as a whole, also for outputs that are shorter. */
	if (!buffer_grow(&nic->cmd.out, &nic->cmd.out_size,
			 cmd.out_len < INLINE_BYTES ? INLINE_BYTES : cmd.out_len))
		return DELIVERY_FIRMWARE;
	memset(nic->cmd.out, 0, cmd.out_len < INLINE_BYTES ? INLINE_BYTES : cmd.out_len);
	cmd.in = nic->cmd.in;
	cmd.out = nic->cmd.out;
	cmd.opcode = MLX5_GET(create_eq_in, cmd.in, opcode);
	cmd.uid = MLX5_GET(create_eq_in, cmd.in, uid);

	status = dispatch(nic, &cmd, fault);
	nic->cmd.executed++;
	if (status) {
		nic->cmd.failed++;
		memset(cmd.out, 0, cmd.out_len);
		MLX5_SET(create_eq_out, cmd.out, syndrome, cmd.syndrome);
	}
	MLX5_SET(create_eq_out, cmd.out, status, status);
	return store_output(nic, slot, cmd.out_len);
}

/*
 * @write: what to report as refused if the slot is no memory: it is read first, and written when
 * the command is complete
 */
static struct mlx5_cmd_layout *slot_at(struct connectx *nic, unsigned int number, bool write)
{
	uint64_t address = nic->cmd.address + ((uint64_t)number << CMD_LOG_STRIDE);
	struct mlx5_cmd_layout *slot = cx_ram(nic, address, sizeof(*slot), true);

	if (!slot)
		cx_refused(nic, address, sizeof(*slot), write);
	return slot;
}

static void slot_run(struct connectx *nic, unsigned int number, enum fault_action fault)
{
	struct mlx5_cmd_layout *slot = slot_at(nic, number, true);
	/* The completion of the command that creates the event queue is still polled for. */
	bool announced = nic->cmd.ops->announced(nic);
	enum delivery delivery;

	if (!slot)
		return;
	delivery = execute(nic, slot, fault);
	/* The driver polls this byte on another CPU: the output has to be there first. */
	__atomic_store_n(&slot->status_own, (uint8_t)(delivery << 1), __ATOMIC_RELEASE);
	if (announced)
		nic->cmd.ops->announce(nic, number);
}

static void slot_start(struct connectx *nic, unsigned int number)
{
	struct mlx5_cmd_layout *slot = slot_at(nic, number, false);
	enum fault_action fault;

	if (!slot || !(slot->status_own & OWNER_HW) || nic->cmd.busy & 1U << number)
		return;
	fault = fault_check(&nic->cmd.fault, be32_to_cpu(slot->in[0]) >> 16);
	if (fault == FAULT_STALL)
		nic->cmd.busy |= 1U << number;
	else
		slot_run(nic, number, fault);
}

void cmd_doorbell(struct connectx *nic, uint32_t vector)
{
	if (!nic->cmd.address)
		return;
	for (unsigned int i = 0; i < CMD_SLOTS; i++)
		if (vector & 1U << i)
			slot_start(nic, i);
}

static void stall_released(struct fault_point *fault)
{
	struct cmd_queue *queue = container_of(fault, struct cmd_queue, fault);
	struct connectx *nic = container_of(queue, struct connectx, cmd);

	for (unsigned int i = 0; i < CMD_SLOTS; i++) {
		if (!(queue->busy & 1U << i))
			continue;
		queue->busy &= ~(1U << i);
		slot_run(nic, i, FAULT_NONE);
	}
}

void cmd_init(struct connectx *nic, const struct cmd_ops *ops)
{
	nic->cmd.ops = ops;
	nic->cmd.fault = (struct fault_point){
		.name = "command",
		.actions = FAULT_STALL | FAULT_FAIL,
		.released = stall_released,
	};
}

void cmd_fini(struct connectx *nic)
{
	free(nic->cmd.in);
	free(nic->cmd.out);
}

void cmd_reset(struct connectx *nic)
{
	nic->cmd.address = 0;
	nic->cmd.busy = 0;
}
