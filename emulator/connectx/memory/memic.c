// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/memic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/memory/memory.h"
#include "util/range.h"

/* Units of the command interface: lengths, and what log_memic_addr_alignment counts from. */
#define LOG_UNIT		6
#define UNIT			(1u << LOG_UNIT)
#define LOG_MAX_ALIGNMENT	6	/* over a unit: a page */

/*
 * Which lengths of access the operations take, a bit for each power of two. mlx5_ifc.h has no name
 * for these two bytes; rdma-core's test_mlx5_dm_ops.py reads them. One byte only.
 */
#define CAP_INCREMENT_SIZES	4
#define CAP_TEST_AND_SET_SIZES	6
#define SIZES_1			0x1

int memic_init(struct connectx *nic)
{
	nic->memory->memic.memory = calloc(1, CX_MEMIC_SIZE);
	return nic->memory->memic.memory ? 0 : -ENOMEM;
}

void memic_fini(struct connectx *nic)
{
	free(nic->memory->memic.memory);
}

void memic_clear(struct connectx *nic)
{
	memset(nic->memory->memic.ranges, 0, sizeof(nic->memory->memic.ranges));
	nic->memory->memic.count = 0;
}

void memic_fill_caps(void *cap)
{
	uint8_t *bytes = cap;

	MLX5_SET(device_mem_cap, cap, memic, 1);
	bytes[CAP_INCREMENT_SIZES] = SIZES_1;
	bytes[CAP_TEST_AND_SET_SIZES] = SIZES_1;
	MLX5_SET(device_mem_cap, cap, log_min_memic_alloc_size, LOG_UNIT);
	MLX5_SET(device_mem_cap, cap, log_max_memic_addr_alignment, LOG_MAX_ALIGNMENT);
	MLX5_SET64(device_mem_cap, cap, memic_bar_start_addr, MEMIC_START);
	MLX5_SET(device_mem_cap, cap, memic_bar_size, CX_MEMIC_SIZE);
	MLX5_SET(device_mem_cap, cap, max_memic_size, CX_MAX_MEMIC);
	MLX5_SET(device_mem_cap, cap, memic_operations, (1 << MEMIC_OPERATIONS) - 1);
}

/* The range that covers the page at @offset, or NULL. */
static struct memic_range *range_at(struct connectx *nic, uint64_t offset)
{
	uint64_t page = offset / MEMIC_PAGE;

	if (page >= MEMIC_PAGES)
		return NULL;
	for (uint64_t first = page + 1; first-- > 0;) {
		struct memic_range *range = &nic->memory->memic.ranges[first];

		if (range->len)
			return first + range->pages > page ? range : NULL;
	}
	return NULL;
}

/* The range that begins exactly at @address, or NULL. */
static struct memic_range *range_find(struct connectx *nic, uint64_t address)
{
	struct memic_range *range = range_at(nic, address - MEMIC_START);

	return range && range->offset == address - MEMIC_START ? range : NULL;
}

struct memic_range *memic_hold(struct connectx *nic, uint64_t address, uint64_t len)
{
	uint64_t offset = address - MEMIC_START;
	struct memic_range *range = range_at(nic, offset);

	if (!range || !range_within(offset - range->offset, len, range->len))
		return NULL;
	range->users++;
	return range;
}

void *memic_ptr(const struct connectx *nic, uint64_t address)
{
	return nic->memory->memic.memory + (address - MEMIC_START);
}

/*
 * Loads and stores, cut at the pages that processes map.
 */
static void operate(uint8_t *memory, unsigned int operation, uint8_t *load, const uint8_t *store)
{
	if (operation == MEMIC_INCREMENT && store) {
		*memory += *store;
	} else if (operation == MEMIC_TEST_AND_SET && load) {
		*load = *memory;
		*memory = 1;
	}
}

/*
 * An access within one page; either @load or @store is set. Pages that are not allocated read as
 * zero.
 */
static void access_page(struct connectx *nic, uint64_t offset, uint8_t *load, const uint8_t *store,
			size_t len)
{
	uint64_t in_memory = offset % CX_MEMIC_SIZE, alias = offset / CX_MEMIC_SIZE;
	struct memic_range *range = range_at(nic, in_memory);
	uint8_t *memory = nic->memory->memic.memory + in_memory;

	if (load)
		memset(load, 0, len);
	if (!range)
		return;
	if (!alias && load)
		memcpy(load, memory, len);
	else if (!alias)
		memcpy(memory, store, len);
	else if (len == 1 && range->operations & 1u << (alias - 1))
		operate(memory, alias - 1, load, store);
}

static void access_memic(struct connectx *nic, uint64_t offset, uint8_t *load, const uint8_t *store,
			 size_t len)
{
	for (size_t done = 0, piece; done < len; done += piece) {
		piece = MEMIC_PAGE - (offset + done) % MEMIC_PAGE;
		if (piece > len - done)
			piece = len - done;
		access_page(nic, offset + done - MEMIC_START, load ? load + done : NULL,
			    store ? store + done : NULL, piece);
	}
}

void memic_read(struct connectx *nic, uint64_t offset, void *data, size_t len)
{
	access_memic(nic, offset, data, NULL, len);
}

void memic_write(struct connectx *nic, uint64_t offset, const void *data, size_t len)
{
	access_memic(nic, offset, NULL, data, len);
}

/*
 * Commands.
 */
static bool pages_free(struct connectx *nic, uint64_t first, uint64_t pages)
{
	for (uint64_t page = first; page < first + pages; page++)
		if (range_at(nic, page * MEMIC_PAGE))
			return false;
	return true;
}

/* The driver chooses the pages. If they are taken, the error makes it try the next. */
uint8_t memic_alloc(struct connectx *nic, struct cmd *cmd)
{
	uint64_t start = MLX5_GET64(alloc_memic_in, cmd->in, range_start_addr) - MEMIC_START;
	uint32_t room = MLX5_GET(alloc_memic_in, cmd->in, range_size);
	uint32_t len = MLX5_GET(alloc_memic_in, cmd->in, memic_size);
	struct memic_range *range;

	if (MLX5_GET(alloc_memic_in, cmd->in, log_memic_addr_alignment) > LOG_MAX_ALIGNMENT ||
	    !len || len % UNIT || len > CX_MAX_MEMIC || len > room || start % MEMIC_PAGE ||
	    !range_within(start, room, CX_MEMIC_SIZE))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!pages_free(nic, start / MEMIC_PAGE, (len - 1) / MEMIC_PAGE + 1))
		return CMD_FAIL(cmd, NO_RES_ERR);
	range = &nic->memory->memic.ranges[start / MEMIC_PAGE];
	*range = (struct memic_range){
		.offset = start,
		.len = len,
		.pages = (len - 1) / MEMIC_PAGE + 1,
	};
	nic->memory->memic.count++;
	/* the next owner maps whole pages, and must not see what the last one left there */
	memset(nic->memory->memic.memory + start, 0, (uint64_t)range->pages * MEMIC_PAGE);
	MLX5_SET64(alloc_memic_out, cmd->out, memic_start_addr, MEMIC_START + start);
	return MLX5_CMD_STAT_OK;
}

uint8_t memic_dealloc(struct connectx *nic, struct cmd *cmd)
{
	struct memic_range *range = range_find(nic, MLX5_GET64(dealloc_memic_in, cmd->in,
							       memic_start_addr));

	if (!range)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (MLX5_GET(dealloc_memic_in, cmd->in, memic_size) != range->len)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (range->users)
		return CMD_FAIL(cmd, RES_BUSY);
	*range = (struct memic_range){ 0 };
	nic->memory->memic.count--;
	return MLX5_CMD_STAT_OK;
}

uint8_t memic_modify(struct connectx *nic, struct cmd *cmd)
{
	uint64_t address = MLX5_GET64(modify_memic_in, cmd->in, memic_start_addr);
	uint8_t operation = MLX5_GET(modify_memic_in, cmd->in, memic_operation_type);
	bool on = MLX5_GET(modify_memic_in, cmd->in, op_mod) == MLX5_MODIFY_MEMIC_OP_MOD_ALLOC;
	struct memic_range *range = range_find(nic, address);

	if (operation >= MEMIC_OPERATIONS ||
	    MLX5_GET(modify_memic_in, cmd->in, op_mod) > MLX5_MODIFY_MEMIC_OP_MOD_DEALLOC)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!range)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (!(range->operations & 1u << operation) != on)
		return CMD_FAIL(cmd, BAD_RES_STATE_ERR);
	range->operations ^= 1u << operation;
	if (on)
		MLX5_SET64(modify_memic_out, cmd->out, memic_operation_addr,
			   address + (1ULL + operation) * CX_MEMIC_SIZE);
	return MLX5_CMD_STAT_OK;
}
