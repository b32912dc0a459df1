// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A device whose driver knows nothing of all this (rxe, which cannot import dma-bufs either): every
 * call has an answer, and it is the documented one.
 */
#include <errno.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <string.h>

#include "fixture.h"
#include "tap.h"
#include "uverbs.h"

int main(int argc, char **argv)
{
	static const char *const namespaces[] = { "NONE", "AUTO", "ST", "ST_EXT" };
	struct mlx5dv_tph_device_info device = {};
	struct mlx5dv_tph_mr_info info = {};
	struct ibv_tph_dmabuf_mr_attr attr;
	struct fixture fixture;
	uint32_t driver, handle, require;
	char page[4096];
	struct ibv_mr *mr;
	int cmd_fd;

	if (argc != 2)
		tap_bail_out("usage: %s DEVICE", argv[0]);
	tap_plan(21);
	fixture_open(&fixture, argv[1]);
	cmd_fd = fixture.context->cmd_fd;
	attr = fixture_attr(&fixture, 0, 0);
	for (attr.tph_namespace = 0; attr.tph_namespace <= IBV_TPH_NS_ST_EXT; attr.tph_namespace++)
		for (require = 0; require <= IBV_TPH_REQUIRE; require++) {
			int expected = require && !attr.tph_namespace ? EINVAL : EOPNOTSUPP;
			const char *how = require ? " and required" : "";

			attr.tph_flags = require;
			tap_errno(fixture_try(&fixture, &attr), expected, "asked %s%s",
				  namespaces[attr.tph_namespace], how);
			tap_errno(ibv_tph_reg_dmabuf_mr_handle(cmd_fd, fixture.pd->handle, &attr,
							       &handle),
				  expected, "asked %s%s, by handle", namespaces[attr.tph_namespace],
				  how);
		}

	mr = ibv_reg_mr(fixture.pd, page, sizeof(page), IBV_ACCESS_LOCAL_WRITE);
	if (!mr)
		tap_bail_out("ibv_reg_mr: %s", strerror(errno));
	tap_errno(mlx5dv_tph_query_mr(mr, &info), EOPNOTSUPP, "the query is for mlx5");
	ibv_dereg_mr(mr);
	tap_errno(mlx5dv_tph_query_device(fixture.context, &device), EOPNOTSUPP,
		  "so is that of the device");
	tap_ok(tph_uverbs_is_driver(cmd_fd, RDMA_DRIVER_RXE) &&
		       !tph_uverbs_is_driver(cmd_fd, RDMA_DRIVER_MLX5),
	       "the driver is rxe, not mlx5");
	tap_errno(tph_uverbs_get_driver(cmd_fd, &driver), 0, "its id can be found");
	tap_ok(driver == RDMA_DRIVER_RXE, "and is rxe's");
	fixture_close(&fixture);
	return tap_status();
}
