/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Queue pairs: creation, the state machine, and the attributes that requester and responder work
 * by. States are MLX5_QP_STATE_*, services MLX5_QP_ST_*.
 */
#ifndef CONNECTX_QP_H
#define CONNECTX_QP_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/mlx5/qp.h>

#include "connectx/command/buf.h"
#include "connectx/command/cmd.h"
#include "connectx/memory/umem.h"
#include "connectx/queue/dc_streams.h"

struct cq;
struct domain;
struct q_counter;
struct rate;
struct requester;
struct responder;
struct sched_element;
struct srq;
struct uar;

/* One of the two rings in a QP's buffer. The receive queue comes first, then the send queue. */
struct qp_ring {
	uint64_t offset;    /* of entry 0 in qp->buf */
	uint8_t log_stride; /* bytes of an entry; 6 (MLX5_SEND_WQE_BB) for the send queue */
	uint8_t log_size;   /* entries */
	bool present;       /* false: the QP has no such queue, all else is 0 */
	uint16_t next;      /* index of the next entry to execute; free-running */
};

/* An address path (struct mlx5_ifc_ads_bits). */
struct qp_path {
	uint16_t dlid;
	uint16_t pkey_index;
	bool grh;
	uint8_t dgid[16]; /* with grh only, as all down to flow_label */
	uint8_t sgid_index, hop_limit, tclass;
	uint32_t flow_label;
	uint8_t sl, path_bits;
	uint8_t port;
	uint8_t ack_timeout; /* 4.096 us * 2^n, 0: never */
};

struct qp {
	struct connectx *nic;
	uint32_t qpn; /* of a connection to a DCT: the target's */
	uint8_t service;
	uint8_t state;
	struct domain *pd;
	struct domain *xrcd; /* MLX5_QP_ST_XRC only, and there of a target */
	struct uar *uar;     /* whose doorbells count; NULL without a send queue */
	uint32_t user_index; /* what CQEs carry, in place of the SRQ's */
	struct cx_buf buf;
	struct qp_ring rq, sq;
	struct cx_record dbr;         /* doorbell record: [MLX5_RCV_DBR], [MLX5_SND_DBR] */
	struct cq *send_cq, *recv_cq; /* NULL without such a queue */
	struct srq *srq;              /* receive from here in place of rq */
	uint32_t groups; /* multicast groups it is attached to; not to be destroyed before */

	/* Attributes. Which transition may set which: qp_attr.c. */
	struct qp_path path;
	uint32_t remote_qpn;
	uint32_t send_psn, recv_psn; /* as given by the modify commands: where to start */
	uint32_t qkey;
	uint16_t mtu; /* bytes */
	uint8_t log_max_msg;
	uint8_t retry_count, rnr_retry; /* 0-7; rnr_retry 7: for ever */
	uint8_t min_rnr_nak;            /* IB timer code, 0-31 */
	/* outstanding reads and atomics, as requester, responder */
	uint8_t log_sra_max, log_rra_max;
	bool allow_read, allow_write, allow_atomic; /* to the remote side: rre, rwe, rae */
	bool rendezvous;           /* offload_type: the device sends by itself, see rendezvous.h */
	bool fast_register;        /* fre: may post local UMR on reserved keys */
	bool reserved_lkey;        /* rlky */
	struct q_counter *counter; /* what happens to it is counted there; NULL: nowhere */
	bool drain_sigerr;         /* goes to SQD behind a request whose data had a bad signature */
	bool block_loopback;       /* block_lb_mc: gets no multicast that it sent itself */
	bool doorbell_held;        /* rung, and kept back by a fault */
	bool recordless;           /* send_dbr_mode: doorbells alone say what has been posted */
	uint16_t rung;             /* with that: the index behind the last WQE rung for */
	struct rate *rate;         /* that it sends at; NULL: no limit */
	struct sched_element *send_group;   /* that its requests are scheduled in; may be NULL */
	struct sched_element *answer_group; /* the same of the data that peers read */

	struct dc_streams streams;   /* of a DCI */
	struct requester *requester; /* NULL at a connection to a DCT */
	struct responder *responder;
	uint32_t qpc[MLX5_ST_SZ_DW(qpc)]; /* as created and modified, big endian, for QUERY_QP */
};

/*
 * What carries out the work of QPs: the transport, which has made itself known in nic->queues. A
 * QP has a requester for its send side and a responder for its receive side.
 *
 * create: allocate qp->requester or qp->responder. Return 0 or -ENOMEM.
 * destroy: cancel timers and work, drop what is in flight towards and from the QP, free. qp_find()
 *	still finds the QP. Harmless when create has not run or failed.
 * state: qp->state has just changed from @old; attributes are already the new ones. On RST: back to
 *	the beginning, rings included. On ERR: flush.
 * doorbell: the guest rang for the send queue, in whatever state the QP is.
 * forget_srq: @srq, which only messages name (XRC), is going: what @qp receives from it never ends.
 *	The sender begins again, and learns then that it is not there.
 */
struct qp_requester_ops {
	int (*create)(struct qp *qp);
	void (*destroy)(struct qp *qp);
	void (*state)(struct qp *qp, uint8_t old);
	void (*doorbell)(struct qp *qp);
};

struct qp_responder_ops {
	int (*create)(struct qp *qp);
	void (*destroy)(struct qp *qp);
	void (*state)(struct qp *qp, uint8_t old);
	void (*forget_srq)(struct qp *qp, const struct srq *srq);
};

/** qp_find() - Return: the QP or NULL. */
struct qp *qp_find(struct connectx *nic, uint32_t qpn);

/**
 * qp_find_destination() - the QP that packets to @qpn are for: as qp_find(), but 0 and 1 are the
 * port's management QPs, which have other numbers here.
 */
struct qp *qp_find_destination(struct connectx *nic, uint32_t qpn);

/**
 * qp_error() - the data path found what moves the QP to the error state (2ERR_QP does the same).
 *
 * The transport gets to know it and flushes. Harmless in state ERR and RST.
 */
void qp_error(struct qp *qp);

/**
 * qp_drain() - a queue in state RTS stops behind the request that is done (SQD), and says so by
 * MLX5_EVENT_TYPE_SQ_DRAINED.
 */
void qp_drain(struct qp *qp);

/** qp_event() - the asynchronous event @type about @qp. */
void qp_event(const struct qp *qp, uint8_t type);

/**
 * qp_record() - read a counter of the doorbell record.
 * @which: MLX5_RCV_DBR or MLX5_SND_DBR
 * @value: the 16-bit index behind the last entry posted
 *
 * Return: 0 or -EFAULT.
 */
int qp_record(const struct qp *qp, unsigned int which, uint16_t *value);

/** qp_doorbell() - the guest rang for the send queue, through the right UAR. */
void qp_doorbell(struct qp *qp);

/**
 * qp_doorbell_recordless() - the same where queues are rung for that have no doorbell record.
 * @index: of the WQE rung for
 * @size: how long it is, in units of 16 bytes
 *
 * Return: false when this QP's has one.
 */
bool qp_doorbell_recordless(struct qp *qp, uint16_t index, unsigned int size);

/** qp_forget_counter() - no QP counts in @set any more. */
void qp_forget_counter(struct connectx *nic, const struct q_counter *set);

/** qp_forget_srq() - no QP receives from @srq, of kind SRQ_XRC, any more. */
void qp_forget_srq(struct connectx *nic, const struct srq *srq);

/** qp_clear() - destroy all. */
void qp_clear(struct connectx *nic);

/** qp_init_faults() - prepare the fault point "doorbell". */
void qp_init_faults(struct connectx *nic);

cmd_handler qp_create, qp_destroy, qp_query, qp_modify;

/*
 * Over init2init_qp_in and rts2rts_qp_in: what may come behind the context there. Only users send
 * it, so the kernel's header has no layout for it.
 */
struct mlx5_ifc_modify_qp_ext_in_bits {
	u8 reserved_at_0[0x40];
	u8 qpc_ext[0x1];
	u8 reserved_at_41[0x7ff];
	u8 opt_param_mask_95_32[0x40]; /* QP_OPT_* */
	u8 reserved_at_880[0x10];
	u8 dci_stream_channel_id[0x10];
	u8 qos_queue_group_id_requester[0x20];
	u8 qos_queue_group_id_responder[0x20];
};

enum {
	QP_OPT_DCI_STREAM = 1 << 0,
	QP_OPT_QUEUE_GROUP = 1 << 1,
};

/*
 * qp_attr.c: the attributes as bits of an opt_param_mask (MLX5_QP_OPTPAR_*), and those that are
 * never optional and so have no bit of their own there.
 */
enum {
	QP_ATTR_DRAIN_SIGERR = 1 << 11, /* of libmlx5, in an opt_param_mask */
	QP_ATTR_MTU = 1 << 27,
	QP_ATTR_REMOTE_QPN = 1 << 28,
	QP_ATTR_SEND_PSN = 1 << 29,
	QP_ATTR_RECV_PSN = 1 << 30,
};

/** qp_attr_check() - Return: whether the attributes @which in @qpc are within bounds. */
bool qp_attr_check(const struct qp *qp, const void *qpc, uint32_t which);

/** qp_attr_apply() - take them over; they have been checked. */
void qp_attr_apply(struct qp *qp, const void *qpc, uint32_t which);

/** qp_attr_fill() - write all attributes into @qpc, for a query. */
void qp_attr_fill(const struct qp *qp, void *qpc);

#endif
