// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* mlx5dv_tph_query_device(): the ioctl it makes and what it makes of the answer. */
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

static struct ibv_context context = { .cmd_fd = CMD_FD };
static struct mlx5_ib_tph_device_info kernel_info;

/* Numbers, not names, where the kernel's ABI has them. */
static void kernel_query(const struct ib_uverbs_ioctl_hdr *hdr)
{
	assert_int_equal(hdr->num_attrs, 1);
	memcpy(output_attr(&hdr->attrs[0], 0x1000, 32), &kernel_info, sizeof(kernel_info));
}

static int setup(void **state)
{
	dev = (struct fake_device){ .driver = RDMA_DRIVER_MLX5, .method = 0x1007 };
	dev.object = UVERBS_OBJECT_DEVICE;
	dev.query = kernel_query;
	return 0;
}

/* Applications are compiled against these. */
static void layout_is_abi(void **state)
{
	assert_int_equal(sizeof(struct mlx5dv_tph_device_info), 32);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, comp_mask), 0);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, tph_namespace), 8);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, flags), 12);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, st_entries), 16);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, st_free), 20);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, st_reserved), 24);
	assert_int_equal(offsetof(struct mlx5dv_tph_device_info, st_available), 28);
	assert_int_equal(MLX5DV_TPH_DEVICE_IMPORT, 1);
	assert_int_equal(MLX5DV_TPH_DEVICE_REQUIRE, 2);
	assert_int_equal(MLX5DV_TPH_DEVICE_ENABLED, 4);
	assert_int_equal(MLX5DV_TPH_DEVICE_TABLE, 8);
	assert_int_equal(MLX5DV_TPH_DEVICE_DIRECT, 16);
}

static void answer_is_passed_on(void **state)
{
	struct mlx5dv_tph_device_info info;

	memset(&info, 0xa5, sizeof(info));
	info.comp_mask = 0;
	kernel_info = (struct mlx5_ib_tph_device_info){
		.tph_namespace = IB_UVERBS_TPH_NS_ST_EXT,
		.flags = 0x8000001f,
		.st_entries = 256,
		.st_free = 101,
		.st_reserved = 64,
		.st_available = 37,
	};
	assert_int_equal(mlx5dv_tph_query_device(&context, &info), 0);
	assert_int_equal(info.comp_mask, 0);
	assert_int_equal(info.tph_namespace, IBV_TPH_NS_ST_EXT);
	/* With bits of a newer kernel. */
	assert_int_equal(info.flags, 0x8000001f);
	assert_int_equal(info.st_entries, 256);
	assert_int_equal(info.st_free, 101);
	assert_int_equal(info.st_reserved, 64);
	assert_int_equal(info.st_available, 37);
	assert_int_equal(dev.system_calls, 1);
}

static void handle_gets_the_same_answer(void **state)
{
	struct mlx5dv_tph_device_info info = {}, of_handle = {};

	assert_int_equal(mlx5dv_tph_query_device(&context, &info), 0);
	assert_int_equal(mlx5dv_tph_query_device_handle(CMD_FD, &of_handle), 0);
	assert_memory_equal(&of_handle, &info, sizeof(info));
	assert_int_equal(dev.queries, 2);
}

static void assert_refused(uint64_t comp_mask, int expected)
{
	struct mlx5dv_tph_device_info info, before;

	memset(&info, 0xa5, sizeof(info));
	info.comp_mask = comp_mask;
	before = info;
	assert_int_equal(mlx5dv_tph_query_device(&context, &info), expected);
	assert_int_equal(mlx5dv_tph_query_device_handle(CMD_FD, &info), expected);
	assert_memory_equal(&info, &before, sizeof(before));
}

static void unknown_fields_are_refused(void **state)
{
	assert_refused(1, EOPNOTSUPP);
	assert_refused(1ull << 63, EOPNOTSUPP);
	assert_int_equal(dev.system_calls, 0);
}

static void other_device_is_refused(void **state)
{
	dev.driver = RDMA_DRIVER_RXE;
	assert_refused(0, EOPNOTSUPP);
	assert_int_equal(dev.queries, 0);
}

/* A kernel or a driver that has no such method */
static void older_kernel_is_refused(void **state)
{
	dev.method = 0;
	assert_refused(0, EOPNOTSUPP);
	assert_int_equal(dev.queries, 0);
	assert_int_equal(dev.system_calls, 2);
}

static void failure_writes_nothing(void **state)
{
	static const int errors[] = { EINVAL, EFAULT, EIO, ENOMEM };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		dev.query_errno = errors[i];
		assert_refused(0, errors[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(layout_is_abi, setup),
		cmocka_unit_test_setup(answer_is_passed_on, setup),
		cmocka_unit_test_setup(handle_gets_the_same_answer, setup),
		cmocka_unit_test_setup(unknown_fields_are_refused, setup),
		cmocka_unit_test_setup(other_device_is_refused, setup),
		cmocka_unit_test_setup(older_kernel_is_refused, setup),
		cmocka_unit_test_setup(failure_writes_nothing, setup),
	};

	return cmocka_run_group_tests_name("mlx5_query_device", tests, NULL, NULL);
}
