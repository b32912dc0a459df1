// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <rdma/ib_user_ioctl_cmds.h>

#include "uverbs.h"

/*
 * Twice the number of drivers in enum rdma_driver_id (23 in Linux 7.3), to leave room for new ones.
 */
#define TPH_UVERBS_MAX_DRIVER_ID 46

/*
 * The highest method id in the namespace of the core. No object has that many methods, so uverbs
 * accepts it for none.
 */
#define TPH_UVERBS_NO_METHOD ((1U << UVERBS_ID_NS_SHIFT) - 1)

union tph_uverbs_request {
	struct ib_uverbs_ioctl_hdr hdr;
	unsigned char room[sizeof(struct ib_uverbs_ioctl_hdr) +
			   TPH_UVERBS_MAX_ATTRS * sizeof(struct ib_uverbs_attr)];
};

/* Returns 0 or the kernel's own errno. */
static int execute(int cmd_fd, uint32_t driver_id, uint16_t object, uint16_t method,
		   struct ib_uverbs_attr *attrs, unsigned int count)
{
	size_t size = count * sizeof(*attrs);
	union tph_uverbs_request request = {
		.hdr = {
			.length = sizeof(request.hdr) + size,
			.object_id = object,
			.method_id = method,
			.num_attrs = count,
			.driver_id = driver_id,
		},
	};

	if (count > TPH_UVERBS_MAX_ATTRS)
		return E2BIG;
	if (count)
		memcpy(request.hdr.attrs, attrs, size);
	if (ioctl(cmd_fd, RDMA_VERBS_IOCTL, &request.hdr))
		return errno;
	if (count)
		memcpy(attrs, request.hdr.attrs, size);
	return 0;
}

int tph_uverbs_ioctl(int cmd_fd, uint32_t driver_id, uint16_t object, uint16_t method,
		     struct ib_uverbs_attr *attrs, unsigned int count)
{
	int err = execute(cmd_fd, driver_id, object, method, attrs, count);

	return err == EPROTONOSUPPORT ? EOPNOTSUPP : err;
}

/*
 * uverbs compares the driver id before it looks up the method. So a call of a method that does not
 * exist has no effect, and its errno tells whether the id is right (EPROTONOSUPPORT) or wrong
 * (EINVAL).
 */
static int probe_driver(int cmd_fd, uint32_t driver_id)
{
	return execute(cmd_fd, driver_id, UVERBS_OBJECT_MR, TPH_UVERBS_NO_METHOD, NULL, 0);
}

bool tph_uverbs_is_driver(int cmd_fd, uint32_t driver_id)
{
	return probe_driver(cmd_fd, driver_id) == EPROTONOSUPPORT;
}

int tph_uverbs_get_driver(int cmd_fd, uint32_t *driver_id)
{
	uint32_t id;
	int err;

	for (id = 0; id <= TPH_UVERBS_MAX_DRIVER_ID; id++) {
		err = probe_driver(cmd_fd, id);
		if (err == EPROTONOSUPPORT) {
			*driver_id = id;
			return 0;
		}
		if (err != EINVAL)
			return err;
	}
	return EOPNOTSUPP;
}
