/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The device as all its rooms see it: what all of them need, what belongs to this room, and for
 * each room above a pointer to what that one keeps. Only a room itself, and those above it, know
 * what is behind its pointer; device/ makes all of them (device/device.h).
 */
#ifndef CONNECTX_NIC_H
#define CONNECTX_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/command/attr.h"
#include "connectx/command/cmd.h"
#include "connectx/command/limits.h"
#include "connectx/command/table.h"
#include "fabric/fabric.h"
#include "pci/function.h"

struct cx_memory;
struct cx_port;
struct cx_queues;
struct engine;
struct registry;
struct requesters;

/* How far the driver has brought the function up (device/hca.c). */
enum hca_state {
	HCA_DISABLED, /* since reset or DISABLE_HCA */
	HCA_ENABLED,  /* ENABLE_HCA: capabilities can be queried and set */
	HCA_UP,       /* INIT_HCA: objects can be made */
};

struct connectx {
	struct connectx_attr attr;
	struct pci_function fn;
	struct fabric_port *port; /* fn.port */
	struct engine *engine;
	struct registry *registry;

	enum hca_state state;
	struct cmd_queue cmd;
	struct cx_table uctxs;           /* struct uctx */
	struct cx_table pds, xrcds, tds; /* struct domain */
	uint64_t buf_pages;              /* in the page lists of all queues */

	struct cx_memory *memory;      /* memory/memory.h */
	struct cx_queues *queues;      /* queue/queues.h */
	struct cx_port *ib;            /* port/port.h: the one port */
	struct requesters *requesters; /* transport/requester.h */
};

/** cx_ram() - see fabric_ram(). */
static inline void *cx_ram(struct connectx *nic, uint64_t addr, uint64_t len, bool write)
{
	return fabric_ram(nic->port, addr, len, write);
}

/** cx_refused() - see fabric_refused(). */
static inline void cx_refused(struct connectx *nic, uint64_t addr, uint64_t len, bool write)
{
	fabric_refused(nic->port, addr, len, write);
}

#endif
