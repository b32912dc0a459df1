// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "tap.h"

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		tap_bail_out("%s is not set: the lab sets it to the address of a device", name);
	return value;
}

static void open_exporter(struct fixture *fixture)
{
	struct vfio_tph_reason reason;

	fixture->accelerator = vfio_tph_open(variable("TPH_ACC0"), &reason);
	if (!fixture->accelerator || vfio_tph_export(fixture->accelerator, FIXTURE_BAR, 0,
						     FIXTURE_LENGTH, &fixture->dmabuf_fd, &reason))
		tap_bail_out("%s", reason.text);
}

static void open_rdma(struct fixture *fixture, const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	unsigned int i;

	for (i = 0; list && list[i]; i++)
		if (!name || !strcmp(ibv_get_device_name(list[i]), name))
			break;
	if (!list || !list[i])
		tap_bail_out("there is no RDMA device %s", name ? name : "");
	fixture->context = ibv_open_device(list[i]);
	ibv_free_device_list(list);
	if (!fixture->context)
		tap_bail_out("cannot open the RDMA device: %s", strerror(errno));
	fixture->pd = ibv_alloc_pd(fixture->context);
	if (!fixture->pd)
		tap_bail_out("cannot allocate a protection domain: %s", strerror(errno));
}

void fixture_open(struct fixture *fixture, const char *rdma_device)
{
	open_exporter(fixture);
	open_rdma(fixture, rdma_device);
}

void fixture_close(struct fixture *fixture)
{
	int err = ibv_dealloc_pd(fixture->pd);

	if (err)
		tap_bail_out("a memory region is left behind: %s", strerror(err));
	ibv_close_device(fixture->context);
	close(fixture->dmabuf_fd);
	vfio_tph_close(fixture->accelerator);
}

void fixture_publish(const struct fixture *fixture, uint32_t flags, uint16_t st, uint8_t ph)
{
	const struct vfio_tph_tags tags = { .flags = flags, .st_ext = st, .st = st, .ph = ph };
	struct vfio_tph_reason reason;

	if (vfio_tph_publish(fixture->accelerator, fixture->dmabuf_fd, &tags, &reason))
		tap_bail_out("%s", reason.text);
}

struct ibv_tph_dmabuf_mr_attr fixture_attr(const struct fixture *fixture,
					   enum ibv_tph_namespace tph_namespace, uint32_t flags)
{
	return (struct ibv_tph_dmabuf_mr_attr){
		.length = FIXTURE_LENGTH,
		.fd = fixture->dmabuf_fd,
		.access = FIXTURE_ACCESS,
		.tph_namespace = tph_namespace,
		.tph_flags = flags,
	};
}

int fixture_try(const struct fixture *fixture, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct ibv_mr *mr = ibv_tph_reg_dmabuf_mr(fixture->pd, attr);

	return mr ? ibv_dereg_mr(mr) : errno;
}
