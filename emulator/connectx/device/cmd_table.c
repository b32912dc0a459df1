// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Every command that the device knows: one line each. */
#include "connectx/device/cmd_table.h"

#include <stdlib.h>

#include "connectx/command/cmd.h"
#include "connectx/command/pd.h"
#include "connectx/command/uctx.h"
#include "connectx/device/caps.h"
#include "connectx/device/general_obj.h"
#include "connectx/device/hca.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/mkey.h"
#include "connectx/memory/psv.h"
#include "connectx/memory/umem.h"
#include "connectx/port/port.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/dct.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/flow_counter.h"
#include "connectx/queue/mcg.h"
#include "connectx/queue/page_fault.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/rate.h"
#include "connectx/queue/sq.h"
#include "connectx/queue/srq.h"
#include "connectx/queue/uar.h"
#include "connectx/transport/mad.h"
#include "util/macros.h"

/* @op: the opcode without its prefix; @layout: struct mlx5_ifc_<layout>_{in,out}_bits */
#define OP(op, layout, function)                                                                   \
	{                                                                                          \
		MLX5_CMD_OP_##op, #op, MLX5_ST_SZ_BYTES(layout##_in),                              \
			MLX5_ST_SZ_BYTES(layout##_out), function                                   \
	}

/* Commands on general objects share their headers only. */
#define GENERAL_OP(op, function)                                                                   \
	{                                                                                          \
		MLX5_CMD_OP_##op, #op, MLX5_ST_SZ_BYTES(general_obj_in_cmd_hdr),                   \
			MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr), function                        \
	}

/* In order of opcodes, for bsearch(). */
static const struct cmd_op ops[] = {
	{ MLX5_CMD_OP_QUERY_HCA_CAP, "QUERY_HCA_CAP", MLX5_ST_SZ_BYTES(query_hca_cap_in),
	  MLX5_BYTE_OFF(query_hca_cap_out, capability), caps_query },
	OP(QUERY_ADAPTER, query_adapter, hca_query_adapter),
	/* INIT_HCA may lack the owner's ID: rdma-core's VFIO driver does not send it. */
	{ MLX5_CMD_OP_INIT_HCA, "INIT_HCA", MLX5_BYTE_OFF(init_hca_in, sw_owner_id),
	  MLX5_ST_SZ_BYTES(init_hca_out), hca_init },
	OP(TEARDOWN_HCA, teardown_hca, hca_teardown),
	OP(ENABLE_HCA, enable_hca, hca_enable),
	OP(DISABLE_HCA, disable_hca, hca_disable),
	OP(QUERY_PAGES, query_pages, pages_query),
	OP(MANAGE_PAGES, manage_pages, pages_manage),
	OP(SET_HCA_CAP, set_hca_cap, caps_set),
	OP(QUERY_ISSI, query_issi, hca_query_issi),
	OP(SET_ISSI, set_issi, hca_set_issi),
	OP(CREATE_MKEY, create_mkey, mkey_create),
	OP(QUERY_MKEY, query_mkey, mkey_query),
	OP(DESTROY_MKEY, destroy_mkey, mkey_destroy),
	OP(QUERY_SPECIAL_CONTEXTS, query_special_contexts, hca_query_special_contexts),
	OP(PAGE_FAULT_RESUME, page_fault_resume, page_fault_resume),
	OP(ALLOC_MEMIC, alloc_memic, memic_alloc),
	OP(DEALLOC_MEMIC, dealloc_memic, memic_dealloc),
	OP(MODIFY_MEMIC, modify_memic, memic_modify),
	OP(CREATE_EQ, create_eq, eq_create),
	OP(DESTROY_EQ, destroy_eq, eq_destroy),
	OP(QUERY_EQ, query_eq, eq_query),
	OP(CREATE_CQ, create_cq, cq_create),
	OP(DESTROY_CQ, destroy_cq, cq_destroy),
	OP(QUERY_CQ, query_cq, cq_query),
	OP(MODIFY_CQ, modify_cq, cq_modify),
	OP(CREATE_QP, create_qp, qp_create),
	OP(DESTROY_QP, destroy_qp, qp_destroy),
	OP(RST2INIT_QP, rst2init_qp, qp_modify),
	OP(INIT2RTR_QP, init2rtr_qp, qp_modify),
	OP(RTR2RTS_QP, rtr2rts_qp, qp_modify),
	OP(RTS2RTS_QP, rts2rts_qp, qp_modify),
	OP(SQERR2RTS_QP, sqerr2rts_qp, qp_modify),
	OP(2ERR_QP, qp_2err, qp_modify),
	OP(2RST_QP, qp_2rst, qp_modify),
	/* Only up to the end of the context: libmlx5 has no room for what may follow. */
	{ MLX5_CMD_OP_QUERY_QP, "QUERY_QP", MLX5_ST_SZ_BYTES(query_qp_in),
	  MLX5_BYTE_OFF(query_qp_out, qpc) + MLX5_ST_SZ_BYTES(qpc), qp_query },
	OP(SQD_RTS_QP, sqd2rts_qp, qp_modify),
	OP(MAD_IFC, mad_ifc, mad_ifc),
	OP(INIT2INIT_QP, init2init_qp, qp_modify),
	OP(CREATE_PSV, create_psv, psv_create),
	OP(DESTROY_PSV, destroy_psv, psv_destroy),
	OP(CREATE_SRQ, create_srq, srq_create),
	OP(DESTROY_SRQ, destroy_srq, srq_destroy),
	OP(QUERY_SRQ, query_srq, srq_query),
	OP(ARM_RQ, arm_rq, srq_arm),
	OP(CREATE_XRC_SRQ, create_xrc_srq, xrc_srq_create),
	OP(DESTROY_XRC_SRQ, destroy_xrc_srq, xrc_srq_destroy),
	OP(QUERY_XRC_SRQ, query_xrc_srq, xrc_srq_query),
	OP(ARM_XRC_SRQ, arm_xrc_srq, xrc_srq_arm),
	OP(CREATE_DCT, create_dct, dct_create),
	OP(DESTROY_DCT, destroy_dct, dct_destroy),
	OP(DRAIN_DCT, drain_dct, dct_drain),
	OP(QUERY_DCT, query_dct, dct_query),
	OP(ARM_DCT_FOR_KEY_VIOLATION, arm_dct, dct_arm),
	OP(CREATE_XRQ, create_xrq, xrq_create),
	OP(DESTROY_XRQ, destroy_xrq, xrq_destroy),
	OP(QUERY_XRQ, query_xrq, xrq_query),
	OP(QUERY_HCA_VPORT_CONTEXT, query_hca_vport_context, port_query_context),
	OP(MODIFY_HCA_VPORT_CONTEXT, modify_hca_vport_context, port_modify_context),
	OP(QUERY_HCA_VPORT_GID, query_hca_vport_gid, port_query_gid),
	OP(QUERY_HCA_VPORT_PKEY, query_hca_vport_pkey, port_query_pkey),
	OP(QUERY_VPORT_COUNTER, query_vport_counter, port_query_counters),
	OP(ALLOC_Q_COUNTER, alloc_q_counter, q_counter_alloc),
	OP(DEALLOC_Q_COUNTER, dealloc_q_counter, q_counter_dealloc),
	OP(QUERY_Q_COUNTER, query_q_counter, q_counter_query),
	OP(SET_PP_RATE_LIMIT, set_pp_rate_limit, rate_set),
	OP(ALLOC_PD, alloc_pd, pd_alloc),
	OP(DEALLOC_PD, dealloc_pd, pd_dealloc),
	OP(ALLOC_UAR, alloc_uar, uar_alloc),
	OP(DEALLOC_UAR, dealloc_uar, uar_dealloc),
	OP(ACCESS_REG, access_register, port_access_reg),
	OP(ATTACH_TO_MCG, attach_to_mcg, mcg_attach),
	OP(DETACH_FROM_MCG, detach_from_mcg, mcg_detach),
	OP(NOP, nop, hca_nop),
	OP(ALLOC_XRCD, alloc_xrcd, xrcd_alloc),
	OP(DEALLOC_XRCD, dealloc_xrcd, xrcd_dealloc),
	OP(ALLOC_TRANSPORT_DOMAIN, alloc_transport_domain, td_alloc),
	OP(DEALLOC_TRANSPORT_DOMAIN, dealloc_transport_domain, td_dealloc),
	OP(QUERY_LAG, query_lag, hca_query_lag),
	OP(CREATE_SQ, create_sq, sq_create),
	OP(MODIFY_SQ, modify_sq, sq_modify),
	OP(DESTROY_SQ, destroy_sq, sq_destroy),
	OP(QUERY_SQ, query_sq, sq_query),
	OP(CREATE_RMP, create_rmp, rmp_create),
	OP(MODIFY_RMP, modify_rmp, rmp_modify),
	OP(DESTROY_RMP, destroy_rmp, rmp_destroy),
	OP(QUERY_RMP, query_rmp, rmp_query),
	OP(ALLOC_FLOW_COUNTER, alloc_flow_counter, flow_counter_alloc),
	OP(DEALLOC_FLOW_COUNTER, dealloc_flow_counter, flow_counter_dealloc),
	OP(QUERY_FLOW_COUNTER, query_flow_counter, flow_counter_query),
	GENERAL_OP(CREATE_GENERAL_OBJECT, general_obj_create),
	GENERAL_OP(MODIFY_GENERAL_OBJECT, general_obj_modify),
	GENERAL_OP(QUERY_GENERAL_OBJECT, general_obj_query),
	GENERAL_OP(DESTROY_GENERAL_OBJECT, general_obj_destroy),
	OP(CREATE_UCTX, create_uctx, uctx_create),
	OP(DESTROY_UCTX, destroy_uctx, uctx_destroy),
	OP(CREATE_UMEM, create_umem, umem_create),
	OP(DESTROY_UMEM, destroy_umem, umem_destroy),
};

static int op_compare(const void *key, const void *op)
{
	return *(const uint16_t *)key - ((const struct cmd_op *)op)->opcode;
}

const struct cmd_op *cmd_op_find(uint16_t opcode)
{
	return bsearch(&opcode, ops, ARRAY_SIZE(ops), sizeof(ops[0]), op_compare);
}
