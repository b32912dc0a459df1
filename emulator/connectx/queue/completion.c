// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/completion.h"

#include <string.h>

#include <linux/mlx5/device.h>

#include "connectx/command/nic.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/sg.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/srq.h"
#include "util/macros.h"

#define CQE_SOLICITED		(1 << 1)	/* in op_own */
#define CQE_SL_SHIFT		24		/* in flags_rqpn, as the next */
#define CQE_GRH_IN_BUFFER	(1u << 28)
#define CQE_APP_TAG_MATCHING	1
#define VENDOR_FLUSHED		0xf9
#define USER_INDEX_NONE		0xffffff	/* what the kernel's own queues have */

/* A QP that has lost a completion goes to error for good: vol. 1, 11.6.3.2. */
static void completion_post(struct qp *qp, struct cq *cq, struct mlx5_cqe64 *cqe, bool solicited)
{
	if (cq && cq_post(qp->nic, cq, cqe, solicited))
		return;
	if (cq && cq->error == CQ_OVERRUN)
		Q_COUNT(qp->counter, cq_overflow);
	/* losses while the QP is flushed are not reported */
	if (qp->state != MLX5_QP_STATE_ERR)
		qp_event(qp, MLX5_EVENT_TYPE_WQ_CATAS_ERROR);
	qp_error(qp);
}

void completion_send(struct qp *qp, uint16_t index, uint8_t opcode, uint32_t bytes)
{
	struct mlx5_cqe64 cqe = {
		.srqn = cpu_to_be32(qp->user_index),
		.byte_cnt = cpu_to_be32(bytes),
		.sop_drop_qpn = cpu_to_be32((uint32_t)opcode << 24 | qp->qpn),
		.wqe_counter = cpu_to_be16(index),
		.op_own = CQE_REQ << CQE_OPCODE_SHIFT,
	};

	completion_post(qp, qp->send_cq, &cqe, false);
}

static void completion_error(struct qp *qp, struct cq *cq, struct mlx5_err_cqe *err,
			     uint8_t cqe_opcode)
{
	_Static_assert(sizeof(*err) == sizeof(struct mlx5_cqe64), "one size of CQE");
	err->op_own = cqe_opcode << CQE_OPCODE_SHIFT;
	completion_post(qp, cq, (struct mlx5_cqe64 *)err, true);
}

/*
 * The vendor syndrome, which firmware adds to the syndrome and people search for. No manual lists
 * the values. These are the ones on which public logs of ConnectX devices agree; all others are 0
 * here.
 */
static uint8_t vendor_syndrome(uint8_t syndrome)
{
	static const uint8_t send[] = {
		[CQE_LOCAL_PROT] = 0x51,       [CQE_WR_FLUSH] = VENDOR_FLUSHED,
		[CQE_REMOTE_INVAL_REQ] = 0x8a, [CQE_REMOTE_ACCESS] = 0x88,
		[CQE_REMOTE_OP] = 0x89,        [CQE_RETRY_EXC] = 0x81,
	};

	return syndrome < ARRAY_SIZE(send) ? send[syndrome] : 0;
}

void completion_send_error(struct qp *qp, uint16_t index, uint8_t opcode, uint8_t syndrome)
{
	struct mlx5_err_cqe err = {
		.srqn = cpu_to_be32(qp->user_index),
		.vendor_err_synd = vendor_syndrome(syndrome),
		.syndrome = syndrome,
		.s_wqe_opcode_qpn = cpu_to_be32((uint32_t)opcode << 24 | qp->qpn),
		.wqe_counter = cpu_to_be16(index),
	};

	q_counter_send_error(qp->counter, syndrome);
	completion_error(qp, qp->send_cq, &err, CQE_REQ_ERR);
}

static void completion_signature(struct qp *qp, struct cq *cq, uint32_t key,
				 const struct signature_error *error)
{
	struct mlx5_sig_err_cqe cqe = {
		.expected_trans_sig = cpu_to_be32(error->expected >> 32),
		.actual_trans_sig = cpu_to_be32(error->actual >> 32),
		.expected_reftag = cpu_to_be32(error->expected),
		.actual_reftag = cpu_to_be32(error->actual),
		.syndrome = cpu_to_be16(error->syndrome),
		/* which kind of signature (0: of a block), and which domain */
		.rsvd22 = { 0, error->memory },
		.mkey = cpu_to_be32(key),
		.err_offset = cpu_to_be64(error->offset),
		.qpn = cpu_to_be32(qp->qpn),
		.op_own = CQE_SIG_ERR << CQE_OPCODE_SHIFT,
	};

	_Static_assert(sizeof(cqe) == sizeof(struct mlx5_cqe64), "one size of CQE");
	completion_post(qp, cq, (struct mlx5_cqe64 *)&cqe, true);
}

bool completion_signatures(struct qp *qp, struct cq *cq, const struct sg *sg)
{
	bool any = false;

	if (!sg->nic->memory->mkeys.signatures)
		return false;
	for (unsigned int i = 0; i < sg->num; i++) {
		struct mkey *mkey = sg->data[i].bytes ? NULL :
							signature_find(&sg->nic->memory->mkeys,
								       sg->data[i].lkey);

		if (!mkey || !mkey->signature->untold)
			continue;
		mkey->signature->untold = false;
		completion_signature(qp, cq, mkey->key, &mkey->signature->error);
		any = true;
	}
	return any;
}

/*
 * XRC SRQs have a CQ of their own, and their number is in the CQE. Other SRQs complete to the CQ of
 * the QP.
 */
static struct cq *recv_cq(const struct qp *qp, const struct srq *srq)
{
	return srq && srq->cq ? srq->cq : qp->recv_cq;
}

static uint32_t recv_number(const struct qp *qp, const struct srq *srq)
{
	if (!srq || !srq->cq)
		return qp->user_index;
	return srq->user_index != USER_INDEX_NONE ? srq->user_index : srq->srqn;
}

/* Fields that libmlx5 calls app, app_op and app_info; the kernel's structure does not name them. */
static void completion_put_tag(struct mlx5_cqe64 *cqe, const struct completion_recv *recv)
{
	cqe->rsvd40[0] = CQE_APP_TAG_MATCHING;
	cqe->rsvd40[1] = recv->tag_operation;
	cqe->rsvd40[2] = recv->tag_index >> 8;
	cqe->rsvd40[3] = recv->tag_index;
	if (recv->head)
		memcpy(cqe, recv->head, CQE_HEAD);
}

void completion_recv(struct qp *qp, const struct completion_recv *recv)
{
	struct mlx5_cqe64 cqe = {
		.slid = cpu_to_be16(recv->source_lid),
		.flags_rqpn = cpu_to_be32(recv->source_qpn | (uint32_t)recv->sl << CQE_SL_SHIFT |
					  (recv->grh ? CQE_GRH_IN_BUFFER : 0)),
		.srqn = cpu_to_be32(recv_number(qp, recv->srq)),
		.immediate = recv->imm,
		.byte_cnt = cpu_to_be32(recv->bytes),
		.sop_drop_qpn = cpu_to_be32(qp->qpn),
		.wqe_counter = cpu_to_be16(recv->index),
		.op_own = recv->opcode << CQE_OPCODE_SHIFT | (recv->solicited ? CQE_SOLICITED : 0),
	};

	if (recv->tag_operation)
		completion_put_tag(&cqe, recv);
	completion_post(qp, recv_cq(qp, recv->srq), &cqe, recv->solicited);
}

void completion_recv_error(struct qp *qp, uint16_t index, const struct srq *srq, uint8_t syndrome)
{
	struct mlx5_err_cqe err = {
		.srqn = cpu_to_be32(recv_number(qp, srq)),
		.vendor_err_synd = syndrome == CQE_WR_FLUSH ? VENDOR_FLUSHED : 0,
		.syndrome = syndrome,
		.s_wqe_opcode_qpn = cpu_to_be32(qp->qpn),
		.wqe_counter = cpu_to_be16(index),
	};

	q_counter_recv_error(qp->counter, syndrome);
	completion_error(qp, recv_cq(qp, srq), &err, CQE_RESP_ERR);
}
