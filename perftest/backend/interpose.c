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
#include "shim/interpose.h"

/* The definition of @name that the tool would have found without us, in a variable. */
#define NEXT(name, next)                                             \
	static __typeof__(name) *next;                               \
	do {                                                         \
		if (!next)                                           \
			*(void **)&next = dlsym(RTLD_NEXT, #name);   \
	} while (0)

static struct interpose_rules rules;
static struct buffer *buffer;
static const char *buffer_name;

/*
 * The descriptor that perftest got when it opened the buffer by its name. perftest maps it and
 * closes it.
 */
static int opened_fd = -1;

static bool find_buffer(const void *address, int *fd, uint64_t *offset)
{
	if (!buffer_contains(buffer, address))
		return false;
	*fd = buffer->dmabuf_fd;
	*offset = (const char *)address - buffer->address;
	return true;
}

void interpose_tool(const struct tph_options *options, struct buffer *opened, const char *name)
{
	buffer = opened;
	buffer_name = opened->exporter ? name : NULL;
	rules = (struct interpose_rules){
		.ns = options->ns,
		.require = options->require,
		.find = find_buffer,
	};
	interpose_start(&rules);
}

INTERPOSE int getopt_long(int argc, char *const *argv, const char *letters,
			  const struct option *flags, int *index)
{
	NEXT(getopt_long, next);
	return backend_next_flag(next, argc, argv, letters, flags, index);
}

INTERPOSE int open(const char *path, int flags, ...)
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
	/*
	 * Until it maps the buffer, perftest needs no more than the number of an open descriptor.
	 */
	opened_fd = next("/dev/null", O_RDWR | O_CLOEXEC);
	return opened_fd;
}

INTERPOSE void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
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

#undef ibv_reg_mr
INTERPOSE struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t length, int access)
{
	struct ibv_mr *mr;

	NEXT(ibv_reg_mr, next);
	if (interpose_memory(__func__, pd, address, length, (uintptr_t)address, access, &mr))
		return mr;
	return next(pd, address, length, access);
}

INTERPOSE struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length,
					  uint64_t iova, unsigned int access)
{
	struct ibv_mr *mr;

	NEXT(ibv_reg_mr_iova2, next);
	if (interpose_memory(__func__, pd, address, length, iova, access, &mr))
		return mr;
	return next(pd, address, length, iova, access);
}
