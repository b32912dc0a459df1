// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/sma.h"

#include <string.h>

#include "ib/mad.h"
#include "util/macros.h"

#define VENDOR_MELLANOX		0x0002c9
#define BLOCK_GUIDS		8	/* 14.2.5.5 */
#define BLOCK_PKEYS		32	/* 14.2.5.7 */
#define VLS			4
#define VLS_CODE		3	/* VL0 to VL3 */
#define SLS			16

/* PortInfo: widths, and the three speeds that its first fields have, as masks and the active. */
#define WIDTHS_1X_4X		0x3
#define WIDTH_4X		0x2
#define SPEEDS_TO_QDR		0x7
#define SPEED_QDR		0x4
/* ... and those that came later, in bytes that the kernel's structure does not name. */
#define SPEEDS_FDR_TO_NDR	0xf
#define SPEED_NDR		0x8
#define OFFSET_CAP_MASK2	60
#define OFFSET_SPEED_EXT	62	/* active, supported */
#define OFFSET_SPEED_EXT_ENABLED 63
#define LINK_DOWN_POLLING	2
#define RESPONSE_TIME		16
#define ERROR_THRESHOLDS	0x88
#define VL_ARB_ENTRIES		8	/* VLArbitrationHighCap, LowCap */
#define VL_WEIGHT		64

enum { SM_STATE_MASTER = 3 }; /* SMInfo, 14.2.5.13 */

static uint8_t nibbles(uint8_t high, uint8_t low)
{
	return high << 4 | low;
}

void sma_node_info(const struct ib_port_attr *port, struct ib_node_info *info)
{
	*info = (struct ib_node_info){
		.base_version = IB_MGMT_BASE_VERSION,
		.class_version = SMA_CLASS_VERSION,
		.node_type = port->type,
		.num_ports = port->ports,
		.sys_guid = cpu_to_be64(port->node_guid),
		.node_guid = cpu_to_be64(port->node_guid),
		.port_guid = cpu_to_be64(port->port_guid),
		.partition_cap = cpu_to_be16(port->pkeys),
		.device_id = cpu_to_be16(port->device_id),
		.local_port_num = port->number,
		.vendor_id = { VENDOR_MELLANOX >> 16, (uint8_t)(VENDOR_MELLANOX >> 8),
			       (uint8_t)VENDOR_MELLANOX },
	};
}

void sma_port_info(const struct ib_port_attr *port, uint8_t data[IB_SMP_DATA_SIZE])
{
	struct ib_port_info info = {
		.gid_prefix = cpu_to_be64(IB_GID_PREFIX),
		.lid = cpu_to_be16(port->lid),
		.sm_lid = cpu_to_be16(port->manager_lid),
		.cap_mask = cpu_to_be32(port->cap_mask),
		.local_port_num = port->number,
		.link_width_enabled = WIDTHS_1X_4X,
		.link_width_supported = WIDTHS_1X_4X,
		.link_width_active = WIDTH_4X,
		.linkspeed_portstate = nibbles(SPEEDS_TO_QDR,
					       port->up ? IB_PORT_ACTIVE : IB_PORT_DOWN),
		.portphysstate_linkdown = nibbles(port->up ? IB_PHYS_LINK_UP : IB_PHYS_POLLING,
						  LINK_DOWN_POLLING),
		.linkspeedactive_enabled = nibbles(SPEED_QDR, SPEEDS_TO_QDR),
		.neighbormtu_mastersmsl = nibbles(IB_MTU_4096, 0),
		.vlcap_inittype = nibbles(VLS_CODE, 0),
		.vl_arb_high_cap = VL_ARB_ENTRIES,
		.vl_arb_low_cap = VL_ARB_ENTRIES,
		.inittypereply_mtucap = nibbles(0, IB_MTU_4096),
		.operationalvl_pei_peo_fpi_fpo = nibbles(VLS_CODE, 0),
		.pkey_violations = cpu_to_be16(port->pkey_violations),
		.qkey_violations = cpu_to_be16(port->qkey_violations),
		.guid_cap = port->guids,
		.clientrereg_resv_subnetto = IB_SUBNET_TIMEOUT,
		.resv_resptimevalue = RESPONSE_TIME,
		.localphyerrors_overrunerrors = ERROR_THRESHOLDS,
	};
	const __be16 cap_mask2 = cpu_to_be16(port->cap_mask2);

	_Static_assert(sizeof(info) == IB_SMP_DATA_SIZE, "the attribute fills the datagram");
	memcpy(data, &info, sizeof(info));
	memcpy(data + OFFSET_CAP_MASK2, &cap_mask2, sizeof(cap_mask2));
	data[OFFSET_SPEED_EXT] = nibbles(SPEED_NDR, SPEEDS_FDR_TO_NDR);
	data[OFFSET_SPEED_EXT_ENABLED] = SPEEDS_FDR_TO_NDR;
}

/*
 * Attributes. @modifier has been in the request's header; each returns whether there is one by it.
 */
static bool get_node_description(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	memcpy(data, sma->port->description, sizeof(sma->port->description));
	return true;
}

static bool get_node_info(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	sma_node_info(sma->port, (struct ib_node_info *)data);
	return true;
}

static bool get_port_info(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	struct ib_port_attr port = *sma->port;

	if (sma->sw && !switch_describe(sma->sw, modifier, &port))
		return false;
	/* LocalPortNum is not of the port that is told about, but of the one that was asked */
	port.number = sma->port->number;
	sma_port_info(&port, data);
	return sma->sw || !modifier || modifier == port.number;
}

static bool get_guid_info(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	const __be64 guid = cpu_to_be64(sma->port->port_guid);

	if (modifier == 0)
		memcpy(data, &guid, sizeof(guid));
	return modifier < (sma->port->guids + BLOCK_GUIDS - 1U) / BLOCK_GUIDS;
}

/*
 * For a switch, the modifier's upper half is the number of one of its ports. None but port 0 has a
 * table: the switch enforces no partitions.
 */
static bool get_pkey_table(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	const __be16 pkey = cpu_to_be16(IB_PKEY_DEFAULT);
	uint16_t block = modifier;

	if (sma->sw && modifier >> 16)
		return false;
	if (block == 0)
		memcpy(data, &pkey, sizeof(pkey));
	return block * BLOCK_PKEYS < sma->port->pkeys;
}

/* For a switch, of packets from one port to another; a CA looks at no modifier. */
static bool get_sl_to_vl(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	for (unsigned int sl = 0; sl < SLS; sl += 2)
		data[sl / 2] = nibbles(sl % VLS, (sl + 1) % VLS);
	return !sma->sw ||
	       ((modifier & 0xff) <= SWITCH_PORTS && (modifier >> 8 & 0xff) <= SWITCH_PORTS);
}

/*
 * Blocks 1 and 2 are of low, 3 and 4 of high priority; 2 and 4 have no entries here. The lower half
 * of the modifier is the number of a switch's port.
 */
static bool get_vl_arbitration(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	struct ib_vl_weight_elem *elements = (struct ib_vl_weight_elem *)data;
	uint16_t block = modifier >> 16;

	if (block == 1 || block == 3)
		for (unsigned int i = 0; i < VL_ARB_ENTRIES; i++)
			elements[i] = (struct ib_vl_weight_elem){ i % VLS, VL_WEIGHT };
	return block >= 1 && block <= 4 && (!sma->sw || (uint16_t)modifier <= SWITCH_PORTS);
}

static bool get_sm_info(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	const struct {
		__be64 guid, key;
		__be32 activity;
		uint8_t priority_state;
	} __packed info = {
		.guid = cpu_to_be64(sma->port->port_guid),
		.priority_state = SM_STATE_MASTER,
	};

	memcpy(data, &info, sizeof(info));
	return true;
}

static bool get_switch_info(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	switch_info(data);
	return true;
}

static bool get_linear(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	return switch_linear(sma->sw, modifier, data);
}

/* Which LIDs in the lower bits of the modifier, which ports in the upper. */
static bool get_multicast(const struct sma *sma, uint32_t modifier, uint8_t *data)
{
	return switch_multicast(sma->sw, modifier & 0x0fffffff, modifier >> 28, data);
}

enum where { ANYWHERE, AT_SWITCH, AT_MANAGER };

static const struct attribute {
	__be16 id;
	enum where where;
	bool (*get)(const struct sma *sma, uint32_t modifier, uint8_t *data);
} attributes[] = {
	{ IB_SMP_ATTR_NODE_DESC, ANYWHERE, get_node_description },
	{ IB_SMP_ATTR_NODE_INFO, ANYWHERE, get_node_info },
	{ IB_SMP_ATTR_SWITCH_INFO, AT_SWITCH, get_switch_info },
	{ IB_SMP_ATTR_GUID_INFO, ANYWHERE, get_guid_info },
	{ IB_SMP_ATTR_PORT_INFO, ANYWHERE, get_port_info },
	{ IB_SMP_ATTR_PKEY_TABLE, ANYWHERE, get_pkey_table },
	{ IB_SMP_ATTR_SL_TO_VL_TABLE, ANYWHERE, get_sl_to_vl },
	{ IB_SMP_ATTR_VL_ARB_TABLE, ANYWHERE, get_vl_arbitration },
	{ IB_SMP_ATTR_LINEAR_FORWARD_TABLE, AT_SWITCH, get_linear },
	{ IB_SMP_ATTR_MCAST_FORWARD_TABLE, AT_SWITCH, get_multicast },
	{ IB_SMP_ATTR_SM_INFO, AT_MANAGER, get_sm_info },
};

static bool is_there(enum where where, const struct sma *sma)
{
	return where == ANYWHERE || (where == AT_SWITCH ? sma->sw != NULL : sma->port->manager);
}

uint16_t sma_get(const struct sma *sma, __be16 id, uint32_t modifier,
		 uint8_t data[IB_SMP_DATA_SIZE])
{
	for (unsigned int i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (attributes[i].id != id || !is_there(attributes[i].where, sma))
			continue;
		memset(data, 0, IB_SMP_DATA_SIZE);
		if (attributes[i].get(sma, modifier, data))
			return 0;
		memset(data, 0, IB_SMP_DATA_SIZE);
		return IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE;
	}
	return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB;
}

bool sma_answer(const struct sma *sma, struct ib_smp *mad)
{
	struct ib_mad_hdr *header = (struct ib_mad_hdr *)mad;
	uint16_t status = mad_check(header, SMA_CLASS_VERSION);

	_Static_assert(sizeof(*mad) == IB_MGMT_MAD_SIZE, "a whole datagram");
	if (mad_is_response(header))
		return false;
	if (!status && header->method == IB_MGMT_METHOD_GET)
		status = sma_get(sma, mad->attr_id, be32_to_cpu(mad->attr_mod), mad->data);
	else if (!status)
		status = header->method == IB_MGMT_METHOD_SET ?
				 IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB :
				 IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD;
	mad_answer(header, status);
	if (mad->mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE)
		mad->status |= IB_SMP_DIRECTION;
	return true;
}
