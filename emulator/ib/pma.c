// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/pma.h"

#include <string.h>

#include "ib/mad.h"

#define PMA_CLASS_VERSION	1
#define WORD_BYTES		4	/* data are counted in words: 16.1.3.5 */
#define ALL_PORTS		0xff

static uint64_t both(uint64_t a, uint64_t b)
{
	return a + b;
}

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
		.capability_mask = IB_PMA_CLASS_CAP_EXT_WIDTH,
	};

	ib_set_cpi_resp_time(&info, IB_SUBNET_TIMEOUT);
	memcpy(data, &info, sizeof(info));
}

static void get_counters(const struct pma_counters *counters, uint8_t *data)
{
	const struct ib_traffic *one = counters->unicast, *all = counters->multicast;
	struct ib_pma_portcounters *out = (void *)data;
	uint8_t port = out->port_select;

	*out = (struct ib_pma_portcounters){
		.port_select = port,
		.port_xmit_data = stopped(both(one->xmit_bytes, all->xmit_bytes) / WORD_BYTES),
		.port_rcv_data = stopped(both(one->rcv_bytes, all->rcv_bytes) / WORD_BYTES),
		.port_xmit_packets = stopped(both(one->xmit_packets, all->xmit_packets)),
		.port_rcv_packets = stopped(both(one->rcv_packets, all->rcv_packets)),
	};
}

static void get_counters_ext(const struct pma_counters *counters, uint8_t *data)
{
	const struct ib_traffic *one = counters->unicast, *all = counters->multicast;
	struct ib_pma_portcounters_ext *out = (void *)data;
	uint8_t port = out->port_select;

	*out = (struct ib_pma_portcounters_ext){
		.port_select = port,
		.port_xmit_data = cpu_to_be64(both(one->xmit_bytes, all->xmit_bytes) / WORD_BYTES),
		.port_rcv_data = cpu_to_be64(both(one->rcv_bytes, all->rcv_bytes) / WORD_BYTES),
		.port_xmit_packets = cpu_to_be64(both(one->xmit_packets, all->xmit_packets)),
		.port_rcv_packets = cpu_to_be64(both(one->rcv_packets, all->rcv_packets)),
		.port_unicast_xmit_packets = cpu_to_be64(one->xmit_packets),
		.port_unicast_rcv_packets = cpu_to_be64(one->rcv_packets),
		.port_multicast_xmit_packets = cpu_to_be64(all->xmit_packets),
		.port_multicast_rcv_packets = cpu_to_be64(all->rcv_packets),
	};
}

/* A Set takes back to 0 what it selects, whatever value it brings. */
static void clear(const struct pma_counters *counters, bool xmit_bytes, bool rcv_bytes,
		  bool xmit_packets, bool rcv_packets)
{
	struct ib_traffic *traffic[] = { counters->unicast, counters->multicast };

	for (unsigned int i = 0; i < 2; i++) {
		if (xmit_bytes)
			traffic[i]->xmit_bytes = 0;
		if (rcv_bytes)
			traffic[i]->rcv_bytes = 0;
		if (xmit_packets)
			traffic[i]->xmit_packets = 0;
		if (rcv_packets)
			traffic[i]->rcv_packets = 0;
	}
}

static void set_counters(const struct pma_counters *counters, uint8_t *data)
{
	__be16 select = ((struct ib_pma_portcounters *)(void *)data)->counter_select;

	clear(counters, select & IB_PMA_SEL_PORT_XMIT_DATA, select & IB_PMA_SEL_PORT_RCV_DATA,
	      select & IB_PMA_SEL_PORT_XMIT_PACKETS, select & IB_PMA_SEL_PORT_RCV_PACKETS);
	get_counters(counters, data);
}

static void set_counters_ext(const struct pma_counters *counters, uint8_t *data)
{
	__be16 select = ((struct ib_pma_portcounters_ext *)(void *)data)->counter_select;

	clear(counters, select & IB_PMA_SELX_PORT_XMIT_DATA, select & IB_PMA_SELX_PORT_RCV_DATA,
	      select & IB_PMA_SELX_PORT_XMIT_PACKETS, select & IB_PMA_SELX_PORT_RCV_PACKETS);
	get_counters_ext(counters, data);
}

static uint16_t execute(const struct pma_counters *counters, uint8_t number, struct ib_pma_mad *mad)
{
	bool set = mad->mad_hdr.method == IB_MGMT_METHOD_SET;
	uint8_t port = mad->data[1]; /* PortSelect is the second byte of all of them */

	if (!set && mad->mad_hdr.method != IB_MGMT_METHOD_GET)
		return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD;
	if (mad->mad_hdr.attr_id == IB_PMA_CLASS_PORT_INFO && !set) {
		get_class_port_info(mad->data);
		return 0;
	}
	if (mad->mad_hdr.attr_id != IB_PMA_PORT_COUNTERS &&
	    mad->mad_hdr.attr_id != IB_PMA_PORT_COUNTERS_EXT)
		return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB;
	if (port != number && port != ALL_PORTS)
		return IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE;
	if (mad->mad_hdr.attr_id == IB_PMA_PORT_COUNTERS)
		(set ? set_counters : get_counters)(counters, mad->data);
	else
		(set ? set_counters_ext : get_counters_ext)(counters, mad->data);
	return 0;
}

bool pma_answer(const struct pma_counters *counters, uint8_t number, struct ib_pma_mad *mad)
{
	struct ib_mad_hdr *header = (struct ib_mad_hdr *)mad;
	uint16_t status = mad_check(header, PMA_CLASS_VERSION);

	_Static_assert(sizeof(*mad) == IB_MGMT_MAD_SIZE, "a whole datagram");
	if (mad_is_response(header))
		return false;
	if (!status)
		status = execute(counters, number, mad);
	mad_answer(header, status);
	return true;
}
