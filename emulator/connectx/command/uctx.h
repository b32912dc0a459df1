/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * User contexts: programs that may send commands of their own through the driver (DevX).
 *
 * Every command has a uid in its header. 0 is the driver, which may use all objects. Any other uid
 * is a user context: its commands may use objects that were made under the same uid, and shared
 * ones (MLX5_SHARED_RESOURCE_UID). The driver also sets the uid in commands that it sends itself on
 * behalf of a program, so a command with a user's uid may have a page list. What tells the two
 * apart are the umem_valid bits, which the driver sets in every command that comes from the user:
 * then memory can only be named as a part of a umem (umem.h).
 */
#ifndef CONNECTX_UCTX_H
#define CONNECTX_UCTX_H

#include <stdint.h>

#include "connectx/command/cmd.h"

struct connectx;

struct uctx {
	uint32_t uid;
};

/** uctx_find() - Return: the user context or NULL. */
struct uctx *uctx_find(struct connectx *nic, uint16_t uid);

/** uctx_clear() - destroy all; their objects must be gone. */
void uctx_clear(struct connectx *nic);

/* A context cannot be destroyed before the objects that were made for it. */
cmd_handler uctx_create, uctx_destroy;

#endif
