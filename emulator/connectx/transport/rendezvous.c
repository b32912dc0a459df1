// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/rendezvous.h"

#include <stddef.h>
#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/queue/completion.h"
#include "connectx/transport/tag_match.h"

/* Behind struct ibv_tmh: struct ibv_rvh of rdma-core. */
struct rendezvous_header {
	__be64 va;
	__be32 rkey;
	__be32 len;
};

static struct rendezvous_header entry_header(const struct tag_entry *entry)
{
	struct rendezvous_header header;

	_Static_assert(TAG_HEADER + sizeof(header) == TAG_RENDEZVOUS, "one behind the other");
	memcpy(&header, entry->header + TAG_HEADER, sizeof(header));
	return header;
}

void rendezvous_init(struct rendezvous *rendezvous)
{
	TAILQ_INIT(&rendezvous->waiting);
	rendezvous->fetched = false;
}

void rendezvous_add(struct rendezvous *rendezvous, struct tag_entry *entry)
{
	TAILQ_INSERT_TAIL(&rendezvous->waiting, entry, link);
}

static void make_read(const struct tag_entry *entry, struct send_wqe *wqe)
{
	struct rendezvous_header header = entry_header(entry);

	wqe->opcode = MLX5_OPCODE_RDMA_READ;
	wqe->raddr = be64_to_cpu(header.va);
	wqe->rkey = be32_to_cpu(header.rkey);
	wqe->len = be32_to_cpu(header.len);
	wqe->num_data = wqe->len ? 1 : 0;
	wqe->data[0] = entry->buffer;
	wqe->data[0].len = wqe->len;
}

/* The notification is the header of the request with another operation. */
static void make_notice(const struct tag_entry *entry, struct send_wqe *wqe)
{
	wqe->opcode = MLX5_OPCODE_SEND;
	wqe->len = sizeof(entry->header);
	memcpy(wqe->copy, entry->header, sizeof(entry->header));
	wqe->copy[0] = TAG_HEADER_FINISHED;
	wqe->num_data = 1;
	wqe->data[0] = (struct wqe_data){ .bytes = wqe->copy, .len = sizeof(entry->header) };
}

bool rendezvous_request(const struct rendezvous *rendezvous, struct send_wqe *wqe)
{
	const struct tag_entry *entry = TAILQ_FIRST(&rendezvous->waiting);

	if (!entry)
		return false;
	wqe->blocks = 0;
	wqe->completion = false;
	wqe->solicited = false;
	wqe->imm = 0;
	if (rendezvous->fetched)
		make_notice(entry, wqe);
	else
		make_read(entry, wqe);
	return true;
}

void rendezvous_advance(struct rendezvous *rendezvous, struct qp *qp)
{
	struct tag_entry *entry = TAILQ_FIRST(&rendezvous->waiting);

	rendezvous->fetched = !rendezvous->fetched;
	if (rendezvous->fetched)
		return;
	TAILQ_REMOVE(&rendezvous->waiting, entry, link);
	tag_complete(qp, entry, CQE_TAG_EXPECTED, be32_to_cpu(entry_header(entry).len));
}

void rendezvous_cancel(struct rendezvous *rendezvous, struct qp *qp, bool tell)
{
	struct tag_entry *entry;

	rendezvous->fetched = false;
	while ((entry = TAILQ_FIRST(&rendezvous->waiting))) {
		TAILQ_REMOVE(&rendezvous->waiting, entry, link);
		if (tell)
			tag_complete(qp, entry, CQE_TAG_CANCELED, 0);
		else
			tag_release(entry);
	}
}
