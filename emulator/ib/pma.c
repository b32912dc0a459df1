// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/pma.h"

#include <string.h>

#include "ib/mad.h"
#include "util/macros.h"

#define PMA_CLASS_VERSION	1
#define WORD_BYTES		4	/* data are counted in words: 16.1.3.5 */
#define ALL_PORTS		0xff

/* Counters of 32 bits stop at their end. */
static __be32 stopped(uint64_t value)
{
	return cpu_to_be32((uint32_t)(value < UINT32_MAX ? value : UINT32_MAX));
}

static void get_class_port_info(uint8_t *data)
{
	struct ib_class_port_info info = {
		.base_version = IB_MGMT_BASE_VERSION,
		.class_version = PMA_CLASS_VERSION,
		.capability_mask = IB_PMA_CLASS_CAP_ALLPORTSELECT | IB_PMA_CLASS_CAP_EXT_WIDTH,
	};

	ib_set_cpi_resp_time(&info, IB_SUBNET_TIMEOUT);
	memcpy(data, &info, sizeof(info));
}

static void add(struct ib_traffic *sum, const struct ib_traffic *now,
		const struct ib_traffic *before)
{
	sum->xmit_packets += now->xmit_packets - before->xmit_packets;
	sum->xmit_bytes += now->xmit_bytes - before->xmit_bytes;
	sum->rcv_packets += now->rcv_packets - before->rcv_packets;
	sum->rcv_bytes += now->rcv_bytes - before->rcv_bytes;
}

void pma_add(struct ib_counts *sum, const struct ib_counts *now, const struct ib_counts *before)
{
	add(&sum->unicast, &now->unicast, &before->unicast);
	add(&sum->multicast, &now->multicast, &before->multicast);
}

static struct ib_traffic both(const struct ib_counts *counts)
{
	static const struct ib_traffic none;
	struct ib_traffic sum = counts->unicast;

	add(&sum, &counts->multicast, &none);
	return sum;
}

static void get_counters(const struct ib_counts *counts, uint8_t *data)
{
	struct ib_traffic all = both(counts);
	struct ib_pma_portcounters *out = (void *)data;
	uint8_t port = out->port_select;

	*out = (struct ib_pma_portcounters){
		.port_select = port,
		.port_xmit_data = stopped(all.xmit_bytes / WORD_BYTES),
		.port_rcv_data = stopped(all.rcv_bytes / WORD_BYTES),
		.port_xmit_packets = stopped(all.xmit_packets),
		.port_rcv_packets = stopped(all.rcv_packets),
	};
}

static void get_counters_ext(const struct ib_counts *counts, uint8_t *data)
{
	struct ib_traffic all = both(counts);
	struct ib_pma_portcounters_ext *out = (void *)data;
	uint8_t port = out->port_select;

	*out = (struct ib_pma_portcounters_ext){
		.port_select = port,
		.port_xmit_data = cpu_to_be64(all.xmit_bytes / WORD_BYTES),
		.port_rcv_data = cpu_to_be64(all.rcv_bytes / WORD_BYTES),
		.port_xmit_packets = cpu_to_be64(all.xmit_packets),
		.port_rcv_packets = cpu_to_be64(all.rcv_packets),
		.port_unicast_xmit_packets = cpu_to_be64(counts->unicast.xmit_packets),
		.port_unicast_rcv_packets = cpu_to_be64(counts->unicast.rcv_packets),
		.port_multicast_xmit_packets = cpu_to_be64(counts->multicast.xmit_packets),
		.port_multicast_rcv_packets = cpu_to_be64(counts->multicast.rcv_packets),
	};
}

/* Attributes of counters, and the bits of CounterSelect by which a Set clears some of them. */
static const struct attribute {
	__be16 id;
	__be16 xmit_bytes, rcv_bytes, xmit_packets, rcv_packets;
	void (*get)(const struct ib_counts *counts, uint8_t *data);
} attributes[] = {
	{ IB_PMA_PORT_COUNTERS, IB_PMA_SEL_PORT_XMIT_DATA, IB_PMA_SEL_PORT_RCV_DATA,
	  IB_PMA_SEL_PORT_XMIT_PACKETS, IB_PMA_SEL_PORT_RCV_PACKETS, get_counters },
	{ IB_PMA_PORT_COUNTERS_EXT, IB_PMA_SELX_PORT_XMIT_DATA, IB_PMA_SELX_PORT_RCV_DATA,
	  IB_PMA_SELX_PORT_XMIT_PACKETS, IB_PMA_SELX_PORT_RCV_PACKETS, get_counters_ext },
};

static const struct attribute *find(__be16 id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(attributes); i++)
		if (attributes[i].id == id)
			return &attributes[i];
	return NULL;
}

static void clear(const struct attribute *attribute, __be16 select, const struct ib_traffic *now,
		  struct ib_traffic *cleared)
{
	if (select & attribute->xmit_bytes)
		cleared->xmit_bytes = now->xmit_bytes;
	if (select & attribute->rcv_bytes)
		cleared->rcv_bytes = now->rcv_bytes;
	if (select & attribute->xmit_packets)
		cleared->xmit_packets = now->xmit_packets;
	if (select & attribute->rcv_packets)
		cleared->rcv_packets = now->rcv_packets;
}

/* A Set takes back to 0 what it selects, whatever value it brings. Both have the bits in common. */
static void set(const struct attribute *attribute, const struct pma_port *port, const uint8_t *data)
{
	__be16 select = ((const struct ib_pma_portcounters *)(const void *)data)->counter_select;

	clear(attribute, select, &port->counts.unicast, &port->cleared->unicast);
	clear(attribute, select, &port->counts.multicast, &port->cleared->multicast);
}

/* PortSelect is the second byte of all of them. */
static uint16_t count(const struct attribute *attribute, const struct pma_port *ports, size_t num,
		      struct ib_pma_mad *mad)
{
	struct ib_counts sum = { 0 };
	bool found = false;

	for (size_t i = 0; i < num; i++) {
		if (mad->data[1] != ports[i].number && mad->data[1] != ALL_PORTS)
			continue;
		found = true;
		if (mad->mad_hdr.method == IB_MGMT_METHOD_SET)
			set(attribute, &ports[i], mad->data);
		pma_add(&sum, &ports[i].counts, ports[i].cleared);
	}
	if (!found)
		return IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE;
	attribute->get(&sum, mad->data);
	return 0;
}

static uint16_t execute(const struct pma_port *ports, size_t num, struct ib_pma_mad *mad)
{
	const struct attribute *attribute = find(mad->mad_hdr.attr_id);
	bool get = mad->mad_hdr.method == IB_MGMT_METHOD_GET;

	if (!get && mad->mad_hdr.method != IB_MGMT_METHOD_SET)
		return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD;
	if (mad->mad_hdr.attr_id == IB_PMA_CLASS_PORT_INFO && get) {
		get_class_port_info(mad->data);
		return 0;
	}
	return attribute ? count(attribute, ports, num, mad) :
			   IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB;
}

bool pma_answer(const struct pma_port *ports, size_t num, struct ib_pma_mad *mad)
{
	struct ib_mad_hdr *header = (struct ib_mad_hdr *)mad;
	uint16_t status = mad_check(header, PMA_CLASS_VERSION);

	_Static_assert(sizeof(*mad) == IB_MGMT_MAD_SIZE, "a whole datagram");
	if (mad_is_response(header))
		return false;
	if (!status)
		status = execute(ports, num, mad);
	mad_answer(header, status);
	return true;
}
