/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Mappings from an address handle to a connected QP with the same destination. Real devices use
 * them to apply the parameters of the connection, congestion control above all, to datagrams and DC
 * (mlx5dv_map_ah_to_qp(3)). This model has no congestion: a mapping is stored and has no effect.
 */
#ifndef CONNECTX_AH_MAPPING_H
#define CONNECTX_AH_MAPPING_H

#include "connectx/command/cmd.h"

/* The object as CREATE_GENERAL_OBJECT brings it: the kernel's header has no name for it. */
struct mlx5_ifc_ah_mapping_in_bits {
	struct mlx5_ifc_general_obj_in_cmd_hdr_bits hdr;
	u8 modify_field_select[0x40];
	u8 reserved_at_c0[0x28];
	u8 qpn[0x18];
	struct mlx5_ifc_ud_adrs_vector_bits remote_address_vector;
};

/** ah_mapping_clear() - free all. */
void ah_mapping_clear(struct connectx *nic);

/* Of general_obj.c. */
cmd_handler ah_mapping_create, ah_mapping_destroy;

#endif
