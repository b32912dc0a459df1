/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Commands, sent through slots and mailboxes, and the objects that are no more than a number. */
#ifndef TESTS_CONNECTX_GUEST_COMMAND_H
#define TESTS_CONNECTX_GUEST_COMMAND_H

#include "guest.h"

/* Declares in[] and out[] for mlx5_ifc_<layout>_{in,out}_bits, with room for @pages addresses. */
#define COMMAND(layout, op, pages)                                                                 \
	uint8_t in[MLX5_ST_SZ_BYTES(layout##_in) + (pages) * sizeof(__be64)] = { 0 };              \
	uint8_t out[MLX5_ST_SZ_BYTES(layout##_out)] = { 0 };                                       \
	MLX5_SET(layout##_in, in, opcode, MLX5_CMD_OP_##op)

/* The same under other names. */
#define COMMAND_BUFFERS(name, layout, op)                                                          \
	uint8_t name##_in[MLX5_ST_SZ_BYTES(layout##_in)] = { 0 };                                  \
	uint8_t name##_out[MLX5_ST_SZ_BYTES(layout##_out)] = { 0 };                                \
	MLX5_SET(layout##_in, name##_in, opcode, MLX5_CMD_OP_##op)

/* Run the command in @in in slot 0; the status, with delivery and syndrome left in @guest. */
uint8_t guest_try(struct guest *guest, const void *in, size_t in_len, void *out, size_t out_len);
void guest_command(struct guest *guest, const void *in, size_t in_len, void *out, size_t out_len);
/*
 * The same for a command whose input has an opcode, and a number at byte 8, and is zero otherwise.
 */
uint8_t guest_try_number(struct guest *guest, uint16_t opcode, uint32_t number);

uint32_t guest_pd(struct guest *guest);
uint32_t guest_uar(struct guest *guest);
uint32_t guest_xrcd(struct guest *guest);

/* A descriptor and its mailboxes, ready to be rung for; returns the descriptor. */
struct mlx5_cmd_layout *guest_slot_fill(struct guest *guest, unsigned int slot, const void *in,
					uint32_t in_len, uint32_t out_len);
void guest_slot_ring(struct guest *guest, unsigned int slot);
bool guest_slot_done(struct guest *guest, unsigned int slot);
/* Output of a finished command. */
void guest_slot_output(struct guest *guest, unsigned int slot, void *out, uint32_t out_len);

#endif
