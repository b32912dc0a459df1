// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* MCMemberRecord: ports join and leave multicast groups. 15.2.5.17. */
#include "ib/sa.h"
#include "util/macros.h"

#include <string.h>

#define GID_MULTICAST	0xff	/* first byte of every multicast GID: 4.1.1 */

enum {
	GROUP_MGID,
	GROUP_PORT_GID,
	GROUP_QKEY,
	GROUP_MLID,
	GROUP_MTU_SELECTOR,
	GROUP_MTU,
	GROUP_TCLASS,
	GROUP_PKEY,
	GROUP_RATE_SELECTOR,
	GROUP_RATE,
	GROUP_LIFE_SELECTOR,
	GROUP_LIFE,
	GROUP_SL,
	GROUP_FLOW_LABEL,
	GROUP_HOP_LIMIT,
	GROUP_SCOPE,
	GROUP_JOIN_STATE,
	GROUP_PROXY_JOIN,
};

#define BIT_OF(component) (1ULL << GROUP_##component)
/* Who joins which, and what a group cannot be made without: 15.2.5.17.2. */
#define TO_JOIN		(BIT_OF(MGID) | BIT_OF(PORT_GID) | BIT_OF(JOIN_STATE))
#define TO_CREATE	(BIT_OF(QKEY) | BIT_OF(PKEY) | BIT_OF(SL) | BIT_OF(FLOW_LABEL) | \
			 BIT_OF(TCLASS))
/* Components that belong to a member, not to its group. */
#define OF_MEMBER	(BIT_OF(PORT_GID) | BIT_OF(JOIN_STATE) | BIT_OF(PROXY_JOIN))

static const struct sa_component components[] = {
	[GROUP_MGID] = { 128, SA_EQUAL },
	[GROUP_PORT_GID] = { 128, SA_EQUAL },
	[GROUP_QKEY] = { 32, SA_EQUAL },
	[GROUP_MLID] = { 16, SA_EQUAL },
	[GROUP_MTU_SELECTOR] = { 2, SA_SELECTOR },
	[GROUP_MTU] = { 6, SA_SELECTED },
	[GROUP_TCLASS] = { 8, SA_EQUAL },
	[GROUP_PKEY] = { 16, SA_PKEY },
	[GROUP_RATE_SELECTOR] = { 2, SA_SELECTOR },
	[GROUP_RATE] = { 6, SA_SELECTED },
	[GROUP_LIFE_SELECTOR] = { 2, SA_SELECTOR },
	[GROUP_LIFE] = { 6, SA_SELECTED },
	[GROUP_SL] = { 4, SA_EQUAL },
	[GROUP_FLOW_LABEL] = { 20, SA_EQUAL },
	[GROUP_HOP_LIMIT] = { 8, SA_EQUAL },
	[GROUP_SCOPE] = { 4, SA_EQUAL },
	[GROUP_JOIN_STATE] = { 4, SA_ANY }, /* every method treats it differently */
	[GROUP_PROXY_JOIN] = { 1, SA_EQUAL },
};

static const struct sa_layout layout = { components, ARRAY_SIZE(components), GROUP_RECORD };

/*
 * The group of all IPv4 hosts (RFC 4391, 4), which a subnet manager has to make for IP over
 * InfiniBand: hosts join it without saying how it is made.
 */
static const uint8_t ip_broadcast[IB_GID_BYTES] = {
	0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, [12] = 0xff, 0xff, 0xff, 0xff,
};
#define IP_QKEY		0x0b1b
#define SCOPE_LINK	2
#define LIFE_TIME	12	/* as of a PathRecord */
#define LIFE_TIME_MAX	0x3f

/* A group's attributes when nobody asks for others. */
static void fill_defaults(uint8_t *record)
{
	sa_put(&layout, record, GROUP_MTU_SELECTOR, SA_EXACTLY);
	sa_put(&layout, record, GROUP_MTU, IB_MTU_4096);
	sa_put(&layout, record, GROUP_PKEY, IB_PKEY_DEFAULT);
	sa_put(&layout, record, GROUP_RATE_SELECTOR, SA_EXACTLY);
	sa_put(&layout, record, GROUP_RATE, IB_RATE_4X_NDR);
	sa_put(&layout, record, GROUP_LIFE_SELECTOR, SA_EXACTLY);
	sa_put(&layout, record, GROUP_LIFE, LIFE_TIME);
	sa_put(&layout, record, GROUP_SCOPE, SCOPE_LINK);
}

bool sa_group_init(struct sa *sa)
{
	uint8_t record[GROUP_RECORD] = { 0 };
	struct group *group;

	fill_defaults(record);
	memcpy(record, ip_broadcast, sizeof(ip_broadcast));
	sa_put(&layout, record, GROUP_QKEY, IP_QKEY);
	group = groups_create(&sa->groups, record);
	if (group)
		group->permanent = true;
	return group;
}

/* A group's record as @port's: what it is in there, not what it asked for. */
static void answer(const struct group *group, uint8_t states, const uint8_t *port_gid,
		   uint8_t *record)
{
	memset(record, 0, SA_RECORD_MAX);
	memcpy(record, group->record, GROUP_RECORD);
	sa_put(&layout, record, GROUP_MLID, group->mlid);
	sa_put(&layout, record, GROUP_JOIN_STATE, states);
	memcpy(sa_at(&layout, record, GROUP_PORT_GID), port_gid, IB_GID_BYTES);
}

/*
 * The group's maker may ask for a value that is this, less or more, which then is the group's.
 * @most: that this subnet can do
 */
static bool choose(const struct sa_request *request, uint8_t *record, unsigned int component,
		   uint32_t most)
{
	uint32_t value = sa_get(&layout, record, component);
	uint32_t wanted = sa_get(&layout, request->wanted, component);

	if (!sa_has(request, 1ULL << component))
		return true;
	switch (sa_has(request, 1ULL << (component - 1)) ?
			sa_get(&layout, request->wanted, component - 1) :
			SA_EXACTLY) {
	case SA_EXACTLY:
		value = wanted;
		break;
	case SA_GREATER:
		if (value <= wanted)
			value = wanted + 1;
		break;
	case SA_LESS:
		if (!wanted)
			return false;
		if (value >= wanted)
			value = wanted - 1;
		break;
	}
	if (value > most)
		return false;
	sa_put(&layout, record, component, value);
	return true;
}

/* The scope is taken from the MGID: 4.1.1. */
static void copy_attributes(const struct sa_request *request, uint8_t *record)
{
	static const uint8_t taken[] = {
		GROUP_MGID, GROUP_QKEY, GROUP_TCLASS, GROUP_SL, GROUP_FLOW_LABEL, GROUP_HOP_LIMIT,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(taken); i++)
		if (sa_has(request, 1ULL << taken[i]))
			sa_copy(&layout, record, request->wanted, taken[i]);
	if (record[0] == GID_MULTICAST)
		sa_put(&layout, record, GROUP_SCOPE, record[1] & 0xf);
	else if (sa_has(request, BIT_OF(SCOPE)))
		sa_copy(&layout, record, request->wanted, GROUP_SCOPE);
}

static uint16_t create(const struct sa_request *request, struct group **made)
{
	uint8_t record[GROUP_RECORD] = { 0 };

	if (!sa_has(request, TO_CREATE))
		return SA_MISSING_COMPONENTS;
	fill_defaults(record);
	if (!sa_matches(&layout, BIT_OF(PKEY), request->wanted, record))
		return SA_REQUEST_INVALID;
	copy_attributes(request, record);
	if (!choose(request, record, GROUP_MTU, IB_MTU_4096) ||
	    !choose(request, record, GROUP_RATE, IB_RATE_4X_NDR) ||
	    !choose(request, record, GROUP_LIFE, LIFE_TIME_MAX))
		return SA_REQUEST_INVALID;
	*made = groups_create(&request->sa->groups, record);
	if (!*made)
		return SA_NO_RESOURCES;
	sa_report(request->sa, SA_TRAP_GROUP_CREATED, (*made)->record);
	return 0;
}

static void delete_empty(struct sa *sa, struct group *group)
{
	uint8_t mgid[IB_GID_BYTES];

	memcpy(mgid, group->record, sizeof(mgid));
	if (groups_delete_empty(&sa->groups, group))
		sa_report(sa, SA_TRAP_GROUP_DELETED, mgid);
}

void sa_group_forget(struct sa *sa, const struct ib_port *port)
{
	for (unsigned int i = 0; i < GROUPS_MAX; i++) {
		struct group *group = sa->groups.by_mlid[i];

		if (group && group_leave(group, port, GROUP_STATES))
			delete_empty(sa, group);
	}
}

/*
 * Who joins or leaves, and which states. Each host does so for itself: there are no proxies, which
 * could take others out of their groups (ProxyJoin).
 */
static uint16_t parse(const struct sa_request *request, struct ib_port **port, uint8_t *states)
{
	struct ib_port_attr attr;
	uint8_t gid[IB_GID_BYTES];

	if (!sa_has(request, TO_JOIN))
		return SA_MISSING_COMPONENTS;
	memcpy(gid, request->wanted + IB_GID_BYTES, sizeof(gid));
	*port = sa_find_gid(request->sa, gid);
	if (!*port)
		return SA_INVALID_GID;
	(*port)->ops->describe(*port, &attr);
	if (attr.lid != request->packet->slid)
		return SA_REQUEST_INVALID;
	*states = sa_get(&layout, request->wanted, GROUP_JOIN_STATE);
	return *states ? 0 : SA_REQUEST_INVALID;
}

static bool is_mgid(const uint8_t *gid)
{
	static const uint8_t none[IB_GID_BYTES];

	return gid[0] == GID_MULTICAST || !memcmp(gid, none, sizeof(none));
}

static uint16_t join(const struct sa_request *request, uint8_t *record)
{
	const uint8_t *gid = request->wanted + IB_GID_BYTES;
	struct ib_port *port;
	struct group *group;
	uint16_t status;
	uint8_t states;

	status = parse(request, &port, &states);
	if (status)
		return status;
	if (!is_mgid(request->wanted))
		return SA_INVALID_GID;
	group = groups_find(&request->sa->groups, request->wanted);
	if (!group) {
		if (!(states & (GROUP_FULL | GROUP_SEND_ONLY_FULL)))
			return SA_REQUEST_INVALID;
		status = create(request, &group);
	} else if (!sa_matches(&layout, request->mask & ~(OF_MEMBER | BIT_OF(MLID)),
			       request->wanted, group->record)) {
		status = SA_REQUEST_INVALID;
	}
	if (status)
		return status;
	states = group_join(group, port, states);
	if (states)
		answer(group, states, gid, record);
	else
		delete_empty(request->sa, group);
	return states ? 0 : SA_NO_RESOURCES;
}

static uint16_t leave(const struct sa_request *request, uint8_t *record)
{
	const uint8_t *gid = request->wanted + IB_GID_BYTES;
	struct group *group = groups_find(&request->sa->groups, request->wanted);
	struct ib_port *port;
	uint16_t status;
	uint8_t states;

	status = parse(request, &port, &states);
	if (status)
		return status;
	if (!group)
		return SA_REQUEST_INVALID;
	states = group_leave(group, port, states);
	if (!states)
		return SA_REQUEST_INVALID;
	answer(group, states, gid, record);
	delete_empty(request->sa, group);
	return 0;
}

/*
 * One record for each group. Only trusted requesters may see the members (15.4.1.2), and there are
 * none.
 */
static void list(struct sa_table *table)
{
	static const uint8_t nobody[IB_GID_BYTES];
	const struct groups *groups = &table->request->sa->groups;
	uint8_t record[SA_RECORD_MAX];

	for (unsigned int i = 0; i < GROUPS_MAX; i++) {
		if (!groups->by_mlid[i])
			continue;
		answer(groups->by_mlid[i], 0, nobody, record);
		if (sa_has(table->request, BIT_OF(PORT_GID)))
			sa_copy(&layout, record, table->request->wanted, GROUP_PORT_GID);
		sa_offer(table, record);
	}
}

const struct sa_attribute sa_group = {
	.id = SA_ATTR_GROUP,
	.layout = &layout,
	.list = list,
	.set = join,
	.remove = leave,
};
