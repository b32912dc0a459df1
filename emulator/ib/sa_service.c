// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* ServiceRecord: who offers what. 15.2.5.14. */
#include "ib/sa.h"
#include "util/macros.h"

#include <stdlib.h>
#include <string.h>

#define EQ(bits)	{ bits, SA_EQUAL }
#define EQ4(bits)	EQ(bits), EQ(bits), EQ(bits), EQ(bits)
#define SERVICE_BYTES	176

enum { SERVICE_ID, SERVICE_GID, SERVICE_PKEY };

/* What names a service: no two have all three in common. */
#define NAME	(1ULL << SERVICE_ID | 1ULL << SERVICE_GID | 1ULL << SERVICE_PKEY)

static const struct sa_component components[] = {
	[SERVICE_ID] = EQ(64),
	[SERVICE_GID] = EQ(128),
	[SERVICE_PKEY] = { 16, SA_PKEY },
	{ 16, SA_ANY }, /* reserved */
	EQ(32),
	EQ(128),
	EQ(512), /* lease, key, name */
	EQ4(8),
	EQ4(8),
	EQ4(8),
	EQ4(8), /* data: 16 bytes in each width */
	EQ4(16),
	EQ4(16),
	EQ4(32),
	EQ(64),
	EQ(64),
};

static const struct sa_layout layout = { components, ARRAY_SIZE(components), SERVICE_BYTES };

/*
 * Leases are stored but do not expire: a service ends when it is deleted, or when its port goes
 * down.
 */
struct sa_service {
	LIST_ENTRY(sa_service) entry;
	const struct ib_port *port;
	uint8_t record[SERVICE_BYTES];
};

static struct sa_service *find(const struct sa_request *request)
{
	struct sa_service *service;

	LIST_FOREACH(service, &request->sa->services, entry)
		if (sa_matches(&layout, NAME, request->wanted, service->record))
			break;
	return service;
}

static void list(struct sa_table *table)
{
	struct sa_service *service;

	LIST_FOREACH(service, &table->request->sa->services, entry) {
		uint8_t record[SA_RECORD_MAX] = { 0 };

		memcpy(record, service->record, sizeof(service->record));
		sa_offer(table, record);
	}
}

static uint16_t set(const struct sa_request *request, uint8_t *record)
{
	struct sa_service *service = find(request);
	uint8_t gid[IB_GID_BYTES];
	struct ib_port *port;

	if (!sa_has(request, NAME))
		return SA_MISSING_COMPONENTS;
	memcpy(gid, request->wanted + 8, sizeof(gid));
	port = sa_find_gid(request->sa, gid);
	if (!port)
		return SA_INVALID_GID;
	if (!service) {
		if (request->sa->service_count == SA_SERVICES_MAX)
			return SA_NO_RESOURCES;
		service = calloc(1, sizeof(*service));
		if (!service)
			return SA_NO_RESOURCES;
		LIST_INSERT_HEAD(&request->sa->services, service, entry);
		request->sa->service_count++;
	}
	service->port = port;
	memcpy(service->record, request->wanted, sizeof(service->record));
	memcpy(record, service->record, sizeof(service->record));
	return 0;
}

static void forget(struct sa *sa, struct sa_service *service)
{
	LIST_REMOVE(service, entry);
	sa->service_count--;
	free(service);
}

static uint16_t remove_service(const struct sa_request *request, uint8_t *record)
{
	struct sa_service *service = find(request);

	if (!sa_has(request, NAME))
		return SA_MISSING_COMPONENTS;
	if (!service)
		return SA_NO_RECORDS;
	memcpy(record, service->record, sizeof(service->record));
	forget(request->sa, service);
	return 0;
}

void sa_service_forget(struct sa *sa, const struct ib_port *port)
{
	struct sa_service *service, *next;

	for (service = LIST_FIRST(&sa->services); service; service = next) {
		next = LIST_NEXT(service, entry);
		if (!port || service->port == port)
			forget(sa, service);
	}
}

const struct sa_attribute sa_service = {
	.id = SA_ATTR_SERVICE,
	.layout = &layout,
	.list = list,
	.set = set,
	.remove = remove_service,
};
