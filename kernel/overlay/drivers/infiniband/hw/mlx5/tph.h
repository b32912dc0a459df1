/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef _MLX5_IB_TPH_H
#define _MLX5_IB_TPH_H

#include <linux/types.h>

struct ib_dmah;
struct ib_mr;
struct ib_udata;
struct ib_umem_dmabuf;
struct mlx5_ib_dev;
struct mlx5_ib_mr;
struct mlx5_ib_tph_mr_info;
struct sk_buff;
struct uapi_definition;
struct uverbs_attr_bundle;

/**
 * struct mlx5_ib_mr_tph - TLP Processing Hints that an MR imported from the exporter of its dma-buf
 * @imported: the mkey was made with the hints below
 * @extended: the namespace they were asked for in: 16-bit tags
 * @has_index: @st_index is referenced and has to be given back
 * @require: no pages rather than no hints
 * @st_index: index of the steering tag in the device's table, as in the mkey
 * @ph: processing hint, as in the mkey
 * @state: enum mlx5_ib_tph_state at the last try to map pages; changes under the reservation lock
 * @mapped: the pages were mapped once, the registration's first question is over; under the lock
 * @asked: the exporter confirmed the hints for the mapping that is being made; under the lock
 * @revalidations: how often it did so for a mapping after the first one
 */
struct mlx5_ib_mr_tph {
	u8 imported : 1;
	u8 extended : 1;
	u8 has_index : 1;
	u8 require : 1;
	u8 state;
	bool mapped;
	bool asked;
	u8 ph;
	u16 st_index;
	u32 revalidations;
};

/**
 * struct mlx5_ib_tph_req - what a registration asks for, and has got so far
 * @tph_namespace: enum ib_uverbs_tph_namespace
 * @require: fail rather than go without hints
 * @restarts: how often the exporter's answer had changed before the pages were mapped
 * @tph: imported hints, until an MR takes them over
 */
struct mlx5_ib_tph_req {
	u32 tph_namespace;
	bool require;
	unsigned int restarts;
	struct mlx5_ib_mr_tph tph;
};

int mlx5_ib_tph_parse(struct mlx5_ib_tph_req *req, const struct uverbs_attr_bundle *attrs,
		      const struct ib_dmah *dmah);
bool mlx5_ib_tph_asked_for(struct ib_udata *udata);
int mlx5_ib_tph_import(struct mlx5_ib_dev *dev, struct ib_umem_dmabuf *umem_dmabuf,
		       struct mlx5_ib_tph_req *req, u16 *st_index, u8 *ph);
void mlx5_ib_tph_cancel(struct mlx5_ib_dev *dev, struct mlx5_ib_tph_req *req);
void mlx5_ib_tph_assign(struct mlx5_ib_mr *mr, struct mlx5_ib_tph_req *req);
bool mlx5_ib_tph_restart(struct mlx5_ib_tph_req *req, struct ib_mr **mr);
int mlx5_ib_tph_map_pages(struct mlx5_ib_mr *mr);
void mlx5_ib_tph_mapped(struct mlx5_ib_mr *mr, int err);
void mlx5_ib_tph_release(struct mlx5_ib_mr *mr);
int mlx5_ib_tph_fill_res(struct sk_buff *msg, struct mlx5_ib_mr *mr);

#if IS_ENABLED(CONFIG_KUNIT)
bool mlx5_ib_tph_of_mkey(struct mlx5_ib_mr *mr, struct mlx5_ib_tph_mr_info *info);
#endif

extern const struct uapi_definition mlx5_ib_tph_defs[];

#endif
