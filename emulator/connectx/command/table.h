/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Tables of objects by number: what stands behind every handle that the guest gets.
 *
 * Looking up is one bounds check and one load. Numbers are handed out in rising order and come
 * back first freed, first reused, so that a stale handle meets "no such object" for as long as
 * possible.
 *
 * Each object has an owner: the user context (uctx.h) that it was made for, or the driver.
 */
#ifndef CONNECTX_TABLE_H
#define CONNECTX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cx_table {
	void **object;        /* by number - first */
	uint16_t *owner;      /* the same: who may name it in commands, CX_UID_* or a user's */
	uint32_t *freed;      /* ring of numbers that were given back */
	uint32_t first, size; /* numbers are first .. first + size - 1 */
	uint32_t fresh;       /* how many numbers were ever handed out */
	uint32_t freed_head, freed_count;
	uint64_t count; /* objects in the table; shown in the registry */
};

/* Owners other than user contexts. The driver calls the second MLX5_SHARED_RESOURCE_UID. */
#define CX_UID_DRIVER	0	/* of whom no user context may make use, and who may use all */
#define CX_UID_SHARED	0xffff	/* whose objects all may use, and who may use all */

/**
 * cx_table_init() - make an empty table. Memory is only touched as numbers are used.
 * @first: the lowest number
 * @size: how many objects it can hold: what the capabilities advertise
 *
 * Return: 0 or -ENOMEM.
 */
int cx_table_init(struct cx_table *table, uint32_t first, uint32_t size);

/** cx_table_fini() - free the table; the objects must be gone. */
void cx_table_fini(struct cx_table *table);

/** cx_table_add() - Return: the number of @object from now on, or -1 when the table is full. */
int64_t cx_table_add(struct cx_table *table, void *object);

/** cx_table_add_for() - the same for an object that is @uid's and not the driver's. */
int64_t cx_table_add_for(struct cx_table *table, void *object, uint16_t uid);

/** cx_table_remove() - give @number back, which must be in use. */
void cx_table_remove(struct cx_table *table, uint32_t number);

/** cx_table_get() - Return: the object, or NULL for any number that is not in use. */
static inline void *cx_table_get(const struct cx_table *table, uint32_t number)
{
	uint32_t index = number - table->first;

	return index < table->size ? table->object[index] : NULL;
}

/** cx_table_get_for() - the same for a command of @uid: NULL also for what it may not use. */
void *cx_table_get_for(const struct cx_table *table, uint32_t number, uint16_t uid);

/** cx_table_has_owner() - Return: whether any object is @uid's. Looks at each of them. */
bool cx_table_has_owner(const struct cx_table *table, uint16_t uid);

/**
 * cx_table_next() - walk the objects in the order of their numbers.
 * @cursor: 0 at first
 *
 * Return: the next object or NULL after the last. The one returned may be removed while walking.
 */
void *cx_table_next(const struct cx_table *table, uint32_t *cursor);

#endif
