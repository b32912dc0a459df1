// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest_wqe.h"

#include <string.h>

#define SQ_DOORBELL	0x800	/* in a UAR */

static void *guest_wqe_add(struct guest_wqe *wqe, size_t len)
{
	void *segment = wqe->bytes + wqe->len;

	wqe->len += (len + 15) & ~(size_t)15;
	assert_true(wqe->len <= sizeof(wqe->bytes));
	return segment;
}

void guest_wqe(struct guest_wqe *wqe, uint8_t opcode, uint8_t fm_ce_se, uint32_t imm)
{
	struct mlx5_wqe_ctrl_seg *ctrl;

	memset(wqe, 0, sizeof(*wqe));
	ctrl = guest_wqe_add(wqe, sizeof(*ctrl));
	ctrl->opmod_idx_opcode = cpu_to_be32(opcode);
	ctrl->fm_ce_se = fm_ce_se;
	ctrl->imm = cpu_to_be32(imm);
}

void guest_wqe_raddr(struct guest_wqe *wqe, uint64_t address, uint32_t key)
{
	struct mlx5_wqe_raddr_seg *raddr = guest_wqe_add(wqe, sizeof(*raddr));

	raddr->raddr = cpu_to_be64(address);
	raddr->rkey = cpu_to_be32(key);
}

void guest_wqe_atomic(struct guest_wqe *wqe, uint64_t swap_add, uint64_t compare)
{
	struct mlx5_wqe_atomic_seg *atomic = guest_wqe_add(wqe, sizeof(*atomic));

	atomic->swap_add = cpu_to_be64(swap_add);
	atomic->compare = cpu_to_be64(compare);
}

void guest_wqe_data(struct guest_wqe *wqe, uint64_t address, uint32_t key, uint32_t len)
{
	struct mlx5_wqe_data_seg *data = guest_wqe_add(wqe, sizeof(*data));

	data->addr = cpu_to_be64(address);
	data->lkey = cpu_to_be32(key);
	data->byte_count = cpu_to_be32(len);
}

void guest_wqe_inline(struct guest_wqe *wqe, const void *data, uint32_t len)
{
	__be32 *header = guest_wqe_add(wqe, sizeof(*header) + len);

	*header = cpu_to_be32(1u << 31 | len);
	memcpy(header + 1, data, len);
}

void guest_post(struct guest *guest, struct guest_qp *qp, const struct guest_wqe *wqe, bool quiet)
{
	struct mlx5_wqe_ctrl_seg *ctrl = (void *)wqe->bytes;
	__be32 *record = guest_ptr(guest, qp->dbr);
	uint8_t *ring = guest_ptr(guest, qp->buf + GUEST_RQ_BYTES);

	ctrl->opmod_idx_opcode |= cpu_to_be32((uint32_t)qp->sq_posted << 8);
	ctrl->qpn_ds = cpu_to_be32(qp->qpn << 8 | wqe->len / 16);
	for (size_t at = 0; at < wqe->len; at += 64) {
		size_t piece = wqe->len - at < 64 ? wqe->len - at : 64;

		memcpy(ring + (qp->sq_posted++ & ((1 << GUEST_LOG_SQ) - 1)) * 64, wqe->bytes + at,
		       piece);
	}
	record[MLX5_SND_DBR] = cpu_to_be32(qp->sq_posted);
	if (!quiet)
		guest_ring(guest, qp);
}

void guest_ring(struct guest *guest, const struct guest_qp *qp)
{
	guest_doorbell(guest, guest->uar, SQ_DOORBELL, 0, qp->qpn << 8);
}

void guest_post_recv(struct guest *guest, struct guest_qp *qp, uint64_t address, uint32_t key,
		     uint32_t len)
{
	__be32 *record = guest_ptr(guest, qp->dbr);
	uint64_t slot = qp->rq_posted & ((1 << GUEST_LOG_RQ) - 1);
	struct mlx5_wqe_data_seg *data = guest_ptr(guest, qp->buf + (slot << GUEST_LOG_RQ_STRIDE));

	data[0] = (struct mlx5_wqe_data_seg){
		.byte_count = cpu_to_be32(len),
		.lkey = cpu_to_be32(key),
		.addr = cpu_to_be64(address),
	};
	data[1] = (struct mlx5_wqe_data_seg){ .lkey = cpu_to_be32(0x100) };
	record[MLX5_RCV_DBR] = cpu_to_be32(++qp->rq_posted);
}
