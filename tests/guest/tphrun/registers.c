// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A program that knows nothing of hints: registers a device's memory as middleware does, and says
 * what it got.
 *
 * usage: tphrun_registers none|ST:PH|ACTION...
 *
 * What the memory's owner publishes, and what the program does then, in turn. Each action prints a
 * line: the keys and the system calls of what was registered, or the name of an errno.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "tap.h"
#include "util/macros.h"

typedef struct ibv_mr *reg_mlx5(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
				int fd, int access, int mlx5_access);

/* In place of libc's, for the libraries as well: all that a registration calls. */
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

static struct ibv_mr *reg_by_libibverbs(const struct fixture *fixture, int fd)
{
	return ibv_reg_dmabuf_mr(fixture->pd, 0, FIXTURE_LENGTH, 0, fd, FIXTURE_ACCESS);
}

/* libmlx5 comes after the start, and what is in front of it stays there. */
static struct ibv_mr *reg_by_libmlx5(const struct fixture *fixture, int flags)
{
	reg_mlx5 *reg;

	if (!dlopen("libmlx5.so.1", RTLD_NOW | RTLD_GLOBAL))
		tap_bail_out("%s", dlerror());
	*(void **)&reg = dlsym(RTLD_DEFAULT, "mlx5dv_reg_dmabuf_mr");
	if (!reg)
		tap_bail_out("%s", dlerror());
	return reg(fixture->pd, 0, FIXTURE_LENGTH, 0, fixture->dmabuf_fd, FIXTURE_ACCESS, flags);
}

static bool say_result(const struct ibv_mr *mr)
{
	if (mr)
		printf("%#x %#x %u\n", mr->lkey, mr->rkey, ioctls);
	else
		printf("%s\n", strerrorname_np(errno));
	return mr;
}

static void end(struct ibv_mr *mr)
{
	int err = say_result(mr) ? ibv_dereg_mr(mr) : 0;

	if (err)
		tap_bail_out("ibv_dereg_mr: %s", strerror(err));
}

static void dmabuf(struct fixture *fixture)
{
	end(reg_by_libibverbs(fixture, fixture->dmabuf_fd));
}

static void too_long(struct fixture *fixture)
{
	end(ibv_reg_dmabuf_mr(fixture->pd, 0, FIXTURE_LENGTH + 1, 0, fixture->dmabuf_fd,
			      FIXTURE_ACCESS));
}

static void probe(struct fixture *fixture)
{
	end(reg_by_libibverbs(fixture, -1));
}

static void mlx5(struct fixture *fixture)
{
	end(reg_by_libmlx5(fixture, 0));
}

static void data_direct(struct fixture *fixture)
{
	end(reg_by_libmlx5(fixture, 1)); /* MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT */
}

static void leave(struct fixture *fixture)
{
	say_result(reg_by_libibverbs(fixture, fixture->dmabuf_fd));
	exit(0);
}

/* Another program, which does the same. */
static void child(struct fixture *fixture)
{
	pid_t pid;

	vfio_tph_close(fixture->accelerator); /* it has one user at a time */
	fixture->accelerator = NULL;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", program_invocation_name, "5a:1", "dmabuf", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void nothing(struct fixture *fixture)
{
	fixture_publish(fixture, 0, 0, 0);
}

static void act(struct fixture *fixture, const char *name)
{
	static const struct {
		const char *name;
		void (*act)(struct fixture *fixture);
	} actions[] = {
		/* name, what it does */
		{ "none", nothing }, { "dmabuf", dmabuf }, { "too-long", too_long },
		{ "probe", probe },  { "mlx5", mlx5 },     { "data-direct", data_direct },
		{ "leave", leave },  { "child", child },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, name))
			continue;
		ioctls = 0;
		actions[i].act(fixture);
		return;
	}
	tap_bail_out("there is no action %s", name);
}

int main(int argc, char **argv)
{
	struct fixture fixture;
	unsigned int st, ph;

	fixture_open(&fixture, NULL);
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "%x:%u", &st, &ph) == 2)
			fixture_publish(&fixture, VFIO_TPH_TAG_ST, st, ph);
		else
			act(&fixture, argv[i]);
	}
	fixture_close(&fixture);
	return 0;
}
