// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/datagram.h"

#include "connectx/memory/sg.h"
#include "connectx/port/port.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/mcg.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/wqe.h"
#include "connectx/transport/mad.h"
#include "connectx/transport/requester.h"
#include "connectx/transport/responder.h"

#define QPN_MULTICAST		0xffffff

static bool is_multicast(const struct wqe_av *av)
{
	return av->lid >= IB_LID_MULTICAST && av->lid < IB_LID_PERMISSIVE &&
	       av->qpn == QPN_MULTICAST;
}

bool datagram_is_special(const struct wqe_av *av)
{
	return is_multicast(av) || mad_is_management(av);
}

void datagram_deliver(struct qp *qp, const struct message *message, const void *data)
{
	struct sg_stop stop;
	struct sg *end;

	if (responder_begin(qp, message, &end) != RESPONSE_ACK)
		return;
	if (sg_scatter(end, data, message->len, &stop))
		responder_end(qp);
	else
		responder_fail(qp, &stop);
}

static void deliver_group(struct connectx *nic, const struct qp *from,
			  const struct message *message, const void *data)
{
	const struct mcg *mcg = mcg_find(nic, message->dgid);

	if (!mcg)
		return;
	nic->ib->counts.multicast.rcv_packets++;
	nic->ib->counts.multicast.rcv_bytes += message->len;
	for (uint32_t i = 0; i < mcg->count; i++)
		if (mcg->qps[i] != from || !from->block_loopback)
			datagram_deliver(mcg->qps[i], message, data);
}

/* Receivers are found by the GID of their group, so without one there are none. */
static void send_multicast(struct qp *from, uint16_t mlid, const struct message *message,
			   const void *data)
{
	struct connectx *nic = NULL;

	if (!message->grh)
		return;
	while ((nic = subnet_next(nic)))
		if (subnet_forwards(from->nic, mlid, nic))
			deliver_group(nic, from, message, data);
}

void datagram_send(struct qp *from, const struct wqe_av *av, const struct message *message,
		   const void *data)
{
	struct connectx *nic = from->nic;
	struct ib_traffic *traffic = is_multicast(av) ? &nic->ib->counts.multicast :
							&nic->ib->counts.unicast;

	if (!nic->ib->link)
		return;
	nic->requesters->messages++;
	nic->requesters->bytes += message->len;
	traffic->xmit_packets++;
	traffic->xmit_bytes += message->len;
	if (is_multicast(av))
		send_multicast(from, av->lid, message, data);
	else
		mad_send(nic, av, message, data);
}
