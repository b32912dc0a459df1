// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "tap.h"

/* PCI Express Base Specification, "TPH Requester Control Register", bits 9:8. */
#define TPH_CONTROL_OFFSET	8
#define TPH_REQUESTER_SHIFT	8
#define TPH_REQUESTER_MASK	3
#define TPH_REQUESTER_8_BIT	1
#define TPH_REQUESTER_16_BIT	3

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

static uint32_t read_config(int fd, unsigned int offset)
{
	uint32_t value;

	if (pread(fd, &value, sizeof(value), offset) != sizeof(value))
		tap_bail_out("cannot read configuration space: %s", strerror(errno));
	return value;
}

/* 0 when there is no such capability. */
static unsigned int find_extended_capability(int fd, uint16_t id)
{
	unsigned int offset = PCI_CFG_SPACE_SIZE, left = PCI_CFG_SPACE_EXP_SIZE / 8;
	uint32_t header;

	for (; offset && left; left--, offset = PCI_EXT_CAP_NEXT(header)) {
		header = read_config(fd, offset);
		if (PCI_EXT_CAP_ID(header) == id)
			return offset;
	}
	return 0;
}

enum ibv_tph_namespace fixture_emitted(void)
{
	unsigned int capability;
	uint32_t control = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", variable("TPH_NIC0"));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		tap_bail_out("cannot open %s: %s", path, strerror(errno));
	capability = find_extended_capability(fd, PCI_EXT_CAP_ID_TPH);
	if (capability)
		control = read_config(fd, capability + TPH_CONTROL_OFFSET);
	close(fd);
	switch (control >> TPH_REQUESTER_SHIFT & TPH_REQUESTER_MASK) {
	case TPH_REQUESTER_8_BIT:
		return IBV_TPH_NS_ST;
	case TPH_REQUESTER_16_BIT:
		return IBV_TPH_NS_ST_EXT;
	default:
		return IBV_TPH_NS_NONE;
	}
}
