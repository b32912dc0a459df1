// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fake_device.h"

struct fake_device dev;

int __wrap_ioctl(int fd, unsigned long command, ...);

void *output_attr(const struct ib_uverbs_attr *attr, uint16_t id, uint16_t size)
{
	assert_int_equal(attr->attr_id, id);
	assert_int_equal(attr->len, size);
	assert_int_equal(attr->flags, UVERBS_ATTR_F_MANDATORY);
	assert_int_equal(attr->attr_data.reserved, 0);
	return (void *)(uintptr_t)attr->data;
}

static int answer(int err)
{
	errno = err;
	return err ? -1 : 0;
}

static int answer_query(const struct ib_uverbs_ioctl_hdr *hdr)
{
	dev.queries++;
	assert_int_equal(hdr->object_id, dev.object);
	assert_int_equal(hdr->length, 24 + hdr->num_attrs * 16);
	if (!dev.query_errno)
		dev.query(hdr);
	return answer(dev.query_errno);
}

int __wrap_ioctl(int fd, unsigned long command, ...)
{
	const struct ib_uverbs_ioctl_hdr *hdr;
	va_list args;

	va_start(args, command);
	hdr = va_arg(args, const struct ib_uverbs_ioctl_hdr *);
	va_end(args);

	dev.system_calls++;
	assert_int_equal(fd, CMD_FD);
	assert_int_equal(command, RDMA_VERBS_IOCTL);
	if (hdr->driver_id != dev.driver)
		return answer(EINVAL);
	return hdr->method_id == dev.method ? answer_query(hdr) : answer(EPROTONOSUPPORT);
}
