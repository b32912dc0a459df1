// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/receive.h"

#include <errno.h>
#include <stddef.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/command/nic.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/srq.h"

static size_t own_bytes(const struct qp *qp)
{
	size_t stride = (size_t)1 << qp->rq.log_stride;

	return stride < WQE_RECV_MAX ? stride : WQE_RECV_MAX;
}

bool receive_posted(const struct qp *qp)
{
	uint16_t posted;

	return qp->rq.present && !qp_record((struct qp *)qp, MLX5_RCV_DBR, &posted) &&
	       posted != qp->rq.next;
}

static int receive_parse(struct receive *receive, const struct qp *qp, size_t size)
{
	struct recv_wqe *wqe = &receive->wqe;

	if (wqe_parse_recv(wqe, size, 0) ||
	    !signature_lengths(qp->nic, wqe->data, wqe->num_data, &wqe->len))
		return -EFAULT;
	return 0;
}

static int take_own(struct receive *receive, struct qp *qp)
{
	uint16_t slot = qp->rq.next & ((1u << qp->rq.log_size) - 1);
	size_t size = own_bytes(qp);

	if (!receive_posted(qp))
		return -EAGAIN;
	receive->index = qp->rq.next;
	if (cx_buf_read(qp->nic, &qp->buf, qp->rq.offset + ((uint64_t)slot << qp->rq.log_stride),
			receive->wqe.copy, size))
		return -EFAULT;
	return receive_parse(receive, qp, size);
}

static int take_shared(struct receive *receive, struct qp *qp, struct srq *srq)
{
	uint64_t offset;
	uint32_t bytes;
	int err;

	err = srq_take(qp->nic, srq, &receive->index, &offset, &bytes);
	if (err)
		return err;
	if (bytes > WQE_RECV_MAX)
		bytes = WQE_RECV_MAX;
	if (cx_buf_read(qp->nic, &srq->buf, offset, receive->wqe.copy, bytes))
		return -EFAULT;
	return receive_parse(receive, qp, bytes);
}

int receive_take(struct receive *receive, struct qp *qp, struct srq *srq)
{
	int err = srq ? take_shared(receive, qp, srq) : take_own(receive, qp);

	receive->taken = err != -EAGAIN;
	receive->srq = srq;
	return err;
}

void receive_done(struct receive *receive, struct qp *qp)
{
	if (!receive->srq)
		qp->rq.next++;
	receive->taken = false;
}
