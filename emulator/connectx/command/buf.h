/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Buffers that the guest describes by a list of page addresses (PAS): the rings of EQs, CQs, QPs
 * and SRQs. Every access is checked against the size of the buffer, and every byte goes through
 * the fabric, which checks the address.
 */
#ifndef CONNECTX_BUF_H
#define CONNECTX_BUF_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "connectx/command/cmd.h"

struct connectx;

struct cx_buf {
	uint64_t *page; /* bus addresses */
	uint32_t pages;
	uint8_t page_shift;
	uint64_t offset;  /* where in page 0 the buffer begins */
	uint64_t size;    /* bytes, from offset on */
	uint32_t *lender; /* users of the umem whose list this is (umem.h); NULL: its own */
};

#define CX_PAGE_SHIFT 12	/* the unit of every log_page_size field */

/**
 * cx_buf_init() - take over a page list.
 * @pas: big endian page addresses; the low 12 bits are ignored, as the device does
 * @pas_bytes: how many bytes the guest gave at @pas
 * @log_page_size: log2 of the page size, in units of 4 KiB
 * @page_offset: of the first byte of the buffer in its first page, in 64ths of the page, as all
 *	page_offset fields of the command interface are
 * @size: bytes; 0 makes an empty buffer
 *
 * Return: 0; -EINVAL when the pages do not cover the buffer, or the page size or offset is out of
 * range; -ENOMEM, also when all lists of the device together would take more than CX_MAX_PAGES.
 */
int cx_buf_init(struct connectx *nic, struct cx_buf *buf, const __be64 *pas, size_t pas_bytes,
		unsigned int log_page_size, unsigned int page_offset, uint64_t size);

/**
 * cx_buf_create() - cx_buf_init() as part of a command that makes a ring.
 *
 * Return: MLX5_CMD_STAT_OK, or what the command ends with: BAD_PARAM_ERR when the list does not
 * describe the buffer, NO_RES_ERR when there is no room for it. @buf holds nothing then.
 */
uint8_t cx_buf_create(struct connectx *nic, struct cmd *cmd, struct cx_buf *buf, const __be64 *pas,
		      size_t pas_bytes, unsigned int log_page_size, unsigned int page_offset,
		      uint64_t size);

/** cx_buf_fini() - free it; harmless on an empty or zeroed one. */
void cx_buf_fini(struct connectx *nic, struct cx_buf *buf);

/**
 * cx_buf_address() - where byte @offset lies.
 * @contiguous: how many bytes from there on lie together
 *
 * Return: the bus address. @offset must be below the size.
 */
uint64_t cx_buf_address(const struct cx_buf *buf, uint64_t offset, uint64_t *contiguous);

/**
 * cx_buf_ptr() - direct pointer into guest memory, to write an entry there.
 *
 * Return: NULL when [offset, offset + len) is not within the buffer, crosses into a page that does
 * not follow, or is no memory of the guest, which is counted and reported. Good until the engine's
 * next turn.
 */
void *cx_buf_ptr(struct connectx *nic, const struct cx_buf *buf, uint64_t offset, size_t len);

/** cx_buf_read() - Return: 0, or -EFAULT when outside of the buffer or of the guest's memory. */
int cx_buf_read(struct connectx *nic, const struct cx_buf *buf, uint64_t offset, void *data,
		size_t len);

#endif
