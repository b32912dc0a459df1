// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What tphrun preloads, into the program that it starts and into all programs that this one starts.
 * Most of them have nothing to do with RDMA, and some have functions of their own with the names of
 * ours. So this library needs libc only. The first call loads verbs.c with all that it needs, where
 * its symbols do not interfere.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../interpose.h"
#include "../newer_verbs.h"
#include "../preload.h"

/* Loads it from the directory that this library was loaded from. */
static void *load_verbs(void)
{
	char path[PATH_MAX] = VERBS_LIBRARY;
	const char *slash = NULL;
	void *library;
	Dl_info self;

	if (dladdr(load_verbs, &self))
		slash = strrchr(self.dli_fname, '/');
	if (slash)
		snprintf(path, PATH_MAX, "%.*s" VERBS_LIBRARY, (int)(slash + 1 - self.dli_fname),
			 self.dli_fname);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library)
		return library;
	/* End the program, as the dynamic linker does if a function is missing. */
	say("tphrun: %s; install rdma-tph again", dlerror());
	_exit(EXIT_NOT_FOUND);
}

/*
 * No lock: two threads may both load it, and get the same. A thread that waited for the other could
 * wait for one that needs the lock of the dynamic linker.
 */
static void *definition(const char *name)
{
	static void *verbs;
	void *library = __atomic_load_n(&verbs, __ATOMIC_ACQUIRE);
	int error = errno;

	if (!library) {
		library = load_verbs();
		__atomic_store_n(&verbs, library, __ATOMIC_RELEASE);
		errno = error;
	}
	return dlsym(library, name);
}

#define DEFINITION(name) ((__typeof__(name) *)definition(#name))

INTERPOSE struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
					   uint64_t iova, int fd, int access)
{
	return DEFINITION(ibv_reg_dmabuf_mr)(pd, offset, length, iova, fd, access);
}

INTERPOSE struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
					      uint64_t iova, int fd, int access, int mlx5_access)
{
	return DEFINITION(mlx5dv_reg_dmabuf_mr)(pd, offset, length, iova, fd, access, mlx5_access);
}

INTERPOSE struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *in)
{
	return DEFINITION(ibv_reg_mr_ex)(pd, in);
}

INTERPOSE int ibv_dereg_mr(struct ibv_mr *mr)
{
	return DEFINITION(ibv_dereg_mr)(mr);
}
