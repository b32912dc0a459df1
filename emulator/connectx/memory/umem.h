/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * User memory: pages that the driver pinned for a user context and registered, so that the user's
 * own commands can say where a queue lies without knowing, or choosing, bus addresses. Queues,
 * doorbell records and mkeys take their pages from a umem by its number and an offset; while they
 * do it cannot be destroyed.
 */
#ifndef CONNECTX_UMEM_H
#define CONNECTX_UMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectx/command/buf.h"
#include "connectx/command/cmd.h"

struct connectx;

struct umem {
	uint32_t number;
	uint32_t users;    /* queues, records and mkeys in it */
	bool writable;     /* every page */
	struct cx_buf buf; /* from its first byte to the end of its last page */
};

/* Where the ring of a queue lies, as a command tells it. */
struct ring_place {
	const __be64 *pas; /* in these pages; for the rest see cx_buf_init() */
	size_t pas_bytes;
	unsigned int log_page_size, page_offset;
	bool in_umem; /* or in a umem, and then the above means nothing */
	uint32_t umem_id;
	uint64_t umem_offset; /* bytes; what it leads to must be aligned to 64 */
};

/**
 * ring_take() - set up @buf to be the @size bytes at @place. cx_buf_fini() undoes it.
 * @write: whether the device will write to it
 *
 * Return: MLX5_CMD_STAT_OK; BAD_RES_ERR: no such umem for this command; BAD_PARAM_ERR: it does not
 * hold the ring, or may not be written; or as cx_buf_create().
 */
uint8_t ring_take(struct connectx *nic, struct cmd *cmd, struct cx_buf *buf,
		  const struct ring_place *place, uint64_t size, bool write);

/* A doorbell record: a few bytes of the guest's memory that the device reads. */
struct cx_record {
	uint64_t address; /* on the bus */
	uint32_t *users;  /* of the umem that it lies in; NULL: of none */
};

/* Where a doorbell record lies, as a command tells it. */
struct record_place {
	uint64_t address; /* on the bus, or bytes into the umem */
	bool in_umem;
	uint32_t umem_id;
};

/**
 * record_take() - find the record of @bytes, a power of two, at @place.
 *
 * Return: MLX5_CMD_STAT_OK; BAD_RES_ERR: no such umem for this command; BAD_PARAM_ERR: not aligned
 * to its size, or not within the umem.
 */
uint8_t record_take(struct connectx *nic, struct cmd *cmd, struct cx_record *record,
		    const struct record_place *place, unsigned int bytes);

/** record_release() - let go of its umem; harmless on a zeroed one. */
void record_release(struct cx_record *record);

/** umem_clear() - destroy all; what lies in them must be gone. */
void umem_clear(struct connectx *nic);

cmd_handler umem_create, umem_destroy;

/*
 * The kernel's header has no names for what only users fill in: these lie over the layouts there
 * of the same names without _umem. Bits as in rdma-core's and DPDK's headers of the interface.
 */
struct mlx5_ifc_create_cq_umem_in_bits {
	u8 reserved_at_0[0x280];
	u8 cq_umem_offset[0x40];
	u8 cq_umem_id[0x20];
};

struct mlx5_ifc_modify_cq_umem_in_bits {
	u8 reserved_at_0[0x280];
	u8 cq_umem_offset[0x40];
	u8 cq_umem_id[0x20];
};

struct mlx5_ifc_cqc_umem_bits {
	u8 reserved_at_0[0x20];
	u8 dbr_umem_id[0x20];
};

struct mlx5_ifc_qpc_umem_bits {
	u8 reserved_at_0[0x80];
	u8 send_dbr_mode[0x2];
	u8 reserved_at_82[0x1e];
	u8 reserved_at_a0[0x680];
	u8 dbr_umem_id[0x20];
};

struct mlx5_ifc_create_mkey_umem_in_bits {
	u8 reserved_at_0[0x320];
	u8 mkey_umem_id[0x20];
	u8 mkey_umem_offset[0x40];
};

#endif
