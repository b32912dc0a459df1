// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "tags.h"

#include "connectx/queue/wqe.h"
#include "guest_command.h"

#define LOG_STRIDE	5	/* the link and one data segment */

static void create_xrq(struct tags *all, unsigned int offload)
{
	COMMAND(create_xrq, CREATE_XRQ, 1);
	void *xrqc = MLX5_ADDR_OF(create_xrq_in, in, xrq_context);
	void *wq = MLX5_ADDR_OF(xrqc, xrqc, wq);

	all->ring = guest_alloc(all->guest, GUEST_PAGE);
	all->dbr = guest_alloc(all->guest, GUEST_PAGE);
	MLX5_SET(xrqc, xrqc, topology, MLX5_XRQC_TOPOLOGY_TAG_MATCHING);
	MLX5_SET(xrqc, xrqc, offload, offload);
	MLX5_SET(xrqc, xrqc, user_index, TAGS_USER_INDEX);
	MLX5_SET(xrqc, xrqc, cqn, all->cq[1].cqn);
	MLX5_SET(xrqc, xrqc, tag_matching_topology_context.log_matching_list_sz, TAGS_LOG);
	MLX5_SET(wq, wq, log_wq_sz, TAGS_LOG_SRQ);
	MLX5_SET(wq, wq, log_wq_stride, LOG_STRIDE);
	MLX5_SET(wq, wq, pd, all->guest->pd);
	MLX5_SET64(wq, wq, dbr_addr, all->dbr);
	*(__be64 *)MLX5_ADDR_OF(wq, wq, pas) = cpu_to_be64(all->ring);
	guest_command(all->guest, in, sizeof(in), out, sizeof(out));
	all->xrqn = MLX5_GET(create_xrq_out, out, xrqn);
}

/* A QP that receives from the XRQ. */
static void create_qp(struct tags *all, struct guest_qp *qp, bool send_queue)
{
	COMMAND(create_qp, CREATE_QP, 1);
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);
	uint64_t buf = guest_alloc(all->guest, GUEST_PAGE);

	/* guest_post() expects a receive queue before the send queue */
	*qp = (struct guest_qp){ .buf = buf - GUEST_RQ_BYTES,
				 .dbr = guest_alloc(all->guest, GUEST_PAGE) };
	MLX5_SET(qpc, qpc, st, MLX5_QP_ST_RC);
	MLX5_SET(qpc, qpc, pd, all->guest->pd);
	MLX5_SET(qpc, qpc, rq_type, MLX5_SRQ_RQ);
	MLX5_SET(qpc, qpc, srqn_rmpn_xrqn, all->xrqn);
	MLX5_SET(qpc, qpc, no_sq, !send_queue);
	if (send_queue)
		MLX5_SET(qpc, qpc, log_sq_size, GUEST_LOG_SQ);
	else
		MLX5_SET(qpc, qpc, offload_type, MLX5_QPC_OFFLOAD_TYPE_RNDV);
	MLX5_SET(qpc, qpc, uar_page, all->guest->uar);
	MLX5_SET(qpc, qpc, cqn_snd, all->cq[1].cqn);
	MLX5_SET(qpc, qpc, cqn_rcv, all->cq[1].cqn);
	MLX5_SET64(qpc, qpc, dbr_addr, qp->dbr);
	*(__be64 *)MLX5_ADDR_OF(create_qp_in, in, pas) = cpu_to_be64(buf);
	guest_command(all->guest, in, sizeof(in), out, sizeof(out));
	qp->qpn = MLX5_GET(create_qp_out, out, qpn);
}

static void connect(struct tags *all, const struct guest_qp *qp, const struct guest_qp *peer)
{
	const struct guest_path path = {
		.remote_qpn = peer->qpn,
		.rnr_retry = 1,
		.min_rnr_nak = 1,
		.ack_timeout = 9,
	};

	guest_connect(all->guest, qp, &path);
}

void tags_connect(struct tags *all)
{
	connect(all, &all->sender, &all->receiver);
	connect(all, &all->receiver, &all->sender);
	connect(all, &all->command, &all->command);
}

void tags_create(struct tags *all, unsigned int offload)
{
	*all = (struct tags){ .guest = guest_create() };
	guest_cq(all->guest, &all->cq[0]);
	guest_cq(all->guest, &all->cq[1]);
	guest_qp(all->guest, &all->sender, &all->cq[0], MLX5_QP_ST_RC);
	create_xrq(all, offload);
	create_qp(all, &all->receiver, false);
	create_qp(all, &all->command, true);
	tags_connect(all);
	all->from = guest_alloc(all->guest, 3 * TAGS_SIZE);
	all->to = all->from + TAGS_SIZE;
	all->waiting = all->to + TAGS_SIZE;
	all->key = guest_mr(all->guest, all->from, 3 * TAGS_SIZE, GUEST_ACCESS);
}

void tags_destroy(struct tags *all)
{
	guest_destroy(all->guest);
}

void tags_post_waiting(struct tags *all, unsigned int number)
{
	for (unsigned int i = 0; i < number; i++) {
		uint16_t slot = all->posted & ((1 << TAGS_LOG_SRQ) - 1);
		__be16 *entry = guest_ptr(all->guest, all->ring + ((uint64_t)slot << LOG_STRIDE));
		struct mlx5_wqe_data_seg *data = (void *)((uint8_t *)entry + 16);

		entry[1] = cpu_to_be16(slot + 1);
		data->byte_count = cpu_to_be32(TAGS_SIZE);
		data->lkey = cpu_to_be32(all->key);
		data->addr = cpu_to_be64(all->waiting);
		all->posted++;
	}
	*(__be32 *)guest_ptr(all->guest, all->dbr) = cpu_to_be32(all->posted);
}

void tags_change(struct tags *all, uint8_t operation, uint8_t flags, uint16_t index, uint16_t count,
		 uint64_t tag, uint32_t len)
{
	struct wqe_tag_seg *seg;
	struct guest_wqe wqe;

	guest_wqe(&wqe, WQE_OPCODE_TAG_MATCHING, 0, 0);
	seg = (void *)(wqe.bytes + wqe.len);
	*seg = (struct wqe_tag_seg){
		.operation = operation << 4,
		.flags = flags,
		.index = cpu_to_be16(index),
		.sw_count = cpu_to_be16(count),
		.tag = cpu_to_be64(tag),
		.mask = cpu_to_be64(TAGS_MASK),
	};
	wqe.len += sizeof(*seg);
	if (operation == WQE_TAG_APPEND)
		guest_wqe_data(&wqe, all->to, len ? all->key : 0x100, len);
	guest_post(all->guest, &all->command, &wqe, false);
	guest_run(all->guest);
}
