// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/command/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "util/range.h"

#define MAX_PAGE_SHIFT 43	/* 2^31 pages of 4 KiB: what a 5-bit log_page_size can say */

int cx_buf_init(struct connectx *nic, struct cx_buf *buf, const __be64 *pas, size_t pas_bytes,
		unsigned int log_page_size, unsigned int page_offset, uint64_t size)
{
	unsigned int shift = log_page_size + CX_PAGE_SHIFT;
	uint64_t pages;

	*buf = (struct cx_buf){ 0 };
	if (!size)
		return 0;
	if (shift > MAX_PAGE_SHIFT || page_offset > 63 || size > UINT64_MAX >> 1)
		return -EINVAL;
	buf->page_shift = shift;
	buf->offset = (uint64_t)page_offset << (shift - 6);
	pages = (buf->offset + size + (1ULL << shift) - 1) >> shift;
	if (pages > pas_bytes / sizeof(*pas))
		return -EINVAL;
	if (pages > CX_MAX_PAGES - nic->buf_pages)
		return -ENOMEM;
	buf->page = calloc(pages, sizeof(*buf->page));
	if (!buf->page)
		return -ENOMEM;
	buf->size = size;
	buf->pages = pages;
	nic->buf_pages += pages;
	for (uint64_t i = 0; i < pages; i++)
		buf->page[i] = be64_to_cpu(pas[i]) & ~(uint64_t)((1 << CX_PAGE_SHIFT) - 1);
	return 0;
}

uint8_t cx_buf_create(struct connectx *nic, struct cmd *cmd, struct cx_buf *buf, const __be64 *pas,
		      size_t pas_bytes, unsigned int log_page_size, unsigned int page_offset,
		      uint64_t size)
{
	switch (cx_buf_init(nic, buf, pas, pas_bytes, log_page_size, page_offset, size)) {
	case 0:
		return MLX5_CMD_STAT_OK;
	case -ENOMEM:
		return CMD_FAIL(cmd, NO_RES_ERR);
	default:
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	}
}

void cx_buf_fini(struct connectx *nic, struct cx_buf *buf)
{
	if (buf->lender) {
		(*buf->lender)--;
	} else {
		nic->buf_pages -= buf->pages;
		free(buf->page);
	}
	*buf = (struct cx_buf){ 0 };
}

uint64_t cx_buf_address(const struct cx_buf *buf, uint64_t offset, uint64_t *contiguous)
{
	uint64_t byte = buf->offset + offset;
	uint64_t in_page = byte & ((1ULL << buf->page_shift) - 1);

	*contiguous = (1ULL << buf->page_shift) - in_page;
	return buf->page[byte >> buf->page_shift] + in_page;
}

void *cx_buf_ptr(struct connectx *nic, const struct cx_buf *buf, uint64_t offset, size_t len)
{
	uint64_t addr, contiguous;
	void *ram;

	if (!len || !range_within(offset, len, buf->size))
		return NULL;
	addr = cx_buf_address(buf, offset, &contiguous);
	if (len > contiguous)
		return NULL;
	ram = cx_ram(nic, addr, len, true);
	if (!ram)
		cx_refused(nic, addr, len, true);
	return ram;
}

int cx_buf_read(struct connectx *nic, const struct cx_buf *buf, uint64_t offset, void *data,
		size_t len)
{
	uint8_t *to = data;

	if (!range_within(offset, len, buf->size))
		return -EFAULT;
	while (len) {
		uint64_t piece, addr = cx_buf_address(buf, offset, &piece);
		const uint8_t *ram;

		if (piece > len)
			piece = len;
		ram = cx_ram(nic, addr, piece, false);
		if (!ram)
			return -EFAULT;
		memcpy(to, ram, piece);
		offset += piece;
		to += piece;
		len -= piece;
	}
	return 0;
}
