// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* mlx5dv_tph_query_mr(): the ioctl it makes and what it makes of the answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <infiniband/mlx5dv_tph.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/mlx5_user_ioctl_tph.h>

#include "fake_device.h"
#include "util/macros.h"

#define MR_HANDLE 41

static struct ibv_context context = { .cmd_fd = CMD_FD };
static struct ibv_mr mr = { .context = &context, .handle = MR_HANDLE };
static struct mlx5_ib_tph_mr_info kernel_info;

/* Numbers, not names, where the kernel's ABI has them. */
static void kernel_query(const struct ib_uverbs_ioctl_hdr *hdr)
{
	assert_int_equal(hdr->num_attrs, 2);
	assert_int_equal(hdr->attrs[0].attr_id, 0x1000);
	assert_int_equal(hdr->attrs[0].len, 0);
	assert_int_equal(hdr->attrs[0].flags, 1);
	assert_int_equal(hdr->attrs[0].attr_data.reserved, 0);
	assert_int_equal(hdr->attrs[0].data, MR_HANDLE);
	memcpy(output_attr(&hdr->attrs[1], 0x1001, 24), &kernel_info, sizeof(kernel_info));
}

static int setup(void **state)
{
	dev = (struct fake_device){ .driver = RDMA_DRIVER_MLX5, .method = 0x1007 };
	dev.object = UVERBS_OBJECT_MR;
	dev.query = kernel_query;
	return 0;
}

/* Applications are compiled against these. */
static void layout_is_abi(void **state)
{
	assert_int_equal(sizeof(struct mlx5dv_tph_mr_info), 32);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, source), 8);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, tph_namespace), 12);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, steering_tag), 16);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, st_index), 18);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, ph), 20);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, revalidations), 24);
	assert_int_equal(offsetof(struct mlx5dv_tph_mr_info, state), 28);
	assert_int_equal(MLX5DV_TPH_STATE_NONE, 0);
	assert_int_equal(MLX5DV_TPH_STATE_IN_EFFECT, 1);
	assert_int_equal(MLX5DV_TPH_STATE_DEGRADED, 2);
	assert_int_equal(MLX5DV_TPH_STATE_REFUSED, 3);
	assert_int_equal(MLX5DV_TPH_SOURCE_NONE, 0);
	assert_int_equal(MLX5DV_TPH_SOURCE_EXPORTER, 1);
	assert_int_equal(MLX5DV_TPH_SOURCE_DMAH, 2);
}

static void answer_is_passed_on(void **state)
{
	struct mlx5dv_tph_mr_info info = {};

	kernel_info = (struct mlx5_ib_tph_mr_info){
		.source = MLX5_IB_TPH_SOURCE_EXPORTER,
		.tph_namespace = IB_UVERBS_TPH_NS_ST_EXT,
		.revalidations = 0x89abcdef,
		.steering_tag = 0xf0a5,
		.st_index = 63,
		.ph = 3,
		.state = MLX5_IB_TPH_STATE_DEGRADED,
	};
	assert_int_equal(mlx5dv_tph_query_mr(&mr, &info), 0);
	assert_int_equal(info.comp_mask, 0);
	assert_int_equal(info.source, MLX5DV_TPH_SOURCE_EXPORTER);
	assert_int_equal(info.tph_namespace, IBV_TPH_NS_ST_EXT);
	assert_int_equal(info.revalidations, 0x89abcdef);
	assert_int_equal(info.steering_tag, 0xf0a5);
	assert_int_equal(info.st_index, 63);
	assert_int_equal(info.ph, 3);
	assert_int_equal(info.state, MLX5DV_TPH_STATE_DEGRADED);
	assert_int_equal(dev.queries, 1);
	assert_int_equal(dev.system_calls, 1);
}

static void handle_gets_the_same_answer(void **state)
{
	struct mlx5dv_tph_mr_info info = {}, of_handle = {};

	assert_int_equal(mlx5dv_tph_query_mr(&mr, &info), 0);
	assert_int_equal(mlx5dv_tph_query_mr_handle(CMD_FD, MR_HANDLE, &of_handle), 0);
	assert_memory_equal(&of_handle, &info, sizeof(info));
	assert_int_equal(dev.queries, 2);
}

static void assert_refused(uint64_t comp_mask, int expected)
{
	struct mlx5dv_tph_mr_info info, before;

	memset(&info, 0xa5, sizeof(info));
	info.comp_mask = comp_mask;
	before = info;
	assert_int_equal(mlx5dv_tph_query_mr(&mr, &info), expected);
	assert_int_equal(mlx5dv_tph_query_mr_handle(CMD_FD, MR_HANDLE, &info), expected);
	assert_memory_equal(&info, &before, sizeof(before));
}

static void unknown_fields_are_refused(void **state)
{
	assert_refused(1, EOPNOTSUPP);
	assert_refused(1ull << 63, EOPNOTSUPP);
	assert_int_equal(dev.queries, 0);
}

static void other_device_is_refused(void **state)
{
	dev.driver = RDMA_DRIVER_RXE;
	assert_refused(0, EOPNOTSUPP);
	assert_int_equal(dev.queries, 0);
}

static void failure_writes_nothing(void **state)
{
	static const int errors[] = { ENOENT, EINVAL, EBUSY, EFAULT, EIO };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		dev.query_errno = errors[i];
		assert_refused(0, errors[i]);
	}
	dev.query_errno = EPROTONOSUPPORT;
	assert_refused(0, EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(layout_is_abi, setup),
		cmocka_unit_test_setup(answer_is_passed_on, setup),
		cmocka_unit_test_setup(handle_gets_the_same_answer, setup),
		cmocka_unit_test_setup(unknown_fields_are_refused, setup),
		cmocka_unit_test_setup(other_device_is_refused, setup),
		cmocka_unit_test_setup(failure_writes_nothing, setup),
	};

	return cmocka_run_group_tests_name("mlx5_query_mr", tests, NULL, NULL);
}
