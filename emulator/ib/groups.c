// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/groups.h"

#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

/* MGIDs that the administrator chooses: transient, of link-local scope, and a signature. */
static const uint8_t chosen[IB_GID_BYTES] = { 0xff, 0x12, 0xa0, 0x1b };
#define CHOSEN_NUMBER	12	/* where the number is in them */

static void group_free(struct groups *groups, struct group *group)
{
	struct group_member *member;

	while ((member = LIST_FIRST(&group->members))) {
		LIST_REMOVE(member, entry);
		free(member);
	}
	groups->by_mlid[group->mlid - IB_LID_MULTICAST] = NULL;
	free(group);
}

void groups_fini(struct groups *groups)
{
	for (unsigned int i = 0; i < GROUPS_MAX; i++)
		if (groups->by_mlid[i])
			group_free(groups, groups->by_mlid[i]);
}

struct group *groups_find(const struct groups *groups, const uint8_t mgid[IB_GID_BYTES])
{
	for (unsigned int i = 0; i < GROUPS_MAX; i++)
		if (groups->by_mlid[i] && !memcmp(groups->by_mlid[i]->record, mgid, IB_GID_BYTES))
			return groups->by_mlid[i];
	return NULL;
}

static void choose_mgid(struct groups *groups, uint8_t *mgid)
{
	do {
		const __be32 number = cpu_to_be32(++groups->made);

		memcpy(mgid, chosen, sizeof(chosen));
		memcpy(mgid + CHOSEN_NUMBER, &number, sizeof(number));
	} while (groups_find(groups, mgid));
}

struct group *groups_create(struct groups *groups, const uint8_t record[GROUP_RECORD])
{
	static const uint8_t none[IB_GID_BYTES];
	struct group *group;
	unsigned int i = 0;

	while (i < GROUPS_MAX && groups->by_mlid[(groups->next + i) % GROUPS_MAX])
		i++;
	group = i < GROUPS_MAX ? calloc(1, sizeof(*group)) : NULL;
	if (!group)
		return NULL;
	/* reuse a LID as late as possible */
	i = (groups->next + i) % GROUPS_MAX;
	groups->next = (i + 1) % GROUPS_MAX;
	memcpy(group->record, record, sizeof(group->record));
	if (!memcmp(group->record, none, sizeof(none)))
		choose_mgid(groups, group->record);
	group->mlid = IB_LID_MULTICAST + i;
	groups->by_mlid[i] = group;
	return group;
}

bool groups_delete_empty(struct groups *groups, struct group *group)
{
	struct group_member *member;

	LIST_FOREACH(member, &group->members, entry)
		if (member->states & (GROUP_FULL | GROUP_SEND_ONLY_FULL))
			return false;
	if (group->permanent)
		return false;
	group_free(groups, group);
	return true;
}

static struct group_member *member_find(const struct group *group, const struct ib_port *port)
{
	struct group_member *member;

	LIST_FOREACH(member, &group->members, entry)
		if (member->port == port)
			break;
	return member;
}

uint8_t group_join(struct group *group, const struct ib_port *port, uint8_t states)
{
	struct group_member *member = member_find(group, port);

	if (!member) {
		member = calloc(1, sizeof(*member));
		if (!member)
			return 0;
		member->port = port;
		LIST_INSERT_HEAD(&group->members, member, entry);
	}
	member->states |= states;
	return member->states;
}

uint8_t group_leave(struct group *group, const struct ib_port *port, uint8_t states)
{
	struct group_member *member = member_find(group, port);

	if (!member)
		return 0;
	states &= member->states;
	member->states &= ~states;
	if (!member->states) {
		LIST_REMOVE(member, entry);
		free(member);
	}
	return states;
}

bool groups_forward(const struct groups *groups, uint16_t mlid, const struct ib_port *port)
{
	unsigned int index = mlid - IB_LID_MULTICAST;
	const struct group_member *member;

	if (mlid < IB_LID_MULTICAST || index >= GROUPS_MAX || !groups->by_mlid[index])
		return false;
	member = member_find(groups->by_mlid[index], port);
	return member && member->states & (GROUP_FULL | GROUP_NON);
}
