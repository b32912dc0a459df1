// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/umem.h"

#include <stdlib.h>

#include "connectx/command/nic.h"
#include "connectx/memory/memory.h"
#include "util/range.h"

#define RING_ALIGN	64	/* the unit of page_offset in 4 KiB pages */

/* The low bits of a page's entry (struct mlx5_ifc_mtt_bits), as in mkeys. */
#define PAGE_MAY(entry, right) (be64_to_cpu(entry) & MKEY_PTAG_##right)

uint8_t ring_take(struct connectx *nic, struct cmd *cmd, struct cx_buf *buf,
		  const struct ring_place *place, uint64_t size, bool write)
{
	struct umem *umem;

	if (!place->in_umem || !size)
		return cx_buf_create(nic, cmd, buf, place->pas, place->pas_bytes,
				     place->log_page_size, place->page_offset, size);
	*buf = (struct cx_buf){ 0 };
	umem = cmd_find(cmd, &nic->memory->umems, place->umem_id);
	if (!umem)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if ((umem->buf.offset + place->umem_offset) % RING_ALIGN || (write && !umem->writable) ||
	    !range_within(place->umem_offset, size, umem->buf.size))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	*buf = umem->buf;
	buf->offset += place->umem_offset;
	buf->size = size;
	buf->lender = &umem->users;
	umem->users++;
	return MLX5_CMD_STAT_OK;
}

uint8_t record_take(struct connectx *nic, struct cmd *cmd, struct cx_record *record,
		    const struct record_place *place, unsigned int bytes)
{
	uint64_t address = place->address, contiguous;
	struct umem *umem = NULL;

	*record = (struct cx_record){ 0 };
	if (place->in_umem) {
		umem = cmd_find(cmd, &nic->memory->umems, place->umem_id);
		if (!umem)
			return CMD_FAIL(cmd, BAD_RES_ERR);
		if (!range_within(place->address, bytes, umem->buf.size))
			return CMD_FAIL(cmd, BAD_PARAM_ERR);
		address = cx_buf_address(&umem->buf, place->address, &contiguous);
	}
	/* Aligned records never cross the end of a page. */
	if (address % bytes)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	record->address = address;
	if (umem) {
		record->users = &umem->users;
		umem->users++;
	}
	return MLX5_CMD_STAT_OK;
}

void record_release(struct cx_record *record)
{
	if (record->users)
		(*record->users)--;
	record->users = NULL;
}

static void umem_free(struct connectx *nic, struct umem *umem)
{
	cx_table_remove(&nic->memory->umems, umem->number);
	cx_buf_fini(nic, &umem->buf);
	free(umem);
}

void umem_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct umem *umem;

	while ((umem = cx_table_next(&nic->memory->umems, &cursor)))
		umem_free(nic, umem);
}

static uint8_t umem_parse(struct connectx *nic, struct cmd *cmd, struct umem *umem)
{
	const void *context = MLX5_ADDR_OF(create_umem_in, cmd->in, umem);
	const __be64 *mtt = MLX5_ADDR_OF(umem, context, mtt);
	size_t bytes = cmd->in_len - MLX5_ST_SZ_BYTES(create_umem_in);
	uint64_t pages = MLX5_GET64(umem, context, num_of_mtt);
	unsigned int log_page_size = MLX5_GET(umem, context, log_page_size);
	uint64_t skip = MLX5_GET(umem, context, page_offset);
	uint64_t size;
	uint8_t status;

	if (MLX5_GET(umem, context, ats) || !pages || pages > bytes / sizeof(*mtt))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	umem->writable = true;
	for (uint64_t i = 0; i < pages; i++) {
		if (!PAGE_MAY(mtt[i], READ))
			return CMD_FAIL(cmd, BAD_PARAM_ERR);
		umem->writable = umem->writable && PAGE_MAY(mtt[i], WRITE);
	}
	size = pages << (log_page_size + CX_PAGE_SHIFT);
	if (skip >= size)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	status = cx_buf_create(nic, cmd, &umem->buf, mtt, bytes, log_page_size, 0, size);
	if (status)
		return status;
	umem->buf.offset = skip;
	umem->buf.size -= skip;
	return MLX5_CMD_STAT_OK;
}

uint8_t umem_create(struct connectx *nic, struct cmd *cmd)
{
	struct umem *umem;
	int64_t number;
	uint8_t status;

	umem = calloc(1, sizeof(*umem));
	if (!umem)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = umem_parse(nic, cmd, umem);
	if (status)
		goto free_umem;
	number = cmd_add(cmd, &nic->memory->umems, umem);
	if (number < 0) {
		status = CMD_FAIL(cmd, LIM_ERR);
		goto free_buf;
	}
	umem->number = number;
	MLX5_SET(create_umem_out, cmd->out, umem_id, umem->number);
	return MLX5_CMD_STAT_OK;

free_buf:
	cx_buf_fini(nic, &umem->buf);
free_umem:
	free(umem);
	return status;
}

uint8_t umem_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct umem *umem = cmd_find(cmd, &nic->memory->umems,
				     MLX5_GET(destroy_umem_in, cmd->in, umem_id));

	if (!umem)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (umem->users)
		return CMD_FAIL(cmd, RES_BUSY);
	umem_free(nic, umem);
	return MLX5_CMD_STAT_OK;
}
