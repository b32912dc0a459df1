// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Stands in for a tool of perftest 25.10 or later, which registers its buffer with ibv_reg_mr_ex()
 * and, when that fails as on a system without it, with the older functions. It is the kernel below
 * the backend, too: says what is registered there, and refuses it with the error number in REFUSE.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/udmabuf.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include "shim/newer_verbs.h"
#include "tool.h"

#define SIZE 8192

static struct ibv_device device = { .name = "mlx5_0" };
static struct ibv_context context = { .device = &device };
static struct ibv_pd pd = { .context = &context };

static int fail(int error)
{
	errno = error;
	return -1;
}

static int reg_dmabuf(const struct ib_uverbs_ioctl_hdr *request)
{
	const char *refuse = getenv("REFUSE");

	for (unsigned int i = 0; i < request->num_attrs; i++)
		if (request->attrs[i].attr_id == UVERBS_ATTR_MR_TPH_NAMESPACE)
			printf("kernel: namespace %u%s\n", (unsigned int)request->attrs[i].data,
			       request->attrs[i].flags & UVERBS_ATTR_F_MANDATORY ? ", required" :
										   "");
	return refuse ? fail(atoi(refuse)) : 0;
}

int ioctl(int fd, unsigned long number, ...)
{
	const struct ib_uverbs_ioctl_hdr *request;
	va_list args;

	va_start(args, number);
	request = va_arg(args, void *);
	va_end(args);
	if (number == UDMABUF_CREATE)
		return dup(fd);
	if (number == RDMA_VERBS_IOCTL && request->object_id == UVERBS_OBJECT_MR &&
	    request->method_id == UVERBS_METHOD_REG_DMABUF_MR)
		return reg_dmabuf(request);
	return fail(EPROTONOSUPPORT);
}

/* Of /dev/udmabuf, which is opened in newest_verbs.c */
int access(const char *path, int mode)
{
	return strcmp(path, "/dev/udmabuf") ? faccessat(AT_FDCWD, path, mode, 0) : 0;
}

static struct ibv_mr *reg_newest(void *buffer, int dmabuf)
{
	struct ibv_mr_init_attr attr = {
		.length = SIZE,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_RELAXED_ORDERING,
	};

	if (dmabuf >= 0) {
		attr.comp_mask = IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_IOVA |
				 IBV_REG_MR_MASK_FD_OFFSET;
		attr.fd = dmabuf;
	} else {
		attr.comp_mask = IBV_REG_MR_MASK_ADDR;
		attr.addr = buffer;
	}
	return ibv_reg_mr_ex(&pd, &attr);
}

static struct ibv_mr *reg_older(void *buffer, int dmabuf)
{
	int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_RELAXED_ORDERING;

	if (dmabuf >= 0)
		return ibv_reg_dmabuf_mr(&pd, 0, SIZE, 0, dmabuf, access);
	return ibv_reg_mr(&pd, buffer, SIZE, access);
}

static struct ibv_mr *reg(void *buffer, int dmabuf)
{
	struct ibv_mr *mr = reg_newest(buffer, dmabuf);

	if (!mr && (errno == EOPNOTSUPP || errno == EPROTONOSUPPORT || errno == EIO))
		mr = reg_older(buffer, dmabuf);
	return mr;
}

/* The buffer is what --mmap names, a dma-buf, or the tool's own. */
int main(int argc, char **argv)
{
	static char own[SIZE];
	void *buffer = own;
	int got, index, file, dmabuf = -1;
	struct ibv_mr *mr;
	char flag[256];

	setvbuf(stdout, NULL, _IONBF, 0);
	for (;;) {
		index = -1;
		got = getopt_long(argc, argv, tool_letters, tool_flags, &index);
		if (got == -1)
			break;
		tool_flag(got, index, flag, sizeof(flag));
		if (!strcmp(flag, "--use_cuda_dmabuf"))
			dmabuf = memfd_create("dmabuf", 0);
		if (!strncmp(flag, "--mmap=", 7)) {
			file = open(optarg, O_RDWR);
			buffer = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
			close(file);
		}
	}
	mr = reg(buffer, dmabuf);
	puts(mr ? "registered" : "not registered");
	if (mr)
		ibv_dereg_mr(mr);
	return mr ? 0 : 1;
}
