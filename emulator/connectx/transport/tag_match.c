// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/tag_match.h"

#include <errno.h>
#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/srq.h"
#include "connectx/queue/tag_list.h"
#include "connectx/queue/wqe.h"
#include "connectx/transport/receive.h"
#include "connectx/transport/rendezvous.h"
#include "connectx/transport/requester.h"
#include "connectx/transport/responder.h"

/* Places in the header: of struct ibv_tmh, struct ibv_rvh behind it. */
#define HEADER_TAG		8
#define HEADER_PULL_LENGTH	28

/* How much of a message that is to be pulled may come with the header, for programs to look at. */
#define RENDEZVOUS_MAX		64

static uint64_t header_be64(const uint8_t *header)
{
	__be64 value;

	memcpy(&value, header, sizeof(value));
	return be64_to_cpu(value);
}

static uint32_t header_be32(const uint8_t *header)
{
	__be32 value;

	memcpy(&value, header, sizeof(value));
	return be32_to_cpu(value);
}

bool tag_match_looks(const struct qp *qp, const struct message *message)
{
	return qp->service == MLX5_QP_ST_RC && qp->srq && qp->srq->tags &&
	       (message->opcode == MLX5_OPCODE_SEND || message->opcode == MLX5_OPCODE_SEND_IMM ||
		message->opcode == MLX5_OPCODE_SEND_INVAL);
}

/* Other messages are not matched; neither is the notification that data have been fetched. */
static bool message_has_tag(const struct message *message)
{
	switch (message->header[0]) {
	case TAG_HEADER_EAGER:
		return message->len >= TAG_HEADER;
	case TAG_HEADER_RENDEZVOUS:
		return message->len >= TAG_RENDEZVOUS && message->len <= RENDEZVOUS_MAX;
	default:
		return false;
	}
}

/* Let @receive be @skip bytes that are thrown away, and then the entry's buffer. */
static void receive_into(struct receive *receive, struct srq *srq, const struct tag_entry *entry,
			 uint32_t skip)
{
	struct recv_wqe *wqe = &receive->wqe;

	receive->taken = true;
	receive->srq = srq;
	receive->index = 0;
	wqe->num_data = 0;
	wqe->len = skip + entry->buffer.len;
	if (skip)
		wqe->data[wqe->num_data++] = (struct wqe_data){ .bytes = wqe->copy, .len = skip };
	if (entry->buffer.len)
		wqe->data[wqe->num_data++] = entry->buffer;
}

/* A message that announces data. If the device cannot fetch them, the program does. */
static void take_rendezvous(struct tag_match *match, const struct qp *qp,
			    const struct message *message, struct receive *receive)
{
	struct tag_entry *entry = match->entry;
	uint32_t room = entry->buffer.len;

	match->pull = qp->rendezvous && qp->srq->rendezvous &&
		      header_be32(message->header + HEADER_PULL_LENGTH) <= room;
	if (match->pull) {
		match->operation = CQE_TAG_CONSUMED;
		receive_into(receive, qp->srq, entry, message->len);
		return;
	}
	/* give the program as much of the headers as the buffer holds */
	match->operation = CQE_TAG_CONSUMED_MSG_SW;
	receive_into(receive, qp->srq, entry, 0);
	if (message->len > room) {
		receive->wqe.data[receive->wqe.num_data++] = (struct wqe_data){
			.bytes = receive->wqe.copy,
			.len = message->len - room,
		};
		receive->wqe.len = message->len;
	}
}

/* A match is reported at once. Data that do not fit into one packet are reported separately. */
static void take_eager(struct tag_match *match, struct qp *qp, const struct message *message,
		       struct receive *receive)
{
	struct completion_recv recv = { .opcode = CQE_NO_PACKET, .srq = qp->srq };

	receive_into(receive, qp->srq, match->entry, TAG_HEADER);
	if (message->packets == 1 || message->len > receive->wqe.len) {
		match->operation = CQE_TAG_CONSUMED_MSG;
		return;
	}
	match->operation = CQE_TAG_CONSUMED;
	tag_match_describe(match, &recv);
	match->operation = CQE_TAG_EXPECTED;
	completion_recv(qp, &recv);
}

int tag_match_take(struct tag_match *match, struct qp *qp, const struct message *message,
		   struct receive *receive)
{
	struct tag_list *tags = qp->srq->tags;
	bool tagged = message_has_tag(message);
	int err;

	*match = (struct tag_match){ .operation = CQE_TAG_NO_TAG };
	if (tagged)
		match->entry = tag_list_match(tags, header_be64(message->header + HEADER_TAG));
	if (!match->entry) {
		err = receive_take(receive, qp, qp->srq);
		if (tagged && receive->taken) {
			match->operation = CQE_TAG_UNEXPECTED;
			tag_list_unexpected(tags);
		}
		return err;
	}
	memcpy(match->entry->header, message->header, sizeof(match->entry->header));
	if (message->header[0] == TAG_HEADER_RENDEZVOUS)
		take_rendezvous(match, qp, message, receive);
	else
		take_eager(match, qp, message, receive);
	return 0;
}

void tag_match_describe(const struct tag_match *match, struct completion_recv *recv)
{
	recv->tag_operation = match->operation;
	if (!match->entry)
		return;
	recv->tag_index = match->entry->index;
	/* the completion that tells of the match has the header */
	if (match->operation != CQE_TAG_EXPECTED)
		recv->head = match->entry->header;
	if (match->operation == CQE_TAG_CONSUMED) {
		recv->opcode = CQE_NO_PACKET;
		recv->bytes = 0;
	} else if (match->operation != CQE_TAG_CONSUMED_MSG_SW) {
		recv->bytes -= TAG_HEADER;
	}
}

void tag_match_done(struct tag_match *match, struct qp *qp)
{
	struct tag_entry *entry = match->entry;
	bool pull = match->pull;

	*match = (struct tag_match){ 0 };
	if (pull)
		requester_pull(qp, entry);
	else if (entry)
		tag_release(entry);
}

void tag_match_cancel(struct tag_match *match, struct qp *qp, bool tell)
{
	struct tag_entry *entry = match->entry;

	*match = (struct tag_match){ 0 };
	if (entry && tell)
		tag_complete(qp, entry, CQE_TAG_CANCELED, 0);
	else if (entry)
		tag_release(entry);
}

void tag_complete(struct qp *qp, struct tag_entry *entry, uint8_t operation, uint32_t bytes)
{
	const struct completion_recv recv = {
		.opcode = CQE_RESP_SEND,
		.srq = qp->srq,
		.bytes = bytes,
		.tag_operation = operation,
		.tag_index = entry->index,
	};

	tag_release(entry);
	completion_recv(qp, &recv);
}

/*
 * Changes of the list.
 */
static bool tag_change(struct tag_list *tags, const struct send_wqe *wqe, bool *removed)
{
	const struct wqe_tag *tag = &wqe->tag;

	switch (tag->operation) {
	case WQE_TAG_NOP:
		return true;
	case WQE_TAG_APPEND:
		return tag_list_append(tags, tag->tag, tag->mask,
				       wqe->num_data ? &wqe->data[0] : NULL, tag->index);
	case WQE_TAG_REMOVE:
		*removed = tag_list_remove(tags, tag->index);
		return true;
	default:
		return false;
	}
}

static uint8_t tag_cqe_operation(const struct wqe_tag *tag)
{
	switch (tag->operation) {
	case WQE_TAG_APPEND:
		return CQE_TAG_APPEND;
	case WQE_TAG_REMOVE:
		return CQE_TAG_REMOVE;
	default:
		return CQE_TAG_NOOP;
	}
}

bool tag_match_execute(struct qp *qp, const struct send_wqe *wqe)
{
	struct completion_recv recv = { .opcode = CQE_NO_PACKET, .srq = qp->srq };
	struct cqe_tag_change change = { 0 };
	struct tag_list *tags = qp->srq->tags;
	uint16_t listed = tags->next;
	bool removed = true;

	if (!tag_change(tags, wqe, &removed))
		return false;
	if (wqe->tag.sync)
		tag_list_sync(tags, wqe->tag.sw_count);
	if (!wqe->tag.completion)
		return true;
	change.success = cpu_to_be32(removed ? CQE_TAG_SUCCESS : 0);
	change.hw_count = cpu_to_be16(tags->hw_count);
	recv.index = qp->sq.next;
	recv.tag_operation = tag_cqe_operation(&wqe->tag);
	recv.tag_index = wqe->tag.operation == WQE_TAG_APPEND ? listed : wqe->tag.index;
	recv.head = &change;
	completion_recv(qp, &recv);
	return true;
}
