// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What newer_verbs.h repeats of rdma-core for older ones is what a newer one has. The compiler sees
 * that of mlx5dv_reg_dmabuf_mr().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>

/* As with an older rdma-core, by names that do not meet those of this one */
#undef HAVE_IBV_REG_MR_EX
#define HAVE_IBV_REG_MR_EX 0
#define ibv_mr_init_attr our_mr_init_attr
#define ibv_reg_mr_ex our_reg_mr_ex
#define IBV_REG_MR_MASK_IOVA OUR_MASK_IOVA
#define IBV_REG_MR_MASK_ADDR OUR_MASK_ADDR
#define IBV_REG_MR_MASK_FD OUR_MASK_FD
#define IBV_REG_MR_MASK_FD_OFFSET OUR_MASK_FD_OFFSET
#define IBV_REG_MR_MASK_DMAH OUR_MASK_DMAH
#include "shim/newer_verbs.h"
#undef ibv_mr_init_attr
#undef ibv_reg_mr_ex
#undef IBV_REG_MR_MASK_IOVA
#undef IBV_REG_MR_MASK_ADDR
#undef IBV_REG_MR_MASK_FD
#undef IBV_REG_MR_MASK_FD_OFFSET
#undef IBV_REG_MR_MASK_DMAH

#define assert_same_member(member)                                                         \
	do {                                                                               \
		assert_int_equal(offsetof(struct our_mr_init_attr, member),                \
				 offsetof(struct ibv_mr_init_attr, member));               \
		assert_int_equal(sizeof(((struct our_mr_init_attr *)0)->member),           \
				 sizeof(((struct ibv_mr_init_attr *)0)->member));          \
	} while (0)

static void the_members_are_those_of_the_installed_header(void **state)
{
	assert_same_member(length);
	assert_same_member(access);
	assert_same_member(comp_mask);
	assert_same_member(iova);
	assert_same_member(addr);
	assert_same_member(fd);
	assert_same_member(fd_offset);
	assert_same_member(dmah);
	assert_true(sizeof(struct our_mr_init_attr) <= sizeof(struct ibv_mr_init_attr));
}

static void the_masks_are_those_of_the_installed_header(void **state)
{
	assert_int_equal((int)OUR_MASK_IOVA, (int)IBV_REG_MR_MASK_IOVA);
	assert_int_equal((int)OUR_MASK_ADDR, (int)IBV_REG_MR_MASK_ADDR);
	assert_int_equal((int)OUR_MASK_FD, (int)IBV_REG_MR_MASK_FD);
	assert_int_equal((int)OUR_MASK_FD_OFFSET, (int)IBV_REG_MR_MASK_FD_OFFSET);
	assert_int_equal((int)OUR_MASK_DMAH, (int)IBV_REG_MR_MASK_DMAH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_members_are_those_of_the_installed_header),
		cmocka_unit_test(the_masks_are_those_of_the_installed_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
