// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "hosts.h"
#include "util/macros.h"

#include <string.h>

static void describe(const struct ib_port *port, struct ib_port_attr *attr)
{
	*attr = container_of(port, struct host, port)->attr;
}

static void count(const struct ib_port *port, struct ib_counts *counts)
{
	*counts = container_of(port, struct host, port)->counts;
}

static void deliver(struct ib_port *port, const struct ib_packet *packet)
{
	struct host *host = container_of(port, struct host, port);

	assert_true(host->received < KEPT);
	host->kept[host->received++] = *packet;
}

static const struct ib_port_ops ops = {
	.describe = describe,
	.count = count,
	.deliver = deliver,
};

int subnet_setup(void **state)
{
	static struct subnet subnet;

	subnet = (struct subnet){ .engine = engine_create() };
	assert_non_null(subnet.engine);
	engine_set_clock(subnet.engine, 0);
	subnet.manager = manager_create(subnet.engine);
	assert_non_null(subnet.manager);
	for (unsigned int i = 0; i < HOSTS; i++) {
		struct host *host = &subnet.host[i];

		host->port.ops = &ops;
		host->attr = (struct ib_port_attr){
			.type = IB_NODE_CA,
			.number = 1,
			.ports = 1,
			.guids = 8,
			.pkeys = 128,
			.device_id = 4129,
			.node_guid = HOST_GUID + i,
			.port_guid = HOST_GUID + i,
			.lid = i + 1,
			.manager_lid = MANAGER_LID,
			.up = true,
			.cap_mask = 0x1c800,
			.cap_mask2 = 0x420,
			.description = "host",
		};
		manager_add(subnet.manager, &host->port);
	}
	*state = &subnet;
	return 0;
}

int subnet_teardown(void **state)
{
	struct subnet *subnet = *state;

	for (unsigned int i = 0; i < HOSTS; i++)
		manager_remove(subnet->manager, &subnet->host[i].port);
	manager_destroy(subnet->manager);
	engine_destroy(subnet->engine);
	return 0;
}

void host_link(struct subnet *subnet, unsigned int index, bool up)
{
	subnet->host[index].attr.up = up;
	manager_port_changed(subnet->manager, &subnet->host[index].port);
}

uint64_t get_be(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0;

	while (len--)
		value = value << 8 | *bytes++;
	return value;
}

void put_be(uint8_t *bytes, size_t len, uint64_t value)
{
	while (len--) {
		bytes[len] = value;
		value >>= 8;
	}
}

void host_gid(unsigned int index, uint8_t gid[16])
{
	put_be(gid, 8, 0xfe80000000000000);
	put_be(gid + 8, 8, HOST_GUID + index);
}

void sa_request(struct ib_packet *packet, unsigned int index, uint8_t method, uint16_t attribute,
		uint64_t mask, const void *record, size_t len)
{
	static uint32_t tid;

	*packet = (struct ib_packet){
		.slid = index + 1,
		.dlid = MANAGER_LID,
		.source_qpn = 1,
		.qpn = 1,
		.mad = { 1, 3, 2, method },
	};
	put_be(packet->mad + TID, 8, ++tid);
	put_be(packet->mad + ATTRIBUTE, 2, attribute);
	put_be(packet->mad + MASK, 8, mask);
	if (len)
		memcpy(packet->mad + DATA, record, len);
}

const struct ib_packet *subnet_send(struct subnet *subnet, const struct ib_packet *packet)
{
	struct host *host = &subnet->host[packet->slid - 1];
	unsigned int before = host->received;

	manager_receive(subnet->manager, &host->port, packet);
	while (engine_poll(subnet->engine, 0) == 1)
		;
	return host->received > before ? &host->kept[before] : NULL;
}

const uint8_t *sa_ask(struct subnet *subnet, unsigned int index, uint8_t method, uint16_t attribute,
		      uint64_t mask, const void *record, size_t len, uint16_t status)
{
	const struct ib_packet *answer;
	struct ib_packet packet;

	sa_request(&packet, index, method, attribute, mask, record, len);
	answer = subnet_send(subnet, &packet);
	assert_non_null(answer);
	assert_int_equal(answer->dlid, index + 1);
	assert_int_equal(answer->slid, MANAGER_LID);
	assert_int_equal(answer->mad[3], (method == SET ? GET : method) | RESPONSE);
	assert_int_equal(get_be(answer->mad + STATUS, 2), status);
	assert_memory_equal(answer->mad + TID, packet.mad + TID, 8);
	return answer->mad + DATA;
}
