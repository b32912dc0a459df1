// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Stands in for a tool of perftest 25.10 or later, which registers its buffer with ibv_reg_mr_ex()
 * and, when that fails as on a system without it, with the older functions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/newer_verbs.h"
#include "tool.h"

#define SIZE 8192

static struct ibv_device device = { .name = "mlx5_0" };
static struct ibv_context context = { .device = &device };
static struct ibv_pd pd = { .context = &context };

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
