// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/page_fault.h"

#include <errno.h>
#include <stddef.h>

#include "connectx/memory/access.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/queues.h"

#define FAULT_PAGE_SHIFT	12
#define FAULT_LAST		(1 << 7)	/* the driver answers with a resume */
#define FAULT_SUBTYPE_MEMORY	2		/* MLX5_PFAULT_SUBTYPE_MEMORY */
#define TOKEN_INDEX_BITS	24
#define TOKEN_BITS		48

/* One event asks for this much at most; what lies behind faults again. */
#define FAULT_MAX_PAGES		1024

int page_faults_init(struct page_faults *faults, uint32_t size)
{
	faults->sequence = 0;
	return cx_table_init(&faults->pending, 0, size);
}

void page_faults_fini(struct page_faults *faults)
{
	cx_table_fini(&faults->pending);
}

static void page_fault_end(struct page_fault *fault, bool failed)
{
	fault->nic->queues->faults.failed += failed;
	page_fault_cancel(fault);
	fault->resolved(fault, failed);
}

void page_faults_clear(struct page_faults *faults)
{
	uint32_t cursor = 0;
	struct page_fault *fault;

	while ((fault = cx_table_next(&faults->pending, &cursor)))
		page_fault_end(fault, true);
}

/* Ask for whole pages: with an unaligned address, drivers would go beyond the last page. */
static int page_fault_post(struct connectx *nic, uint64_t token, const struct access_stop *stop)
{
	uint64_t first = stop->va >> FAULT_PAGE_SHIFT;
	uint64_t pages = ((stop->va + stop->len - 1) >> FAULT_PAGE_SHIFT) - first + 1;
	struct mlx5_eqe_page_fault eqe = {
		.memory = {
			.flags = FAULT_LAST,
			.token47_32 = cpu_to_be16(token >> 32),
			.token31_0 = cpu_to_be32(token & 0xffffffff),
			.mkey = cpu_to_be32(stop->key),
			.va = cpu_to_be64(first << FAULT_PAGE_SHIFT),
		},
	};

	if (pages > FAULT_MAX_PAGES)
		pages = FAULT_MAX_PAGES;
	eqe.memory.demand_fault_pages = cpu_to_be32(pages << FAULT_PAGE_SHIFT);
	return eq_post_async(nic, MLX5_EVENT_TYPE_PAGE_FAULT, FAULT_SUBTYPE_MEMORY, &eqe,
			     sizeof(eqe.memory));
}

int page_fault_raise(struct page_fault *fault, const struct access_stop *stop)
{
	struct connectx *nic = stop->nic;
	struct page_faults *faults = &nic->queues->faults;
	int64_t index;

	if (!nic->queues->faults.enabled)
		return -EOPNOTSUPP;
	index = cx_table_add(&faults->pending, fault);
	if (index < 0)
		return -ENOSPC;
	fault->token = (++faults->sequence << TOKEN_INDEX_BITS | index) &
		       ((1ULL << TOKEN_BITS) - 1);
	if (page_fault_post(nic, fault->token, stop)) {
		cx_table_remove(&faults->pending, index);
		return -EOPNOTSUPP;
	}
	fault->nic = nic;
	faults->raised++;
	return 0;
}

void page_fault_cancel(struct page_fault *fault)
{
	if (!fault->nic)
		return;
	cx_table_remove(&fault->nic->queues->faults.pending,
			fault->token & ((1 << TOKEN_INDEX_BITS) - 1));
	fault->nic = NULL;
}

uint8_t page_fault_resume(struct connectx *nic, struct cmd *cmd)
{
	const void *info = MLX5_ADDR_OF(page_fault_resume_in, cmd->in,
					page_fault_info.mem_page_fault_info);
	uint64_t token = (uint64_t)MLX5_GET(mem_page_fault_info, info, fault_token_47_32) << 32 |
			 MLX5_GET(mem_page_fault_info, info, fault_token_31_0);
	bool failed = MLX5_GET(mem_page_fault_info, info, error);
	struct page_fault *fault;

	fault = cx_table_get(&nic->queues->faults.pending, token & ((1 << TOKEN_INDEX_BITS) - 1));
	/* the QP that waited may be gone, which is no error of the driver */
	if (!fault || fault->token != token)
		return MLX5_CMD_STAT_OK;
	page_fault_end(fault, failed);
	return MLX5_CMD_STAT_OK;
}
