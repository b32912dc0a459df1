/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Event and completion queues with their entries, and queue pairs. */
#ifndef TESTS_CONNECTX_GUEST_QUEUE_H
#define TESTS_CONNECTX_GUEST_QUEUE_H

#include <linux/mlx5/qp.h>

#include "guest.h"

#define GUEST_LOG_CQ	6
#define GUEST_LOG_RQ	3
#define GUEST_LOG_RQ_STRIDE 6
#define GUEST_LOG_SQ	3
#define GUEST_RQ_BYTES	(1u << (GUEST_LOG_RQ + GUEST_LOG_RQ_STRIDE))

/* @mask: event types; the entries, 1 << @log_size of them, are at @buf. Returns the number. */
uint32_t guest_eq(struct guest *guest, uint64_t mask, unsigned int log_size, uint64_t *buf);
/* The next event in EQ guest->eqn, or NULL when the device has none without time passing. */
const struct mlx5_eqe *guest_event(struct guest *guest);
void guest_expect_no_event(struct guest *guest);
/* The next event must be a page fault at @va of @key; returns its token. */
uint64_t guest_expect_fault(struct guest *guest, uint32_t key, uint64_t va, uint32_t pages);
/* PAGE_FAULT_RESUME */
void guest_resume(struct guest *guest, uint64_t token, bool error);

struct guest_cq {
	uint32_t cqn;
	uint64_t buf, dbr;
	unsigned int log_size;
	uint32_t consumer;
};

uint8_t guest_try_cq(struct guest *guest, struct guest_cq *cq, unsigned int log_size);
void guest_cq_sized(struct guest *guest, struct guest_cq *cq, unsigned int log_size);
/* Of GUEST_LOG_CQ */
void guest_cq(struct guest *guest, struct guest_cq *cq);

/* The next completion, or NULL when none comes within a minute. */
const struct mlx5_cqe64 *guest_poll(struct guest *guest, struct guest_cq *cq);
/* The next completion must be this one, by opcode, WQE index and syndrome (0: success). */
void guest_expect(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		  uint8_t syndrome);
/* ... and come at this time. */
void guest_expect_at(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		     uint8_t syndrome, uint64_t at_ns);
void guest_expect_nothing(struct guest *guest, struct guest_cq *cq);

struct guest_qp {
	uint32_t qpn;
	uint64_t buf, dbr;
	uint16_t rq_posted, sq_posted;
	struct guest_cq *cq;
};

struct guest_qp_attr {
	uint8_t service, rq_type; /* MLX5_QP_ST_*, enum of receive queues */
	uint32_t pd, uar, send_cqn, recv_cqn, srqn, xrcd, user_index;
	unsigned int log_sq, log_rq, log_rq_stride;
	bool no_sq;
	uint64_t buf, dbr; /* 0: allocate four pages, and one */
};

uint8_t guest_try_qp(struct guest *guest, const struct guest_qp_attr *attr, uint32_t *qpn);
/* Not yet connected. @service: MLX5_QP_ST_* */
void guest_qp(struct guest *guest, struct guest_qp *qp, struct guest_cq *cq, uint8_t service);
void guest_qp_destroy(struct guest *guest, struct guest_qp *qp);

struct guest_path {
	uint32_t remote_qpn;
	uint8_t retry_count, rnr_retry, min_rnr_nak, ack_timeout;
	uint32_t psn; /* both directions */
	uint16_t lid; /* 0: the NIC's own */
	bool no_write, no_read, no_atomic;
};

uint8_t guest_try_modify(struct guest *guest, uint32_t qpn, uint16_t opcode,
			 const struct guest_path *path);
/* RST to RTS. */
void guest_connect(struct guest *guest, const struct guest_qp *qp, const struct guest_path *path);
void guest_modify(struct guest *guest, const struct guest_qp *qp, uint16_t opcode);
/* Two QPs, connected to each other with short timeouts. */
void guest_pair(struct guest *guest, struct guest_qp pair[2], struct guest_cq cq[2]);

#endif
