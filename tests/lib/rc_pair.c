// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "rc_pair.h"

#define PORT 1
#define COMPLETION_SECONDS 30
#define CQ_ENTRIES 256

const struct rc_pair_attr rc_pair_defaults = {
	.cap = { .max_send_wr = 16, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	.access = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	.timeout = 18,
	.retry_cnt = 7,
	.rnr_retry = 7,
	.min_rnr_timer = 12,
};

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;
	unsigned int i;

	if (!list)
		return NULL;
	for (i = 0; list[i]; i++)
		if (!name || !strcmp(ibv_get_device_name(list[i]), name))
			break;
	if (list[i])
		context = ibv_open_device(list[i]);
	else
		errno = ENODEV;
	ibv_free_device_list(list);
	return context;
}

static struct ibv_qp *create_qp(struct rc_pair *pair, const struct ibv_qp_cap *cap)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = pair->cq,
		.recv_cq = pair->cq,
		.srq = pair->srq,
		.cap = *cap,
		.qp_type = IBV_QPT_RC,
	};

	return ibv_create_qp(pair->pd, &attr);
}

static int to_init(struct ibv_qp *qp, unsigned int access)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = PORT,
		.qp_access_flags = access,
	};

	return ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

static int to_rtr(struct ibv_qp *qp, uint32_t peer, const struct ibv_port_attr *port,
		  const union ibv_gid *gid, uint8_t min_rnr_timer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = port->active_mtu,
		.dest_qp_num = peer,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = min_rnr_timer,
		.ah_attr = {
			.dlid = port->lid,
			.port_num = PORT,
			.is_global = port->link_layer == IBV_LINK_LAYER_ETHERNET,
			.grh = { .dgid = *gid, .hop_limit = 1 },
		},
	};

	return ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				     IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				     IBV_QP_MIN_RNR_TIMER);
}

static int to_rts(struct ibv_qp *qp, const struct rc_pair_attr *with)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = with->timeout,
		.retry_cnt = with->retry_cnt,
		.rnr_retry = with->rnr_retry,
		.max_rd_atomic = 1,
	};

	return ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				     IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int connect_pair(struct rc_pair *pair, const struct rc_pair_attr *attr)
{
	struct ibv_port_attr port;
	union ibv_gid gid;
	unsigned int i;
	int err;

	err = ibv_query_port(pair->context, PORT, &port);
	if (!err && ibv_query_gid(pair->context, PORT, 0, &gid))
		err = errno;
	if (!err && port.state != IBV_PORT_ACTIVE)
		err = ENETDOWN;
	for (i = 0; i < 2 && !err; i++) {
		err = to_init(pair->qp[i], attr->access);
		if (!err)
			err = to_rtr(pair->qp[i], pair->qp[!i]->qp_num, &port, &gid,
				     attr->min_rnr_timer);
		if (!err && !(i && attr->passive))
			err = to_rts(pair->qp[i], attr);
	}
	return err;
}

static int open_step(struct rc_pair *pair, const char *name, const void *made)
{
	pair->failed = made ? NULL : name;
	return made ? 0 : errno ? errno : ENOMEM;
}

static int make_srq(struct rc_pair *pair, unsigned int receives)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = receives, .max_sge = 1 } };

	if (!receives)
		return 0;
	pair->srq = ibv_create_srq(pair->pd, &attr);
	return open_step(pair, "create a shared receive queue", pair->srq);
}

static int make_domain(struct rc_pair *pair, const char *device, const struct rc_pair *beside)
{
	int err;

	if (beside) {
		pair->beside = true;
		pair->context = beside->context;
		pair->pd = beside->pd;
		return 0;
	}
	pair->context = open_device(device);
	err = open_step(pair, "open the RDMA device", pair->context);
	if (err)
		return err;
	pair->pd = ibv_alloc_pd(pair->context);
	return open_step(pair, "allocate a protection domain", pair->pd);
}

static int build(struct rc_pair *pair, const char *device, const struct rc_pair_attr *attr)
{
	unsigned int i;
	int err;

	err = make_domain(pair, device, attr->beside);
	if (err)
		return err;
	pair->cq = ibv_create_cq(pair->context, attr->cq_entries ? attr->cq_entries : CQ_ENTRIES,
				 NULL, NULL, 0);
	err = open_step(pair, "create a completion queue", pair->cq);
	err = err ? err : make_srq(pair, attr->shared_receives);
	for (i = 0; i < 2 && !err; i++) {
		pair->qp[i] = create_qp(pair, &attr->cap);
		err = open_step(pair, "create a queue pair", pair->qp[i]);
	}
	if (err)
		return err;
	err = connect_pair(pair, attr);
	if (err)
		pair->failed = "connect the queue pairs";
	return err;
}

int rc_pair_reconnect(struct rc_pair *pair, const struct rc_pair_attr *attr)
{
	struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };
	int err = 0;

	for (unsigned int i = 0; i < 2 && !err; i++)
		err = ibv_modify_qp(pair->qp[i], &reset, IBV_QP_STATE);
	return err ? err : connect_pair(pair, attr);
}

int rc_pair_open(struct rc_pair *pair, const char *device)
{
	return rc_pair_open_with(pair, device, &rc_pair_defaults);
}

int rc_pair_open_with(struct rc_pair *pair, const char *device, const struct rc_pair_attr *attr)
{
	int err;

	memset(pair, 0, sizeof(*pair));
	err = build(pair, device, attr);
	if (err)
		rc_pair_close(pair);
	return err;
}

void rc_pair_close(struct rc_pair *pair)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (pair->qp[i])
			ibv_destroy_qp(pair->qp[i]);
	if (pair->srq)
		ibv_destroy_srq(pair->srq);
	if (pair->cq)
		ibv_destroy_cq(pair->cq);
	if (pair->pd && !pair->beside)
		ibv_dealloc_pd(pair->pd);
	if (pair->context && !pair->beside)
		ibv_close_device(pair->context);
	*pair = (struct rc_pair){ .failed = pair->failed };
}

static int poll_one(struct rc_pair *pair)
{
	struct timespec now, end;
	struct ibv_wc wc;
	int got;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += COMPLETION_SECONDS;
	while (!(got = ibv_poll_cq(pair->cq, 1, &wc))) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec)
			return ETIMEDOUT;
		sched_yield();
	}
	return got < 0 ? EIO : -(int)wc.status;
}

int rc_pair_transfer(struct rc_pair *pair, enum ibv_wr_opcode opcode, const struct ibv_sge *local,
		     uint64_t remote_addr, uint32_t rkey)
{
	struct ibv_sge sge = *local;
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = remote_addr, .rkey = rkey },
	};
	struct ibv_send_wr *bad;
	int err = ibv_post_send(pair->qp[0], &wr, &bad);

	return err ? err : poll_one(pair);
}

int rc_pair_fetch_add(struct rc_pair *pair, const struct ibv_sge *local, uint64_t remote_addr,
		      uint32_t rkey, uint64_t add)
{
	struct ibv_sge sge = *local;
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.atomic = { .remote_addr = remote_addr, .rkey = rkey, .compare_add = add },
	};
	struct ibv_send_wr *bad;
	int err = ibv_post_send(pair->qp[0], &wr, &bad);

	return err ? err : poll_one(pair);
}

const char *rc_pair_strerror(int result)
{
	return result < 0 ? ibv_wc_status_str(-result) : strerror(result);
}
