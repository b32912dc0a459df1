// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/cq.h"

#include <stdlib.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/queues.h"
#include "connectx/queue/uar.h"
#include "util/macros.h"

#define INDEX_MASK	0xffffffU	/* bits of consumer and producer counters */
#define CQE_BYTES	sizeof(struct mlx5_cqe64)
#define CQE_OWNER	0x1		/* op_own[0] */
#define CQE_RESIZE	5		/* op_own[7:4] of the entry that ends the old buffer */

/* Doorbell record: two 32-bit words. The second repeats the arm request and is not looked at. */
#define RECORD_BYTES	8

/* An arm request, in the record and through the UAR. */
#define ARM_SOLICITED	(1U << 24)

/* Entry sizes (cqe_sz of cqc). */
enum { STRIDE_64, STRIDE_128, STRIDE_128_PAD };

/* Which fields MODIFY_CQ takes over: modify_field_select and resize_field_select. */
enum {
	MODIFY_PERIOD = 1 << 0,
	MODIFY_COUNT = 1 << 1,
	MODIFY_OVERRUN = 1 << 2,
	MODIFY_PERIOD_MODE = 1 << 4,
	MODIFY_ALL = MODIFY_PERIOD | MODIFY_COUNT | MODIFY_OVERRUN | MODIFY_PERIOD_MODE,
	RESIZE_SIZE = 1 << 0,
	RESIZE_PAGE_OFFSET = 1 << 1,
	RESIZE_PAGE_SIZE = 1 << 2,
	RESIZE_ALL = RESIZE_SIZE | RESIZE_PAGE_OFFSET | RESIZE_PAGE_SIZE,
};
#define OP_MOD_RESIZE	1

struct cq *cq_find(struct connectx *nic, uint32_t cqn)
{
	return cx_table_get(&nic->queues->cqs, cqn);
}

static uint32_t cq_used(const struct cq *cq)
{
	return (cq->producer - cq->consumer) & INDEX_MASK;
}

/*
 * Read the guest's consumer index, but only if the queue is full by the value that was read last.
 */
static bool cq_read_consumer(struct connectx *nic, struct cq *cq)
{
	const __be32 *record = cx_ram(nic, cq->dbr.address, RECORD_BYTES, false);

	if (!record) {
		cx_refused(nic, cq->dbr.address, RECORD_BYTES, false);
		return false;
	}
	cq->consumer = be32_to_cpu(__atomic_load_n(record, __ATOMIC_ACQUIRE)) & INDEX_MASK;
	return true;
}

/* Why there is no room for an entry; CQ_FINE when there is. */
static enum cq_error cq_check_room(struct connectx *nic, struct cq *cq)
{
	uint32_t size = 1U << cq->log_size;

	if (cq_used(cq) < size)
		return CQ_FINE;
	if (!cq_read_consumer(nic, cq))
		return CQ_ACCESS_VIOLATION;
	return cq_used(cq) < size ? CQ_FINE : CQ_OVERRUN;
}

static void cq_fail(struct connectx *nic, struct cq *cq, enum cq_error error)
{
	struct mlx5_eqe_cq_err event = {
		.cqn = cpu_to_be32(cq->cqn),
		.syndrome = error,
	};

	cq->error = error;
	if (error == CQ_OVERRUN)
		nic->queues->counters.cq_overruns++;
	else
		nic->queues->counters.cq_access_errors++;
	eq_post_async(nic, MLX5_EVENT_TYPE_CQ_ERROR, 0, &event, sizeof(event));
}

static void cq_notify(struct connectx *nic, struct cq *cq)
{
	struct mlx5_eqe_comp event = { .cqn = cpu_to_be32(cq->cqn) };

	cq->arm = CQ_FIRED;
	cq->last_notified = cq->producer;
	cq->notified_ns = engine_now_ns(nic->engine);
	engine_timer_cancel(&cq->moderation);
	eq_post(nic, cq->eq, MLX5_EVENT_TYPE_COMP, 0, &event, sizeof(event));
}

/* Whether an event is due now: there are enough completions, or there is no period to wait for. */
static bool cq_cannot_wait(const struct cq *cq)
{
	uint64_t entries = cq->producer - cq->last_notified;
	bool begun = cq->period_from_cqe || cq->last_notified;

	return !begun || !cq->max_count || !cq->period_us || entries >= cq->max_count;
}

/* Notify the guest, at once or when moderation allows. */
static void cq_moderate(struct connectx *nic, struct cq *cq)
{
	uint64_t start_ns = cq->period_from_cqe ? cq->first_ns : cq->notified_ns;
	uint64_t due_ns = start_ns + cq->period_us * 1000ULL;
	uint64_t now_ns = engine_now_ns(nic->engine);

	if (cq_cannot_wait(cq) || now_ns >= due_ns)
		cq_notify(nic, cq);
	else if (!engine_timer_armed(&cq->moderation))
		engine_timer_arm(&cq->moderation, due_ns - now_ns);
}

static void cq_moderation_over(struct engine_timer *timer)
{
	struct cq *cq = container_of(timer, struct cq, moderation);

	cq_notify(cq->nic, cq);
}

/* The first half of a 128-byte entry, which is all zero. */
static bool cq_pad(struct connectx *nic, struct cq *cq, uint64_t index)
{
	void *half = cx_buf_ptr(nic, &cq->buf, index << cq->log_stride, CQE_BYTES);

	if (half)
		memset(half, 0, CQE_BYTES);
	return half;
}

static bool cq_write(struct connectx *nic, struct cq *cq, struct mlx5_cqe64 *cqe)
{
	uint64_t index = cq->producer & ((1U << cq->log_size) - 1);
	/* The CQE is at the end of an entry. */
	uint64_t offset = ((index + 1) << cq->log_stride) - CQE_BYTES;
	struct mlx5_cqe64 *slot = cx_buf_ptr(nic, &cq->buf, offset, CQE_BYTES);
	uint64_t now = engine_now_ns(nic->engine);

	if (!slot)
		return false;
	if (cq->producer == cq->last_notified)
		cq->first_ns = now;
	if (cq->padded && !cq_pad(nic, cq, index))
		return false;
	/* Error completions have the syndrome where others have the time. */
	if (cqe->op_own >> 4 < CQE_REQ_ERR) {
		cqe->timestamp_h = cpu_to_be32(now >> 32);
		cqe->timestamp_l = cpu_to_be32(now);
	}
	cqe->op_own &= ~CQE_OWNER;
	cqe->op_own |= cq->producer >> cq->log_size & CQE_OWNER;
	memcpy(slot, cqe, offsetof(struct mlx5_cqe64, op_own));
	/* The guest polls for the owner bit: the rest has to be there first. */
	__atomic_store_n(&slot->op_own, cqe->op_own, __ATOMIC_RELEASE);
	cq->producer++;
	nic->queues->counters.cqes++;
	return true;
}

static enum cq_error cq_append(struct connectx *nic, struct cq *cq, struct mlx5_cqe64 *cqe)
{
	enum cq_error error = cq->ignore_overrun ? CQ_FINE : cq_check_room(nic, cq);

	if (error)
		return error;
	if (fault_check(&nic->queues->cq_fault, cq->cqn) == FAULT_FAIL)
		return CQ_OVERRUN;
	return cq_write(nic, cq, cqe) ? CQ_FINE : CQ_ACCESS_VIOLATION;
}

bool cq_post(struct connectx *nic, struct cq *cq, struct mlx5_cqe64 *cqe, bool solicited)
{
	enum cq_error error;

	if (cq->error)
		return false;
	error = cq_append(nic, cq, cqe);
	if (error) {
		cq_fail(nic, cq, error);
		return false;
	}
	if (solicited)
		cq->last_solicited = cq->producer;
	if (cq->arm == CQ_ARMED || (cq->arm == CQ_SOLICITED && solicited))
		cq_moderate(nic, cq);
	return true;
}

/*
 * Whether the guest does not know yet of the entry before @newest, having seen all entries before
 * @seen.
 */
static bool cq_news(const struct cq *cq, uint64_t newest, uint32_t seen)
{
	return newest > cq->last_notified && ((newest - seen) & INDEX_MASK) - 1 < INDEX_MASK / 2;
}

void cq_doorbell(struct connectx *nic, uint32_t uar, uint32_t arm, uint32_t cqn)
{
	struct cq *cq = cq_find(nic, cqn & INDEX_MASK);

	if (!cq || cq->uar != uar) {
		nic->queues->counters.stray_doorbells++;
		return;
	}
	cq->arm = arm & ARM_SOLICITED ? CQ_SOLICITED : CQ_ARMED;
	engine_timer_cancel(&cq->moderation);
	if (cq_news(cq, cq->arm == CQ_SOLICITED ? cq->last_solicited : cq->producer,
		    arm & INDEX_MASK))
		cq_moderate(nic, cq);
}

static void cq_free(struct connectx *nic, struct cq *cq)
{
	engine_timer_cancel(&cq->moderation);
	uar_release(nic, cq->uar);
	cq->eq->users--;
	cx_table_remove(&nic->queues->cqs, cq->cqn);
	cx_buf_fini(nic, &cq->buf);
	record_release(&cq->dbr);
	free(cq);
}

void cq_clear(struct connectx *nic)
{
	uint32_t cursor = 0;
	struct cq *cq;

	while ((cq = cx_table_next(&nic->queues->cqs, &cursor)))
		cq_free(nic, cq);
}

/* CREATE_CQ and MODIFY_CQ have the context, and what says where the buffer lies, in one place. */
#define SAME_PLACE(field)                                                                          \
	_Static_assert(MLX5_BYTE_OFF(create_cq_in, field) == MLX5_BYTE_OFF(modify_cq_in, field),   \
		       "one parser serves both")
SAME_PLACE(cq_context);
SAME_PLACE(pas);
_Static_assert(__mlx5_bit_off(create_cq_in, cq_umem_valid) ==
		       __mlx5_bit_off(modify_cq_in, cq_umem_valid),
	       "one parser serves both");

/* The buffer that the command describes. */
static uint8_t cq_parse_buf(struct connectx *nic, struct cmd *cmd, unsigned int log_stride,
			    struct cx_buf *buf)
{
	const void *cqc = MLX5_ADDR_OF(create_cq_in, cmd->in, cq_context);
	unsigned int log_size = MLX5_GET(cqc, cqc, log_cq_size);
	const struct ring_place place = {
		.pas = MLX5_ADDR_OF(create_cq_in, cmd->in, pas),
		.pas_bytes = cmd->in_len - MLX5_ST_SZ_BYTES(create_cq_in),
		.log_page_size = MLX5_GET(cqc, cqc, log_page_size),
		.page_offset = MLX5_GET(cqc, cqc, page_offset),
		.in_umem = MLX5_GET(create_cq_in, cmd->in, cq_umem_valid),
		.umem_id = MLX5_GET(create_cq_umem_in, cmd->in, cq_umem_id),
		.umem_offset = MLX5_GET64(create_cq_umem_in, cmd->in, cq_umem_offset),
	};

	if (log_size > CX_LOG_MAX_CQ_SZ)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	return ring_take(nic, cmd, buf, &place, 1ULL << (log_size + log_stride), true);
}

/* The queue's memory: its doorbell record and its buffer. */
static uint8_t cq_parse_memory(struct connectx *nic, struct cmd *cmd, struct cq *cq)
{
	const void *cqc = MLX5_ADDR_OF(create_cq_in, cmd->in, cq_context);
	const struct record_place record = {
		.address = MLX5_GET64(cqc, cqc, dbr_addr),
		.in_umem = MLX5_GET(cqc, cqc, dbr_umem_valid),
		.umem_id = MLX5_GET(cqc_umem, cqc, dbr_umem_id),
	};
	uint8_t status = record_take(nic, cmd, &cq->dbr, &record, RECORD_BYTES);

	if (status)
		return status;
	status = cq_parse_buf(nic, cmd, cq->log_stride, &cq->buf);
	if (status)
		record_release(&cq->dbr);
	return status;
}

static uint8_t cq_parse(struct connectx *nic, struct cmd *cmd, struct cq *cq)
{
	const void *cqc = MLX5_ADDR_OF(create_cq_in, cmd->in, cq_context);
	unsigned int stride = MLX5_GET(cqc, cqc, cqe_sz);
	unsigned int period_mode = MLX5_GET(cqc, cqc, cq_period_mode);

	cq->nic = nic;
	engine_timer_init(&cq->moderation, nic->engine, cq_moderation_over);
	cq->max_count = MLX5_GET(cqc, cqc, cq_max_count);
	cq->period_us = MLX5_GET(cqc, cqc, cq_period);
	cq->log_stride = stride == STRIDE_64 ? 6 : 7;
	cq->padded = stride == STRIDE_128_PAD;
	cq->period_from_cqe = period_mode == MLX5_CQ_PERIOD_MODE_START_FROM_CQE;
	cq->log_size = MLX5_GET(cqc, cqc, log_cq_size);
	cq->ignore_overrun = MLX5_GET(cqc, cqc, oi);
	cq->arm = CQ_FIRED;
	cq->uar = MLX5_GET(cqc, cqc, uar_page);
	cq->eq = cmd_find(cmd, &nic->queues->eqs, MLX5_GET(cqc, cqc, c_eqn_or_apu_element));
	memcpy(cq->cqc, cqc, sizeof(cq->cqc));
	/*
	 * Compression is permitted but not used: entries are written when their message ends, and
	 * only entries that are written together can be compressed. The other layout is not
	 * advertised.
	 */
	if (period_mode >= MLX5_CQ_PERIOD_NUM_MODES || stride > STRIDE_128_PAD ||
	    MLX5_GET(cqc, cqc, cqe_compression_layout))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (!cq->eq || !uar_named(nic, cmd, cq->uar))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	return cq_parse_memory(nic, cmd, cq);
}

uint8_t cq_create(struct connectx *nic, struct cmd *cmd)
{
	struct cq *cq = calloc(1, sizeof(*cq));
	int64_t number;
	uint8_t status;

	if (!cq)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = cq_parse(nic, cmd, cq);
	if (status)
		goto free_cq;
	number = cmd_add(cmd, &nic->queues->cqs, cq);
	if (number < 0) {
		status = CMD_FAIL(cmd, LIM_ERR);
		goto free_buf;
	}
	cq->cqn = number;
	cq->eq->users++;
	uar_hold(nic, cq->uar);
	MLX5_SET(create_cq_out, cmd->out, cqn, cq->cqn);
	return MLX5_CMD_STAT_OK;

free_buf:
	cx_buf_fini(nic, &cq->buf);
	record_release(&cq->dbr);
free_cq:
	free(cq);
	return status;
}

uint8_t cq_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct cq *cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(destroy_cq_in, cmd->in, cqn));

	if (!cq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (cq->users)
		return CMD_FAIL(cmd, RES_BUSY);
	cq_free(nic, cq);
	return MLX5_CMD_STAT_OK;
}

static uint8_t cq_status(const struct cq *cq)
{
	switch (cq->error) {
	case CQ_FINE:
		return MLX5_CQC_STATUS_OK;
	case CQ_OVERRUN:
		return MLX5_CQC_STATUS_CQ_OVERFLOW;
	default:
		return MLX5_CQC_STATUS_CQ_WRITE_FAIL;
	}
}

uint8_t cq_query(struct connectx *nic, struct cmd *cmd)
{
	struct cq *cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(query_cq_in, cmd->in, cqn));
	void *cqc = MLX5_ADDR_OF(query_cq_out, cmd->out, cq_context);

	if (!cq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	cq_read_consumer(nic, cq);
	memcpy(cqc, cq->cqc, sizeof(cq->cqc));
	MLX5_SET(cqc, cqc, status, cq_status(cq));
	MLX5_SET(cqc, cqc, st, cq->arm);
	MLX5_SET(cqc, cqc, last_notified_index, cq->last_notified & INDEX_MASK);
	MLX5_SET(cqc, cqc, last_solicit_index, cq->last_solicited & INDEX_MASK);
	MLX5_SET(cqc, cqc, consumer_counter, cq->consumer);
	MLX5_SET(cqc, cqc, producer_counter, cq->producer & INDEX_MASK);
	return MLX5_CMD_STAT_OK;
}

/*
 * Switch to another buffer. A last entry in the old one tells the driver, which then copies what it
 * has not consumed, each entry to the place that follows its old index.
 */
static uint8_t cq_resize(struct connectx *nic, struct cmd *cmd, struct cq *cq, uint32_t select)
{
	const void *cqc = MLX5_ADDR_OF(modify_cq_in, cmd->in, cq_context);
	struct mlx5_cqe64 last = { .op_own = CQE_RESIZE << 4 };
	unsigned int stride = MLX5_GET(cqc, cqc, cqe_sz);
	struct cx_buf buf;
	uint8_t status;

	if (select != RESIZE_ALL || stride != MLX5_GET(cqc, cq->cqc, cqe_sz))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (cq->error || cq_check_room(nic, cq))
		return CMD_FAIL(cmd, BAD_RES_STATE_ERR);
	cq_read_consumer(nic, cq);
	status = cq_parse_buf(nic, cmd, cq->log_stride, &buf);
	if (status)
		return status;
	if (cq_used(cq) >= 1U << MLX5_GET(cqc, cqc, log_cq_size)) {
		status = CMD_FAIL(cmd, BAD_SIZE_OUTS_CQES_ERR);
		goto free_buf;
	}
	if (!cq_write(nic, cq, &last)) {
		status = CMD_FAIL(cmd, BAD_RES_STATE_ERR);
		goto free_buf;
	}
	cx_buf_fini(nic, &cq->buf);
	cq->buf = buf;
	cq->log_size = MLX5_GET(cqc, cqc, log_cq_size);
	MLX5_SET(cqc, cq->cqc, log_cq_size, cq->log_size);
	MLX5_SET(cqc, cq->cqc, log_page_size, MLX5_GET(cqc, cqc, log_page_size));
	MLX5_SET(cqc, cq->cqc, page_offset, MLX5_GET(cqc, cqc, page_offset));
	return MLX5_CMD_STAT_OK;

free_buf:
	cx_buf_fini(nic, &buf);
	return status;
}

static void cq_modify_fields(struct cq *cq, const void *cqc, uint32_t select)
{
	if (select & MODIFY_OVERRUN) {
		cq->ignore_overrun = MLX5_GET(cqc, cqc, oi);
		MLX5_SET(cqc, cq->cqc, oi, cq->ignore_overrun);
	}
	if (select & MODIFY_PERIOD) {
		cq->period_us = MLX5_GET(cqc, cqc, cq_period);
		MLX5_SET(cqc, cq->cqc, cq_period, cq->period_us);
	}
	if (select & MODIFY_PERIOD_MODE) {
		cq->period_from_cqe = MLX5_GET(cqc, cqc, cq_period_mode) ==
				      MLX5_CQ_PERIOD_MODE_START_FROM_CQE;
		MLX5_SET(cqc, cq->cqc, cq_period_mode, MLX5_GET(cqc, cqc, cq_period_mode));
	}
	if (select & MODIFY_COUNT) {
		cq->max_count = MLX5_GET(cqc, cqc, cq_max_count);
		MLX5_SET(cqc, cq->cqc, cq_max_count, cq->max_count);
	}
}

uint8_t cq_modify(struct connectx *nic, struct cmd *cmd)
{
	struct cq *cq = cmd_find(cmd, &nic->queues->cqs, MLX5_GET(modify_cq_in, cmd->in, cqn));
	const void *cqc = MLX5_ADDR_OF(modify_cq_in, cmd->in, cq_context);
	uint32_t select = MLX5_GET(
		modify_cq_in, cmd->in,
		modify_field_select_resize_field_select.modify_field_select.modify_field_select);

	if (!cq)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (MLX5_GET(modify_cq_in, cmd->in, op_mod) == OP_MOD_RESIZE)
		return cq_resize(nic, cmd, cq, select);
	if (select & ~MODIFY_ALL ||
	    (select & MODIFY_PERIOD_MODE &&
	     MLX5_GET(cqc, cqc, cq_period_mode) >= MLX5_CQ_PERIOD_NUM_MODES))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	cq_modify_fields(cq, cqc, select);
	/* Apply the new moderation to completions that are waiting. */
	if (engine_timer_armed(&cq->moderation)) {
		engine_timer_cancel(&cq->moderation);
		cq_moderate(nic, cq);
	}
	return MLX5_CMD_STAT_OK;
}
