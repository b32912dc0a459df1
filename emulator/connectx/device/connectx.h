/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The software ConnectX: a PCIe function with an InfiniBand port that the stock mlx5_core and
 * mlx5_ib drivers run.
 *
 * This is all that the rest of softfabric sees of it.
 */
#ifndef CONNECTX_CONNECTX_H
#define CONNECTX_CONNECTX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "tlp/tlp.h"

struct connectx;
struct engine;
struct fabric;
struct pci_function;
struct registry;

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

/** connectx_defaults - flit mode, 8-bit TPH, 64 ST entries, BlueFlame, LID 1, 00:10.0. */
extern const struct connectx_attr connectx_defaults;

/** connectx_options - for options_parse() on a struct connectx_attr. */
extern const struct option_def connectx_options[];

/**
 * connectx_create() - make a device and put it on the fabric.
 *
 * Return: the device, or NULL with errno EINVAL (a field of @attr out of range), EEXIST (LID or
 * name taken), ENOMEM, or of fabric_port_create().
 */
struct connectx *connectx_create(struct engine *engine, struct fabric *fabric,
				 struct registry *registry, const struct connectx_attr *attr);

/** connectx_destroy() - free the device with all its objects. */
void connectx_destroy(struct connectx *nic);

/** connectx_function() - the PCIe function, to be served to a guest. */
struct pci_function *connectx_function(struct connectx *nic);

#endif
