// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"

#define IB_MTU_MIN	1	/* 256 bytes << (code - 1) */
#define IB_MTU_MAX	5
#define IB_MTU_BYTES	128	/* << code */

static bool path_check(const void *ads)
{
	return !MLX5_GET(ads, ads, grh) || MLX5_GET(ads, ads, src_addr_index) < CX_GIDS;
}

/* 0 means no counter set. Any other number must be that of a set. */
static bool counter_check(const struct qp *qp, const void *qpc)
{
	uint32_t number = MLX5_GET(qpc, qpc, counter_set_id);

	return !number || q_counter_find(qp->nic, number);
}

bool qp_attr_check(const struct qp *qp, const void *qpc, uint32_t which)
{
	const void *ads = MLX5_ADDR_OF(qpc, qpc, primary_address_path);
	unsigned int mtu = MLX5_GET(qpc, qpc, mtu);

	if (which & MLX5_QP_OPTPAR_PRI_PORT && MLX5_GET(ads, ads, vhca_port_num) != CX_PORTS)
		return false;
	if (which & MLX5_QP_OPTPAR_PKEY_INDEX && MLX5_GET(ads, ads, pkey_index) >= CX_PKEYS)
		return false;
	if (which & MLX5_QP_OPTPAR_PRIMARY_ADDR_PATH && !path_check(ads))
		return false;
	if (which & QP_ATTR_MTU && (mtu < IB_MTU_MIN || mtu > IB_MTU_MAX ||
				    MLX5_GET(qpc, qpc, log_msg_max) > CX_LOG_MAX_MSG))
		return false;
	if (which & MLX5_QP_OPTPAR_SRA_MAX && MLX5_GET(qpc, qpc, log_sra_max) > CX_LOG_MAX_RA_QP)
		return false;
	if (which & MLX5_QP_OPTPAR_COUNTER_SET_ID && !counter_check(qp, qpc))
		return false;
	return !(which & MLX5_QP_OPTPAR_RRA_MAX) ||
	       MLX5_GET(qpc, qpc, log_rra_max) <= CX_LOG_MAX_RA_QP;
}

static void path_apply(struct qp_path *path, const void *ads)
{
	path->dlid = MLX5_GET(ads, ads, rlid);
	path->path_bits = MLX5_GET(ads, ads, mlid);
	path->sl = MLX5_GET(ads, ads, sl);
	path->grh = MLX5_GET(ads, ads, grh);
	path->sgid_index = MLX5_GET(ads, ads, src_addr_index);
	path->hop_limit = MLX5_GET(ads, ads, hop_limit);
	path->tclass = MLX5_GET(ads, ads, tclass);
	path->flow_label = MLX5_GET(ads, ads, flow_label);
	memcpy(path->dgid, MLX5_ADDR_OF(ads, ads, rgid_rip), sizeof(path->dgid));
}

static void path_fill(const struct qp_path *path, void *ads)
{
	MLX5_SET(ads, ads, rlid, path->dlid);
	MLX5_SET(ads, ads, mlid, path->path_bits);
	MLX5_SET(ads, ads, sl, path->sl);
	MLX5_SET(ads, ads, grh, path->grh);
	MLX5_SET(ads, ads, src_addr_index, path->sgid_index);
	MLX5_SET(ads, ads, hop_limit, path->hop_limit);
	MLX5_SET(ads, ads, tclass, path->tclass);
	MLX5_SET(ads, ads, flow_label, path->flow_label);
	MLX5_SET(ads, ads, pkey_index, path->pkey_index);
	MLX5_SET(ads, ads, vhca_port_num, path->port);
	MLX5_SET(ads, ads, ack_timeout, path->ack_timeout);
	memcpy(MLX5_ADDR_OF(ads, ads, rgid_rip), path->dgid, sizeof(path->dgid));
}

static void access_apply(struct qp *qp, const void *qpc, uint32_t which)
{
	if (which & MLX5_QP_OPTPAR_RRE)
		qp->allow_read = MLX5_GET(qpc, qpc, rre);
	if (which & MLX5_QP_OPTPAR_RWE)
		qp->allow_write = MLX5_GET(qpc, qpc, rwe);
	if (which & MLX5_QP_OPTPAR_RAE)
		qp->allow_atomic = MLX5_GET(qpc, qpc, rae);
}

static void retry_apply(struct qp *qp, const void *qpc, uint32_t which)
{
	const void *ads = MLX5_ADDR_OF(qpc, qpc, primary_address_path);

	if (which & MLX5_QP_OPTPAR_RETRY_COUNT)
		qp->retry_count = MLX5_GET(qpc, qpc, retry_count);
	if (which & MLX5_QP_OPTPAR_RNR_RETRY)
		qp->rnr_retry = MLX5_GET(qpc, qpc, rnr_retry);
	if (which & MLX5_QP_OPTPAR_RNR_TIMEOUT)
		qp->min_rnr_nak = MLX5_GET(qpc, qpc, min_rnr_nak);
	if (which & MLX5_QP_OPTPAR_ACK_TIMEOUT)
		qp->path.ack_timeout = MLX5_GET(ads, ads, ack_timeout);
	if (which & MLX5_QP_OPTPAR_SRA_MAX)
		qp->log_sra_max = MLX5_GET(qpc, qpc, log_sra_max);
	if (which & MLX5_QP_OPTPAR_RRA_MAX)
		qp->log_rra_max = MLX5_GET(qpc, qpc, log_rra_max);
}

void qp_attr_apply(struct qp *qp, const void *qpc, uint32_t which)
{
	const void *ads = MLX5_ADDR_OF(qpc, qpc, primary_address_path);

	access_apply(qp, qpc, which);
	retry_apply(qp, qpc, which);
	if (which & MLX5_QP_OPTPAR_PRIMARY_ADDR_PATH)
		path_apply(&qp->path, ads);
	if (which & MLX5_QP_OPTPAR_PRI_PORT)
		qp->path.port = MLX5_GET(ads, ads, vhca_port_num);
	if (which & MLX5_QP_OPTPAR_PKEY_INDEX)
		qp->path.pkey_index = MLX5_GET(ads, ads, pkey_index);
	if (which & MLX5_QP_OPTPAR_Q_KEY)
		qp->qkey = MLX5_GET(qpc, qpc, q_key);
	if (which & MLX5_QP_OPTPAR_COUNTER_SET_ID)
		qp->counter = q_counter_find(qp->nic, MLX5_GET(qpc, qpc, counter_set_id));
	if (which & QP_ATTR_MTU) {
		qp->mtu = IB_MTU_BYTES << MLX5_GET(qpc, qpc, mtu);
		qp->log_max_msg = MLX5_GET(qpc, qpc, log_msg_max);
	}
	if (which & QP_ATTR_DRAIN_SIGERR)
		qp->drain_sigerr = MLX5_GET(qpc, qpc, drain_sigerr);
	if (which & QP_ATTR_REMOTE_QPN)
		qp->remote_qpn = MLX5_GET(qpc, qpc, remote_qpn);
	if (which & QP_ATTR_SEND_PSN)
		qp->send_psn = MLX5_GET(qpc, qpc, next_send_psn);
	if (which & QP_ATTR_RECV_PSN)
		qp->recv_psn = MLX5_GET(qpc, qpc, next_rcv_psn);
}

static unsigned int mtu_code(uint16_t bytes)
{
	unsigned int code = 0;

	while (code < IB_MTU_MAX && IB_MTU_BYTES << code < bytes)
		code++;
	return bytes ? code : 0;
}

void qp_attr_fill(const struct qp *qp, void *qpc)
{
	path_fill(&qp->path, MLX5_ADDR_OF(qpc, qpc, primary_address_path));
	MLX5_SET(qpc, qpc, state, qp->state);
	MLX5_SET(qpc, qpc, pm_state, MLX5_QP_PM_MIGRATED);
	MLX5_SET(qpc, qpc, mtu, mtu_code(qp->mtu));
	MLX5_SET(qpc, qpc, log_msg_max, qp->log_max_msg);
	MLX5_SET(qpc, qpc, remote_qpn, qp->remote_qpn);
	MLX5_SET(qpc, qpc, q_key, qp->qkey);
	MLX5_SET(qpc, qpc, counter_set_id, qp->counter ? qp->counter->number : 0);
	MLX5_SET(qpc, qpc, next_send_psn, qp->send_psn);
	MLX5_SET(qpc, qpc, next_rcv_psn, qp->recv_psn);
	MLX5_SET(qpc, qpc, retry_count, qp->retry_count);
	MLX5_SET(qpc, qpc, rnr_retry, qp->rnr_retry);
	MLX5_SET(qpc, qpc, min_rnr_nak, qp->min_rnr_nak);
	MLX5_SET(qpc, qpc, log_sra_max, qp->log_sra_max);
	MLX5_SET(qpc, qpc, log_rra_max, qp->log_rra_max);
	MLX5_SET(qpc, qpc, drain_sigerr, qp->drain_sigerr);
	MLX5_SET(qpc, qpc, rre, qp->allow_read);
	MLX5_SET(qpc, qpc, rwe, qp->allow_write);
	MLX5_SET(qpc, qpc, rae, qp->allow_atomic);
	MLX5_SET(qpc, qpc, hw_sq_wqebb_counter, qp->sq.next);
	MLX5_SET(qpc, qpc, hw_rq_counter, qp->rq.next);
}
