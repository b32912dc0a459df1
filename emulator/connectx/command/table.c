// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/command/table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

/*
 * Zeroed memory that takes no pages until it is used. With calloc(), AddressSanitizer would
 * initialise its own records of all of it: 20 ms for each device that a test or a fuzzer makes.
 */
static void *array_create(size_t bytes)
{
	void *array = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return array == MAP_FAILED ? NULL : array;
}

static void array_destroy(void *array, size_t bytes)
{
	if (array)
		munmap(array, bytes);
}

int cx_table_init(struct cx_table *table, uint32_t first, uint32_t size)
{
	*table = (struct cx_table){ .first = first, .size = size };
	table->object = array_create(size * sizeof(*table->object));
	table->owner = array_create(size * sizeof(*table->owner));
	table->freed = array_create(size * sizeof(*table->freed));
	if (!table->object || !table->owner || !table->freed) {
		cx_table_fini(table);
		return -ENOMEM;
	}
	return 0;
}

void cx_table_fini(struct cx_table *table)
{
	array_destroy(table->object, table->size * sizeof(*table->object));
	array_destroy(table->owner, table->size * sizeof(*table->owner));
	array_destroy(table->freed, table->size * sizeof(*table->freed));
	*table = (struct cx_table){ 0 };
}

int64_t cx_table_add(struct cx_table *table, void *object)
{
	return cx_table_add_for(table, object, CX_UID_DRIVER);
}

int64_t cx_table_add_for(struct cx_table *table, void *object, uint16_t uid)
{
	uint32_t index;

	/* Hand out fresh numbers first, so that a freed number is reused as late as possible. */
	if (table->fresh < table->size) {
		index = table->fresh++;
	} else if (table->freed_count) {
		index = table->freed[table->freed_head];
		table->freed_head = (table->freed_head + 1) % table->size;
		table->freed_count--;
	} else {
		return -1;
	}
	table->object[index] = object;
	table->owner[index] = uid;
	table->count++;
	return (int64_t)table->first + index;
}

void cx_table_remove(struct cx_table *table, uint32_t number)
{
	uint32_t index = number - table->first;

	table->object[index] = NULL;
	table->owner[index] = CX_UID_DRIVER;
	table->freed[((uint64_t)table->freed_head + table->freed_count) % table->size] = index;
	table->freed_count++;
	table->count--;
}

void *cx_table_get_for(const struct cx_table *table, uint32_t number, uint16_t uid)
{
	void *object = cx_table_get(table, number);
	uint16_t owner;

	if (!object || uid == CX_UID_DRIVER || uid == CX_UID_SHARED)
		return object;
	owner = table->owner[number - table->first];
	return owner == uid || owner == CX_UID_SHARED ? object : NULL;
}

bool cx_table_has_owner(const struct cx_table *table, uint16_t uid)
{
	for (uint32_t i = 0; i < table->fresh; i++)
		if (table->owner[i] == uid)
			return true;
	return false;
}

void *cx_table_next(const struct cx_table *table, uint32_t *cursor)
{
	while (*cursor < table->fresh) {
		void *object = table->object[(*cursor)++];

		if (object)
			return object;
	}
	return NULL;
}
