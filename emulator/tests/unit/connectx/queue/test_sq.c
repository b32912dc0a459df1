// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Send queues by themselves, and BlueFlame, as the driver's test of write combining uses them. */
#include <string.h>

#include "connectx/device/device.h"
#include "connectx/device/general_obj.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/sched.h"
#include "connectx/queue/sq.h"
#include "guest_command.h"
#include "guest_queue.h"

#define SQ_DOORBELL	0x800
#define BUFFER		0x100	/* the other of the pair of a doorbell register */
#define LOG_SQ		4
#define WQE_BYTES	64
#define STORE		8
#define BURST_NS	100000	/* how long the rest of a BlueFlame write may take */
#define SET_GROUP	(1 << 2) /* modify_bitmask */

struct test_sq {
	struct guest *guest;
	struct guest_cq cq;
	uint32_t sqn;
	uint64_t ring, dbr;
	uint16_t posted, completed;
};

static uint8_t try_create_sq(struct test_sq *sq, unsigned int log_size, uint32_t cqn)
{
	struct guest *guest = sq->guest;
	COMMAND(create_sq, CREATE_SQ, 1);
	void *sqc = MLX5_ADDR_OF(create_sq_in, in, ctx);
	void *wq = MLX5_ADDR_OF(sqc, sqc, wq);
	uint8_t status;

	sq->ring = guest_alloc(guest, WQE_BYTES << LOG_SQ);
	sq->dbr = guest_alloc(guest, GUEST_PAGE);
	MLX5_SET(sqc, sqc, cqn, cqn);
	MLX5_SET(sqc, sqc, flush_in_error_en, 1);
	MLX5_SET(wq, wq, wq_type, 1);
	MLX5_SET(wq, wq, uar_page, guest->uar);
	MLX5_SET(wq, wq, log_wq_stride, 6);
	MLX5_SET(wq, wq, log_wq_sz, log_size);
	MLX5_SET64(wq, wq, dbr_addr, sq->dbr);
	*(__be64 *)MLX5_ADDR_OF(wq, wq, pas) = cpu_to_be64(sq->ring);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	sq->sqn = MLX5_GET(create_sq_out, out, sqn);
	return status;
}

static uint8_t modify_sq(struct test_sq *sq, uint8_t from, uint8_t to)
{
	COMMAND(modify_sq, MODIFY_SQ, 0);

	MLX5_SET(modify_sq_in, in, sqn, sq->sqn);
	MLX5_SET(modify_sq_in, in, sq_state, from);
	MLX5_SET(modify_sq_in, in, ctx.state, to);
	return guest_try(sq->guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t sq_state(struct test_sq *sq)
{
	COMMAND(query_sq, QUERY_SQ, 0);

	MLX5_SET(query_sq_in, in, sqn, sq->sqn);
	assert_int_equal(guest_try(sq->guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(query_sq_out, out, sq_context.cqn), sq->cq.cqn);
	return MLX5_GET(query_sq_out, out, sq_context.state);
}

static void sq_start(struct test_sq *sq, struct guest *guest)
{
	*sq = (struct test_sq){ .guest = guest };
	guest_cq_sized(guest, &sq->cq, 6);
	assert_int_equal(try_create_sq(sq, LOG_SQ, sq->cq.cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(modify_sq(sq, MLX5_SQC_STATE_RST, MLX5_SQC_STATE_RDY), MLX5_CMD_STAT_OK);
}

/* Post a WQE to memory that asks for no completion; @wqe gets its copy, which does. */
static void post(struct test_sq *sq, uint8_t opcode, struct mlx5_wqe_ctrl_seg *wqe)
{
	struct mlx5_wqe_ctrl_seg *slot = guest_ptr(sq->guest,
						   sq->ring + (sq->posted & 15) * WQE_BYTES);

	*slot = (struct mlx5_wqe_ctrl_seg){
		.opmod_idx_opcode = cpu_to_be32(sq->posted << 8 | opcode),
		.qpn_ds = cpu_to_be32(sq->sqn << 8 | 1),
	};
	memset(wqe, 0, WQE_BYTES);
	*wqe = *slot;
	wqe->fm_ce_se = MLX5_WQE_CTRL_CQ_UPDATE;
	((__be32 *)guest_ptr(sq->guest, sq->dbr))[MLX5_SND_DBR] = cpu_to_be32(++sq->posted);
}

static void store(struct test_sq *sq, uint32_t offset, const void *data, size_t len)
{
	uint64_t at = (uint64_t)sq->guest->uar * GUEST_PAGE + SQ_DOORBELL + offset;

	assert_int_equal(pci_bar_write(sq->guest->fn, 0, at, data, len), 0);
}

/* The first @stores of the eight that a WQE is cut into. */
static void blueflame(struct test_sq *sq, uint32_t buffer, const void *wqe, unsigned int stores)
{
	for (unsigned int i = 0; i < stores; i++)
		store(sq, buffer + i * STORE, (const char *)wqe + i * STORE, STORE);
}

/* Until nothing is due; @at_ns: when that must be. */
static void run_until(struct test_sq *sq, uint64_t at_ns)
{
	while (engine_poll(sq->guest->engine, UINT64_MAX) == 1)
		;
	assert_int_equal(engine_now_ns(sq->guest->engine), at_ns);
}

static const struct mlx5_cqe64 *completion(struct test_sq *sq)
{
	const struct mlx5_cqe64 *cqe = guest_ptr(sq->guest, sq->cq.buf);

	return &cqe[sq->completed++];
}

static void expect_nop(struct test_sq *sq, uint16_t index)
{
	const struct mlx5_cqe64 *cqe = completion(sq);

	assert_int_equal(cqe->op_own, CQE_REQ << CQE_OPCODE_SHIFT);
	assert_int_equal(be16_to_cpu(cqe->wqe_counter), index);
	assert_int_equal(be32_to_cpu(cqe->sop_drop_qpn), sq->sqn);
	assert_int_equal(guest_registered(sq->guest, REGISTRY_COUNTER, "cqes"), sq->completed);
}

static void expect_error(struct test_sq *sq, uint16_t index, uint8_t syndrome)
{
	const struct mlx5_err_cqe *cqe = (const void *)completion(sq);

	assert_int_equal(cqe->op_own, CQE_REQ_ERR << CQE_OPCODE_SHIFT);
	assert_int_equal(be16_to_cpu(cqe->wqe_counter), index);
	assert_int_equal(cqe->syndrome, syndrome);
}

static void expect_nothing(struct test_sq *sq)
{
	assert_int_equal(guest_registered(sq->guest, REGISTRY_COUNTER, "cqes"), sq->completed);
}

static void blueflame_counts_when_all_of_it_has_come(void **state)
{
	__be32 wqe[WQE_BYTES / 4];
	struct test_sq sq;

	sq_start(&sq, *state);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 7);
	expect_nothing(&sq);
	store(&sq, 7 * STORE, (char *)wqe + 7 * STORE, STORE);
	expect_nop(&sq, 0);
	/* in one piece, through the other buffer */
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	store(&sq, BUFFER, wqe, sizeof(wqe));
	expect_nop(&sq, 1);
	/* and each of them once */
	run_until(&sq, 0);
	expect_nothing(&sq);
	assert_int_equal(guest_registered(*state, REGISTRY_COUNTER, "doorbells"), 2);
}

static void doorbell_alone_executes_what_memory_says(void **state)
{
	__be32 wqe[WQE_BYTES / 4];
	struct test_sq sq;

	sq_start(&sq, *state);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 1);
	run_until(&sq, BURST_NS);
	expect_nothing(&sq);
	/* the rest comes too late */
	for (unsigned int i = 1; i < 8; i++)
		store(&sq, i * STORE, (char *)wqe + i * STORE, STORE);
	expect_nothing(&sq);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 8);
	expect_nop(&sq, 1);
}

static void broken_burst_is_read_from_memory(void **state)
{
	__be32 wqe[WQE_BYTES / 4];
	struct test_sq sq;

	sq_start(&sq, *state);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 3);
	for (unsigned int i = 4; i < 8; i++)
		store(&sq, i * STORE, (char *)wqe + i * STORE, STORE);
	/* a later one does not overtake it */
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, BUFFER, wqe, 8);
	expect_nothing(&sq);
	run_until(&sq, BURST_NS);
	expect_nothing(&sq);
	assert_int_equal(sq_state(&sq), MLX5_SQC_STATE_RDY);
}

static void what_is_no_nop_ends_the_queue(void **state)
{
	__be32 wqe[WQE_BYTES / 4];
	struct test_sq sq;

	sq_start(&sq, *state);
	post(&sq, MLX5_OPCODE_SEND, (void *)wqe);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 1);
	run_until(&sq, BURST_NS);
	expect_error(&sq, 0, CQE_LOCAL_QP_OP);
	expect_error(&sq, 1, CQE_WR_FLUSH);
	expect_nothing(&sq);
	assert_int_equal(sq_state(&sq), MLX5_SQC_STATE_ERR);
	assert_int_equal(modify_sq(&sq, MLX5_SQC_STATE_ERR, MLX5_SQC_STATE_RDY),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(modify_sq(&sq, MLX5_SQC_STATE_ERR, MLX5_SQC_STATE_RST), MLX5_CMD_STAT_OK);
	assert_int_equal(sq_state(&sq), MLX5_SQC_STATE_RST);
}

static void queue_in_reset_does_nothing(void **state)
{
	__be32 wqe[WQE_BYTES / 4];
	struct test_sq sq = { .guest = *state };

	guest_cq_sized(*state, &sq.cq, 6);
	assert_int_equal(try_create_sq(&sq, LOG_SQ, sq.cq.cqn), MLX5_CMD_STAT_OK);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 8);
	run_until(&sq, 0);
	expect_nothing(&sq);
	assert_int_equal(modify_sq(&sq, MLX5_SQC_STATE_RDY, MLX5_SQC_STATE_RST),
			 MLX5_CMD_STAT_BAD_RES_STATE_ERR);
}

static void commands_refuse_what_is_wrong(void **state)
{
	struct guest *guest = *state;
	struct test_sq sq;

	sq_start(&sq, guest);
	assert_int_equal(try_create_sq(&sq, 16, sq.cq.cqn), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_create_sq(&sq, 12, sq.cq.cqn), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_create_sq(&sq, LOG_SQ, sq.cq.cqn + 1), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_SQ, 1),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_CQ, sq.cq.cqn),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "sq"), 1);
}

static void destroyed_amid_a_burst_leaves_nothing(void **state)
{
	struct guest *guest = *state;
	__be32 wqe[WQE_BYTES / 4];
	struct test_sq sq;

	sq_start(&sq, guest);
	post(&sq, MLX5_OPCODE_NOP, (void *)wqe);
	blueflame(&sq, 0, wqe, 4);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_SQ, sq.sqn), MLX5_CMD_STAT_OK);
	for (unsigned int i = 4; i < 8; i++)
		store(&sq, i * STORE, (char *)wqe + i * STORE, STORE);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_CQ, sq.cq.cqn),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "sq"), 0);
	expect_nothing(&sq);
}

static void blueflame_to_a_qp_is_one_doorbell(void **state)
{
	struct test_sq qp = { .guest = *state };
	__be32 wqe[WQE_BYTES / 4] = { 0 };
	struct guest_qp target;
	struct guest_cq cq;

	guest_cq_sized(*state, &cq, 4);
	guest_qp(*state, &target, &cq, MLX5_QP_ST_RC);
	wqe[1] = cpu_to_be32(target.qpn << 8 | 4);
	blueflame(&qp, 0, wqe, 8);
	assert_int_equal(guest_registered(*state, REGISTRY_COUNTER, "doorbells"), 1);
	/* a longer one, in whole blocks */
	store(&qp, BUFFER, wqe, sizeof(wqe));
	store(&qp, BUFFER + WQE_BYTES, wqe, sizeof(wqe));
	assert_int_equal(guest_registered(*state, REGISTRY_COUNTER, "doorbells"), 2);
	assert_int_equal(guest_registered(*state, REGISTRY_COUNTER, "doorbells_stray"), 0);
}

static uint32_t create_element(struct guest *guest, uint8_t type, uint32_t parent)
{
	uint8_t in[MLX5_ST_SZ_BYTES(sched_object_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };
	void *object = MLX5_ADDR_OF(sched_object_in, in, object);
	void *context = MLX5_ADDR_OF(sched_object, object, scheduling_context);

	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, MLX5_CMD_OP_CREATE_GENERAL_OBJECT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_SCHED_ELEMENT);
	MLX5_SET(sched_object, object, scheduling_hierarchy, SCHEDULING_HIERARCHY_NIC);
	MLX5_SET(scheduling_context, context, element_type, type);
	MLX5_SET(scheduling_context, context, parent_element_id, parent);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(general_obj_out_cmd_hdr, out, obj_id);
}

static uint8_t destroy_element(struct guest *guest, uint32_t id)
{
	uint8_t in[MLX5_ST_SZ_BYTES(general_obj_in_cmd_hdr)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };

	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, MLX5_CMD_OP_DESTROY_GENERAL_OBJECT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_SCHED_ELEMENT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_id, id);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t set_group(struct test_sq *sq, uint64_t mask, uint32_t group)
{
	COMMAND(modify_sq, MODIFY_SQ, 0);

	MLX5_SET(modify_sq_in, in, sqn, sq->sqn);
	MLX5_SET(modify_sq_in, in, sq_state, MLX5_SQC_STATE_RDY);
	MLX5_SET(modify_sq_in, in, ctx.state, MLX5_SQC_STATE_RDY);
	MLX5_SET64(modify_sq_in, in, modify_bitmask, mask);
	MLX5_SET(modify_sq_in, in, ctx.qos_queue_group_id, group);
	return guest_try(sq->guest, in, sizeof(in), out, sizeof(out));
}

static void queue_is_in_a_group(void **state)
{
	struct guest *guest = *state;
	uint32_t root, group;
	struct test_sq sq;

	sq_start(&sq, guest);
	root = create_element(guest, SCHEDULING_CONTEXT_ELEMENT_TYPE_TSAR, 0);
	group = create_element(guest, SCHEDULING_CONTEXT_ELEMENT_TYPE_QUEUE_GROUP, root);
	assert_int_equal(set_group(&sq, SET_GROUP, root), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(set_group(&sq, SET_GROUP | 1, group), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(set_group(&sq, SET_GROUP, group), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_element(guest, group), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(set_group(&sq, SET_GROUP, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(set_group(&sq, SET_GROUP, group), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_SQ, sq.sqn), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_element(guest, group), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_element(guest, root), MLX5_CMD_STAT_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blueflame_counts_when_all_of_it_has_come),
		TEST(doorbell_alone_executes_what_memory_says),
		TEST(broken_burst_is_read_from_memory),
		TEST(what_is_no_nop_ends_the_queue),
		TEST(queue_in_reset_does_nothing),
		TEST(commands_refuse_what_is_wrong),
		TEST(blueflame_to_a_qp_is_one_doorbell),
		TEST(destroyed_amid_a_burst_leaves_nothing),
		TEST(queue_is_in_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
