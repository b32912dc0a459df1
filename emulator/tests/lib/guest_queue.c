// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest_queue.h"

#include "connectx/queue/completion.h"
#include "guest_command.h"

/* give up after this: queues in error are polled forever, so there is always a timer */
#define PATIENCE_NS	60000000000ULL
#define QP_PAGES	4

uint32_t guest_eq(struct guest *guest, uint64_t mask, unsigned int log_size, uint64_t *buf)
{
	COMMAND(create_eq, CREATE_EQ, 1);
	void *eqc = MLX5_ADDR_OF(create_eq_in, in, eq_context_entry);
	__be64 *pas = MLX5_ADDR_OF(create_eq_in, in, pas);
	struct mlx5_eqe *eqe;

	*buf = guest_alloc(guest, sizeof(*eqe) << log_size);
	eqe = guest_ptr(guest, *buf);
	for (unsigned int i = 0; i < 1u << log_size; i++)
		eqe[i].owner = 1;
	MLX5_SET(eqc, eqc, log_eq_size, log_size);
	MLX5_SET(eqc, eqc, uar_page, guest->uar);
	MLX5_ARRAY_SET64(create_eq_in, in, event_bitmask, 0, mask);
	*pas = cpu_to_be64(*buf);
	guest_command(guest, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(create_eq_out, out, eq_number);
}

const struct mlx5_eqe *guest_event(struct guest *guest)
{
	const struct mlx5_eqe *eqe = guest_ptr(guest, guest->eq);

	guest_run(guest);
	eqe += guest->events & ((1 << GUEST_LOG_EQ) - 1);
	if ((eqe->owner & 1) != (guest->events >> GUEST_LOG_EQ & 1))
		return NULL;
	guest->events++;
	return eqe;
}

void guest_expect_no_event(struct guest *guest)
{
	assert_null(guest_event(guest));
}

uint64_t guest_expect_fault(struct guest *guest, uint32_t key, uint64_t va, uint32_t pages)
{
	const struct mlx5_eqe *eqe = guest_event(guest);
	const struct mlx5_eqe_page_fault *pf;

	assert_non_null(eqe);
	pf = &eqe->data.page_fault;
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_PAGE_FAULT);
	assert_int_equal(eqe->sub_type, 2);
	assert_int_equal(pf->memory.flags, 0x80);
	assert_int_equal(be32_to_cpu(pf->memory.mkey), key);
	assert_int_equal(be64_to_cpu(pf->memory.va), va);
	assert_int_equal(be32_to_cpu(pf->memory.demand_fault_pages) >> 12, pages);
	return (uint64_t)be16_to_cpu(pf->memory.token47_32) << 32 |
	       be32_to_cpu(pf->memory.token31_0);
}

void guest_resume(struct guest *guest, uint64_t token, bool error)
{
	COMMAND(page_fault_resume, PAGE_FAULT_RESUME, 0);
	void *info = MLX5_ADDR_OF(page_fault_resume_in, in, page_fault_info.mem_page_fault_info);

	MLX5_SET(mem_page_fault_info, info, error, error);
	MLX5_SET(mem_page_fault_info, info, fault_token_47_32, token >> 32);
	MLX5_SET(mem_page_fault_info, info, fault_token_31_0, token & 0xffffffff);
	guest_command(guest, in, sizeof(in), out, sizeof(out));
}

uint8_t guest_try_cq(struct guest *guest, struct guest_cq *cq, unsigned int log_size)
{
	COMMAND(create_cq, CREATE_CQ, 1);
	void *cqc = MLX5_ADDR_OF(create_cq_in, in, cq_context);
	struct mlx5_cqe64 *cqe;
	uint8_t status;

	*cq = (struct guest_cq){
		.buf = guest_alloc(guest, GUEST_PAGE),
		.dbr = guest_alloc(guest, GUEST_PAGE),
		.log_size = log_size,
	};
	cqe = guest_ptr(guest, cq->buf);
	for (unsigned int i = 0; i < 1u << log_size; i++)
		cqe[i].op_own = 0xf1;
	MLX5_SET(cqc, cqc, log_cq_size, log_size);
	MLX5_SET(cqc, cqc, uar_page, guest->uar);
	MLX5_SET(cqc, cqc, c_eqn_or_apu_element, guest->eqn);
	MLX5_SET64(cqc, cqc, dbr_addr, cq->dbr);
	*(__be64 *)MLX5_ADDR_OF(create_cq_in, in, pas) = cpu_to_be64(cq->buf);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	cq->cqn = MLX5_GET(create_cq_out, out, cqn);
	return status;
}

void guest_cq_sized(struct guest *guest, struct guest_cq *cq, unsigned int log_size)
{
	assert_int_equal(guest_try_cq(guest, cq, log_size), MLX5_CMD_STAT_OK);
}

void guest_cq(struct guest *guest, struct guest_cq *cq)
{
	guest_cq_sized(guest, cq, GUEST_LOG_CQ);
}

static const struct mlx5_cqe64 *guest_cqe(struct guest *guest, struct guest_cq *cq)
{
	const struct mlx5_cqe64 *cqe = guest_ptr(guest, cq->buf);
	__be32 *record = guest_ptr(guest, cq->dbr);

	cqe += cq->consumer & ((1 << cq->log_size) - 1);
	if (cqe->op_own >> 4 == 0xf || (cqe->op_own & 1) != (cq->consumer >> cq->log_size & 1))
		return NULL;
	*record = cpu_to_be32(++cq->consumer);
	return cqe;
}

const struct mlx5_cqe64 *guest_poll(struct guest *guest, struct guest_cq *cq)
{
	uint64_t end = guest_now_ns(guest) + PATIENCE_NS;
	const struct mlx5_cqe64 *cqe;

	while (!(cqe = guest_cqe(guest, cq)) && guest_now_ns(guest) < end)
		guest_wait(guest, end - guest_now_ns(guest));
	return cqe;
}

/*
 * The vendor syndromes of real devices. Of the errors on the receive side, only that of flushing is
 * known.
 */
static uint8_t vendor_syndrome(uint8_t opcode, uint8_t syndrome)
{
	if (syndrome == 0x05)
		return 0xf9;
	if (opcode != CQE_REQ_ERR)
		return 0;
	switch (syndrome) {
	case 0x04:
		return 0x51;
	case 0x12:
		return 0x8a;
	case 0x13:
		return 0x88;
	case 0x14:
		return 0x89;
	case 0x15:
		return 0x81;
	default:
		return 0;
	}
}

static void expect_error(const struct mlx5_err_cqe *cqe, uint8_t opcode, uint8_t syndrome)
{
	assert_int_equal(cqe->syndrome, syndrome);
	assert_int_equal(cqe->vendor_err_synd, vendor_syndrome(opcode, syndrome));
}

void guest_expect(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		  uint8_t syndrome)
{
	const struct mlx5_cqe64 *cqe = guest_poll(guest, cq);

	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, opcode);
	assert_int_equal(be16_to_cpu(cqe->wqe_counter), index);
	if (syndrome)
		expect_error((const struct mlx5_err_cqe *)cqe, opcode, syndrome);
}

void guest_expect_at(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		     uint8_t syndrome, uint64_t at_ns)
{
	guest_expect(guest, cq, opcode, index, syndrome);
	assert_int_equal(guest_now_ns(guest), at_ns);
}

void guest_expect_nothing(struct guest *guest, struct guest_cq *cq)
{
	guest_run(guest);
	assert_null(guest_cqe(guest, cq));
}

uint8_t guest_try_qp(struct guest *guest, const struct guest_qp_attr *attr, uint32_t *qpn)
{
	COMMAND(create_qp, CREATE_QP, QP_PAGES);
	uint64_t buf = attr->buf ? attr->buf : guest_alloc(guest, QP_PAGES * GUEST_PAGE);
	uint64_t dbr = attr->dbr ? attr->dbr : guest_alloc(guest, GUEST_PAGE);
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);
	__be64 *pas = MLX5_ADDR_OF(create_qp_in, in, pas);
	uint8_t status;

	MLX5_SET(qpc, qpc, st, attr->service);
	MLX5_SET(qpc, qpc, pd, attr->pd);
	MLX5_SET(qpc, qpc, uar_page, attr->uar);
	MLX5_SET(qpc, qpc, user_index, attr->user_index);
	MLX5_SET(qpc, qpc, cqn_snd, attr->send_cqn);
	MLX5_SET(qpc, qpc, cqn_rcv, attr->recv_cqn);
	MLX5_SET(qpc, qpc, rq_type, attr->rq_type);
	MLX5_SET(qpc, qpc, srqn_rmpn_xrqn, attr->srqn);
	MLX5_SET(qpc, qpc, xrcd, attr->xrcd);
	MLX5_SET(qpc, qpc, log_sq_size, attr->log_sq);
	MLX5_SET(qpc, qpc, log_rq_size, attr->log_rq);
	MLX5_SET(qpc, qpc, log_rq_stride, attr->log_rq_stride ? attr->log_rq_stride - 4 : 0);
	MLX5_SET(qpc, qpc, no_sq, attr->no_sq);
	MLX5_SET64(qpc, qpc, dbr_addr, dbr);
	for (unsigned int i = 0; i < QP_PAGES; i++)
		pas[i] = cpu_to_be64(buf + i * GUEST_PAGE);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*qpn = MLX5_GET(create_qp_out, out, qpn);
	return status;
}

void guest_qp(struct guest *guest, struct guest_qp *qp, struct guest_cq *cq, uint8_t service)
{
	const struct guest_qp_attr attr = {
		.service = service,
		.pd = guest->pd,
		.uar = guest->uar,
		.send_cqn = cq->cqn,
		.recv_cqn = cq->cqn,
		.user_index = 0xabcde,
		.log_sq = GUEST_LOG_SQ,
		.log_rq = GUEST_LOG_RQ,
		.log_rq_stride = GUEST_LOG_RQ_STRIDE,
		.buf = guest_alloc(guest, GUEST_PAGE),
		.dbr = guest_alloc(guest, GUEST_PAGE),
	};

	*qp = (struct guest_qp){ .cq = cq, .buf = attr.buf, .dbr = attr.dbr };
	assert_int_equal(guest_try_qp(guest, &attr, &qp->qpn), MLX5_CMD_STAT_OK);
}

void guest_qp_destroy(struct guest *guest, struct guest_qp *qp)
{
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_QP, qp->qpn),
			 MLX5_CMD_STAT_OK);
}

uint8_t guest_try_modify(struct guest *guest, uint32_t qpn, uint16_t opcode,
			 const struct guest_path *path)
{
	COMMAND(rst2init_qp, RST2INIT_QP, 0);
	void *qpc = MLX5_ADDR_OF(rst2init_qp_in, in, qpc);

	MLX5_SET(rst2init_qp_in, in, opcode, opcode);
	MLX5_SET(rst2init_qp_in, in, qpn, qpn);
	MLX5_SET(qpc, qpc, mtu, 3);
	MLX5_SET(qpc, qpc, log_msg_max, 30);
	MLX5_SET(qpc, qpc, rwe, !path->no_write);
	MLX5_SET(qpc, qpc, rre, !path->no_read);
	MLX5_SET(qpc, qpc, rae, !path->no_atomic);
	MLX5_SET(qpc, qpc, remote_qpn, path->remote_qpn);
	MLX5_SET(qpc, qpc, next_send_psn, path->psn);
	MLX5_SET(qpc, qpc, next_rcv_psn, path->psn);
	MLX5_SET(qpc, qpc, retry_count, path->retry_count);
	MLX5_SET(qpc, qpc, rnr_retry, path->rnr_retry);
	MLX5_SET(qpc, qpc, min_rnr_nak, path->min_rnr_nak);
	MLX5_SET(qpc, qpc, primary_address_path.vhca_port_num, 1);
	MLX5_SET(qpc, qpc, primary_address_path.ack_timeout, path->ack_timeout);
	MLX5_SET(qpc, qpc, primary_address_path.rlid, path->lid ? path->lid : guest->nic->ib->lid);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static void modify(struct guest *guest, uint32_t qpn, uint16_t opcode,
		   const struct guest_path *path)
{
	assert_int_equal(guest_try_modify(guest, qpn, opcode, path), MLX5_CMD_STAT_OK);
}

void guest_connect(struct guest *guest, const struct guest_qp *qp, const struct guest_path *path)
{
	modify(guest, qp->qpn, MLX5_CMD_OP_RST2INIT_QP, path);
	modify(guest, qp->qpn, MLX5_CMD_OP_INIT2RTR_QP, path);
	modify(guest, qp->qpn, MLX5_CMD_OP_RTR2RTS_QP, path);
}

void guest_modify(struct guest *guest, const struct guest_qp *qp, uint16_t opcode)
{
	modify(guest, qp->qpn, opcode, &(struct guest_path){ 0 });
}

void guest_pair(struct guest *guest, struct guest_qp pair[2], struct guest_cq cq[2])
{
	/* 2 ms for an answer, 10 us for a receiver that is not ready */
	struct guest_path path = {
		.retry_count = 2,
		.rnr_retry = 2,
		.min_rnr_nak = 1,
		.ack_timeout = 9,
		.psn = 0xfffffe,
	};

	for (unsigned int i = 0; i < 2; i++) {
		guest_cq(guest, &cq[i]);
		guest_qp(guest, &pair[i], &cq[i], MLX5_QP_ST_RC);
	}
	for (unsigned int i = 0; i < 2; i++) {
		path.remote_qpn = pair[!i].qpn;
		guest_connect(guest, &pair[i], &path);
	}
}
