/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reserved QP numbers: ranges of numbers that no QP gets, for programs that have to tell a peer a
 * number without having a QP for it (several connections that share a DC target, in RDMA CM).
 */
#ifndef CONNECTX_RESERVED_QPN_H
#define CONNECTX_RESERVED_QPN_H

#include "connectx/command/cmd.h"

/** reserved_qpn_clear() - give all ranges back. */
void reserved_qpn_clear(struct connectx *nic);

/* Of general_obj.c: the id of the object is the first number of the range. */
cmd_handler reserved_qpn_create, reserved_qpn_destroy;

/* Over the layout of the same name without _users, where the kernel's header has no name for it. */
struct mlx5_ifc_cmd_hca_cap_2_users_bits {
	u8 reserved_at_0[0x93];
	u8 log_reserved_qpn_granularity[0x5];
	u8 reserved_at_98[0x249];
	u8 send_dbr_mode_no_dbr_ext[0x1];
	u8 reserved_at_2e2[0x1];
	u8 log_max_send_dbr_less_qp_sq[0x5];
	u8 reserved_at_2e8[0x18];
};

#endif
