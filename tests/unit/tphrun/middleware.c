// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "middleware.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/newer_verbs.h"
#include "util/macros.h"

#define LENGTH 8192
#define DMABUF 0 /* a descriptor; nobody looks at it */
#define THREADS 8
#define ROUNDS 50
#define DESCRIPTORS 64

static struct ibv_device device = { .name = "mlx5_0" };
static struct ibv_context context = { .device = &device, .cmd_fd = 1000 };
static struct ibv_pd pd = { .context = &context };
/* A region that is still there when the program ends. Volatile, or the compiler would not keep it
 * for lack of a reader, and LeakSanitizer take it for a leak.
 */
static struct ibv_mr *volatile kept;

static struct ibv_mr *reg(int fd)
{
	return ibv_reg_dmabuf_mr(&pd, 4096, LENGTH, 0, fd, IBV_ACCESS_LOCAL_WRITE);
}

static struct ibv_mr *reg_ex(uint64_t more)
{
	struct ibv_mr_init_attr in = {
		.length = LENGTH,
		.comp_mask = IBV_REG_MR_MASK_IOVA | IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET |
			     more,
		.fd = DMABUF,
		.fd_offset = 4096,
	};

	return ibv_reg_mr_ex(&pd, &in);
}

static struct ibv_mr *reg_mlx5(int flags)
{
	return mlx5dv_reg_dmabuf_mr(&pd, 4096, LENGTH, 0, DMABUF, IBV_ACCESS_LOCAL_WRITE, flags);
}

static void show(struct ibv_mr *mr)
{
	puts(mr ? "registered" : strerrorname_np(errno));
}

static void end(struct ibv_mr *mr)
{
	int error;

	show(mr);
	if (!mr)
		return;
	error = ibv_dereg_mr(mr);
	if (error) {
		puts(strerrorname_np(error));
		ibv_dereg_mr(mr);
	}
}

static void dmabuf(void)
{
	end(reg(DMABUF));
}

static void probe(void)
{
	end(reg(-1));
}

static void mr_ex(void)
{
	end(reg_ex(0));
}

static void handle(void)
{
	end(reg_ex(IBV_REG_MR_MASK_DMAH));
}

static void later(void)
{
	end(reg_ex(1 << 20));
}

static void mlx5(void)
{
	end(reg_mlx5(0));
}

static void data_direct(void)
{
	end(reg_mlx5(1));
}

static void stuck(void)
{
	kept = reg(DMABUF);
	puts(strerrorname_np(ibv_dereg_mr(kept)));
}

/* What comes with the registrations is in nobody's way. */
static void symbols(void)
{
	dmabuf();
	puts(dlsym(RTLD_DEFAULT, "json_object_new_object") ? "visible" : "hidden");
}

static void leave(void)
{
	kept = reg(DMABUF);
	show(kept);
}

/* The child has the parent's region, too, but is not the one that leaves it. */
static void split(void)
{
	struct ibv_mr *mr = reg(DMABUF);
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		dmabuf();
		exit(0);
	}
	waitpid(child, NULL, 0);
	end(mr);
}

/* As programs do that become daemons */
static void close_all(void)
{
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		close(fd);
	dmabuf();
}

static void *register_many(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct ibv_mr *mr = reg(DMABUF);

		if (!mr || ibv_dereg_mr(mr))
			abort();
	}
	return NULL;
}

static void threads(void)
{
	pthread_t started[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&started[i], NULL, register_many, NULL))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(started[i], NULL);
}

static void clear_environment(void)
{
	clearenv();
}

void middleware_act(const char *action)
{
	static const struct {
		const char *name;
		void (*act)(void);
	} actions[] = {
		/* name, what it does */
		{ "dmabuf", dmabuf },
		{ "probe", probe },
		{ "mr-ex", mr_ex },
		{ "handle", handle },
		{ "later", later },
		{ "mlx5", mlx5 },
		{ "data-direct", data_direct },
		{ "leave", leave },
		{ "stuck", stuck },
		{ "symbols", symbols },
		{ "split", split },
		{ "close-all", close_all },
		{ "threads", threads },
		{ "clear-environment", clear_environment },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].name, action))
			actions[i].act();
}
