/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the tests of the verbs libraries share: an exporter, an RDMA device, registrations. */
#ifndef GUEST_VERBS_FIXTURE_H
#define GUEST_VERBS_FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include <infiniband/mlx5dv_tph.h>
#include <infiniband/tph.h>
#include <vfio/tph.h>

#define FIXTURE_BAR	2
#define FIXTURE_LENGTH	0x10000
#define FIXTURE_ACCESS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

struct fixture {
	struct vfio_tph_device *accelerator;
	int dmabuf_fd; /* the first FIXTURE_LENGTH bytes of its memory */
	struct ibv_context *context;
	struct ibv_pd *pd;
};

/*
 * Opens the accelerator of $TPH_ACC0, exports its memory, and opens @rdma_device, NULL for the
 * first one. Ends the test when that cannot be.
 */
void fixture_open(struct fixture *fixture, const char *rdma_device);
void fixture_close(struct fixture *fixture);

/* Publishes, or ends the test. @flags is enum vfio_tph_tag_flags; @st is in both namespaces. */
void fixture_publish(const struct fixture *fixture, uint32_t flags, uint16_t st, uint8_t ph);

/* A registration of the whole dma-buf. */
struct ibv_tph_dmabuf_mr_attr fixture_attr(const struct fixture *fixture,
					   enum ibv_tph_namespace tph_namespace, uint32_t flags);
/* Registers and deregisters. Returns 0 or the errno of the registration. */
int fixture_try(const struct fixture *fixture, const struct ibv_tph_dmabuf_mr_attr *attr);

#endif
