/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the transport services promise. A service is MLX5_QP_ST_*.
 */
#ifndef CONNECTX_SERVICE_H
#define CONNECTX_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

static inline bool service_is_datagram(uint8_t service)
{
	return service == MLX5_QP_ST_UD || service == MLX5_QP_ST_QP0 || service == MLX5_QP_ST_QP1;
}

/* Whether the other side answers. */
static inline bool service_is_reliable(uint8_t service)
{
	return service == MLX5_QP_ST_RC || service == MLX5_QP_ST_XRC || service == MLX5_QP_ST_DCI;
}

/* Whether each message says where it goes. */
static inline bool service_is_addressed(uint8_t service)
{
	return service_is_datagram(service) || service == MLX5_QP_ST_DCI;
}

/* @opcode: MLX5_OPCODE_* of a message */
static inline bool service_has_opcode(uint8_t service, uint8_t opcode)
{
	switch (opcode) {
	case MLX5_OPCODE_SEND:
	case MLX5_OPCODE_SEND_IMM:
		return service != MLX5_QP_ST_REG_UMR;
	case MLX5_OPCODE_RDMA_WRITE:
	case MLX5_OPCODE_RDMA_WRITE_IMM:
		return service == MLX5_QP_ST_UC || service_is_reliable(service);
	default:
		return service_is_reliable(service);
	}
}

#endif
