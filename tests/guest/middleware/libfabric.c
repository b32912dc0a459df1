// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * middleware_libfabric ADDRESS [ST:PH]: registers the accelerator's memory through libfabric's
 * verbs provider, which then works on it by a connection that starts and ends in here, at ADDRESS.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <rdma/fabric.h>
#include <rdma/fi_atomic.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>

#include "exercise.h"
#include "util/macros.h"

#define PORT	    "7471"
#define TIMEOUT_MS  30000
#define VERSION	    FI_VERSION(1, 20) /* the first that has FI_MR_DMABUF */
#define LOCAL_KEY   1
#define WINDOW_KEY  2

struct fabric {
	struct transport transport;
	const struct window *window;
	const char *address;
	struct fi_info *info;
	struct fid_fabric *fabric;
	struct fid_eq *eq;
	struct fid_domain *domain;
	struct fid_cq *cq;
	struct fid_pep *listener;
	struct fid_ep *active, *passive;
	struct fid_mr *local, *remote;
	uint64_t *result; /* of atomic operations, in local memory beside the rest */
};

static void check(long result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, fi_strerror(-result));
}

static struct fi_info *info_of(const char *address, uint64_t flags)
{
	struct fi_info *hints = fi_allocinfo(), *info;

	if (!hints)
		errx(1, "no memory");
	hints->caps = FI_MSG | FI_RMA | FI_ATOMIC;
	hints->ep_attr->type = FI_EP_MSG;
	hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_VIRT_ADDR | FI_MR_ALLOCATED |
				      FI_MR_PROV_KEY;
	hints->fabric_attr->prov_name = strdup("verbs");
	check(fi_getinfo(VERSION, address, PORT, flags, hints, &info), "fi_getinfo");
	fi_freeinfo(hints);
	return info;
}

static void start_listening(struct fabric *fabric)
{
	struct fi_info *info = info_of(fabric->address, FI_SOURCE);
	struct fi_eq_attr attr = { .wait_obj = FI_WAIT_UNSPEC };

	check(fi_fabric(info->fabric_attr, &fabric->fabric, NULL), "fi_fabric");
	check(fi_eq_open(fabric->fabric, &attr, &fabric->eq, NULL), "fi_eq_open");
	check(fi_passive_ep(fabric->fabric, info, &fabric->listener, NULL), "fi_passive_ep");
	check(fi_pep_bind(fabric->listener, &fabric->eq->fid, 0), "fi_pep_bind");
	check(fi_listen(fabric->listener), "fi_listen");
	fi_freeinfo(info);
}

static void open_domain(struct fabric *fabric)
{
	struct fi_cq_attr attr = { .format = FI_CQ_FORMAT_CONTEXT, .wait_obj = FI_WAIT_UNSPEC };

	fabric->info = info_of(fabric->address, 0);
	check(fi_domain(fabric->fabric, fabric->info, &fabric->domain, NULL), "fi_domain");
	check(fi_cq_open(fabric->domain, &attr, &fabric->cq, NULL), "fi_cq_open");
}

static struct fid_ep *new_ep(struct fabric *fabric, struct fi_info *info)
{
	struct fid_ep *ep;

	check(fi_endpoint(fabric->domain, info, &ep, NULL), "fi_endpoint");
	check(fi_ep_bind(ep, &fabric->eq->fid, 0), "fi_ep_bind of the event queue");
	check(fi_ep_bind(ep, &fabric->cq->fid, FI_TRANSMIT | FI_RECV), "fi_ep_bind of the CQ");
	check(fi_enable(ep), "fi_enable");
	return ep;
}

static struct fi_info *wait_event(struct fabric *fabric, uint32_t event)
{
	struct fi_eq_cm_entry entry;
	uint32_t got;

	check(fi_eq_sread(fabric->eq, &got, &entry, sizeof(entry), TIMEOUT_MS, 0), "fi_eq_sread");
	if (got != event)
		errx(1, "event %u of the connection, and not %u", got, event);
	return entry.info;
}

static void connect_in_here(struct fabric *fabric)
{
	struct fi_info *asked;

	start_listening(fabric);
	open_domain(fabric);
	fabric->active = new_ep(fabric, fabric->info);
	check(fi_connect(fabric->active, fabric->info->dest_addr, NULL, 0), "fi_connect");
	asked = wait_event(fabric, FI_CONNREQ);
	fabric->passive = new_ep(fabric, asked);
	check(fi_accept(fabric->passive, NULL, 0), "fi_accept");
	fi_freeinfo(asked);
	wait_event(fabric, FI_CONNECTED);
	wait_event(fabric, FI_CONNECTED);
}

static void register_window(struct fabric *fabric)
{
	const struct fi_mr_dmabuf dmabuf = {
		.fd = fabric->window->dmabuf_fd,
		.len = WINDOW_LENGTH,
		.base_addr = fabric->window->memory,
	};
	const struct fi_mr_attr attr = {
		.dmabuf = &dmabuf,
		.iov_count = 1,
		.access = FI_REMOTE_READ | FI_REMOTE_WRITE,
		.requested_key = WINDOW_KEY,
	};

	check(fi_mr_regattr(fabric->domain, &attr, FI_MR_DMABUF, &fabric->remote), "fi_mr_regattr");
}

static void register_local(struct fabric *fabric)
{
	size_t length = WINDOW_LENGTH + sizeof(*fabric->result);

	fabric->transport.local = malloc(length);
	if (!fabric->transport.local)
		errx(1, "no memory");
	fabric->result = (uint64_t *)((uint8_t *)fabric->transport.local + WINDOW_LENGTH);
	check(fi_mr_reg(fabric->domain, fabric->transport.local, length, FI_READ | FI_WRITE, 0,
			LOCAL_KEY, 0, &fabric->local, NULL),
	      "fi_mr_reg");
}

static void wait_for(struct fabric *fabric, long posted, const char *what)
{
	struct fi_cq_err_entry error = {};
	struct fi_cq_entry entry;

	check(posted, what);
	if (fi_cq_sread(fabric->cq, &entry, 1, NULL, TIMEOUT_MS) == 1)
		return;
	fi_cq_readerr(fabric->cq, &error, 0);
	errx(1, "%s: %s", what, error.err ? fi_strerror(error.err) : "no completion");
}

static uint64_t remote_at(const struct fabric *fabric, size_t offset)
{
	return (uintptr_t)fabric->window->memory + offset;
}

static void put(struct transport *transport, size_t offset, size_t length)
{
	struct fabric *fabric = container_of(transport, struct fabric, transport);

	wait_for(fabric,
		 fi_write(fabric->active, (uint8_t *)transport->local + offset, length,
			  fi_mr_desc(fabric->local), 0, remote_at(fabric, offset),
			  fi_mr_key(fabric->remote), NULL),
		 "fi_write");
}

static void get(struct transport *transport, size_t offset, size_t length)
{
	struct fabric *fabric = container_of(transport, struct fabric, transport);

	wait_for(fabric,
		 fi_read(fabric->active, (uint8_t *)transport->local + offset, length,
			 fi_mr_desc(fabric->local), 0, remote_at(fabric, offset),
			 fi_mr_key(fabric->remote), NULL),
		 "fi_read");
}

/*
 * The verbs provider of libfabric 2.1 hands the NIC the pointer to an operand as the operand: the
 * pointers here are the values.
 */
static const void *operand(uint64_t value)
{
	return (const void *)(uintptr_t)value;
}

static uint64_t fetch_add(struct transport *transport, size_t offset, uint64_t add)
{
	struct fabric *fabric = container_of(transport, struct fabric, transport);

	wait_for(fabric,
		 fi_fetch_atomic(fabric->active, operand(add), 1, fi_mr_desc(fabric->local),
				 fabric->result, fi_mr_desc(fabric->local), 0,
				 remote_at(fabric, offset), fi_mr_key(fabric->remote), FI_UINT64,
				 FI_SUM, NULL),
		 "fi_fetch_atomic");
	return *fabric->result;
}

static uint64_t compare_swap(struct transport *transport, size_t offset, uint64_t compare,
			     uint64_t swap)
{
	struct fabric *fabric = container_of(transport, struct fabric, transport);

	wait_for(fabric,
		 fi_compare_atomic(fabric->active, operand(swap), 1, fi_mr_desc(fabric->local),
				   operand(compare), fi_mr_desc(fabric->local), fabric->result,
				   fi_mr_desc(fabric->local), 0, remote_at(fabric, offset),
				   fi_mr_key(fabric->remote), FI_UINT64, FI_CSWAP, NULL),
		 "fi_compare_atomic");
	return *fabric->result;
}

static void close_all(struct fabric *fabric)
{
	struct fid *opened[] = {
		&fabric->active->fid,   &fabric->passive->fid, &fabric->remote->fid,
		&fabric->local->fid,    &fabric->cq->fid,      &fabric->domain->fid,
		&fabric->listener->fid, &fabric->eq->fid,      &fabric->fabric->fid,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(opened); i++)
		check(fi_close(opened[i]), "fi_close");
	fi_freeinfo(fabric->info);
	free(fabric->transport.local);
}

int main(int argc, char **argv)
{
	struct window window;
	struct fabric fabric = {
		.transport = {
			.put = put,
			.get = get,
			.fetch_add = fetch_add,
			.compare_swap = compare_swap,
		},
		.window = &window,
	};

	if (argc < 2)
		errx(2, "usage: middleware_libfabric ADDRESS [ST:PH]");
	fabric.address = argv[1];
	window_open(&window, argv[2]);
	connect_in_here(&fabric);
	register_window(&fabric);
	register_local(&fabric);
	exercise(&fabric.transport, &window);
	close_all(&fabric);
	window_close(&window);
	return 0;
}
