// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The model's own enums of CQE fields say what libmlx5, which reads the CQEs, takes them for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <infiniband/mlx5dv.h>

#include "connectx/completion.h"

static void test_opcodes(void **state)
{
	assert_int_equal(CQE_REQ, MLX5_CQE_REQ);
	assert_int_equal(CQE_RESP_WR_IMM, MLX5_CQE_RESP_WR_IMM);
	assert_int_equal(CQE_RESP_SEND, MLX5_CQE_RESP_SEND);
	assert_int_equal(CQE_RESP_SEND_IMM, MLX5_CQE_RESP_SEND_IMM);
	assert_int_equal(CQE_RESP_SEND_INV, MLX5_CQE_RESP_SEND_INV);
	assert_int_equal(CQE_REQ_ERR, MLX5_CQE_REQ_ERR);
	assert_int_equal(CQE_RESP_ERR, MLX5_CQE_RESP_ERR);
}

static void test_syndromes(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_syndromes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
