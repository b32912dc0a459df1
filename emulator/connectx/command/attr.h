/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a device is made with; its options on the command line set it. */
#ifndef CONNECTX_ATTR_H
#define CONNECTX_ATTR_H

#include <stdbool.h>
#include <stdint.h>

#include "tlp/tlp.h"

/* TPH Requester Supported modes of the function (PCIe 6.x, 7.9.13.2). */
enum cx_requester {
	CX_REQUESTER_NONE,     /* no TPH requester capability */
	CX_REQUESTER_TPH,      /* 8-bit steering tags */
	CX_REQUESTER_EXTENDED, /* also 16-bit steering tags */
};

#define CX_ST_ENTRIES_MAX 64	/* what fits into the capability: 7.9.13.4 */
#define CX_TRAINING_MS_MAX 60000

struct connectx_attr {
	const char *name;           /* on the fabric and in the registry; must outlive the device */
	uint16_t requester;         /* ID of its TLPs: bus << 8 | device << 3 | function */
	enum tlp_encoding encoding; /* of the link */
	bool echo_st;               /* see struct fabric_port_attr */
	enum cx_requester tph;
	unsigned int st_entries;  /* ST table in the capability, 2-64; 0: no table */
	bool blueflame;           /* WQEs may be posted through doorbells ("bf") */
	bool out_of_order;        /* "dp_ordering_ooo_all_rc" and its like */
	uint64_t guid;            /* of node and port; locally assigned ones have bit 57 set */
	uint16_t lid;             /* of the port, 1-0xbffe; as a subnet manager would assign it */
	unsigned int training_ms; /* how long INIT_HCA leaves the link down */
};

#endif
