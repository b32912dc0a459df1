/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * How many objects of each kind the device has, and other limits. caps.c advertises exactly these,
 * and the tables have these sizes.
 */
#ifndef CONNECTX_LIMITS_H
#define CONNECTX_LIMITS_H

#define CX_VECTORS		32	/* MSI-X */
#define CX_BAR0_SIZE		(32ULL << 20) /* UARs, and MEMIC at the end */
#define CX_BAR2_SIZE		(16ULL << 10) /* MSI-X table and pending bits */

#define CX_MEMIC_SIZE		(256ULL << 10)	/* memory of the device */
#define CX_MAX_MEMIC		(128U << 10)	/* of it at once */

#define CX_MAX_EQS		64	/* an EQ number is 8 bits in the doorbell */
#define CX_LOG_MAX_EQ_SZ	22
#define CX_LOG_MAX_CQ		16
#define CX_LOG_MAX_CQ_SZ	22
#define CX_MAX_MINI_CQES	64	/* in a row, of a CQ that allows compression */
#define CX_LOG_MAX_QP		16
#define CX_LOG_MAX_DCT		14
#define CX_LOG_MAX_DCI_STREAMS	6
#define CX_LOG_MAX_DCI_ERRORED	6
#define CX_LOG_MAX_QP_SZ	15
#define CX_LOG_MAX_SQ		8
#define CX_LOG_MAX_TSAR		9
#define CX_LOG_MAX_QUEUE_GROUP	9
#define CX_LOG_MAX_SRQ		15
#define CX_LOG_MAX_TAGS		7	/* receive buffers by tag of an SRQ */
#define CX_LOG_MAX_SRQ_SZ	15
#define CX_LOG_MAX_PD		16
#define CX_LOG_MAX_XRCD		14
#define CX_LOG_MAX_TD		10
#define CX_LOG_MAX_MCG		13
#define CX_MAX_QP_MCG		240	/* QPs in a multicast group */
#define CX_LOG_MAX_UCTX		12
#define CX_LOG_MAX_UMEM		16
#define CX_LOG_MAX_AH_MAPPING	10
#define CX_LOG_RESERVED_QPNS	6	/* QP numbers in a range */
#define CX_LOG_MAX_RESERVED	10	/* ranges */
#define CX_LOG_MAX_PSV		16
#define CX_LOG_MAX_MKEY		20
#define CX_MAX_Q_COUNTERS	255	/* counter_set_id has 8 bits, and 0 is none */
#define CX_MAX_FLOW_COUNTERS	1024
#define CX_LOG_MAX_KLM_LIST	16
#define CX_MAX_INDIRECTION	4	/* indirect keys on the way to a direct one */
#define CX_LOG_MAX_RA_QP	4	/* outstanding reads and atomics of a QP, either side */
#define CX_LOG_MAX_MSG		30
#define CX_MAX_WQE_SQ		1024	/* bytes */
#define CX_MAX_WQE_RQ		512

#define CX_PORTS		1
#define CX_GIDS			8
#define CX_PKEYS		128
#define CX_LID_MAX		0xbffe	/* the next is the subnet manager's */
#define CX_MAX_FAULTS		4096	/* page faults that wait for the driver */

/* Memory that all mkeys' translation lists together may take: 64 GiB in 4 KiB pages. */
#define CX_MAX_XLT_BYTES	(128ULL << 20)
/* Pages that the buffers of all queues may have: 256 MiB of lists, 128 GiB of 4 KiB pages. */
#define CX_MAX_PAGES		(32ULL << 20)
/* The longest command: a page list of the largest queue, with room to spare. */
#define CX_MAX_CMD_BYTES	(4U << 20)

#endif
