/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Two connected RC queue pairs on one port: the shortest way to a remote write. */
#ifndef TESTS_RC_PAIR_H
#define TESTS_RC_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <infiniband/verbs.h>

struct rc_pair {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_srq *srq; /* NULL unless it was asked for */
	struct ibv_qp *qp[2];
	const char *failed; /* the step that did, when rc_pair_open() fails */
	bool beside;        /* context and pd are another pair's */
};

/* What may differ from one test to the other. */
struct rc_pair_attr {
	struct ibv_qp_cap cap;
	unsigned int access; /* of both queue pairs: IBV_ACCESS_REMOTE_* */
	uint8_t timeout, retry_cnt, rnr_retry, min_rnr_timer;
	unsigned int shared_receives; /* room of an SRQ that both receive from; 0: no SRQ */
	int cq_entries;               /* 0: plenty */
	bool passive;                 /* the second one stays in RTR, where it only answers */
	const struct rc_pair *beside; /* NULL, or whose context and pd to use; to be closed later */
};

/* One request at a time, remote writes and reads, and patience. */
extern const struct rc_pair_attr rc_pair_defaults;

/*
 * Opens @device, NULL for the first one, and connects two queue pairs on port 1. Returns 0 or a
 * positive errno; what was made until then is undone.
 */
int rc_pair_open(struct rc_pair *pair, const char *device);
int rc_pair_open_with(struct rc_pair *pair, const char *device, const struct rc_pair_attr *attr);
void rc_pair_close(struct rc_pair *pair);
/*
 * Resets and connects both again, after an error: no completion of before may be missing. Returns 0
 * or a positive errno.
 */
int rc_pair_reconnect(struct rc_pair *pair, const struct rc_pair_attr *attr);

/*
 * Posts one request, @opcode IBV_WR_RDMA_WRITE or IBV_WR_RDMA_READ, on the first queue pair and
 * polls until it is complete. Returns 0, a positive errno (ETIMEDOUT: no completion within 30 s),
 * or a negative enum ibv_wc_status.
 */
int rc_pair_transfer(struct rc_pair *pair, enum ibv_wr_opcode opcode, const struct ibv_sge *local,
		     uint64_t remote_addr, uint32_t rkey);

/* The same for a fetch-and-add; the 8 bytes at @local get what was there before. */
int rc_pair_fetch_add(struct rc_pair *pair, const struct ibv_sge *local, uint64_t remote_addr,
		      uint32_t rkey, uint64_t add);

/* The text for what rc_pair_transfer() returns. */
const char *rc_pair_strerror(int result);

#endif /* TESTS_RC_PAIR_H */
