// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/device/caps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/command/buf.h"
#include "connectx/device/device.h"
#include "connectx/device/general_obj.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/reserved_qpn.h"
#include "connectx/queue/sched.h"
#include "util/macros.h"

/* Which groups there are; the place in the list is the index into struct cx_caps. */
static const uint16_t groups[CX_CAP_GROUPS] = {
	MLX5_CAP_GENERAL, MLX5_CAP_GENERAL_2, MLX5_CAP_ODP,
	MLX5_CAP_ATOMIC,  MLX5_CAP_DEV_MEM,   MLX5_CAP_QOS,
};

enum { GENERAL, GENERAL_2, ODP, ATOMIC, DEV_MEM, QOS };

#define DEVICE_KHZ	1000000		/* the device's clock counts nanoseconds */
#define ACK_DELAY	16		/* local_ca_ack_delay: 4.096 us << 16 */

/* atomic_operations and atomic_req_8B_endianness_mode: bits that the driver's own header names. */
#define ATOMIC_CMP_SWAP		(1 << 0)
#define ATOMIC_FETCH_ADD	(1 << 1)
#define ATOMIC_HOST_ENDIAN	1

static int group_index(uint16_t type)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i] == type)
			return i;
	return -1;
}

static void fill_transport(void *cap)
{
	MLX5_SET(cmd_hca_cap, cap, port_type, MLX5_CAP_PORT_TYPE_IB);
	MLX5_SET(cmd_hca_cap, cap, num_ports, CX_PORTS);
	MLX5_SET(cmd_hca_cap, cap, ib_virt, 1);
	MLX5_SET(cmd_hca_cap, cap, vport_counters, 1);
	MLX5_SET(cmd_hca_cap, cap, rc, 1);
	MLX5_SET(cmd_hca_cap, cap, uc, 1);
	MLX5_SET(cmd_hca_cap, cap, ud, 1);
	MLX5_SET(cmd_hca_cap, cap, xrc, 1);
	MLX5_SET(cmd_hca_cap, cap, dct, 1);
	MLX5_SET(cmd_hca_cap, cap, log_max_dci_stream_channels, CX_LOG_MAX_DCI_STREAMS);
	MLX5_SET(cmd_hca_cap, cap, log_max_dci_errored_streams, CX_LOG_MAX_DCI_ERRORED);
	MLX5_SET(cmd_hca_cap, cap, qpc_extension, 1);
	MLX5_SET(cmd_hca_cap, cap, atomic, 1);
	MLX5_SET(cmd_hca_cap, cap, pkv, 1);
	MLX5_SET(cmd_hca_cap, cap, qkv, 1);
	MLX5_SET(cmd_hca_cap, cap, log_max_msg, CX_LOG_MAX_MSG);
	MLX5_SET(cmd_hca_cap, cap, local_ca_ack_delay, ACK_DELAY);
	MLX5_SET(cmd_hca_cap, cap, log_max_ra_req_qp, CX_LOG_MAX_RA_QP);
	MLX5_SET(cmd_hca_cap, cap, log_max_ra_res_qp, CX_LOG_MAX_RA_QP);
	MLX5_SET(cmd_hca_cap, cap, log_max_ra_req_dc, CX_LOG_MAX_RA_QP);
	MLX5_SET(cmd_hca_cap, cap, log_max_ra_res_dc, CX_LOG_MAX_RA_QP);
	/* Codes, not counts: 0 is 8 GIDs, and 0 is 128 P_Keys. */
	MLX5_SET(cmd_hca_cap, cap, gid_table_size, 0);
	MLX5_SET(cmd_hca_cap, cap, pkey_table_size, 0);
}

/*
 * With these bits the device may place data in any order; this one always keeps the order of
 * sending. perftest 25.01 with -c DC does not run on a device that has them: it then makes all its
 * QPs for out-of-order placement, which libmlx5 refuses for initiators. So they depend on an
 * option, which is off by default.
 */
static void fill_ordering(const struct connectx *nic, void *cap, void *cap_2)
{
	MLX5_SET(cmd_hca_cap, cap, dp_ordering_ooo_all_rc, nic->attr.out_of_order);
	MLX5_SET(cmd_hca_cap, cap, dp_ordering_ooo_all_xrc, nic->attr.out_of_order);
	MLX5_SET(cmd_hca_cap, cap, dp_ordering_ooo_all_dc, nic->attr.out_of_order);
	MLX5_SET(cmd_hca_cap_2, cap_2, dp_ordering_force, nic->attr.out_of_order);
}

static void fill_completion(void *cap)
{
	MLX5_SET(cmd_hca_cap, cap, log_max_cq, CX_LOG_MAX_CQ);
	MLX5_SET(cmd_hca_cap, cap, log_max_cq_sz, CX_LOG_MAX_CQ_SZ);
	MLX5_SET(cmd_hca_cap, cap, cqe_version, 1);
	MLX5_SET(cmd_hca_cap, cap, cq_oi, 1);
	MLX5_SET(cmd_hca_cap, cap, cq_resize, 1);
	MLX5_SET(cmd_hca_cap, cap, cq_moderation, 1);
	MLX5_SET(cmd_hca_cap, cap, cq_period_start_from_cqe, 1);
	MLX5_SET(cmd_hca_cap, cap, cq_period_mode_modify, 1);
	MLX5_SET(cmd_hca_cap, cap, cqe_128_always, 1);
	MLX5_SET(cmd_hca_cap, cap, cqe_compression, 1);
	MLX5_SET(cmd_hca_cap, cap, cqe_compression_128, 1);
	MLX5_SET(cmd_hca_cap, cap, cqe_compression_max_num, CX_MAX_MINI_CQES);
	MLX5_SET(cmd_hca_cap, cap, mini_cqe_resp_stride_index, 1);
}

static void fill_objects(void *cap)
{
	MLX5_SET(cmd_hca_cap, cap, log_max_eq, 6);
	MLX5_SET(cmd_hca_cap, cap, max_num_eqs, CX_MAX_EQS);
	MLX5_SET(cmd_hca_cap, cap, log_max_eq_sz, CX_LOG_MAX_EQ_SZ);
	MLX5_SET(cmd_hca_cap, cap, log_max_qp, CX_LOG_MAX_QP);
	MLX5_SET(cmd_hca_cap, cap, log_max_qp_sz, CX_LOG_MAX_QP_SZ);
	MLX5_SET(cmd_hca_cap, cap, max_wqe_sz_sq, CX_MAX_WQE_SQ);
	MLX5_SET(cmd_hca_cap, cap, max_wqe_sz_sq_dc, CX_MAX_WQE_SQ);
	MLX5_SET(cmd_hca_cap, cap, max_wqe_sz_rq, CX_MAX_WQE_RQ);
	MLX5_SET(cmd_hca_cap, cap, log_max_sq, CX_LOG_MAX_SQ);
	MLX5_SET(cmd_hca_cap, cap, log_max_srq, CX_LOG_MAX_SRQ);
	MLX5_SET(cmd_hca_cap, cap, log_max_srq_sz, CX_LOG_MAX_SRQ_SZ);
	MLX5_SET(cmd_hca_cap, cap, log_max_rmp, CX_LOG_MAX_SRQ);
	MLX5_SET(cmd_hca_cap, cap, log_max_xrq, CX_LOG_MAX_SRQ);
	MLX5_SET(cmd_hca_cap, cap, tag_matching, 1);
	MLX5_SET(cmd_hca_cap, cap, rndv_offload_rc, 1);
	MLX5_SET(cmd_hca_cap, cap, log_tag_matching_list_sz, CX_LOG_MAX_TAGS);
	MLX5_SET(cmd_hca_cap, cap, max_qp_cnt, CX_MAX_Q_COUNTERS);
	MLX5_SET(cmd_hca_cap, cap, out_of_seq_cnt, 1);
	MLX5_SET(cmd_hca_cap, cap, retransmission_q_counters, 1);
	MLX5_SET(cmd_hca_cap, cap, enhanced_error_q_counters, 1);
	MLX5_SET(cmd_hca_cap, cap, log_max_mcg, CX_LOG_MAX_MCG);
	MLX5_SET(cmd_hca_cap, cap, max_qp_mcg, CX_MAX_QP_MCG);
	MLX5_SET(cmd_hca_cap, cap, block_lb_mc, 1);
	MLX5_SET(cmd_hca_cap, cap, log_max_pd, CX_LOG_MAX_PD);
	MLX5_SET(cmd_hca_cap, cap, log_max_xrcd, CX_LOG_MAX_XRCD);
	MLX5_SET(cmd_hca_cap, cap, log_max_transport_domain, CX_LOG_MAX_TD);
	MLX5_SET(cmd_hca_cap, cap, log_max_uctx, CX_LOG_MAX_UCTX);
	MLX5_SET(cmd_hca_cap, cap, umem_uid_0, 1);
}

static void fill_memory(void *cap)
{
	MLX5_SET(cmd_hca_cap, cap, log_pg_sz, CX_PAGE_SHIFT);
	MLX5_SET(cmd_hca_cap, cap, log_max_mkey, CX_LOG_MAX_MKEY);
	MLX5_SET(cmd_hca_cap, cap, log_max_klm_list_size, CX_LOG_MAX_KLM_LIST);
	MLX5_SET(cmd_hca_cap, cap, device_memory, 1);
	MLX5_SET(cmd_hca_cap, cap, umr_extended_translation_offset, 1);
	MLX5_SET(cmd_hca_cap, cap, max_indirection, CX_MAX_INDIRECTION);
	MLX5_SET(cmd_hca_cap, cap, fixed_buffer_size, 1);
	MLX5_SET(cmd_hca_cap, cap, null_mkey, 1);
	MLX5_SET(cmd_hca_cap, cap, imaicl, 1);
	MLX5_SET(cmd_hca_cap, cap, pg, 1);
}

static void fill_device(const struct connectx *nic, void *cap)
{
	MLX5_SET(cmd_hca_cap, cap, hca_cap_2, 1);
	/* Firmware of this kind needs no memory of the host. */
	MLX5_SET(cmd_hca_cap, cap, page_request_disable, 1);
	MLX5_SET(cmd_hca_cap, cap, bf, nic->attr.blueflame);
	MLX5_SET(cmd_hca_cap, cap, log_bf_reg_size, 9);
	MLX5_SET(cmd_hca_cap, cap, device_frequency_khz, DEVICE_KHZ);
	MLX5_SET(cmd_hca_cap, cap, device_frequency_mhz, DEVICE_KHZ / 1000);
	MLX5_SET(cmd_hca_cap, cap, mkey_pcie_tph, nic->attr.tph != CX_REQUESTER_NONE);
}

/*
 * Only the memory scheme of page faults. The reliable services wait for a fault on either side. Of
 * the others, only the sender of datagrams does: nobody waits for it.
 */
static void fill_odp(void *cap)
{
	void *scheme = MLX5_ADDR_OF(odp_cap, cap, memory_page_fault_scheme_cap);
	void *rc = MLX5_ADDR_OF(odp_scheme_cap, scheme, rc_odp_caps);

	MLX5_SET(odp_cap, cap, mem_page_fault, 1);
	MLX5_SET(odp_scheme_cap, scheme, page_prefetch, 1);
	MLX5_SET(odp_per_transport_service_cap, rc, send, 1);
	MLX5_SET(odp_per_transport_service_cap, rc, receive, 1);
	MLX5_SET(odp_per_transport_service_cap, rc, write, 1);
	MLX5_SET(odp_per_transport_service_cap, rc, read, 1);
	MLX5_SET(odp_per_transport_service_cap, rc, atomic, 1);
	MLX5_SET(odp_per_transport_service_cap, rc, srq_receive, 1);
	memcpy(MLX5_ADDR_OF(odp_scheme_cap, scheme, xrc_odp_caps), rc,
	       MLX5_ST_SZ_BYTES(odp_per_transport_service_cap));
	memcpy(MLX5_ADDR_OF(odp_scheme_cap, scheme, dc_odp_caps), rc,
	       MLX5_ST_SZ_BYTES(odp_per_transport_service_cap));
	MLX5_SET(odp_scheme_cap, scheme, ud_odp_caps.send, 1);
	/* libmlx5 reads the DC capabilities from the part for the transport scheme only. */
	memcpy(MLX5_ADDR_OF(odp_cap, cap, transport_page_fault_scheme_cap.dc_odp_caps), rc,
	       MLX5_ST_SZ_BYTES(odp_per_transport_service_cap));
}

static void fill_atomic(void *cap)
{
	MLX5_SET(atomic_caps, cap, supported_atomic_req_8B_endianness_mode_1, 1);
	MLX5_SET(atomic_caps, cap, atomic_operations, ATOMIC_CMP_SWAP | ATOMIC_FETCH_ADD);
	MLX5_SET(atomic_caps, cap, atomic_size_qp, MLX5_ATOMIC_CAPS_ATOMIC_SIZE_QP_8_BYTES);
	MLX5_SET(atomic_caps, cap, atomic_size_dc, MLX5_ATOMIC_CAPS_ATOMIC_SIZE_QP_8_BYTES);
}

/* Block signatures. Most of these bits have names in libmlx5 only (cmd_hca_cap_signatures). */
static void fill_signatures(void *cap)
{
	MLX5_SET(cmd_hca_cap, cap, sho, 1);
	MLX5_SET(cmd_hca_cap, cap, sigerr_cqe, 1);
	MLX5_SET(cmd_hca_cap, cap, drain_sigerr, 1);
	MLX5_SET(cmd_hca_cap_signatures, cap, sig_crc64_xp10, 1);
	MLX5_SET(cmd_hca_cap_signatures, cap, sig_crc32c, 1);
	MLX5_SET(cmd_hca_cap_signatures, cap, sig_block_4048, 1);
	MLX5_SET(cmd_hca_cap_signatures, cap, sigerr_domain_and_sig_type, 1);
}

/* Capabilities that DevX programs look for, but the kernel does not. */
static void fill_users(void *cap, void *cap_2)
{
	MLX5_SET64(cmd_hca_cap, cap, general_obj_types,
		   1ULL << CX_OBJ_SCHED_ELEMENT | 1ULL << CX_OBJ_RESERVED_QPN |
			   1ULL << CX_OBJ_AH_MAPPING);
	MLX5_SET(cmd_hca_cap_2_users, cap_2, log_reserved_qpn_granularity, CX_LOG_RESERVED_QPNS);
	MLX5_SET(cmd_hca_cap_2_users, cap_2, send_dbr_mode_no_dbr_ext, 1);
	MLX5_SET(cmd_hca_cap_2_users, cap_2, log_max_send_dbr_less_qp_sq, CX_LOG_MAX_QP);
}

static void fill_qos(void *general, void *cap)
{
	MLX5_SET(cmd_hca_cap, general, qos, 1);
	MLX5_SET(qos_cap, cap, packet_pacing, 1);
	MLX5_SET(qos_cap, cap, packet_pacing_burst_bound, 1);
	MLX5_SET(qos_cap, cap, packet_pacing_uid, 1);
	MLX5_SET(qos_cap, cap, packet_pacing_req_ud, 1);
	MLX5_SET(qos_cap, cap, packet_pacing_req_uc, 1);
	MLX5_SET(qos_cap, cap, packet_pacing_min_rate, CX_RATE_MIN);
	MLX5_SET(qos_cap, cap, packet_pacing_max_rate, CX_RATE_MAX);
	MLX5_SET(qos_cap, cap, packet_pacing_rate_table_size, CX_RATES);
	sched_fill_caps(cap);
}

void caps_init(struct connectx *nic)
{
	struct cx_caps *caps = &cx_device(nic)->caps;
	void *general = caps->max[GENERAL];

	fill_transport(general);
	fill_ordering(nic, general, caps->max[GENERAL_2]);
	fill_completion(general);
	fill_objects(general);
	fill_memory(general);
	fill_signatures(general);
	fill_device(nic, general);
	fill_odp(caps->max[ODP]);
	fill_atomic(caps->max[ATOMIC]);
	memic_fill_caps(caps->max[DEV_MEM]);
	fill_users(general, caps->max[GENERAL_2]);
	fill_qos(general, caps->max[QOS]);
	caps_reset(nic);
}

/* As many QPs can be made as the driver has set. */
static void set_max_qps(struct connectx *nic, const struct cx_caps *caps)
{
	nic->queues->max_qps = 1ULL << MLX5_GET(cmd_hca_cap, caps->cur[GENERAL], log_max_qp);
}

void caps_reset(struct connectx *nic)
{
	struct cx_caps *caps = &cx_device(nic)->caps;

	memcpy(caps->cur, caps->max, sizeof(caps->cur));
	/* The driver has to ask for the memory scheme. */
	MLX5_SET(odp_cap, caps->cur[ODP], mem_page_fault, 0);
	nic->queues->faults.enabled = false;
	set_max_qps(nic, caps);
}

uint8_t caps_query(struct connectx *nic, struct cmd *cmd)
{
	uint16_t op_mod = MLX5_GET(query_hca_cap_in, cmd->in, op_mod);
	int group = group_index(op_mod >> 1);
	const struct cx_caps *caps = &cx_device(nic)->caps;
	const uint8_t *cap;
	uint32_t len;

	if (MLX5_GET(query_hca_cap_in, cmd->in, other_function))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	/* Of a group that drivers know but this device does not have, all fields are zero. */
	if (group < 0)
		return op_mod >> 1 < MLX5_CAP_NUM ? MLX5_CMD_STAT_OK : CMD_FAIL(cmd, BAD_PARAM_ERR);
	cap = (op_mod & 1) == HCA_CAP_OPMOD_GET_MAX ? caps->max[group] : caps->cur[group];
	/* A driver that knows a shorter structure gets its beginning. */
	len = cmd->out_len - MLX5_BYTE_OFF(query_hca_cap_out, capability);
	if (len > MLX5_UN_SZ_BYTES(hca_cap_union))
		len = MLX5_UN_SZ_BYTES(hca_cap_union);
	memcpy(MLX5_ADDR_OF(query_hca_cap_out, cmd->out, capability), cap, len);
	return MLX5_CMD_STAT_OK;
}

/* Of the general group only the number of QPs can be set lower; the rest must stay in bounds. */
static uint8_t set_general(struct connectx *nic, struct cmd *cmd, const void *asked)
{
	struct cx_caps *caps = &cx_device(nic)->caps;
	void *cur = caps->cur[GENERAL], *max = caps->max[GENERAL];
	unsigned int log_max_qp = MLX5_GET(cmd_hca_cap, asked, log_max_qp);

	if (!log_max_qp || log_max_qp > MLX5_GET(cmd_hca_cap, max, log_max_qp))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (MLX5_GET(cmd_hca_cap, asked, pkey_table_size))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (MLX5_GET(cmd_hca_cap, asked, log_uar_page_sz))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	MLX5_SET(cmd_hca_cap, cur, log_max_qp, log_max_qp);
	set_max_qps(nic, caps);
	return MLX5_CMD_STAT_OK;
}

static uint8_t set_odp(struct connectx *nic, struct cmd *cmd, const void *asked)
{
	nic->queues->faults.enabled = MLX5_GET(odp_cap, asked, mem_page_fault);
	MLX5_SET(odp_cap, cx_device(nic)->caps.cur[ODP], mem_page_fault,
		 nic->queues->faults.enabled);
	return MLX5_CMD_STAT_OK;
}

static uint8_t set_atomic(struct connectx *nic, struct cmd *cmd, const void *asked)
{
	unsigned int mode = MLX5_GET(atomic_caps, asked, atomic_req_8B_endianness_mode);

	if (mode > ATOMIC_HOST_ENDIAN)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	MLX5_SET(atomic_caps, cx_device(nic)->caps.cur[ATOMIC], atomic_req_8B_endianness_mode,
		 mode);
	return MLX5_CMD_STAT_OK;
}

uint8_t caps_set(struct connectx *nic, struct cmd *cmd)
{
	const void *asked = MLX5_ADDR_OF(set_hca_cap_in, cmd->in, capability);

	if (nic->state != HCA_ENABLED)
		return CMD_FAIL(cmd, BAD_SYS_STATE_ERR);
	switch (MLX5_GET(set_hca_cap_in, cmd->in, op_mod) >> 1) {
	case MLX5_SET_HCA_CAP_OP_MOD_GENERAL_DEVICE:
		return set_general(nic, cmd, asked);
	case MLX5_SET_HCA_CAP_OP_MOD_ODP:
		return set_odp(nic, cmd, asked);
	case MLX5_SET_HCA_CAP_OP_MOD_ATOMIC:
		return set_atomic(nic, cmd, asked);
	default:
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	}
}
