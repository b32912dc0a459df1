// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The kernel below libibverbs-tph and libmlx5-tph, in a program: says what is registered, refuses
 * it with the error number in REFUSE, and knows of each region what SOURCE says: "exporter",
 * "none", "handle" for a DMA handle with a hint alone; without that variable it cannot be asked.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/udmabuf.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/mlx5_user_ioctl_tph.h>
#include <rdma/rdma_user_ioctl_cmds.h>

static int fail(int error)
{
	errno = error;
	return -1;
}

static int reg_dmabuf(const struct ib_uverbs_ioctl_hdr *request)
{
	const char *refuse = getenv("REFUSE");

	for (unsigned int i = 0; i < request->num_attrs && !getenv("QUIET"); i++)
		if (request->attrs[i].attr_id == UVERBS_ATTR_MR_TPH_NAMESPACE)
			printf("kernel: namespace %u%s\n", (unsigned int)request->attrs[i].data,
			       request->attrs[i].flags & UVERBS_ATTR_F_MANDATORY ? ", required" :
										   "");
	return refuse ? fail(atoi(refuse)) : 0;
}

static int query(const struct ib_uverbs_ioctl_hdr *request)
{
	static const struct mlx5_ib_tph_mr_info exporter = {
		.source = MLX5_IB_TPH_SOURCE_EXPORTER,
		.tph_namespace = IB_UVERBS_TPH_NS_ST,
		.steering_tag = 0xf0,
		.st_index = 3,
		.ph = 2,
		.state = MLX5_IB_TPH_STATE_IN_EFFECT,
	};
	static const struct mlx5_ib_tph_mr_info handle = {
		.source = MLX5_IB_TPH_SOURCE_DMAH,
		.tph_namespace = IB_UVERBS_TPH_NS_ST,
		.ph = 1,
		.state = MLX5_IB_TPH_STATE_IN_EFFECT,
	};
	static const struct mlx5_ib_tph_mr_info none;
	const char *source = getenv("SOURCE");
	const struct mlx5_ib_tph_mr_info *answer = &none;

	if (!source)
		return fail(EPROTONOSUPPORT);
	if (!strcmp(source, "exporter"))
		answer = &exporter;
	if (!strcmp(source, "handle"))
		answer = &handle;
	for (unsigned int i = 0; i < request->num_attrs; i++)
		if (request->attrs[i].attr_id == MLX5_IB_ATTR_MR_QUERY_TPH_RESP)
			memcpy((void *)(uintptr_t)request->attrs[i].data, answer, sizeof(*answer));
	return 0;
}

int ioctl(int fd, unsigned long number, ...)
{
	const struct ib_uverbs_ioctl_hdr *request;
	va_list args;

	va_start(args, number);
	request = va_arg(args, void *);
	va_end(args);
	if (number == UDMABUF_CREATE)
		return dup(fd);
	if (number != RDMA_VERBS_IOCTL || request->object_id != UVERBS_OBJECT_MR)
		return fail(EPROTONOSUPPORT);
	if (request->method_id == UVERBS_METHOD_REG_DMABUF_MR)
		return reg_dmabuf(request);
	if (request->method_id == MLX5_IB_METHOD_MR_QUERY_TPH)
		return query(request);
	return fail(EPROTONOSUPPORT);
}
