/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Completions of send and receive queues: struct mlx5_cqe64 and struct mlx5_err_cqe, built and
 * posted. A queue whose completion is lost goes to error with its QP.
 */
#ifndef CONNECTX_COMPLETION_H
#define CONNECTX_COMPLETION_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/types.h>

struct cq;
struct qp;
struct sg;
struct srq;

/*
 * Fields of CQEs: enums of <linux/mlx5/cq.h>, which cannot be included, as it needs too much of the
 * driver. unit/connectx_queue_completion compares them with libmlx5.
 */
enum cqe_opcode {
	CQE_REQ = 0,
	CQE_RESP_WR_IMM = 1,
	CQE_RESP_SEND = 2,
	CQE_RESP_SEND_IMM = 3,
	CQE_RESP_SEND_INV = 4,
	CQE_NO_PACKET = 6, /* completion of tag matching for which no message was received */
	CQE_SIG_ERR = 12,
	CQE_REQ_ERR = 13,
	CQE_RESP_ERR = 14,
};

enum cqe_syndrome {
	CQE_LOCAL_LENGTH = 0x01,
	CQE_LOCAL_QP_OP = 0x02,
	CQE_LOCAL_PROT = 0x04,
	CQE_WR_FLUSH = 0x05,
	CQE_MW_BIND = 0x06,
	CQE_BAD_RESP = 0x10,
	CQE_LOCAL_ACCESS = 0x11,
	CQE_REMOTE_INVAL_REQ = 0x12,
	CQE_REMOTE_ACCESS = 0x13,
	CQE_REMOTE_OP = 0x14,
	CQE_RETRY_EXC = 0x15,
	CQE_RNR_RETRY_EXC = 0x16,
};

#define CQE_OPCODE_SHIFT	4	/* in op_own */

/*
 * What a completion of tag matching reports, about a message or a change of the list. The numbers
 * are private to libmlx5 (MLX5_CQE_APP_OP_TM_* in its cq.c). A message that matched is reported by
 * CONSUMED when it arrives, and by EXPECTED when its data are in the buffer; one completion with
 * MSG reports both. With SW, the program has to fetch the data itself.
 */
enum cqe_tag_operation {
	CQE_TAG_CONSUMED = 0x1,
	CQE_TAG_EXPECTED = 0x2,
	CQE_TAG_UNEXPECTED = 0x3,
	CQE_TAG_NO_TAG = 0x4,
	CQE_TAG_APPEND = 0x5,
	CQE_TAG_REMOVE = 0x6,
	CQE_TAG_NOOP = 0x7,
	CQE_TAG_CONSUMED_MSG = 0xa,
	CQE_TAG_CONSUMED_MSG_SW = 0xb,
	CQE_TAG_CANCELED = 0xc,
};

#define CQE_HEAD	16	/* bytes at the start of a CQE that tag matching uses */

/* The same bytes for a change of the list: struct mlx5_tm_cqe of rdma-core. */
struct cqe_tag_change {
	__be32 success;
	__be16 hw_count; /* unexpected messages that the device has counted */
	uint8_t rsvd[10];
};
#define CQE_TAG_SUCCESS	(1u << 31)

/**
 * completion_send() - a send WQE is done.
 * @index: of the WQE, as the send queue counts basic blocks
 * @opcode: MLX5_OPCODE_* of the WQE
 * @bytes: that were received (reads, atomics), else 0
 */
void completion_send(struct qp *qp, uint16_t index, uint8_t opcode, uint32_t bytes);

/** completion_send_error() - the same, in error. @syndrome: enum cqe_syndrome */
void completion_send_error(struct qp *qp, uint16_t index, uint8_t opcode, uint8_t syndrome);

/**
 * completion_signatures() - tell @cq, one of @qp, which keys in the list of @sg had data with a bad
 * signature.
 *
 * Return: whether any had.
 */
bool completion_signatures(struct qp *qp, struct cq *cq, const struct sg *sg);

/* A message that has been received. */
struct completion_recv {
	uint8_t opcode; /* CQE_RESP_* or CQE_NO_PACKET */
	bool solicited;
	uint16_t index;        /* of the WQE in its queue */
	const struct srq *srq; /* where the WQE came from; NULL: the QP's own queue */
	uint32_t bytes;
	uint32_t imm; /* as it is on the wire */
	uint32_t source_qpn;
	uint16_t source_lid;
	uint8_t sl;
	bool grh;

	uint8_t tag_operation; /* enum cqe_tag_operation; 0: none, and nothing of what follows */
	uint16_t tag_index;    /* of the entry in the list of tags */
	const void *head;      /* CQE_HEAD bytes, or NULL: zero */
};

/** completion_recv() - a receive WQE is done. */
void completion_recv(struct qp *qp, const struct completion_recv *recv);

/** completion_recv_error() - the same, in error. @srq: as in struct completion_recv */
void completion_recv_error(struct qp *qp, uint16_t index, const struct srq *srq, uint8_t syndrome);

#endif
