/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A driver in miniature: a software ConnectX on a fabric with guest memory, whose objects are made
 * by its own commands and whose queues are written as libmlx5 writes them. Every helper asserts
 * that what it asked for was done.
 *
 * Its time begins at zero, as when a machine boots, and passes only while a helper waits, and then
 * from one of the device's timers to the next: what is expected at a time is expected to the
 * nanosecond.
 */
#ifndef TESTS_CONNECTX_GUEST_H
#define TESTS_CONNECTX_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "connectx/command/pd.h"
#include "connectx/device/device.h"
#include "connectx/queue/qp.h"

#define GUEST_PAGE	4096ULL
#define GUEST_BASE	0x100000ULL	/* bus address of guest memory */
#define GUEST_RAM	(8ULL << 20)
#define GUEST_PEER	0x2000000000ULL	/* bus address of the peer's BAR */
#define GUEST_PEER_SIZE	0x10000ULL
#define GUEST_ACCESS	0x1f		/* all of enum mkey_access */

/* What the peer, a device beside the NIC, was sent. */
struct guest_peer {
	struct fabric_port *port;
	uint8_t memory[GUEST_PEER_SIZE];
	unsigned int writes, atomics;
	bool no_atomics;        /* it completes none */
	struct tlp_hints hints; /* of the last write or AtomicOp */
};

struct guest {
	struct engine *engine;
	struct registry *registry;
	struct fabric *fabric;
	struct connectx *nic;
	uint8_t *ram;
	uint64_t brk;
	uint32_t uar, pd, eqn;
	uint64_t eq;      /* bus address of its entries */
	uint32_t events;  /* consumed */
	uint32_t dma_key; /* PA, all memory: the driver's own key */
	struct guest_peer peer;
};

struct guest_cq {
	uint32_t cqn;
	uint64_t buf, dbr;
	uint32_t consumer;
};

struct guest_qp {
	uint32_t qpn;
	uint64_t buf, dbr;
	uint16_t rq_posted, sq_posted;
	struct guest_cq *cq;
};

#define GUEST_LOG_CQ	6
#define GUEST_LOG_EQ	6
#define GUEST_LOG_RQ	3
#define GUEST_LOG_RQ_STRIDE 6
#define GUEST_LOG_SQ	3
#define GUEST_RQ_BYTES	(1u << (GUEST_LOG_RQ + GUEST_LOG_RQ_STRIDE))

struct guest *guest_create(void);
/* Another one in the same subnet. */
struct guest *guest_create_lid(uint16_t lid);
void guest_destroy(struct guest *guest);

/* cmocka fixtures: *state is the struct guest. */
int guest_setup(void **state);
int guest_teardown(void **state);

/* Page aligned and zeroed; the bus address. */
uint64_t guest_alloc(struct guest *guest, uint64_t size);
void *guest_ptr(struct guest *guest, uint64_t address);

/* Run a command; returns its status. */
uint8_t guest_try(struct guest *guest, uint16_t opcode, const void *in, size_t in_len, void *out,
		  size_t out_len);
void guest_command(struct guest *guest, uint16_t opcode, const void *in, size_t in_len, void *out,
		   size_t out_len);

/* An entry of an indirect key; in KSMs, len means nothing. */
struct guest_klm {
	uint32_t len, key;
	uint64_t va;
};

struct guest_mkey {
	uint32_t pd;
	uint8_t access, variant, page_shift;
	bool pa, free, umr;
	uint64_t start, len;
	uint32_t octowords;
	const uint64_t *pages; /* bus addresses, host byte order, loaded by the command */
	uint32_t num_pages;
	bool tph;
	uint8_t ph, st_index;
	/* indirect keys, whose entries these are */
	bool klm, ksm;
	const struct guest_klm *klms;
	uint32_t num_klms;
	uint32_t qpn; /* 0: any */
	bool remote_invalidate;
	uint32_t bsf_octowords; /* 0: none */
};

/* Returns the status; @key is set when it is OK. */
uint8_t guest_try_mkey(struct guest *guest, const struct guest_mkey *attr, uint32_t *key);
uint32_t guest_mkey(struct guest *guest, const struct guest_mkey *attr);
/* [address, address + len), as one page list of 4 KiB pages, I/O virtual address = bus address. */
uint32_t guest_mr(struct guest *guest, uint64_t address, uint64_t len, uint8_t access);
uint32_t guest_pd(struct guest *guest);
/* As drivers write it, MKEY_KLM_SIZE bytes each */
void guest_put_klms(void *to, const struct guest_klm *klms, uint32_t count);

void guest_cq(struct guest *guest, struct guest_cq *cq);
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

/* RST to RTS. */
void guest_connect(struct guest *guest, const struct guest_qp *qp, const struct guest_path *path);
void guest_modify(struct guest *guest, const struct guest_qp *qp, uint16_t opcode);
/* Two QPs, connected to each other with short timeouts. */
void guest_pair(struct guest *guest, struct guest_qp pair[2], struct guest_cq cq[2]);

/* WQEs, put together segment by segment. */
struct guest_wqe {
	uint8_t bytes[1024];
	size_t len;
};

#define GUEST_SIGNALED	MLX5_WQE_CTRL_CQ_UPDATE

void guest_wqe(struct guest_wqe *wqe, uint8_t opcode, uint8_t fm_ce_se, uint32_t imm);
void guest_wqe_raddr(struct guest_wqe *wqe, uint64_t address, uint32_t key);
void guest_wqe_atomic(struct guest_wqe *wqe, uint64_t swap_add, uint64_t compare);
void guest_wqe_data(struct guest_wqe *wqe, uint64_t address, uint32_t key, uint32_t len);
void guest_wqe_inline(struct guest_wqe *wqe, const void *data, uint32_t len);
/* Into the ring and the doorbell record; rings unless @quiet. */
void guest_post(struct guest *guest, struct guest_qp *qp, const struct guest_wqe *wqe, bool quiet);
void guest_ring(struct guest *guest, const struct guest_qp *qp);
void guest_post_recv(struct guest *guest, struct guest_qp *qp, uint64_t address, uint32_t key,
		     uint32_t len);

uint64_t guest_now_ns(const struct guest *guest);
/* Let the device do all that it can do without time passing. */
void guest_run(struct guest *guest);
/* Let @ns pass, and the device do what is due until then. */
void guest_pass(struct guest *guest, uint64_t ns);
/* The next completion, or NULL when none comes within a minute. */
const struct mlx5_cqe64 *guest_poll(struct guest *guest, struct guest_cq *cq);
/* The next completion must be this one, by opcode, WQE index and syndrome (0: success). */
void guest_expect(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		  uint8_t syndrome);
/* ... and come at this time. */
void guest_expect_at(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		     uint8_t syndrome, uint64_t at_ns);
void guest_expect_nothing(struct guest *guest, struct guest_cq *cq);
/* The next event, or NULL. */
const struct mlx5_eqe *guest_event(struct guest *guest);

/* The next event must be a page fault at @va of @key; returns its token. */
uint64_t guest_expect_fault(struct guest *guest, uint32_t key, uint64_t va, uint32_t pages);
/* PAGE_FAULT_RESUME */
void guest_resume(struct guest *guest, uint64_t token, bool error);

/* Fill with a pattern that differs from byte to byte and from @seed to @seed. */
void guest_fill(void *data, size_t len, uint8_t seed);
void guest_assert_filled(const void *data, size_t len, uint8_t seed);

#endif
