/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * General objects: kinds of objects that have no commands of their own but share four, which say in
 * their header which kind is meant. A kind is one line in general_obj.c and a bit of
 * general_obj_types.
 */
#ifndef CONNECTX_GENERAL_OBJ_H
#define CONNECTX_GENERAL_OBJ_H

#include "connectx/command/cmd.h"

/* Kinds that only users make, so that the kernel's header has no names for them. */
#define CX_OBJ_SCHED_ELEMENT	0x26
#define CX_OBJ_RESERVED_QPN	0x2c
#define CX_OBJ_AH_MAPPING	0x3a

cmd_handler general_obj_create, general_obj_modify, general_obj_query, general_obj_destroy;

#endif
