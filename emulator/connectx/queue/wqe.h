/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Work queue entries: from the bytes that a driver wrote to what they ask for.
 *
 * A WQE is parsed from a private copy, never in place: the guest may change its rings at any time,
 * and a WQE may wrap round the end of its ring. Segment layouts are those of <linux/mlx5/qp.h>.
 */
#ifndef CONNECTX_WQE_H
#define CONNECTX_WQE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "connectx/memory/wqe_data.h"

#define WQE_SEGMENT		16		/* "DS", the unit of a WQE's length */
#define WQE_BASIC_BLOCK		64		/* the unit of a send queue's counters */
#define WQE_SEND_MAX		1024		/* DS has 6 bits, rounded up to basic blocks */
#define WQE_SEND_MAX_DATA	(WQE_SEND_MAX / WQE_SEGMENT)
#define WQE_RECV_MAX		512		/* max_wqe_sz_rq */
#define WQE_RECV_MAX_DATA	(WQE_RECV_MAX / WQE_SEGMENT)

/* A length of 0 in a data segment stands for this; libmlx5 leaves empty segments out. */
#define WQE_LENGTH_ZERO		(1u << 31)

/* The destination of a datagram, or of a message to a DCT: struct mlx5_av. */
struct wqe_av {
	uint32_t qkey; /* in one place with the next: which it is depends on the service */
	uint64_t dc_key;
	uint32_t qpn;
	uint16_t lid;
	uint8_t sl;
	bool grh;
	uint8_t gid[16]; /* with grh */
};

/* The header segments that a WQE may have before its data. */
enum wqe_transport {
	WQE_CONNECTED, /* RC, UC and the UMR queue: none */
	WQE_XRC,       /* an XRC initiator: the remote SRQ */
	WQE_ADDRESSED, /* UD and DCI: the address vector */
};

/*
 * A change to the list of tags of an SRQ. Opcode and segment are in rdma-core's mlx5dv.h
 * (MLX5_OPCODE_TAG_MATCHING, struct mlx5_wqe_tm_seg), not in the kernel's headers, as only programs
 * use them; test_connectx_completion compares them.
 */
#define WQE_OPCODE_TAG_MATCHING	0x28

struct wqe_tag_seg {
	uint8_t operation; /* upper half */
	uint8_t flags;
	__be16 index;
	uint8_t rsvd0[2];
	__be16 sw_count;
	uint8_t rsvd1[8];
	__be64 tag, mask;
};
#define WQE_TAG_COMPLETION	(1 << 7)
#define WQE_TAG_SYNC		(1 << 6)

enum wqe_tag_operation { WQE_TAG_NOP, WQE_TAG_APPEND, WQE_TAG_REMOVE };

struct wqe_tag {
	uint8_t operation; /* enum wqe_tag_operation */
	bool completion;   /* is asked for */
	bool sync;         /* sw_count is valid */
	uint16_t index;    /* to remove; what is appended after this one gets */
	uint16_t sw_count; /* unexpected messages that the program has handled */
	uint64_t tag, mask;
};

struct send_wqe {
	_Alignas(16) uint8_t copy[WQE_SEND_MAX];

	uint8_t opcode;  /* MLX5_OPCODE_* */
	uint8_t blocks;  /* basic blocks it takes in the ring, 1-16 */
	bool completion; /* a CQE is asked for also when it succeeds */
	bool solicited;
	uint16_t stream; /* of a DCI that has streams */
	uint32_t imm;    /* as it is on the wire; also the key to invalidate, the UMR's key */

	uint32_t xrc_srqn; /* WQE_XRC */
	struct wqe_av av;  /* WQE_ADDRESSED */
	uint64_t raddr;    /* RDMA and atomics */
	uint32_t rkey;
	uint64_t swap_add, compare; /* atomics, host byte order */

	/* UMR: offsets into copy; xlt_len is 0 unless the translations are inline */
	uint16_t umr_ctrl, umr_mkey, umr_xlt;
	uint16_t xlt_len;

	uint32_t psv_index; /* SET_PSV */
	uint64_t psv_seed;

	struct wqe_tag tag; /* WQE_OPCODE_TAG_MATCHING; its buffer, if any, is data[0] */

	uint8_t num_data;
	uint32_t len; /* sum over data[], at most 2^31 */
	struct wqe_data data[WQE_SEND_MAX_DATA];
};

struct recv_wqe {
	_Alignas(16) uint8_t copy[WQE_RECV_MAX];

	uint8_t num_data;
	uint32_t len;
	struct wqe_data data[WQE_RECV_MAX_DATA];
};

/*
 * The length in bytes of the send WQE whose first segment is @first: a multiple of WQE_SEGMENT.
 * Returns 0 when the segment says 0, which no WQE does.
 */
size_t wqe_send_size(const void *first);

/*
 * Parse wqe->copy, of which @size bytes (from wqe_send_size()) are valid.
 * Returns 0; -EINVAL when segments do not fit the WQE, or the sum of lengths exceeds 2^31;
 * -EOPNOTSUPP when the model does not know the opcode. opcode, blocks and completion are valid
 * in every case.
 */
int wqe_parse_send(struct send_wqe *wqe, size_t size, enum wqe_transport transport);

/*
 * Parse wqe->copy, of which @size bytes, a multiple of WQE_SEGMENT up to WQE_RECV_MAX, are valid.
 * @start: bytes before the first data segment (an SRQ's link, a signature), a multiple of
 *	WQE_SEGMENT.
 * Returns 0, or -EINVAL when the sum of lengths exceeds 2^31.
 */
int wqe_parse_recv(struct recv_wqe *wqe, size_t size, size_t start);

#endif
