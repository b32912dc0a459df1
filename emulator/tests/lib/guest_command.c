// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest_command.h"

#include <string.h>

#define INLINE_BYTES	16
#define TOKEN		0x5a
#define OWNER_HW	1

/* A chain of as many mailboxes as @len bytes behind the inline part need. */
static void mailboxes_fill(struct guest *guest, uint64_t first, const uint8_t *data, uint32_t len)
{
	for (uint32_t done = INLINE_BYTES, i = 0; done < len;
	     done += MLX5_CMD_DATA_BLOCK_SIZE, i++) {
		struct mlx5_cmd_prot_block *block = guest_ptr(guest,
							      first + i * GUEST_MAILBOX_STEP);
		uint32_t piece = len - done;

		if (piece > MLX5_CMD_DATA_BLOCK_SIZE)
			piece = MLX5_CMD_DATA_BLOCK_SIZE;
		memset(block, 0, sizeof(*block));
		if (data)
			memcpy(block->data, data + done, piece);
		block->next = cpu_to_be64(first + (i + 1) * GUEST_MAILBOX_STEP);
		block->block_num = cpu_to_be32(i);
		block->token = TOKEN;
	}
}

static struct mlx5_cmd_layout *slot_ptr(struct guest *guest, unsigned int slot)
{
	return guest_ptr(guest, GUEST_SLOTS + slot * sizeof(struct mlx5_cmd_layout));
}

struct mlx5_cmd_layout *guest_slot_fill(struct guest *guest, unsigned int slot, const void *in,
					uint32_t in_len, uint32_t out_len)
{
	struct mlx5_cmd_layout *layout = slot_ptr(guest, slot);

	memset(layout, 0, sizeof(*layout));
	layout->type = MLX5_PCI_CMD_XPORT;
	layout->inlen = cpu_to_be32(in_len);
	layout->outlen = cpu_to_be32(out_len);
	layout->in_ptr = cpu_to_be64(GUEST_IN_MAILBOXES);
	layout->out_ptr = cpu_to_be64(GUEST_OUT_MAILBOXES);
	layout->token = TOKEN;
	memcpy(layout->in, in, in_len < INLINE_BYTES ? in_len : INLINE_BYTES);
	mailboxes_fill(guest, GUEST_IN_MAILBOXES, in, in_len);
	mailboxes_fill(guest, GUEST_OUT_MAILBOXES, NULL, out_len);
	layout->status_own = OWNER_HW;
	return layout;
}

void guest_slot_ring(struct guest *guest, unsigned int slot)
{
	guest_bar_write32(guest, offsetof(struct mlx5_init_seg, cmd_dbell), 1U << slot);
}

bool guest_slot_done(struct guest *guest, unsigned int slot)
{
	return !(slot_ptr(guest, slot)->status_own & OWNER_HW);
}

void guest_slot_output(struct guest *guest, unsigned int slot, void *out, uint32_t out_len)
{
	uint8_t *bytes = out;

	memcpy(bytes, slot_ptr(guest, slot)->out, out_len < INLINE_BYTES ? out_len : INLINE_BYTES);
	for (uint32_t done = INLINE_BYTES, i = 0; done < out_len; i++) {
		const struct mlx5_cmd_prot_block *block = guest_ptr(guest,
								    GUEST_OUT_MAILBOXES +
									    i * GUEST_MAILBOX_STEP);
		uint32_t piece = out_len - done;

		if (piece > MLX5_CMD_DATA_BLOCK_SIZE)
			piece = MLX5_CMD_DATA_BLOCK_SIZE;
		memcpy(bytes + done, block->data, piece);
		done += piece;
	}
}

uint8_t guest_try(struct guest *guest, const void *in, size_t in_len, void *out, size_t out_len)
{
	const struct mlx5_cmd_layout *layout = guest_slot_fill(guest, 0, in, in_len, out_len);

	guest_slot_ring(guest, 0);
	assert_true(guest_slot_done(guest, 0));
	guest->delivery = layout->status_own >> 1;
	guest_slot_output(guest, 0, out, out_len);
	guest->syndrome = MLX5_GET(alloc_pd_out, out, syndrome);
	return MLX5_GET(alloc_pd_out, out, status);
}

void guest_command(struct guest *guest, const void *in, size_t in_len, void *out, size_t out_len)
{
	assert_int_equal(guest_try(guest, in, in_len, out, out_len), MLX5_CMD_STAT_OK);
}

uint8_t guest_try_number(struct guest *guest, uint16_t opcode, uint32_t number)
{
	uint32_t in[8] = { 0 }, out[4]; /* the longest of them is INIT_HCA */

	MLX5_SET(destroy_qp_in, in, opcode, opcode);
	MLX5_SET(destroy_qp_in, in, qpn, number);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

uint32_t guest_pd(struct guest *guest)
{
	COMMAND(alloc_pd, ALLOC_PD, 0);

	guest_command(guest, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(alloc_pd_out, out, pd);
}

uint32_t guest_uar(struct guest *guest)
{
	COMMAND(alloc_uar, ALLOC_UAR, 0);

	guest_command(guest, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(alloc_uar_out, out, uar);
}

uint32_t guest_xrcd(struct guest *guest)
{
	COMMAND(alloc_xrcd, ALLOC_XRCD, 0);

	guest_command(guest, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(alloc_xrcd_out, out, xrcd);
}
