/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * User contexts: programs that may have the driver send commands of their own (DevX).
 *
 * Every command has a uid in its header. 0 is the driver, which may name all objects; any other is
 * a user context, whose commands may name what was made under the same uid, and what was made to be
 * shared (MLX5_SHARED_RESOURCE_UID). The driver puts the uid of the program on whose behalf it acts
 * into commands of its own, too: so a page list may come under a user's uid. What tells them apart
 * are the umem_valid bits of a command, which the driver sets in all that came from the user:
 * with them, memory can only be named as part of a umem (umem.h).
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

/* A context cannot be destroyed before all that was made for it. */
cmd_handler uctx_create, uctx_destroy;

#endif
