// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Takes libibverbs as NCCL does: all of its functions by dlvsym() from one library, which
 * NCCL_IBVERBS_LIB names, or libibverbs.so, or libibverbs.so.1. So what is preloaded is not in
 * front of it.
 *
 * usage: tphrun_nccl none|ST:PH
 *
 * Registers the memory that the fixture exports, and prints as tphrun_registers does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <infiniband/verbs.h>
#include <vfio/tph.h>

#include "tap.h"
#include "util/macros.h"

#define BAR 2
#define LENGTH 0x10000
#define ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

enum function {
	GET_DEVICE_LIST,
	FREE_DEVICE_LIST,
	OPEN_DEVICE,
	CLOSE_DEVICE,
	ALLOC_PD,
	DEALLOC_PD,
	REG_DMABUF_MR,
	DEREG_MR,
	USED
};

/* All that NCCL 2.30 takes, those first that are called here. */
static struct {
	const char *name, *version;
	void *address;
} functions[] = {
	[GET_DEVICE_LIST] = { "ibv_get_device_list", "IBVERBS_1.1" },
	[FREE_DEVICE_LIST] = { "ibv_free_device_list", "IBVERBS_1.1" },
	[OPEN_DEVICE] = { "ibv_open_device", "IBVERBS_1.1" },
	[CLOSE_DEVICE] = { "ibv_close_device", "IBVERBS_1.1" },
	[ALLOC_PD] = { "ibv_alloc_pd", "IBVERBS_1.1" },
	[DEALLOC_PD] = { "ibv_dealloc_pd", "IBVERBS_1.1" },
	[REG_DMABUF_MR] = { "ibv_reg_dmabuf_mr", "IBVERBS_1.12" },
	[DEREG_MR] = { "ibv_dereg_mr", "IBVERBS_1.1" },
	{ "ibv_get_device_name", "IBVERBS_1.1" },
	{ "ibv_get_async_event", "IBVERBS_1.1" },
	{ "ibv_ack_async_event", "IBVERBS_1.1" },
	{ "ibv_query_device", "IBVERBS_1.1" },
	{ "ibv_query_port", "IBVERBS_1.1" },
	{ "ibv_query_gid", "IBVERBS_1.1" },
	{ "ibv_query_qp", "IBVERBS_1.1" },
	{ "ibv_reg_mr", "IBVERBS_1.1" },
	{ "ibv_reg_mr_iova2", "IBVERBS_1.8" },
	{ "ibv_create_cq", "IBVERBS_1.1" },
	{ "ibv_destroy_cq", "IBVERBS_1.1" },
	{ "ibv_create_qp", "IBVERBS_1.1" },
	{ "ibv_modify_qp", "IBVERBS_1.1" },
	{ "ibv_destroy_qp", "IBVERBS_1.1" },
	{ "ibv_fork_init", "IBVERBS_1.1" },
	{ "ibv_event_type_str", "IBVERBS_1.1" },
	{ "ibv_query_ece", "IBVERBS_1.10" },
	{ "ibv_set_ece", "IBVERBS_1.10" },
};

#define CALL(id, name) ((__typeof__(name) *)functions[id].address)

static void *open_library(void)
{
	const char *const names[] = { getenv("NCCL_IBVERBS_LIB"), "libibverbs.so",
				      "libibverbs.so.1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		void *library = names[i] ? dlopen(names[i], RTLD_NOW) : NULL;

		if (library)
			return library;
	}
	tap_bail_out("%s", dlerror());
}

static void take_functions(void)
{
	void *library = open_library();

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		functions[i].address = dlvsym(library, functions[i].name, functions[i].version);
		if (!functions[i].address)
			tap_bail_out("%s", dlerror());
	}
}

static void reg(struct ibv_pd *pd, int dmabuf_fd)
{
	struct ibv_mr *mr = CALL(REG_DMABUF_MR, ibv_reg_dmabuf_mr)(pd, 0, LENGTH, 0, dmabuf_fd,
								   ACCESS);
	int err;

	if (!mr) {
		printf("%s\n", strerrorname_np(errno));
		return;
	}
	printf("%#x %#x\n", mr->lkey, mr->rkey);
	err = CALL(DEREG_MR, ibv_dereg_mr)(mr);
	if (err)
		tap_bail_out("ibv_dereg_mr: %s", strerror(err));
}

static void reg_on_first_device(int dmabuf_fd)
{
	struct ibv_device **list = CALL(GET_DEVICE_LIST, ibv_get_device_list)(NULL);
	struct ibv_context *context;
	struct ibv_pd *pd;

	if (!list || !list[0])
		tap_bail_out("there is no RDMA device");
	context = CALL(OPEN_DEVICE, ibv_open_device)(list[0]);
	CALL(FREE_DEVICE_LIST, ibv_free_device_list)(list);
	pd = context ? CALL(ALLOC_PD, ibv_alloc_pd)(context) : NULL;
	if (!pd)
		tap_bail_out("cannot open the RDMA device: %s", strerror(errno));
	reg(pd, dmabuf_fd);
	if (CALL(DEALLOC_PD, ibv_dealloc_pd)(pd))
		tap_bail_out("a memory region is left behind");
	CALL(CLOSE_DEVICE, ibv_close_device)(context);
}

/* The owner's side, of whom NCCL has only the descriptor. */
static struct vfio_tph_device *export(const char *tag, int *dmabuf_fd)
{
	struct vfio_tph_reason reason;
	struct vfio_tph_device *device = vfio_tph_open(getenv("TPH_ACC0"), &reason);
	struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST };
	unsigned int st, ph;

	if (!device || vfio_tph_export(device, BAR, 0, LENGTH, dmabuf_fd, &reason))
		tap_bail_out("%s", reason.text);
	if (sscanf(tag, "%x:%u", &st, &ph) == 2) {
		tags.st = st;
		tags.ph = ph;
		if (vfio_tph_publish(device, *dmabuf_fd, &tags, &reason))
			tap_bail_out("%s", reason.text);
	}
	return device;
}

int main(int argc, char **argv)
{
	struct vfio_tph_device *device;
	int dmabuf_fd;

	if (argc != 2)
		tap_bail_out("usage: %s none|ST:PH", argv[0]);
	take_functions();
	device = export(argv[1], &dmabuf_fd);
	reg_on_first_device(dmabuf_fd);
	vfio_tph_close(device);
	return 0;
}
