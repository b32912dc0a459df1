/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the kernel's mlx5 headers take from the RDMA core, where only a size or a name counts. */
#ifndef SHIM_RDMA_IB_VERBS_H
#define SHIM_RDMA_IB_VERBS_H

#include <linux/types.h>

union ib_gid {
	u8 raw[16];
};

struct ib_grh {
	__be32 version_tclass_flow;
	__be16 paylen;
	u8 next_hdr;
	u8 hop_limit;
	union ib_gid sgid;
	union ib_gid dgid;
};

struct ib_ah {
	int unused;
};

/* For the prototypes of <rdma/ib_mad.h>, of which only the layouts are of use here. */
typedef unsigned int gfp_t;
enum ib_qp_type { IB_QPT_SMI, IB_QPT_GSI };
enum ib_wc_status { IB_WC_SUCCESS };

#define DECLARE_BITMAP(name, bits) unsigned long name[((bits) + 63) / 64]

#endif
