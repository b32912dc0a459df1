// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * middleware_ucx TRANSPORT [ST:PH]: registers the accelerator's memory through UCX, with which
 * TRANSPORT (rc_mlx5, for example) then works on it: from one end to the other, both in here.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uct/api/uct.h>

#include "exercise.h"
#include "util/macros.h"

#define DEVICE "mlx5_0"

/*
 * libuct exports this for UCX's other libraries, which register dma-bufs by it, and its header is
 * not installed: see src/uct/api/v2/uct_v2.h of UCX.
 */
struct mem_reg_params {
	uint64_t field_mask; /* bits by the order of what follows */
	uint64_t flags;
	int dmabuf_fd;
	size_t dmabuf_offset;
	int mem_type;
};
#define MEM_REG_FLAGS	  (1 << 0)
#define MEM_REG_DMABUF_FD (1 << 1)
ucs_status_t uct_md_mem_reg_v2(uct_md_h md, void *address, size_t length,
			       const struct mem_reg_params *params, uct_mem_h *memh);

struct end {
	uct_iface_h iface;
	uct_iface_attr_t attr;
	uct_device_addr_t *device_address;
	uct_iface_addr_t *iface_address;
	uct_ep_h ep;
};

struct ucx {
	struct transport transport;
	const struct window *window;
	uct_component_h component;
	uct_md_h md;
	ucs_async_context_t *async;
	uct_worker_h worker;
	struct end ends[2];
	uct_mem_h local, remote;
	uct_rkey_bundle_t rkey;
	char device[UCT_DEVICE_NAME_MAX]; /* with its port */
	uct_completion_t completion;
	volatile bool done;
};

static void check(ucs_status_t status, const char *what)
{
	if (status != UCS_OK)
		errx(1, "%s: %s", what, ucs_status_string(status));
}

static bool has_device(uct_component_h component)
{
	uct_md_resource_desc_t resources[16];
	uct_component_attr_t attr = {
		.field_mask = UCT_COMPONENT_ATTR_FIELD_MD_RESOURCE_COUNT,
	};
	unsigned int i;

	check(uct_component_query(component, &attr), "uct_component_query");
	if (attr.md_resource_count > ARRAY_SIZE(resources))
		return false;
	attr.field_mask = UCT_COMPONENT_ATTR_FIELD_MD_RESOURCES;
	attr.md_resources = resources;
	check(uct_component_query(component, &attr), "uct_component_query");
	for (i = 0; i < attr.md_resource_count; i++)
		if (!strcmp(resources[i].md_name, DEVICE))
			return true;
	return false;
}

static void open_md(struct ucx *ucx)
{
	uct_component_h *components;
	uct_md_config_t *config;
	unsigned int i, count;

	check(uct_query_components(&components, &count), "uct_query_components");
	for (i = 0; i < count && !ucx->component; i++)
		if (has_device(components[i]))
			ucx->component = components[i];
	uct_release_component_list(components);
	if (!ucx->component)
		errx(1, "UCX sees no " DEVICE);
	check(uct_md_config_read(ucx->component, NULL, NULL, &config), "uct_md_config_read");
	check(uct_md_open(ucx->component, DEVICE, config, &ucx->md), "uct_md_open");
	uct_config_release(config);
}

static void find_transport(struct ucx *ucx, const char *name)
{
	uct_tl_resource_desc_t *found;
	unsigned int i, count;

	check(uct_md_query_tl_resources(ucx->md, &found, &count), "uct_md_query_tl_resources");
	for (i = 0; i < count; i++)
		if (!strcmp(found[i].tl_name, name))
			strcpy(ucx->device, found[i].dev_name);
	uct_release_tl_resource_list(found);
	if (!ucx->device[0])
		errx(1, "UCX has no %s on " DEVICE, name);
}

static void open_end(struct ucx *ucx, struct end *end, const char *name)
{
	uct_iface_params_t params = {
		.field_mask = UCT_IFACE_PARAM_FIELD_OPEN_MODE | UCT_IFACE_PARAM_FIELD_DEVICE,
		.open_mode = UCT_IFACE_OPEN_MODE_DEVICE,
		.mode.device = { .tl_name = name, .dev_name = ucx->device },
	};
	uct_iface_config_t *config;

	check(uct_md_iface_config_read(ucx->md, name, NULL, NULL, &config),
	      "uct_md_iface_config_read");
	check(uct_iface_open(ucx->md, ucx->worker, &params, config, &end->iface), "uct_iface_open");
	uct_config_release(config);
	uct_iface_progress_enable(end->iface, UCT_PROGRESS_SEND | UCT_PROGRESS_RECV);
	check(uct_iface_query(end->iface, &end->attr), "uct_iface_query");
	end->device_address = malloc(end->attr.device_addr_len);
	end->iface_address = malloc(end->attr.iface_addr_len);
	if (!end->device_address || !end->iface_address)
		errx(1, "no memory");
	check(uct_iface_get_device_address(end->iface, end->device_address),
	      "uct_iface_get_device_address");
}

/* Queue pairs are connected to each other. */
static void connect_eps(struct end ends[2])
{
	uct_ep_addr_t *addresses[2];
	int i;

	for (i = 0; i < 2; i++) {
		uct_ep_params_t params = {
			.field_mask = UCT_EP_PARAM_FIELD_IFACE,
			.iface = ends[i].iface,
		};

		addresses[i] = malloc(ends[i].attr.ep_addr_len);
		if (!addresses[i])
			errx(1, "no memory");
		check(uct_ep_create(&params, &ends[i].ep), "uct_ep_create");
		check(uct_ep_get_address(ends[i].ep, addresses[i]), "uct_ep_get_address");
	}
	for (i = 0; i < 2; i++)
		check(uct_ep_connect_to_ep(ends[i].ep, ends[!i].device_address, addresses[!i]),
		      "uct_ep_connect_to_ep");
	free(addresses[0]);
	free(addresses[1]);
}

/* DC needs no more than the other side's address. */
static void connect_ifaces(struct end ends[2])
{
	int i;

	for (i = 0; i < 2; i++)
		check(uct_iface_get_address(ends[i].iface, ends[i].iface_address),
		      "uct_iface_get_address");
	for (i = 0; i < 2; i++) {
		uct_ep_params_t params = {
			.field_mask = UCT_EP_PARAM_FIELD_IFACE | UCT_EP_PARAM_FIELD_DEV_ADDR |
				      UCT_EP_PARAM_FIELD_IFACE_ADDR,
			.iface = ends[i].iface,
			.dev_addr = ends[!i].device_address,
			.iface_addr = ends[!i].iface_address,
		};

		check(uct_ep_create(&params, &ends[i].ep), "uct_ep_create");
	}
}

static void connect_ends(struct ucx *ucx, const char *name)
{
	int i;

	find_transport(ucx, name);
	check(ucs_async_context_create(UCS_ASYNC_MODE_THREAD_SPINLOCK, &ucx->async),
	      "ucs_async_context_create");
	check(uct_worker_create(ucx->async, UCS_THREAD_MODE_SINGLE, &ucx->worker),
	      "uct_worker_create");
	for (i = 0; i < 2; i++)
		open_end(ucx, &ucx->ends[i], name);
	if (ucx->ends[0].attr.cap.flags & UCT_IFACE_FLAG_CONNECT_TO_EP)
		connect_eps(ucx->ends);
	else
		connect_ifaces(ucx->ends);
}

static void register_window(struct ucx *ucx)
{
	const struct mem_reg_params params = {
		.field_mask = MEM_REG_FLAGS | MEM_REG_DMABUF_FD,
		.flags = UCT_MD_MEM_ACCESS_ALL,
		.dmabuf_fd = ucx->window->dmabuf_fd,
	};
	uct_md_attr_t attr;
	void *packed;

	check(uct_md_query(ucx->md, &attr), "uct_md_query");
	if (!(attr.cap.flags & UCT_MD_FLAG_REG_DMABUF))
		errx(1, "UCX registers no dma-buf on " DEVICE);
	check(uct_md_mem_reg_v2(ucx->md, ucx->window->memory, WINDOW_LENGTH, &params, &ucx->remote),
	      "uct_md_mem_reg_v2");
	packed = malloc(attr.rkey_packed_size);
	if (!packed)
		errx(1, "no memory");
	check(uct_md_mkey_pack(ucx->md, ucx->remote, packed), "uct_md_mkey_pack");
	check(uct_rkey_unpack(ucx->component, packed, &ucx->rkey), "uct_rkey_unpack");
	free(packed);
}

static void register_local(struct ucx *ucx)
{
	ucx->transport.local = aligned_alloc(4096, WINDOW_LENGTH);
	if (!ucx->transport.local)
		errx(1, "no memory");
	check(uct_md_mem_reg(ucx->md, ucx->transport.local, WINDOW_LENGTH, UCT_MD_MEM_ACCESS_ALL,
			     &ucx->local),
	      "uct_md_mem_reg");
}

static void completed(uct_completion_t *completion)
{
	container_of(completion, struct ucx, completion)->done = true;
}

/* The completion of the next operation. */
static uct_completion_t *next(struct ucx *ucx)
{
	ucx->done = false;
	ucx->completion = (uct_completion_t){ .func = completed, .count = 1 };
	return &ucx->completion;
}

static void wait_for(struct ucx *ucx, ucs_status_t status, const char *what)
{
	if (status == UCS_INPROGRESS) {
		while (!ucx->done)
			uct_worker_progress(ucx->worker);
		status = ucx->completion.status;
	}
	check(status, what);
}

static uct_iov_t iov_at(struct ucx *ucx, size_t offset, size_t length)
{
	return (uct_iov_t){
		.buffer = (uint8_t *)ucx->transport.local + offset,
		.length = length,
		.memh = ucx->local,
		.count = 1,
	};
}

static uint64_t remote_at(const struct ucx *ucx, size_t offset)
{
	return (uintptr_t)ucx->window->memory + offset;
}

static void put(struct transport *transport, size_t offset, size_t length)
{
	struct ucx *ucx = container_of(transport, struct ucx, transport);
	const uct_iov_t iov = iov_at(ucx, offset, length);

	wait_for(ucx,
		 uct_ep_put_zcopy(ucx->ends[0].ep, &iov, 1, remote_at(ucx, offset), ucx->rkey.rkey,
				  next(ucx)),
		 "uct_ep_put_zcopy");
	wait_for(ucx, uct_ep_flush(ucx->ends[0].ep, 0, next(ucx)), "uct_ep_flush");
}

static void get(struct transport *transport, size_t offset, size_t length)
{
	struct ucx *ucx = container_of(transport, struct ucx, transport);
	size_t least = ucx->ends[0].attr.cap.get.min_zcopy;
	const uct_iov_t iov = iov_at(ucx, offset, length < least ? least : length);

	wait_for(ucx,
		 uct_ep_get_zcopy(ucx->ends[0].ep, &iov, 1, remote_at(ucx, offset), ucx->rkey.rkey,
				  next(ucx)),
		 "uct_ep_get_zcopy");
}

static uint64_t fetch_add(struct transport *transport, size_t offset, uint64_t add)
{
	struct ucx *ucx = container_of(transport, struct ucx, transport);
	uint64_t before = 0;

	wait_for(ucx,
		 uct_ep_atomic64_fetch(ucx->ends[0].ep, UCT_ATOMIC_OP_ADD, add, &before,
				       remote_at(ucx, offset), ucx->rkey.rkey, next(ucx)),
		 "uct_ep_atomic64_fetch");
	return before;
}

static uint64_t compare_swap(struct transport *transport, size_t offset, uint64_t compare,
			     uint64_t swap)
{
	struct ucx *ucx = container_of(transport, struct ucx, transport);
	uint64_t before = 0;

	wait_for(ucx,
		 uct_ep_atomic_cswap64(ucx->ends[0].ep, compare, swap, remote_at(ucx, offset),
				       ucx->rkey.rkey, &before, next(ucx)),
		 "uct_ep_atomic_cswap64");
	return before;
}

static void close_all(struct ucx *ucx)
{
	int i;

	uct_rkey_release(ucx->component, &ucx->rkey);
	uct_md_mem_dereg(ucx->md, ucx->remote);
	uct_md_mem_dereg(ucx->md, ucx->local);
	for (i = 0; i < 2; i++)
		uct_ep_destroy(ucx->ends[i].ep);
	for (i = 0; i < 2; i++) {
		uct_iface_close(ucx->ends[i].iface);
		free(ucx->ends[i].iface_address);
		free(ucx->ends[i].device_address);
	}
	uct_worker_destroy(ucx->worker);
	ucs_async_context_destroy(ucx->async);
	uct_md_close(ucx->md);
	free(ucx->transport.local);
}

int main(int argc, char **argv)
{
	struct window window;
	struct ucx ucx = {
		.transport = {
			.put = put,
			.get = get,
			.fetch_add = fetch_add,
			.compare_swap = compare_swap,
		},
		.window = &window,
	};

	if (argc < 2)
		errx(2, "usage: middleware_ucx TRANSPORT [ST:PH]");
	window_open(&window, argv[2]);
	open_md(&ucx);
	register_window(&ucx);
	register_local(&ucx);
	connect_ends(&ucx, argv[1]);
	exercise(&ucx.transport, &window);
	close_all(&ucx);
	window_close(&window);
	return 0;
}
