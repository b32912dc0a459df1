// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "interpose.h"

#include <dlfcn.h>
#include <errno.h>

#include "newer_verbs.h"
#include "registration.h"

/* The only combination of members with which ibv_reg_mr_ex() does what ibv_reg_dmabuf_mr() does */
#define DMABUF_MEMBERS (IBV_REG_MR_MASK_IOVA | IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET)
#define KNOWN_MEMBERS (DMABUF_MEMBERS | IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_DMAH)

static const struct interpose_rules *rules;

/*
 * Set while a registration of ours runs: it calls functions of libibverbs that come back to these
 * wrappers.
 */
static _Thread_local bool registering;

void interpose_start(const struct interpose_rules *given)
{
	rules = given;
}

enum verb { REG_DMABUF_MR, REG_MR_EX, MLX5DV_REG_DMABUF_MR, DEREG_MR };

static struct {
	const char *name, *soname;
	void *definition;
} verbs[] = {
	[REG_DMABUF_MR] = { .name = "ibv_reg_dmabuf_mr", .soname = "libibverbs.so.1" },
	[REG_MR_EX] = { .name = "ibv_reg_mr_ex", .soname = "libibverbs.so.1" },
	[MLX5DV_REG_DMABUF_MR] = { .name = "mlx5dv_reg_dmabuf_mr", .soname = "libmlx5.so.1" },
	[DEREG_MR] = { .name = "ibv_dereg_mr", .soname = "libibverbs.so.1" },
};

/*
 * The definition that the program would have found without this library. The next definition is not
 * enough: if a part of the program has loaded the library for itself, it is not among those that
 * come next.
 */
static void *next_definition(enum verb verb)
{
	void *definition = __atomic_load_n(&verbs[verb].definition, __ATOMIC_RELAXED), *library;

	if (definition)
		return definition;
	definition = dlsym(RTLD_NEXT, verbs[verb].name);
	if (!definition) {
		library = dlopen(verbs[verb].soname, RTLD_LAZY | RTLD_NOLOAD);
		definition = library ? dlsym(library, verbs[verb].name) : NULL;
	}
	__atomic_store_n(&verbs[verb].definition, definition, __ATOMIC_RELAXED);
	return definition;
}

#define NEXT(verb, name) ((__typeof__(name) *)next_definition(verb))

/*
 * Whether to handle a registration. Middleware registers descriptor -1 to see whether dma-bufs are
 * supported: that is passed on, as are calls that our own registrations make.
 */
static bool is_ours(int fd)
{
	return rules && !registering && fd >= 0;
}

/*
 * Whether the program's own call does what @asked wants: the hints are then those without this
 * library, AUTO.
 */
static bool is_plain(const struct registration *asked)
{
	if (rules->refuse || rules->require)
		return false;
	return asked->detour || rules->ns == IBV_TPH_NS_AUTO;
}

static struct ibv_mr *reg_hinted(const struct registration *asked)
{
	if (!rules->refuse && !asked->detour)
		return ibv_tph_reg_dmabuf_mr(asked->pd, &asked->attr);
	errno = rules->refuse ? EINVAL : EOPNOTSUPP;
	return NULL;
}

static void begin(struct registration *asked)
{
	asked->context = asked->pd->context;
	asked->attr.tph_namespace = rules->ns;
	asked->attr.tph_flags = rules->require ? IBV_TPH_REQUIRE : 0;
	registering = true;
}

static struct ibv_mr *finish(struct registration *asked, struct ibv_mr *mr)
{
	registering = false;
	asked->mr = mr;
	asked->error = errno;
	registration_done(asked);
	return mr;
}

static struct registration asked_of(const char *call, struct ibv_pd *pd, uint64_t offset,
				    size_t length, uint64_t iova, int fd, int access)
{
	return (struct registration){
		.call = call,
		.pd = pd,
		.attr = { .offset = offset,
			  .length = length,
			  .iova = iova,
			  .fd = fd,
			  .access = access },
	};
}

INTERPOSE struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
					   uint64_t iova, int fd, int access)
{
	__typeof__(ibv_reg_dmabuf_mr) *next = NEXT(REG_DMABUF_MR, ibv_reg_dmabuf_mr);
	struct registration asked = asked_of(__func__, pd, offset, length, iova, fd, access);

	if (!is_ours(fd))
		return next(pd, offset, length, iova, fd, access);
	begin(&asked);
	return finish(&asked, is_plain(&asked) ? next(pd, offset, length, iova, fd, access) :
						 reg_hinted(&asked));
}

INTERPOSE struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
					      uint64_t iova, int fd, int access, int mlx5_access)
{
	__typeof__(mlx5dv_reg_dmabuf_mr) *next = NEXT(MLX5DV_REG_DMABUF_MR, mlx5dv_reg_dmabuf_mr);
	struct registration asked = asked_of(__func__, pd, offset, length, iova, fd, access);

	if (!next) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	if (!is_ours(fd))
		return next(pd, offset, length, iova, fd, access, mlx5_access);
	if (mlx5_access)
		asked.detour = "data direct requests leave from another PCI function";
	begin(&asked);
	return finish(&asked, is_plain(&asked) ?
				      next(pd, offset, length, iova, fd, access, mlx5_access) :
				      reg_hinted(&asked));
}

static const char *detour_of(const struct ibv_mr_init_attr *in)
{
	if (in->comp_mask & IBV_REG_MR_MASK_DMAH)
		return "a DMA handle takes the place of the exporter's tag";
	if (in->comp_mask & ~(uint64_t)KNOWN_MEMBERS)
		return "the registration asks for something that did not exist in our time";
	return NULL;
}

/* Registrations that libibverbs refuses are passed on to it. */
static bool is_dmabuf(const struct ibv_mr_init_attr *in)
{
	uint64_t members = in->comp_mask & KNOWN_MEMBERS & ~(uint64_t)IBV_REG_MR_MASK_DMAH;

	return members == DMABUF_MEMBERS && is_ours(in->fd);
}

static bool reg_memory_ex(struct ibv_pd *pd, const struct ibv_mr_init_attr *in, struct ibv_mr **mr)
{
	const uint64_t members = IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_IOVA;

	if (!(in->comp_mask & IBV_REG_MR_MASK_ADDR) || in->comp_mask & ~members)
		return false;
	return interpose_memory("ibv_reg_mr_ex", pd, in->addr, in->length,
				in->comp_mask & IBV_REG_MR_MASK_IOVA ? in->iova :
								       (uintptr_t)in->addr,
				in->access, mr);
}

/*
 * perftest 25.10 and later register everything with this function first, and try one of the others
 * when it fails with EOPNOTSUPP, EPROTONOSUPPORT or EIO. All of them are handled here, or hints
 * that are required would be dropped by the second attempt.
 */
INTERPOSE struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *in)
{
	__typeof__(ibv_reg_mr_ex) *next = NEXT(REG_MR_EX, ibv_reg_mr_ex);
	struct registration asked;
	struct ibv_mr *mr;

	if (!next) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	if (reg_memory_ex(pd, in, &mr))
		return mr;
	if (!is_dmabuf(in))
		return next(pd, in);
	asked = asked_of(__func__, pd, in->fd_offset, in->length, in->iova, in->fd, in->access);
	asked.detour = detour_of(in);
	begin(&asked);
	return finish(&asked, is_plain(&asked) ? next(pd, in) : reg_hinted(&asked));
}

bool interpose_memory(const char *call, struct ibv_pd *pd, const void *address, size_t length,
		      uint64_t iova, int access, struct ibv_mr **mr)
{
	struct registration asked = asked_of(call, pd, 0, length, iova, -1, access);

	if (!rules || !rules->find || registering ||
	    !rules->find(address, &asked.attr.fd, &asked.attr.offset))
		return false;
	begin(&asked);
	*mr = finish(&asked, reg_hinted(&asked));
	return true;
}

INTERPOSE int ibv_dereg_mr(struct ibv_mr *mr)
{
	struct registration *registration = registering ? NULL : registration_take(mr);
	int error = NEXT(DEREG_MR, ibv_dereg_mr)(mr);

	if (registration && error)
		registration_put_back(registration);
	else if (registration)
		registration_ended(registration);
	return error;
}
