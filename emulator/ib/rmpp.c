// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/rmpp.h"

#include <stdlib.h>
#include <string.h>

#include "base/engine.h"
#include "util/macros.h"

#define SEGMENT_BYTES	IB_MGMT_SA_DATA
/* this part of the header counts in the length of each segment */
#define CLASS_HEADER	(IB_MGMT_SA_HDR - IB_MGMT_RMPP_HDR)
#define RESEND_NS	1000000000ULL
#define RESENDS		3

struct transfer {
	LIST_ENTRY(transfer) entry;
	struct rmpp *rmpp;
	struct engine_timer timer;
	struct ib_packet packet; /* headers of every segment */
	uint32_t segments;
	uint32_t acknowledged; /* segments up to this one, counting from 1 */
	uint32_t window;       /* the last that may be sent */
	unsigned int resends;  /* times that it is sent again before it is given up */
	size_t bytes;
	uint8_t data[];
};

static void transfer_end(struct transfer *transfer)
{
	engine_timer_cancel(&transfer->timer);
	LIST_REMOVE(transfer, entry);
	transfer->rmpp->count--;
	free(transfer);
}

static void send_segment(struct transfer *transfer, uint32_t number)
{
	size_t offset = (size_t)(number - 1) * SEGMENT_BYTES;
	size_t bytes = transfer->bytes - offset;
	struct ib_packet packet = transfer->packet;
	struct ib_rmpp_mad *mad = (struct ib_rmpp_mad *)packet.mad;
	uint8_t *payload = ((struct ib_sa_mad *)packet.mad)->data;
	uint8_t flags = IB_MGMT_RMPP_FLAG_ACTIVE;
	uint32_t length = 0;

	if (bytes > SEGMENT_BYTES)
		bytes = SEGMENT_BYTES;
	/* the first has the length of all, the last its own, others none (13.6.2.3) */
	if (number == transfer->segments) {
		flags |= IB_MGMT_RMPP_FLAG_LAST;
		length = bytes + CLASS_HEADER;
	}
	if (number == 1) {
		flags |= IB_MGMT_RMPP_FLAG_FIRST;
		length = transfer->bytes + transfer->segments * CLASS_HEADER;
	}
	mad->rmpp_hdr = (struct ib_rmpp_hdr){
		.rmpp_version = IB_MGMT_RMPP_VERSION,
		.rmpp_type = IB_MGMT_RMPP_TYPE_DATA,
		.seg_num = cpu_to_be32(number),
		.paylen_newwin = cpu_to_be32(length),
	};
	ib_set_rmpp_resptime(&mad->rmpp_hdr, IB_MGMT_RMPP_NO_RESPTIME);
	ib_set_rmpp_flags(&mad->rmpp_hdr, flags);
	memset(payload, 0, SEGMENT_BYTES);
	memcpy(payload, transfer->data + offset, bytes);
	transfer->rmpp->send(transfer->rmpp->context, &packet);
}

/* All that may be sent and has not been acknowledged. */
static void send_window(struct transfer *transfer, uint32_t first)
{
	for (uint32_t number = first; number <= transfer->window && number <= transfer->segments;
	     number++)
		send_segment(transfer, number);
	engine_timer_arm(&transfer->timer, RESEND_NS);
}

static void transfer_timer(struct engine_timer *timer)
{
	struct transfer *transfer = container_of(timer, struct transfer, timer);

	if (transfer->resends--)
		send_window(transfer, transfer->acknowledged + 1);
	else
		transfer_end(transfer);
}

static const struct ib_mad_hdr *header_of(const struct ib_packet *packet)
{
	return (const struct ib_mad_hdr *)packet->mad;
}

/* A transaction is identified by its peer and its number. */
static struct transfer *transfer_find(const struct rmpp *rmpp, uint16_t lid, __be64 tid)
{
	struct transfer *transfer;

	LIST_FOREACH(transfer, &rmpp->transfers, entry)
		if (transfer->packet.dlid == lid && header_of(&transfer->packet)->tid == tid)
			break;
	return transfer;
}

void rmpp_init(struct rmpp *rmpp, struct engine *engine, rmpp_send *send, void *context)
{
	*rmpp = (struct rmpp){ .engine = engine, .send = send, .context = context };
	LIST_INIT(&rmpp->transfers);
}

void rmpp_fini(struct rmpp *rmpp)
{
	struct transfer *transfer;

	while ((transfer = LIST_FIRST(&rmpp->transfers)))
		transfer_end(transfer);
}

bool rmpp_is_control(const struct ib_rmpp_hdr *header)
{
	return header->rmpp_rtime_flags & IB_MGMT_RMPP_FLAG_ACTIVE &&
	       header->rmpp_type != IB_MGMT_RMPP_TYPE_DATA;
}

void rmpp_send_one(struct rmpp *rmpp, const struct ib_packet *packet)
{
	rmpp->send(rmpp->context, packet);
}

void rmpp_send_table(struct rmpp *rmpp, const struct ib_packet *first, const void *data,
		     size_t bytes)
{
	struct transfer *transfer;

	/* a repeated request is ignored while its answer is being sent */
	if (rmpp->count == RMPP_TRANSFERS_MAX ||
	    transfer_find(rmpp, first->dlid, header_of(first)->tid))
		return;
	transfer = calloc(1, sizeof(*transfer) + bytes);
	if (!transfer)
		return;
	transfer->rmpp = rmpp;
	transfer->packet = *first;
	transfer->segments = bytes ? (bytes - 1) / SEGMENT_BYTES + 1 : 1;
	transfer->window = 1;
	transfer->resends = RESENDS;
	transfer->bytes = bytes;
	if (bytes)
		memcpy(transfer->data, data, bytes);
	engine_timer_init(&transfer->timer, rmpp->engine, transfer_timer);
	LIST_INSERT_HEAD(&rmpp->transfers, transfer, entry);
	rmpp->count++;
	send_window(transfer, 1);
}

/* A receiver that acknowledges what was never sent cannot be trusted: end the transfer. */
static void receive_ack(struct transfer *transfer, uint32_t segment, uint32_t window)
{
	uint32_t sent = transfer->window;

	if (segment > transfer->segments || segment > sent || window < segment)
		return transfer_end(transfer);
	if (segment < transfer->acknowledged)
		return;
	transfer->acknowledged = segment;
	if (segment == transfer->segments)
		return transfer_end(transfer);
	if (window <= sent)
		return;
	transfer->window = window;
	transfer->resends = RESENDS;
	send_window(transfer, sent + 1);
}

void rmpp_receive(struct rmpp *rmpp, const struct ib_packet *packet)
{
	const struct ib_rmpp_mad *mad = (const struct ib_rmpp_mad *)packet->mad;
	struct transfer *transfer = transfer_find(rmpp, packet->slid, mad->mad_hdr.tid);

	if (!transfer)
		return;
	if (mad->rmpp_hdr.rmpp_type == IB_MGMT_RMPP_TYPE_ACK)
		receive_ack(transfer, be32_to_cpu(mad->rmpp_hdr.seg_num),
			    be32_to_cpu(mad->rmpp_hdr.paylen_newwin));
	else
		transfer_end(transfer);
}
