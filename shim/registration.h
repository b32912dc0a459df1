/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A memory region of a dma-buf that the program registers, and what its requests carry. Those that
 * exist are kept, for any of the program's threads.
 */
#ifndef SHIM_REGISTRATION_H
#define SHIM_REGISTRATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <infiniband/mlx5dv_tph.h>
#include <infiniband/tph.h>

struct registration {
	/* What the program asks for */
	const char *call; /* the function by which it does */
	struct ibv_pd *pd;
	struct ibv_context *context;
	struct ibv_tph_dmabuf_mr_attr attr; /* with the namespace and REQUIRE of the rules */
	const char *detour; /* NULL, or why this call goes without the exporter's tag */

	/* What it gets */
	struct ibv_mr *mr; /* NULL: nothing, for the reason @error */
	int error;
	char device[IBV_SYSFS_NAME_MAX];
	uint32_t lkey, rkey;
	pid_t process;   /* that made it; a child has it too */
	int query_error; /* 0, or why @info is not valid */
	struct mlx5dv_tph_mr_info info;
};

/* Report @asked, whose mr or error has been filled in, and keep what was made. */
void registration_done(struct registration *asked);

/* @mr is about to be destroyed: the kernel is asked once more what its requests carry. NULL when it
 * is none that was kept.
 */
struct registration *registration_take(struct ibv_mr *mr);

/* What was taken has been destroyed: report that. */
void registration_ended(struct registration *registration);

/* It could not be destroyed, and is kept on. */
void registration_put_back(struct registration *registration);

/* Report those that this process has made and never destroyed, as they were when they were made. */
void registration_end_all(void);

#endif
