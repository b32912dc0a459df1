/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The device as a whole: what its rooms keep, in one piece, and what is nobody's but its own.
 */
#ifndef CONNECTX_DEVICE_H
#define CONNECTX_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/mlx5/device.h>

#include "connectx/command/nic.h"
#include "connectx/device/connectx.h"
#include "connectx/memory/memory.h"
#include "connectx/port/port.h"
#include "connectx/queue/queues.h"
#include "connectx/transport/requester.h"
#include "util/macros.h"

/* Capability groups that can be asked for; caps.c. */
#define CX_CAP_GROUPS 6

struct cx_caps {
	uint8_t max[CX_CAP_GROUPS][MLX5_UN_SZ_BYTES(hca_cap_union)];
	uint8_t cur[CX_CAP_GROUPS][MLX5_UN_SZ_BYTES(hca_cap_union)];
};

struct cx_device {
	struct connectx nic; /* points to what follows */
	struct cx_memory memory;
	struct cx_queues queues;
	struct cx_port ib;
	struct requesters requesters;

	uint16_t issi;
	uint8_t interface;       /* nic_interface in the initialization segment */
	uint32_t cmdq_high;      /* upper half of the command queue's address, last written */
	uint64_t health_zero_ns; /* the health counter counts from here */
	struct cx_caps caps;
	uint64_t orphans; /* objects that TEARDOWN_HCA found still there */
};

static inline struct cx_device *cx_device(struct connectx *nic)
{
	return container_of(nic, struct cx_device, nic);
}

/** connectx_attr_valid() - Return: whether all fields are within their ranges. */
bool connectx_attr_valid(const struct connectx_attr *attr);

#endif
