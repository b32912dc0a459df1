// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "base/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum entry_type { ENTRY_VALUE, ENTRY_SWITCH, ENTRY_FAULT };

struct entry {
	TAILQ_ENTRY(entry) link;
	enum entry_type type;
	enum registry_kind kind; /* ENTRY_VALUE */
	const char *device;
	const char *name;
	union {
		const uint64_t *value;
		struct registry_switch *sw;
		struct fault_point *fault;
	};
};

struct registry {
	TAILQ_HEAD(, entry) entries;
};

struct registry *registry_create(void)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (registry)
		TAILQ_INIT(&registry->entries);
	return registry;
}

void registry_destroy(struct registry *registry)
{
	struct entry *entry;

	if (!registry)
		return;
	while ((entry = TAILQ_FIRST(&registry->entries))) {
		TAILQ_REMOVE(&registry->entries, entry, link);
		free(entry);
	}
	free(registry);
}

static struct entry *find(struct registry *registry, enum entry_type type, enum registry_kind kind,
			  const char *device, const char *name)
{
	struct entry *entry;

	TAILQ_FOREACH(entry, &registry->entries, link)
		if (entry->type == type && (type != ENTRY_VALUE || entry->kind == kind) &&
		    !strcmp(entry->device, device) && !strcmp(entry->name, name))
			return entry;
	return NULL;
}

static int add(struct registry *registry, const struct entry *template)
{
	struct entry *entry;

	if (find(registry, template->type, template->kind, template->device, template->name))
		return -EEXIST;
	entry = malloc(sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	*entry = *template;
	TAILQ_INSERT_TAIL(&registry->entries, entry, link);
	return 0;
}

int registry_add_value(struct registry *registry, enum registry_kind kind, const char *device,
		       const char *name, const uint64_t *value)
{
	return add(registry, &(struct entry){
				     .type = ENTRY_VALUE,
				     .kind = kind,
				     .device = device,
				     .name = name,
				     .value = value,
			     });
}

int registry_add_switch(struct registry *registry, const char *device, struct registry_switch *sw)
{
	return add(registry, &(struct entry){
				     .type = ENTRY_SWITCH,
				     .device = device,
				     .name = sw->name,
				     .sw = sw,
			     });
}

int registry_add_fault(struct registry *registry, const char *device, struct fault_point *fault)
{
	return add(registry, &(struct entry){
				     .type = ENTRY_FAULT,
				     .device = device,
				     .name = fault->name,
				     .fault = fault,
			     });
}

void registry_remove(struct registry *registry, const char *device)
{
	struct entry *entry, *next;

	for (entry = TAILQ_FIRST(&registry->entries); entry; entry = next) {
		next = TAILQ_NEXT(entry, link);
		if (strcmp(entry->device, device))
			continue;
		TAILQ_REMOVE(&registry->entries, entry, link);
		free(entry);
	}
}

void registry_visit(struct registry *registry, enum registry_kind kind, const char *device,
		    const struct registry_visitor *visitor)
{
	struct entry *entry;

	TAILQ_FOREACH(entry, &registry->entries, link)
		if (entry->type == ENTRY_VALUE && entry->kind == kind &&
		    (!device || !strcmp(entry->device, device)))
			visitor->value(visitor->context, entry->device, entry->name, *entry->value);
}

bool registry_has_device(struct registry *registry, const char *device)
{
	struct entry *entry;

	TAILQ_FOREACH(entry, &registry->entries, link)
		if (!strcmp(entry->device, device))
			return true;
	return false;
}

struct fault_point *registry_find_fault(struct registry *registry, const char *device,
					const char *name)
{
	struct entry *entry = find(registry, ENTRY_FAULT, 0, device, name);

	return entry ? entry->fault : NULL;
}

struct registry_switch *registry_find_switch(struct registry *registry, const char *device,
					     const char *name)
{
	struct entry *entry = find(registry, ENTRY_SWITCH, 0, device, name);

	return entry ? entry->sw : NULL;
}

struct fault_point *registry_next_fault(struct registry *registry, const char *device,
					const struct fault_point *previous)
{
	struct entry *entry;
	bool passed = !previous;

	TAILQ_FOREACH(entry, &registry->entries, link) {
		if (entry->type != ENTRY_FAULT || strcmp(entry->device, device))
			continue;
		if (passed)
			return entry->fault;
		passed = entry->fault == previous;
	}
	return NULL;
}

enum fault_action fault_take(struct fault_point *fault, uint64_t key)
{
	if (fault->key != FAULT_ANY_KEY && fault->key != key)
		return FAULT_NONE;
	if (fault->skip) {
		fault->skip--;
		return FAULT_NONE;
	}
	fault->remaining--;
	fault->hits++;
	return fault->action;
}

int fault_arm(struct fault_point *fault, enum fault_action action, uint64_t key, uint64_t value,
	      uint64_t skip, uint64_t count)
{
	if (!count)
		return -EINVAL;
	if (value > UINT8_MAX)
		return -ERANGE;
	if ((action != FAULT_STALL && action != FAULT_FAIL) || !(fault->actions & action))
		return -EOPNOTSUPP;
	fault_release(fault);
	fault->action = action;
	fault->key = key;
	fault->value = value;
	fault->skip = skip;
	fault->remaining = count;
	return 0;
}

void fault_release(struct fault_point *fault)
{
	fault->remaining = 0;
	fault->skip = 0;
	if (fault->released)
		fault->released(fault);
}
