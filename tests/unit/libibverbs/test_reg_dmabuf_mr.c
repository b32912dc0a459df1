// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What ibv_tph_reg_dmabuf_mr() says to the kernel, byte for byte, and to its caller. The other side
 * of the ioctl is a uverbs device of which the tests choose the driver, the answer and the calls
 * that fail; it counts memory regions, so that one left behind is seen.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <infiniband/tph.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "util/macros.h"
#include "uverbs.h"

#define CMD_FD 77
#define PD_HANDLE 5
#define MR_HANDLE 0x1234
#define MAX_REQUEST 512

static struct {
	uint32_t driver;
	int probe_errno; /* of any call, 0: it is a uverbs device */
	int reg_errno;
	int destroy_errno;
	int import_errno;
	int plain_errno;
	int live;  /* memory regions in the kernel */
	int calls; /* ioctls that name a method that exists */
	int plain_calls;
	int system_calls; /* import and plain registration make one each, of their own */
	_Alignas(8) unsigned char request[MAX_REQUEST]; /* the last registration */
	struct ibv_mr mr;
} dev;

static struct ibv_context context = { .cmd_fd = CMD_FD };
static struct ibv_pd pd = { .context = &context, .handle = PD_HANDLE };

static const struct ibv_tph_dmabuf_mr_attr good = {
	.offset = 0x3000,
	.length = 0x123456789a,
	.iova = 0x7f0000003000,
	.fd = 9,
	.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
	.tph_namespace = IBV_TPH_NS_ST,
};

static int answer(int err)
{
	if (!err)
		return 0;
	errno = err;
	return -1;
}

static int kernel_reg(struct ib_uverbs_ioctl_hdr *hdr)
{
	unsigned int i;

	assert_true(hdr->length <= sizeof(dev.request));
	memcpy(dev.request, hdr, hdr->length);
	if (dev.reg_errno)
		return answer(dev.reg_errno);
	for (i = 0; i < hdr->num_attrs; i++)
		if (hdr->attrs[i].attr_id == UVERBS_ATTR_REG_DMABUF_MR_HANDLE)
			hdr->attrs[i].data = MR_HANDLE;
	dev.live++;
	return 0;
}

static int kernel_destroy(const struct ib_uverbs_ioctl_hdr *hdr)
{
	assert_int_equal(hdr->num_attrs, 1);
	assert_int_equal(hdr->attrs[0].attr_id, UVERBS_ATTR_DESTROY_MR_HANDLE);
	assert_int_equal(hdr->attrs[0].len, 0);
	assert_int_equal(hdr->attrs[0].flags, UVERBS_ATTR_F_MANDATORY);
	assert_int_equal(hdr->attrs[0].data, MR_HANDLE);
	dev.live--;
	return answer(dev.destroy_errno);
}

int __wrap_ioctl(int fd, unsigned long command, ...);
int __wrap_ioctl(int fd, unsigned long command, ...)
{
	struct ib_uverbs_ioctl_hdr *hdr;
	va_list args;

	va_start(args, command);
	hdr = va_arg(args, struct ib_uverbs_ioctl_hdr *);
	va_end(args);

	dev.system_calls++;
	assert_int_equal(fd, CMD_FD);
	assert_int_equal(command, RDMA_VERBS_IOCTL);
	assert_int_equal(hdr->length, sizeof(*hdr) + hdr->num_attrs * sizeof(hdr->attrs[0]));
	assert_int_equal(hdr->reserved1, 0);
	assert_int_equal(hdr->reserved2, 0);
	if (dev.probe_errno)
		return answer(dev.probe_errno);
	if (hdr->driver_id != dev.driver)
		return answer(EINVAL);
	assert_int_equal(hdr->object_id, UVERBS_OBJECT_MR);
	switch (hdr->method_id) {
	case UVERBS_METHOD_REG_DMABUF_MR:
		dev.calls++;
		return kernel_reg(hdr);
	case UVERBS_METHOD_MR_DESTROY:
		dev.calls++;
		return kernel_destroy(hdr);
	default:
		return answer(EPROTONOSUPPORT);
	}
}

struct ibv_mr *__wrap_ibv_import_mr(struct ibv_pd *mr_pd, uint32_t handle);
struct ibv_mr *__wrap_ibv_import_mr(struct ibv_pd *mr_pd, uint32_t handle)
{
	dev.system_calls++;
	assert_ptr_equal(mr_pd, &pd);
	assert_int_equal(handle, MR_HANDLE);
	if (answer(dev.import_errno))
		return NULL;
	dev.mr = (struct ibv_mr){ .context = &context,
				  .pd = &pd,
				  .handle = handle,
				  .lkey = 0x600,
				  .rkey = 0x700 };
	return &dev.mr;
}

struct ibv_mr *__wrap_ibv_reg_dmabuf_mr(struct ibv_pd *mr_pd, uint64_t offset, size_t length,
					uint64_t iova, int fd, int access);
struct ibv_mr *__wrap_ibv_reg_dmabuf_mr(struct ibv_pd *mr_pd, uint64_t offset, size_t length,
					uint64_t iova, int fd, int access)
{
	dev.plain_calls++;
	dev.system_calls++;
	assert_ptr_equal(mr_pd, &pd);
	assert_int_equal(offset, good.offset);
	assert_int_equal(length, good.length);
	assert_int_equal(iova, good.iova);
	assert_int_equal(fd, good.fd);
	assert_int_equal(access, good.access);
	return answer(dev.plain_errno) ? NULL : &dev.mr;
}

static int setup(void **state)
{
	memset(&dev, 0, sizeof(dev));
	dev.driver = RDMA_DRIVER_MLX5;
	return 0;
}

static void assert_refused(const struct ibv_tph_dmabuf_mr_attr *attr, int expected)
{
	const struct ibv_tph_dmabuf_mr_attr before = *attr;
	uint32_t handle = 99;

	errno = 0;
	assert_null(ibv_tph_reg_dmabuf_mr(&pd, attr));
	assert_int_equal(errno, expected);
	assert_int_equal(ibv_tph_reg_dmabuf_mr_handle(CMD_FD, PD_HANDLE, attr, &handle), expected);
	assert_int_equal(handle, 99);
	assert_memory_equal(attr, &before, sizeof(before));
	assert_int_equal(dev.live, 0);
}

/* Applications are compiled against these. */
static void layout_is_abi(void **state)
{
	assert_int_equal(sizeof(struct ibv_tph_dmabuf_mr_attr), 48);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, offset), 8);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, length), 16);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, iova), 24);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, fd), 32);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, access), 36);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, tph_namespace), 40);
	assert_int_equal(offsetof(struct ibv_tph_dmabuf_mr_attr, tph_flags), 44);
	assert_int_equal(IBV_TPH_NS_NONE, 0);
	assert_int_equal(IBV_TPH_NS_AUTO, 1);
	assert_int_equal(IBV_TPH_NS_ST, 2);
	assert_int_equal(IBV_TPH_NS_ST_EXT, 3);
	assert_int_equal(IBV_TPH_REQUIRE, 1);
}

/* In the order of the documentation: each row is wrong in everything that follows, too. */
static void arguments_are_checked_in_order(void **state)
{
	static const struct {
		uint64_t comp_mask;
		uint32_t tph_namespace, tph_flags;
		int expected;
	} rows[] = {
		{ 1, 4, 2, EOPNOTSUPP },
		{ 1ull << 63, IBV_TPH_NS_ST, 0, EOPNOTSUPP },
		{ 0, 4, 2, EINVAL },
		{ 0, 4, 0, EINVAL },
		{ 0, UINT32_MAX, 0, EINVAL },
		{ 0, IBV_TPH_NS_NONE, 2, EINVAL },
		{ 0, IBV_TPH_NS_ST, 1u << 31, EINVAL },
		{ 0, IBV_TPH_NS_ST, IBV_TPH_REQUIRE | 2, EINVAL },
		{ 0, IBV_TPH_NS_NONE, IBV_TPH_REQUIRE, EINVAL },
	};
	static const uint32_t drivers[] = { RDMA_DRIVER_MLX5, RDMA_DRIVER_RXE };
	struct ibv_tph_dmabuf_mr_attr attr = good;
	unsigned int i, j;

	for (j = 0; j < 2; j++) {
		dev.driver = drivers[j];
		for (i = 0; i < ARRAY_SIZE(rows); i++) {
			attr.comp_mask = rows[i].comp_mask;
			attr.tph_namespace = rows[i].tph_namespace;
			attr.tph_flags = rows[i].tph_flags;
			assert_refused(&attr, rows[i].expected);
		}
	}
	assert_int_equal(dev.calls, 0);
	assert_int_equal(dev.plain_calls, 0);
}

/* Numbers, not names, where the kernel's ABI has them. */
static void assert_request(const struct ibv_tph_dmabuf_mr_attr *attr, uint32_t driver)
{
	const uint16_t tph = attr->tph_flags & IBV_TPH_REQUIRE ? 1 : 0;
	const struct ib_uverbs_attr expected[11] = {
		{ .attr_id = 30, .len = 8, .flags = tph, .data = attr->tph_namespace },
		{ .attr_id = 31, .len = 8, .flags = tph, .data = attr->tph_flags },
		{ .attr_id = 0, .len = 0, .flags = 1, .data = 0 },
		{ .attr_id = 1, .len = 0, .flags = 1, .data = PD_HANDLE },
		{ .attr_id = 2, .len = 8, .flags = 1, .data = attr->offset },
		{ .attr_id = 3, .len = 8, .flags = 1, .data = attr->length },
		{ .attr_id = 4, .len = 8, .flags = 1, .data = attr->iova },
		{ .attr_id = 5, .len = 4, .flags = 1, .data = TPH_UVERBS_INLINE_U32(attr->fd) },
		{ .attr_id = 6, .len = 4, .flags = 1, .data = TPH_UVERBS_INLINE_U32(attr->access) },
	};
	const struct ib_uverbs_ioctl_hdr *hdr = (const void *)dev.request;
	unsigned int i;

	assert_int_equal(hdr->length, 24 + 11 * 16);
	assert_int_equal(hdr->object_id, UVERBS_OBJECT_MR);
	assert_int_equal(hdr->method_id, UVERBS_METHOD_REG_DMABUF_MR);
	assert_int_equal(hdr->num_attrs, 11);
	assert_int_equal(hdr->driver_id, driver);
	assert_memory_equal(hdr->attrs, expected, 9 * sizeof(expected[0]));
	/* The keys: mandatory output, somewhere in our memory. */
	for (i = 9; i < 11; i++) {
		assert_int_equal(hdr->attrs[i].attr_id, i - 2);
		assert_int_equal(hdr->attrs[i].len, 4);
		assert_int_equal(hdr->attrs[i].flags, 1);
		assert_int_equal(hdr->attrs[i].attr_data.reserved, 0);
		assert_true(hdr->attrs[i].data);
	}
}

static void request_has_these_bytes(void **state)
{
	static const uint32_t flags[] = { 0, IBV_TPH_REQUIRE };
	struct ibv_tph_dmabuf_mr_attr attr = good, before;
	unsigned int i;
	uint32_t handle;

	for (attr.tph_namespace = 0; attr.tph_namespace <= IBV_TPH_NS_ST_EXT; attr.tph_namespace++)
		for (i = attr.tph_namespace ? 0 : 1; i < 2; i++) {
			attr.tph_flags = attr.tph_namespace ? flags[i] : 0;
			before = attr;
			assert_non_null(ibv_tph_reg_dmabuf_mr(&pd, &attr));
			assert_request(&attr, RDMA_DRIVER_MLX5);
			memset(dev.request, 0, sizeof(dev.request));
			assert_int_equal(ibv_tph_reg_dmabuf_mr_handle(CMD_FD, PD_HANDLE, &attr,
								      &handle),
					 0);
			assert_request(&attr, RDMA_DRIVER_MLX5);
			assert_int_equal(handle, MR_HANDLE);
			assert_memory_equal(&attr, &before, sizeof(before));
		}
}

static void mr_is_what_plain_registration_gives(void **state)
{
	struct ibv_mr *mr = ibv_tph_reg_dmabuf_mr(&pd, &good);

	assert_ptr_equal(mr, &dev.mr);
	assert_ptr_equal(mr->context, &context);
	assert_ptr_equal(mr->pd, &pd);
	assert_int_equal((uintptr_t)mr->addr, good.offset);
	assert_int_equal(mr->length, good.length);
	assert_int_equal(mr->lkey, 0x600);
	assert_int_equal(mr->rkey, 0x700);
	assert_int_equal(dev.live, 1);
	assert_int_equal(dev.plain_calls, 0);
}

static void kernel_errors_pass_through(void **state)
{
	static const int errors[] = {
		EINVAL, EBADF, ENOENT, ENODEV, ENOMEM, ENOSPC, EIO, EAGAIN, EINTR, EOPNOTSUPP,
	};
	struct ibv_tph_dmabuf_mr_attr attr = good;
	unsigned int i;

	/* What is wrong without hints as well is wrong whichever way it is registered. */
	for (i = 0; i < 2 * ARRAY_SIZE(errors); i++) {
		dev.reg_errno = dev.plain_errno = errors[i / 2];
		attr.tph_flags = i % 2 ? IBV_TPH_REQUIRE : 0;
		assert_refused(&attr, errors[i / 2]);
	}
	dev.reg_errno = EPROTONOSUPPORT;
	assert_refused(&attr, EOPNOTSUPP);
}

/* What a device of the driver itself says is final, unless another one could have said it. */
static void only_a_foreign_device_is_registered_plainly(void **state)
{
	static const int errors[] = {
		ENOENT, ENODEV, ENOMEM, ENOSPC, EIO, EAGAIN, EINTR, EOPNOTSUPP,
	};
	static const int ambiguous[] = { EINVAL, EBADF, ENOTTY };
	struct ibv_tph_dmabuf_mr_attr attr = good;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		dev.reg_errno = errors[i];
		assert_refused(&attr, errors[i]);
	}
	attr.tph_flags = IBV_TPH_REQUIRE;
	for (i = 0; i < ARRAY_SIZE(ambiguous); i++) {
		dev.reg_errno = ambiguous[i];
		assert_refused(&attr, ambiguous[i]);
	}
	assert_int_equal(dev.plain_calls, 0);
}

/* ibv_reg_dmabuf_mr() makes one, whether it fails or not. */
static void at_most_one_system_call_more(void **state)
{
	static const struct {
		uint32_t driver, flags;
		int err;
		int calls;
	} rows[] = {
		{ RDMA_DRIVER_MLX5, 0, 0, 2 },
		{ RDMA_DRIVER_MLX5, IBV_TPH_REQUIRE, 0, 2 },
		{ RDMA_DRIVER_MLX5, 0, ENOMEM, 1 },
		{ RDMA_DRIVER_MLX5, IBV_TPH_REQUIRE, ENOSPC, 1 },
		{ RDMA_DRIVER_MLX5, IBV_TPH_REQUIRE, EPROTONOSUPPORT, 1 },
		/* Those that a device of another driver gives, too. */
		{ RDMA_DRIVER_MLX5, 0, EINVAL, 2 },
		{ RDMA_DRIVER_MLX5, IBV_TPH_REQUIRE, EINVAL, 2 },
		{ RDMA_DRIVER_MLX5, 0, EBADF, 2 },
		{ RDMA_DRIVER_MLX5, IBV_TPH_REQUIRE, EBADF, 2 },
		{ RDMA_DRIVER_EFA, 0, 0, 2 },
		{ RDMA_DRIVER_EFA, 0, EBADF, 2 },
		{ RDMA_DRIVER_EFA, IBV_TPH_REQUIRE, 0, 2 },
	};
	struct ibv_tph_dmabuf_mr_attr attr = good;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		dev.driver = rows[i].driver;
		dev.reg_errno = dev.plain_errno = rows[i].err;
		dev.system_calls = 0;
		attr.tph_flags = rows[i].flags;
		ibv_tph_reg_dmabuf_mr(&pd, &attr);
		assert_int_equal(dev.system_calls, rows[i].calls);
	}
}

static void failed_import_leaves_nothing(void **state)
{
	dev.import_errno = EOPNOTSUPP;
	assert_null(ibv_tph_reg_dmabuf_mr(&pd, &good));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(dev.live, 0);
	assert_int_equal(dev.calls, 2);

	/* What the caller hears is why, not that the cleaning up failed as well. */
	dev.import_errno = ENOMEM;
	dev.destroy_errno = EIO;
	assert_null(ibv_tph_reg_dmabuf_mr(&pd, &good));
	assert_int_equal(errno, ENOMEM);
}

static void other_provider_registers_plainly(void **state)
{
	struct ibv_tph_dmabuf_mr_attr attr = good;

	dev.driver = RDMA_DRIVER_RXE;
	for (attr.tph_namespace = 0; attr.tph_namespace <= IBV_TPH_NS_ST_EXT; attr.tph_namespace++)
		assert_ptr_equal(ibv_tph_reg_dmabuf_mr(&pd, &attr), &dev.mr);
	assert_int_equal(dev.plain_calls, 4);
	assert_int_equal(dev.calls, 0);

	dev.plain_errno = EBADF;
	assert_null(ibv_tph_reg_dmabuf_mr(&pd, &good));
	assert_int_equal(errno, EBADF);

	attr = good;
	attr.tph_flags = IBV_TPH_REQUIRE;
	dev.plain_calls = 0;
	assert_null(ibv_tph_reg_dmabuf_mr(&pd, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(dev.plain_calls, 0);
}

/* A context of mlx5's VFIO driver has no uverbs device behind it. */
static void context_without_uverbs_registers_plainly(void **state)
{
	struct ibv_tph_dmabuf_mr_attr attr = good;

	dev.probe_errno = EBADF;
	assert_ptr_equal(ibv_tph_reg_dmabuf_mr(&pd, &good), &dev.mr);
	dev.probe_errno = ENOTTY;
	assert_ptr_equal(ibv_tph_reg_dmabuf_mr(&pd, &good), &dev.mr);
	assert_int_equal(dev.plain_calls, 2);

	attr.tph_flags = IBV_TPH_REQUIRE;
	assert_null(ibv_tph_reg_dmabuf_mr(&pd, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(dev.plain_calls, 2);
}

static void handle_works_with_any_driver(void **state)
{
	struct ibv_tph_dmabuf_mr_attr attr = good;
	uint32_t handle;

	for (dev.driver = 0; dev.driver <= 30; dev.driver++) {
		handle = 0;
		attr.tph_flags = dev.driver % 2;
		assert_int_equal(ibv_tph_reg_dmabuf_mr_handle(CMD_FD, PD_HANDLE, &attr, &handle),
				 0);
		assert_int_equal(handle, MR_HANDLE);
		assert_request(&attr, dev.driver);
	}
	assert_int_equal(dev.plain_calls, 0);
}

static void handle_is_destroyed_with_any_driver(void **state)
{
	for (dev.driver = 0; dev.driver <= 30; dev.driver++) {
		dev.live = 1;
		assert_int_equal(ibv_tph_dereg_mr_handle(CMD_FD, MR_HANDLE), 0);
		assert_int_equal(dev.live, 0);
	}
	assert_int_equal(dev.calls, 31);
}

static void failed_destruction_says_why(void **state)
{
	static const int errors[] = { ENOENT, EBUSY, EIO };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		dev.destroy_errno = errors[i];
		assert_int_equal(ibv_tph_dereg_mr_handle(CMD_FD, MR_HANDLE), errors[i]);
	}
}

static void handle_says_what_the_fd_is(void **state)
{
	uint32_t handle = 99;

	dev.probe_errno = EBADF;
	assert_int_equal(ibv_tph_reg_dmabuf_mr_handle(CMD_FD, PD_HANDLE, &good, &handle), EBADF);
	assert_int_equal(ibv_tph_dereg_mr_handle(CMD_FD, MR_HANDLE), EBADF);
	dev.probe_errno = ENOTTY;
	assert_int_equal(ibv_tph_reg_dmabuf_mr_handle(CMD_FD, PD_HANDLE, &good, &handle), ENOTTY);
	assert_int_equal(ibv_tph_dereg_mr_handle(CMD_FD, MR_HANDLE), ENOTTY);
	dev.probe_errno = 0;
	dev.driver = 1000;
	assert_int_equal(ibv_tph_reg_dmabuf_mr_handle(CMD_FD, PD_HANDLE, &good, &handle),
			 EOPNOTSUPP);
	assert_int_equal(ibv_tph_dereg_mr_handle(CMD_FD, MR_HANDLE), EOPNOTSUPP);
	assert_int_equal(handle, 99);
	assert_int_equal(dev.calls, 0);
}

static void too_many_attributes_are_refused(void **state)
{
	struct ib_uverbs_attr attrs[TPH_UVERBS_MAX_ATTRS + 1] = {};

	assert_int_equal(tph_uverbs_ioctl(CMD_FD, RDMA_DRIVER_MLX5, UVERBS_OBJECT_MR,
					  UVERBS_METHOD_REG_DMABUF_MR, attrs,
					  TPH_UVERBS_MAX_ATTRS + 1),
			 E2BIG);
	assert_int_equal(dev.calls, 0);
	assert_int_equal(tph_uverbs_ioctl(CMD_FD, RDMA_DRIVER_MLX5, UVERBS_OBJECT_MR,
					  UVERBS_METHOD_REG_DMABUF_MR, attrs, TPH_UVERBS_MAX_ATTRS),
			 0);
	assert_int_equal(dev.calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(layout_is_abi, setup),
		cmocka_unit_test_setup(arguments_are_checked_in_order, setup),
		cmocka_unit_test_setup(request_has_these_bytes, setup),
		cmocka_unit_test_setup(mr_is_what_plain_registration_gives, setup),
		cmocka_unit_test_setup(kernel_errors_pass_through, setup),
		cmocka_unit_test_setup(only_a_foreign_device_is_registered_plainly, setup),
		cmocka_unit_test_setup(at_most_one_system_call_more, setup),
		cmocka_unit_test_setup(failed_import_leaves_nothing, setup),
		cmocka_unit_test_setup(other_provider_registers_plainly, setup),
		cmocka_unit_test_setup(context_without_uverbs_registers_plainly, setup),
		cmocka_unit_test_setup(handle_works_with_any_driver, setup),
		cmocka_unit_test_setup(handle_is_destroyed_with_any_driver, setup),
		cmocka_unit_test_setup(failed_destruction_says_why, setup),
		cmocka_unit_test_setup(handle_says_what_the_fd_is, setup),
		cmocka_unit_test_setup(too_many_attributes_are_refused, setup),
	};

	return cmocka_run_group_tests_name("libibverbs", tests, NULL, NULL);
}
