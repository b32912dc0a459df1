// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/tag_list.h"

#include <stdlib.h>

struct tag_list *tag_list_create(unsigned int log_size)
{
	uint32_t size = 1U << log_size;
	struct tag_list *list = calloc(1, sizeof(*list) + size * sizeof(list->entry[0]));

	if (!list)
		return NULL;
	list->size = size;
	TAILQ_INIT(&list->listed);
	for (uint32_t i = 0; i < size; i++)
		list->entry[i].index = i;
	return list;
}

static bool in_step(const struct tag_list *list)
{
	return list->sw_count == list->hw_count;
}

void tag_list_sync(struct tag_list *list, uint16_t count)
{
	struct tag_entry *entry;

	list->sw_count = count;
	if (!in_step(list))
		return;
	TAILQ_FOREACH(entry, &list->listed, link)
		entry->synced = true;
}

struct tag_entry *tag_list_append(struct tag_list *list, uint64_t tag, uint64_t mask,
				  const struct wqe_data *buffer, uint16_t next)
{
	struct tag_entry *entry = &list->entry[list->next];

	if (entry->state != TAG_FREE || next >= list->size)
		return NULL;
	entry->state = TAG_LISTED;
	entry->synced = in_step(list);
	entry->tag = tag;
	entry->mask = mask;
	entry->buffer = buffer ? *buffer : (struct wqe_data){ 0 };
	TAILQ_INSERT_TAIL(&list->listed, entry, link);
	list->next = next;
	return entry;
}

bool tag_list_remove(struct tag_list *list, uint16_t index)
{
	struct tag_entry *entry = &list->entry[index];

	if (index >= list->size || entry->state != TAG_LISTED)
		return false;
	TAILQ_REMOVE(&list->listed, entry, link);
	entry->state = TAG_FREE;
	return true;
}

struct tag_entry *tag_list_match(struct tag_list *list, uint64_t tag)
{
	struct tag_entry *entry;

	TAILQ_FOREACH(entry, &list->listed, link) {
		if (!entry->synced || (entry->tag ^ tag) & entry->mask)
			continue;
		TAILQ_REMOVE(&list->listed, entry, link);
		entry->state = TAG_TAKEN;
		return entry;
	}
	return NULL;
}

void tag_list_unexpected(struct tag_list *list)
{
	list->hw_count++;
}

void tag_release(struct tag_entry *entry)
{
	entry->state = TAG_FREE;
}
