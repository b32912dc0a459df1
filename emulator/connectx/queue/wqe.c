// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/wqe.h"

#include <errno.h>
#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#define WQE_INLINE		(1u << 31)	/* in byte_count: the bytes follow */
#define WQE_INLINE_HEADER	4
#define WQE_END_OF_LIST		0x100		/* as lkey: no more receive buffers */
#define WQE_AV_EXTENDED		(1u << 31)	/* in dqp_dct: all 48 bytes are there */
#define WQE_AV_GRH		(1u << 30)	/* in grh_gid_fl */
#define WQE_MAX_LEN		(1ull << 31)

/* Walks the segments of a WQE; the position never passes the end. */
struct wqe_reader {
	const uint8_t *base;
	size_t at, end;
};

static const void *wqe_take(struct wqe_reader *reader, size_t size)
{
	const void *segment = reader->base + reader->at;

	if (size > reader->end - reader->at)
		return NULL;
	reader->at += size;
	return segment;
}

size_t wqe_send_size(const void *first)
{
	const struct mlx5_wqe_ctrl_seg *ctrl = first;

	return (size_t)(be32_to_cpu(ctrl->qpn_ds) & MLX5_WQE_CTRL_DS_MASK) * WQE_SEGMENT;
}

static int wqe_parse_av(struct wqe_reader *reader, struct wqe_av *result)
{
	const struct mlx5_base_av *base = (const void *)(reader->base + reader->at);
	const struct mlx5_av *av;

	if (reader->end - reader->at < sizeof(*base))
		return -EINVAL;
	*result = (struct wqe_av){
		.qkey = be32_to_cpu(base->key.qkey.qkey),
		.dc_key = be64_to_cpu(base->key.dc_key),
		.qpn = be32_to_cpu(base->dqp_dct) & 0xffffff,
		.lid = be16_to_cpu(base->rlid),
		.sl = base->stat_rate_sl & 0xf,
	};
	if (!(be32_to_cpu(base->dqp_dct) & WQE_AV_EXTENDED))
		return wqe_take(reader, sizeof(*base)) ? 0 : -EINVAL;
	av = wqe_take(reader, sizeof(*av));
	if (!av)
		return -EINVAL;
	result->grh = be32_to_cpu(av->grh_gid_fl) & WQE_AV_GRH;
	memcpy(result->gid, av->rgid, sizeof(result->gid));
	return 0;
}

static int wqe_parse_transport(struct wqe_reader *reader, struct send_wqe *wqe,
			       enum wqe_transport transport)
{
	const struct mlx5_wqe_xrc_seg *xrc;

	switch (transport) {
	case WQE_CONNECTED:
		return 0;
	case WQE_ADDRESSED:
		return wqe_parse_av(reader, &wqe->av);
	case WQE_XRC:
		xrc = wqe_take(reader, sizeof(*xrc));
		if (!xrc)
			return -EINVAL;
		wqe->xrc_srqn = be32_to_cpu(xrc->xrc_srqn) & 0xffffff;
		return 0;
	}
	return -EINVAL;
}

static int wqe_parse_raddr(struct wqe_reader *reader, struct send_wqe *wqe)
{
	const struct mlx5_wqe_raddr_seg *raddr = wqe_take(reader, sizeof(*raddr));

	if (!raddr)
		return -EINVAL;
	wqe->raddr = be64_to_cpu(raddr->raddr);
	wqe->rkey = be32_to_cpu(raddr->rkey);
	return 0;
}

static int wqe_parse_atomic(struct wqe_reader *reader, struct send_wqe *wqe)
{
	const struct mlx5_wqe_atomic_seg *atomic;
	int err = wqe_parse_raddr(reader, wqe);

	if (err)
		return err;
	atomic = wqe_take(reader, sizeof(*atomic));
	if (!atomic)
		return -EINVAL;
	wqe->swap_add = be64_to_cpu(atomic->swap_add);
	wqe->compare = be64_to_cpu(atomic->compare);
	return 0;
}

static int wqe_parse_umr(struct wqe_reader *reader, struct send_wqe *wqe)
{
	const struct mlx5_wqe_umr_ctrl_seg *ctrl;

	wqe->umr_ctrl = reader->at;
	ctrl = wqe_take(reader, sizeof(*ctrl));
	wqe->umr_mkey = reader->at;
	if (!ctrl || !wqe_take(reader, sizeof(struct mlx5_mkey_seg)))
		return -EINVAL;
	if (!(ctrl->flags & MLX5_UMR_INLINE))
		return 0;
	/* the rest are translations and no data segments */
	wqe->umr_xlt = reader->at;
	wqe->xlt_len = reader->end - reader->at;
	reader->at = reader->end;
	return 0;
}

static int wqe_parse_psv(struct wqe_reader *reader, struct send_wqe *wqe)
{
	const struct mlx5_seg_set_psv *seg = wqe_take(reader, sizeof(*seg));

	if (!seg)
		return -EINVAL;
	wqe->psv_index = be32_to_cpu(seg->psv_num) & 0xffffff;
	wqe->psv_seed = (uint64_t)be32_to_cpu(seg->transient_sig) << 32 | be32_to_cpu(seg->ref_tag);
	reader->at = reader->end;
	return 0;
}

static int wqe_parse_tag(struct wqe_reader *reader, struct send_wqe *wqe)
{
	const struct wqe_tag_seg *seg = wqe_take(reader, sizeof(*seg));
	const struct mlx5_wqe_data_seg *buffer;

	if (!seg)
		return -EINVAL;
	wqe->tag = (struct wqe_tag){
		.operation = seg->operation >> 4,
		.completion = seg->flags & WQE_TAG_COMPLETION,
		.sync = seg->flags & WQE_TAG_SYNC,
		.index = be16_to_cpu(seg->index),
		.sw_count = be16_to_cpu(seg->sw_count),
		.tag = be64_to_cpu(seg->tag),
		.mask = be64_to_cpu(seg->mask),
	};
	buffer = wqe_take(reader, sizeof(*buffer));
	reader->at = reader->end;
	if (wqe->tag.operation != WQE_TAG_APPEND)
		return 0;
	if (!buffer)
		return -EINVAL;
	/* the buffer is written like a receive buffer: there may be none */
	if (be32_to_cpu(buffer->lkey) != WQE_END_OF_LIST && be32_to_cpu(buffer->byte_count))
		wqe->data[wqe->num_data++] = (struct wqe_data){
			.address = be64_to_cpu(buffer->addr),
			.lkey = be32_to_cpu(buffer->lkey),
			.len = be32_to_cpu(buffer->byte_count) & ~WQE_INLINE,
		};
	return 0;
}

static int wqe_parse_opcode(struct wqe_reader *reader, struct send_wqe *wqe)
{
	switch (wqe->opcode) {
	case MLX5_OPCODE_NOP:
		reader->at = reader->end;
		return 0;
	case MLX5_OPCODE_SEND:
	case MLX5_OPCODE_SEND_IMM:
	case MLX5_OPCODE_SEND_INVAL:
		return 0;
	case MLX5_OPCODE_RDMA_WRITE:
	case MLX5_OPCODE_RDMA_WRITE_IMM:
	case MLX5_OPCODE_RDMA_READ:
		return wqe_parse_raddr(reader, wqe);
	case MLX5_OPCODE_ATOMIC_CS:
	case MLX5_OPCODE_ATOMIC_FA:
		return wqe_parse_atomic(reader, wqe);
	case MLX5_OPCODE_UMR:
		return wqe_parse_umr(reader, wqe);
	case MLX5_OPCODE_SET_PSV:
		return wqe_parse_psv(reader, wqe);
	case WQE_OPCODE_TAG_MATCHING:
		return wqe_parse_tag(reader, wqe);
	default:
		return -EOPNOTSUPP;
	}
}

static int wqe_parse_inline(struct wqe_reader *reader, uint32_t len, struct wqe_data *data)
{
	size_t size = WQE_INLINE_HEADER + (size_t)len;

	data->bytes = reader->base + reader->at + WQE_INLINE_HEADER;
	data->len = len;
	/* the last segment is padded, and the padding is part of the WQE */
	return wqe_take(reader, (size + WQE_SEGMENT - 1) & ~(size_t)(WQE_SEGMENT - 1)) ? 0 :
											 -EINVAL;
}

static int wqe_parse_data(struct wqe_reader *reader, struct send_wqe *wqe)
{
	uint64_t total = 0;

	while (reader->at < reader->end) {
		const struct mlx5_wqe_data_seg *seg = (const void *)(reader->base + reader->at);
		uint32_t count = be32_to_cpu(seg->byte_count);
		struct wqe_data *data = &wqe->data[wqe->num_data++];

		if (count & WQE_INLINE) {
			int err = wqe_parse_inline(reader, count & ~WQE_INLINE, data);

			if (err)
				return err;
		} else {
			reader->at += sizeof(*seg);
			data->bytes = NULL;
			data->len = count ? count : WQE_LENGTH_ZERO;
			data->lkey = be32_to_cpu(seg->lkey);
			data->address = be64_to_cpu(seg->addr);
		}
		total += data->len;
		/* ignore an empty inline segment: lists have no entries of length 0 */
		if (!data->len)
			wqe->num_data--;
	}
	if (total > WQE_MAX_LEN)
		return -EINVAL;
	wqe->len = total;
	return 0;
}

int wqe_parse_send(struct send_wqe *wqe, size_t size, enum wqe_transport transport)
{
	const struct mlx5_wqe_ctrl_seg *ctrl = (const void *)wqe->copy;
	struct wqe_reader reader = { .base = wqe->copy, .at = sizeof(*ctrl), .end = size };
	int err;

	wqe->opcode = be32_to_cpu(ctrl->opmod_idx_opcode) & MLX5_WQE_CTRL_OPCODE_MASK;
	wqe->blocks = (size + WQE_BASIC_BLOCK - 1) / WQE_BASIC_BLOCK;
	wqe->completion = ctrl->fm_ce_se & MLX5_WQE_CTRL_CQ_UPDATE;
	wqe->solicited = ctrl->fm_ce_se & MLX5_WQE_CTRL_SOLICITED;
	wqe->stream = ctrl->rsvd[0] << 8 | ctrl->rsvd[1];
	wqe->imm = ctrl->imm;
	wqe->xlt_len = 0;
	wqe->num_data = 0;
	wqe->len = 0;

	/* a local operation has no address, whatever the queue's transport */
	if (wqe->opcode != MLX5_OPCODE_UMR && wqe->opcode != MLX5_OPCODE_NOP &&
	    wqe->opcode != MLX5_OPCODE_SET_PSV) {
		err = wqe_parse_transport(&reader, wqe, transport);
		if (err)
			return err;
	}
	err = wqe_parse_opcode(&reader, wqe);
	return err ? err : wqe_parse_data(&reader, wqe);
}

int wqe_parse_recv(struct recv_wqe *wqe, size_t size, size_t start)
{
	uint64_t total = 0;

	wqe->num_data = 0;
	for (size_t at = start; at + WQE_SEGMENT <= size; at += WQE_SEGMENT) {
		const struct mlx5_wqe_data_seg *seg = (const void *)(wqe->copy + at);
		uint32_t count = be32_to_cpu(seg->byte_count) & ~WQE_INLINE;
		uint32_t lkey = be32_to_cpu(seg->lkey);

		if (lkey == WQE_END_OF_LIST)
			break;
		wqe->data[wqe->num_data++] = (struct wqe_data){
			.address = be64_to_cpu(seg->addr),
			.lkey = lkey,
			.len = count ? count : WQE_LENGTH_ZERO,
		};
		total += wqe->data[wqe->num_data - 1].len;
	}
	if (total > WQE_MAX_LEN)
		return -EINVAL;
	wqe->len = total;
	return 0;
}
