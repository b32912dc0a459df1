// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Queue pairs: their commands, states and attributes. */
#include "guest_command.h"
#include "guest_queue.h"
#include "util/macros.h"

#define NO_SUCH_NUMBER	0xabcdef

static uint32_t rc_qp(struct guest *guest, struct guest_cq *cq)
{
	struct guest_qp qp;

	guest_qp(guest, &qp, cq, MLX5_QP_ST_RC);
	return qp.qpn;
}

/* Each case spoils one field of a QP that could be created. */
static void qp_with_a_bad_field_is_refused(void **state)
{
	struct guest *guest = *state;
	struct guest_qp_attr good, bad;
	struct guest_cq cq;
	uint32_t qpn;

	guest_cq_sized(guest, &cq, 4);
	good = (struct guest_qp_attr){
		.service = MLX5_QP_ST_RC,
		.pd = guest->pd,
		.uar = guest->uar,
		.log_sq = 3,
		.send_cqn = cq.cqn,
		.recv_cqn = cq.cqn,
		.rq_type = MLX5_NON_ZERO_RQ,
		.log_rq = 3,
	};
#define REFUSED(stat, ...)                                                                         \
	do {                                                                                       \
		bad = good;                                                                        \
		__VA_ARGS__;                                                                       \
		assert_int_equal(guest_try_qp(guest, &bad, &qpn), MLX5_CMD_STAT_##stat);         \
	} while (0)
	REFUSED(BAD_PARAM_ERR, bad.service = MLX5_QP_ST_RAW_ETHERTYPE);
	REFUSED(BAD_PARAM_ERR, bad.log_sq = 15); /* more than its pages hold */
	REFUSED(BAD_RES_ERR, bad.pd = NO_SUCH_NUMBER);
	REFUSED(BAD_RES_ERR, bad.uar = 1);
	REFUSED(BAD_RES_ERR, bad.send_cqn = NO_SUCH_NUMBER);
	REFUSED(BAD_RES_ERR, bad.recv_cqn = 0);
	REFUSED(BAD_RES_ERR, bad.rq_type = MLX5_SRQ_RQ; bad.srqn = NO_SUCH_NUMBER);
	REFUSED(BAD_RES_ERR, bad.service = MLX5_QP_ST_XRC; bad.xrcd = NO_SUCH_NUMBER);
#undef REFUSED
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "qp"), 0);
	assert_int_equal(guest_try_qp(guest, &good, &qpn), MLX5_CMD_STAT_OK);
	/* the SRQ that the driver names for a DC initiator may be one that its user cannot have */
	bad = good;
	bad.service = MLX5_QP_ST_DCI;
	bad.rq_type = MLX5_SRQ_RQ;
	bad.srqn = NO_SUCH_NUMBER;
	assert_int_equal(guest_try_qp(guest, &bad, &qpn), MLX5_CMD_STAT_OK);
}

static void there_is_one_qp0_and_one_qp1(void **state)
{
	struct guest *guest = *state;
	struct guest_qp_attr attr = {
		.pd = guest->pd,
		.uar = guest->uar,
		.rq_type = MLX5_NON_ZERO_RQ,
		.log_rq = 3,
	};
	uint32_t qpn, again;
	struct guest_cq cq;

	guest_cq_sized(guest, &cq, 4);
	attr.send_cqn = attr.recv_cqn = cq.cqn;
	for (attr.service = MLX5_QP_ST_QP0; attr.service <= MLX5_QP_ST_QP1; attr.service++) {
		assert_int_equal(guest_try_qp(guest, &attr, &qpn), MLX5_CMD_STAT_OK);
		assert_true(qpn > 1);
		assert_int_equal(guest_try_qp(guest, &attr, &again), MLX5_CMD_STAT_RES_BUSY);
		assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_DESTROY_QP, qpn),
				 MLX5_CMD_STAT_OK);
		assert_int_equal(guest_try_qp(guest, &attr, &qpn), MLX5_CMD_STAT_OK);
	}
}

static uint8_t modify(struct guest *guest, uint32_t qpn, uint16_t opcode)
{
	const struct guest_path path = { .no_write = true, .no_read = true, .no_atomic = true };

	return guest_try_modify(guest, qpn, opcode, &path);
}

static uint8_t qp_state(struct guest *guest, uint32_t qpn)
{
	COMMAND(query_qp, QUERY_QP, 0);

	MLX5_SET(query_qp_in, in, qpn, qpn);
	guest_command(guest, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(qpc, MLX5_ADDR_OF(query_qp_out, out, qpc), state);
}

/* The commands by which mlx5_ib gets from each state to the next. */
static void bring_to(struct guest *guest, uint32_t qpn, uint8_t wanted)
{
	static const uint16_t way[] = {
		MLX5_CMD_OP_RST2INIT_QP,
		MLX5_CMD_OP_INIT2RTR_QP,
		MLX5_CMD_OP_RTR2RTS_QP,
	};

	assert_int_equal(modify(guest, qpn, MLX5_CMD_OP_2RST_QP), MLX5_CMD_STAT_OK);
	if (wanted == MLX5_QP_STATE_ERR)
		assert_int_equal(modify(guest, qpn, MLX5_CMD_OP_2ERR_QP), MLX5_CMD_STAT_OK);
	else
		for (unsigned int i = 0; i < wanted; i++)
			assert_int_equal(modify(guest, qpn, way[i]), MLX5_CMD_STAT_OK);
	assert_int_equal(qp_state(guest, qpn), wanted);
}

static void every_transition_is_allowed_or_refused(void **state)
{
	enum { NO = 0xff };
	static const uint8_t states[] = {
		MLX5_QP_STATE_RST, MLX5_QP_STATE_INIT, MLX5_QP_STATE_RTR,
		MLX5_QP_STATE_RTS, MLX5_QP_STATE_ERR,
	};
	static const struct {
		uint16_t opcode;
		uint8_t to[ARRAY_SIZE(states)]; /* from each of them */
	} commands[] = {
		{ MLX5_CMD_OP_RST2INIT_QP, { 1, NO, NO, NO, NO } },
		{ MLX5_CMD_OP_INIT2INIT_QP, { NO, 1, NO, NO, NO } },
		{ MLX5_CMD_OP_INIT2RTR_QP, { NO, 2, NO, NO, NO } },
		{ MLX5_CMD_OP_RTR2RTS_QP, { NO, NO, 3, NO, NO } },
		{ MLX5_CMD_OP_RTS2RTS_QP, { NO, NO, NO, 3, NO } },
		{ MLX5_CMD_OP_SQERR2RTS_QP, { NO, NO, NO, NO, NO } },
		{ MLX5_CMD_OP_2ERR_QP, { 6, 6, 6, 6, 6 } },
		{ MLX5_CMD_OP_2RST_QP, { 0, 0, 0, 0, 0 } },
	};
	struct guest *guest = *state;
	struct guest_cq cq;
	uint32_t qpn;

	guest_cq_sized(guest, &cq, 4);
	qpn = rc_qp(guest, &cq);
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(states); j++) {
			uint8_t to = commands[i].to[j];

			bring_to(guest, qpn, states[j]);
			assert_int_equal(modify(guest, qpn, commands[i].opcode),
					 to == NO ? MLX5_CMD_STAT_BAD_QP_STATE_ERR :
						    MLX5_CMD_STAT_OK);
			assert_int_equal(qp_state(guest, qpn), to == NO ? states[j] : to);
		}
	}
}

static void qp_query_gives_back_what_was_set(void **state)
{
	struct guest *guest = *state;
	COMMAND(init2rtr_qp, INIT2RTR_QP, 0);
	COMMAND_BUFFERS(query, query_qp, QUERY_QP);
	void *qpc = MLX5_ADDR_OF(init2rtr_qp_in, in, qpc);
	void *ads = MLX5_ADDR_OF(qpc, qpc, primary_address_path);
	const void *got = MLX5_ADDR_OF(query_qp_out, query_out, qpc);
	struct guest_cq cq;
	uint32_t qpn;

	guest_cq_sized(guest, &cq, 4);
	qpn = rc_qp(guest, &cq);
	bring_to(guest, qpn, MLX5_QP_STATE_INIT);
	MLX5_SET(init2rtr_qp_in, in, qpn, qpn);
	MLX5_SET(init2rtr_qp_in, in, opt_param_mask, MLX5_QP_OPTPAR_RWE);
	MLX5_SET(qpc, qpc, mtu, 3);
	MLX5_SET(qpc, qpc, log_msg_max, 30);
	MLX5_SET(qpc, qpc, remote_qpn, 0x123456);
	MLX5_SET(qpc, qpc, next_rcv_psn, 0x654321);
	MLX5_SET(qpc, qpc, min_rnr_nak, 12);
	MLX5_SET(qpc, qpc, log_rra_max, 4);
	MLX5_SET(qpc, qpc, rwe, 1);
	MLX5_SET(qpc, qpc, rre, 1); /* not in the mask: stays as it was */
	MLX5_SET(ads, ads, rlid, 0x77);
	MLX5_SET(ads, ads, sl, 5);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	MLX5_SET(query_qp_in, query_in, qpn, qpn);
	assert_int_equal(guest_try(guest, query_in, sizeof(query_in), query_out, sizeof(query_out)),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(MLX5_GET(qpc, got, state), MLX5_QP_STATE_RTR);
	assert_int_equal(MLX5_GET(qpc, got, mtu), 3);
	assert_int_equal(MLX5_GET(qpc, got, remote_qpn), 0x123456);
	assert_int_equal(MLX5_GET(qpc, got, next_rcv_psn), 0x654321);
	assert_int_equal(MLX5_GET(qpc, got, min_rnr_nak), 12);
	assert_int_equal(MLX5_GET(qpc, got, log_rra_max), 4);
	assert_int_equal(MLX5_GET(qpc, got, rwe), 1);
	assert_int_equal(MLX5_GET(qpc, got, rre), 0);
	assert_int_equal(MLX5_GET(qpc, got, primary_address_path.rlid), 0x77);
	assert_int_equal(MLX5_GET(qpc, got, primary_address_path.sl), 5);
	assert_int_equal(MLX5_GET(qpc, got, cqn_snd), cq.cqn);
}

static void attributes_out_of_range_are_refused(void **state)
{
	struct guest *guest = *state;
	COMMAND(init2rtr_qp, INIT2RTR_QP, 0);
	void *qpc = MLX5_ADDR_OF(init2rtr_qp_in, in, qpc);
	struct guest_cq cq;
	uint32_t qpn;

	guest_cq_sized(guest, &cq, 4);
	qpn = rc_qp(guest, &cq);
	bring_to(guest, qpn, MLX5_QP_STATE_INIT);
	MLX5_SET(init2rtr_qp_in, in, qpn, qpn);
	MLX5_SET(qpc, qpc, mtu, 6);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(qpc, qpc, mtu, 5);
	MLX5_SET(qpc, qpc, log_rra_max, 5);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	MLX5_SET(qpc, qpc, log_rra_max, 0);
	MLX5_SET(qpc, qpc, primary_address_path.grh, 1);
	MLX5_SET(qpc, qpc, primary_address_path.src_addr_index, 8);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(qp_state(guest, qpn), MLX5_QP_STATE_INIT);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(qp_with_a_bad_field_is_refused),
		TEST(there_is_one_qp0_and_one_qp1),
		TEST(every_transition_is_allowed_or_refused),
		TEST(qp_query_gives_back_what_was_set),
		TEST(attributes_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
