/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Ioctls on a uverbs device: a table of attributes, and the call. For the libraries of this
 * project, which link it statically.
 */
#ifndef TPH_UVERBS_H
#define TPH_UVERBS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <rdma/rdma_user_ioctl_cmds.h>

/* Most attributes that one call takes. */
#define TPH_UVERBS_MAX_ATTRS 16

/*
 * Initializers of struct ib_uverbs_attr. Without UVERBS_ATTR_F_MANDATORY in @_flags, a kernel or
 * driver that does not know the attribute ignores it silently. Data of up to 8 bytes are stored in
 * the attribute itself, in memory order: 4 bytes take the first half.
 */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TPH_UVERBS_INLINE_U32(_value) ((uint64_t)(uint32_t)(_value) << 32)
#else
#define TPH_UVERBS_INLINE_U32(_value) ((uint64_t)(uint32_t)(_value))
#endif

#define TPH_UVERBS_ATTR(_id, _len, _flags, _data)                                                  \
	{ .attr_id = (_id), .len = (_len), .flags = (_flags), .data = (_data) }
#define TPH_UVERBS_U64(_id, _value, _flags)                                                        \
	TPH_UVERBS_ATTR(_id, sizeof(uint64_t), _flags, _value)
#define TPH_UVERBS_U32(_id, _value, _flags)                                                        \
	TPH_UVERBS_ATTR(_id, sizeof(uint32_t), _flags, TPH_UVERBS_INLINE_U32(_value))
/* The handle of an object that exists, or 0 for one to be created: its handle is written back. */
#define TPH_UVERBS_HANDLE(_id, _handle)                                                            \
	TPH_UVERBS_ATTR(_id, 0, UVERBS_ATTR_F_MANDATORY, _handle)
/* A variable that the kernel writes. */
#define TPH_UVERBS_OUT(_id, _pointer)                                                              \
	TPH_UVERBS_ATTR(_id, sizeof(*(_pointer)), UVERBS_ATTR_F_MANDATORY, (uintptr_t)(_pointer))

/*
 * Calls @method of @object with @count attributes, at most TPH_UVERBS_MAX_ATTRS. The kernel may
 * write to the attributes. @driver_id is an enum rdma_driver_id; with a wrong one the call fails
 * with EINVAL.
 *
 * Returns 0 or a positive errno. There are two errnos by which kernels say that they do not know
 * the object, the method or a mandatory attribute; both are returned as EOPNOTSUPP.
 */
int tph_uverbs_ioctl(int cmd_fd, uint32_t driver_id, uint16_t object, uint16_t method,
		     struct ib_uverbs_attr *attrs, unsigned int count);

/* Whether @cmd_fd is a uverbs device of the kernel driver @driver_id. One system call. */
bool tph_uverbs_is_driver(int cmd_fd, uint32_t driver_id);

/*
 * Whether @err, with which a call failed, may mean that the device belongs to another driver than
 * the call named, or is no uverbs device at all (the context of a driver in user space has no
 * cmd_fd).
 */
static inline bool tph_uverbs_may_be_foreign(int err)
{
	return err == EINVAL || err == EBADF || err == ENOTTY;
}

/* Whether that was the reason. Costs a system call if @err allows it, and none otherwise. */
static inline bool tph_uverbs_is_foreign(int cmd_fd, uint32_t driver_id, int err)
{
	return tph_uverbs_may_be_foreign(err) && !tph_uverbs_is_driver(cmd_fd, driver_id);
}

/*
 * Sets *@driver_id to the driver of @cmd_fd. Returns 0 or a positive errno: EBADF, ENOTTY when
 * @cmd_fd is no uverbs device, EOPNOTSUPP when the driver has a higher id than this library probes.
 */
int tph_uverbs_get_driver(int cmd_fd, uint32_t *driver_id);

#endif /* TPH_UVERBS_H */
