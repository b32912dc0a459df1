/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The subnet administrator (SA): answers what the hosts of a subnet ask about it, and keeps its
 * multicast groups and services. IBA vol. 1, chapter 15.
 *
 *   sa.c           takes requests apart and answers
 *   sa_match.c     components of records, by their masks (15.4.1)
 *   sa_*.c         the attributes
 *   rmpp.c         answers longer than one datagram
 */
#ifndef IB_SA_SUBNET_H
#define IB_SA_SUBNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rdma/ib_mad.h>

#include "ib/groups.h"
#include "ib/port.h"
#include "ib/rmpp.h"
#include "ib/switch.h"

#define SA_CLASS_VERSION	2	/* 15.2.1 */
#define SA_RECORD_MAX		IB_MGMT_SA_DATA
#define SA_TABLE_MAX		(64U << 10)	/* bytes of a table that is answered */
#define SA_SERVICES_MAX		256
#define SA_INFORMS_MAX		256

/* Methods that only this class has: table 184. */
enum {
	SA_METHOD_GET_TABLE = 0x12,
	SA_METHOD_DELETE = 0x15,
};

/* Attributes: table 188. */
enum {
	SA_ATTR_CLASS_PORT_INFO = 0x01,
	SA_ATTR_NOTICE = 0x02,
	SA_ATTR_INFORM = 0x03, /* InformInfo */
	SA_ATTR_NODE = 0x11,
	SA_ATTR_PORT_INFO = 0x12,
	SA_ATTR_SWITCH_INFO = 0x14,
	SA_ATTR_LINEAR = 0x15,    /* LinearForwardingTableRecord */
	SA_ATTR_MULTICAST = 0x17, /* MulticastForwardingTableRecord */
	SA_ATTR_SM_INFO = 0x18,
	SA_ATTR_LINK = 0x20,
	SA_ATTR_GUIDS = 0x30, /* GUIDInfoRecord */
	SA_ATTR_SERVICE = 0x31,
	SA_ATTR_PKEYS = 0x33, /* P_KeyTableRecord */
	SA_ATTR_PATH = 0x35,
	SA_ATTR_GROUP = 0x38, /* MCMemberRecord */
};

/* Status of the class, in the upper half of the header's: table 186. */
enum {
	SA_NO_RESOURCES = 0x0100,
	SA_REQUEST_INVALID = 0x0200,
	SA_NO_RECORDS = 0x0300,
	SA_TOO_MANY_RECORDS = 0x0400,
	SA_INVALID_GID = 0x0500,
	SA_MISSING_COMPONENTS = 0x0600,
};

/* What subscribers are told: table 131. */
enum {
	SA_TRAP_PORT_UP = 64,
	SA_TRAP_PORT_DOWN = 65,
	SA_TRAP_GROUP_CREATED = 66,
	SA_TRAP_GROUP_DELETED = 67,
};

/* How a component of a request is held against a record's. */
enum sa_how {
	SA_EQUAL,
	SA_ANY,      /* not at all: reserved, or for the record to take over */
	SA_SELECTOR, /* says how the next is compared: enum sa_selector */
	SA_SELECTED, /* by the one before, if the request has that, too */
	SA_PKEY,     /* equal but for the membership bit */
};

enum sa_selector { SA_GREATER, SA_LESS, SA_EXACTLY, SA_BEST };

/* One of a record's components. They lie one after the other; each has one bit of the mask. */
struct sa_component {
	uint16_t bits;
	uint8_t how; /* enum sa_how */
};

struct sa_layout {
	const struct sa_component *components;
	uint8_t num;   /* of components; the mask's bits above mean nothing */
	uint8_t bytes; /* of a record */
};

struct sa_inform;
struct sa_service;

struct sa {
	struct ib_switch sw;
	struct groups groups;
	LIST_HEAD(, sa_service) services;
	unsigned int service_count;
	LIST_HEAD(, sa_inform) informs;
	unsigned int inform_count;
	uint64_t reports; /* sent */
	struct rmpp rmpp;
};

/* A request, checked and taken apart. */
struct sa_request {
	struct sa *sa;
	const struct sa_layout *layout;
	uint64_t mask;
	const uint8_t *wanted;          /* SA_RECORD_MAX bytes */
	const struct ib_packet *packet; /* who asks */
};

/* A table while it is made. */
struct sa_table {
	const struct sa_request *request;
	uint8_t *records;
	uint32_t count, limit;
	bool overflow;
};

/*
 * An attribute. list() offers all records there are to sa_offer(), which takes those that match.
 * NULL is what it does not have.
 * set() and remove() return a status and leave in @record what is answered.
 */
struct sa_attribute {
	uint16_t id;
	const struct sa_layout *layout;
	void (*list)(struct sa_table *table);
	uint16_t (*set)(const struct sa_request *request, uint8_t *record);
	uint16_t (*remove)(const struct sa_request *request, uint8_t *record);
};

extern const struct sa_attribute sa_path, sa_node, sa_port_info, sa_group, sa_inform, sa_service;
extern const struct sa_attribute sa_link, sa_switch_info, sa_sm_info, sa_linear, sa_multicast;
extern const struct sa_attribute sa_guids, sa_pkeys;

/*
 * sa.c
 */
/**
 * sa_init() - an administrator of @ports, with no service and one group, IP's.
 * @send: how answers leave; called with @context
 *
 * Return: 0 or -ENOMEM.
 */
int sa_init(struct sa *sa, struct engine *engine, const struct ib_ports *ports, rmpp_send *send,
	    void *context);
void sa_fini(struct sa *sa);

/** sa_receive() - a datagram of its class has arrived; it may answer at once by @send. */
void sa_receive(struct sa *sa, const struct ib_packet *packet);

/** sa_forget() - @port is down or gone: it is in no group, has no service, is told nothing. */
void sa_forget(struct sa *sa, const struct ib_port *port);

/** sa_offer() - a record that may be one of those wanted. */
void sa_offer(struct sa_table *table, const uint8_t *record);

/** sa_find_gid() - Return: the port whose GID 0 that is, or NULL. */
struct ib_port *sa_find_gid(const struct sa *sa, const uint8_t gid[IB_GID_BYTES]);

/*
 * sa_group.c, sa_inform.c, sa_service.c
 */
/** sa_group_init() - make the group that is there from the beginning. Return: whether it could. */
bool sa_group_init(struct sa *sa);

/** sa_group_forget() - @port leaves all groups. */
void sa_group_forget(struct sa *sa, const struct ib_port *port);

/** sa_report() - tell those who subscribed to @trap that it happened to the port or group @gid. */
void sa_report(struct sa *sa, uint16_t trap, const uint8_t gid[IB_GID_BYTES]);

/** sa_inform_forget() - subscriptions of @port, or of all (NULL), end. */
void sa_inform_forget(struct sa *sa, const struct ib_port *port);

/** sa_service_forget() - services of @port, or of all (NULL), end. */
void sa_service_forget(struct sa *sa, const struct ib_port *port);

/*
 * sa_match.c: components are named by their bit in the mask.
 */
/** sa_has() - Return: whether the request has all components of @mask. */
static inline bool sa_has(const struct sa_request *request, uint64_t mask)
{
	return (request->mask & mask) == mask;
}

/** sa_get() - Return: the value of a component of up to 32 bits. */
uint32_t sa_get(const struct sa_layout *layout, const uint8_t *record, unsigned int component);

/** sa_put() - set one of up to 32 bits, of which @value may not have more. */
void sa_put(const struct sa_layout *layout, uint8_t *record, unsigned int component,
	    uint32_t value);

/** sa_at() - Return: where one lies that begins with a byte. */
uint8_t *sa_at(const struct sa_layout *layout, uint8_t *record, unsigned int component);

/** sa_copy() - copy a component of any length from one record to another. */
void sa_copy(const struct sa_layout *layout, uint8_t *to, const uint8_t *from,
	     unsigned int component);

/** sa_matches() - Return: whether @record is what the components in @mask of @wanted ask for. */
bool sa_matches(const struct sa_layout *layout, uint64_t mask, const uint8_t *wanted,
		const uint8_t *record);

#endif
