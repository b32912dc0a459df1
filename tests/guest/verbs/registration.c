// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Registration on a NIC with an ST table and the 8-bit namespace: errors, handles, tags that change
 * and tags that run out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "tap.h"
#include "util/macros.h"
#include "uverbs.h"

#define ST_ENTRIES 64	/* of the NIC */
#define TAGS 24		/* of them for a process: half of what is not the first nor for CPUs */
#define PAGE 4096

/* In place of libc's, for the libraries as well: registrations make no other system calls. */
static unsigned int ioctls;

int ioctl(int fd, unsigned long command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	ioctls++;
	return syscall(SYS_ioctl, fd, command, argument);
}

static struct mlx5dv_tph_mr_info query(struct ibv_mr *mr)
{
	struct mlx5dv_tph_mr_info info = {};
	int err = mlx5dv_tph_query_mr(mr, &info);

	if (err)
		tap_bail_out("query: %s", strerror(err));
	return info;
}

static struct ibv_mr *must_register(const struct fixture *fixture,
				    const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct ibv_mr *mr = ibv_tph_reg_dmabuf_mr(fixture->pd, attr);

	if (!mr)
		tap_bail_out("cannot register: %s", strerror(errno));
	return mr;
}

static void errors(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr good = fixture_attr(fixture, IBV_TPH_NS_ST,
								IBV_TPH_REQUIRE);
	struct ibv_tph_dmabuf_mr_attr attr;
	int not_dmabuf = open("/dev/null", O_RDWR | O_CLOEXEC);

	tap_errno(fixture_try(fixture, &good), 0, "what the following change registers");
	attr = good;
	attr.comp_mask = 1;
	tap_errno(fixture_try(fixture, &attr), EOPNOTSUPP, "unknown field");
	attr = good;
	attr.tph_namespace = IBV_TPH_NS_ST_EXT + 1;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "unknown namespace");
	attr = good;
	attr.tph_flags = 2;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "unknown flag");
	attr = good;
	attr.fd = 1000;
	tap_errno(fixture_try(fixture, &attr), EBADF, "fd that is not open");
	attr.fd = not_dmabuf;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "fd of another file");
	attr = good;
	attr.iova = 1;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "iova and offset differ within the page");
	attr = good;
	attr.length = FIXTURE_LENGTH + 1;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "longer than the dma-buf");
	attr = good;
	attr.offset = attr.iova = FIXTURE_LENGTH;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "beyond the dma-buf");
	attr = good;
	attr.access = IBV_ACCESS_REMOTE_WRITE;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "remote write without local write");
	attr = good;
	attr.access |= 1 << 30;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "unknown access flag");
	close(not_dmabuf);
}

static struct ibv_mr *reg_stock(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	return ibv_reg_dmabuf_mr(pd, attr->offset, attr->length, attr->iova, attr->fd,
				 attr->access);
}

static int try_stock(struct fixture *fixture, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct ibv_mr *mr = reg_stock(fixture->pd, attr);

	return mr ? ibv_dereg_mr(mr) : errno;
}

/* Middleware registers nothing to see what is supported, and goes by the errno. */
static void probes(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr plain = fixture_attr(fixture, IBV_TPH_NS_NONE, 0);
	const struct {
		const char *what;
		int fd;
		uint64_t length;
		int err;
	} cases[] = {
		{ "no dma-buf", -1, plain.length, EBADF },
		{ "nothing of no dma-buf", -1, 0, EBADF },
		{ "nothing of a dma-buf", plain.fd, 0, EINVAL },
	};
	struct ibv_tph_dmabuf_mr_attr attr = plain;
	size_t i;

	/* Nothing is published either: that is not looked at before there is a dma-buf */
	fixture_publish(fixture, 0, 0, 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		attr.fd = cases[i].fd;
		attr.length = cases[i].length;
		attr.tph_namespace = IBV_TPH_NS_AUTO;
		attr.tph_flags = 0;
		tap_errno(try_stock(fixture, &attr), cases[i].err, "%s, ibv_reg_dmabuf_mr()",
			  cases[i].what);
		tap_errno(fixture_try(fixture, &attr), cases[i].err, "%s, AUTO", cases[i].what);
		attr.tph_flags = IBV_TPH_REQUIRE;
		tap_errno(fixture_try(fixture, &attr), cases[i].err, "%s, REQUIRE", cases[i].what);
		attr.tph_namespace = IBV_TPH_NS_ST_EXT;
		tap_errno(fixture_try(fixture, &attr), cases[i].err,
			  "%s, REQUIRE of the other namespace", cases[i].what);
	}
	attr = plain;
	attr.tph_namespace = IBV_TPH_NS_AUTO;
	attr.tph_flags = IBV_TPH_REQUIRE;
	attr.iova = 1;
	attr.fd = -1;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "the iova comes before the fd");
	attr.iova = 0;
	attr.access = IBV_ACCESS_REMOTE_WRITE;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "so does the access");
	attr.access = plain.access;
	attr.offset = attr.iova = PAGE;
	attr.length = UINT64_MAX;
	tap_errno(fixture_try(fixture, &attr), EINVAL, "so does an end beyond 64 bits");
	tap_errno(try_stock(fixture, &attr), EINVAL, "so it does, ibv_reg_dmabuf_mr()");
	fixture_publish(fixture, VFIO_TPH_TAG_ST, 0x5a, 1);
}

static void part_of_the_buffer(struct fixture *fixture)
{
	struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_ST, IBV_TPH_REQUIRE);
	struct ibv_mr *mr;

	attr.offset = PAGE + 0x123;
	attr.length = 2 * PAGE + 1;
	attr.iova = 0x7f0000000123;
	mr = must_register(fixture, &attr);
	tap_ok((uintptr_t)mr->addr == attr.offset && mr->length == attr.length,
	       "addr is the offset and length the length, as of ibv_reg_dmabuf_mr()");
	tap_errno(ibv_dereg_mr(mr), 0, "it deregisters");
}

typedef struct ibv_mr *reg_function(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr);

/* Of the registration alone, which fails with @err. */
static unsigned int ioctls_of(const struct fixture *fixture, reg_function *reg,
			      const struct ibv_tph_dmabuf_mr_attr *attr, int err)
{
	unsigned int count;
	struct ibv_mr *mr;

	ioctls = 0;
	errno = 0;
	mr = reg(fixture->pd, attr);
	count = ioctls;
	if (errno != err)
		tap_bail_out("a registration gets %s, not %s", strerror(errno), strerror(err));
	if (mr)
		ibv_dereg_mr(mr);
	return count;
}

/* Two tests: as it is, and insisted on. */
static void costs_one_more(const struct fixture *fixture, const struct ibv_tph_dmabuf_mr_attr *attr,
			   int err, const char *what)
{
	unsigned int plain = ioctls_of(fixture, reg_stock, attr, err), ours;
	struct ibv_tph_dmabuf_mr_attr changed = *attr;
	uint32_t require;

	for (require = 0; require <= IBV_TPH_REQUIRE; require++) {
		changed.tph_flags = require;
		ours = ioctls_of(fixture, ibv_tph_reg_dmabuf_mr, &changed, err);
		if (!tap_ok(plain && ours <= plain + 1, "%s%s: one system call more", what,
			    require ? ", required" : ""))
			tap_note("%u, plain registration %u", ours, plain);
	}
}

static void system_calls(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr good = fixture_attr(fixture, IBV_TPH_NS_ST, 0);
	struct ibv_tph_dmabuf_mr_attr attr = good;
	struct ibv_mr *mr;

	costs_one_more(fixture, &good, 0, "a registration");
	attr.fd = -1;
	costs_one_more(fixture, &attr, EBADF, "no dma-buf");
	attr = good;
	attr.length = FIXTURE_LENGTH + 1;
	costs_one_more(fixture, &attr, EINVAL, "longer than the dma-buf");
	mr = must_register(fixture, &good);
	ioctls = 0;
	query(mr);
	tap_ok(ioctls == 1, "and a query makes one");
	ibv_dereg_mr(mr);
}

static int destroy_handle(struct fixture *fixture, uint32_t handle)
{
	struct ib_uverbs_attr attr = TPH_UVERBS_HANDLE(UVERBS_ATTR_DESTROY_MR_HANDLE, handle);

	return tph_uverbs_ioctl(fixture->context->cmd_fd, RDMA_DRIVER_MLX5, UVERBS_OBJECT_MR,
				UVERBS_METHOD_MR_DESTROY, &attr, 1);
}

static void handles(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_ST,
								IBV_TPH_REQUIRE);
	int cmd_fd = fixture->context->cmd_fd, not_uverbs = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct mlx5dv_tph_mr_info info = {};
	struct ibv_mr mr = { .context = fixture->context };
	uint32_t handle = 0, pd = fixture->pd->handle;

	tap_errno(ibv_tph_reg_dmabuf_mr_handle(cmd_fd, pd, &attr, &handle), 0, "a handle");
	mr.handle = handle;
	tap_ok(query(&mr).source == MLX5DV_TPH_SOURCE_EXPORTER, "its region has the tag");
	tap_errno(ibv_dealloc_pd(fixture->pd), EBUSY, "its protection domain is busy");
	tap_errno(destroy_handle(fixture, handle), 0, "it is the caller's to destroy");
	tap_errno(mlx5dv_tph_query_mr(&mr, &info), ENOENT, "the query does not find it any more");
	mr.handle = pd;
	tap_errno(ibv_tph_reg_dmabuf_mr_handle(cmd_fd, 0x7fff, &attr, &handle), ENOENT,
		  "no such protection domain");
	tap_errno(ibv_tph_reg_dmabuf_mr_handle(1000, pd, &attr, &handle), EBADF,
		  "no such uverbs device");
	tap_errno(ibv_tph_reg_dmabuf_mr_handle(not_uverbs, pd, &attr, &handle), ENOTTY,
		  "not a uverbs device");
	close(not_uverbs);
}

static void ordinary_regions_have_no_tph(struct fixture *fixture)
{
	char page[PAGE];
	struct ibv_mr *mr = ibv_reg_mr(fixture->pd, page, sizeof(page), IBV_ACCESS_LOCAL_WRITE);

	if (!mr)
		tap_bail_out("ibv_reg_mr: %s", strerror(errno));
	tap_ok(query(mr).source == MLX5DV_TPH_SOURCE_NONE, "memory of the process has no TPH");
	ibv_dereg_mr(mr);
}

/* A registration keeps what it found; the next one finds what is published then. */
static void tags_change(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_AUTO, 0);
	struct mlx5dv_tph_mr_info one, two, three, four;
	struct ibv_mr *mr[4];
	int i;

	fixture_publish(fixture, VFIO_TPH_TAG_ST, 0x11, 1);
	mr[0] = must_register(fixture, &attr);
	mr[1] = must_register(fixture, &attr);
	fixture_publish(fixture, VFIO_TPH_TAG_ST, 0x22, 3);
	mr[2] = must_register(fixture, &attr);
	fixture_publish(fixture, 0, 0, 0);
	mr[3] = must_register(fixture, &attr);
	one = query(mr[0]);
	two = query(mr[1]);
	three = query(mr[2]);
	four = query(mr[3]);
	tap_ok(one.steering_tag == 0x11 && one.ph == 1, "the first keeps its tag");
	tap_ok(one.st_index == two.st_index, "two of the same tag share an entry of the table");
	tap_ok(three.steering_tag == 0x22 && three.ph == 3 && three.st_index != one.st_index,
	       "the next has the tag of then, in an entry of its own");
	tap_ok(four.source == MLX5DV_TPH_SOURCE_NONE, "after clearing there is none");
	for (i = 0; i < 4; i++)
		ibv_dereg_mr(mr[i]);
}

static void tag_zero_is_a_tag(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_ST,
								IBV_TPH_REQUIRE);
	struct mlx5dv_tph_mr_info info;
	struct ibv_mr *mr;

	fixture_publish(fixture, VFIO_TPH_TAG_ST, 0, 3);
	mr = must_register(fixture, &attr);
	info = query(mr);
	tap_ok(info.source == MLX5DV_TPH_SOURCE_EXPORTER && !info.steering_tag && info.ph == 3 &&
		       !info.st_index,
	       "tag 0 is published as any other, and needs no entry");
	ibv_dereg_mr(mr);
}

static void tags_run_out(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr require = fixture_attr(fixture, IBV_TPH_NS_ST,
								   IBV_TPH_REQUIRE);
	const struct ibv_tph_dmabuf_mr_attr prefer = fixture_attr(fixture, IBV_TPH_NS_ST, 0);
	struct ibv_mr *mr[TAGS], *without;
	bool tagged = true;
	int i;

	for (i = 0; i < TAGS; i++) {
		fixture_publish(fixture, VFIO_TPH_TAG_ST, 1 + i, 2);
		mr[i] = must_register(fixture, &require);
		tagged = tagged && query(mr[i]).steering_tag == 1 + i;
	}
	tap_ok(tagged, "as many tags as a process can have");
	fixture_publish(fixture, VFIO_TPH_TAG_ST, 1 + TAGS, 2);
	tap_errno(fixture_try(fixture, &require), ENOSPC, "one more, required");
	without = must_register(fixture, &prefer);
	tap_ok(query(without).source == MLX5DV_TPH_SOURCE_NONE, "one more, preferred: without TPH");
	ibv_dereg_mr(without);
	ibv_dereg_mr(mr[7]);
	tap_errno(fixture_try(fixture, &require), 0, "one more, after another has gone");
	for (i = 0; i < TAGS; i++)
		if (i != 7)
			ibv_dereg_mr(mr[i]);
}

/* More registrations than there are entries, one after the other: each gives its entry back. */
static void entries_come_back(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_ST,
								IBV_TPH_REQUIRE);
	int i, err = 0;

	for (i = 1; i <= 3 * ST_ENTRIES && !err; i++) {
		fixture_publish(fixture, VFIO_TPH_TAG_ST, i, 2);
		err = fixture_try(fixture, &attr);
	}
	tap_errno(err, 0, "three times as many tags, one after the other");
}

static void forked(struct fixture *fixture)
{
	const struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_ST,
								IBV_TPH_REQUIRE);
	struct mlx5dv_tph_mr_info info = {};
	struct ibv_mr *mr;
	int status = 0;
	pid_t child;

	fixture_publish(fixture, VFIO_TPH_TAG_ST, 0x33, 1);
	mr = must_register(fixture, &attr);
	fflush(stdout);
	child = fork();
	if (!child)
		_exit(mlx5dv_tph_query_mr(mr, &info) || info.steering_tag != 0x33);
	if (child < 0 || waitpid(child, &status, 0) != child)
		tap_bail_out("cannot fork: %s", strerror(errno));
	tap_ok(WIFEXITED(status) && !WEXITSTATUS(status), "a child can query a region");
	tap_ok(query(mr).state == MLX5DV_TPH_STATE_IN_EFFECT, "which stays when the child ends");
	ibv_dereg_mr(mr);
}

static void revoked(struct fixture *fixture)
{
	struct ibv_tph_dmabuf_mr_attr attr = fixture_attr(fixture, IBV_TPH_NS_NONE, 0);

	vfio_tph_close(fixture->accelerator);
	fixture->accelerator = NULL;
	tap_errno(fixture_try(fixture, &attr), ENODEV, "the exporter has gone");
	/* Whose tag is not looked at any more */
	attr.tph_namespace = IBV_TPH_NS_ST_EXT;
	attr.tph_flags = IBV_TPH_REQUIRE;
	tap_errno(fixture_try(fixture, &attr), ENODEV,
		  "the exporter has gone, REQUIRE of the other namespace");
}

int main(void)
{
	struct mlx5dv_tph_device_info device = {};
	struct fixture fixture;

	tap_plan(33 + 3 * 4 + 4 + 3 * 2 + 1 + 2 + 1);
	fixture_open(&fixture, NULL);
	if (mlx5dv_tph_query_device(fixture.context, &device) ||
	    device.tph_namespace != IBV_TPH_NS_ST)
		tap_bail_out("the NIC does not emit 8-bit tags");
	fixture_publish(&fixture, VFIO_TPH_TAG_ST, 0x5a, 1);
	errors(&fixture);
	probes(&fixture);
	part_of_the_buffer(&fixture);
	system_calls(&fixture);
	handles(&fixture);
	ordinary_regions_have_no_tph(&fixture);
	tags_change(&fixture);
	tag_zero_is_a_tag(&fixture);
	tags_run_out(&fixture);
	entries_come_back(&fixture);
	forked(&fixture);
	revoked(&fixture);
	fixture_close(&fixture);
	return tap_status();
}
