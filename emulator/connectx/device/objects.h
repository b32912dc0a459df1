/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The objects of the guest, of all kinds. A kind is a row of the table in objects.c, and by that
 * made, counted, shown in the registry, looked for when a user context ends, and destroyed.
 */
#ifndef CONNECTX_OBJECTS_H
#define CONNECTX_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

struct connectx;

/** objects_init() - make the tables. Return: 0 or -ENOMEM; objects_fini() is due in any case. */
int objects_init(struct connectx *nic);

/** objects_fini() - free the tables; the objects must be gone. */
void objects_fini(struct connectx *nic);

/** objects_register() - show how many there are. Return: 0, or -errno of the registry. */
int objects_register(struct connectx *nic);

/** objects_clear() - destroy all objects of the guest, in the order of dependence. */
void objects_clear(struct connectx *nic);

/** objects_count() - Return: how many there are, of all kinds. */
uint64_t objects_count(const struct connectx *nic);

/** objects_owned() - Return: whether any object, of any kind, is the user context @uid's. */
bool objects_owned(const struct connectx *nic, uint16_t uid);

#endif
