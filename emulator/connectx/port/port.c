// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/port/port.h"

#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/eq.h"
#include "ib/manager.h"
#include "ib/pma.h"
#include "util/macros.h"

#define MTU_MAX		4096
#define NS_PER_MS	1000000ULL

#define CAPS_CHANGEABLE	IB_CAP_CM	/* by the driver */

/* Register numbers of ACCESS_REG, by the driver's names. */
enum {
	REG_PMTU = 0x5003,
	REG_PTYS = 0x5004,
	REG_PAOS = 0x5006,
	REG_PPCNT = 0x5008,
	REG_PVLC = 0x500f,
	REG_NODE_DESC = 0x6001,
	REG_HOST_ENDIANNESS = 0x7004,
};

/* PTYS: InfiniBand widths and rates. */
#define WIDTH_4X	(1 << 2)
#define WIDTHS		((1 << 0) | (1 << 1) | WIDTH_4X)
#define RATE_NDR	(1 << 7)
#define RATES		0xff
#define VL_0_TO_3	4	/* code in PVLC */

/* PAOS: admin_status and oper_status */
#define PORT_UP		1
#define PORT_DOWN	2

#define REG_READ	1	/* op_mod of ACCESS_REG */

static void link_set(struct connectx *nic, bool on)
{
	struct cx_port *ib = nic->ib;
	struct mlx5_eqe_port_state event = { .port = CX_PORTS << 4 };

	if (ib->link == on)
		return;
	ib->link = on;
	subnet_link_changed(nic);
	eq_post_async(nic, MLX5_EVENT_TYPE_PORT_CHANGE,
		      on ? MLX5_PORT_CHANGE_SUBTYPE_ACTIVE : MLX5_PORT_CHANGE_SUBTYPE_DOWN, &event,
		      sizeof(event));
}

static void link_trained(struct engine_timer *timer)
{
	struct connectx *nic = container_of(timer, struct cx_port, training)->nic;

	link_set(nic, true);
}

/*
 * Called when a condition of the link has changed: it goes down at once, or comes up after
 * training.
 */
static void link_update(struct connectx *nic)
{
	struct cx_port *ib = nic->ib;

	if (!ib->plugged || !ib->wanted) {
		engine_timer_cancel(&ib->training);
		link_set(nic, false);
	} else if (!nic->attr.training_ms) {
		link_set(nic, true);
	} else if (!ib->link && !engine_timer_armed(&ib->training)) {
		engine_timer_arm(&ib->training, nic->attr.training_ms * NS_PER_MS);
	}
}

void port_start(struct connectx *nic)
{
	nic->ib->wanted = true;
	if (nic->attr.training_ms)
		link_set(nic, false);
	link_update(nic);
}

void port_fini(struct connectx *nic)
{
	engine_timer_cancel(&nic->ib->training);
}

static bool port_switch_get(struct registry_switch *sw)
{
	return container_of(sw, struct cx_port, sw)->plugged;
}

static void port_switch_set(struct registry_switch *sw, bool on)
{
	struct cx_port *ib = container_of(sw, struct cx_port, sw);

	ib->plugged = on;
	link_update(ib->nic);
}

int port_init(struct connectx *nic)
{
	struct cx_port *ib = nic->ib;

	ib->nic = nic;
	ib->lid = nic->attr.lid;
	ib->sm_lid = MANAGER_LID;
	ib->guid = nic->attr.guid;
	ib->link = ib->plugged = ib->wanted = true;
	engine_timer_init(&ib->training, nic->engine, link_trained);
	ib->cap_mask = IB_CAP_SYS_IMAGE_GUID | IB_CAP_EXTENDED_SPEEDS | IB_CAP_MASK2 | IB_CAP_CM;
	ib->cap_mask2 = IB_CAP2_HDR | IB_CAP2_NDR;
	ib->sw = (struct registry_switch){
		.name = "port",
		.get = port_switch_get,
		.set = port_switch_set,
	};
	strncpy(ib->node_description, "softfabric ConnectX", sizeof(ib->node_description) - 1);
	return registry_add_switch(nic->registry, nic->attr.name, &ib->sw);
}

void port_gid(const struct connectx *nic, uint8_t gid[16])
{
	ib_port_gid(nic->ib->guid, gid);
}

uint16_t port_pkey(const struct connectx *nic, unsigned int index)
{
	return index ? 0 : IB_PKEY_DEFAULT;
}

uint8_t port_query_context(struct connectx *nic, struct cmd *cmd)
{
	void *context = MLX5_ADDR_OF(query_hca_vport_context_out, cmd->out, hca_vport_context);
	const struct cx_port *ib = nic->ib;

	if (MLX5_GET(query_hca_vport_context_in, cmd->in, other_vport))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	MLX5_SET(hca_vport_context, context, has_smi, 1);
	MLX5_SET(hca_vport_context, context, port_physical_state,
		 ib->link ? IB_PHYS_LINK_UP : IB_PHYS_POLLING);
	MLX5_SET(hca_vport_context, context, port_state, ib->link ? IB_PORT_ACTIVE : IB_PORT_DOWN);
	MLX5_SET(hca_vport_context, context, vport_state, ib->link ? IB_PORT_ACTIVE : IB_PORT_DOWN);
	MLX5_SET64(hca_vport_context, context, system_image_guid, ib->guid);
	MLX5_SET64(hca_vport_context, context, port_guid, ib->guid);
	MLX5_SET64(hca_vport_context, context, node_guid, ib->guid);
	MLX5_SET(hca_vport_context, context, cap_mask1, ib->cap_mask);
	MLX5_SET(hca_vport_context, context, cap_mask1_field_select, CAPS_CHANGEABLE);
	MLX5_SET(hca_vport_context, context, cap_mask2, ib->cap_mask2);
	MLX5_SET(hca_vport_context, context, lid, ib->lid);
	MLX5_SET(hca_vport_context, context, sm_lid, ib->sm_lid);
	MLX5_SET(hca_vport_context, context, subnet_timeout, IB_SUBNET_TIMEOUT);
	MLX5_SET(hca_vport_context, context, qkey_violation_counter, ib->qkey_violations);
	MLX5_SET(hca_vport_context, context, pkey_violation_counter, ib->pkey_violations);
	return MLX5_CMD_STAT_OK;
}

uint8_t port_modify_context(struct connectx *nic, struct cmd *cmd)
{
	const void *context = MLX5_ADDR_OF(modify_hca_vport_context_in, cmd->in, hca_vport_context);
	uint32_t mask = MLX5_GET(hca_vport_context, context, cap_mask1_field_select);
	uint32_t value = MLX5_GET(hca_vport_context, context, cap_mask1);

	if (MLX5_GET(modify_hca_vport_context_in, cmd->in, other_vport) ||
	    MLX5_GET(hca_vport_context, context, field_select) || mask & ~CAPS_CHANGEABLE)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	nic->ib->cap_mask = (nic->ib->cap_mask & ~mask) | (value & mask);
	return MLX5_CMD_STAT_OK;
}

/* Both tables are asked for by one index, or for all entries by this one. */
#define INDEX_ALL 0xffff

static bool table_range(uint32_t index, uint32_t size, uint32_t *first, uint32_t *count)
{
	*first = index == INDEX_ALL ? 0 : index;
	*count = index == INDEX_ALL ? size : 1;
	return *first < size;
}

uint8_t port_query_gid(struct connectx *nic, struct cmd *cmd)
{
	uint8_t *gids = MLX5_ADDR_OF(query_hca_vport_gid_out, cmd->out, gid);
	uint32_t first, count;

	if (MLX5_GET(query_hca_vport_gid_in, cmd->in, other_vport) ||
	    !table_range(MLX5_GET(query_hca_vport_gid_in, cmd->in, gid_index), CX_GIDS, &first,
			 &count))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (cmd->out_len - MLX5_ST_SZ_BYTES(query_hca_vport_gid_out) < count * 16)
		return CMD_FAIL(cmd, BAD_OUTP_LEN_ERR);
	MLX5_SET(query_hca_vport_gid_out, cmd->out, gids_num, count);
	if (first == 0)
		port_gid(nic, gids);
	return MLX5_CMD_STAT_OK;
}

uint8_t port_query_pkey(struct connectx *nic, struct cmd *cmd)
{
	uint8_t *pkeys = MLX5_ADDR_OF(query_hca_vport_pkey_out, cmd->out, pkey);
	uint32_t first, count;

	if (MLX5_GET(query_hca_vport_pkey_in, cmd->in, other_vport) ||
	    !table_range(MLX5_GET(query_hca_vport_pkey_in, cmd->in, pkey_index), CX_PKEYS, &first,
			 &count))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (cmd->out_len - MLX5_ST_SZ_BYTES(query_hca_vport_pkey_out) <
	    count * MLX5_ST_SZ_BYTES(pkey))
		return CMD_FAIL(cmd, BAD_OUTP_LEN_ERR);
	for (uint32_t i = 0; i < count; i++)
		MLX5_SET(pkey, pkeys + i * MLX5_ST_SZ_BYTES(pkey), pkey, port_pkey(nic, first + i));
	return MLX5_CMD_STAT_OK;
}

#define SET_TRAFFIC(out, kind, traffic)                                                            \
	do {                                                                                       \
		MLX5_SET64(query_vport_counter_out, out, received_ib_##kind.packets,               \
			   (traffic)->rcv_packets);                                                \
		MLX5_SET64(query_vport_counter_out, out, received_ib_##kind.octets,                \
			   (traffic)->rcv_bytes);                                                  \
		MLX5_SET64(query_vport_counter_out, out, transmitted_ib_##kind.packets,            \
			   (traffic)->xmit_packets);                                               \
		MLX5_SET64(query_vport_counter_out, out, transmitted_ib_##kind.octets,             \
			   (traffic)->xmit_bytes);                                                 \
	} while (0)

uint8_t port_query_counters(struct connectx *nic, struct cmd *cmd)
{
	struct cx_port *ib = nic->ib;
	struct ib_counts counts = { 0 };

	if (MLX5_GET(query_vport_counter_in, cmd->in, other_vport))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	pma_add(&counts, &ib->counts, &ib->cleared);
	SET_TRAFFIC(cmd->out, unicast, &counts.unicast);
	SET_TRAFFIC(cmd->out, multicast, &counts.multicast);
	if (MLX5_GET(query_vport_counter_in, cmd->in, clear))
		ib->cleared = ib->counts;
	return MLX5_CMD_STAT_OK;
}

/*
 * Registers. Each reads into @data, which holds what the driver sent; those that can be written
 * have a writer too.
 */
static void ptys_read(struct connectx *nic, void *data)
{
	MLX5_SET(ptys_reg, data, ib_link_width_capability, WIDTHS);
	MLX5_SET(ptys_reg, data, ib_proto_capability, RATES);
	MLX5_SET(ptys_reg, data, ib_link_width_admin, WIDTHS);
	MLX5_SET(ptys_reg, data, ib_proto_admin, RATES);
	MLX5_SET(ptys_reg, data, ib_link_width_oper, nic->ib->link ? WIDTH_4X : 0);
	MLX5_SET(ptys_reg, data, ib_proto_oper, nic->ib->link ? RATE_NDR : 0);
}

static void paos_read(struct connectx *nic, void *data)
{
	MLX5_SET(paos_reg, data, admin_status, nic->ib->wanted ? PORT_UP : PORT_DOWN);
	MLX5_SET(paos_reg, data, oper_status, nic->ib->link ? PORT_UP : PORT_DOWN);
}

/* Without "ase" nothing is changed; some programs query in this way. */
static void paos_write(struct connectx *nic, const void *data)
{
	if (!MLX5_GET(paos_reg, data, ase))
		return;
	nic->ib->wanted = MLX5_GET(paos_reg, data, admin_status) == PORT_UP;
	link_update(nic);
}

static void pmtu_read(struct connectx *nic, void *data)
{
	MLX5_SET(pmtu_reg, data, max_mtu, MTU_MAX);
	MLX5_SET(pmtu_reg, data, admin_mtu, MTU_MAX);
	MLX5_SET(pmtu_reg, data, oper_mtu, MTU_MAX);
}

static void pvlc_read(struct connectx *nic, void *data)
{
	MLX5_SET(pvlc_reg, data, vl_hw_cap, VL_0_TO_3);
	MLX5_SET(pvlc_reg, data, vl_admin, VL_0_TO_3);
	MLX5_SET(pvlc_reg, data, vl_operational, VL_0_TO_3);
}

/* The group that the driver reads has error counters only, and there are no errors here. */
static void ppcnt_read(struct connectx *nic, void *data)
{
	memset(MLX5_ADDR_OF(ppcnt_reg, data, counter_set), 0,
	       MLX5_ST_SZ_BYTES(ppcnt_reg) - MLX5_BYTE_OFF(ppcnt_reg, counter_set));
}

static void node_desc_read(struct connectx *nic, void *data)
{
	memcpy(data, nic->ib->node_description, sizeof(nic->ib->node_description));
}

static void node_desc_write(struct connectx *nic, const void *data)
{
	memcpy(nic->ib->node_description, data, sizeof(nic->ib->node_description));
}

/* The driver tells that the host is little endian, which has no effect on this model. */
static void host_endianness_write(struct connectx *nic, const void *data)
{
}

static const struct reg {
	uint16_t id;
	uint16_t bytes;
	void (*read)(struct connectx *nic, void *data);
	void (*write)(struct connectx *nic, const void *data);
} regs[] = {
	{ REG_PTYS, MLX5_ST_SZ_BYTES(ptys_reg), ptys_read, NULL },
	{ REG_PAOS, MLX5_ST_SZ_BYTES(paos_reg), paos_read, paos_write },
	{ REG_PMTU, MLX5_ST_SZ_BYTES(pmtu_reg), pmtu_read, NULL },
	{ REG_PVLC, MLX5_ST_SZ_BYTES(pvlc_reg), pvlc_read, NULL },
	{ REG_PPCNT, MLX5_ST_SZ_BYTES(ppcnt_reg), ppcnt_read, NULL },
	{ REG_NODE_DESC, sizeof(((struct cx_port *)0)->node_description), node_desc_read,
	  node_desc_write },
	{ REG_HOST_ENDIANNESS, 16, NULL, host_endianness_write },
};

static const struct reg *reg_find(uint16_t id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		if (regs[i].id == id)
			return &regs[i];
	return NULL;
}

uint8_t port_access_reg(struct connectx *nic, struct cmd *cmd)
{
	const struct reg *reg = reg_find(MLX5_GET(access_register_in, cmd->in, register_id));
	const void *in = MLX5_ADDR_OF(access_register_in, cmd->in, register_data);
	void *out = MLX5_ADDR_OF(access_register_out, cmd->out, register_data);
	bool read = MLX5_GET(access_register_in, cmd->in, op_mod) == REG_READ;

	if (!reg || (read ? !reg->read : !reg->write))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (cmd->in_len - MLX5_ST_SZ_BYTES(access_register_in) < reg->bytes)
		return CMD_FAIL(cmd, BAD_INP_LEN_ERR);
	if (cmd->out_len - MLX5_ST_SZ_BYTES(access_register_out) < reg->bytes)
		return CMD_FAIL(cmd, BAD_OUTP_LEN_ERR);
	memcpy(out, in, reg->bytes);
	if (!read)
		reg->write(nic, in);
	/* A write returns the resulting value. */
	if (reg->read)
		reg->read(nic, out);
	return MLX5_CMD_STAT_OK;
}
