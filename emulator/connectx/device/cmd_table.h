/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The table of opcodes. */
#ifndef CONNECTX_CMD_TABLE_H
#define CONNECTX_CMD_TABLE_H

#include <stdint.h>

#include "connectx/command/cmd.h"

/** cmd_op_find() - Return: the entry of @opcode, or NULL when the device does not know it. */
const struct cmd_op *cmd_op_find(uint16_t opcode);

#endif
