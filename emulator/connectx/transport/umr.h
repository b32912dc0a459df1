/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * User-mode memory registration: work requests that change memory keys. This is how mlx5_ib
 * registers memory: pages are loaded, the key is enabled, revoked, its page size changed, all by
 * WQEs of this kind (umr.c of the driver).
 */
#ifndef CONNECTX_UMR_H
#define CONNECTX_UMR_H

#include <stdbool.h>

struct qp;
struct send_wqe;
struct sg_stop;

enum umr_result {
	UMR_OK,
	UMR_REFUSED, /* no such key, or it may not be changed like this; nothing has changed */
	UMR_STOPPED, /* the list of translations could not be read */
};

/**
 * umr_execute() - carry out the UMR in @wqe, posted to @qp.
 *
 * Once it returned UMR_OK, no later DMA goes by what the key said before.
 * @stop: filled in with UMR_STOPPED
 */
enum umr_result umr_execute(struct qp *qp, const struct send_wqe *wqe, struct sg_stop *stop);

#endif
