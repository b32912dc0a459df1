/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the device keeps of memory: its keys, and what they are made of. */
#ifndef CONNECTX_MEMORY_H
#define CONNECTX_MEMORY_H

#include "connectx/command/nic.h"
#include "connectx/command/table.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/mkey.h"

struct cx_memory {
	struct mkey_table mkeys;
	struct memic memic;
	struct cx_table umems; /* struct umem */
	struct cx_table psvs;  /* struct psv */
};

#endif
