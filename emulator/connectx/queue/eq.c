// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/eq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/uar.h"

#define INDEX_MASK	0xffffffU	/* bits of the consumer index in a doorbell */
#define EQE_BYTES	sizeof(struct mlx5_eqe)
#define STATUS_OVERFLOW	0x9		/* status of eqc, beside enum MLX5_EQC_STATUS_... */
#define ST_ARMED	0x9		/* st of eqc */
#define ST_FIRED	0xa

struct eq *eq_find(struct connectx *nic, uint32_t eqn)
{
	return cx_table_get(&nic->queues->eqs, eqn);
}

static uint32_t eq_used(const struct eq *eq)
{
	return (eq->producer - eq->consumer) & INDEX_MASK;
}

/* A broken queue stays broken; the driver has to create another. */
static bool eq_broken(const struct eq *eq)
{
	return eq->state == EQ_OVERFLOW || eq->state == EQ_UNWRITABLE;
}

int eq_post(struct connectx *nic, struct eq *eq, uint8_t type, uint8_t subtype, const void *data,
	    size_t len)
{
	uint32_t size = 1U << eq->log_size;
	struct mlx5_eqe *eqe;

	if (eq->state == EQ_UNWRITABLE)
		return -EFAULT;
	if (eq->state == EQ_OVERFLOW || eq_used(eq) >= size) {
		eq->state = EQ_OVERFLOW;
		nic->queues->counters.eq_overruns++;
		return -ENOSPC;
	}
	eqe = cx_buf_ptr(nic, &eq->buf, (uint64_t)(eq->producer & (size - 1)) * EQE_BYTES,
			 EQE_BYTES);
	if (!eqe) {
		eq->state = EQ_UNWRITABLE;
		nic->queues->counters.eq_access_errors++;
		return -EFAULT;
	}
	memset(eqe, 0, offsetof(struct mlx5_eqe, owner));
	eqe->type = type;
	eqe->sub_type = subtype;
	memcpy(&eqe->data, data, len);
	/* The driver takes the entry when the owner bit turns: it has to be whole by then. */
	__atomic_store_n(&eqe->owner, eq->producer >> eq->log_size & 1, __ATOMIC_RELEASE);
	eq->producer++;
	nic->queues->counters.eqes++;
	if (eq->state == EQ_ARMED) {
		eq->state = EQ_FIRED;
		pci_msix_raise(&nic->fn, eq->vector);
	}
	return 0;
}

int eq_post_async(struct connectx *nic, uint8_t type, uint8_t subtype, const void *data, size_t len)
{
	uint32_t cursor = 0;
	struct eq *eq;

	while ((eq = cx_table_next(&nic->queues->eqs, &cursor)))
		if (eq->mask[type / 64] & 1ULL << type % 64)
			return eq_post(nic, eq, type, subtype, data, len);
	return -ENOENT;
}

/* The number is in the same place, whatever object it identifies: also in struct mlx5_eqe_dct. */
static void eq_event_queue(struct connectx *nic, uint8_t type, uint8_t queue, uint32_t number)
{
	struct mlx5_eqe_qp_srq event = { .type = queue, .qp_srq_n = cpu_to_be32(number) };

	_Static_assert(offsetof(struct mlx5_eqe_dct, dctn) ==
			       offsetof(struct mlx5_eqe_qp_srq, qp_srq_n),
		       "one layout");
	eq_post_async(nic, type, 0, &event, sizeof(event));
}

void eq_event_qp(struct connectx *nic, uint8_t type, uint32_t number)
{
	eq_event_queue(nic, type, MLX5_EVENT_QUEUE_TYPE_QP, number);
}

void eq_event_dct(struct connectx *nic, uint8_t type, uint32_t dctn)
{
	eq_event_queue(nic, type, MLX5_EVENT_QUEUE_TYPE_DCT, dctn);
}

bool eq_takes_commands(const struct connectx *nic)
{
	uint32_t cursor = 0;
	struct eq *eq;

	while ((eq = cx_table_next(&nic->queues->eqs, &cursor)))
		if (eq->mask[0] & (1ULL << MLX5_EVENT_TYPE_CMD))
			return true;
	return false;
}

void eq_event_command(struct connectx *nic, unsigned int slot)
{
	const struct mlx5_eqe_cmd event = { .vector = cpu_to_be32(1U << slot) };

	eq_post_async(nic, MLX5_EVENT_TYPE_CMD, 0, &event, sizeof(event));
}

void eq_doorbell(struct connectx *nic, uint32_t uar, uint32_t value, bool arm)
{
	struct eq *eq = eq_find(nic, value >> 24);

	if (!eq || eq->uar != uar) {
		nic->queues->counters.stray_doorbells++;
		return;
	}
	eq->consumer = value & INDEX_MASK;
	if (!arm || eq_broken(eq))
		return;
	/* Entries that the driver has not seen: interrupt at once. */
	if (eq_used(eq)) {
		eq->state = EQ_FIRED;
		pci_msix_raise(&nic->fn, eq->vector);
	} else {
		eq->state = EQ_ARMED;
	}
}

static void eq_free(struct connectx *nic, struct eq *eq)
{
	uar_release(nic, eq->uar);
	cx_table_remove(&nic->queues->eqs, eq->eqn);
	cx_buf_fini(nic, &eq->buf);
	free(eq);
}

void eq_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct eq *eq;

	while ((eq = cx_table_next(&nic->queues->eqs, &cursor)))
		eq_free(nic, eq);
}

/* Fill in @eq from the command. */
static uint8_t eq_parse(struct connectx *nic, struct cmd *cmd, struct eq *eq)
{
	const void *eqc = MLX5_ADDR_OF(create_eq_in, cmd->in, eq_context_entry);
	const __be64 *mask = MLX5_ADDR_OF(create_eq_in, cmd->in, event_bitmask);
	unsigned int log_size = MLX5_GET(eqc, eqc, log_eq_size);

	eq->uar = MLX5_GET(eqc, eqc, uar_page);
	eq->vector = MLX5_GET(eqc, eqc, intr);
	eq->log_size = log_size;
	for (unsigned int i = 0; i < 4; i++)
		eq->mask[i] = be64_to_cpu(mask[i]);
	/* User contexts cannot create EQs: their memory can only be named by bus addresses. */
	if (cmd_from_user(cmd) || log_size > CX_LOG_MAX_EQ_SZ || eq->vector >= CX_VECTORS)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!uar_find(nic, eq->uar))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	return cx_buf_create(nic, cmd, &eq->buf, MLX5_ADDR_OF(create_eq_in, cmd->in, pas),
			     cmd->in_len - MLX5_ST_SZ_BYTES(create_eq_in),
			     MLX5_GET(eqc, eqc, log_page_size), MLX5_GET(eqc, eqc, page_offset),
			     EQE_BYTES << log_size);
}

uint8_t eq_create(struct connectx *nic, struct cmd *cmd)
{
	struct eq *eq = calloc(1, sizeof(*eq));
	int64_t number;
	uint8_t status;

	if (!eq)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = eq_parse(nic, cmd, eq);
	if (status)
		goto free_eq;
	number = cmd_add(cmd, &nic->queues->eqs, eq);
	if (number < 0) {
		status = CMD_FAIL(cmd, LIM_ERR);
		goto free_buf;
	}
	eq->eqn = number;
	uar_hold(nic, eq->uar);
	MLX5_SET(create_eq_out, cmd->out, eq_number, eq->eqn);
	return MLX5_CMD_STAT_OK;

free_buf:
	cx_buf_fini(nic, &eq->buf);
free_eq:
	free(eq);
	return status;
}

uint8_t eq_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct eq *eq = cmd_find(cmd, &nic->queues->eqs,
				 MLX5_GET(destroy_eq_in, cmd->in, eq_number));

	if (!eq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (eq->users)
		return CMD_FAIL(cmd, RES_BUSY);
	eq_free(nic, eq);
	return MLX5_CMD_STAT_OK;
}

static uint8_t eq_status(const struct eq *eq)
{
	switch (eq->state) {
	case EQ_OVERFLOW:
		return STATUS_OVERFLOW;
	case EQ_UNWRITABLE:
		return MLX5_EQC_STATUS_EQ_WRITE_FAILURE;
	default:
		return MLX5_EQC_STATUS_OK;
	}
}

uint8_t eq_query(struct connectx *nic, struct cmd *cmd)
{
	struct eq *eq = cmd_find(cmd, &nic->queues->eqs, MLX5_GET(query_eq_in, cmd->in, eq_number));
	void *eqc = MLX5_ADDR_OF(query_eq_out, cmd->out, eq_context_entry);

	if (!eq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	MLX5_SET(eqc, eqc, status, eq_status(eq));
	MLX5_SET(eqc, eqc, st, eq->state == EQ_ARMED ? ST_ARMED : ST_FIRED);
	MLX5_SET(eqc, eqc, log_eq_size, eq->log_size);
	MLX5_SET(eqc, eqc, uar_page, eq->uar);
	MLX5_SET(eqc, eqc, intr, eq->vector);
	MLX5_SET(eqc, eqc, log_page_size, eq->buf.page_shift - CX_PAGE_SHIFT);
	MLX5_SET(eqc, eqc, page_offset, eq->buf.offset >> (eq->buf.page_shift - 6));
	MLX5_SET(eqc, eqc, consumer_counter, eq->consumer);
	MLX5_SET(eqc, eqc, producer_counter, eq->producer & INDEX_MASK);
	MLX5_SET64(query_eq_out, cmd->out, event_bitmask, eq->mask[0]);
	return MLX5_CMD_STAT_OK;
}
