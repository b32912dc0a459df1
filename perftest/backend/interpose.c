// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backend.h"
#include "report.h"
#include "shim/reg_mr_ex.h"
#include "shim/registration.h"

#define EXPORT __attribute__((visibility("default")))

/* The definition of @name that the tool would have found without us, in a variable. */
#define NEXT(name, next)                                             \
	static __typeof__(name) *next;                               \
	do {                                                         \
		if (!next)                                           \
			*(void **)&next = dlsym(RTLD_NEXT, #name);   \
	} while (0)

static const struct tph_options *options;
static struct buffer *buffer;
static const char *buffer_name;

/* What perftest got for opening the buffer's name; it maps that and closes it. */
static int opened_fd = -1;

/* Registration calls other registrations: of libibverbs, which come back through these wrappers. */
static _Thread_local bool registering;

void interpose_start(const struct tph_options *given, struct buffer *opened, const char *name)
{
	options = given;
	buffer = opened;
	buffer_name = opened->exporter ? name : NULL;
}

EXPORT int getopt_long(int argc, char *const *argv, const char *letters, const struct option *flags,
		       int *index)
{
	NEXT(getopt_long, next);
	return backend_next_flag(next, argc, argv, letters, flags, index);
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	NEXT(open, next);
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (!buffer_name || strcmp(path, buffer_name))
		return next(path, flags, mode);
	/* Only a number that nothing else has until it is mapped. */
	opened_fd = next("/dev/null", O_RDWR | O_CLOEXEC);
	return opened_fd;
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	struct complaint why;

	NEXT(mmap, next);
	if (fd < 0 || fd != opened_fd)
		return next(address, length, protection, flags, fd, offset);
	opened_fd = -1;
	if (buffer_map(buffer, length, &why))
		return buffer->address;
	say("%s", why.text);
	errno = ENOMEM;
	return MAP_FAILED;
}

static struct ibv_mr *reg_dmabuf(struct ibv_pd *pd, int fd, uint64_t offset, uint64_t length,
				 uint64_t iova, int access)
{
	struct ibv_tph_dmabuf_mr_attr attr = {
		.offset = offset,
		.length = length,
		.iova = iova,
		.fd = fd,
		.access = access,
		.tph_namespace = options->ns,
		.tph_flags = options->require ? IBV_TPH_REQUIRE : 0,
	};
	struct ibv_mr *mr;

	registering = true;
	mr = registration_make(pd, &attr);
	registering = false;
	return mr;
}

static bool is_buffer(const void *address)
{
	return buffer && !registering && buffer_contains(buffer, address);
}

static struct ibv_mr *reg_buffer(struct ibv_pd *pd, const void *address, size_t length,
				 uint64_t iova, int access)
{
	return reg_dmabuf(pd, buffer->dmabuf_fd, (const char *)address - buffer->address, length,
			  iova, access);
}

#undef ibv_reg_mr
EXPORT struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t length, int access)
{
	NEXT(ibv_reg_mr, next);
	if (is_buffer(address))
		return reg_buffer(pd, address, length, (uintptr_t)address, access);
	return next(pd, address, length, access);
}

EXPORT struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length,
				       uint64_t iova, unsigned int access)
{
	NEXT(ibv_reg_mr_iova2, next);
	if (is_buffer(address))
		return reg_buffer(pd, address, length, iova, access);
	return next(pd, address, length, iova, access);
}

EXPORT struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
					uint64_t iova, int fd, int access)
{
	NEXT(ibv_reg_dmabuf_mr, next);
	if (options && !registering)
		return reg_dmabuf(pd, fd, offset, length, iova, access);
	return next(pd, offset, length, iova, fd, access);
}

/* perftest 25.10 and later try this one first, for all that they register, and one of the others
 * when it fails with EOPNOTSUPP, EPROTONOSUPPORT or EIO. All of them lead here, so that what is
 * required of the one is not dropped by the other.
 */
EXPORT struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *in)
{
	NEXT(ibv_reg_mr_ex, next);
	if (!next) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	if (!options || registering || in->comp_mask & IBV_REG_MR_MASK_DMAH)
		return next(pd, in);
	if (in->comp_mask & IBV_REG_MR_MASK_FD)
		return reg_dmabuf(pd, in->fd, in->fd_offset, in->length, in->iova, in->access);
	if (in->comp_mask & IBV_REG_MR_MASK_ADDR && is_buffer(in->addr))
		return reg_buffer(pd, in->addr, in->length,
				  in->comp_mask & IBV_REG_MR_MASK_IOVA ? in->iova :
									 (uintptr_t)in->addr,
				  in->access);
	return next(pd, in);
}

EXPORT int ibv_dereg_mr(struct ibv_mr *mr)
{
	NEXT(ibv_dereg_mr, next);
	if (!registering)
		registration_end(mr);
	return next(mr);
}
