// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/mad.h"

#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/port/port.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/wqe.h"
#include "connectx/transport/datagram.h"
#include "connectx/transport/responder.h"
#include "ib/mad.h"
#include "ib/manager.h"
#include "ib/pma.h"
#include "ib/sma.h"
#include "util/macros.h"

#define DEVICE_ID	4129	/* of a ConnectX-7 */

static struct connectx *nic_of(const struct ib_port *port)
{
	return container_of(port, struct cx_port, port)->nic;
}

static void port_describe(const struct ib_port *port, struct ib_port_attr *attr)
{
	const struct cx_port *ib = nic_of(port)->ib;

	*attr = (struct ib_port_attr){
		.type = IB_NODE_CA,
		.number = CX_PORTS,
		.ports = CX_PORTS,
		.guids = CX_GIDS,
		.pkeys = CX_PKEYS,
		.device_id = DEVICE_ID,
		.node_guid = ib->guid,
		.port_guid = ib->guid,
		.lid = ib->lid,
		.manager_lid = ib->sm_lid,
		.up = ib->link,
		.cap_mask = ib->cap_mask,
		.cap_mask2 = ib->cap_mask2,
		.pkey_violations = ib->pkey_violations,
		.qkey_violations = ib->qkey_violations,
	};
	memcpy(attr->description, ib->node_description, sizeof(attr->description));
}

static void port_count(const struct ib_port *port, struct ib_counts *counts)
{
	*counts = nic_of(port)->ib->counts;
}

/* From the manager to one of the port's QPs. */
static void port_deliver(struct ib_port *port, const struct ib_packet *packet)
{
	struct connectx *nic = nic_of(port);
	struct qp *qp = qp_find_destination(nic, packet->qpn);
	struct message message = {
		.service = packet->source_qpn ? MLX5_QP_ST_QP1 : MLX5_QP_ST_QP0,
		.opcode = MLX5_OPCODE_SEND,
		.sl = packet->sl,
		.source_lid = packet->slid,
		.source_qpn = packet->source_qpn,
		.qkey = IB_QP1_QKEY,
		.packets = 1,
		.len = sizeof(packet->mad),
		.grh = packet->grh,
	};

	memcpy(message.sgid, packet->sgid, sizeof(message.sgid));
	memcpy(message.dgid, packet->dgid, sizeof(message.dgid));
	if (!qp || !nic->ib->link)
		return;
	nic->ib->counts.unicast.rcv_packets++;
	nic->ib->counts.unicast.rcv_bytes += message.len;
	datagram_deliver(qp, &message, packet->mad);
}

void mad_port_init(struct connectx *nic)
{
	static const struct ib_port_ops ops = {
		.describe = port_describe,
		.count = port_count,
		.deliver = port_deliver,
	};

	nic->ib->port.ops = &ops;
}

bool mad_is_management(const struct wqe_av *av)
{
	return av->qpn <= 1;
}

/* QP 0 has no key, and only QP 0 sends to it. */
static bool is_datagram(const struct wqe_av *av, const struct message *message)
{
	return message->len == IB_MGMT_MAD_SIZE &&
	       (av->qpn ? message->qkey == IB_QP1_QKEY : message->source_qpn == 0);
}

static void packet_make(struct ib_packet *packet, const struct wqe_av *av,
			const struct message *message, const void *data)
{
	*packet = (struct ib_packet){
		.slid = message->source_lid,
		.dlid = av->lid,
		.source_qpn = message->source_qpn,
		.qpn = av->qpn,
		.sl = message->sl,
		.grh = message->grh,
	};
	memcpy(packet->sgid, message->sgid, sizeof(packet->sgid));
	memcpy(packet->dgid, message->dgid, sizeof(packet->dgid));
	memcpy(packet->mad, data, sizeof(packet->mad));
}

static bool pma(struct connectx *nic, void *mad)
{
	const struct pma_port port = { CX_PORTS, nic->ib->counts, &nic->ib->cleared };

	return pma_answer(&port, 1, mad);
}

/* The device answers these itself: the driver's agent does not answer requests from the wire. */
static bool answer_counters(struct connectx *nic, struct ib_packet *packet)
{
	const struct ib_mad_hdr *header = (const struct ib_mad_hdr *)packet->mad;
	struct ib_packet request = *packet;

	if (packet->qpn != 1 || header->mgmt_class != IB_MGMT_CLASS_PERF_MGMT ||
	    !pma(nic, packet->mad))
		return false;
	packet->slid = request.dlid;
	packet->dlid = request.slid;
	packet->source_qpn = request.qpn;
	packet->qpn = request.source_qpn;
	memcpy(packet->sgid, request.dgid, sizeof(packet->sgid));
	memcpy(packet->dgid, request.sgid, sizeof(packet->dgid));
	return true;
}

/* To the port of @to, which may be @from's own. */
static void send_to_port(struct connectx *from, struct connectx *to, const struct wqe_av *av,
			 const struct message *message, const void *data)
{
	struct qp *qp = qp_find_destination(to, av->qpn);
	struct ib_packet packet;

	to->ib->counts.unicast.rcv_packets++;
	to->ib->counts.unicast.rcv_bytes += message->len;
	if (is_datagram(av, message)) {
		packet_make(&packet, av, message, data);
		if (answer_counters(to, &packet)) {
			to->ib->counts.unicast.xmit_packets++;
			to->ib->counts.unicast.xmit_bytes += sizeof(packet.mad);
			port_deliver(&from->ib->port, &packet);
			return;
		}
	}
	if (qp)
		datagram_deliver(qp, message, data);
}

void mad_send(struct connectx *nic, const struct wqe_av *av, const struct message *message,
	      const void *data)
{
	struct connectx *to = subnet_route(nic, av->lid);
	struct ib_packet packet;

	if (to) {
		send_to_port(nic, to, av, message, data);
	} else if (manager_takes(av->lid) && is_datagram(av, message)) {
		packet_make(&packet, av, message, data);
		subnet_manage(nic, &packet);
	}
}

/* The agents of this port, whose keys the driver checks by its own means. */
static bool answer(struct connectx *nic, void *mad)
{
	const struct ib_mad_hdr *header = mad;
	struct ib_port_attr attr;

	switch (header->mgmt_class) {
	case IB_MGMT_CLASS_SUBN_LID_ROUTED:
	case IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE:
		port_describe(&nic->ib->port, &attr);
		return sma_answer(&(struct sma){ .port = &attr }, mad);
	case IB_MGMT_CLASS_PERF_MGMT:
		return pma(nic, mad);
	default:
		return mad_answer_unknown(mad);
	}
}

uint8_t mad_ifc(struct connectx *nic, struct cmd *cmd)
{
	_Alignas(struct ib_mad) uint8_t mad[IB_MGMT_MAD_SIZE];

	memcpy(mad, MLX5_ADDR_OF(mad_ifc_in, cmd->in, mad), sizeof(mad));
	if (!answer(nic, mad))
		return CMD_FAIL(cmd, BAD_PKT_ERR);
	memcpy(MLX5_ADDR_OF(mad_ifc_out, cmd->out, response_mad_packet), mad, sizeof(mad));
	return MLX5_CMD_STAT_OK;
}
