// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The model's own enums of CQE fields say what libmlx5, which reads the CQEs, takes them for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <infiniband/mlx5dv.h>
#include <infiniband/tm_types.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/tag_list.h"
#include "connectx/queue/wqe.h"

static void opcodes_are_those_of_libmlx5(void **state)
{
	assert_int_equal(CQE_REQ, MLX5_CQE_REQ);
	assert_int_equal(CQE_RESP_WR_IMM, MLX5_CQE_RESP_WR_IMM);
	assert_int_equal(CQE_RESP_SEND, MLX5_CQE_RESP_SEND);
	assert_int_equal(CQE_RESP_SEND_IMM, MLX5_CQE_RESP_SEND_IMM);
	assert_int_equal(CQE_RESP_SEND_INV, MLX5_CQE_RESP_SEND_INV);
	assert_int_equal(CQE_NO_PACKET, MLX5_CQE_NO_PACKET);
	assert_int_equal(CQE_REQ_ERR, MLX5_CQE_REQ_ERR);
	assert_int_equal(CQE_RESP_ERR, MLX5_CQE_RESP_ERR);
}

static void syndromes_are_those_of_libmlx5(void **state)
{
	assert_int_equal(CQE_LOCAL_LENGTH, MLX5_CQE_SYNDROME_LOCAL_LENGTH_ERR);
	assert_int_equal(CQE_LOCAL_QP_OP, MLX5_CQE_SYNDROME_LOCAL_QP_OP_ERR);
	assert_int_equal(CQE_LOCAL_PROT, MLX5_CQE_SYNDROME_LOCAL_PROT_ERR);
	assert_int_equal(CQE_WR_FLUSH, MLX5_CQE_SYNDROME_WR_FLUSH_ERR);
	assert_int_equal(CQE_MW_BIND, MLX5_CQE_SYNDROME_MW_BIND_ERR);
	assert_int_equal(CQE_BAD_RESP, MLX5_CQE_SYNDROME_BAD_RESP_ERR);
	assert_int_equal(CQE_LOCAL_ACCESS, MLX5_CQE_SYNDROME_LOCAL_ACCESS_ERR);
	assert_int_equal(CQE_REMOTE_INVAL_REQ, MLX5_CQE_SYNDROME_REMOTE_INVAL_REQ_ERR);
	assert_int_equal(CQE_REMOTE_ACCESS, MLX5_CQE_SYNDROME_REMOTE_ACCESS_ERR);
	assert_int_equal(CQE_REMOTE_OP, MLX5_CQE_SYNDROME_REMOTE_OP_ERR);
	assert_int_equal(CQE_RETRY_EXC, MLX5_CQE_SYNDROME_TRANSPORT_RETRY_EXC_ERR);
	assert_int_equal(CQE_RNR_RETRY_EXC, MLX5_CQE_SYNDROME_RNR_RETRY_EXC_ERR);
}

#define SAME_PLACE(ours, our_field, theirs, their_field)                                           \
	assert_int_equal(offsetof(struct ours, our_field), offsetof(struct theirs, their_field))

/* What programs write to a tag-matching SRQ and read from its completions. */
static void tag_matching_is_that_of_libmlx5(void **state)
{
	assert_int_equal(WQE_OPCODE_TAG_MATCHING, MLX5_OPCODE_TAG_MATCHING);
	assert_int_equal(sizeof(struct wqe_tag_seg), sizeof(struct mlx5_wqe_tm_seg));
	SAME_PLACE(wqe_tag_seg, operation, mlx5_wqe_tm_seg, opcode);
	SAME_PLACE(wqe_tag_seg, flags, mlx5_wqe_tm_seg, flags);
	SAME_PLACE(wqe_tag_seg, index, mlx5_wqe_tm_seg, index);
	SAME_PLACE(wqe_tag_seg, sw_count, mlx5_wqe_tm_seg, sw_cnt);
	SAME_PLACE(wqe_tag_seg, tag, mlx5_wqe_tm_seg, append_tag);
	SAME_PLACE(wqe_tag_seg, mask, mlx5_wqe_tm_seg, append_mask);
	assert_int_equal(sizeof(struct cqe_tag_change), sizeof(struct ibv_tmh));
	SAME_PLACE(cqe_tag_change, success, mlx5_tm_cqe, success);
	SAME_PLACE(cqe_tag_change, hw_count, mlx5_tm_cqe, hw_phase_cnt);
	assert_int_equal(CQE_TAG_SUCCESS, MLX5_TMC_SUCCESS);
	assert_int_equal(TAG_HEADER, sizeof(struct ibv_tmh));
	assert_int_equal(TAG_RENDEZVOUS, sizeof(struct ibv_tmh) + sizeof(struct ibv_rvh));
	assert_int_equal(TAG_HEADER_NO_TAG, IBV_TMH_NO_TAG);
	assert_int_equal(TAG_HEADER_RENDEZVOUS, IBV_TMH_RNDV);
	assert_int_equal(TAG_HEADER_FINISHED, IBV_TMH_FIN);
	assert_int_equal(TAG_HEADER_EAGER, IBV_TMH_EAGER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opcodes_are_those_of_libmlx5),
		cmocka_unit_test(syndromes_are_those_of_libmlx5),
		cmocka_unit_test(tag_matching_is_that_of_libmlx5),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
