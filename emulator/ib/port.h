/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A port as management sees it: what describes it, and how a management datagram gets to it.
 */
#ifndef IB_PORT_H
#define IB_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define IB_GID_BYTES		16
#define IB_GID_PREFIX		0xfe80000000000000ULL	/* the default subnet: vol. 1, 4.1.1 */
#define IB_PKEY_DEFAULT		0xffff	/* full member of the default partition: 10.9.1.1 */
#define IB_LID_MULTICAST	0xc000	/* the first of the multicast LIDs: 4.1.1 */
#define IB_LID_PERMISSIVE	0xffff
#define IB_SUBNET_TIMEOUT	18	/* 4.096 us << 18, about a second */
#define IB_MTU_4096		5	/* code: 256 bytes << (code - 1) */
#define IB_RATE_4X_NDR		21	/* code of 400 Gb/s: table of PathRecord, 15.2.5.16 */

/* CapabilityMask and CapabilityMask2 of PortInfo: 14.2.5.6 */
#define IB_CAP_SM		(1U << 1) /* the manager is here */
#define IB_CAP_SYS_IMAGE_GUID	(1U << 11)
#define IB_CAP_EXTENDED_SPEEDS	(1U << 14)
#define IB_CAP_MASK2		(1U << 15)
#define IB_CAP_CM		(1U << 16)
#define IB_CAP2_HDR		(1U << 5)
#define IB_CAP2_NDR		(1U << 10)

enum ib_node_type { IB_NODE_CA = 1, IB_NODE_SWITCH = 2 };    /* NodeInfo, 14.2.5.3 */
enum ib_port_state { IB_PORT_DOWN = 1, IB_PORT_ACTIVE = 4 }; /* PortInfo, 14.2.5.6 */
enum ib_phys_state { IB_PHYS_POLLING = 2, IB_PHYS_LINK_UP = 5 };

/* In packets, and in bytes of their payloads. */
struct ib_traffic {
	uint64_t xmit_packets, xmit_bytes, rcv_packets, rcv_bytes;
};

struct ib_counts {
	struct ib_traffic unicast, multicast;
};

/* What a port and its node are at this moment. */
struct ib_port_attr {
	enum ib_node_type type;
	bool manager;   /* the subnet manager runs here */
	uint8_t number; /* of the port in its node through which it is asked: 1, any of a switch */
	uint8_t ports;  /* that the node has */
	uint8_t guids;  /* places for them; the port's own is the first */
	uint16_t pkeys; /* places for partitions; the default is the first */
	uint16_t device_id;
	uint64_t node_guid, port_guid;
	uint16_t lid, manager_lid;
	bool up;
	uint32_t cap_mask;
	uint16_t cap_mask2;
	uint16_t pkey_violations, qkey_violations;
	char description[64]; /* of the node */
};

/* A management datagram on its way. */
struct ib_packet {
	uint16_t slid, dlid;
	uint32_t source_qpn, qpn; /* the second to a management QP, 0 or 1 */
	uint8_t sl;
	bool grh; /* with a global route header, between these: */
	uint8_t sgid[IB_GID_BYTES], dgid[IB_GID_BYTES];
	_Alignas(8) uint8_t mad[256];
};

struct ib_port;

struct ib_port_ops {
	/* Say what it is. */
	void (*describe)(const struct ib_port *port, struct ib_port_attr *attr);
	/* What it has counted, never less than before. */
	void (*count)(const struct ib_port *port, struct ib_counts *counts);
	/* @packet arrives; it is lost when nobody is ready for it. */
	void (*deliver)(struct ib_port *port, const struct ib_packet *packet);
};

/* Embed it in the device. */
struct ib_port {
	const struct ib_port_ops *ops;
	TAILQ_ENTRY(ib_port) entry; /* of the manager's list */
	uint8_t switch_port;        /* number of the switch's port at the other end of its link */
	struct ib_counts cleared;   /* what that port had counted when it was cleared last */
};

TAILQ_HEAD(ib_ports, ib_port);

/** ib_port_gid() - GID 0 of a port: the subnet's prefix and the port's GUID. */
void ib_port_gid(uint64_t guid, uint8_t gid[IB_GID_BYTES]);

#endif
