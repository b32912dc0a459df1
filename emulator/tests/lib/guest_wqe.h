/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Work queue entries: put together segment by segment, and posted. */
#ifndef TESTS_CONNECTX_GUEST_WQE_H
#define TESTS_CONNECTX_GUEST_WQE_H

#include "guest_queue.h"

struct guest_wqe {
	uint8_t bytes[1024];
	size_t len;
};

#define GUEST_SIGNALED	MLX5_WQE_CTRL_CQ_UPDATE

void guest_wqe(struct guest_wqe *wqe, uint8_t opcode, uint8_t fm_ce_se, uint32_t imm);
void guest_wqe_raddr(struct guest_wqe *wqe, uint64_t address, uint32_t key);
void guest_wqe_atomic(struct guest_wqe *wqe, uint64_t swap_add, uint64_t compare);
void guest_wqe_data(struct guest_wqe *wqe, uint64_t address, uint32_t key, uint32_t len);
void guest_wqe_inline(struct guest_wqe *wqe, const void *data, uint32_t len);
/* Into the ring and the doorbell record; rings unless @quiet. */
void guest_post(struct guest *guest, struct guest_qp *qp, const struct guest_wqe *wqe, bool quiet);
void guest_ring(struct guest *guest, const struct guest_qp *qp);
void guest_post_recv(struct guest *guest, struct guest_qp *qp, uint64_t address, uint32_t key,
		     uint32_t len);

#endif
