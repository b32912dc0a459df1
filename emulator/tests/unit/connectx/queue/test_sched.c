// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Scheduling elements: the tree, who may be in it, and what its limits do to send queues. */
#include <string.h>

#include "connectx/device/general_obj.h"
#include "connectx/device/objects.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/sched.h"
#include "guest_command.h"
#include "guest_transfer.h"
#include "util/macros.h"

#define TSAR		SCHEDULING_CONTEXT_ELEMENT_TYPE_TSAR
#define QUEUE_GROUP	SCHEDULING_CONTEXT_ELEMENT_TYPE_QUEUE_GROUP
#define SHARE		MODIFY_SCHEDULING_ELEMENT_IN_MODIFY_BITMASK_BW_SHARE
#define LIMIT		MODIFY_SCHEDULING_ELEMENT_IN_MODIFY_BITMASK_MAX_AVERAGE_BW
#define SIZE		5000U
#define SIZE_NS		40000000ULL	/* at 1 Mbit/s */
#define LARGE		(2 * CX_SCHED_BURST)
#define LARGE_NS	262144000ULL
#define YEAR_NS		(365ULL * 24 * 3600 * 1000000000)

struct element {
	uint16_t uid;
	uint8_t type, tsar_type, hierarchy;
	uint32_t parent, share, mbps;
};

static int setup(void **state)
{
	static struct guest_transfer sched;

	guest_transfer_create(&sched, LARGE);
	*state = &sched;
	return 0;
}

/*
 * Commands.
 */
static uint8_t element_command(struct guest_transfer *sched, uint16_t opcode, uint32_t *id,
			       uint64_t fields, const struct element *element)
{
	uint8_t in[MLX5_ST_SZ_BYTES(sched_object_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };
	void *object = MLX5_ADDR_OF(sched_object_in, in, object);
	void *context = MLX5_ADDR_OF(sched_object, object, scheduling_context);
	uint8_t status;

	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, opcode);
	MLX5_SET(general_obj_in_cmd_hdr, in, uid, element->uid);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_SCHED_ELEMENT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_id, *id);
	MLX5_SET64(sched_object, object, modify_field_select, fields);
	MLX5_SET(sched_object, object, scheduling_hierarchy,
		 element->hierarchy ? element->hierarchy : SCHEDULING_HIERARCHY_NIC);
	MLX5_SET(scheduling_context, context, element_type, element->type);
	MLX5_SET(scheduling_context, context, element_attributes.tsar.tsar_type,
		 element->tsar_type);
	MLX5_SET(scheduling_context, context, parent_element_id, element->parent);
	MLX5_SET(scheduling_context, context, bw_share, element->share);
	MLX5_SET(scheduling_context, context, max_average_bw, element->mbps);
	status = guest_try(sched->guest, in, sizeof(in), out, sizeof(out));
	if (opcode == MLX5_CMD_OP_CREATE_GENERAL_OBJECT)
		*id = MLX5_GET(general_obj_out_cmd_hdr, out, obj_id);
	return status;
}

static uint8_t try_create(struct guest_transfer *sched, const struct element *element)
{
	uint32_t id = 0;

	return element_command(sched, MLX5_CMD_OP_CREATE_GENERAL_OBJECT, &id, 0, element);
}

static uint32_t create(struct guest_transfer *sched, const struct element *element)
{
	uint32_t id = 0;

	assert_int_equal(element_command(sched, MLX5_CMD_OP_CREATE_GENERAL_OBJECT, &id, 0, element),
			 MLX5_CMD_STAT_OK);
	return id;
}

static uint8_t modify(struct guest_transfer *sched, uint32_t id, uint64_t fields,
		      const struct element *element)
{
	return element_command(sched, MLX5_CMD_OP_MODIFY_GENERAL_OBJECT, &id, fields, element);
}

static uint8_t destroy(struct guest_transfer *sched, uint16_t uid, uint32_t id)
{
	return element_command(sched, MLX5_CMD_OP_DESTROY_GENERAL_OBJECT, &id, 0,
			       &(struct element){ .uid = uid });
}

static void expect_element(struct guest_transfer *sched, uint32_t id, const struct element *element)
{
	uint8_t in[MLX5_ST_SZ_BYTES(general_obj_in_cmd_hdr)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(sched_object_out)] = { 0 };
	const void *object = MLX5_ADDR_OF(sched_object_out, out, object);
	const void *context = MLX5_ADDR_OF(sched_object, object, scheduling_context);

	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, MLX5_CMD_OP_QUERY_GENERAL_OBJECT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_SCHED_ELEMENT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_id, id);
	assert_int_equal(guest_try(sched->guest, in, sizeof(in), out,
				   MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)),
			 MLX5_CMD_STAT_BAD_OUTP_LEN_ERR);
	guest_command(sched->guest, in, sizeof(in), out, sizeof(out));
	assert_int_equal(MLX5_GET(sched_object, object, scheduling_hierarchy),
			 SCHEDULING_HIERARCHY_NIC);
	assert_int_equal(MLX5_GET(scheduling_context, context, element_type), element->type);
	assert_int_equal(MLX5_GET(scheduling_context, context, parent_element_id), element->parent);
	assert_int_equal(MLX5_GET(scheduling_context, context, bw_share), element->share);
	assert_int_equal(MLX5_GET(scheduling_context, context, max_average_bw), element->mbps);
}

static uint32_t create_root(struct guest_transfer *sched)
{
	return create(sched, &(struct element){ .type = TSAR });
}

static uint32_t create_group(struct guest_transfer *sched, uint32_t parent, uint32_t mbps)
{
	return create(sched,
		      &(struct element){ .type = QUEUE_GROUP, .parent = parent, .mbps = mbps });
}

/* The groups of a QP, by RTS2RTS_QP with @mask. */
struct membership {
	uint16_t uid;
	uint64_t mask;
	uint32_t send, answer;
	bool cut; /* the command ends within its extension */
};

static uint8_t try_join(struct guest_transfer *sched, unsigned int i,
			const struct membership *membership)
{
	uint8_t in[MLX5_ST_SZ_BYTES(modify_qp_ext_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(rts2rts_qp_out)] = { 0 };

	MLX5_SET(rts2rts_qp_in, in, opcode, MLX5_CMD_OP_RTS2RTS_QP);
	MLX5_SET(rts2rts_qp_in, in, uid, membership->uid);
	MLX5_SET(rts2rts_qp_in, in, qpn, sched->qp[i].qpn);
	MLX5_SET(modify_qp_ext_in, in, qpc_ext, 1);
	MLX5_SET64(modify_qp_ext_in, in, opt_param_mask_95_32, membership->mask);
	MLX5_SET(modify_qp_ext_in, in, qos_queue_group_id_requester, membership->send);
	MLX5_SET(modify_qp_ext_in, in, qos_queue_group_id_responder, membership->answer);
	return guest_try(sched->guest, in,
			 membership->cut ? MLX5_ST_SZ_BYTES(rts2rts_qp_in) : sizeof(in), out,
			 sizeof(out));
}

static void join(struct guest_transfer *sched, unsigned int i, uint32_t send, uint32_t answer)
{
	const struct membership membership = {
		.mask = QP_OPT_QUEUE_GROUP,
		.send = send,
		.answer = answer,
	};

	assert_int_equal(try_join(sched, i, &membership), MLX5_CMD_STAT_OK);
}

/*
 * The tree.
 */
static void elements_make_a_tree(void **state)
{
	struct guest_transfer *sched = *state;
	uint32_t root = create_root(sched);
	struct element node = { .type = TSAR, .parent = root, .share = 2, .mbps = 10 };
	struct element leaf = { .type = QUEUE_GROUP, .parent = create(sched, &node) };
	uint32_t node_id = leaf.parent, leaf_id = create(sched, &leaf);

	expect_element(sched, root, &(struct element){ .type = TSAR });
	expect_element(sched, node_id, &node);
	expect_element(sched, leaf_id, &leaf);
	assert_int_equal(sched->guest->nic->queues->tsars.count, 2);
	assert_int_equal(sched->guest->nic->queues->queue_groups.count, 1);

	/* one field of the two, and no other parent */
	assert_int_equal(modify(sched, leaf_id, SHARE,
				&(struct element){ .type = QUEUE_GROUP, .share = 3, .mbps = 4 }),
			 MLX5_CMD_STAT_OK);
	leaf.share = 3;
	expect_element(sched, leaf_id, &leaf);
	assert_int_equal(modify(sched, leaf_id, LIMIT,
				&(struct element){ .type = QUEUE_GROUP, .share = 5, .mbps = 6 }),
			 MLX5_CMD_STAT_OK);
	leaf.mbps = 6;
	expect_element(sched, leaf_id, &leaf);

	assert_int_equal(destroy(sched, 0, root), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(destroy(sched, 0, node_id), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(destroy(sched, 0, leaf_id), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy(sched, 0, leaf_id), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy(sched, 0, node_id), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy(sched, 0, root), MLX5_CMD_STAT_OK);
	assert_int_equal(sched->guest->nic->queues->tsars.count, 0);
	assert_int_equal(sched->guest->nic->queues->queue_groups.count, 0);
}

static void what_is_no_tree_is_refused(void **state)
{
	struct guest_transfer *sched = *state;
	uint32_t root = create_root(sched), leaf = create_group(sched, root, 0);
	const struct {
		struct element element;
		uint8_t status;
	} bad[] = {
		{ { .type = TSAR, .share = 1 }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = TSAR, .mbps = 1 }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = TSAR, .tsar_type = 1 }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = TSAR, .hierarchy = 2 }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = QUEUE_GROUP }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = 1, .parent = root }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = TSAR, .parent = root, .share = CX_SCHED_MAX_SHARE + 1 },
		  MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .type = TSAR, .parent = leaf }, MLX5_CMD_STAT_BAD_RES_ERR },
		{ { .type = QUEUE_GROUP, .parent = 0xffffffff }, MLX5_CMD_STAT_BAD_RES_ERR },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(try_create(sched, &bad[i].element), bad[i].status);
	assert_int_equal(modify(sched, leaf, 4, &(struct element){ .type = QUEUE_GROUP }),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(modify(sched, leaf, LIMIT, &(struct element){ .type = TSAR }),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(modify(sched, root, LIMIT, &(struct element){ .type = TSAR }),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(modify(sched, leaf + 1, LIMIT, &(struct element){ .type = QUEUE_GROUP }),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(sched->guest->nic->queues->tsars.count, 1);
	assert_int_equal(sched->guest->nic->queues->queue_groups.count, 1);
}

static void short_commands_are_refused(void **state)
{
	static const uint16_t opcodes[] = {
		MLX5_CMD_OP_CREATE_GENERAL_OBJECT,
		MLX5_CMD_OP_MODIFY_GENERAL_OBJECT,
	};
	struct guest_transfer *sched = *state;
	uint8_t in[MLX5_ST_SZ_BYTES(general_obj_in_cmd_hdr)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };

	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_SCHED_ELEMENT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_id, create_root(sched));
	for (unsigned int i = 0; i < ARRAY_SIZE(opcodes); i++) {
		MLX5_SET(general_obj_in_cmd_hdr, in, opcode, opcodes[i]);
		assert_int_equal(guest_try(sched->guest, in, sizeof(in), out, sizeof(out)),
				 MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	}
}

static void tree_has_its_limits(void **state)
{
	struct guest_transfer *sched = *state;
	struct element element = { .type = TSAR };

	for (unsigned int i = 0; i < CX_SCHED_DEPTH; i++)
		element.parent = create(sched, &element);
	assert_int_equal(try_create(sched, &element), MLX5_CMD_STAT_LIM_ERR);
	element = (struct element){ .type = QUEUE_GROUP, .parent = create_root(sched) };
	for (unsigned int i = 0; i < 1 << CX_LOG_MAX_QUEUE_GROUP; i++)
		create(sched, &element);
	assert_int_equal(try_create(sched, &element), MLX5_CMD_STAT_LIM_ERR);
}

static void users_have_their_own(void **state)
{
	struct guest_transfer *sched = *state;
	COMMAND(create_uctx, CREATE_UCTX, 0);
	uint32_t root = create_root(sched), own;
	struct element element = { .type = TSAR, .parent = root };

	guest_command(sched->guest, in, sizeof(in), out, sizeof(out));
	element.uid = MLX5_GET(create_uctx_out, out, uid);
	assert_int_equal(try_create(sched, &element), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy(sched, element.uid, root), MLX5_CMD_STAT_BAD_RES_ERR);
	element.parent = 0;
	own = create(sched, &element);
	assert_true(objects_owned(sched->guest->nic, element.uid));
	assert_int_equal(destroy(sched, element.uid, own), MLX5_CMD_STAT_OK);
	assert_false(objects_owned(sched->guest->nic, element.uid));
}

/*
 * Queue pairs.
 */
static void groups_outlive_their_qps(void **state)
{
	const uint64_t mask = QP_OPT_QUEUE_GROUP;
	struct guest_transfer *sched = *state;
	uint32_t root = create_root(sched);
	uint32_t a = create_group(sched, root, 0), b = create_group(sched, root, 0);
	const struct {
		struct membership membership;
		uint8_t status;
	} bad[] = {
		{ { .mask = mask, .send = root }, MLX5_CMD_STAT_BAD_RES_ERR },
		{ { .mask = mask, .send = a, .answer = b + 1 }, MLX5_CMD_STAT_BAD_RES_ERR },
		{ { .mask = mask | 1, .send = a }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .send = a }, MLX5_CMD_STAT_BAD_PARAM_ERR },
		{ { .mask = mask, .send = a, .cut = true }, MLX5_CMD_STAT_BAD_INP_LEN_ERR },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(try_join(sched, 0, &bad[i].membership), bad[i].status);
	assert_null(qp_find(sched->guest->nic, sched->qp[0].qpn)->send_group);

	join(sched, 0, a, b);
	assert_int_equal(destroy(sched, 0, a), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(destroy(sched, 0, b), MLX5_CMD_STAT_RES_BUSY);
	join(sched, 0, b, 0);
	assert_int_equal(destroy(sched, 0, a), MLX5_CMD_STAT_OK);
	guest_modify(sched->guest, &sched->qp[0], MLX5_CMD_OP_2RST_QP);
	assert_int_equal(destroy(sched, 0, b), MLX5_CMD_STAT_OK);

	a = create_group(sched, root, 0);
	join(sched, 1, a, a);
	guest_qp_destroy(sched->guest, &sched->qp[1]);
	assert_int_equal(destroy(sched, 0, a), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy(sched, 0, root), MLX5_CMD_STAT_OK);
}

static void post(struct guest_transfer *sched, unsigned int i, uint8_t opcode, uint32_t size)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, sched->remote, sched->rkey);
	guest_wqe_data(&wqe, sched->local, sched->lkey, size);
	guest_post(sched->guest, &sched->qp[i], &wqe, false);
}

static void expect_at(struct guest_transfer *sched, unsigned int i, uint16_t index, uint64_t at_ns)
{
	guest_expect_at(sched->guest, &sched->cq[i], CQE_REQ, index, 0, at_ns);
}

/* Of two requests of SIZE bytes, posted together, the first goes at once, the second later. */
static void expect_two(struct guest_transfer *sched, uint8_t opcode, uint64_t second_ns)
{
	uint16_t index = sched->qp[0].sq_posted;
	uint64_t begin = guest_now_ns(sched->guest);

	for (unsigned int i = 0; i < 2; i++)
		post(sched, 0, opcode, SIZE);
	expect_at(sched, 0, index, begin);
	expect_at(sched, 0, index + 1, begin + second_ns);
}

static void group_limits_what_is_sent(void **state)
{
	struct guest_transfer *sched = *state;
	uint32_t group = create_group(sched, create_root(sched), 1);

	join(sched, 0, group, 0);
	expect_two(sched, MLX5_OPCODE_RDMA_WRITE, SIZE_NS);
	/* after the second of these come two bursts, of which one waits for the other */
	post(sched, 0, MLX5_OPCODE_RDMA_WRITE, LARGE);
	expect_at(sched, 0, 2, 2 * SIZE_NS + LARGE_NS / 2);
	guest_assert_filled(guest_ptr(sched->guest, sched->remote), LARGE, 1);
	/* what was not sent meanwhile is not sent the faster */
	guest_pass(sched->guest, YEAR_NS);
	expect_two(sched, MLX5_OPCODE_RDMA_WRITE, SIZE_NS);
}

/* The first of each goes at once, and puts off the second of both. */
static void limit_is_of_all_below(void **state)
{
	struct guest_transfer *sched = *state;
	uint32_t node = create(sched, &(struct element){ .type = TSAR,
							 .parent = create_root(sched),
							 .mbps = 1 });

	for (unsigned int i = 0; i < 2; i++)
		join(sched, i, create_group(sched, node, 0), 0);
	for (unsigned int i = 0; i < 4; i++)
		post(sched, i % 2, MLX5_OPCODE_RDMA_WRITE, SIZE);
	expect_at(sched, 0, 0, 0);
	expect_at(sched, 1, 0, 0);
	expect_at(sched, 0, 1, SIZE_NS);
	expect_at(sched, 1, 1, 2 * SIZE_NS);
}

static void reads_are_paced_where_they_are_answered(void **state)
{
	struct guest_transfer *sched = *state;
	uint32_t group = create_group(sched, create_root(sched), 1);

	join(sched, 0, group, group);
	expect_two(sched, MLX5_OPCODE_RDMA_READ, 0);
	join(sched, 0, 0, 0);
	join(sched, 1, 0, group);
	expect_two(sched, MLX5_OPCODE_RDMA_READ, SIZE_NS);
}

static void limit_can_be_lifted(void **state)
{
	struct guest_transfer *sched = *state;
	uint32_t group = create_group(sched, create_root(sched), 1);

	join(sched, 0, group, 0);
	assert_int_equal(modify(sched, group, LIMIT, &(struct element){ .type = QUEUE_GROUP }),
			 MLX5_CMD_STAT_OK);
	expect_two(sched, MLX5_OPCODE_RDMA_WRITE, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, guest_transfer_teardown)
	const struct CMUnitTest tests[] = {
		TEST(elements_make_a_tree),
		TEST(what_is_no_tree_is_refused),
		TEST(short_commands_are_refused),
		TEST(tree_has_its_limits),
		TEST(users_have_their_own),
		TEST(groups_outlive_their_qps),
		TEST(group_limits_what_is_sent),
		TEST(limit_is_of_all_below),
		TEST(reads_are_paced_where_they_are_answered),
		TEST(limit_can_be_lifted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
