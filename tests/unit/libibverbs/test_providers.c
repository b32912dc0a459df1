// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A table of providers as it is when another vendor has joined: this program brings its own, in
 * place of providers/providers.c, with mlx5 as it is and one that takes over regions its own way.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "providers.h"
#include "uverbs.h"

#define MR_HANDLE 0x4321

static struct {
	uint32_t driver;
	int reg_errno;
	int live;          /* memory regions in the kernel */
	int registrations; /* asked of the right driver */
	int plain_calls;
} dev;

static struct ibv_context context;
static struct ibv_pd pd = { .context = &context };
static struct ibv_mr mlx5_mr, other_mr, plain_mr;
static int other_errno;

static const struct ibv_tph_dmabuf_mr_attr good = {
	.offset = 0x5000,
	.length = 0x2000,
	.tph_namespace = IBV_TPH_NS_AUTO,
};

static int answer(int err)
{
	if (!err)
		return 0;
	errno = err;
	return -1;
}

static struct ibv_mr *other_import(struct ibv_pd *mr_pd, uint32_t mr_handle,
				   const struct ibv_tph_dmabuf_mr_attr *attr)
{
	assert_ptr_equal(mr_pd, &pd);
	assert_int_equal(mr_handle, MR_HANDLE);
	assert_int_equal(attr->offset, good.offset);
	return answer(other_errno) ? NULL : &other_mr;
}

static const struct tph_provider other = {
	.driver_id = RDMA_DRIVER_BNXT_RE,
	.import_mr = other_import,
};

const struct tph_provider *const tph_providers[] = { &tph_provider_mlx5, &other, NULL };

int __wrap_ioctl(int fd, unsigned long command, ...);
int __wrap_ioctl(int fd, unsigned long command, ...)
{
	struct ib_uverbs_ioctl_hdr *hdr;
	va_list args;
	unsigned int i;

	va_start(args, command);
	hdr = va_arg(args, struct ib_uverbs_ioctl_hdr *);
	va_end(args);

	if (hdr->driver_id != dev.driver)
		return answer(EINVAL);
	switch (hdr->method_id) {
	case UVERBS_METHOD_REG_DMABUF_MR:
		dev.registrations++;
		if (dev.reg_errno)
			return answer(dev.reg_errno);
		for (i = 0; i < hdr->num_attrs; i++)
			if (hdr->attrs[i].attr_id == UVERBS_ATTR_REG_DMABUF_MR_HANDLE)
				hdr->attrs[i].data = MR_HANDLE;
		dev.live++;
		return 0;
	case UVERBS_METHOD_MR_DESTROY:
		assert_int_equal(hdr->attrs[0].data, MR_HANDLE);
		dev.live--;
		return 0;
	default:
		return answer(EPROTONOSUPPORT);
	}
}

struct ibv_mr *__wrap_ibv_import_mr(struct ibv_pd *mr_pd, uint32_t handle);
struct ibv_mr *__wrap_ibv_import_mr(struct ibv_pd *mr_pd, uint32_t handle)
{
	assert_int_equal(handle, MR_HANDLE);
	return &mlx5_mr;
}

struct ibv_mr *__wrap_ibv_reg_dmabuf_mr(struct ibv_pd *mr_pd, uint64_t offset, size_t length,
					uint64_t iova, int fd, int access);
struct ibv_mr *__wrap_ibv_reg_dmabuf_mr(struct ibv_pd *mr_pd, uint64_t offset, size_t length,
					uint64_t iova, int fd, int access)
{
	dev.plain_calls++;
	return &plain_mr;
}

static int setup(void **state)
{
	memset(&dev, 0, sizeof(dev));
	other_errno = 0;
	return 0;
}

/* With and without REQUIRE: whose device it is does not depend on what is asked for. */
static struct ibv_mr *registered_by(uint32_t driver, uint32_t flags)
{
	struct ibv_tph_dmabuf_mr_attr attr = good;

	dev.driver = driver;
	attr.tph_flags = flags;
	return ibv_tph_reg_dmabuf_mr(&pd, &attr);
}

static void each_device_has_its_provider(void **state)
{
	assert_ptr_equal(registered_by(RDMA_DRIVER_MLX5, 0), &mlx5_mr);
	assert_ptr_equal(registered_by(RDMA_DRIVER_MLX5, IBV_TPH_REQUIRE), &mlx5_mr);
	assert_ptr_equal(registered_by(RDMA_DRIVER_BNXT_RE, 0), &other_mr);
	assert_ptr_equal(registered_by(RDMA_DRIVER_BNXT_RE, IBV_TPH_REQUIRE), &other_mr);
	assert_int_equal(dev.registrations, 4);
	assert_int_equal(dev.plain_calls, 0);
}

static void a_device_of_none_registers_plainly(void **state)
{
	assert_ptr_equal(registered_by(RDMA_DRIVER_EFA, 0), &plain_mr);
	assert_null(registered_by(RDMA_DRIVER_EFA, IBV_TPH_REQUIRE));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(dev.plain_calls, 1);
}

/* What the second driver says is the answer, though the first one's id was tried before. */
static void errors_are_of_the_device(void **state)
{
	dev.reg_errno = ENOSPC;
	assert_null(registered_by(RDMA_DRIVER_BNXT_RE, IBV_TPH_REQUIRE));
	assert_int_equal(errno, ENOSPC);
	dev.reg_errno = EINVAL;
	assert_null(registered_by(RDMA_DRIVER_BNXT_RE, IBV_TPH_REQUIRE));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(dev.plain_calls, 0);
}

static void failed_import_leaves_nothing(void **state)
{
	other_errno = ENOMEM;
	assert_null(registered_by(RDMA_DRIVER_BNXT_RE, 0));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(dev.registrations, 1);
	assert_int_equal(dev.live, 0);
	assert_int_equal(dev.plain_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_device_has_its_provider, setup),
		cmocka_unit_test_setup(a_device_of_none_registers_plainly, setup),
		cmocka_unit_test_setup(errors_are_of_the_device, setup),
		cmocka_unit_test_setup(failed_import_leaves_nothing, setup),
	};

	return cmocka_run_group_tests_name("providers", tests, NULL, NULL);
}
