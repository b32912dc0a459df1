/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A uverbs device with one query, for tests of libmlx5-tph: the other side of ioctl(), which has to
 * be wrapped (-Wl,--wrap=ioctl). It counts what it is asked.
 */
#ifndef TESTS_FAKE_DEVICE_H
#define TESTS_FAKE_DEVICE_H

#include <stdint.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#define CMD_FD 78

struct fake_device {
	uint32_t driver; /* enum rdma_driver_id */
	uint16_t object, method;
	/* Looks at the request and answers it, unless query_errno is set. */
	void (*query)(const struct ib_uverbs_ioctl_hdr *hdr);
	int query_errno;
	unsigned int queries;
	unsigned int system_calls;
};

extern struct fake_device dev;

/* Asserts that it is a mandatory output of @size bytes, and returns where it goes. */
void *output_attr(const struct ib_uverbs_attr *attr, uint16_t id, uint16_t size);

#endif /* TESTS_FAKE_DEVICE_H */
