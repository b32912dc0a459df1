/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A subnet of hosts that are no more than their ports: what the manager sends them is kept. Time
 * begins at zero and passes only where a test lets it. Offsets in datagrams and records are typed
 * in from the specification (vol. 1, 13.4.2, 15.2), not taken from the code under test.
 */
#ifndef TESTS_IB_HOSTS_H
#define TESTS_IB_HOSTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/engine.h"
#include "ib/manager.h"
#include "ib/port.h"

#define HOSTS		3
#define KEPT		64
#define HOST_GUID	0x1111222200000001ULL	/* and up */

/* Methods, as they are on the wire. */
enum { GET = 0x01, SET = 0x02, GET_TABLE = 0x12, DELETE = 0x15, RESPONSE = 0x80 };
/* Attributes of the administrator. */
enum {
	CLASS_PORT_INFO = 0x01,
	NODE = 0x11,
	PORT_INFO = 0x12,
	SERVICE = 0x31,
	PATH = 0x35,
	GROUP = 0x38
};
/* Offsets in a datagram of class 3. */
enum {
	STATUS = 4,
	TID = 8,
	ATTRIBUTE = 16,
	RMPP_TYPE = 25,
	RMPP_FLAGS = 26,
	RMPP_SEGMENT = 28,
	RMPP_LENGTH = 32,
	RECORD_OFFSET = 44,
	MASK = 48,
	DATA = 56
};

struct host {
	struct ib_port port;
	struct ib_port_attr attr;
	struct ib_counts counts;
	struct ib_packet kept[KEPT];
	unsigned int received;
};

struct subnet {
	struct engine *engine;
	struct manager *manager;
	struct host host[HOSTS];
};

int subnet_setup(void **state);
int subnet_teardown(void **state);

uint64_t get_be(const uint8_t *bytes, size_t len);
void put_be(uint8_t *bytes, size_t len, uint64_t value);

/* Its link goes up or down. */
void host_link(struct subnet *subnet, unsigned int index, bool up);

/* GID of a host. */
void host_gid(unsigned int index, uint8_t gid[16]);

/* A request of host @index to the administrator, with headers and the record's bytes. */
void sa_request(struct ib_packet *packet, unsigned int index, uint8_t method, uint16_t attribute,
		uint64_t mask, const void *record, size_t len);

/* Hand it over and let the manager run; what came back to the host, NULL when nothing did. */
const struct ib_packet *subnet_send(struct subnet *subnet, const struct ib_packet *packet);

/* Both in one: the answer's data, whose status must be @status. */
const uint8_t *sa_ask(struct subnet *subnet, unsigned int index, uint8_t method, uint16_t attribute,
		      uint64_t mask, const void *record, size_t len, uint16_t status);

#endif
